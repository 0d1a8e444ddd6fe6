// SPDX-License-Identifier: Apache-2.0
#include "augment/geometry.hpp"
#include "augment/operation.hpp"

#include <utility>

namespace tacit::augment {
namespace {

class HorizontalFlip final : public Operation {
  public:
    bool moves_pixels() const override { return true; }
    void apply(Canvas& canvas, Draws&) const override { flip_horizontal(canvas.edit()); }
};

/// `turns` fixed quarter turns, or kRandom.
class Rotate90 final : public Operation {
  public:
    static constexpr int kRandom = -1;

    explicit Rotate90(int turns) : turns_(turns) {}
    bool moves_pixels() const override { return true; }
    ViewOutputs outputs() const override { return {.rotation = true}; }
    void apply(Canvas& canvas, Draws& draws) const override {
        const int turns = turns_ == kRandom ? draws.below(4) : turns_;
        canvas.add_turns(turns);
        canvas.note("{}", 90 * turns);
        if (turns == 0) {
            return;
        }
        const ImageView source = canvas.image();
        ImageShape shape = source.shape;
        if (turns % 2 == 1) {
            std::swap(shape.height, shape.width);
        }
        rotate_quarters(source, turns, canvas.next(shape));
    }

  private:
    int turns_;
};

} // namespace

OperationPtr make_horizontal_flip(OpParams&) {
    return std::make_unique<HorizontalFlip>();
}

OperationPtr make_rotate90(OpParams& params) {
    return std::make_unique<Rotate90>(params.integer("turns", Rotate90::kRandom, Rotate90::kRandom, 3));
}

} // namespace tacit::augment
