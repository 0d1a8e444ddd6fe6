// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/input_feed.hpp"

#include <torch/types.h>

#include <utility>

namespace tacit::train {

InputFeed::InputFeed(std::function<const loader::Batch&(BatchPlace)> next, std::function<bool()> ready,
                     const InputFormat& format, std::unique_ptr<CopyQueue> queue)
    : next_(std::move(next)), ready_(std::move(ready)), format_(format), queue_(std::move(queue)) {}

InputFeed::~InputFeed() {
    if (queue_) {
        queue_->wait();
    }
}

models::PretextInput InputFeed::make(BatchPlace place, std::int64_t global_count, std::int64_t limit) {
    if (!queue_) {
        return pretext_input(next_(place), format_, global_count, limit);
    }
    queue_->wait(); // the loader is going to fill the memory of the batch before
    const loader::Batch& batch = next_(place);
    models::PretextInput input;
    queue_->run([&] { input = pretext_input(batch, format_, global_count, limit); });
    return input;
}

models::PretextInput InputFeed::take(BatchPlace place, std::int64_t global_count, std::int64_t limit) {
    models::PretextInput input = prepared_ && prepared_->place == place && limit == 0
                                     ? std::move(prepared_->input)
                                     : make(place, global_count, limit);
    prepared_.reset();
    if (queue_) {
        queue_->hand_over(device_tensors(input));
    }
    return input;
}

void InputFeed::prepare(BatchPlace place, std::int64_t global_count) {
    if (queue_ && !prepared_ && ready_()) {
        prepared_ = Prepared{place, make(place, global_count, 0)};
    }
}

} // namespace tacit::train
