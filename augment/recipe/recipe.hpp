// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tacit::augment {

/// One operation of a view: its name ("random_resized_crop", "gaussian_blur", …), the probability
/// p in [0, 1] with which it is applied, and its parameters by torchvision's names. Parameters that
/// are not named keep the operation's defaults; docs/augmentation.md lists all.
struct OpSpec {
    std::string name;
    double p = 1.0;
    std::map<std::string, std::vector<double>> params; ///< numbers; a flag is 0 or 1
    std::map<std::string, std::string> words = {};     ///< parameters that are words ("interpolation": "bicubic")
    bool operator==(const OpSpec&) const = default;
};

/// One view of a sample: operations in order. Views with the same `draw` share every random draw, so
/// that, say, four rotations or a noisy and a clean view come from the same crop; neighbours that begin with the same
/// operations have them carried out once.
struct ViewSpec {
    std::vector<OpSpec> ops;
    int draw = 0;
    int size = 0; ///< the view has size x size pixels; 0: those of the recipe
};

/// How adjacent brightness, contrast, saturation, hue and grayscale are computed: as torchvision does, or as one affine
/// map of the colours (ColorChain).
enum class ColorMode { exact, fast };

/// What a recipe makes of one image.
struct RecipeSpec {
    std::string name;
    int size = 32; ///< of views that name none
    std::vector<ViewSpec> views;
    ColorMode mode = ColorMode::exact;
};

/// Identity of a sample's randomness. Every draw is Philox4x32-10 keyed by these, the view's `draw`
/// and the operation's place: threads, ranks, batch position and arrival order cannot change a pixel.
struct SampleKey {
    std::uint64_t seed = 0;
    std::uint32_t epoch = 0;
    std::uint64_t sample = 0;
};

/// Where one sample's outputs go. Pointers into a batch slot; a null pointer is not written, nor what the view does
/// not make (ViewOutputs), nor pixels of the type that the image does not have.
struct ViewSlot {
    std::uint8_t* pixels = nullptr;            ///< [size, size, C] of an ImageView
    std::uint8_t* mask = nullptr;              ///< [planes, height, width] of the view's MaskShape
    std::int32_t* rotation = nullptr;          ///< quarter turns counter-clockwise, 0..3
    std::int32_t* permutation = nullptr;       ///< index into the permutation_set() of the view's jigsaw
    std::vector<std::string>* notes = nullptr; ///< a line for each operation applied, with what it drew
    float* values = nullptr;                   ///< [size, size, C] of a FloatImageView
};

/// A view's mask: planes of height x width cells, each the whole view for its part (a pixel, or a patch of pixels).
/// In plane 0, 1 = hidden from the encoder. Further planes are the blocks to predict, each 1 in its block
/// (multi_block_mask). No planes: the view makes no mask.
struct MaskShape {
    int planes = 0;
    int height = 0;
    int width = 0;
    std::size_t bytes() const {
        return static_cast<std::size_t>(planes) * static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
    }
    explicit operator bool() const { return planes > 0; }
    bool operator==(const MaskShape&) const = default;
};

/// A view's permutations: those of permutation_set(tiles, count). No tiles: the view is no puzzle.
struct PuzzleShape {
    int tiles = 0;
    int count = 0;
    explicit operator bool() const { return tiles > 0; }
    bool operator==(const PuzzleShape&) const = default;
};

/// Which outputs a view makes beside its pixels.
struct ViewOutputs {
    MaskShape mask = {};
    bool rotation = false;
    PuzzleShape permutation = {};
};

/// Scratch memory of one worker thread; grows to the largest image seen and is then reused.
class Workspace {
  public:
    Workspace();
    ~Workspace();
    Workspace(Workspace&&) noexcept;
    Workspace& operator=(Workspace&&) noexcept;
    struct Buffers;
    Buffers& buffers() { return *buffers_; }

  private:
    std::unique_ptr<Buffers> buffers_;
};

/// A compiled RecipeSpec. Immutable, shared by all worker threads.
class Recipe {
  public:
    /// Throws ConfigError for an unknown operation or parameter, a value out of range, or a colour
    /// operation on images whose channel count is not 3 (the message names the alternative).
    Recipe(RecipeSpec spec, int channels);
    ~Recipe();
    Recipe(Recipe&&) noexcept;
    Recipe& operator=(Recipe&&) noexcept;

    const RecipeSpec& spec() const;
    int views() const;
    int channels() const;
    /// Shape of a view: {size, size, C}.
    ImageShape output(int view = 0) const;
    ViewOutputs outputs(int view) const;
    /// Whether every image of that shape is its own and only view, unchanged.
    bool keeps(ImageShape source) const;
    /// Throws ConfigError if it has an operation for uint8 alone (Operation::takes_floats()): call it where images will
    /// be floats.
    void require_floats() const;

    /// The smallest part of an image of shape `whole` that apply() can do with for this key: the union of the crops
    /// that views begin with, or all of the image where a view begins otherwise.
    Box window(ImageShape whole, const SampleKey& key) const;

    /// Makes every view of `source` (any height and width >= 1, the recipe's channel count; of a window that holds
    /// window(), the same as of the whole image) into `slots` (one per view). Thread-safe; no allocation once
    /// `workspace` has grown.
    void apply(const ImageWindow& source, const SampleKey& key, const std::vector<ViewSlot>& slots,
               Workspace& workspace) const;
    /// The same of floats, with the same draws: the crops, masks and factors of an image do not depend on its type.
    void apply(const FloatImageWindow& source, const SampleKey& key, const std::vector<ViewSlot>& slots,
               Workspace& workspace) const;

  private:
    struct Program;
    std::unique_ptr<Program> program_;
};

/// The views that are made of one sample.
struct SampleViews {
    const Recipe& recipe;
    SampleKey key;
};

/// Names of the built-in recipes, which docs/augmentation.md describes.
std::vector<std::string> preset_names();

/// The built-in recipe `name` for views of `size` x `size` and `channels` channels. Colour operations are left out
/// when channels != 3; multicrop and jigsaw have views of further sizes. Throws ConfigError with the nearest name,
/// or for colorize when channels != 3.
RecipeSpec preset(const std::string& name, int size, int channels);

} // namespace tacit::augment
