// SPDX-License-Identifier: Apache-2.0
// Labels out of any text. Input: number of images (even: rows in order, odd: rows named 0, 1, …), the table.
#include "fuzz_target.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/shards/labels/labels.hpp"
#include "scratch_file.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const std::int64_t count = data[0] / 2;
    std::vector<std::string> names;
    for (std::int64_t i = 0; data[0] % 2 == 1 && i < count; ++i) {
        names.push_back(std::to_string(i));
    }
    const tacit::testing::ScratchFile file({reinterpret_cast<const char*>(data) + 1, size - 1});
    try {
        const tacit::shards::Labels labels = tacit::shards::read_csv_labels(file.path(), "label", count, names);
        if (labels.values.size() != static_cast<std::size_t>(count)) {
            std::abort();
        }
        for (const std::int32_t label : labels.values) {
            if (label < -1 || label >= static_cast<std::int64_t>(labels.classes.size())) {
                std::abort();
            }
        }
    } catch (const tacit::Error&) { // as it should be
    }
    return 0;
}
