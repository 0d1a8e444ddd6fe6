// SPDX-License-Identifier: Apache-2.0
#include "augment/color/color_program.hpp"

#include "augment/color/lab.hpp"
#include "augment/simd.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace tacit::augment {
namespace {

TACIT_KERNEL std::uint32_t sum_plane(const std::uint8_t* values, std::size_t count) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < count; ++i) {
        sum += values[i];
    }
    return sum;
}

TACIT_KERNEL std::pair<std::uint8_t, std::uint8_t> extremes_of_plane(const std::uint8_t* values, std::size_t count) {
    std::uint8_t lowest = 255;
    std::uint8_t highest = 0;
    for (std::size_t i = 0; i < count; ++i) {
        lowest = std::min(lowest, values[i]);
        highest = std::max(highest, values[i]);
    }
    return {lowest, highest};
}

std::size_t pixels_of(ImageView image) {
    return image.shape.bytes() / static_cast<std::size_t>(image.shape.channels);
}

} // namespace

void ColorProgram::add(const PixelOperation& operation) {
    if (const auto* next = std::get_if<Levels>(&operation); next != nullptr && !operations_.empty()) {
        auto* last = std::get_if<Levels>(&operations_.back());
        if (last != nullptr && last->channel == next->channel) {
            last->table = composed(last->table, next->table);
            return;
        }
    }
    operations_.push_back(operation);
}

bool ColorProgram::only_levels() const {
    return std::all_of(operations_.begin(), operations_.end(),
                       [](const PixelOperation& operation) { return std::holds_alternative<Levels>(operation); });
}

void ColorProgram::load(const std::uint8_t* interleaved, Block block) {
    const std::size_t channels = block.planes.size();
    for (std::size_t c = 0; c < channels; ++c) {
        block.planes[c] = memory_[c].values.data();
    }
    if (channels == 1) {
        std::memcpy(block.planes[0], interleaved, block.pixels);
    } else if (channels == 3) {
        split_rgb(interleaved, block.rgb());
    } else {
        for (std::size_t i = 0; i < block.pixels; ++i) {
            for (std::size_t c = 0; c < channels; ++c) {
                block.planes[c][i] = interleaved[i * channels + c];
            }
        }
    }
}

void ColorProgram::store(Block block, std::uint8_t* interleaved) {
    const std::size_t channels = block.planes.size();
    if (channels == 1) {
        std::memcpy(interleaved, block.planes[0], block.pixels);
    } else if (channels == 3) {
        merge_rgb(block.rgb(), interleaved);
    } else {
        for (std::size_t i = 0; i < block.pixels; ++i) {
            for (std::size_t c = 0; c < channels; ++c) {
                interleaved[i * channels + c] = block.planes[c][i];
            }
        }
    }
}

void ColorProgram::apply(const PixelOperation& operation, Block block) {
    const auto map_channels = [&](const Levels& levels) {
        for (std::size_t c = 0; c < block.planes.size(); ++c) {
            if (levels.channel == Levels::kEveryChannel || levels.channel == static_cast<int>(c)) {
                map_levels(block.planes[c], block.planes[c], block.pixels, levels.table);
            }
        }
    };
    const auto permute = [&](const ChannelOrder& permutation) {
        std::array<std::uint8_t*, kMaxChannels> before{};
        std::copy(block.planes.begin(), block.planes.end(), before.begin());
        for (std::size_t c = 0; c < block.planes.size(); ++c) {
            block.planes[c] = before[permutation.from[c]];
        }
    };
    std::visit(Overloaded{map_channels, permute,
                          [&](Saturation saturation) { adjust_saturation(block.rgb(), saturation.factor); },
                          [&](Hue hue) { adjust_hue(block.rgb(), hue.shift); },
                          [&](Grayscale gray) { to_grayscale(block.rgb(), gray.weights); },
                          [&](Lab lab) { to_lab(block.rgb(), lab); },
                          [&](const FixedColorMap& map) { apply_map(block.rgb(), map); }},
               operation);
}

template <class Visit> void ColorProgram::visit_blocks(ImageView image, Visit visit) {
    const auto channels = static_cast<std::size_t>(image.shape.channels);
    if (memory_.size() < channels) {
        memory_.resize(channels);
        planes_.resize(channels);
    }
    const std::size_t pixels = pixels_of(image);
    for (std::size_t first = 0; first < pixels; first += kBlockPixels) {
        const Block block{{planes_.data(), channels}, std::min(kBlockPixels, pixels - first)};
        load(image.data + first * channels, block);
        for (const PixelOperation& operation : operations_) {
            apply(operation, block);
        }
        visit(block, first * channels);
    }
}

void ColorProgram::run(ImageView source, MutableImageView target) {
    // What needs no planes.
    const auto* map = operations_.size() == 1 ? std::get_if<FixedColorMap>(&operations_.front()) : nullptr;
    if (map != nullptr) {
        apply_map(source.data, target.data, pixels_of(source), *map);
        return;
    }
    const auto* levels = operations_.size() == 1 ? std::get_if<Levels>(&operations_.front()) : nullptr;
    if (levels != nullptr && levels->channel == Levels::kEveryChannel) {
        map_levels(source.data, target.data, source.shape.bytes(), levels->table);
        return;
    }
    visit_blocks(source, [&](Block block, std::size_t offset) { store(block, target.data + offset); });
}

float ColorProgram::mean(ImageView image) {
    std::uint64_t sum = 0;
    if (image.shape.channels == 3) {
        visit_blocks(image, [&](Block block, std::size_t) { sum += sum_gray(block.rgb()); });
        return static_cast<float>(sum) / static_cast<float>(pixels_of(image));
    }
    visit_blocks(image, [&](Block block, std::size_t) {
        for (const std::uint8_t* plane : block.planes) {
            sum += simd<sum_plane>(plane, block.pixels);
        }
    });
    return static_cast<float>(sum) / static_cast<float>(image.shape.bytes());
}

std::span<const std::pair<std::uint8_t, std::uint8_t>> ColorProgram::extremes(ImageView image) {
    extremes_.assign(static_cast<std::size_t>(image.shape.channels), {255, 0});
    visit_blocks(image, [&](Block block, std::size_t) {
        for (std::size_t c = 0; c < block.planes.size(); ++c) {
            const auto [lowest, highest] =
                simd<extremes_of_plane>(static_cast<const std::uint8_t*>(block.planes[c]), block.pixels);
            extremes_[c] = {std::min(extremes_[c].first, lowest), std::max(extremes_[c].second, highest)};
        }
    });
    return extremes_;
}

std::span<const Histogram> ColorProgram::histograms(ImageView image) {
    histograms_.assign(static_cast<std::size_t>(image.shape.channels), {});
    visit_blocks(image, [&](Block block, std::size_t) {
        for (std::size_t c = 0; c < block.planes.size(); ++c) {
            for (std::size_t i = 0; i < block.pixels; ++i) {
                ++histograms_[c][block.planes[c][i]];
            }
        }
    });
    return histograms_;
}

} // namespace tacit::augment
