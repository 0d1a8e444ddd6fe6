// SPDX-License-Identifier: Apache-2.0
#include "dist/pending_collectives.hpp"

#include <utility>

namespace tacit::dist {

void PendingCollectives::add(const char* operation, Communicator::Phase phase) {
    const std::lock_guard lock(mutex_);
    pending_.push_back({operation, std::move(phase)});
}

PendingCollectives::Look PendingCollectives::look(std::int64_t now) {
    const std::lock_guard lock(mutex_);
    Look found;
    while (!pending_.empty()) {
        Pending& oldest = pending_.front();
        const WatchedPhase phase = oldest.phase();
        if (phase != WatchedPhase::queued && oldest.begun_at < 0) {
            oldest.begun_at = now;
            ++found.begun;
            found.progress = true;
        }
        if (phase != WatchedPhase::ended) {
            break;
        }
        found.progress = true;
        pending_.pop_front();
    }
    found.waiting = !pending_.empty() && pending_.front().begun_at >= 0;
    return found;
}

std::optional<PendingCollectives::Waiting> PendingCollectives::waiting() const {
    const std::lock_guard lock(mutex_);
    if (pending_.empty() || pending_.front().begun_at < 0) {
        return std::nullopt;
    }
    return Waiting{pending_.front().operation, pending_.front().begun_at};
}

void PendingCollectives::forgive(std::int64_t pause) {
    const std::lock_guard lock(mutex_);
    for (Pending& pending : pending_) {
        pending.begun_at += pending.begun_at < 0 ? 0 : pause;
    }
}

} // namespace tacit::dist
