// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/dataset.hpp"

#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/shards/dataset_index.hpp"
#include "pipeline/shards/file_bytes.hpp"
#include "pipeline/shards/images/codec.hpp"
#include "pipeline/shards/images/formats.hpp"
#include "pipeline/shards/part_reader.hpp"
#include "pipeline/shards/to_u8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <stdexcept>

namespace tacit::shards {
namespace {

template <class T> void hash_vector(Sha256& hash, const std::vector<T>& values) {
    hash.update(values.data(), values.size() * sizeof(T));
}

/// A part, its reader, and where its images stand in the data set.
struct Part {
    const FileIndex* file = nullptr;
    const ImagePart* images = nullptr;
    std::unique_ptr<PartReader> reader;
    std::int64_t first = 0;       ///< data set index of its first image
    std::int64_t first_block = 0; ///< data set number of its first block
    bool levels = false;          ///< pixels are stored as the 8-bit levels that they mean
    /// Where a split takes only some images: their numbers in the part, and those of the blocks that hold them.
    std::vector<std::int64_t> chosen;
    std::vector<std::int64_t> chosen_blocks;

    std::int64_t row(std::int64_t image) const { return images->first_row + reader->row(image); }
    bool partial() const { return !file->chosen.empty(); }
    /// Number in the part of an image or block of the data set.
    std::int64_t image(std::int64_t index) const {
        return partial() ? chosen[static_cast<std::size_t>(index - first)] : index - first;
    }
    std::int64_t block(std::int64_t number) const {
        return partial() ? chosen_blocks[static_cast<std::size_t>(number - first_block)] : number - first_block;
    }
    const std::string& path() const { return images->array ? images->array->path : images->items->path; }
    const std::string& name() const { return images->array ? images->array->dataset : images->items->dataset; }
};

} // namespace

struct Dataset::Impl {
    explicit Impl(DatasetIndex given);

    void add(const FileIndex& file);
    void add_block(Part& part, std::int64_t number, std::int64_t first, std::int64_t end);
    void describe();
    void make_fingerprint();
    const FileBytes& open_file(const std::string& path);
    const Part& part_of(std::int64_t index) const;
    /// What is wrong with image `index`, with all that says where.
    [[noreturn]] void fail(const Part& part, std::int64_t index, const Error& error) const;
    [[noreturn]] void fail_block(const Part& part, std::int64_t number, const Error& error) const;
    void require_index(std::int64_t index) const;
    void verify(const Part& part, std::int64_t image, const StoredImage& stored) const;
    StoredImage numbers(const StoredImage& stored, SampleBuffer& buffer) const;
    /// Straight from the file, if the image lies there as a trainer wants it.
    bool read_to_target(std::int64_t index, std::uint8_t* target) const;
    augment::ImageView decode(const Part& part, const StoredImage& stored, SampleBuffer& buffer) const;

    DatasetIndex index;
    DatasetInfo info;
    std::vector<std::int32_t> labels;
    std::map<std::string, FileBytes> files;
    std::vector<Part> parts;
    std::vector<std::int64_t> block_starts{0};
    bool cheap = true;
    std::unique_ptr<Staging> staging; ///< ends before the files that it works on
};

Dataset::Impl::Impl(DatasetIndex given) : index(std::move(given)) {
    for (const FileIndex& file : index.files) {
        add(file);
    }
    describe();
    make_fingerprint();
}

const FileBytes& Dataset::Impl::open_file(const std::string& path) {
    const auto found = files.find(path);
    return found != files.end() ? found->second : files.emplace(path, FileBytes(path)).first->second;
}

void Dataset::Impl::add(const FileIndex& file) {
    for (const ImagePart& images : file.parts) {
        Part part;
        part.file = &file;
        part.images = &images;
        part.first = info.size;
        part.first_block = static_cast<std::int64_t>(block_starts.size()) - 1;
        part.levels = file.element == Element::u8 && file.value_range == natural_range(Element::u8);
        try {
            part.reader = make_part_reader(images, open_file(part.path()));
        } catch (const DataError& error) {
            throw DataError(fmt::format("{}: {}: {}", part.path(), part.name(), error.what()));
        }
        cheap = cheap && part.reader->single_reads_are_cheap();
        const std::vector<std::int64_t>& starts = part.reader->block_starts();
        for (std::size_t b = 1; b < starts.size(); ++b) {
            add_block(part, static_cast<std::int64_t>(b) - 1, starts[b - 1], starts[b]);
        }
        if (info.size > part.first) {
            parts.push_back(std::move(part));
        }
    }
}

/// Images [first, end) of the part, which are its block `number`, as far as the split takes them.
void Dataset::Impl::add_block(Part& part, std::int64_t number, std::int64_t first, std::int64_t end) {
    for (std::int64_t image = first; image < end; ++image) {
        const auto row = static_cast<std::size_t>(part.row(image));
        if (part.partial() && part.file->chosen.at(row) == 0) {
            continue;
        }
        labels.push_back(part.file->labels.at(row));
        if (part.partial()) {
            part.chosen.push_back(image);
        }
        ++info.size;
    }
    if (info.size > block_starts.back()) {
        block_starts.push_back(info.size);
        if (part.partial()) {
            part.chosen_blocks.push_back(number);
        }
    }
}

void Dataset::Impl::describe() {
    const FileIndex& first = index.files.front();
    if (info.size == 0) {
        throw DataError(fmt::format("{}: split '{}' holds no images", index.path, index.split));
    }
    info.path = index.path;
    info.split = index.split;
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
    for (const FileIndex& file : index.files) { // foreign files number their classes each for itself
        if (file.classes.size() > info.classes.size()) {
            info.classes = file.classes;
        }
    }
}

/// Of what tells data sets apart: sizes, labels and checksums, or, where files store none, some images.
void Dataset::Impl::make_fingerprint() {
    constexpr std::int64_t kImages = 64;
    Sha256 hash;
    const std::int64_t header[4] = {info.size, info.shape.height, info.shape.width, info.shape.channels};
    hash.update(header, sizeof(header));
    ArrayScratch scratch;
    std::vector<std::uint8_t> bytes;
    for (const FileIndex& file : index.files) {
        hash_vector(hash, file.labels);
        hash_vector(hash, file.checksums);
        hash_vector(hash, file.chosen);
    }
    for (std::size_t p = 0; p < parts.size(); ++p) {
        const Part& part = parts[p];
        const std::int64_t end = p + 1 < parts.size() ? parts[p + 1].first : info.size;
        const std::int64_t step = std::max<std::int64_t>(1, (end - part.first) / kImages);
        for (std::int64_t i = part.first; i < end && part.file->checksums.empty(); i += step) {
            try {
                const StoredImage stored = part.reader->read_one(part.image(i), bytes, scratch);
                hash.update(stored.bytes.data(), stored.bytes.size());
            } catch (const Error&) {
                hash.update(&i, sizeof(i)); // told when the image is wanted
            }
        }
    }
    info.fingerprint = hash.hex();
}

const Part& Dataset::Impl::part_of(std::int64_t index_of_image) const {
    const auto after = std::upper_bound(parts.begin(), parts.end(), index_of_image,
                                        [](std::int64_t value, const Part& part) { return value < part.first; });
    return *std::prev(after);
}

void Dataset::Impl::fail(const Part& part, std::int64_t index_of_image, const Error& error) const {
    throw DataError(fmt::format("{}: {}: image {} (number {} of split '{}') {}", part.path(), part.name(),
                                part.image(index_of_image), index_of_image, info.split, error.what()));
}

void Dataset::Impl::fail_block(const Part& part, std::int64_t number, const Error& error) const {
    const std::int64_t first = block_starts[static_cast<std::size_t>(number)];
    const std::int64_t last = block_starts[static_cast<std::size_t>(number) + 1] - 1;
    if (first == last) {
        fail(part, first, error);
    }
    throw DataError(fmt::format("{}: {}: images {} to {} (numbers {} to {} of split '{}') {}", part.path(), part.name(),
                                part.image(first), part.image(last), first, last, info.split, error.what()));
}

void Dataset::Impl::require_index(std::int64_t index_of_image) const {
    if (index_of_image < 0 || index_of_image >= info.size) {
        throw std::out_of_range(fmt::format("image {} of {}", index_of_image, info.size));
    }
}

void Dataset::Impl::verify(const Part& part, std::int64_t image, const StoredImage& stored) const {
    const std::vector<std::uint32_t>& checksums = part.file->checksums;
    if (!checksums.empty() &&
        crc32c(stored.bytes.data(), stored.bytes.size()) != checksums.at(static_cast<std::size_t>(part.row(image)))) {
        throw DataError("is damaged (its checksum differs); restore the file or import the images again");
    }
}

/// Pixels as they are, JPEG and PNG files decoded.
StoredImage Dataset::Impl::numbers(const StoredImage& stored, SampleBuffer& buffer) const {
    if (stored.shape.height != 0) {
        return stored;
    }
    if (info.element == Element::u16) {
        const augment::ImageShape shape = decode_file(stored.bytes, false, info.channels, info.element, buffer.wide);
        return {buffer.wide, shape, info.element};
    }
    const augment::ImageShape shape = decode_image(stored.bytes, info.channels, buffer.pixels);
    if (info.shape.height != 0 && shape != info.shape) {
        throw DataError(fmt::format("is {} x {} pixels, the shard says all are {} x {}", shape.width, shape.height,
                                    info.shape.width, info.shape.height));
    }
    return {buffer.pixels, shape, info.element};
}

bool Dataset::Impl::read_to_target(std::int64_t index_of_image, std::uint8_t* target) const {
    require_index(index_of_image);
    const Part& part = part_of(index_of_image);
    if (!part.levels || info.shape.height == 0) {
        return false;
    }
    const std::int64_t image = part.image(index_of_image);
    try {
        const std::size_t bytes = info.shape.bytes();
        const bool done = part.reader->read_plain(image, {target, bytes});
        if (done) {
            verify(part, image, {{target, bytes}, info.shape, info.element});
        }
        return done;
    } catch (const Error& error) {
        fail(part, index_of_image, error);
    }
}

augment::ImageView Dataset::Impl::decode(const Part& part, const StoredImage& stored, SampleBuffer& buffer) const {
    const std::vector<double>& range = part.file->value_range;
    const StoredImage image = numbers(stored, buffer);
    if (stored.shape.height == 0 && image.element == Element::u8) {
        return {image.bytes.data(), image.shape};
    }
    if (range.empty()) {
        throw ConfigError(
            fmt::format("{}: {}: holds floating-point numbers; say which of them mean black and white with "
                        "data.range: [low, high]",
                        part.path(), part.name()));
    }
    if (part.levels) {
        return {image.bytes.data(), image.shape};
    }
    buffer.pixels.resize(image.shape.bytes());
    to_u8(image.bytes, image.element, range[0], range[1], buffer.pixels);
    return {buffer.pixels.data(), image.shape};
}

Dataset::Dataset(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Dataset::Dataset(Dataset&&) noexcept = default;
Dataset& Dataset::operator=(Dataset&&) noexcept = default;
Dataset::~Dataset() = default;

Dataset::Dataset(DatasetIndex index) : impl_(std::make_unique<Impl>(std::move(index))) {}

Dataset Dataset::open(const DataSpec& spec, const std::string& split) {
    return Dataset(index_dataset(spec, split));
}

Dataset Dataset::open(const std::string& path, const std::string& split) {
    DataSpec spec;
    spec.path = path;
    return open(spec, split);
}

const DatasetInfo& Dataset::info() const {
    return impl_->info;
}

const std::vector<std::int32_t>& Dataset::labels() const {
    return impl_->labels;
}

const std::vector<std::int64_t>& Dataset::block_starts() const {
    return impl_->block_starts;
}

bool Dataset::single_reads_are_cheap() const {
    return impl_->cheap;
}

std::string Dataset::name(std::int64_t index) const {
    impl_->require_index(index);
    const Part& part = impl_->part_of(index);
    return fmt::format("{}: {}: image {}", part.path(), part.name(), part.image(index));
}

StoredImage Dataset::stored(std::int64_t index, SampleBuffer& buffer) const {
    impl_->require_index(index);
    const Part& part = impl_->part_of(index);
    const std::int64_t image = part.image(index);
    try {
        const StoredImage stored = part.reader->read_one(image, buffer.encoded, buffer.scratch);
        impl_->verify(part, image, stored);
        return stored;
    } catch (const Error& error) {
        impl_->fail(part, index, error);
    }
}

augment::ImageView Dataset::read(std::int64_t index, SampleBuffer& buffer) const {
    if (buffer.target != nullptr && impl_->read_to_target(index, buffer.target)) {
        return {buffer.target, impl_->info.shape};
    }
    const StoredImage image = stored(index, buffer);
    const Part& part = impl_->part_of(index);
    try {
        return impl_->decode(part, image, buffer);
    } catch (const DataError& error) {
        impl_->fail(part, index, error);
    }
}

void Dataset::load(std::int64_t number, Block& into, ArrayScratch& scratch) const {
    const std::int64_t first = impl_->block_starts.at(static_cast<std::size_t>(number));
    const Part& part = impl_->part_of(first);
    into.number = number;
    into.first = first;
    try {
        part.reader->read_block(part.block(number), into.bytes, scratch);
    } catch (const Error& error) {
        impl_->fail_block(part, number, error);
    }
}

StoredImage Dataset::stored(const Block& block, std::int64_t index) const {
    impl_->require_index(index);
    const Part& part = impl_->part_of(index);
    const std::int64_t image = part.image(index);
    try {
        const StoredImage stored = part.reader->in_block(part.block(block.number), image, block.bytes);
        impl_->verify(part, image, stored);
        return stored;
    } catch (const DataError& error) {
        impl_->fail(part, index, error);
    }
}

StoredImage Dataset::values(const Block& block, std::int64_t index, SampleBuffer& buffer) const {
    const StoredImage image = stored(block, index);
    try {
        return impl_->numbers(image, buffer);
    } catch (const DataError& error) {
        impl_->fail(impl_->part_of(index), index, error);
    }
}

augment::ImageView Dataset::image(const Block& block, std::int64_t index, SampleBuffer& buffer) const {
    const StoredImage image = stored(block, index);
    const Part& part = impl_->part_of(index);
    try {
        return impl_->decode(part, image, buffer);
    } catch (const DataError& error) {
        impl_->fail(part, index, error);
    }
}

void Dataset::stage(StagingOptions options) {
    if (impl_->staging) {
        throw std::logic_error("Dataset: is being staged already");
    }
    std::vector<FileBytes*> files;
    for (auto& [path, file] : impl_->files) {
        files.push_back(&file);
    }
    impl_->staging = std::make_unique<Staging>(std::move(files), std::move(options));
}

Staging* Dataset::staging() const {
    return impl_->staging.get();
}

} // namespace tacit::shards
