// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/dataset.hpp"

#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/shards/dataset_parts.hpp"
#include "pipeline/shards/images/codec.hpp"
#include "pipeline/shards/images/formats.hpp"
#include "pipeline/shards/labels/class_names.hpp"
#include "pipeline/shards/read/encoded_kind.hpp"
#include "pipeline/shards/statistics/value_range.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

namespace tacit::shards {
namespace {

/// `image` is the image's number in the part.
void verify(const DatasetPart& part, std::int64_t image, const StoredImage& stored) {
    const std::vector<std::uint32_t>& checksums = part.file->checksums;
    if (!checksums.empty() &&
        crc32c(stored.bytes.data(), stored.bytes.size()) != checksums.at(static_cast<std::size_t>(part.row(image)))) {
        throw DataError("is damaged (its checksum differs); restore the file or import the images again");
    }
}

} // namespace

struct Dataset::Impl {
    explicit Impl(DatasetIndex given) : index(std::move(given)), parts(index), info(describe(index, parts)) {}

    /// What `work` gives; Errors that it throws are told with the image.
    template <class Caught, class Work> auto telling(std::int64_t image, const Work& work) const {
        try {
            return work();
        } catch (const Caught& error) {
            parts.fail(image, error);
        }
    }
    /// Where an image of `shape` is decoded to.
    std::uint8_t* room(augment::ImageShape shape, SampleBuffer& buffer) const;
    /// A JPEG or PNG of 8 bits decoded, as far as `views` read it; nullptr: whole.
    augment::ImageWindow unpack(std::span<const std::uint8_t> bytes, const augment::SampleViews* views,
                                SampleBuffer& buffer) const;
    StoredImage numbers(const StoredImage& stored, SampleBuffer& buffer) const;
    /// Straight from the file, if the image lies there as a trainer wants it.
    bool read_to_target(std::int64_t index_of_image, SampleBuffer& buffer) const;
    augment::ImageWindow levels(std::int64_t index_of_image, const StoredImage& stored,
                                const augment::SampleViews* views, SampleBuffer& buffer) const;
    augment::ImageWindow decode(std::int64_t index_of_image, const StoredImage& stored,
                                const augment::SampleViews* views, SampleBuffer& buffer) const;
    augment::FloatImageView floats(std::int64_t index_of_image, const StoredImage& stored, SampleBuffer& buffer) const;

    DatasetIndex index;
    DatasetParts parts;
    DatasetInfo info;
    std::unique_ptr<Staging> staging; ///< ends before the files that it works on
};

std::uint8_t* Dataset::Impl::room(augment::ImageShape shape, SampleBuffer& buffer) const {
    if (buffer.target != nullptr && shape == info.shape) {
        return buffer.target;
    }
    return buffer.pixels.get(shape.bytes());
}

augment::ImageWindow Dataset::Impl::unpack(std::span<const std::uint8_t> bytes, const augment::SampleViews* views,
                                           SampleBuffer& buffer) const {
    EncodedImage image(bytes, info.channels);
    refuse_colour(image.is_gray(), info.channels == 1);
    const augment::ImageShape whole = image.shape();
    if (info.shape.height != 0 && whole != info.shape) {
        throw DataError(fmt::format("is {} x {} pixels, the shard says all are {} x {}", whole.height, whole.width,
                                    info.shape.height, info.shape.width));
    }
    const augment::Box box =
        image.start(views == nullptr ? augment::whole_box(whole) : views->recipe.window(whole, views->key));
    const augment::ImageShape shape{box.height, box.width, info.channels};
    std::uint8_t* to = room(shape, buffer);
    image.decode(to);
    return {{to, shape}, whole, box.top, box.left};
}

/// Pixels as they are, JPEG and PNG files decoded.
StoredImage Dataset::Impl::numbers(const StoredImage& stored, SampleBuffer& buffer) const {
    if (stored.shape.height != 0) {
        return stored;
    }
    if (info.element == Element::u16) {
        refuse_colour(file_info(stored.bytes, false).picture.shape.channels == 1, info.channels == 1);
        const augment::ImageShape shape = decode_file(stored.bytes, false, info.channels, info.element, buffer.wide);
        return {buffer.wide, shape, info.element};
    }
    const augment::ImageView image = unpack(stored.bytes, nullptr, buffer).pixels;
    return {{image.data, image.shape.bytes()}, image.shape, info.element};
}

bool Dataset::Impl::read_to_target(std::int64_t index_of_image, SampleBuffer& buffer) const {
    const DatasetPart& part = parts.part_of(index_of_image);
    if (buffer.target == nullptr || !part.levels || info.shape.height == 0) {
        return false;
    }
    const std::int64_t image = part.image(index_of_image);
    const std::span<std::uint8_t> to(buffer.target, info.shape.bytes());
    return telling<Error>(index_of_image, [&] {
        const bool done = part.reader->read_straight(image, to, buffer.scratch);
        if (done) {
            verify(part, image, {to, info.shape, info.element});
        }
        return done;
    });
}

augment::ImageWindow Dataset::Impl::levels(std::int64_t index_of_image, const StoredImage& stored,
                                           const augment::SampleViews* views, SampleBuffer& buffer) const {
    if (stored.shape.height == 0 && info.element == Element::u8) {
        return unpack(stored.bytes, views, buffer);
    }
    const DatasetPart& part = parts.part_of(index_of_image);
    const StoredImage image = numbers(stored, buffer);
    const std::vector<double>& range = part.range();
    if (part.levels) {
        return augment::ImageView{image.bytes.data(), image.shape};
    }
    std::uint8_t* to = room(image.shape, buffer);
    to_u8(image.bytes, image.element, range[0], range[1], {to, image.shape.bytes()});
    return augment::ImageView{to, image.shape};
}

augment::ImageWindow Dataset::Impl::decode(std::int64_t index_of_image, const StoredImage& stored,
                                           const augment::SampleViews* views, SampleBuffer& buffer) const {
    return telling<DataError>(index_of_image, [&] { return levels(index_of_image, stored, views, buffer); });
}

augment::FloatImageView Dataset::Impl::floats(std::int64_t index_of_image, const StoredImage& stored,
                                              SampleBuffer& buffer) const {
    const std::vector<double>& range = parts.part_of(index_of_image).range();
    return telling<DataError>(index_of_image, [&] {
        const StoredImage image = numbers(stored, buffer);
        float* to = buffer.floats.get(image.shape.values());
        to_float(image.bytes, image.element, range[0], range[1], {to, image.shape.values()});
        return augment::FloatImageView{to, image.shape};
    });
}

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
    return impl_->parts.labels();
}

const std::vector<std::int64_t>& Dataset::block_starts() const {
    return impl_->parts.block_starts();
}

void Dataset::read_as(const DatasetInfo& other) {
    if (other.element == impl_->info.element && other.channels == impl_->info.channels) {
        return;
    }
    DatasetIndex index = impl_->index;
    if (widen(index.files, {other.element, other.channels})) {
        impl_ = std::make_unique<Impl>(std::move(index));
    }
}

void Dataset::number_classes_as(const std::vector<std::string>& classes) {
    try {
        renumber(impl_->parts.labels(), impl_->info.classes, classes);
    } catch (const DataError& error) {
        throw DataError(fmt::format("{}: split '{}' {}", impl_->info.path, impl_->info.split, error.what()));
    }
}

bool Dataset::single_reads_are_cheap() const {
    return impl_->parts.single_reads_are_cheap();
}

std::string Dataset::name(std::int64_t index) const {
    const DatasetPart& part = impl_->parts.part_of(index);
    return fmt::format("{}: image {}", part.name(), part.place(index));
}

std::vector<std::int64_t> Dataset::places() const {
    return impl_->parts.places();
}

StoredImage Dataset::stored(std::int64_t index, SampleBuffer& buffer) const {
    const DatasetPart& part = impl_->parts.part_of(index);
    const std::int64_t image = part.image(index);
    return impl_->telling<Error>(index, [&] {
        const StoredImage stored = part.reader->read_one(image, buffer.encoded, buffer.scratch);
        verify(part, image, stored);
        return stored;
    });
}

augment::ImageView Dataset::read(std::int64_t index, SampleBuffer& buffer) const {
    if (impl_->read_to_target(index, buffer)) {
        return {buffer.target, impl_->info.shape};
    }
    return impl_->decode(index, stored(index, buffer), nullptr, buffer).pixels;
}

augment::ImageWindow Dataset::read(std::int64_t index, const augment::SampleViews& views, SampleBuffer& buffer) const {
    if (impl_->read_to_target(index, buffer)) {
        return augment::ImageView{buffer.target, impl_->info.shape};
    }
    return impl_->decode(index, stored(index, buffer), &views, buffer);
}

augment::FloatImageView Dataset::read_floats(std::int64_t index, SampleBuffer& buffer) const {
    return impl_->floats(index, stored(index, buffer), buffer);
}

void Dataset::load(std::int64_t number, Block& into, ArrayScratch& scratch) const {
    const std::int64_t first = block_starts().at(static_cast<std::size_t>(number));
    const DatasetPart& part = impl_->parts.part_of(first);
    into.number = number;
    into.first = first;
    try {
        part.reader->read_block(part.block(number), into.bytes, scratch);
    } catch (const Error& error) {
        impl_->parts.fail_block(number, error);
    }
}

StoredImage Dataset::stored(const Block& block, std::int64_t index) const {
    const DatasetPart& part = impl_->parts.part_of(index);
    const std::int64_t image = part.image(index);
    return impl_->telling<DataError>(index, [&] {
        const StoredImage stored = part.reader->in_block(part.block(block.number), image, block.bytes);
        verify(part, image, stored);
        return stored;
    });
}

StoredImage Dataset::values(const Block& block, std::int64_t index, SampleBuffer& buffer) const {
    const StoredImage image = stored(block, index);
    return impl_->telling<DataError>(index, [&] { return impl_->numbers(image, buffer); });
}

augment::ImageView Dataset::image(const Block& block, std::int64_t index, SampleBuffer& buffer) const {
    return impl_->decode(index, stored(block, index), nullptr, buffer).pixels;
}

augment::ImageWindow Dataset::image(const Block& block, std::int64_t index, const augment::SampleViews& views,
                                    SampleBuffer& buffer) const {
    return impl_->decode(index, stored(block, index), &views, buffer);
}

augment::FloatImageView Dataset::floats(const Block& block, std::int64_t index, SampleBuffer& buffer) const {
    return impl_->floats(index, stored(block, index), buffer);
}

void Dataset::stage(StagingOptions options) {
    if (impl_->staging) {
        throw std::logic_error("Dataset: is being staged already");
    }
    impl_->staging = std::make_unique<Staging>(impl_->parts.files(), std::move(options));
}

Staging* Dataset::staging() const {
    return impl_->staging.get();
}

} // namespace tacit::shards
