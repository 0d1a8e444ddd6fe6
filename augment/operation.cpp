// SPDX-License-Identifier: Apache-2.0
#include "augment/operation.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/words.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace tacit::augment {
namespace {

struct Entry {
    std::string_view name;
    OperationPtr (*make)(OpParams&);
};

constexpr std::array<Entry, 28> kOperations{{
    {"random_resized_crop", make_random_resized_crop},
    {"resize", make_resize},
    {"resize_short_side", make_resize_short_side},
    {"center_crop", make_center_crop},
    {"padded_crop", make_padded_crop},
    {"horizontal_flip", make_horizontal_flip},
    {"vertical_flip", make_vertical_flip},
    {"rotate90", make_rotate90},
    {"color_jitter", make_color_jitter},
    {"grayscale", make_grayscale},
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
}};

} // namespace

std::vector<std::string> operation_names() {
    std::vector<std::string> names;
    names.reserve(kOperations.size());
    for (const Entry& entry : kOperations) {
        names.emplace_back(entry.name);
    }
    return names;
}

OperationPtr make_operation(const OpSpec& spec, const std::string& where, int size, int channels) {
    const auto* entry = std::find_if(kOperations.begin(), kOperations.end(),
                                     [&](const Entry& candidate) { return candidate.name == spec.name; });
    if (entry == kOperations.end()) {
        throw ConfigError(where + ": " + unknown_word("operation", spec.name, operation_names()));
    }
    OpParams params(spec, where, size, channels);
    OperationPtr operation = entry->make(params);
    params.require_all_used();
    return operation;
}

} // namespace tacit::augment
