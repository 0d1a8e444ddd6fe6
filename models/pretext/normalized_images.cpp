// SPDX-License-Identifier: Apache-2.0
#include "augment/normalize/normalize.hpp"
#include "models/pretext/pretext.hpp"

#include <ATen/Parallel.h>
#include <torch/types.h>

namespace tacit::models {

template <class T>
at::Tensor normalized_images(const T* pixels, std::int64_t count, augment::ImageShape shape,
                             const std::vector<double>& mean, const std::vector<double>& std) {
    const augment::Normalize normalize(mean, std);
    auto images = torch::empty({count, shape.channels, shape.height, shape.width},
                               torch::TensorOptions(torch::kFloat).memory_format(at::MemoryFormat::ChannelsLast));
    auto* out = images.data_ptr<float>();
    at::parallel_for(0, count, 16, [&](std::int64_t begin, std::int64_t end) {
        for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
            const augment::BasicImageView<T> image{pixels + i * shape.values(), shape};
            normalize.run(image, augment::PixelLayout::interleaved, out + i * shape.values());
        }
    });
    return images;
}

template at::Tensor normalized_images(const std::uint8_t*, std::int64_t, augment::ImageShape,
                                      const std::vector<double>&, const std::vector<double>&);
template at::Tensor normalized_images(const float*, std::int64_t, augment::ImageShape, const std::vector<double>&,
                                      const std::vector<double>&);

} // namespace tacit::models
