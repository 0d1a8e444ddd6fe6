// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/buffers.hpp"
#include "augment/image.hpp"
#include "augment/recipe.hpp"

#include <cstdint>

namespace tacit::augment {

/// One view while its operations run: the current image (the untouched source, or one of the
/// workspace's two buffers), and the targets that operations write.
class Canvas {
  public:
    Canvas(ImageView source, Workspace::Buffers& buffers, const ViewSlot& slot, int size);

    /// The image as the operations so far have made it.
    ImageView image();
    /// Its shape, which costs nothing to ask for.
    ImageShape shape() const { return image_.shape; }
    /// The same image to change in place; copies it first if it still is the source.
    MutableImageView edit();
    /// A new current image of `shape`, contents unspecified; what image() gave before stays readable
    /// until the next call of next(). Ask image() first: recorded colours would be lost.
    MutableImageView next(ImageShape shape);

    /// Operations on single pixels that wait for the next image() or edit().
    ColorChain& color() { return buffers_->color; }

    /// Adds quarter turns counter-clockwise to the rotation target.
    void add_turns(int turns) { turns_ = (turns_ + turns) % 4; }
    int turns() const { return turns_; }

    /// The mask target, [size, size], or null if nobody wants it.
    std::uint8_t* mask() const { return mask_; }
    int size() const { return size_; }

    Workspace::Buffers& buffers() { return *buffers_; }

  private:
    MutableImageView current();

    ImageView image_;
    Workspace::Buffers* buffers_;
    std::uint8_t* mask_;
    int size_;
    int turns_ = 0;
    int buffer_ = -1; // index of the buffer that holds the image; -1: the source does
};

} // namespace tacit::augment
