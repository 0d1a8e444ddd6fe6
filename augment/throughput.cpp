// SPDX-License-Identifier: Apache-2.0
#include "augment/throughput.hpp"

#include "augment/buffers.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

namespace tacit::augment {
namespace {

using Clock = std::chrono::steady_clock;

/// Memory for one sample's outputs.
class Outputs {
  public:
    explicit Outputs(const Recipe& recipe) {
        const auto views = static_cast<std::size_t>(recipe.views());
        classes_.resize(2 * views);
        pixels_.resize(views);
        masks_.resize(views);
        for (std::size_t i = 0; i < views; ++i) {
            pixels_[i].resize(recipe.output(static_cast<int>(i)).bytes());
            masks_[i].resize(recipe.outputs(static_cast<int>(i)).mask.bytes());
            slots_.push_back({pixels_[i].data(), masks_[i].data(), &classes_[2 * i], &classes_[2 * i + 1], nullptr});
        }
    }
    const std::vector<ViewSlot>& slots() const { return slots_; }

  private:
    std::vector<std::int32_t> classes_;
    std::vector<std::vector<std::uint8_t>> pixels_;
    std::vector<std::vector<std::uint8_t>> masks_;
    std::vector<ViewSlot> slots_;
};

/// Makes views again and again.
class Run {
  public:
    Run(const Recipe& recipe, std::span<const ImageView> sources)
        : recipe_(recipe), sources_(sources), outputs_(recipe) {}
    Workspace& workspace() { return workspace_; }

    /// Seconds that a view took, over about `duration` seconds.
    double seconds_per_view(double duration) {
        constexpr int kSamplesPerLook = 16;
        const Clock::time_point start = Clock::now();
        double elapsed = 0.0;
        double views = 0.0;
        do {
            for (int i = 0; i < kSamplesPerLook; ++i, ++key_.sample) {
                recipe_.apply(sources_[key_.sample % sources_.size()], key_, outputs_.slots(), workspace_);
            }
            views += kSamplesPerLook * recipe_.views();
            elapsed = std::chrono::duration<double>(Clock::now() - start).count();
        } while (elapsed < duration);
        views_ = views;
        return elapsed / views;
    }
    /// Views of the last call.
    double views() const { return views_; }

  private:
    const Recipe& recipe_;
    std::span<const ImageView> sources_;
    Outputs outputs_;
    Workspace workspace_;
    SampleKey key_;
    double views_ = 0.0;
};

} // namespace

double views_per_second(const Recipe& recipe, std::span<const ImageView> sources, double seconds) {
    Run run(recipe, sources);
    run.seconds_per_view(0.1 * seconds);
    return 1.0 / run.seconds_per_view(seconds);
}

std::vector<ProfileLine> profile_recipe(const Recipe& recipe, std::span<const ImageView> sources, double seconds) {
    Run run(recipe, sources);
    run.seconds_per_view(0.1 * seconds);
    OperationSeconds by_operation;
    run.workspace().buffers().seconds = &by_operation;
    double rest = run.seconds_per_view(seconds);
    std::vector<ProfileLine> lines;
    for (const auto& [operation, total] : by_operation) {
        lines.push_back({operation, total / run.views()});
        rest -= lines.back().seconds;
    }
    lines.push_back({"deliver", rest});
    std::sort(lines.begin(), lines.end(),
              [](const ProfileLine& a, const ProfileLine& b) { return a.seconds > b.seconds; });
    return lines;
}

} // namespace tacit::augment
