// SPDX-License-Identifier: Apache-2.0
#include "augment/canvas.hpp"

#include <cstring>

namespace tacit::augment {

Canvas::Canvas(ImageView source, Workspace::Buffers& buffers, const ViewSlot& slot, int size)
    : image_(source), buffers_(&buffers), mask_(slot.mask), size_(size) {}

ImageView Canvas::image() {
    if (!color().empty()) {
        const ImageView source = image_;
        color().run(source, buffer_ < 0 ? next(source.shape) : current());
    }
    return image_;
}

MutableImageView Canvas::edit() {
    image();
    if (buffer_ < 0) {
        const ImageView source = image_;
        std::memcpy(next(source.shape).data, source.data, source.shape.bytes());
    }
    return current();
}

MutableImageView Canvas::current() {
    return {buffers_->images[static_cast<std::size_t>(buffer_)].get(image_.shape.bytes()), image_.shape};
}

MutableImageView Canvas::next(ImageShape shape) {
    buffer_ = buffer_ == 0 ? 1 : 0;
    const MutableImageView view{buffers_->images[static_cast<std::size_t>(buffer_)].get(shape.bytes()), shape};
    image_ = view;
    return view;
}

} // namespace tacit::augment
