// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/random/draws.hpp"
#include "augment/recipe/canvas.hpp"
#include "augment/recipe/op_params.hpp"
#include "augment/recipe/recipe.hpp"

#include <memory>
#include <string>
#include <vector>

namespace tacit::augment {

/// One operation with its parameters read and checked. Immutable: all randomness comes from Draws.
class Operation {
  public:
    Operation() = default;
    Operation(const Operation&) = delete;
    Operation& operator=(const Operation&) = delete;
    virtual ~Operation() = default;

    virtual void apply(Canvas& canvas, Draws& draws) const = 0;
    /// The same of floats, if takes_floats(): the same draws in the same order.
    virtual void apply_floats(FloatCanvas& canvas, Draws& draws) const;
    virtual bool takes_floats() const { return false; }
    /// The targets that it writes.
    virtual ViewOutputs outputs() const { return {}; }
    /// Whether it leaves every image of that shape as it is, whatever is drawn.
    virtual bool keeps(ImageShape /*source*/) const { return false; }
    /// The part of an image of that shape which apply() reads by Canvas::crop_resize() alone if it is the first
    /// operation and gets the same draws. Whoever looks at pixels otherwise reads all.
    virtual Box reads(ImageShape source, Draws& /*draws*/) const { return whole_box(source); }
    /// Short side of all that it makes, in pixels; 0: that of what it gets.
    virtual int short_side() const { return 0; }
    /// Whether it moves pixels, so that a mask made before it would no longer fit.
    virtual bool moves_pixels() const { return false; }
    /// Whether it mirrors them, so that a quarter turn before it would become another one.
    virtual bool mirrors() const { return false; }
};

/// An operation on pixels of either type: `Derived` has run(canvas, draws), which takes both canvases, or the
/// ViewTargets of both.
template <class Derived> class AnyPixelOperation : public Operation {
  public:
    void apply(Canvas& canvas, Draws& draws) const final { static_cast<const Derived*>(this)->run(canvas, draws); }
    void apply_floats(FloatCanvas& canvas, Draws& draws) const final {
        static_cast<const Derived*>(this)->run(canvas, draws);
    }
    bool takes_floats() const final { return true; }
};

using OperationPtr = std::unique_ptr<const Operation>;

// Factories by family; each reads its parameters from `params`, which throws ConfigError.
OperationPtr make_random_resized_crop(OpParams& params);
OperationPtr make_resize(OpParams& params);
OperationPtr make_resize_short_side(OpParams& params);
OperationPtr make_center_crop(OpParams& params);
OperationPtr make_padded_crop(OpParams& params);
OperationPtr make_horizontal_flip(OpParams& params);
OperationPtr make_vertical_flip(OpParams& params);
OperationPtr make_rotate90(OpParams& params);
OperationPtr make_rotation(OpParams& params);
OperationPtr make_affine(OpParams& params);
OperationPtr make_color_jitter(OpParams& params);
OperationPtr make_grayscale(OpParams& params);
OperationPtr make_rgb_to_lab(OpParams& params);
OperationPtr make_solarize(OpParams& params);
OperationPtr make_invert(OpParams& params);
OperationPtr make_posterize(OpParams& params);
OperationPtr make_auto_contrast(OpParams& params);
OperationPtr make_equalize(OpParams& params);
OperationPtr make_gamma(OpParams& params);
OperationPtr make_gain_offset(OpParams& params);
OperationPtr make_channel_shuffle(OpParams& params);
OperationPtr make_channel_drop(OpParams& params);
OperationPtr make_gaussian_blur(OpParams& params);
OperationPtr make_gaussian_noise(OpParams& params);
OperationPtr make_salt_and_pepper(OpParams& params);
OperationPtr make_speckle_noise(OpParams& params);
OperationPtr make_poisson_noise(OpParams& params);
OperationPtr make_masking_noise(OpParams& params);
OperationPtr make_dropout(OpParams& params);
OperationPtr make_center_mask(OpParams& params);
OperationPtr make_random_block_mask(OpParams& params);
OperationPtr make_free_form_mask(OpParams& params);
OperationPtr make_random_erasing(OpParams& params);
OperationPtr make_watermark(OpParams& params);
OperationPtr make_patch_mask(OpParams& params);
OperationPtr make_multi_block_mask(OpParams& params);
OperationPtr make_jigsaw(OpParams& params);

/// Makes an operation from its parameters. Must not depend on which of them were given.
using OperationFactory = OperationPtr (*)(OpParams& params);

/// Adds an operation of one's own under a new `name`, so that every recipe can have it: the line that a custom
/// operation's file ends with (docs/augmentation.md). Not thread-safe: call it before recipes are made, best from the
/// initialiser of a global. Throws std::logic_error for a name that is taken. Returns true.
bool register_operation(const std::string& name, OperationFactory make);

/// Names of all operations, in the order of the documentation, then those that were registered.
std::vector<std::string> operation_names();

/// What the operation `name` takes beside p, with defaults for views of `size` x `size` and `channels` channels. Throws
/// ConfigError for an unknown operation, or one that such images cannot have.
std::vector<ParameterInfo> operation_parameters(const std::string& name, const std::string& where, int size,
                                                int channels);

/// Builds the operation that `spec` names. `where` begins every message ("recipe 'simclr', view 0").
/// Throws ConfigError.
OperationPtr make_operation(const OpSpec& spec, const std::string& where, int size, int channels);

} // namespace tacit::augment
