// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/write/plan.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/images/exif.hpp"
#include "pipeline/shards/images/formats.hpp"
#include "pipeline/shards/parallel_for.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace tacit::shards {
namespace {

constexpr int kSmallSide = 96;                            ///< auto layout: images up to this size are stored raw
constexpr std::size_t kHeadBytes = std::size_t{64} << 10; ///< in which nearly every header lies

/// What all images have in common.
struct Census {
    bool any = false;
    bool same_size = true;
    std::int64_t turned = 0;
    bool keepable = false; ///< some image is a JPEG or 8-bit PNG, whose bytes are stored as they are
    augment::ImageShape shape;
    Element element = Element::u8;
};

struct Header {
    FileInfo file;
    int orientation = 1;
};

std::optional<Header> header_of(const ImageSource& source, std::int64_t number, bool first_page, SourceImage& image) {
    for (const bool whole : {false, true}) {
        try {
            if (whole) {
                source.read(number, image);
            } else {
                source.read_head(number, kHeadBytes, image);
            }
            return Header{file_info(image.bytes, first_page), exif_orientation(image.bytes)};
        } catch (const Error&) {
            // A header may be longer than the head. If the whole does not help, decoding reports the reason.
            continue;
        }
    }
    return std::nullopt;
}

void count(const Header& header, const ImportOptions& options, Census& census) {
    const FileInfo& info = header.file;
    PictureInfo picture = info.picture;
    census.turned += header.orientation == 1 ? 0 : 1;
    if (options.apply_exif) {
        picture.shape = turned_shape(picture.shape, header.orientation);
    }
    const bool narrow = picture.element == Element::u8;
    census.keepable = census.keepable || (narrow && (info.format == Format::jpeg || info.format == Format::png));
    if (!census.any) {
        census.any = true;
        census.shape = picture.shape;
        census.element = picture.element;
        return;
    }
    census.same_size =
        census.same_size && picture.shape.height == census.shape.height && picture.shape.width == census.shape.width;
    census.shape.channels = std::max(census.shape.channels, picture.shape.channels);
    const bool other_narrow = census.element == Element::u8;
    if (picture.element != census.element) {
        if ((!narrow || census.element != Element::u16) && (!other_narrow || picture.element != Element::u16)) {
            throw DataError(fmt::format("{}: some images hold {} values and some {}; import them apart", options.path,
                                        element_name(census.element), element_name(picture.element)));
        }
        census.element = Element::u16;
    }
}

Census take_census(const ImageSource& source, const ImportOptions& options) {
    Census census;
    std::vector<SourceImage> scratch(static_cast<std::size_t>(options.threads));
    for (const SourceSplit& split : source.info.splits) {
        std::vector<std::optional<Header>> headers(static_cast<std::size_t>(split.size()));
        parallel_for(split.size(), options.threads, [&](std::int64_t i, int worker) {
            headers[static_cast<std::size_t>(i)] =
                header_of(source, split.begin + i, options.first_page, scratch[static_cast<std::size_t>(worker)]);
        });
        for (const std::optional<Header>& header : headers) {
            if (header) {
                count(*header, options, census);
            }
        }
    }
    return census;
}

Census census_of(const ImageSource& source, const ImportOptions& options) {
    if (source.info.encoded) {
        return take_census(source, options);
    }
    return {true, true, 0, false, source.info.shape, source.info.element};
}

void check_plan(const Census& census, const ImageSource& source, const ImportOptions& options, bool raw) {
    const bool same = census.same_size || options.size > 0;
    if (options.size > 0 && census.element != Element::u8) {
        throw ConfigError(fmt::format("{}: --size resizes 8-bit images, these hold {} values; leave it out",
                                      options.path, element_name(census.element)));
    }
    if (raw && !same) {
        throw ConfigError(fmt::format("{}: images differ in size; store them encoded, or give --size", options.path));
    }
    if (raw) {
        return;
    }
    if (!source.info.encoded) {
        throw ConfigError(
            fmt::format("{}: holds pixels, not image files; --layout encoded does not fit", options.path));
    }
    if (census.element != Element::u8 && census.element != Element::u16) {
        throw DataError(fmt::format("{}: {} and hold {} values, which no encoded form keeps; bring them to one size",
                                    options.path, same ? "are to be encoded" : "images differ in size",
                                    element_name(census.element)));
    }
    if (census.shape.channels != 1 && census.shape.channels != 3) {
        throw DataError(fmt::format("{}: {} and have {} channels, PNG keeps 1 or 3; bring them to one size",
                                    options.path, same ? "are to be encoded" : "images differ in size",
                                    census.shape.channels));
    }
}

} // namespace

ImportPlan plan_import(const ImageSource& source, const ImportOptions& options) {
    if (source.info.encoded && source.info.describes_files && options.size == 0 && options.layout != "raw") {
        return {Layout::encoded, source.info.element, source.info.shape, 0};
    }
    const Census census = census_of(source, options);
    ImportPlan plan;
    plan.element = census.element;
    plan.turned = census.turned;
    plan.shape = census.any ? census.shape : augment::ImageShape{0, 0, 1};
    if (source.info.describes_files) {
        plan.element = source.info.element;
        plan.shape.channels = source.info.shape.channels;
    }
    if (options.size > 0) {
        plan.shape.height = plan.shape.width = options.size;
    } else if (!census.same_size) {
        plan.shape.height = plan.shape.width = 0;
    }
    const bool same = plan.shape.height > 0;
    const bool small = same && std::max(plan.shape.height, plan.shape.width) <= kSmallSide;
    const bool raw = options.size > 0 || options.layout == "raw" ||
                     (options.layout == "auto" && (!source.info.encoded || (same && (small || !census.keepable))));
    if (census.any) { // else the first image tells what is wrong with it
        check_plan(census, source, options, raw);
    }
    plan.layout = raw ? Layout::raw : Layout::encoded;
    return plan;
}

} // namespace tacit::shards
