// SPDX-License-Identifier: Apache-2.0
#include "augment/recipe/recipe_view.hpp"

#include "augment/buffers.hpp"
#include "augment/random/draws.hpp"

#include "pipeline/base/error.hpp"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <utility>

namespace tacit::augment {
namespace {

/// Adds what `operation` delivers to the outputs of its view, which `where` names.
void add_outputs(const Operation& operation, const std::string& name, const std::string& where, ViewOutputs& outputs) {
    const ViewOutputs added = operation.outputs();
    if (outputs.mask && operation.moves_pixels()) {
        throw ConfigError(fmt::format("{}: {} comes after a mask and would move pixels away from it; put the mask last",
                                      where, name));
    }
    if (outputs.permutation && operation.moves_pixels()) {
        throw ConfigError(fmt::format("{}: {} comes after jigsaw and would move its tiles away from where the "
                                      "permutation says they are; put jigsaw last",
                                      where, name));
    }
    if (outputs.rotation && operation.mirrors()) {
        throw ConfigError(fmt::format("{}: {} comes after rotate90 and would make another turn of it than the view "
                                      "says; put the flip first",
                                      where, name));
    }
    if (outputs.mask && added.mask && outputs.mask != added.mask) {
        throw ConfigError(fmt::format("{}: {} makes {} masks of {} x {}, an operation before it {} of {} x {}; a view "
                                      "has masks of one shape: give the second a view of its own",
                                      where, name, added.mask.planes, added.mask.height, added.mask.width,
                                      outputs.mask.planes, outputs.mask.height, outputs.mask.width));
    }
    outputs.mask = added.mask ? added.mask : outputs.mask;
    outputs.rotation = outputs.rotation || added.rotation;
    outputs.permutation = added.permutation ? added.permutation : outputs.permutation;
}

/// What a view's operations make must fit it, as far as that does not depend on the image. An operation under a
/// probability counts, and so does the one before it.
void check_size(const View& view, const std::string& where) {
    for (auto step = view.steps.rbegin(); step != view.steps.rend(); ++step) {
        const int side = step->p > 0 ? step->operation->short_side() : 0;
        if (side != 0 && side != view.size) {
            throw ConfigError(
                fmt::format("{}: {} makes images of size {}, and the view is {} x {}; give both one size, or "
                            "always (p: 1) end with resize, random_resized_crop or center_crop",
                            where, step->name, side, view.size, view.size));
        }
        if (side != 0 && step->p >= 1) {
            return;
        }
    }
}

/// Adds the time that it lives to an operation's, if somebody measures.
class Stopwatch {
  public:
    Stopwatch(OperationSeconds* seconds, const std::string& name) : seconds_(seconds), name_(name) {
        if (seconds_ != nullptr) {
            begin_ = Clock::now();
        }
    }
    ~Stopwatch() {
        if (seconds_ != nullptr) {
            (*seconds_)[name_] += std::chrono::duration<double>(Clock::now() - begin_).count();
        }
    }
    Stopwatch(const Stopwatch&) = delete;
    Stopwatch& operator=(const Stopwatch&) = delete;

  private:
    using Clock = std::chrono::steady_clock;
    OperationSeconds* seconds_;
    const std::string& name_;
    Clock::time_point begin_;
};

void apply_operation(const Operation& operation, Canvas& canvas, Draws& draws) {
    operation.apply(canvas, draws);
}

void apply_operation(const Operation& operation, FloatCanvas& canvas, Draws& draws) {
    operation.apply_floats(canvas, draws);
}

/// Whether it delivers a target.
bool delivers(const Operation& operation) {
    const ViewOutputs outputs = operation.outputs();
    return outputs.mask || outputs.rotation || outputs.permutation;
}

} // namespace

void require_range(const std::string& where, const std::string& what, int value, int low, int high) {
    if (value < low || value > high) {
        throw ConfigError(fmt::format("{}: {} is {}, it must be in {}..{}", where, what, value, low, high));
    }
}

View compile_view(const ViewSpec& spec, const std::string& where, int default_size, int channels) {
    require_range(where, "draw", spec.draw, 0, kMaxDraw);
    require_range(where, "number of operations", static_cast<int>(spec.ops.size()), 0, kMaxOps);
    require_range(where, "size", spec.size, 0, kMaxSize);
    View view;
    view.draw = spec.draw;
    view.size = spec.size > 0 ? spec.size : default_size;
    for (const OpSpec& op : spec.ops) {
        OperationPtr operation = make_operation(op, where, view.size, channels);
        add_outputs(*operation, op.name, where, view.outputs);
        view.steps.push_back({std::move(operation), op.p, op.name});
    }
    check_size(view, where);
    return view;
}

std::size_t shared_steps(const ViewSpec& a, const View& compiled_a, const ViewSpec& b, const View& compiled_b) {
    if (compiled_a.draw != compiled_b.draw || compiled_a.size != compiled_b.size) {
        return 0;
    }
    const std::size_t most = std::min(a.ops.size(), b.ops.size());
    std::size_t shared = 0;
    while (shared < most && a.ops[shared] == b.ops[shared] && !delivers(*compiled_a.steps[shared].operation)) {
        ++shared;
    }
    return shared;
}

/// What the view reads of an image: its first operation decides, of those that are applied.
Box view_window(const View& view, ImageShape whole, const SampleKey& key) {
    for (std::size_t i = 0; i < view.steps.size(); ++i) {
        Draws draws(key, view.draw, static_cast<int>(i));
        if (draws.uniform() < view.steps[i].p) {
            return view.steps[i].operation->reads(whole, draws);
        }
    }
    return whole_box(whole);
}

template <class T>
void run_steps(const View& view, std::size_t first, std::size_t last, const SampleKey& key, BasicCanvas<T>& canvas,
               std::vector<std::string>* notes) {
    OperationSeconds* seconds = canvas.buffers().seconds;
    for (std::size_t i = first; i < last; ++i) {
        const Step& step = view.steps[i];
        Draws draws(key, view.draw, static_cast<int>(i));
        if (draws.uniform() < step.p) {
            if (notes != nullptr) {
                notes->push_back(step.name);
            }
            const Stopwatch watch(seconds, step.name);
            apply_operation(*step.operation, canvas, draws);
            if (seconds != nullptr) {
                canvas.window(); // nothing may wait and be counted as a later operation's
            }
        }
    }
}

template void run_steps(const View&, std::size_t, std::size_t, const SampleKey&, Canvas&, std::vector<std::string>*);
template void run_steps(const View&, std::size_t, std::size_t, const SampleKey&, FloatCanvas&,
                        std::vector<std::string>*);

} // namespace tacit::augment
