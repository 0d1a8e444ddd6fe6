// SPDX-License-Identifier: Apache-2.0
#include "models/pretext/pretext.hpp"

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <torch/types.h>

#include <stdexcept>

namespace tacit::models {
namespace {

/// pixel * scale + shift for one channel of an interleaved image.
struct Affine {
    float scale;
    float shift;
};

std::vector<Affine> affine_by_channel(const std::vector<double>& mean, const std::vector<double>& std) {
    std::vector<Affine> affine;
    for (std::size_t c = 0; c < mean.size(); ++c) {
        affine.push_back({static_cast<float>(1.0 / (255.0 * std[c])), static_cast<float>(-mean[c] / std[c])});
    }
    return affine;
}

/// Channels known to the compiler, so that the loop over pixels becomes vector code.
template <std::size_t kChannels>
void convert(const std::uint8_t* pixels, float* out, std::int64_t count, const std::vector<Affine>& affine) {
    std::array<Affine, kChannels> local;
    std::copy_n(affine.begin(), kChannels, local.begin());
    for (std::int64_t i = 0; i < count; ++i) {
        for (std::size_t c = 0; c < kChannels; ++c) {
            out[c] = static_cast<float>(pixels[c]) * local[c].scale + local[c].shift;
        }
        pixels += kChannels;
        out += kChannels;
    }
}

void convert_any(const std::uint8_t* pixels, float* out, std::int64_t count, const std::vector<Affine>& affine) {
    for (std::int64_t i = 0; i < count; ++i) {
        for (const auto& channel : affine) {
            *out++ = static_cast<float>(*pixels++) * channel.scale + channel.shift;
        }
    }
}

void convert(const std::uint8_t* pixels, float* out, std::int64_t count, const std::vector<Affine>& affine) {
    switch (affine.size()) {
    case 1:
        return convert<1>(pixels, out, count, affine);
    case 3:
        return convert<3>(pixels, out, count, affine);
    case 4:
        return convert<4>(pixels, out, count, affine);
    default:
        return convert_any(pixels, out, count, affine);
    }
}

} // namespace

at::Tensor normalized_images(const std::uint8_t* pixels, std::int64_t count, augment::ImageShape shape,
                             const std::vector<double>& mean, const std::vector<double>& std) {
    const auto channels = static_cast<std::size_t>(shape.channels);
    if (mean.size() != channels || std.size() != channels) {
        throw std::logic_error(fmt::format("normalized_images: {} channels, but {} means and {} standard deviations",
                                           channels, mean.size(), std.size()));
    }
    auto images = torch::empty({count, shape.channels, shape.height, shape.width},
                               torch::TensorOptions(torch::kFloat).memory_format(at::MemoryFormat::ChannelsLast));
    const auto affine = affine_by_channel(mean, std);
    auto* out = images.data_ptr<float>();
    const auto per_image = static_cast<std::int64_t>(shape.height) * shape.width;
    at::parallel_for(0, count, 16, [&](std::int64_t begin, std::int64_t end) {
        const auto offset = begin * per_image * shape.channels;
        convert(pixels + offset, out + offset, (end - begin) * per_image, affine);
    });
    return images;
}

} // namespace tacit::models
