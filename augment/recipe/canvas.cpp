// SPDX-License-Identifier: Apache-2.0
#include "augment/recipe/canvas.hpp"

#include <algorithm>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace tacit::augment {
namespace {

template <class T> T* pixels_of(const ViewSlot& slot) {
    if constexpr (std::is_same_v<T, float>) {
        return slot.values;
    } else {
        return slot.pixels;
    }
}

} // namespace

template <class T>
BasicCanvas<T>::BasicCanvas(const BasicImageWindow<T>& source, Workspace::Buffers& buffers, const ViewSlot& slot,
                            int size)
    : ViewTargets(buffers, slot, size), image_(source), pixels_(pixels_of<T>(slot)) {}

template <class T> ImageShape BasicCanvas<T>::shape() const {
    return orientation_.shape(resize_.to.values() > 0 ? resize_.to : image_.whole);
}

template <class T> typename BasicCanvas<T>::View BasicCanvas<T>::image() {
    if (!window().is_whole()) {
        throw std::logic_error("Canvas: an operation looks at more of its image than its reads() says");
    }
    return image_.pixels;
}

template <class T> BasicImageWindow<T> BasicCanvas<T>::window() {
    settle();
    return image_;
}

template <class T> BasicImageWindow<T> BasicCanvas<T>::take() {
    settle();
    for (Scratch<T>& scratch : pixel_buffers().images) {
        if (ours_ != nullptr && ours_ == scratch.get(0)) {
            std::swap(scratch, pixel_buffers().taken);
        }
    }
    return image_;
}

template <class T> typename BasicCanvas<T>::MutableView BasicCanvas<T>::edit() {
    const View source = image();
    if (ours_ == nullptr) {
        std::copy_n(source.data, source.shape.values(), next(source.shape).data);
    }
    return {ours_, source.shape};
}

template <class T> typename BasicCanvas<T>::MutableView BasicCanvas<T>::next(ImageShape shape) {
    settle();
    const MutableView image = slot_or_buffer(shape);
    show(image);
    return image;
}

template <class T>
void BasicCanvas<T>::crop_resize(const Box& box, int height, int width, Interpolation interpolation) {
    settle();
    resize_ = {{box.top - image_.top, box.left - image_.left, box.height, box.width},
               {height, width, image_.whole.channels},
               interpolation};
}

template <class T> void BasicCanvas<T>::finish() {
    const View made = image();
    if (pixels_ != nullptr && made.data != pixels_) {
        std::copy_n(made.data, made.shape.values(), pixels_);
    }
}

template <class T> void BasicCanvas<T>::settle() {
    const PendingResize resize = std::exchange(resize_, {});
    Orientation rest = std::exchange(orientation_, {});
    if (resize.to.values() > 0) {
        const MutableView resized = rest.transposed ? buffer(resize.to) : slot_or_buffer(resize.to);
        augment::crop_resize(image_.pixels, resize.box, resize.interpolation, rest.mirror, resized,
                             pixel_buffers().resample);
        show(resized);
        rest.mirror = {};
    }
    if (!rest.upright()) {
        const MutableView laid = slot_or_buffer(rest.shape(image_.whole));
        augment::orient(as_bytes(image_.pixels), rest, as_bytes(laid));
        show(laid);
    }
    if (!color().empty()) {
        const MutableView colored = ours_ != nullptr ? MutableView{ours_, image_.whole} : slot_or_buffer(image_.whole);
        color().run(image_.pixels, colored);
        show(colored);
    }
}

/// One of the workspace's buffers, not the one that holds the image.
template <class T> typename BasicCanvas<T>::MutableView BasicCanvas<T>::buffer(ImageShape shape) {
    auto& images = pixel_buffers().images;
    const std::size_t free = ours_ != nullptr && ours_ == images[0].get(0) ? 1 : 0;
    return {images[free].get(shape.values()), shape};
}

template <class T> typename BasicCanvas<T>::MutableView BasicCanvas<T>::slot_or_buffer(ImageShape shape) {
    const bool fits = pixels_ != nullptr && shape.height == size() && shape.width == size();
    return fits && ours_ != pixels_ ? MutableView{pixels_, shape} : buffer(shape);
}

template <class T> void BasicCanvas<T>::show(MutableView image) {
    image_ = View(image);
    ours_ = image.data;
}

template class BasicCanvas<std::uint8_t>;
template class BasicCanvas<float>;

} // namespace tacit::augment
