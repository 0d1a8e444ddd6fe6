// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/shards/import/named_arrays.hpp"
#include "pipeline/shards/import/split_names.hpp"
#include "pipeline/shards/import/zip_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>

namespace tacit::shards {

std::unique_ptr<ImageSource> open_npz(const ImportOptions& options) {
    const std::filesystem::path path = options.source;
    if (!std::filesystem::is_regular_file(path) || lower_case(path.extension().string()) != ".npz") {
        return nullptr;
    }
    constexpr std::string_view kSuffix = ".npy";
    std::vector<NpyArray> arrays;
    std::vector<std::string> names;
    for (const ZipMember& member : open_zip(path.string(), std::string(kSuffix))) {
        names.push_back(member.name.substr(0, member.name.size() - kSuffix.size()));
        arrays.push_back(open_npy_array(names.back(), member.store, member.offset, member.bytes));
    }
    std::unique_ptr<ArraySource> source = source_of_arrays("npz", arrays, options.axes);
    if (!source) {
        throw DataError(fmt::format("{}: none of its arrays ({}) is named like images (x_train, images, …)",
                                    options.source, fmt::join(names, ", ")));
    }
    return source;
}

} // namespace tacit::shards
