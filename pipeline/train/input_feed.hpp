// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/train/copy_queue.hpp"
#include "pipeline/train/step/pretext_input.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace tacit::train {

/// The place of a global batch in the stream of a loader.
struct BatchPlace {
    std::int64_t epoch = 0;
    std::int64_t batch = 0;
    bool operator==(const BatchPlace&) const = default;
};

/// Batches as tensors on the training device. On a GPU the next batch is copied and normalised there while the step
/// before it computes. One thread.
class InputFeed {
  public:
    /// `next`: the batch at a place, valid until the following call; `ready`: whether the batch after the last one is
    /// there without waiting. `queue` may be nullptr: then nothing is made ahead. `format` must outlive the feed.
    InputFeed(std::function<const loader::Batch&(BatchPlace)> next, std::function<bool()> ready,
              const InputFormat& format, std::unique_ptr<CopyQueue> queue);
    ~InputFeed();
    InputFeed(const InputFeed&) = delete;
    InputFeed& operator=(const InputFeed&) = delete;

    /// As pretext_input() makes them.
    models::PretextInput take(BatchPlace place, std::int64_t global_count, std::int64_t limit = 0);
    /// Begins with the batch that take() is going to ask for, if it need not be waited for.
    void prepare(BatchPlace place, std::int64_t global_count);

  private:
    struct Prepared {
        BatchPlace place;
        models::PretextInput input;
    };
    models::PretextInput make(BatchPlace place, std::int64_t global_count, std::int64_t limit);

    std::function<const loader::Batch&(BatchPlace)> next_;
    std::function<bool()> ready_;
    const InputFormat& format_;
    std::unique_ptr<CopyQueue> queue_;
    std::optional<Prepared> prepared_;
};

} // namespace tacit::train
