// SPDX-License-Identifier: Apache-2.0
#include "tests/pipeline/shards/verify/verify_fixtures.hpp"

#include <gtest/gtest.h>

namespace tacit::testing {

shards::Verification verified(const std::string& path, int threads) {
    shards::DataSpec spec;
    spec.path = path;
    return shards::verify(spec, {}, threads);
}

void expect_named(const std::string& what, const std::vector<std::string>& parts) {
    for (const std::string& part : parts) {
        EXPECT_NE(what.find(part), std::string::npos) << what << "\nlacks: " << part;
    }
}

} // namespace tacit::testing
