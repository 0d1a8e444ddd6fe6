// SPDX-License-Identifier: Apache-2.0
#include "models/step/draws.hpp"

#include "augment/random/philox.hpp"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>
#include <utility>
#include <vector>

namespace tacit::models {
namespace {

constexpr std::int64_t kShared = -1; // stands for the sample in draws that belong to none

/// FNV-1a, so that any name is a stream.
std::uint64_t hash_of(std::string_view text) {
    std::uint64_t hash = 0xCBF29CE484222325U;
    for (const char c : text) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
    }
    return hash;
}

/// The finaliser of SplitMix64 (Steele, Lea & Flood 2014): every bit of the input moves half of the output's.
std::uint64_t mixed(std::uint64_t value) {
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9U;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EBU;
    return value ^ (value >> 31);
}

/// Words of one sample's stream, one after another.
class RandomWords {
  public:
    RandomWords(const StepContext& context, std::string_view stream, std::int64_t sample)
        : sample_(static_cast<std::uint64_t>(sample)) {
        const std::uint64_t key =
            mixed(mixed(mixed(context.seed) + hash_of(stream)) + static_cast<std::uint64_t>(context.step));
        key_ = {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)};
    }

    std::uint32_t next() {
        if (place_ == block_.size()) {
            block_ =
                augment::philox4x32({static_cast<std::uint32_t>(count_), static_cast<std::uint32_t>(count_ >> 32),
                                     static_cast<std::uint32_t>(sample_), static_cast<std::uint32_t>(sample_ >> 32)},
                                    key_);
            ++count_;
            place_ = 0;
        }
        return block_[place_++];
    }

    /// In [0, 1), a multiple of 2^-24.
    float uniform() { return static_cast<float>(next() >> 8) * 0x1p-24F; }

    std::pair<float, float> normals() {
        const double radius = std::sqrt(-2.0 * std::log((static_cast<double>(next()) + 0.5) * 0x1p-32));
        const double angle = 2.0 * std::numbers::pi * static_cast<double>(next()) * 0x1p-32;
        return {static_cast<float>(radius * std::cos(angle)), static_cast<float>(radius * std::sin(angle))};
    }

    /// In [0, bound), by rejection, so that no value is likelier.
    std::uint64_t below(std::uint64_t bound) {
        const std::uint64_t limit = std::numeric_limits<std::uint64_t>::max() / bound * bound;
        std::uint64_t word = 0;
        do {
            word = static_cast<std::uint64_t>(next()) << 32U;
            word |= next();
        } while (word >= limit);
        return word % bound;
    }

  private:
    std::uint64_t sample_;
    augment::PhiloxKey key_{};
    std::uint64_t count_ = 0;
    augment::PhiloxCounter block_{};
    std::size_t place_ = 4;
};

/// Calls fill(words, row, count) for each sample's row of an [N, sizes…] tensor.
template <class Fill>
at::Tensor rows_of(const StepContext& context, std::string_view stream, const at::Tensor& ids, at::IntArrayRef sizes,
                   at::Device device, const Fill& fill) {
    if (ids.dim() != 1 || ids.scalar_type() != at::kLong || !ids.device().is_cpu()) {
        throw std::invalid_argument("draws: ids must be [N] int64 on the host");
    }
    std::vector<std::int64_t> shape = {ids.numel()};
    shape.insert(shape.end(), sizes.begin(), sizes.end());
    // From pinned memory a GPU copies without being waited for.
    const at::Tensor rows = at::empty(shape, at::TensorOptions(at::kFloat).pinned_memory(device.is_cuda()));
    const at::Tensor samples = ids.contiguous();
    const std::int64_t length = c10::multiply_integers(sizes);
    auto* row = rows.mutable_data_ptr<float>();
    for (std::int64_t n = 0; n < ids.numel(); ++n, row += length) {
        RandomWords words(context, stream, samples.const_data_ptr<std::int64_t>()[n]);
        fill(words, row, length);
    }
    return rows.to(device, /*non_blocking=*/true);
}

} // namespace

at::Tensor uniform_draws(const StepContext& context, std::string_view stream, const at::Tensor& ids,
                         at::IntArrayRef sizes, at::Device device) {
    return rows_of(context, stream, ids, sizes, device, [](RandomWords& words, float* row, std::int64_t count) {
        std::generate_n(row, count, [&] { return words.uniform(); });
    });
}

at::Tensor normal_draws(const StepContext& context, std::string_view stream, const at::Tensor& ids,
                        at::IntArrayRef sizes, at::Device device) {
    return rows_of(context, stream, ids, sizes, device, [](RandomWords& words, float* row, std::int64_t count) {
        for (std::int64_t i = 0; i < count; i += 2) {
            const auto [first, second] = words.normals();
            row[i] = first;
            if (i + 1 < count) {
                row[i + 1] = second;
            }
        }
    });
}

at::Tensor permutation_draw(const StepContext& context, std::string_view stream, std::int64_t count) {
    at::Tensor permutation = at::arange(count, at::kLong);
    auto* values = permutation.mutable_data_ptr<std::int64_t>();
    RandomWords words(context, stream, kShared);
    for (std::int64_t i = count - 1; i > 0; --i) {
        std::swap(values[i], values[words.below(static_cast<std::uint64_t>(i) + 1)]);
    }
    return permutation;
}

} // namespace tacit::models
