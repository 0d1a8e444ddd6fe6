// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/write/prepare.hpp"

#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/shards/images/exif.hpp"
#include "pipeline/shards/images/formats.hpp"

#include <fmt/format.h>

namespace tacit::shards {

ImagePreparer::ImagePreparer(const ImageSource& source, const ImportOptions& options, const ImportPlan& plan)
    : source_(source), options_(options), plan_(plan) {
    if (options.size > 0) {
        resize_.emplace(augment::preset("eval", options.size, plan.shape.channels), plan.shape.channels);
    }
}

void ImagePreparer::prepare(std::int64_t image, Scratch& scratch, PreparedImage& out) const {
    source_.read(image, scratch.source);
    const std::uint8_t* pixels = scratch.source.bytes.data();
    augment::ImageShape shape = scratch.source.shape;
    if (source_.info.encoded) {
        if (source_.info.describes_files) { // else the plan is wide enough for all of them
            const PictureInfo own = file_info(scratch.source.bytes, options_.first_page).picture;
            refuse_colour(own.shape.channels == 1, plan_.shape.channels == 1);
        }
        shape =
            decode_file(scratch.source.bytes, options_.first_page, plan_.shape.channels, plan_.element, scratch.pixels);
        if (options_.apply_exif) {
            out.turned = exif_orientation(scratch.source.bytes) != 1;
            shape = turn_upright(scratch.pixels, shape,
                                 static_cast<std::size_t>(shape.channels) * element_bytes(plan_.element),
                                 exif_orientation(scratch.source.bytes));
        }
        pixels = scratch.pixels.data();
    }
    out.sums.emplace(plan_.shape.channels, plan_.element);
    if (resize_) {
        out.bytes.resize(plan_.shape.bytes());
        scratch.slots[0] = {out.bytes.data(), nullptr, nullptr};
        resize_->apply(augment::ImageView{pixels, shape}, {}, scratch.slots, scratch.workspace);
        out.sums->add(out.bytes.data(), plan_.shape);
    } else {
        out.sums->add(pixels, shape);
        store(scratch.source, pixels, shape, out);
    }
    out.checksum = crc32c(out.bytes.data(), out.bytes.size());
}

void ImagePreparer::store(const SourceImage& source, const std::uint8_t* pixels, augment::ImageShape shape,
                          PreparedImage& out) const {
    if (plan_.layout == Layout::raw) {
        if (shape != plan_.shape) {
            throw DataError(fmt::format("has {} x {} pixels, the others have {} x {}", shape.height, shape.width,
                                        plan_.shape.height, plan_.shape.width));
        }
        out.bytes.assign(pixels, pixels + shape.bytes() * element_bytes(plan_.element));
        return;
    }
    const Format format = file_info(source.bytes, options_.first_page).format;
    if (!out.turned && (format == Format::jpeg || format == Format::png)) {
        out.bytes = source.bytes;
        return;
    }
    const std::string png = png_of(pixels, {shape, plan_.element});
    out.bytes.assign(png.begin(), png.end());
}

} // namespace tacit::shards
