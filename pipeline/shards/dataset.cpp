// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/dataset.hpp"

#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/shards/file_bytes.hpp"
#include "pipeline/shards/images/codec.hpp"
#include "pipeline/shards/shard_files.hpp"
#include "pipeline/shards/shard_index.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <span>
#include <stdexcept>

namespace tacit::shards {
namespace {

constexpr std::uint64_t kMaxEncodedBytes = std::uint64_t{1} << 30;
constexpr std::uint64_t kBlockBytes = std::uint64_t{1} << 20;

struct Shard {
    ShardIndex index;
    FileBytes file;
    std::int64_t first = 0; ///< data set index of its first image
};

/// Folders may mix nothing but shards of one import: every property that a reader relies on must agree.
void check_agreement(const ShardIndex& first, const ShardIndex& other) {
    const char* what = nullptr;
    if (first.shape != other.shape) {
        what = "image shape";
    } else if (first.layout != other.layout) {
        what = "layout";
    } else if (first.classes != other.classes) {
        what = "classes";
    } else if (first.total != other.total) {
        what = "total number of images";
    }
    if (what != nullptr) {
        throw DataError(
            fmt::format("{}: differs from {} in {}; the folder mixes imports", other.path, first.path, what));
    }
}

template <class T> void hash_vector(Sha256& hash, const std::vector<T>& values) {
    hash.update(values.data(), values.size() * sizeof(T));
}

/// Foreign files store no checksums: some images stand for all.
void hash_some_images(Sha256& hash, const Shard& shard) {
    constexpr std::int64_t kImages = 64;
    std::vector<std::uint8_t> pixels(shard.index.shape.bytes());
    const std::int64_t step = std::max<std::int64_t>(1, shard.index.count / kImages);
    for (std::int64_t image = 0; image < shard.index.count; image += step) {
        shard.file.read(shard.index.address + static_cast<std::uint64_t>(image) * pixels.size(), pixels.data(),
                        pixels.size());
        hash_vector(hash, pixels);
    }
}

std::string fingerprint_of(const std::vector<Shard>& shards, std::int64_t size) {
    Sha256 hash;
    const augment::ImageShape shape = shards.front().index.shape;
    const std::int64_t header[4] = {size, shape.height, shape.width, shape.channels};
    hash.update(header, sizeof(header));
    for (const Shard& shard : shards) {
        hash_vector(hash, shard.index.labels);
        hash_vector(hash, shard.index.checksums);
        if (shard.index.checksums.empty()) {
            hash_some_images(hash, shard);
        }
    }
    return hash.hex();
}

} // namespace

struct Dataset::Impl {
    DatasetInfo info;
    std::vector<std::int32_t> labels;
    std::vector<Shard> shards;
    std::vector<std::int64_t> block_starts{0};

    /// Place of an image's first byte among the shard's image bytes; `image` may be the end.
    static std::uint64_t begin_of(const Shard& shard, std::int64_t image);
    void add_blocks(const Shard& shard);
    void read_images(const Shard& shard, std::int64_t first, std::int64_t end, std::vector<std::uint8_t>& to) const;
    augment::ImageView decode(const Shard& shard, std::int64_t image, std::span<const std::uint8_t> stored,
                              SampleBuffer& buffer) const;
    [[noreturn]] void fail(const Shard& shard, std::int64_t image, const Error& error) const;
    void require_index(std::int64_t index) const;
    void add(ShardIndex index);
    void finish();
    const Shard& shard_of(std::int64_t index) const;
};

void Dataset::Impl::add(ShardIndex index) {
    if (!shards.empty()) {
        check_agreement(shards.front().index, index);
    }
    FileBytes file(index.path);
    labels.insert(labels.end(), index.labels.begin(), index.labels.end());
    shards.push_back({std::move(index), std::move(file), info.size});
    info.size += shards.back().index.count;
    add_blocks(shards.back());
}

void Dataset::Impl::finish() {
    const ShardIndex& first = shards.front().index;
    if (info.size == 0) {
        throw DataError(fmt::format("{}: split '{}' holds no images", info.path, info.split));
    }
    info.channels = first.shape.channels;
    info.shape = first.shape;
    info.classes = first.classes;
    for (const Shard& shard : shards) { // Foreign files number their classes each for itself.
        if (shard.index.classes.size() > info.classes.size()) {
            info.classes = shard.index.classes;
        }
    }
    info.mean = first.mean;
    info.std = first.std;
    info.source = first.source;
    info.fingerprint = fingerprint_of(shards, info.size);
}

const Shard& Dataset::Impl::shard_of(std::int64_t index) const {
    const auto after = std::upper_bound(shards.begin(), shards.end(), index,
                                        [](std::int64_t value, const Shard& shard) { return value < shard.first; });
    return *std::prev(after);
}

std::uint64_t Dataset::Impl::begin_of(const Shard& shard, std::int64_t image) {
    const ShardIndex& index = shard.index;
    return index.layout == Layout::raw ? static_cast<std::uint64_t>(image) * index.shape.bytes()
                                       : index.offsets[static_cast<std::size_t>(image)];
}

/// Cuts the shard's images into blocks of at most kBlockBytes, or of one larger image.
void Dataset::Impl::add_blocks(const Shard& shard) {
    std::int64_t first = 0;
    for (std::int64_t image = 1; image <= shard.index.count; ++image) {
        if (image == shard.index.count || begin_of(shard, image + 1) - begin_of(shard, first) > kBlockBytes) {
            block_starts.push_back(shard.first + image);
            first = image;
        }
    }
}

void Dataset::Impl::read_images(const Shard& shard, std::int64_t first, std::int64_t end,
                                std::vector<std::uint8_t>& to) const {
    const std::uint64_t begin = begin_of(shard, first);
    const std::uint64_t bytes = begin_of(shard, end) - begin;
    if (bytes > kMaxEncodedBytes) {
        throw DataError(fmt::format("claims {} bytes", bytes));
    }
    to.resize(static_cast<std::size_t>(bytes));
    shard.file.read(shard.index.address + begin, to.data(), to.size());
}

augment::ImageView Dataset::Impl::decode(const Shard& shard, std::int64_t image, std::span<const std::uint8_t> stored,
                                         SampleBuffer& buffer) const {
    const ShardIndex& index = shard.index;
    if (!index.checksums.empty() &&
        crc32c(stored.data(), stored.size()) != index.checksums[static_cast<std::size_t>(image)]) {
        throw DataError("is damaged (its checksum differs); restore the file or import the images again");
    }
    if (index.layout == Layout::raw) {
        return {stored.data(), index.shape};
    }
    const augment::ImageShape shape = decode_image(stored, info.channels, buffer.pixels);
    if (info.shape.height != 0 && shape != info.shape) {
        throw DataError(fmt::format("is {} x {} pixels, the shard says all are {} x {}", shape.width, shape.height,
                                    info.shape.width, info.shape.height));
    }
    return {buffer.pixels.data(), shape};
}

void Dataset::Impl::fail(const Shard& shard, std::int64_t image, const Error& error) const {
    throw DataError(fmt::format("{}: {}: image {} (number {} of split '{}') {}", shard.index.path, shard.index.dataset,
                                image, shard.first + image, info.split, error.what()));
}

void Dataset::Impl::require_index(std::int64_t index) const {
    if (index < 0 || index >= info.size) {
        throw std::out_of_range(fmt::format("image {} of {}", index, info.size));
    }
}

Dataset::Dataset(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Dataset::Dataset(Dataset&&) noexcept = default;
Dataset& Dataset::operator=(Dataset&&) noexcept = default;
Dataset::~Dataset() = default;

Dataset Dataset::open(const std::string& path, const std::string& split) {
    auto impl = std::make_unique<Impl>();
    impl->info.path = path;
    impl->info.split = split;
    const bool single = !std::filesystem::is_directory(path);
    for (const std::string& file : single ? std::vector<std::string>{path} : shard_files(path, split)) {
        impl->add(index_file(file, single ? split : std::string()));
        ShardIndex& index = impl->shards.back().index;
        const bool tacit_shard = index.total >= 0;
        if (!single && tacit_shard && index.split != split) {
            throw DataError(fmt::format("{}: holds split '{}' under the name of '{}'", file, index.split, split));
        }
    }
    const std::int64_t total = impl->shards.front().index.total;
    if (total >= 0 && !single && impl->info.size != total) {
        throw DataError(fmt::format("{}: split '{}' has {} of {} images; a shard is missing, import the images again",
                                    path, split, impl->info.size, total));
    }
    impl->finish();
    return Dataset(std::move(impl));
}

const DatasetInfo& Dataset::info() const {
    return impl_->info;
}

const std::vector<std::int32_t>& Dataset::labels() const {
    return impl_->labels;
}

augment::ImageView Dataset::read(std::int64_t index, SampleBuffer& buffer) const {
    impl_->require_index(index);
    const Shard& shard = impl_->shard_of(index);
    const std::int64_t image = index - shard.first;
    try {
        impl_->read_images(shard, image, image + 1, buffer.encoded);
        return impl_->decode(shard, image, buffer.encoded, buffer);
    } catch (const Error& error) {
        impl_->fail(shard, image, error);
    }
}

bool Dataset::single_reads_are_cheap() const {
    return true;
}

const std::vector<std::int64_t>& Dataset::block_starts() const {
    return impl_->block_starts;
}

void Dataset::load(std::int64_t number, Block& into) const {
    const auto place = static_cast<std::size_t>(number);
    const std::int64_t first = impl_->block_starts.at(place);
    const std::int64_t end = impl_->block_starts.at(place + 1);
    const Shard& shard = impl_->shard_of(first);
    into.number = number;
    into.first = first;
    try {
        impl_->read_images(shard, first - shard.first, end - shard.first, into.bytes);
    } catch (const Error& error) {
        impl_->fail(shard, first - shard.first, error);
    }
}

augment::ImageView Dataset::image(const Block& block, std::int64_t index, SampleBuffer& buffer) const {
    impl_->require_index(index);
    const Shard& shard = impl_->shard_of(index);
    const std::int64_t image = index - shard.first;
    const std::uint64_t skip = Impl::begin_of(shard, image) - Impl::begin_of(shard, block.first - shard.first);
    const std::uint64_t bytes = Impl::begin_of(shard, image + 1) - Impl::begin_of(shard, image);
    try {
        return impl_->decode(shard, image, std::span(block.bytes).subspan(skip, bytes), buffer);
    } catch (const Error& error) {
        impl_->fail(shard, image, error);
    }
}

} // namespace tacit::shards
