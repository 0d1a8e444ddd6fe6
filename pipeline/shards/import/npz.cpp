// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/shards/import/named_arrays.hpp"
#include "pipeline/shards/import/zip_file.hpp"
#include "pipeline/shards/split_names.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <string_view>

namespace tacit::shards {

std::unique_ptr<ImageSource> open_npz(const ImportOptions& options) {
    const std::filesystem::path path = options.source;
    if (!std::filesystem::is_regular_file(path) || lower_case(path.extension().string()) != ".npz") {
        return nullptr;
    }
    constexpr std::string_view kSuffix = ".npy";
    const ZipFile archive(path.string());
    std::vector<NpyArray> arrays;
    std::vector<std::string> names;
    std::vector<std::string> ignored;
    for (std::size_t i = 0; i < archive.names().size(); ++i) {
        const std::string name = archive.names()[i];
        names.push_back(name.substr(0, name.size() - std::min(name.size(), kSuffix.size())));
        // Others may be of types that are no images, and need not be unpacked.
        if (name.ends_with(kSuffix) &&
            (archive.names().size() == 1 || role_of_name(names.back()) != ArrayRole::other)) {
            const ZipMember member = archive.open(i);
            arrays.push_back(open_npy_array(names.back(), member.store, member.offset, member.bytes));
        } else {
            ignored.push_back(name);
        }
    }
    std::unique_ptr<ArraySource> source = source_of_arrays("npz", arrays, options.axes);
    if (!source) {
        throw DataError(fmt::format("{}: none of its arrays ({}) is named like images (x_train, images, …)",
                                    options.source, fmt::join(names, ", ")));
    }
    for (const std::string& name : ignored) {
        source->leave_out(name);
    }
    return source;
}

} // namespace tacit::shards
