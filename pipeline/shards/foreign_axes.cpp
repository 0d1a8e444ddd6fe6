// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/foreign_axes.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/guess/axes_guess.hpp"
#include "pipeline/shards/guess/known_names.hpp"
#include "pipeline/shards/hdf5/array_index.hpp"
#include "pipeline/shards/hdf5/attributes.hpp"
#include "pipeline/shards/hdf5/image_parts.hpp"

#include <fmt/format.h>

namespace tacit::shards {
namespace {

/// Whether a group of an array of four dimensions says that it is a scan (attribute emd_group_type).
bool is_in_scan(const h5::Located& at) {
    const std::size_t slash = at.name.rfind('/');
    const h5::Handle group(
        H5Gopen2(at.file.get(), slash == std::string::npos ? "/" : at.name.substr(0, slash).c_str(), H5P_DEFAULT));
    return group.valid() && h5::has_attribute(group.get(), "emd_group_type", at.path);
}

} // namespace

void choose_axes(const h5::Located& at, const std::string& known, const std::vector<std::uint64_t>& rows,
                 ForeignReading& made) {
    const h5::Handle type(H5Iget_type(at.object.get()) == H5I_DATASET ? H5Dget_type(at.object.get()) : H5I_INVALID_HID);
    if (!made.spec.axes.empty() || !type.valid() || !h5::element_of(type.get())) {
        return;
    }
    const std::vector<hsize_t> dims = h5::dimensions(at.object.get());
    const std::vector<std::uint64_t> shape(dims.begin(), dims.end());
    const bool matlab = h5::is_matlab(at);
    if (known.size() == shape.size()) {
        made.spec.axes = matlab ? std::string(known.rbegin(), known.rend()) : known;
        return;
    }
    if (is_named_as_one_image(at.name) && shape.size() == 2) {
        made.spec.axes = guess_one_image(shape, matlab);
        return;
    }
    if (h5::shape_of(at.object.get()) != h5::Shape::pixels) {
        return;
    }
    try {
        const bool scan = is_named_as_scan(at.name) || is_in_scan(at);
        const AxesGuess guess = guess_axes(shape, {matlab, scan, rows});
        made.spec.axes = guess.letters;
        if (!guess.other.empty()) {
            made.doubts.push_back(fmt::format("'{}' {} could be read as {}, or as {}", at.name, h5::shape_text(dims),
                                              reading_text(guess.letters, shape), reading_text(guess.other, shape)));
        }
    } catch (const DataError& error) {
        throw DataError(fmt::format("{}: {}: {}", at.path, at.name, error.what()));
    }
}

void ask_about_rows(const DataSpec& given, const ForeignImages& images, ForeignReading& made) {
    const augment::ImageShape& shape = made.index.shape;
    const std::string& name = made.spec.images;
    const bool told = !given.images.empty() || !given.axes.empty() || !made.index.classes.empty();
    if (told || images.names.empty() || shape.channels != 1 || shape.height == 0 ||
        !may_be_rows({static_cast<std::uint64_t>(shape.height), static_cast<std::uint64_t>(shape.width)},
                     made.index.element, name + "/" + images.names.front())) {
        return;
    }
    made.doubts.push_back(fmt::format("'{}' in '{}' ({} x {}) may be rows of features as well as a gray image",
                                      images.names.front(), name, shape.height, shape.width));
}

} // namespace tacit::shards
