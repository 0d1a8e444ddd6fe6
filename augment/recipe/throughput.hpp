// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"
#include "augment/recipe/recipe.hpp"

#include <span>
#include <string>
#include <vector>

namespace tacit::augment {

/// What becomes of a view: uint8 as the recipe makes it, or then also planes of normalised float32 or bfloat16.
enum class Delivery { u8, f32, bf16 };

/// Views that `threads` threads make of `sources`, taken in turn, in a second, measured over about `seconds` of
/// wall-clock time after a warm-up of a tenth of that. Every sample has its own key, so that all draws vary.
double views_per_second(const Recipe& recipe, std::span<const ImageView> sources, double seconds,
                        Delivery delivery = Delivery::u8, int threads = 1);

/// SHA-256 of all outputs for the samples [0, samples) of `sources`, taken in turn, made by `threads` threads.
std::string views_digest(const Recipe& recipe, std::span<const ImageView> sources, int samples, int threads);

/// Where the time of a view goes.
struct ProfileLine {
    std::string operation; ///< all operations of that name together; "deliver": all that is no operation
    double seconds = 0;    ///< for one view, on average
};

/// The share of each operation in the time of one thread, most first, measured over about `seconds` like
/// views_per_second(). Each operation is carried out by itself, so that all of them may take longer than they do
/// together, and reading the clock adds some 50 ns to each.
std::vector<ProfileLine> profile_recipe(const Recipe& recipe, std::span<const ImageView> sources, double seconds);

} // namespace tacit::augment
