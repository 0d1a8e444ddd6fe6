// SPDX-License-Identifier: Apache-2.0
#include "augment/throughput.hpp"

#include <chrono>
#include <vector>

namespace tacit::augment {
namespace {

using Clock = std::chrono::steady_clock;

/// Memory for one sample's views.
class Outputs {
  public:
    explicit Outputs(const Recipe& recipe) : rotations_(static_cast<std::size_t>(recipe.views())) {
        const std::size_t bytes = recipe.output().bytes();
        pixels_.resize(rotations_.size() * bytes);
        masks_.resize(rotations_.size() * bytes);
        for (std::size_t i = 0; i < rotations_.size(); ++i) {
            slots_.push_back({&pixels_[i * bytes], &masks_[i * bytes], &rotations_[i]});
        }
    }
    const std::vector<ViewSlot>& slots() const { return slots_; }

  private:
    std::vector<std::int32_t> rotations_;
    std::vector<std::uint8_t> pixels_;
    std::vector<std::uint8_t> masks_;
    std::vector<ViewSlot> slots_;
};

} // namespace

double views_per_second(const Recipe& recipe, ImageView source, double seconds) {
    constexpr int kSamplesPerLook = 16;
    Workspace workspace;
    const Outputs outputs(recipe);
    SampleKey key;
    const auto rate_over = [&](double duration) {
        const Clock::time_point start = Clock::now();
        double elapsed = 0.0;
        double views = 0.0;
        do {
            for (int i = 0; i < kSamplesPerLook; ++i, ++key.sample) {
                recipe.apply(source, key, outputs.slots(), workspace);
            }
            views += kSamplesPerLook * recipe.views();
            elapsed = std::chrono::duration<double>(Clock::now() - start).count();
        } while (elapsed < duration);
        return views / elapsed;
    };
    rate_over(0.1 * seconds);
    return rate_over(seconds);
}

} // namespace tacit::augment
