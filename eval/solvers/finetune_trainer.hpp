// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/recipe/recipe.hpp"
#include "dist/communicator.hpp"
#include "eval/solvers/finetune.hpp"

#include <torch/nn/modules/linear.h>

#include <functional>

namespace tacit::eval {

/// One training: which start, at which learning rate, on which labels.
struct Cell {
    std::size_t row = 0;
    double lr = 0;
    std::int64_t draw = 0;
    bool selection = false; ///< train on the kept labels and measure on the held-out ones
};

/// Work is counted in passes: an image that is judged is one, an image that is trained on three (forward, and backward
/// for inputs and weights). `epoch` counts from 1; 0: the network is being judged.
using OnPasses = std::function<void(std::int64_t passes, std::int64_t epoch)>;

/// Trains and measures the networks of finetune(), one at a time, on this rank alone.
class FinetuneTrainer {
  public:
    /// All must outlive this.
    FinetuneTrainer(const std::vector<FinetuneRow>& rows, const shards::Dataset& train, const shards::Dataset& test,
                    const FeatureOptions& images, const FinetuneOptions& options);

    /// Labels of each class that a draw holds.
    const std::vector<std::int64_t>& counts() const { return counts_; }
    /// Work that a cell is.
    std::int64_t passes(const Cell& cell) const;
    /// Trains the cell's network and returns its accuracy. `on_passes` is called after every batch with what it was.
    double run(const Cell& cell, const OnPasses& on_passes) const;

  private:
    struct Network;
    struct Samples;

    Samples samples_of(const Cell& cell) const;
    Network start(const FinetuneRow& row, std::uint64_t seed) const;
    void fit(Network& network, const std::vector<std::int64_t>& samples, double lr, std::uint64_t seed,
             const OnPasses& on_passes) const;
    double accuracy(Network& network, const shards::Dataset& dataset, const std::vector<std::int64_t>& samples,
                    const OnPasses& on_passes) const;

    const std::vector<FinetuneRow>& rows_;
    const shards::Dataset& train_;
    const shards::Dataset& test_;
    const FeatureOptions& images_;
    const FinetuneOptions& options_;
    std::vector<std::int64_t> counts_;
    augment::Recipe augmentation_;
    augment::Recipe plain_;
};

} // namespace tacit::eval
