// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <string>

namespace tacit {

/// The folder tests/oracle/fixtures: TACIT_FIXTURES in the environment, where the tests run elsewhere than they were
/// built, else that of the sources.
inline std::string fixtures_folder() {
    const char* const elsewhere = std::getenv("TACIT_FIXTURES"); // NOLINT(concurrency-mt-unsafe)
    return elsewhere == nullptr ? TACIT_FIXTURES : elsewhere;
}

} // namespace tacit
