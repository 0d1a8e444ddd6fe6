// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/labels/label_places.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/guess/known_names.hpp"
#include "pipeline/shards/hdf5/listing.hpp"
#include "pipeline/shards/splits/split_siblings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

/// Files of labels that go with a file of images, without their folder.
std::vector<std::string> label_files(const std::string& path) {
    std::vector<std::string> files;
    for (const std::string& stem : label_stems(fs::path(path).stem().string())) {
        std::string name = stem + fs::path(path).extension().string();
        std::error_code error;
        if (fs::is_regular_file(folder_of(path) + name, error)) {
            files.push_back(std::move(name));
        }
    }
    return files;
}

/// Data sets of a file beside that may be labels: those with known names, else all.
std::vector<std::string> sets_beside(const std::string& path) {
    std::vector<std::string> names;
    try {
        const h5::Handle file = h5::open_file(path);
        for (const std::string& name : label_names()) {
            if (h5::has_object(file.get(), name)) {
                names.push_back(name);
            }
        }
        for (const h5::ListedSet& set : h5::list_datasets(file.get())) {
            if (std::find(names.begin(), names.end(), set.name) == names.end()) {
                names.push_back(set.name);
            }
        }
    } catch (const Error&) { // no HDF5 file
        return {};
    }
    return names;
}

} // namespace

std::string folder_of(const std::string& path) {
    return path.substr(0, path.size() - fs::path(path).filename().string().size());
}

std::vector<std::string> label_places(const std::string& path, const std::string& images,
                                      const std::vector<std::string>& usual) {
    std::vector<std::string> places = usual;
    const auto add = [&](std::string key) {
        if (std::find(places.begin(), places.end(), key) == places.end()) {
            places.push_back(std::move(key));
        }
    };
    const h5::Handle file = h5::open_file(path);
    const std::string inside = images == "/" ? std::string() : images + "/";
    for (const std::string& group :
         {inside.substr(0, images.rfind('/') + 1), std::string(), inside}) { // npos + 1: none
        for (const std::string& name : label_names()) {
            if (h5::has_object(file.get(), group + name)) {
                add(group + name);
            }
        }
    }
    for (const std::string& name : label_files(path)) {
        for (const std::string& set : sets_beside(folder_of(path) + name)) {
            add(fmt::format("{}:{}", name, set));
        }
    }
    return places;
}

std::string label_pattern(const std::string& path, const std::string& key) {
    const std::size_t colon = key.find(':');
    const auto siblings =
        colon == std::string::npos ? std::nullopt : split_siblings(folder_of(path) + key.substr(0, colon));
    return siblings ? fs::path(siblings->pattern).filename().string() + key.substr(colon) : key;
}

} // namespace tacit::shards
