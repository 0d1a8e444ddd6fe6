// SPDX-License-Identifier: Apache-2.0
#include "augment/recipe.hpp"

#include "augment/buffers.hpp"
#include "augment/canvas.hpp"
#include "augment/draws.hpp"
#include "augment/operation.hpp"

#include "pipeline/base/error.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <fmt/format.h>
#include <stdexcept>
#include <utility>

namespace tacit::augment {
namespace {

constexpr int kMaxSize = 8192;
constexpr int kMaxViews = 64;

struct Step {
    OperationPtr operation;
    double p = 1.0;
    std::string name;
};

struct View {
    std::vector<Step> steps;
    int draw = 0;
    int size = 0;
    ViewOutputs outputs;
};

void require_range(const std::string& where, const std::string& what, int value, int low, int high) {
    if (value < low || value > high) {
        throw ConfigError(fmt::format("{}: {} is {}, it must be in {}..{}", where, what, value, low, high));
    }
}

/// Adds what `operation` delivers to the outputs of its view, which `where` names.
void add_outputs(const Operation& operation, const std::string& name, const std::string& where, ViewOutputs& outputs) {
    const ViewOutputs added = operation.outputs();
    if (outputs.mask && operation.moves_pixels()) {
        throw ConfigError(fmt::format("{}: {} comes after a mask and would move pixels away from it; put the mask last",
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
    outputs.permutation = outputs.permutation || added.permutation;
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
    return view;
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

template <class T>
void run_steps(const View& view, const SampleKey& key, BasicCanvas<T>& canvas, const ViewSlot& slot,
               OperationSeconds* seconds) {
    for (std::size_t i = 0; i < view.steps.size(); ++i) {
        const Step& step = view.steps[i];
        Draws draws(key, view.draw, static_cast<int>(i));
        if (draws.uniform() < step.p) {
            if (slot.notes != nullptr) {
                slot.notes->push_back(step.name);
            }
            const Stopwatch watch(seconds, step.name);
            apply_operation(*step.operation, canvas, draws);
            if (seconds != nullptr) {
                canvas.image(); // nothing may wait and be counted as a later operation's
            }
        }
    }
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

Box around(const Box& a, const Box& b) {
    const int top = std::min(a.top, b.top);
    const int left = std::min(a.left, b.left);
    return {top, left, std::max(a.top + a.height, b.top + b.height) - top,
            std::max(a.left + a.width, b.left + b.width) - left};
}

} // namespace

Workspace::Workspace() : buffers_(std::make_unique<Buffers>()) {}
Workspace::~Workspace() = default;
Workspace::Workspace(Workspace&&) noexcept = default;
Workspace& Workspace::operator=(Workspace&&) noexcept = default;

struct Recipe::Program {
    RecipeSpec spec;
    int channels = 0;
    std::vector<View> views;

    Box window(ImageShape whole, const SampleKey& key) const;
    template <class T>
    void check_source(const BasicImageWindow<T>& source, const SampleKey& key, std::size_t slots) const;
    template <class T>
    void make_view(const View& view, const BasicImageWindow<T>& source, const SampleKey& key, const ViewSlot& slot,
                   Workspace::Buffers& buffers) const;
    template <class T>
    void apply(const BasicImageWindow<T>& source, const SampleKey& key, const std::vector<ViewSlot>& slots,
               Workspace& workspace) const {
        check_source(source, key, slots.size());
        for (std::size_t i = 0; i < slots.size(); ++i) {
            make_view(views[i], source, key, slots[i], workspace.buffers());
        }
    }
};

Box Recipe::Program::window(ImageShape whole, const SampleKey& key) const {
    Box box = view_window(views.front(), whole, key);
    for (std::size_t i = 1; i < views.size(); ++i) {
        box = around(box, view_window(views[i], whole, key));
    }
    return box;
}

template <class T>
void Recipe::Program::check_source(const BasicImageWindow<T>& source, const SampleKey& key, std::size_t slots) const {
    if (slots != views.size()) {
        throw std::logic_error(
            fmt::format("recipe '{}' makes {} views and got {} slots", spec.name, views.size(), slots));
    }
    if (key.sample > kMaxSample) {
        throw DataError(fmt::format("sample id {} is above {}: ids have 48 bits", key.sample, kMaxSample));
    }
    const ImageShape shape = source.whole;
    if (source.pixels.data == nullptr || shape.height < 1 || shape.width < 1) {
        throw DataError(fmt::format("sample {} is an empty image ({} x {})", key.sample, shape.height, shape.width));
    }
    if (shape.channels != channels) {
        throw DataError(fmt::format("sample {} has {} channels and recipe '{}' was made for {}", key.sample,
                                    shape.channels, spec.name, channels));
    }
    if (!source.is_whole() && !source.box().holds(window(shape, key))) {
        throw std::logic_error(
            fmt::format("recipe '{}' reads more of sample {} than its window", spec.name, key.sample));
    }
}

template <class T>
void Recipe::Program::make_view(const View& view, const BasicImageWindow<T>& source, const SampleKey& key,
                                const ViewSlot& slot, Workspace::Buffers& buffers) const {
    if (view.outputs.mask && slot.mask != nullptr) {
        std::memset(slot.mask, 0, view.outputs.mask.bytes());
    }
    BasicCanvas<T> canvas(source, buffers, slot, view.size);
    canvas.color().start(spec.mode);
    run_steps(view, key, canvas, slot, buffers.seconds);
    const ImageShape made = canvas.shape();
    if (made.height != view.size || made.width != view.size) {
        throw DataError(
            fmt::format("sample {} is {} x {} after the operations of recipe '{}', where the view is {} x {}: "
                        "add resize, random_resized_crop or center_crop",
                        key.sample, made.height, made.width, spec.name, view.size, view.size));
    }
    canvas.finish();
    if (view.outputs.rotation && slot.rotation != nullptr) {
        *slot.rotation = canvas.turns();
    }
    if (view.outputs.permutation && slot.permutation != nullptr) {
        *slot.permutation = canvas.permutation();
    }
}

Recipe::Recipe(RecipeSpec spec, int channels) : program_(std::make_unique<Program>()) {
    const std::string where = fmt::format("recipe '{}'", spec.name);
    require_range(where, "size", spec.size, 1, kMaxSize);
    require_range(where, "number of channels", channels, 1, kMaxChannels);
    require_range(where, "number of views", static_cast<int>(spec.views.size()), 1, kMaxViews);
    for (std::size_t i = 0; i < spec.views.size(); ++i) {
        program_->views.push_back(
            compile_view(spec.views[i], fmt::format("{}, view {}", where, i), spec.size, channels));
    }
    program_->spec = std::move(spec);
    program_->channels = channels;
}

Recipe::~Recipe() = default;
Recipe::Recipe(Recipe&&) noexcept = default;
Recipe& Recipe::operator=(Recipe&&) noexcept = default;

const RecipeSpec& Recipe::spec() const {
    return program_->spec;
}

int Recipe::views() const {
    return static_cast<int>(program_->views.size());
}

int Recipe::channels() const {
    return program_->channels;
}

ImageShape Recipe::output(int view) const {
    const int size = program_->views.at(static_cast<std::size_t>(view)).size;
    return {size, size, program_->channels};
}

ViewOutputs Recipe::outputs(int view) const {
    return program_->views.at(static_cast<std::size_t>(view)).outputs;
}

bool Recipe::keeps(ImageShape source) const {
    return program_->views.size() == 1 && source == output() &&
           std::all_of(program_->views[0].steps.begin(), program_->views[0].steps.end(),
                       [&](const Step& step) { return step.operation->keeps(source); });
}

void Recipe::require_floats() const {
    for (std::size_t i = 0; i < program_->views.size(); ++i) {
        for (const Step& step : program_->views[i].steps) {
            if (!step.operation->takes_floats()) {
                throw ConfigError(fmt::format("recipe '{}', view {}, {}: it takes images of 8 bits alone, and these "
                                              "have more; leave it out, or derive it from AnyPixelOperation",
                                              program_->spec.name, i, step.name));
            }
        }
    }
}

Box Recipe::window(ImageShape whole, const SampleKey& key) const {
    return program_->window(whole, key);
}

void Recipe::apply(const ImageWindow& source, const SampleKey& key, const std::vector<ViewSlot>& slots,
                   Workspace& workspace) const {
    program_->apply(source, key, slots, workspace);
}

void Recipe::apply(const FloatImageWindow& source, const SampleKey& key, const std::vector<ViewSlot>& slots,
                   Workspace& workspace) const {
    program_->apply(source, key, slots, workspace);
}

} // namespace tacit::augment
