// SPDX-License-Identifier: Apache-2.0
#include "dist/norm/channel_passes.hpp"

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <algorithm>
#include <array>
#include <type_traits>

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

/// Rows of few channels are written several at a time, as one row of as many channels, so that the vector units are
/// full.
std::int64_t rows_together(const Layout& layout) {
    return layout.inner == 1 ? std::max<std::int64_t>(1, kTile / layout.channels) : 1;
}

/// Two sums a channel over rows [begin, end) of a channels-last layout. term(i, c) is a pair of addends, where c counts
/// the channels of the rows that are taken together; a block of them is summed in type Sum.
template <typename Sum, typename Term>
void sum_rows(std::int64_t begin, std::int64_t end, const Layout& layout, double* first, double* second,
              const Term& term) {
    // Float64 sums in the order that they always had: SHA-256 of float32 runs stay.
    const std::int64_t row = layout.channels * (std::is_same_v<Sum, float> ? rows_together(layout) : 1);
    const std::int64_t last = end * layout.channels;
    for (std::int64_t block = begin * layout.channels; block < last; block += kBlock * row) {
        const std::int64_t block_end = std::min(last, block + kBlock * row);
        for (std::int64_t c0 = 0; c0 < row; c0 += kTile) {
            std::array<Sum, kTile> one{};
            std::array<Sum, kTile> two{};
            for (std::int64_t base = block + c0; base < block_end; base += row) {
                const std::int64_t width = std::min({kTile, row - c0, block_end - base});
                for (std::int64_t j = 0; j < width; ++j) {
                    const auto [u, v] = term(base + j, c0 + j);
                    one[static_cast<std::size_t>(j)] += u;
                    two[static_cast<std::size_t>(j)] += v;
                }
            }
            for (std::int64_t j = 0; j < std::min(kTile, row - c0); ++j) {
                first[(c0 + j) % layout.channels] += double{one[static_cast<std::size_t>(j)]};
                second[(c0 + j) % layout.channels] += double{two[static_cast<std::size_t>(j)]};
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
template <typename Sum, typename Term> at::Tensor channel_sums(const at::Tensor& x, const Term& term) {
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
                    sum_rows<Sum>(begin, end, layout, first, first + layout.channels, term);
                } else {
                    sum_planes(begin, end, layout, first, first + layout.channels, term);
                }
            });
        }
    });
    return workers == 1 ? partial[0] : partial.sum(0);
}

/// write(i, c) for the elements of rows [begin, end) of `width` elements, of which the last may be cut off, or of
/// planes [begin, end) where inner > 1.
template <typename Write>
void write_range(std::int64_t begin, std::int64_t end, std::int64_t width, const Layout& layout, const Write& write) {
    const std::int64_t count = layout.outer * layout.channels * layout.inner;
    for (std::int64_t item = begin; item < end; ++item) {
        const std::int64_t base = item * width;
        if (layout.inner == 1) {
            const std::int64_t length = std::min(width, count - base);
            for (std::int64_t c = 0; c < length; ++c) {
                write(base + c, c);
            }
        } else {
            const std::int64_t c = item % layout.channels;
            for (std::int64_t i = base; i < base + width; ++i) {
                write(i, c);
            }
        }
    }
}

template <typename Write> void for_each_element(const at::Tensor& x, const Write& write) {
    const Layout layout = layout_of(x);
    const std::int64_t together = rows_together(layout);
    const std::int64_t items =
        layout.inner == 1 ? (layout.outer + together - 1) / together : layout.outer * layout.channels;
    const std::int64_t width = layout.inner == 1 ? layout.channels * together : layout.inner;
    const std::int64_t grain = std::max<std::int64_t>(1, kGrain / std::max<std::int64_t>(1, width));
    at::parallel_for(0, items, grain, [&](std::int64_t begin, std::int64_t end) {
        run_vectorized([&] { write_range(begin, end, width, layout, write); });
    });
}

/// How values of type T are computed with, one at a time and where 32 of them are summed. Float32 values in float64
/// keep the curves of many ranks at those of one; bfloat16 has 8 bits, and float32 is as good.
template <typename T> struct Arithmetic {
    using Element = double;
    using Sum = double;
};
template <> struct Arithmetic<at::BFloat16> {
    using Element = float;
    using Sum = float;
};

/// Values of the channels in type Real, as the loops over `x` count channels, and what Real rounds off from them.
template <typename Real> class PerChannel {
  public:
    PerChannel(const at::Tensor& values, const at::Tensor& x) {
        const at::Tensor repeated = values.repeat({rows_together(layout_of(x))});
        high_ = repeated.to(c10::CppTypeToScalarType<Real>::value);
        low_ = (repeated - high_).to(high_.scalar_type());
    }
    const Real* values() const { return high_.template const_data_ptr<Real>(); }
    const Real* rests() const { return low_.template const_data_ptr<Real>(); }

  private:
    at::Tensor high_;
    at::Tensor low_;
};

/// First value of each channel: a shift near the mean that makes one pass over the data accurate.
at::Tensor first_values(const at::Tensor& x) {
    at::Tensor first = x.select(0, 0);
    while (first.dim() > 1) {
        first = first.select(1, 0);
    }
    return first.to(at::kDouble).contiguous();
}

template <typename T> auto wide(T value) {
    return static_cast<typename Arithmetic<T>::Element>(value);
}

/// max(value, 0); a value that is not a number stays.
template <typename Real> Real positive(Real value) {
    return value <= 0 ? 0 : value;
}

/// body(gradient), where gradient(i) is element i of dy, or 0 where a ReLU with the result y let nothing through.
template <typename T, typename Body> auto with_gradient(const at::Tensor& dy, const at::Tensor& y, const Body& body) {
    const T* gradient = dy.const_data_ptr<T>();
    if (!y.defined()) {
        return body([=](std::int64_t i) { return wide(gradient[i]); });
    }
    const T* result = y.const_data_ptr<T>();
    return body([=](std::int64_t i) {
        const auto g = wide(gradient[i]); // read in any case, so that the loop has no branch
        return wide(result[i]) <= 0 ? 0 : g;
    });
}

} // namespace

at::Tensor dense_activations(const at::Tensor& input) {
    return input.contiguous(input.suggest_memory_format());
}

ChannelMoments channel_moments(const at::Tensor& x) {
    const std::int64_t count = x.numel() / x.size(1);
    if (count == 0) {
        const at::Tensor zeros = at::zeros({x.size(1)}, x.options().dtype(at::kDouble));
        return {0, zeros, zeros.clone()};
    }
    const at::Tensor origin = first_values(x);
    const at::Tensor sums = AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, x.scalar_type(), "channel_moments", [&] {
        using Sum = typename Arithmetic<scalar_t>::Sum;
        const PerChannel<Sum> origins(origin, x); // Sum holds them whole
        const Sum* shift = origins.values();
        const scalar_t* data = x.const_data_ptr<scalar_t>();
        return channel_sums<Sum>(x, [=](std::int64_t i, std::int64_t c) {
            const Sum d = wide(data[i]) - shift[c];
            return std::pair<Sum, Sum>(d, d * d);
        });
    });
    const double n = static_cast<double>(count);
    const at::Tensor offset = sums[0] / n;
    return {count, origin + offset, (sums[1] - offset * offset * n).clamp_min_(0)};
}

at::Tensor channel_affine(const at::Tensor& x, const at::Tensor& mean, const at::Tensor& scale, const at::Tensor& shift,
                          const Epilogue& then) {
    at::Tensor y = at::empty_like(x);
    AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, x.scalar_type(), "channel_affine", [&] {
        using Real = typename Arithmetic<scalar_t>::Element;
        const PerChannel<Real> means(mean, x), scales(scale, x), shifts(shift, x);
        const Real *m = means.values(), *rest = means.rests(), *s = scales.values(), *t = shifts.values();
        const scalar_t* from = x.const_data_ptr<scalar_t>();
        scalar_t* to = y.mutable_data_ptr<scalar_t>();
        const auto normalised = [=](std::int64_t i, std::int64_t c) {
            return static_cast<scalar_t>(((wide(from[i]) - m[c]) - rest[c]) * s[c] + t[c]);
        };
        const auto write = [&](const auto& value) {
            if (then.relu) {
                for_each_element(x, [=](std::int64_t i, std::int64_t c) {
                    to[i] = static_cast<scalar_t>(positive(wide(value(i, c))));
                });
            } else {
                for_each_element(x, [=](std::int64_t i, std::int64_t c) { to[i] = value(i, c); });
            }
        };
        if (then.residual.defined()) {
            const scalar_t* other = then.residual.const_data_ptr<scalar_t>();
            write([=](std::int64_t i, std::int64_t c) {
                return static_cast<scalar_t>(wide(normalised(i, c)) + wide(other[i]));
            });
        } else {
            write(normalised);
        }
    });
    return y;
}

std::pair<at::Tensor, at::Tensor> channel_gradient_sums(const at::Tensor& dy, const at::Tensor& x,
                                                        const at::Tensor& mean, const at::Tensor& y) {
    const at::Tensor sums =
        AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, x.scalar_type(), "channel_gradient_sums", [&] {
            using Sum = typename Arithmetic<scalar_t>::Sum;
            const PerChannel<Sum> means(mean, x);
            const Sum *m = means.values(), *rest = means.rests();
            const scalar_t* data = x.const_data_ptr<scalar_t>();
            return with_gradient<scalar_t>(dy, y, [&](const auto& gradient) {
                return channel_sums<Sum>(x, [=](std::int64_t i, std::int64_t c) {
                    const Sum g = gradient(i);
                    return std::pair<Sum, Sum>(g, g * ((wide(data[i]) - m[c]) - rest[c]));
                });
            });
        });
    return {sums[0], sums[1]};
}

at::Tensor channel_input_gradient(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& mean,
                                  const at::Tensor& a, const at::Tensor& k, const at::Tensor& b, const at::Tensor& y,
                                  const at::Tensor& of_residual) {
    at::Tensor dx = at::empty_like(x);
    AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, x.scalar_type(), "channel_input_gradient", [&] {
        using Real = typename Arithmetic<scalar_t>::Element;
        const PerChannel<Real> means(mean, x), as(a, x), ks(k, x), bs(b, x);
        const Real *m = means.values(), *rest = means.rests();
        const Real *pa = as.values(), *pk = ks.values(), *pb = bs.values();
        const scalar_t* data = x.const_data_ptr<scalar_t>();
        scalar_t* to = dx.mutable_data_ptr<scalar_t>();
        scalar_t* other = of_residual.defined() ? of_residual.mutable_data_ptr<scalar_t>() : nullptr;
        with_gradient<scalar_t>(dy, y, [&](const auto& gradient) {
            const auto write = [=](Real g, std::int64_t i, std::int64_t c) {
                to[i] = static_cast<scalar_t>(pa[c] * g - pk[c] * ((wide(data[i]) - m[c]) - rest[c]) - pb[c]);
            };
            if (other == nullptr) {
                for_each_element(x, [=](std::int64_t i, std::int64_t c) { write(gradient(i), i, c); });
            } else {
                for_each_element(x, [=](std::int64_t i, std::int64_t c) {
                    const Real g = gradient(i);
                    other[i] = static_cast<scalar_t>(g);
                    write(g, i, c);
                });
            }
            return 0;
        });
    });
    return dx;
}

} // namespace tacit::dist
