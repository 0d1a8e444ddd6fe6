// SPDX-License-Identifier: Apache-2.0
#include "augment/recipe/operation.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/words.hpp"

#include <algorithm>
#include <stdexcept>

namespace tacit::augment {
namespace {

struct Entry {
    std::string name;
    OperationFactory make;
};

/// All operations: the built-in ones, and behind them those that were registered.
std::vector<Entry>& operations() {
    static std::vector<Entry> entries{
        {"random_resized_crop", make_random_resized_crop},
        {"resize", make_resize},
        {"resize_short_side", make_resize_short_side},
        {"center_crop", make_center_crop},
        {"padded_crop", make_padded_crop},
        {"horizontal_flip", make_horizontal_flip},
        {"vertical_flip", make_vertical_flip},
        {"rotate90", make_rotate90},
        {"rotation", make_rotation},
        {"affine", make_affine},
        {"color_jitter", make_color_jitter},
        {"grayscale", make_grayscale},
        {"rgb_to_lab", make_rgb_to_lab},
        {"solarize", make_solarize},
        {"invert", make_invert},
        {"posterize", make_posterize},
        {"auto_contrast", make_auto_contrast},
        {"equalize", make_equalize},
        {"gamma", make_gamma},
        {"gain_offset", make_gain_offset},
        {"channel_shuffle", make_channel_shuffle},
        {"channel_drop", make_channel_drop},
        {"gaussian_blur", make_gaussian_blur},
        {"gaussian_noise", make_gaussian_noise},
        {"salt_and_pepper", make_salt_and_pepper},
        {"speckle_noise", make_speckle_noise},
        {"poisson_noise", make_poisson_noise},
        {"masking_noise", make_masking_noise},
        {"dropout", make_dropout},
        {"center_mask", make_center_mask},
        {"random_block_mask", make_random_block_mask},
        {"free_form_mask", make_free_form_mask},
        {"random_erasing", make_random_erasing},
        {"watermark", make_watermark},
        {"patch_mask", make_patch_mask},
        {"multi_block_mask", make_multi_block_mask},
        {"jigsaw", make_jigsaw},
    };
    return entries;
}

const Entry* find_operation(const std::string& name) {
    const std::vector<Entry>& all = operations();
    const auto found = std::find_if(all.begin(), all.end(), [&](const Entry& entry) { return entry.name == name; });
    return found == all.end() ? nullptr : &*found;
}

/// The operation, and in `params` what it read.
OperationPtr build(OpParams& params, const std::string& name, const std::string& where) {
    const Entry* entry = find_operation(name);
    if (entry == nullptr) {
        throw ConfigError(where + ": " + unknown_word("operation", name, operation_names()));
    }
    OperationPtr operation = entry->make(params);
    params.require_all_used();
    return operation;
}

} // namespace

void Operation::apply_floats(FloatCanvas& /*canvas*/, Draws& /*draws*/) const {
    throw std::logic_error("an operation for uint8 alone got floats: Recipe::require_floats() refuses it");
}

bool register_operation(const std::string& name, OperationFactory make) {
    if (find_operation(name) != nullptr) {
        throw std::logic_error("register_operation: there is an operation '" + name + "' already");
    }
    operations().push_back({name, make});
    return true;
}

std::vector<std::string> operation_names() {
    std::vector<std::string> names;
    for (const Entry& entry : operations()) {
        names.push_back(entry.name);
    }
    return names;
}

std::vector<ParameterInfo> operation_parameters(const std::string& name, const std::string& where, int size,
                                                int channels) {
    const OpSpec spec{name, 1.0, {}};
    OpParams params(spec, where, size, channels);
    build(params, name, where);
    return params.taken();
}

OperationPtr make_operation(const OpSpec& spec, const std::string& where, int size, int channels) {
    OpParams params(spec, where, size, channels);
    return build(params, spec.name, where);
}

} // namespace tacit::augment
