// SPDX-License-Identifier: Apache-2.0
#include "pipeline/loader/recipe_config.hpp"

#include "augment/recipe/operation.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/words.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tacit::loader {
namespace {

using augment::ParameterInfo;
using config::Section;

constexpr int kLargestDefaultSize = 224;
constexpr std::int64_t kSmallestSize = 4;
constexpr std::int64_t kLargestSize = 4096;
constexpr std::int64_t kMostViews = 64;

/// Side and channels of the view that an operation belongs to.
struct Target {
    int size;
    int channels;
};

int default_size(const shards::DatasetInfo& info) {
    return info.shape.height == 0 ? kLargestDefaultSize
                                  : std::clamp(info.shape.height, static_cast<int>(kSmallestSize), kLargestDefaultSize);
}

void require_known(const Section& given, const std::string& kind, const std::vector<std::string>& known) {
    for (const std::string& key : given.keys()) {
        if (std::find(known.begin(), known.end(), key) == known.end()) {
            given.fail(key, unknown_word(kind, key, known));
        }
    }
}

/// Runs `make`; what it refuses is said with the place of `parent`.`key`.
template <class Make> auto at_place(const Section& parent, const std::string& key, const Make& make) {
    try {
        return make();
    } catch (const ConfigError& error) {
        parent.fail(key, error.what());
    }
}

/// Reads one parameter, which shows in the resolved config even where it is not given, and sets a given one in `op`.
void read_parameter(const Section& given, const ParameterInfo& parameter, augment::OpSpec& op) {
    const bool set = given.has(parameter.name);
    const Key key = Key::of(parameter.name, parameter.meaning, parameter.unit, parameter.usual);
    if (parameter.kind == ParameterInfo::Kind::word) {
        const std::string word = given.choice(key, parameter.word, parameter.allowed);
        if (set) {
            op.words[parameter.name] = word;
        }
        return;
    }
    const std::vector<double> numbers =
        parameter.kind == ParameterInfo::Kind::flag
            ? std::vector<double>{given.flag(key, parameter.numbers.at(0) != 0) ? 1.0 : 0.0}
            : given.numbers(key, parameter.numbers, {parameter.low, parameter.high}, {parameter.least, parameter.most});
    if (set) {
        op.params[parameter.name] = numbers;
    }
}

/// Reads the mapping `parent`.`op.name` into `op`; `only_given`: what is not given stays unread.
void read_operation(const Section& parent, const Target& target, bool only_given, augment::OpSpec& op) {
    const std::vector<ParameterInfo> parameters = at_place(parent, op.name, [&] {
        return augment::operation_parameters(op.name, "augment", target.size, target.channels);
    });
    const Section given = parent.section(op.name);
    std::vector<std::string> known{"p"};
    for (const ParameterInfo& parameter : parameters) {
        known.push_back(parameter.name);
    }
    require_known(given, "parameter", known);
    if (!only_given || given.has("p")) {
        op.p = given.number({"p", "probability that it is applied to a view"}, op.p, {0.0, 1.0});
    }
    for (const ParameterInfo& parameter : parameters) {
        if (!only_given || given.has(parameter.name)) {
            read_parameter(given, parameter, op);
        }
    }
    at_place(parent, op.name, [&] { return augment::make_operation(op, "augment", target.size, target.channels); });
}

/// Changes operations of a built-in recipe, in every view that has them.
void read_overrides(const Section& overrides, int channels, augment::RecipeSpec& spec) {
    std::vector<std::string> known;
    for (augment::ViewSpec& view : spec.views) {
        for (augment::OpSpec& op : view.ops) {
            if (std::find(known.begin(), known.end(), op.name) == known.end()) {
                known.push_back(op.name);
            }
            if (overrides.has(op.name)) {
                read_operation(overrides, {view.size > 0 ? view.size : spec.size, channels}, true, op);
            }
        }
    }
    require_known(overrides, "operation of recipe " + spec.name, known);
}

/// Reads one entry of `views` and adds its view as often as it is repeated.
void read_view(const Section& given, int channels, augment::RecipeSpec& spec) {
    require_known(given, "key of a view", {"repeat", "size", "draw", "operations"});
    const auto next = static_cast<std::int64_t>(spec.views.size());
    if (next >= kMostViews) {
        given.fail("", fmt::format("is one too many; there are {} views before it, and {} at most", next, kMostViews));
    }
    const std::int64_t repeat =
        given.integer({"repeat", "views of these operations, each with draws of its own", "views"}, 1, {1, kMostViews});
    const std::int64_t draw = given.integer(
        {"draw", "views of the same number share all draws, operation by operation", "", "the view's number"}, next,
        {0, kMostViews - 1});
    if (repeat > 1 && draw != next) {
        given.fail("draw", "does not go with repeat: views of the same operations and draws would all be equal");
    }
    augment::ViewSpec view;
    view.size = static_cast<int>(
        given.integer({"size", "side of the view", "pixels", "augment.size"}, spec.size, {1, kLargestSize}));
    for (const Section& entry :
         given.sections({"operations", "of the view, in order: one name with its parameters an entry"})) {
        const std::vector<std::string> names = entry.keys();
        if (names.size() != 1) {
            entry.fail("", fmt::format("{} operations in one entry; begin each with a dash of its own", names.size()));
        }
        augment::OpSpec op{names.front(), 1.0, {}};
        read_operation(entry, {view.size, channels}, false, op);
        view.ops.push_back(std::move(op));
    }
    for (std::int64_t i = 0; i < repeat; ++i) {
        view.draw = static_cast<int>(draw + i);
        spec.views.push_back(view);
    }
}

} // namespace

augment::RecipeSpec read_recipe(const Section& augment, const std::string& default_recipe,
                                const shards::DatasetInfo& info) {
    augment.about("what a pretext is shown of an image: a recipe, or views of one's own");
    for (const std::string& operation : augment::operation_names()) {
        augment.may_be("views", fmt::format("[{{operations: [{{{}: {{}}}}]}}]", operation));
    }
    const auto size = static_cast<int>(
        augment.integer({"size", "side of the views that name none", "pixels", "that of the images, at most 224"},
                        default_size(info), {kSmallestSize, kLargestSize}));
    const bool fast =
        augment.choice(
            {"mode", "colours: exact is torchvision's arithmetic, fast one affine map for adjacent operations"},
            "exact", {"exact", "fast"}) == "fast";
    const augment::ColorMode mode = fast ? augment::ColorMode::fast : augment::ColorMode::exact;
    if (!augment.has("views")) {
        const std::string name =
            augment.choice({"recipe", "built-in list of views (docs/augmentation.md)", "", "that of the pretext"},
                           default_recipe, augment::preset_names());
        augment::RecipeSpec spec =
            at_place(augment, "recipe", [&] { return augment::preset(name, size, info.channels); });
        const Section overrides = augment.section("overrides");
        overrides.about("operations of the recipe with the parameters that change, in every view that has them");
        read_overrides(overrides, info.channels, spec);
        spec.mode = mode;
        return spec;
    }
    for (const char* other : {"recipe", "overrides"}) {
        if (augment.has(other)) {
            augment.fail(other, "does not go with augment.views, which say all; choose one");
        }
    }
    augment::RecipeSpec spec{"of augment.views", size, {}, mode};
    for (const Section& view : augment.sections({"views", "a recipe of one's own, instead of recipe and overrides"})) {
        read_view(view, info.channels, spec);
    }
    at_place(augment, "views", [&] { return augment::Recipe(spec, info.channels); });
    return spec;
}

augment::RecipeSpec eval_recipe(int size, int channels) {
    return augment::preset("eval", size, channels);
}

} // namespace tacit::loader
