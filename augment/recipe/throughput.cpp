// SPDX-License-Identifier: Apache-2.0
#include "augment/recipe/throughput.hpp"

#include "augment/buffers.hpp"
#include "augment/normalize/normalize.hpp"

#include "pipeline/base/digest.hpp"

#include <algorithm>
#include <barrier>
#include <chrono>
#include <deque>
#include <exception>
#include <functional>
#include <numeric>
#include <thread>
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
    ImageView image(const Recipe& recipe, int view) const {
        return {slots_[static_cast<std::size_t>(view)].pixels, recipe.output(view)};
    }

    std::string digest() const {
        Sha256 hash;
        for (const std::vector<std::uint8_t>& view : pixels_) {
            hash.update(view.data(), view.size());
        }
        for (const std::vector<std::uint8_t>& mask : masks_) {
            hash.update(mask.data(), mask.size());
        }
        hash.update(classes_.data(), classes_.size() * sizeof(classes_[0]));
        return hash.hex();
    }

  private:
    std::vector<std::int32_t> classes_;
    std::vector<std::vector<std::uint8_t>> pixels_;
    std::vector<std::vector<std::uint8_t>> masks_;
    std::vector<ViewSlot> slots_;
};

/// Normalises views, one over the other.
class Normalizer {
  public:
    Normalizer(const Recipe& recipe, Delivery delivery)
        : normalize_(std::vector<double>(static_cast<std::size_t>(recipe.channels()), 0.5),
                     std::vector<double>(static_cast<std::size_t>(recipe.channels()), 0.25)),
          delivery_(delivery) {
        for (int view = 0; view < recipe.views(); ++view) {
            const std::size_t values = recipe.output(view).bytes();
            floats_.resize(std::max(floats_.size(), delivery == Delivery::f32 ? values : 0));
            halves_.resize(std::max(halves_.size(), delivery == Delivery::bf16 ? values : 0));
        }
    }
    void take(ImageView view) {
        if (delivery_ == Delivery::f32) {
            normalize_.run(view, PixelLayout::planar, floats_.data());
        } else if (delivery_ == Delivery::bf16) {
            normalize_.run(view, PixelLayout::planar, halves_.data());
        }
    }

  private:
    Normalize normalize_;
    Delivery delivery_;
    std::vector<float> floats_;
    std::vector<BFloat16> halves_;
};

/// Makes views again and again.
class Run {
  public:
    Run(const Recipe& recipe, std::span<const ImageView> sources, Delivery delivery, std::uint64_t seed)
        : recipe_(recipe), sources_(sources), outputs_(recipe), normalizer_(recipe, delivery), key_{seed, 0, 0} {}
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
                for (int view = 0; view < recipe_.views(); ++view) {
                    normalizer_.take(outputs_.image(recipe_, view));
                }
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
    Normalizer normalizer_;
    Workspace workspace_;
    SampleKey key_;
    double views_ = 0.0;
};

/// Throws what the first of them threw.
void in_threads(int threads, const std::function<void(int)>& work) {
    std::vector<std::exception_ptr> errors(static_cast<std::size_t>(threads));
    const auto guarded = [&](int thread) {
        try {
            work(thread);
        } catch (...) {
            errors[static_cast<std::size_t>(thread)] = std::current_exception();
        }
    };
    {
        std::vector<std::jthread> others;
        others.reserve(errors.size() - 1);
        for (int thread = 1; thread < threads; ++thread) {
            others.emplace_back(guarded, thread);
        }
        guarded(0);
    }
    const auto error = std::find_if(errors.begin(), errors.end(), [](const auto& e) { return e != nullptr; });
    if (error != errors.end()) {
        std::rethrow_exception(*error);
    }
}

} // namespace

double views_per_second(const Recipe& recipe, std::span<const ImageView> sources, double seconds, Delivery delivery,
                        int threads) {
    std::vector<double> rates(static_cast<std::size_t>(threads));
    std::deque<Run> runs;
    for (int thread = 0; thread < threads; ++thread) {
        runs.emplace_back(recipe, sources, delivery, static_cast<std::uint64_t>(thread));
    }
    in_threads(threads, [&](int thread) { runs[static_cast<std::size_t>(thread)].seconds_per_view(0.1 * seconds); });
    std::barrier start(threads);
    in_threads(threads, [&](int thread) {
        const auto number = static_cast<std::size_t>(thread);
        start.arrive_and_wait();
        rates[number] = 1.0 / runs[number].seconds_per_view(seconds);
    });
    return std::accumulate(rates.begin(), rates.end(), 0.0);
}

std::string views_digest(const Recipe& recipe, std::span<const ImageView> sources, int samples, int threads) {
    std::vector<std::string> digests(static_cast<std::size_t>(samples));
    in_threads(threads, [&](int thread) {
        Outputs outputs(recipe);
        Workspace workspace;
        for (int sample = thread; sample < samples; sample += threads) {
            const auto number = static_cast<std::size_t>(sample);
            recipe.apply(sources[number % sources.size()], {1, 0, number}, outputs.slots(), workspace);
            digests[number] = outputs.digest();
        }
    });
    Sha256 all;
    for (const std::string& digest : digests) {
        all.update(digest.data(), digest.size());
    }
    return all.hex();
}

std::vector<ProfileLine> profile_recipe(const Recipe& recipe, std::span<const ImageView> sources, double seconds) {
    Run run(recipe, sources, Delivery::u8, 0);
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
