// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/shards/import/arrays/array_source.hpp"

#include <fmt/format.h>

#include <filesystem>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

constexpr int kSide = 32;
constexpr std::size_t kPixelBytes = std::size_t{3} * kSide * kSide;

/// A binary version of CIFAR (Krizhevsky 2009, https://www.cs.toronto.edu/~kriz/cifar.html): records of label bytes,
/// then the red, green and blue planes of 32 x 32 pixels.
struct Version {
    const char* kind;
    std::size_t label_bytes; ///< a record begins with
    std::size_t label_at;    ///< which of them counts
    std::size_t classes;
    const char* names; ///< file of class names
};

std::vector<std::int32_t> read_labels(const ByteStore& file, const Version& version, std::uint64_t count) {
    std::vector<std::int32_t> labels;
    for (std::uint64_t record = 0; record < count; ++record) {
        std::uint8_t label = 0;
        file.read(record * (version.label_bytes + kPixelBytes) + version.label_at, &label, 1);
        if (label >= version.classes) {
            throw DataError(fmt::format("{}: image {} has class {}, {} has 0 to {}; download it again", file.path(),
                                        record, label, version.kind, version.classes - 1));
        }
        labels.push_back(label);
    }
    return labels;
}

void add_file(ArraySource& source, const Version& version, const std::string& split, const fs::path& path) {
    if (!fs::exists(path)) {
        return;
    }
    const std::size_t record = version.label_bytes + kPixelBytes;
    auto file = std::make_shared<const ByteStore>(FileBytes(path.string()));
    if (file->size() == 0 || file->size() % record != 0) {
        throw DataError(fmt::format("{}: {} bytes, not a multiple of {}'s {} bytes an image; download it again",
                                    path.string(), file->size(), version.kind, record));
    }
    StoredImages images;
    images.store = file;
    images.offset = version.label_bytes;
    images.count = static_cast<std::int64_t>(file->size() / record);
    images.shape = {kSide, kSide, 3};
    images.sample_step = record;
    source.add(split, {planar(images)}, {read_labels(*file, version, file->size() / record), path.string()});
}

/// The folder itself or the one that the archive unpacks to; "" if neither holds one of the files.
fs::path find_folder(const fs::path& source, const char* unpacked, std::initializer_list<const char*> files) {
    for (const fs::path& folder : {source, source / unpacked}) {
        for (const char* file : files) {
            if (fs::exists(folder / file)) {
                return folder;
            }
        }
    }
    return {};
}

} // namespace

std::unique_ptr<ImageSource> open_cifar10(const ImportOptions& options) {
    const fs::path folder = find_folder(options.path, "cifar-10-batches-bin", {"data_batch_1.bin", "test_batch.bin"});
    if (folder.empty()) {
        return nullptr;
    }
    const Version version{"CIFAR-10", 1, 0, 10, "batches.meta.txt"};
    auto source = std::make_unique<ArraySource>("cifar10", options);
    for (int batch = 1; batch <= 5; ++batch) {
        add_file(*source, version, "train", folder / fmt::format("data_batch_{}.bin", batch));
    }
    add_file(*source, version, "test", folder / "test_batch.bin");
    source->name_classes(folder / version.names, version.classes,
                         {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"});
    return source;
}

std::unique_ptr<ImageSource> open_cifar100(const ImportOptions& options) {
    const fs::path folder = find_folder(options.path, "cifar-100-binary", {"train.bin", "test.bin"});
    if (folder.empty()) {
        return nullptr;
    }
    const Version version = options.label == "fine" ? Version{"CIFAR-100", 2, 1, 100, "fine_label_names.txt"}
                                                    : Version{"CIFAR-100", 2, 0, 20, "coarse_label_names.txt"};
    auto source = std::make_unique<ArraySource>("cifar100", options);
    add_file(*source, version, "train", folder / "train.bin");
    add_file(*source, version, "test", folder / "test.bin");
    source->name_classes(folder / version.names, version.classes);
    return source;
}

} // namespace tacit::shards
