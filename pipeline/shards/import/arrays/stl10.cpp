// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/shards/import/arrays/array_source.hpp"

#include <fmt/format.h>

#include <filesystem>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

constexpr int kSide = 96;
constexpr std::uint64_t kImageBytes = std::uint64_t{3} * kSide * kSide;
constexpr int kClasses = 10;

/// Labels are stored as 1 to 10; 0 would be none.
std::vector<std::int32_t> read_labels(const fs::path& path, ArraySource& source) {
    source.note_file(path.string());
    std::vector<std::uint8_t> stored;
    read_whole(path.string(), stored, std::uint64_t{1} << 30);
    std::vector<std::int32_t> labels;
    for (const std::uint8_t label : stored) {
        if (label > kClasses) {
            throw DataError(fmt::format("{}: label {} is {}, STL-10 has 1 to {}; download it again", path.string(),
                                        labels.size(), label, kClasses));
        }
        labels.push_back(std::int32_t{label} - 1);
    }
    return labels;
}

/// Planes of 96 x 96 bytes, each stored column by column (https://cs.stanford.edu/~acoates/stl10/).
void add_file(ArraySource& source, const std::string& split, const fs::path& folder, const char* images_name,
              const char* labels_name) {
    const fs::path path = folder / images_name;
    if (!fs::exists(path)) {
        return;
    }
    StoredImages images;
    images.store = std::make_shared<const ByteStore>(FileBytes(path.string()));
    const std::uint64_t size = images.store->size();
    if (size == 0 || size % kImageBytes != 0) {
        throw DataError(fmt::format("{}: {} bytes, not a multiple of STL-10's {} bytes an image; download it again",
                                    path.string(), size, kImageBytes));
    }
    images.count = static_cast<std::int64_t>(size / kImageBytes);
    images.shape = {kSide, kSide, 3};
    images.sample_step = kImageBytes;
    images.channel_step = std::uint64_t{kSide} * kSide;
    images.column_step = kSide;
    images.row_step = 1;
    const fs::path labels = folder / labels_name;
    const bool labelled = *labels_name != '\0' && fs::exists(labels);
    source.add(split, {images}, labelled ? StoredLabels{read_labels(labels, source), labels.string()} : StoredLabels());
}

} // namespace

std::unique_ptr<ImageSource> open_stl10(const ImportOptions& options) {
    for (const fs::path& folder : {fs::path(options.path), fs::path(options.path) / "stl10_binary"}) {
        auto source = std::make_unique<ArraySource>("stl10", options);
        add_file(*source, "train", folder, "train_X.bin", "train_y.bin");
        add_file(*source, "test", folder, "test_X.bin", "test_y.bin");
        add_file(*source, "unlabeled", folder, "unlabeled_X.bin", "");
        if (source->empty()) {
            continue;
        }
        source->name_classes(folder / "class_names.txt", kClasses,
                             {"airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck"});
        return source;
    }
    return nullptr;
}

} // namespace tacit::shards
