// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/checkpoint_writer.hpp"

#include "pipeline/base/log.hpp"
#include "pipeline/base/reason.hpp"
#include "pipeline/train/checkpoint.hpp"
#include "pipeline/train/signals.hpp"

#include <torch/types.h>
#include <torch/utils.h>

#include <array>
#include <cerrno>
#include <exception>
#include <filesystem>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace tacit::train {

namespace {

bool same_layout(const NamedTensors& kept, const NamedTensors& now) {
    return std::equal(kept.begin(), kept.end(), now.begin(), now.end(), [](const auto& a, const auto& b) {
        return a.first == b.first && a.second.sizes() == b.second.sizes() && a.second.dtype() == b.second.dtype();
    });
}

/// Copies `now` into the memory of `kept`, which is made where there is none yet.
void copy_into(NamedTensors& kept, const NamedTensors& now) {
    if (!same_layout(kept, now)) {
        kept.clear();
        for (const auto& [name, tensor] : now)
            kept.emplace_back(name, torch::empty_like(tensor, tensor.options().device(torch::kCPU)));
    }
    for (std::size_t i = 0; i < now.size(); ++i)
        kept[i].second.copy_(now[i].second);
}

std::string newest_text(std::int64_t saved_step) {
    return saved_step > 0 ? "the newest whole checkpoint is " + checkpoint_name(saved_step)
                          : "there is no checkpoint yet";
}

} // namespace

CheckpointWriter::CheckpointWriter(std::string folder, std::int64_t keep, std::int64_t saved_step,
                                   std::function<void()> before_write)
    : folder_(std::move(folder)), keep_(keep), before_write_(std::move(before_write)), saved_step_(saved_step),
      end_(::eventfd(0, EFD_CLOEXEC)), thread_([this] { watch(); }) {}

CheckpointWriter::~CheckpointWriter() {
    const std::uint64_t one = 1;
    static_cast<void>(::write(end_, &one, sizeof one) + 0);
    thread_.join();
    ::close(end_);
}

std::int64_t CheckpointWriter::saved_step() const {
    const std::lock_guard lock(mutex_);
    return saved_step_;
}

std::string CheckpointWriter::newest() const {
    return newest_text(saved_step());
}

void CheckpointWriter::write_locked(const Manifest& manifest, const NamedTensors& model,
                                    const NamedTensors& optimizer) {
    if (before_write_)
        before_write_();
    write_checkpoint(folder_, manifest, model, optimizer);
    saved_step_ = written_step_ = manifest.step;
    prune_checkpoints(folder_, keep_, manifest.step);
}

void CheckpointWriter::write(const Manifest& manifest, const NamedTensors& model, const NamedTensors& optimizer) {
    const std::lock_guard lock(mutex_);
    std::error_code error;
    if (manifest.step == written_step_ && // at a stop; to write it again would first remove it
        std::filesystem::exists(folder_ + "/" + checkpoint_name(written_step_) + "/manifest.json", error))
        return;
    write_locked(manifest, model, optimizer);
}

void CheckpointWriter::remember(Manifest manifest, const NamedTensors& model, const NamedTensors& optimizer) {
    const torch::NoGradGuard no_gradient;
    const std::lock_guard lock(mutex_);
    copy_into(last_.model, model);
    copy_into(last_.optimizer, optimizer);
    last_.manifest = std::move(manifest);
    last_.whole = true;
    step_done_ = true;
}

void CheckpointWriter::forget() {
    const std::lock_guard lock(mutex_);
    last_.whole = false;
    step_done_ = true;
}

void CheckpointWriter::watch() {
    std::array<pollfd, 2> waited = {{{stop_descriptor(), POLLIN, 0}, {end_, POLLIN, 0}}};
    while (::poll(waited.data(), waited.size(), -1) < 0 && errno == EINTR) {
    }
    if (waited[1].revents == 0)
        answer_stop();
}

void CheckpointWriter::answer_stop() {
    const torch::NoGradGuard no_gradient;
    const std::lock_guard lock(mutex_);
    if (!step_done_) {
        log::info(fmt::format("stop asked for before the first step of this start is complete: {}; the run ends after "
                              "that step",
                              saved_step_ > 0 ? checkpoint_name(saved_step_) + " is on disk"
                                              : std::string("there is nothing to keep yet")));
        return;
    }
    if (!last_.whole) { // the running step ends soon, and the loop writes what it made
        log::info("stop asked for: the run ends after what it does now, with a checkpoint");
        return;
    }
    try {
        if (last_.manifest.step > saved_step_) {
            log::info(fmt::format("stop asked for: writing {}, the state after the last whole step; until that is said "
                                  "to be on disk, {}",
                                  checkpoint_name(last_.manifest.step), newest_text(saved_step_)));
            write_locked(last_.manifest, last_.model, last_.optimizer);
        }
        log::info(fmt::format("stop asked for: {} is on disk, and the same command goes on from it; the run ends after "
                              "the step that is running",
                              checkpoint_name(saved_step_)));
    } catch (const std::exception& error) { // of any kind: nothing else catches on this thread
        log::warning(
            fmt::format("stop asked for, and the state after the last whole step was not kept: {}", reason_of(error)));
    }
}

} // namespace tacit::train
