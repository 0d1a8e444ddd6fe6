// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/guess/mask_names.hpp"

#include "pipeline/shards/splits/split_names.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace tacit::shards {
namespace {

constexpr std::string_view kSigns = "_- .";

constexpr std::array<std::string_view, 10> kImages = {"images", "image",  "imgs",  "img",    "jpegimages",
                                                      "photos", "inputs", "input", "frames", "pictures"};

constexpr std::array<std::string_view, 20> kMasks = {"masks",
                                                     "mask",
                                                     "labels",
                                                     "label",
                                                     "annotations",
                                                     "annotation",
                                                     "segmentations",
                                                     "segmentation",
                                                     "segmentationclass",
                                                     "segmentationobject",
                                                     "segs",
                                                     "seg",
                                                     "segm",
                                                     "targets",
                                                     "gts",
                                                     "gt",
                                                     "groundtruth",
                                                     "groundtruths",
                                                     "annots",
                                                     "annot"};

template <std::size_t N> bool is_one_of(const std::string& word, const std::array<std::string_view, N>& words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

std::string without_signs(const std::string& name) {
    std::string letters = lower_case(name);
    std::erase_if(letters, [](char letter) { return kSigns.find(letter) != std::string_view::npos; });
    return letters;
}

} // namespace

NamedContent named_content(const std::string& folder) {
    using Kind = NamedContent::Kind;
    const auto kind_of = [](const std::string& word) {
        return is_one_of(word, kImages) ? Kind::images : is_one_of(word, kMasks) ? Kind::masks : Kind::other;
    };
    const std::string whole = without_signs(folder);
    if (const Kind kind = kind_of(whole); kind != Kind::other) {
        return {kind, ""};
    }
    const std::size_t behind = std::min(folder.find_last_of(kSigns), folder.size() - 1) + 1;
    const std::string last = lower_case(folder.substr(behind));
    const Kind kind = kind_of(last);
    return {kind, kind == Kind::other ? whole : without_signs(folder.substr(0, behind))};
}

std::string masked_stem(const std::string& stem) {
    const auto last_part = [&](std::size_t end) { // npos: there is none
        const std::size_t sign = end == 0 ? std::string::npos : stem.find_last_of(kSigns, end - 1);
        return sign == 0 ? std::string::npos : sign;
    };
    std::size_t end = stem.size();
    std::size_t sign = last_part(end);
    if (sign != std::string::npos && sign + 1 < end &&
        stem.find_first_not_of("0123456789", sign + 1) == std::string::npos) { // one of several masks
        end = sign;
        sign = last_part(end);
    }
    const bool mask = sign != std::string::npos && is_one_of(lower_case(stem.substr(sign + 1, end - sign - 1)), kMasks);
    return mask ? stem.substr(0, sign) : std::string();
}

} // namespace tacit::shards
