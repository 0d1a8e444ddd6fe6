// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/dataset_parts.hpp"

#include "pipeline/base/digest.hpp"
#include "pipeline/shards/dataset_info.hpp"
#include "pipeline/shards/statistics/value_range.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <tuple>
#include <utility>

namespace tacit::shards {
namespace {

template <class T> void hash_vector(Sha256& hash, const std::vector<T>& values) {
    hash.update(values.data(), values.size() * sizeof(T));
}

/// What is wrong with an image, and what to do where that is not said.
std::string with_remedy(const std::string& problem) {
    const bool said = problem.find("; ") != std::string::npos;
    return said ? problem : problem + "; restore the file, or leave such images out (data.on_bad_sample: skip)";
}

} // namespace

std::int64_t DatasetPart::image(std::int64_t index) const {
    return partial() ? chosen[static_cast<std::size_t>(index - first)] : index - first;
}

std::int64_t DatasetPart::block(std::int64_t number) const {
    return partial() ? chosen_blocks[static_cast<std::size_t>(number - first_block)] : number - first_block;
}

std::string DatasetPart::name() const {
    return fmt::format("{}: {}", images->path(), images->dataset());
}

const std::vector<double>& DatasetPart::range() const {
    if (file->value_range.empty()) {
        throw ConfigError(fmt::format("{}: holds floating-point numbers; say which of them mean black and white with "
                                      "data.range: [low, high]",
                                      name()));
    }
    return file->value_range;
}

DatasetParts::DatasetParts(const DatasetIndex& index) : index_(&index) {
    std::int64_t rows = 0;
    for (const FileIndex& file : index.files) {
        add(file, rows);
        rows += static_cast<std::int64_t>(file.labels.size());
    }
    if (size_ == 0) {
        throw DataError(
            fmt::format("{}: split '{}' holds no images; name another split or other images", index.path, index.split));
    }
}

const FileBytes& DatasetParts::open_file(const std::string& path) {
    const auto found = files_.find(path);
    return found != files_.end() ? found->second : files_.emplace(path, FileBytes(path)).first->second;
}

void DatasetParts::add(const FileIndex& file, std::int64_t rows_before) {
    for (const ImagePart& images : file.parts) {
        DatasetPart part;
        part.file = &file;
        part.images = &images;
        part.first = size_;
        part.file_row = rows_before;
        part.first_block = static_cast<std::int64_t>(block_starts_.size()) - 1;
        part.levels = file.element == Element::u8 && file.value_range == natural_range(Element::u8);
        try {
            part.reader = make_part_reader(images, open_file(images.path()));
        } catch (const DataError& error) {
            throw DataError(fmt::format("{}: {}", part.name(), error.what()));
        }
        cheap_ = cheap_ && part.reader->single_reads_are_cheap();
        const std::vector<std::int64_t>& starts = part.reader->block_starts();
        for (std::size_t b = 1; b < starts.size(); ++b) {
            add_block(part, static_cast<std::int64_t>(b) - 1, starts[b - 1], starts[b]);
        }
        if (size_ > part.first) {
            parts_.push_back(std::move(part));
        }
    }
}

/// Images [first, end) of the part, which are its block `number`, as far as the split takes them.
void DatasetParts::add_block(DatasetPart& part, std::int64_t number, std::int64_t first, std::int64_t end) {
    for (std::int64_t image = first; image < end; ++image) {
        const auto row = static_cast<std::size_t>(part.row(image));
        if (part.partial() && part.file->chosen.at(row) == 0) {
            continue;
        }
        labels_.push_back(part.file->labels.at(row));
        if (part.partial()) {
            part.chosen.push_back(image);
        }
        ++size_;
    }
    if (size_ > block_starts_.back()) {
        block_starts_.push_back(size_);
        if (part.partial()) {
            part.chosen_blocks.push_back(number);
        }
    }
}

std::vector<std::int64_t> DatasetParts::places() const {
    std::vector<std::int64_t> rows;
    rows.reserve(static_cast<std::size_t>(size_));
    for (std::size_t p = 0; p < parts_.size(); ++p) {
        const DatasetPart& part = parts_[p];
        const std::int64_t end = p + 1 < parts_.size() ? parts_[p + 1].first : size_;
        for (std::int64_t index = part.first; index < end; ++index) {
            rows.push_back(part.file_row + part.row(part.image(index)));
        }
    }
    if (std::is_sorted(rows.begin(), rows.end())) {
        return {};
    }
    std::vector<std::int64_t> order(rows.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
        return rows[static_cast<std::size_t>(a)] < rows[static_cast<std::size_t>(b)];
    });
    for (std::size_t place = 0; place < order.size(); ++place) {
        rows[static_cast<std::size_t>(order[place])] = static_cast<std::int64_t>(place);
    }
    return rows;
}

std::pair<std::string, std::string> DatasetParts::fingerprints() const {
    constexpr std::int64_t kImages = 64;
    Sha256 all;
    Sha256 pixels;
    const auto update = [&](const void* data, std::size_t bytes) {
        all.update(data, bytes);
        pixels.update(data, bytes);
    };
    const augment::ImageShape& shape = index_->files.front().shape;
    const std::int64_t header[4] = {size_, shape.height, shape.width, shape.channels};
    update(header, sizeof(header));
    ArrayScratch scratch;
    std::vector<std::uint8_t> bytes;
    for (const FileIndex& file : index_->files) {
        hash_vector(all, file.labels);
        for (Sha256* hash : {&all, &pixels}) {
            hash_vector(*hash, file.checksums);
            hash_vector(*hash, file.chosen);
        }
    }
    for (std::size_t p = 0; p < parts_.size(); ++p) {
        const DatasetPart& part = parts_[p];
        const std::int64_t end = p + 1 < parts_.size() ? parts_[p + 1].first : size_;
        const std::int64_t step = std::max<std::int64_t>(1, (end - part.first) / kImages);
        for (std::int64_t i = part.first; i < end && part.file->checksums.empty(); i += step) {
            try {
                const StoredImage stored = part.reader->read_one(part.image(i), bytes, scratch);
                update(stored.bytes.data(), stored.bytes.size());
            } catch (const Error&) {
                update(&i, sizeof(i)); // told when the image is wanted
            }
        }
    }
    return {all.hex(), pixels.hex()};
}

std::vector<FileBytes*> DatasetParts::files() {
    std::vector<FileBytes*> all;
    for (auto& [path, file] : files_) {
        all.push_back(&file);
    }
    return all;
}

const DatasetPart& DatasetParts::part_of(std::int64_t index) const {
    if (index < 0 || index >= size_) {
        throw std::out_of_range(fmt::format("image {} of {}", index, size_));
    }
    const auto after = std::upper_bound(parts_.begin(), parts_.end(), index,
                                        [](std::int64_t value, const DatasetPart& part) { return value < part.first; });
    return *std::prev(after);
}

void DatasetParts::fail(std::int64_t index, const Error& error) const {
    const DatasetPart& part = part_of(index);
    throw DataError(fmt::format("{}: image {} (number {} of split '{}') {}", part.name(), part.place(index), index,
                                index_->split, with_remedy(error.what())));
}

void DatasetParts::fail_block(std::int64_t number, const Error& error) const {
    const std::int64_t first = block_starts_[static_cast<std::size_t>(number)];
    const std::int64_t last = block_starts_[static_cast<std::size_t>(number) + 1] - 1;
    if (first == last) {
        fail(first, error);
    }
    const DatasetPart& part = part_of(first);
    std::int64_t lowest = part.place(first);
    std::int64_t highest = lowest;
    for (std::int64_t index = first + 1; index <= last; ++index) {
        lowest = std::min(lowest, part.place(index));
        highest = std::max(highest, part.place(index));
    }
    const bool run = highest - lowest == last - first;
    throw DataError(fmt::format("{}: {} {} to {} (numbers {} to {} of split '{}') {}", part.name(),
                                run ? "images" : "images among", lowest, highest, first, last, index_->split,
                                with_remedy(error.what())));
}

DatasetInfo describe(const DatasetIndex& index, const DatasetParts& parts) {
    const FileIndex& first = index.files.front();
    DatasetInfo info;
    info.path = index.path;
    info.split = index.split;
    info.size = parts.size();
    info.channels = first.shape.channels;
    info.shape = first.shape;
    info.element = first.element;
    info.value_range = first.value_range;
    const bool whole =
        std::all_of(index.files.begin(), index.files.end(), [](const FileIndex& file) { return file.chosen.empty(); });
    if (whole) { // what is stored is not that of a part of the images
        info.mean = first.mean;
        info.std = first.std;
    }
    info.source = first.source;
    info.classes = first.classes;
    std::tie(info.fingerprint, info.pixels_fingerprint) = parts.fingerprints();
    return info;
}

} // namespace tacit::shards
