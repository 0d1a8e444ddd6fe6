// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/buffers.hpp"
#include "augment/image.hpp"
#include "augment/recipe.hpp"

#include <cstdint>
#include <fmt/format.h>
#include <utility>

namespace tacit::augment {

/// One view while its operations run: the current image (the untouched source, or one of the
/// workspace's two buffers), and the targets that operations write.
class Canvas {
  public:
    Canvas(ImageView source, Workspace::Buffers& buffers, const ViewSlot& slot, int size);

    /// The image as the operations so far have made it.
    ImageView image() const { return image_; }
    /// The same image to change in place; copies it first if it still is the source.
    MutableImageView edit();
    /// A new current image of `shape`, contents unspecified; what image() gave before stays readable
    /// until the next call of next().
    MutableImageView next(ImageShape shape);

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
    ImageView image_;
    Workspace::Buffers* buffers_;
    std::uint8_t* mask_;
    std::vector<std::string>* notes_; // its last line is that of the operation that runs
    int size_;
    int turns_ = 0;
    int permutation_ = 0;
    int buffer_ = -1; // index of the buffer that holds the image; -1: the source does
};

} // namespace tacit::augment
