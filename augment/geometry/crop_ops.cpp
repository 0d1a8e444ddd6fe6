// SPDX-License-Identifier: Apache-2.0
#include "augment/geometry/crop_box.hpp"
#include "augment/geometry/geometry.hpp"
#include "augment/recipe/operation.hpp"

#include "pipeline/base/error.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace tacit::augment {
namespace {

constexpr int kMaxSide = 1 << 16;

class RandomResizedCrop final : public AnyPixelOperation<RandomResizedCrop> {
  public:
    RandomResizedCrop(int size, CropRange range, Interpolation interpolation)
        : size_(size), range_(range), interpolation_(interpolation) {}
    bool moves_pixels() const override { return true; }
    int short_side() const override { return size_; }
    Box reads(ImageShape source, Draws& draws) const override { return random_crop_box(source, range_, draws); }
    void run(auto& canvas, Draws& draws) const {
        const Box box = random_crop_box(canvas.shape(), range_, draws);
        canvas.note("{} x {} at {}, {}", box.height, box.width, box.top, box.left);
        canvas.crop_resize(box, size_, size_, interpolation_);
    }

  private:
    int size_;
    CropRange range_;
    Interpolation interpolation_;
};

class Resize final : public AnyPixelOperation<Resize> {
  public:
    Resize(int size, Interpolation interpolation) : size_(size), interpolation_(interpolation) {}
    bool moves_pixels() const override { return true; }
    int short_side() const override { return size_; }
    bool keeps(ImageShape source) const override { return source.height == size_ && source.width == size_; }
    void run(auto& canvas, Draws&) const {
        if (!keeps(canvas.shape())) {
            canvas.crop_resize(whole_box(canvas.shape()), size_, size_, interpolation_);
        }
    }

  private:
    int size_;
    Interpolation interpolation_;
};

class ResizeShortSide final : public AnyPixelOperation<ResizeShortSide> {
  public:
    ResizeShortSide(int size, Interpolation interpolation) : size_(size), interpolation_(interpolation) {}
    bool moves_pixels() const override { return true; }
    int short_side() const override { return size_; }
    bool keeps(ImageShape source) const override { return std::min(source.height, source.width) == size_; }
    void run(auto& canvas, Draws&) const {
        const ImageShape shape = canvas.shape();
        if (keeps(shape)) {
            return;
        }
        const int short_side = std::min(shape.height, shape.width);
        // torchvision truncates the long side.
        const auto scaled = [&](int side) { return static_cast<int>(std::int64_t{size_} * side / short_side); };
        const int height = scaled(shape.height);
        const int width = scaled(shape.width);
        if (std::max(height, width) > kMaxSide) {
            throw DataError(fmt::format("an image of {} x {} pixels is too narrow to resize its short side to {}; "
                                        "leave it out (data.on_bad_sample: skip) or use resize",
                                        shape.height, shape.width, size_));
        }
        canvas.crop_resize(whole_box(shape), height, width, interpolation_);
    }

  private:
    int size_;
    Interpolation interpolation_;
};

class CenterCrop final : public AnyPixelOperation<CenterCrop> {
  public:
    explicit CenterCrop(int size) : size_(size) {}
    bool moves_pixels() const override { return true; }
    int short_side() const override { return size_; }
    bool keeps(ImageShape source) const override { return source.height == size_ && source.width == size_; }
    void run(auto& canvas, Draws&) const {
        const auto source = canvas.image();
        if (keeps(source.shape)) {
            return;
        }
        const int top = central_offset(source.shape.height, size_);
        const int left = central_offset(source.shape.width, size_);
        copy_window(as_bytes(source), top, left, Border::zero,
                    as_bytes(canvas.next({size_, size_, source.shape.channels})));
    }

  private:
    int size_;
};

class PaddedCrop final : public AnyPixelOperation<PaddedCrop> {
  public:
    PaddedCrop(int size, int pad, Border border) : size_(size), pad_(pad), border_(border) {}
    bool moves_pixels() const override { return true; }
    int short_side() const override { return size_; }
    void run(auto& canvas, Draws& draws) const {
        const auto source = canvas.image();
        const int rows = source.shape.height + 2 * pad_ - size_;
        const int columns = source.shape.width + 2 * pad_ - size_;
        if (rows < 0 || columns < 0) {
            throw DataError(fmt::format("padded_crop of {} pixels from an image of {} x {} with {} pixels of padding: "
                                        "put resize_short_side before it or pad more",
                                        size_, source.shape.height, source.shape.width, pad_));
        }
        const int top = draws.below(rows + 1) - pad_;
        const int left = draws.below(columns + 1) - pad_;
        canvas.note("at {}, {}", top, left);
        copy_window(as_bytes(source), top, left, border_, as_bytes(canvas.next({size_, size_, source.shape.channels})));
    }

  private:
    int size_;
    int pad_;
    Border border_;
};

int target_size(OpParams& params) {
    return params.integer(
        {"size", "side that it gives, of resize_short_side of the shorter one", "pixels", "the view's"}, params.size(),
        1, kMaxSide);
}

Interpolation interpolation(OpParams& params) {
    const std::string word =
        params.word({"interpolation", "between pixels; both are antialiased"}, "bilinear", {"bilinear", "bicubic"});
    return word == "bicubic" ? Interpolation::bicubic : Interpolation::bilinear;
}

} // namespace

OperationPtr make_random_resized_crop(OpParams& params) {
    const int size = target_size(params);
    CropRange range;
    range.scale = params.range({"scale", "area of the crop", "share of the image's"}, range.scale, 1e-6, 1.0);
    range.ratio = params.range({"ratio", "width / height of the crop"}, range.ratio, 1e-3, 1e3);
    return std::make_unique<RandomResizedCrop>(size, range, interpolation(params));
}

OperationPtr make_resize(OpParams& params) {
    const int size = target_size(params);
    return std::make_unique<Resize>(size, interpolation(params));
}

OperationPtr make_resize_short_side(OpParams& params) {
    const int size = target_size(params);
    return std::make_unique<ResizeShortSide>(size, interpolation(params));
}

OperationPtr make_center_crop(OpParams& params) {
    return std::make_unique<CenterCrop>(target_size(params));
}

OperationPtr make_padded_crop(OpParams& params) {
    const int size = target_size(params);
    const int pad = params.integer({"padding", "added on every side before a random crop", "pixels"}, 4, 0, kMaxSide);
    const Border border = params.flag({"reflect", "the padding mirrors the image instead of being black"}, false)
                              ? Border::reflect
                              : Border::zero;
    return std::make_unique<PaddedCrop>(size, pad, border);
}

} // namespace tacit::augment
