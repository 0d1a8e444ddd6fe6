// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/shards/import/named_arrays.hpp"
#include "pipeline/shards/split_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

NpyArray open_file(const fs::path& path) {
    auto store = std::make_shared<const ByteStore>(FileBytes(path.string()));
    const std::uint64_t bytes = store->size();
    return open_npy_array(path.stem().string(), std::move(store), 0, bytes);
}

/// "x_train.npy" -> "y_train.npy", "images.npy" -> "labels.npy", "cats.npy" -> "cats_labels.npy": which of them is
/// there.
fs::path labels_beside(const fs::path& images) {
    const std::string stem = images.stem().string();
    std::set<std::string> names = {stem + "_labels.npy", stem + "_y.npy"};
    for (const auto& [from, to] :
         {std::pair{"images", "labels"}, {"image", "label"}, {"data", "labels"}, {"x", "y"}, {"X", "Y"}, {"X", "y"}}) {
        if (const std::size_t at = stem.find(from); at != std::string::npos) {
            names.insert(std::string(stem).replace(at, std::string_view(from).size(), to) + ".npy");
        }
    }
    for (const std::string& name : names) {
        if (fs::path path = images.parent_path() / name; fs::is_regular_file(path) && path != images) {
            return path;
        }
    }
    return {};
}

/// One file of images, whatever its name, with labels from beside it.
std::unique_ptr<ImageSource> open_pair(const fs::path& path, const std::string& axes) {
    NpyArray images = open_file(path);
    images.name = "images_" + split_in_name(images.name);
    std::vector<NpyArray> arrays = {std::move(images)};
    if (const fs::path labels = labels_beside(path); !labels.empty()) {
        arrays.push_back(open_file(labels));
        arrays.back().name = "labels_" + split_in_name(arrays.front().name);
    }
    return source_of_arrays("npy", arrays, axes);
}

} // namespace

std::unique_ptr<ImageSource> open_npy(const ImportOptions& options) {
    const fs::path source = options.source;
    if (fs::is_regular_file(source)) {
        return lower_case(source.extension().string()) == ".npy" ? open_pair(source, options.axes) : nullptr;
    }
    std::vector<fs::path> named;
    std::vector<fs::path> others;
    for (const fs::directory_entry& entry : fs::directory_iterator(source)) {
        std::error_code dangling;
        if (entry.is_regular_file(dangling) && lower_case(entry.path().extension().string()) == ".npy") {
            const bool known = role_of_name(entry.path().stem().string()) != ArrayRole::other;
            (known ? named : others).push_back(entry.path());
        }
    }
    if (named.empty() && others.size() == 1 && options.kind == "npy") {
        return open_pair(others.front(), options.axes);
    }
    std::sort(named.begin(), named.end());
    std::vector<NpyArray> arrays;
    arrays.reserve(named.size());
    for (const fs::path& path : named) {
        arrays.push_back(open_file(path));
    }
    std::unique_ptr<ArraySource> made = source_of_arrays("npy", arrays, options.axes);
    if (!made && !others.empty() && options.kind == "npy") {
        throw DataError(
            fmt::format("{}: no .npy file is named like images (x_train.npy, images.npy, …); import the file "
                        "of images itself",
                        source.string()));
    }
    for (std::size_t i = 0; made && i < others.size(); ++i) {
        made->leave_out(others[i].filename().string());
    }
    return made;
}

} // namespace tacit::shards
