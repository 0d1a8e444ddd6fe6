// SPDX-License-Identifier: Apache-2.0
#include "augment/recipe/operation.hpp"

namespace tacit::augment {
namespace {

class Flip final : public AnyPixelOperation<Flip> {
  public:
    explicit Flip(Mirror mirror) : mirror_(mirror) {}
    bool moves_pixels() const override { return true; }
    bool mirrors() const override { return true; }
    void run(auto& canvas, Draws&) const { canvas.orient(Orientation::mirrored(mirror_)); }

  private:
    Mirror mirror_;
};

/// `turns` fixed quarter turns, or kRandom.
class Rotate90 final : public AnyPixelOperation<Rotate90> {
  public:
    static constexpr int kRandom = -1;

    explicit Rotate90(int turns) : turns_(turns) {}
    bool moves_pixels() const override { return true; }
    ViewOutputs outputs() const override { return {.rotation = true}; }
    void run(auto& canvas, Draws& draws) const {
        const int turns = turns_ == kRandom ? draws.below(4) : turns_;
        canvas.add_turns(turns);
        canvas.note("{}", 90 * turns);
        canvas.orient(Orientation::quarter_turns(turns));
    }

  private:
    int turns_;
};

} // namespace

OperationPtr make_horizontal_flip(OpParams&) {
    return std::make_unique<Flip>(Mirror{.horizontal = true});
}

OperationPtr make_vertical_flip(OpParams&) {
    return std::make_unique<Flip>(Mirror{.vertical = true});
}

OperationPtr make_rotate90(OpParams& params) {
    return std::make_unique<Rotate90>(
        params.integer({"turns", "counter-clockwise; -1: a random number of them", "quarter turns"}, Rotate90::kRandom,
                       Rotate90::kRandom, 3));
}

} // namespace tacit::augment
