// SPDX-License-Identifier: Apache-2.0
#include "dist/channel_passes.hpp"

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <algorithm>
#include <array>

namespace tacit::dist {
namespace {

constexpr std::int64_t kTile = 64;       ///< channels summed at a time
constexpr std::int64_t kLanes = 8;       ///< partial sums along a plane
constexpr std::int64_t kBlock = 32;      ///< rows of a tile read before the next tile, to stay in cache
constexpr std::int64_t kGrain = 1 << 15; ///< elements worth a thread

#if defined(__x86_64__)
/// Inlines all of `body` into code for a wider vector unit. Per-lane arithmetic is the same, so are the bits
/// (the file is compiled without contraction to fused multiply-add).
template <typename Body>
[[gnu::target("avx512f,avx512bw,avx512dq,avx512vl"), gnu::flatten]] void run_avx512(const Body& body) {
    body();
}

template <typename Body> [[gnu::target("avx2"), gnu::flatten]] void run_avx2(const Body& body) {
    body();
}

template <typename Body> void run_vectorized(const Body& body) {
    static const bool has_avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                                   __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    static const bool has_avx2 = __builtin_cpu_supports("avx2");
    if (has_avx512) {
        run_avx512(body);
    } else if (has_avx2) {
        run_avx2(body);
    } else {
        body();
    }
}
#else
template <typename Body> void run_vectorized(const Body& body) {
    body();
}
#endif

/// Element (outer, channel, inner) of dense activations lies at (outer * channels + channel) * inner_size + inner.
struct Layout {
    std::int64_t outer;
    std::int64_t channels;
    std::int64_t inner;
};

Layout layout_of(const at::Tensor& x) {
    const std::int64_t channels = x.size(1);
    if (x.is_contiguous() && x.numel() != x.size(0) * channels) {
        return {x.size(0), channels, x.numel() == 0 ? 0 : x.numel() / (x.size(0) * channels)};
    }
    return {x.numel() / channels, channels, 1};
}

/// Two sums a channel over rows [begin, end) of a channels-last layout; term(i, c) is a pair of addends.
template <typename Term>
void sum_rows(std::int64_t begin, std::int64_t end, std::int64_t channels, double* first, double* second,
              const Term& term) {
    for (std::int64_t block = begin; block < end; block += kBlock) {
        const std::int64_t block_end = std::min(end, block + kBlock);
        for (std::int64_t c0 = 0; c0 < channels; c0 += kTile) {
            const std::int64_t width = std::min(kTile, channels - c0);
            std::array<double, kTile> one{};
            std::array<double, kTile> two{};
            for (std::int64_t row = block; row < block_end; ++row) {
                for (std::int64_t j = 0; j < width; ++j) {
                    const auto [u, v] = term(row * channels + c0 + j, c0 + j);
                    one[static_cast<std::size_t>(j)] += u;
                    two[static_cast<std::size_t>(j)] += v;
                }
            }
            for (std::int64_t j = 0; j < width; ++j) {
                first[c0 + j] += one[static_cast<std::size_t>(j)];
                second[c0 + j] += two[static_cast<std::size_t>(j)];
            }
        }
    }
}

/// The same over planes [begin, end) = outer * channels + channel.
template <typename Term>
void sum_planes(std::int64_t begin, std::int64_t end, const Layout& layout, double* first, double* second,
                const Term& term) {
    for (std::int64_t plane = begin; plane < end; ++plane) {
        const std::int64_t c = plane % layout.channels;
        const std::int64_t base = plane * layout.inner;
        std::array<double, kLanes> one{};
        std::array<double, kLanes> two{};
        std::int64_t i = 0;
        for (; i + kLanes <= layout.inner; i += kLanes) {
            for (std::int64_t j = 0; j < kLanes; ++j) {
                const auto [u, v] = term(base + i + j, c);
                one[static_cast<std::size_t>(j)] += u;
                two[static_cast<std::size_t>(j)] += v;
            }
        }
        for (; i < layout.inner; ++i) {
            const auto [u, v] = term(base + i, c);
            one[0] += u;
            two[0] += v;
        }
        for (std::size_t j = 0; j < static_cast<std::size_t>(kLanes); ++j) {
            first[c] += one[j];
            second[c] += two[j];
        }
    }
}

/// float64 [2, C]. One partial sum a worker, added in the order of the workers: repeatable at a thread count.
template <typename Term> at::Tensor channel_sums(const at::Tensor& x, const Term& term) {
    const Layout layout = layout_of(x);
    const std::int64_t items = layout.inner == 1 ? layout.outer : layout.outer * layout.channels;
    const std::int64_t workers =
        std::clamp<std::int64_t>(x.numel() / kGrain, 1, static_cast<std::int64_t>(at::get_num_threads()));
    at::Tensor partial = at::zeros({workers, 2, layout.channels}, at::kDouble);
    double* sums = partial.mutable_data_ptr<double>();
    at::parallel_for(0, workers, 1, [&](std::int64_t from, std::int64_t to) {
        for (std::int64_t worker = from; worker < to; ++worker) {
            const std::int64_t begin = items * worker / workers;
            const std::int64_t end = items * (worker + 1) / workers;
            double* first = sums + worker * 2 * layout.channels;
            run_vectorized([&] {
                if (layout.inner == 1) {
                    sum_rows(begin, end, layout.channels, first, first + layout.channels, term);
                } else {
                    sum_planes(begin, end, layout, first, first + layout.channels, term);
                }
            });
        }
    });
    return workers == 1 ? partial[0] : partial.sum(0);
}

/// write(i, c) for the elements of rows [begin, end), or of planes [begin, end) where inner > 1.
template <typename Write>
void write_range(std::int64_t begin, std::int64_t end, const Layout& layout, const Write& write) {
    for (std::int64_t item = begin; item < end; ++item) {
        if (layout.inner == 1) {
            for (std::int64_t c = 0; c < layout.channels; ++c) {
                write(item * layout.channels + c, c);
            }
        } else {
            const std::int64_t c = item % layout.channels;
            for (std::int64_t i = item * layout.inner; i < (item + 1) * layout.inner; ++i) {
                write(i, c);
            }
        }
    }
}

template <typename Write> void for_each_element(const at::Tensor& x, const Write& write) {
    const Layout layout = layout_of(x);
    const bool rows = layout.inner == 1;
    const std::int64_t items = rows ? layout.outer : layout.outer * layout.channels;
    const std::int64_t length = rows ? layout.channels : layout.inner;
    at::parallel_for(
        0, items, std::max<std::int64_t>(1, kGrain / std::max<std::int64_t>(1, length)),
        [&](std::int64_t begin, std::int64_t end) { run_vectorized([&] { write_range(begin, end, layout, write); }); });
}

const double* values_of(const at::Tensor& per_channel) {
    return per_channel.const_data_ptr<double>();
}

/// First value of each channel: a shift near the mean that makes one pass over the data accurate.
at::Tensor first_values(const at::Tensor& x) {
    at::Tensor first = x.select(0, 0);
    while (first.dim() > 1) {
        first = first.select(1, 0);
    }
    return first.to(at::kDouble).contiguous();
}

template <typename T> double wide(T value) {
    return static_cast<double>(static_cast<std::conditional_t<std::is_same_v<T, double>, double, float>>(value));
}

template <typename T> T narrow(double value) {
    return static_cast<T>(static_cast<std::conditional_t<std::is_same_v<T, double>, double, float>>(value));
}

} // namespace

at::Tensor dense_activations(const at::Tensor& input) {
    return input.contiguous(input.suggest_memory_format());
}

ChannelMoments channel_moments(const at::Tensor& x) {
    if (!x.is_cpu()) {
        return by_operators::channel_moments(x);
    }
    const std::int64_t count = x.numel() / x.size(1);
    if (count == 0) {
        return by_operators::channel_moments(x);
    }
    const at::Tensor origin = first_values(x);
    const double* shift = values_of(origin);
    const at::Tensor sums = AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, x.scalar_type(), "channel_moments", [&] {
        const scalar_t* data = x.const_data_ptr<scalar_t>();
        return channel_sums(x, [=](std::int64_t i, std::int64_t c) {
            const double d = wide(data[i]) - shift[c];
            return std::pair<double, double>(d, d * d);
        });
    });
    const double n = static_cast<double>(count);
    const at::Tensor offset = sums[0] / n;
    return {count, origin + offset, (sums[1] - offset * offset * n).clamp_min_(0)};
}

at::Tensor channel_affine(const at::Tensor& x, const at::Tensor& mean, const at::Tensor& scale,
                          const at::Tensor& shift) {
    if (!x.is_cpu()) {
        return by_operators::channel_affine(x, mean, scale, shift);
    }
    at::Tensor y = at::empty_like(x);
    const double* m = values_of(mean);
    const double* s = values_of(scale);
    const double* t = values_of(shift);
    AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, x.scalar_type(), "channel_affine", [&] {
        const scalar_t* from = x.const_data_ptr<scalar_t>();
        scalar_t* to = y.mutable_data_ptr<scalar_t>();
        for_each_element(
            x, [=](std::int64_t i, std::int64_t c) { to[i] = narrow<scalar_t>((wide(from[i]) - m[c]) * s[c] + t[c]); });
    });
    return y;
}

std::pair<at::Tensor, at::Tensor> channel_gradient_sums(const at::Tensor& dy, const at::Tensor& x,
                                                        const at::Tensor& mean) {
    if (!x.is_cpu()) {
        return by_operators::channel_gradient_sums(dy, x, mean);
    }
    const double* m = values_of(mean);
    const at::Tensor sums =
        AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, x.scalar_type(), "channel_gradient_sums", [&] {
            const scalar_t* gradient = dy.const_data_ptr<scalar_t>();
            const scalar_t* data = x.const_data_ptr<scalar_t>();
            return channel_sums(x, [=](std::int64_t i, std::int64_t c) {
                const double g = wide(gradient[i]);
                return std::pair<double, double>(g, g * (wide(data[i]) - m[c]));
            });
        });
    return {sums[0], sums[1]};
}

at::Tensor channel_input_gradient(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& mean,
                                  const at::Tensor& a, const at::Tensor& k, const at::Tensor& b) {
    if (!x.is_cpu()) {
        return by_operators::channel_input_gradient(dy, x, mean, a, k, b);
    }
    at::Tensor dx = at::empty_like(x);
    const double* m = values_of(mean);
    const double* pa = values_of(a);
    const double* pk = values_of(k);
    const double* pb = values_of(b);
    AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, x.scalar_type(), "channel_input_gradient", [&] {
        const scalar_t* gradient = dy.const_data_ptr<scalar_t>();
        const scalar_t* data = x.const_data_ptr<scalar_t>();
        scalar_t* to = dx.mutable_data_ptr<scalar_t>();
        for_each_element(x, [=](std::int64_t i, std::int64_t c) {
            to[i] = narrow<scalar_t>(pa[c] * wide(gradient[i]) - pk[c] * (wide(data[i]) - m[c]) - pb[c]);
        });
    });
    return dx;
}

} // namespace tacit::dist
