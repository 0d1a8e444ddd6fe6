// SPDX-License-Identifier: Apache-2.0
#include "augment/recipe/recipe.hpp"

#include "augment/buffers.hpp"
#include "augment/recipe/canvas.hpp"
#include "augment/recipe/recipe_view.hpp"

#include "pipeline/base/error.hpp"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <stdexcept>
#include <utility>

namespace tacit::augment {
namespace {

constexpr int kMaxViews = 64;

/// Consecutive views that begin alike, so that the beginning is made once for all of them.
struct ViewGroup {
    std::size_t first = 0;
    std::size_t last = 0; ///< one past the end
    std::size_t stem = 0; ///< operations that all of them begin with; 0 for a view alone
};

std::vector<ViewGroup> group_views(const std::vector<ViewSpec>& specs, const std::vector<View>& views) {
    std::vector<ViewGroup> groups;
    for (std::size_t i = 0; i < views.size(); ++i) {
        ViewGroup* group = groups.empty() ? nullptr : &groups.back();
        const std::size_t shared =
            group == nullptr ? 0 : shared_steps(specs[group->first], views[group->first], specs[i], views[i]);
        if (shared == 0) {
            groups.push_back({i, i + 1, 0});
        } else {
            group->stem = group->last - group->first == 1 ? shared : std::min(group->stem, shared);
            group->last = i + 1;
        }
    }
    return groups;
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
    std::vector<ViewGroup> groups;

    Box window(ImageShape whole, const SampleKey& key) const;
    template <class T>
    void check_source(const BasicImageWindow<T>& source, const SampleKey& key, std::size_t slots) const;
    /// The view of `source`, on which its first `done` operations have been carried out.
    template <class T>
    void make_view(const View& view, std::size_t done, const BasicImageWindow<T>& source, const SampleKey& key,
                   const ViewSlot& slot, Workspace::Buffers& buffers) const;
    /// What the views of the group have in common, in memory that their making leaves alone.
    template <class T>
    BasicImageWindow<T> make_stem(const ViewGroup& group, const BasicImageWindow<T>& source, const SampleKey& key,
                                  Workspace::Buffers& buffers) const;
    template <class T>
    void apply(const BasicImageWindow<T>& source, const SampleKey& key, const std::vector<ViewSlot>& slots,
               Workspace& workspace) const;
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
void Recipe::Program::make_view(const View& view, std::size_t done, const BasicImageWindow<T>& source,
                                const SampleKey& key, const ViewSlot& slot, Workspace::Buffers& buffers) const {
    if (view.outputs.mask && slot.mask != nullptr) {
        std::memset(slot.mask, 0, view.outputs.mask.bytes());
    }
    BasicCanvas<T> canvas(source, buffers, slot, view.size);
    canvas.color().start(spec.mode);
    run_steps(view, done, view.steps.size(), key, canvas, slot.notes);
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

template <class T>
BasicImageWindow<T> Recipe::Program::make_stem(const ViewGroup& group, const BasicImageWindow<T>& source,
                                               const SampleKey& key, Workspace::Buffers& buffers) const {
    const View& view = views[group.first];
    BasicCanvas<T> canvas(source, buffers, {}, view.size);
    canvas.color().start(spec.mode);
    run_steps(view, 0, group.stem, key, canvas, nullptr);
    return canvas.take();
}

template <class T>
void Recipe::Program::apply(const BasicImageWindow<T>& source, const SampleKey& key, const std::vector<ViewSlot>& slots,
                            Workspace& workspace) const {
    check_source(source, key, slots.size());
    Workspace::Buffers& buffers = workspace.buffers();
    for (const ViewGroup& group : groups) {
        const auto first = slots.begin() + static_cast<std::ptrdiff_t>(group.first);
        const auto last = slots.begin() + static_cast<std::ptrdiff_t>(group.last);
        // Then every view tells its own story.
        const bool noted = std::any_of(first, last, [](const ViewSlot& slot) { return slot.notes != nullptr; });
        const std::size_t done = noted ? 0 : group.stem;
        const BasicImageWindow<T> begun = done > 0 ? make_stem(group, source, key, buffers) : source;
        for (std::size_t i = group.first; i < group.last; ++i) {
            make_view(views[i], done, begun, key, slots[i], buffers);
        }
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
    program_->groups = group_views(spec.views, program_->views);
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
