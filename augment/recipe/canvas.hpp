// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/buffers.hpp"
#include "augment/geometry/orientation.hpp"
#include "augment/image.hpp"
#include "augment/recipe/recipe.hpp"
#include "augment/resample/resample.hpp"

#include <cstdint>
#include <fmt/format.h>
#include <tuple>
#include <utility>

namespace tacit::augment {

/// What a view has beside its pixels while its operations run: the targets that they write.
class ViewTargets {
  public:
    ViewTargets(Workspace::Buffers& buffers, const ViewSlot& slot, int size)
        : buffers_(&buffers), mask_(slot.mask), notes_(slot.notes), size_(size) {}

    /// Adds quarter turns counter-clockwise to the rotation target.
    void add_turns(int turns) { turns_ = (turns_ + turns) % 4; }
    int turns() const { return turns_; }

    /// Sets the permutation target.
    void set_permutation(int index) { permutation_ = index; }
    int permutation() const { return permutation_; }

    /// The mask target, of the shape that the operation's outputs() say, or null if nobody wants it.
    std::uint8_t* mask() const { return mask_; }
    /// Side of the finished view.
    int size() const { return size_; }

    /// Says what the operation drew, e.g. note("sigma {:.2f}", sigma), to whoever wants to know; else does nothing.
    template <class... Arguments> void note(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
        if (notes_ != nullptr) {
            notes_->back() += ' ';
            notes_->back() += fmt::format(format, std::forward<Arguments>(arguments)...);
        }
    }

    Workspace::Buffers& buffers() { return *buffers_; }

  private:
    Workspace::Buffers* buffers_;
    std::uint8_t* mask_;
    std::vector<std::string>* notes_; // its last line is that of the operation that runs
    int size_;
    int turns_ = 0;
    int permutation_ = 0;
};

/// One view while its operations run: the current image (the untouched source, one of the workspace's two buffers, or
/// the view's slot), and the targets.
///
/// Resizes, flips, quarter turns and colour operations are only noted; image(), edit() and finish() carry them out: the
/// geometry in one pass, the colours in another.
template <class T> class BasicCanvas : public ViewTargets {
  public:
    using View = BasicImageView<T>;
    using MutableView = BasicMutableImageView<T>;

    /// Of a window, nothing but crop_resize() inside it may come first.
    BasicCanvas(const BasicImageWindow<T>& source, Workspace::Buffers& buffers, const ViewSlot& slot, int size);

    /// Shape of what image() would give.
    ImageShape shape() const;
    /// The image as the operations so far have made it.
    View image();
    /// The same, or the window of the source while no operation has been carried out.
    BasicImageWindow<T> window();
    /// The same, in memory that other canvases leave alone until the next one takes.
    BasicImageWindow<T> take();
    /// The same image to change in place; copies it first if it still is the source.
    MutableView edit();
    /// A new current image of `shape`, contents unspecified; what image() gave before stays readable
    /// until the next call of any of these.
    MutableView next(ImageShape shape);

    /// Cuts `box` out of an image of shape() and resizes it to `height` x `width` pixels.
    void crop_resize(const Box& box, int height, int width, Interpolation interpolation);
    void orient(Orientation orientation) { orientation_ = orientation_.then(orientation); }

    /// Operations on single pixels, which come after all of these: none of them minds where a pixel lies.
    auto& color() { return pixel_buffers().color; }

    /// Brings the image, which must have the shape of the slot, to where the slot wants its pixels, if it does.
    void finish();

    PixelBuffers<T>& pixel_buffers() { return std::get<PixelBuffers<T>>(buffers().pixels); }

  private:
    /// A resize that is still to be carried out; none if `to` is empty.
    struct PendingResize {
        Box box;
        ImageShape to;
        Interpolation interpolation = Interpolation::bilinear;
    };

    void settle();
    MutableView buffer(ImageShape shape);
    MutableView slot_or_buffer(ImageShape shape);
    void show(MutableView image);

    BasicImageWindow<T> image_;
    T* ours_ = nullptr;       // where image_ lies, null if that is the source
    PendingResize resize_;    // of image_.pixels
    Orientation orientation_; // after resize_
    T* pixels_;               // of the slot
};

using Canvas = BasicCanvas<std::uint8_t>;
using FloatCanvas = BasicCanvas<float>;

} // namespace tacit::augment
