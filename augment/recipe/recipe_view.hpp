// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/recipe/canvas.hpp"
#include "augment/recipe/operation.hpp"
#include "augment/recipe/recipe.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace tacit::augment {

/// Pixels along a view's side.
inline constexpr int kMaxSize = 8192;

/// An operation in its place.
struct Step {
    OperationPtr operation;
    double p = 1.0;
    std::string name;
};

/// A compiled ViewSpec.
struct View {
    std::vector<Step> steps;
    int draw = 0;
    int size = 0;
    ViewOutputs outputs;
};

/// Throws ConfigError "<where>: <what> is …" unless `value` is in [low, high].
void require_range(const std::string& where, const std::string& what, int value, int low, int high);

/// `where` begins every message. Throws ConfigError.
View compile_view(const ViewSpec& spec, const std::string& where, int default_size, int channels);

/// How many operations both views begin with that do the same with the same draws and deliver no target.
std::size_t shared_steps(const ViewSpec& a, const View& compiled_a, const ViewSpec& b, const View& compiled_b);

/// What the view reads of an image: its first operation decides, of those that are applied.
Box view_window(const View& view, ImageShape whole, const SampleKey& key);

/// Runs the operations [first, last) of a view.
template <class T>
void run_steps(const View& view, std::size_t first, std::size_t last, const SampleKey& key, BasicCanvas<T>& canvas,
               std::vector<std::string>* notes);

} // namespace tacit::augment
