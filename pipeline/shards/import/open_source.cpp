// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/base/file_kind.hpp"
#include "pipeline/shards/import/image_source.hpp"
#include "pipeline/shards/import/table_splits.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

/// The first array by name in the folders of a folder; "": there is none.
std::string array_below(const fs::path& folder) {
    std::string first;
    std::error_code error;
    fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, error);
    for (; !error && entry != fs::end(entry); entry.increment(error)) {
        const std::string extension = entry->path().extension().string();
        std::string below = entry->path().lexically_relative(folder).string();
        if (entry.depth() > 0 && (extension == ".npy" || extension == ".npz") && (first.empty() || below < first)) {
            first = std::move(below);
        }
    }
    return first;
}

} // namespace

void SourceInfo::add_images(const std::string& split, const std::vector<std::int32_t>& of_images) {
    if (of_images.empty()) {
        return;
    }
    const auto begin = static_cast<std::int64_t>(labels.size());
    if (splits.empty() || splits.back().name != split) {
        splits.push_back({split, begin, begin});
    }
    splits.back().end += static_cast<std::int64_t>(of_images.size());
    labels.insert(labels.end(), of_images.begin(), of_images.end());
}

const SourceSplit& SourceInfo::split(const std::string& name) const {
    return *std::find_if(splits.begin(), splits.end(), [&](const SourceSplit& one) { return one.name == name; });
}

const SourceSplit& SourceInfo::split_of(std::int64_t image) const {
    return *std::find_if(splits.begin(), splits.end(), [&](const SourceSplit& one) { return image < one.end; });
}

const std::vector<SourceKind>& source_kinds() {
    // The folder comes last: it takes any tree that holds images.
    static const std::vector<SourceKind> kKinds = {
        {"idx", "folder of *-images-idx3-* and *-labels-idx1-* files (MNIST, Fashion-MNIST), gzipped or not", open_idx},
        {"cifar10", "CIFAR-10's binary version: data_batch_1.bin to data_batch_5.bin, test_batch.bin", open_cifar10},
        {"cifar100", "CIFAR-100's binary version: train.bin, test.bin; fine labels, or --label coarse", open_cifar100},
        {"stl10", "STL-10's binary version: train_X.bin, train_y.bin, test_X.bin, unlabeled_X.bin", open_stl10},
        {"npz", "NumPy archive (.npz) with x_train, y_train, x_test, … or images, labels", open_npz},
        {"npy", "NumPy arrays (.npy): one file of images, labels beside it, or a folder of x_train.npy, …", open_npy},
        {"webdataset",
         "WebDataset: .tar files of KEY.jpg, KEY.png, … with labels KEY.cls or KEY.json (numbers or words)",
         open_webdataset},
        {"hdf5", "HDF5: a file, or a folder of files or shards; `tacit data pack` says more about it", open_hdf5},
        {"folder", "tree of JPEG, PNG, TIFF, WebP, BMP, PGM and PPM files, one folder a class", open_image_folder},
    };
    return kKinds;
}

std::unique_ptr<ImageSource> open_source(const ImportOptions& options) {
    if (splits_of_tables(options.split_folders)) { // which with_labels() reads; folders of splits are no classes
        ImportOptions by_names = options;
        by_names.split_folders.clear();
        return open_source(by_names);
    }
    if (std::error_code error; std::filesystem::is_other(options.path, error)) { // a pipe, which may never end
        throw IoError(fmt::format("{}: {}", options.path, kind_text(options.path)));
    }
    std::vector<std::string> names;
    for (const SourceKind& kind : source_kinds()) {
        names.emplace_back(kind.name);
        if (options.kind != "auto" && options.kind != kind.name) {
            continue;
        }
        try {
            if (std::unique_ptr<ImageSource> source = kind.open(options)) {
                return source;
            }
        } catch (const std::filesystem::filesystem_error& error) {
            throw IoError(fmt::format("{}: cannot list: {}", error.path1().string(), error.code().message()));
        }
    }
    const bool folder = std::filesystem::is_directory(options.path);
    if (const std::string array = folder ? array_below(options.path) : ""; !array.empty()) {
        throw DataError(fmt::format("{}: its NumPy arrays lie in folders ({}, …), and arrays are read from one folder "
                                    "alone; import each folder by itself, save images in folders of classes as PNG or "
                                    "TIFF files, or save all as one array images.npy with labels.npy",
                                    options.path, array));
    }
    const std::string found = folder ? kinds_text(options.path) : "it " + kind_text(options.path);
    throw DataError(fmt::format(
        "{}: holds no {}: {}; `tacit data import --help` says what each kind looks like (one of: {})", options.path,
        options.kind == "auto" ? "images of a known kind" : options.kind + " images", found, fmt::join(names, ", ")));
}

} // namespace tacit::shards
