// SPDX-License-Identifier: Apache-2.0
#include "augment/canvas.hpp"

#include <cstring>
#include <stdexcept>
#include <utility>

namespace tacit::augment {

Canvas::Canvas(const ImageWindow& source, Workspace::Buffers& buffers, const ViewSlot& slot, int size)
    : image_(source), buffers_(&buffers), pixels_(slot.pixels), mask_(slot.mask), notes_(slot.notes), size_(size) {}

ImageShape Canvas::shape() const {
    return orientation_.shape(resize_.to.bytes() > 0 ? resize_.to : image_.whole);
}

ImageView Canvas::image() {
    settle();
    if (!image_.is_whole()) {
        throw std::logic_error("Canvas: an operation looks at more of its image than its reads() says");
    }
    return image_.pixels;
}

MutableImageView Canvas::edit() {
    const ImageView source = image();
    if (ours_ == nullptr) {
        std::memcpy(next(source.shape).data, source.data, source.shape.bytes());
    }
    return {ours_, source.shape};
}

MutableImageView Canvas::next(ImageShape shape) {
    settle();
    const MutableImageView image = slot_or_buffer(shape);
    show(image);
    return image;
}

void Canvas::crop_resize(const Box& box, int height, int width, Interpolation interpolation) {
    settle();
    resize_ = {{box.top - image_.top, box.left - image_.left, box.height, box.width},
               {height, width, image_.whole.channels},
               interpolation};
}

void Canvas::finish() {
    const ImageView made = image();
    if (pixels_ != nullptr && made.data != pixels_) {
        std::memcpy(pixels_, made.data, made.shape.bytes());
    }
}

void Canvas::settle() {
    const PendingResize resize = std::exchange(resize_, {});
    Orientation rest = std::exchange(orientation_, {});
    if (resize.to.bytes() > 0) {
        const MutableImageView resized = rest.transposed ? buffer(resize.to) : slot_or_buffer(resize.to);
        augment::crop_resize(image_.pixels, resize.box, resize.interpolation, rest.mirror, resized, buffers_->resample);
        show(resized);
        rest.mirror = {};
    }
    if (!rest.upright()) {
        const MutableImageView laid = slot_or_buffer(rest.shape(image_.whole));
        augment::orient(image_.pixels, rest, laid);
        show(laid);
    }
    if (!color().empty()) {
        const MutableImageView colored =
            ours_ != nullptr ? MutableImageView{ours_, image_.whole} : slot_or_buffer(image_.whole);
        color().run(image_.pixels, colored);
        show(colored);
    }
}

/// One of the workspace's buffers, not the one that holds the image.
MutableImageView Canvas::buffer(ImageShape shape) {
    const std::size_t free = ours_ != nullptr && ours_ == buffers_->images[0].get(0) ? 1 : 0;
    return {buffers_->images[free].get(shape.bytes()), shape};
}

MutableImageView Canvas::slot_or_buffer(ImageShape shape) {
    const bool fits = pixels_ != nullptr && shape.height == size_ && shape.width == size_;
    return fits && ours_ != pixels_ ? MutableImageView{pixels_, shape} : buffer(shape);
}

void Canvas::show(MutableImageView image) {
    image_ = ImageView(image);
    ours_ = image.data;
}

} // namespace tacit::augment
