// SPDX-License-Identifier: Apache-2.0
#include "augment/canvas.hpp"

#include <cstring>
#include <utility>

namespace tacit::augment {

Canvas::Canvas(ImageView source, Workspace::Buffers& buffers, const ViewSlot& slot, int size)
    : image_(source), buffers_(&buffers), pixels_(slot.pixels), mask_(slot.mask), notes_(slot.notes), size_(size) {}

ImageShape Canvas::shape() const {
    return orientation_.shape(resize_.to.bytes() > 0 ? resize_.to : image_.shape);
}

ImageView Canvas::image() {
    settle();
    return image_;
}

MutableImageView Canvas::edit() {
    settle();
    if (ours_ == nullptr) {
        const ImageView source = image_;
        std::memcpy(next(source.shape).data, source.data, source.shape.bytes());
    }
    return {ours_, image_.shape};
}

MutableImageView Canvas::next(ImageShape shape) {
    settle();
    const MutableImageView image = slot_or_buffer(shape);
    show(image);
    return image;
}

void Canvas::crop_resize(const Box& box, int height, int width, Interpolation interpolation) {
    settle();
    resize_ = {box, {height, width, image_.shape.channels}, interpolation};
}

void Canvas::finish() {
    settle();
    if (pixels_ != nullptr && image_.data != pixels_) {
        std::memcpy(pixels_, image_.data, image_.shape.bytes());
    }
}

void Canvas::settle() {
    const PendingResize resize = std::exchange(resize_, {});
    Orientation rest = std::exchange(orientation_, {});
    if (resize.to.bytes() > 0) {
        const MutableImageView resized = rest.transposed ? buffer(resize.to) : slot_or_buffer(resize.to);
        augment::crop_resize(image_, resize.box, resize.interpolation, rest.mirror, resized, buffers_->resample);
        show(resized);
        rest.mirror = {};
    }
    if (!rest.upright()) {
        const MutableImageView laid = slot_or_buffer(rest.shape(image_.shape));
        augment::orient(image_, rest, laid);
        show(laid);
    }
    if (!color().empty()) {
        const MutableImageView colored =
            ours_ != nullptr ? MutableImageView{ours_, image_.shape} : slot_or_buffer(image_.shape);
        color().run(image_, colored);
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
    image_ = image;
    ours_ = image.data;
}

} // namespace tacit::augment
