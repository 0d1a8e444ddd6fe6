// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/state/checkpoint_writer.hpp"

#include "pipeline/base/log.hpp"
#include "pipeline/base/reason.hpp"
#include "pipeline/train/machine/signals.hpp"
#include "pipeline/train/run/run_paths.hpp"
#include "pipeline/train/state/checkpoint.hpp"
#include "pipeline/train/state/model_state.hpp"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <filesystem>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <system_error>
#include <time.h>
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
        for (const auto& [name, tensor] : now) {
            kept.emplace_back(name, torch::empty_like(tensor, tensor.options().device(torch::kCPU)));
        }
    }
    for (std::size_t i = 0; i < now.size(); ++i) {
        kept[i].second.copy_(now[i].second);
    }
}

/// Makes an eventfd readable, and not.
void signal_event(int event) {
    const std::uint64_t one = 1;
    static_cast<void>(::write(event, &one, sizeof one) + 0);
}
void clear_event(int event) {
    std::uint64_t count = 0;
    static_cast<void>(::read(event, &count, sizeof count) + 0);
}

/// Thrown within stage_last(): not a std::exception, of which stage_checkpoint() makes an IoError.
struct StagingInterrupted {};

double seconds_of(clockid_t clock) {
    timespec now{};
    ::clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

std::string newest_text(std::int64_t saved_step) {
    return saved_step > 0 ? "the newest whole checkpoint is " + checkpoint_name(saved_step)
                          : "there is no checkpoint yet";
}

} // namespace

CheckpointWriter::CheckpointWriter(std::string folder, std::int64_t keep, std::int64_t saved_step,
                                   std::function<void()> before_write, bool stages)
    : folder_(std::move(folder)), keep_(keep), before_write_(std::move(before_write)), saved_step_(saved_step),
      stages_(stages), work_(::eventfd(0, EFD_CLOEXEC)), end_(::eventfd(0, EFD_CLOEXEC)), thread_([this] { serve(); }) {
}

CheckpointWriter::~CheckpointWriter() {
    signal_event(end_);
    thread_.join();
    ::close(end_);
    ::close(work_);
}

std::int64_t CheckpointWriter::saved_step() const {
    const std::lock_guard lock(mutex_);
    return saved_step_;
}

std::string CheckpointWriter::newest() const {
    return newest_text(saved_step());
}

bool CheckpointWriter::met_not_finite() const {
    const std::lock_guard lock(mutex_);
    return !not_finite_.empty();
}

void CheckpointWriter::check() const {
    const std::lock_guard lock(mutex_);
    if (!not_finite_.empty()) {
        throw NotFiniteError(not_finite_);
    }
}

/// To write it again would first remove it.
bool CheckpointWriter::is_written(std::int64_t step) const {
    std::error_code error;
    return step == written_step_ &&
           std::filesystem::exists(CheckpointPaths(folder_ + "/" + checkpoint_name(written_step_)).manifest(), error);
}

void CheckpointWriter::take(Manifest&& manifest, const NamedTensors& model, const NamedTensors& optimizer,
                            bool awaited) {
    const torch::NoGradGuard no_gradient;
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [&] { return !submitted_.whole; });
    failure_ = nullptr;
    if (is_written(manifest.step)) {
        return;
    }
    copy_into(submitted_.model, model);
    copy_into(submitted_.optimizer, optimizer);
    submitted_.manifest = std::move(manifest);
    submitted_.whole = true;
    awaited_ = awaited;
    signal_event(work_);
}

void CheckpointWriter::submit(Manifest manifest, const NamedTensors& model, const NamedTensors& optimizer) {
    take(std::move(manifest), model, optimizer, false);
}

void CheckpointWriter::write(Manifest manifest, const NamedTensors& model, const NamedTensors& optimizer) {
    take(std::move(manifest), model, optimizer, true);
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [&] { return !submitted_.whole; });
    if (failure_) {
        std::rethrow_exception(std::exchange(failure_, nullptr));
    }
}

/// On the writer's thread alone.
void CheckpointWriter::save(const State& state) {
    if (before_write_) {
        before_write_();
    }
    const std::int64_t step = state.manifest.step;
    if (std::exchange(staged_, std::nullopt) != step || !is_staged(folder_, step)) {
        stage_checkpoint(folder_, state.manifest, state.model, state.optimizer);
    }
    publish_checkpoint(folder_, step);
    prune_checkpoints(folder_, keep_, step);
}

void CheckpointWriter::write_submitted() {
    {
        const std::lock_guard lock(mutex_);
        if (!submitted_.whole) {
            return;
        }
    }
    const std::int64_t step = submitted_.manifest.step; // take() leaves it alone while it is whole
    std::exception_ptr failure;
    try {
        save(submitted_);
    } catch (...) { // of any kind: nothing else catches on this thread
        failure = std::current_exception();
    }
    const std::lock_guard lock(mutex_);
    if (!failure) {
        saved_step_ = written_step_ = step;
    } else {
        keep_failure(failure);
    }
    submitted_.whole = false;
    idle_.notify_all();
}

void CheckpointWriter::keep_failure(const std::exception_ptr& failure) {
    if (awaited_) {
        failure_ = failure;
        return;
    }
    try {
        std::rethrow_exception(failure);
    } catch (const NotFiniteError& error) {
        not_finite_ = fmt::format("after step {}: {}", submitted_.manifest.step, error.what());
    } catch (const std::exception& error) {
        log::warning(fmt::format("{}; {}; training goes on", reason_of(error), newest_text(saved_step_)));
    }
}

void CheckpointWriter::remember(Manifest manifest, const NamedTensors& model, const NamedTensors& optimizer,
                                double seconds) {
    const torch::NoGradGuard no_gradient;
    const std::lock_guard lock(mutex_);
    step_done_ = true;
    staging_debt_ -= seconds;
    if (staging_) {
        return;
    }
    copy_into(last_.model, model);
    copy_into(last_.optimizer, optimizer);
    last_.manifest = std::move(manifest);
    last_.whole = true;
    if (!stages_ || staging_debt_ > 0) {
        return;
    }
    to_stage_ = last_.manifest.step;
    signal_event(work_);
}

void CheckpointWriter::stage_last() {
    {
        const std::lock_guard lock(mutex_);
        const auto wanted = std::exchange(to_stage_, std::nullopt);
        if (!wanted || !last_.whole || *wanted <= saved_step_) {
            return;
        }
        staging_ = true;
    }
    const double begun = seconds_of(CLOCK_MONOTONIC);
    const double worked = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    try {
        if (before_write_) {
            before_write_();
        }
        stage_checkpoint(folder_, last_.manifest, last_.model, last_.optimizer, [] {
            if (stop_requested()) {
                throw StagingInterrupted();
            }
        });
        staged_ = last_.manifest.step;
        staging_failed_ = false;
    } catch (const StagingInterrupted&) {            // answer_stop() goes on
    } catch (const NotFiniteError&) {                // told when a checkpoint of it is due
    } catch (const std::exception& error) {          // of any kind: nothing else catches on this thread
        if (!std::exchange(staging_failed_, true)) { // once, and not after every step while a disk is full
            log::warning(fmt::format("{}; a stop in the next step could lose this one", reason_of(error)));
        }
    }
    const std::lock_guard lock(mutex_);
    staging_debt_ = std::max((seconds_of(CLOCK_THREAD_CPUTIME_ID) - worked) / kStagingShare,
                             (seconds_of(CLOCK_MONOTONIC) - begun) / kStagingTime);
    staging_ = false;
}

/// What is staged is on disk at once, though it may not be the last step.
void CheckpointWriter::publish_staged() {
    if (!staged_ || *staged_ <= saved_step_ || *staged_ >= last_.manifest.step || !is_staged(folder_, *staged_)) {
        return;
    }
    publish_checkpoint(folder_, *staged_);
    saved_step_ = written_step_ = *staged_;
    staged_.reset();
}

void CheckpointWriter::forget() {
    const std::lock_guard lock(mutex_);
    last_.whole = false;
    step_done_ = true;
}

void CheckpointWriter::serve() {
    const torch::NoGradGuard no_gradient;
    std::array<pollfd, 3> waited = {{{work_, POLLIN, 0}, {stop_descriptor(), POLLIN, 0}, {end_, POLLIN, 0}}};
    while (true) {
        for (pollfd& one : waited) {
            one.revents = 0;
        }
        if (::poll(waited.data(), waited.size(), -1) < 0 && errno == EINTR) {
            continue;
        }
        if (waited[0].revents != 0) {
            clear_event(work_);
            write_submitted();
            stage_last();
        } else if (waited[2].revents != 0) {
            return;
        } else if (waited[1].revents != 0) {
            answer_stop();
            waited[1].fd = -1; // it stays readable, and is answered once
        }
    }
}

void CheckpointWriter::answer_stop() {
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
        publish_staged();
        if (last_.manifest.step > saved_step_) {
            log::info(fmt::format("stop asked for: writing {}, the state after the last whole step; until that is said "
                                  "to be on disk, {}",
                                  checkpoint_name(last_.manifest.step), newest_text(saved_step_)));
            save(last_);
            saved_step_ = written_step_ = last_.manifest.step;
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
