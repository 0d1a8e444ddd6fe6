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
/// are not named keep the operation's defaults.
struct OpSpec {
    std::string name;
    double p = 1.0;
    std::map<std::string, std::vector<double>> params;
};

/// One view of a sample: operations in order. Views with the same `draw` share every random draw, so
/// that, say, four rotations or a noisy and a clean view come from the same crop.
struct ViewSpec {
    std::vector<OpSpec> ops;
    int draw = 0;
};

/// How adjacent brightness, contrast, saturation, hue and grayscale are computed: as torchvision does, or as one affine
/// map of the colours (ColorChain).
enum class ColorMode { exact, fast };

/// What a recipe makes of one image: every view has `size` x `size` pixels.
struct RecipeSpec {
    std::string name;
    int size = 32;
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

/// Where one sample's outputs go. Pointers into a batch slot; a null pointer is not written.
struct ViewSlot {
    std::uint8_t* pixels = nullptr;   ///< [size, size, C]
    std::uint8_t* mask = nullptr;     ///< [size, size], 1 = hidden from the encoder; only if the view makes a mask
    std::int32_t* rotation = nullptr; ///< quarter turns counter-clockwise, 0..3; only if the view rotates
};

/// Which outputs a view makes.
struct ViewOutputs {
    bool mask = false;
    bool rotation = false;
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
    /// Shape of every view: {size, size, C}.
    ImageShape output() const;
    ViewOutputs outputs(int view) const;
    /// Whether every image of that shape is its own and only view, unchanged.
    bool keeps(ImageShape source) const;

    /// Makes every view of `source` (any height and width >= 1, the recipe's channel count) into
    /// `slots` (one per view). Thread-safe; no allocation once `workspace` has grown.
    void apply(ImageView source, const SampleKey& key, const std::vector<ViewSlot>& slots, Workspace& workspace) const;

  private:
    struct Program;
    std::unique_ptr<Program> program_;
};

/// Names of the built-in recipes: simclr, rotnet, context_encoder, autoencoder, denoise, triplet, eval, none.
std::vector<std::string> preset_names();

/// The built-in recipe `name` for views of `size` x `size` and `channels` channels (colour operations
/// are left out of presets when channels != 3). Throws ConfigError with the nearest name.
RecipeSpec preset(const std::string& name, int size, int channels);

} // namespace tacit::augment
