// SPDX-License-Identifier: Apache-2.0
#include "augment/canvas.hpp"

#include <cstring>

namespace tacit::augment {

Canvas::Canvas(ImageView source, Workspace::Buffers& buffers, const ViewSlot& slot, int size)
    : image_(source), buffers_(&buffers), mask_(slot.mask), notes_(slot.notes), size_(size) {}

MutableImageView Canvas::edit() {
    if (buffer_ < 0) {
        const ImageView source = image_;
        std::memcpy(next(source.shape).data, source.data, source.shape.bytes());
    }
    return {buffers_->images[static_cast<std::size_t>(buffer_)].get(image_.shape.bytes()), image_.shape};
}

MutableImageView Canvas::next(ImageShape shape) {
    buffer_ = buffer_ == 0 ? 1 : 0;
    const MutableImageView view{buffers_->images[static_cast<std::size_t>(buffer_)].get(shape.bytes()), shape};
    image_ = view;
    return view;
}

} // namespace tacit::augment
