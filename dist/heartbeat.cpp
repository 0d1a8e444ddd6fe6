// SPDX-License-Identifier: Apache-2.0
#include "dist/heartbeat.hpp"

#include "dist/mpi_check.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <limits>

namespace tacit::dist {
namespace {

constexpr std::int64_t kWords = sizeof(RankState) / sizeof(std::int64_t);
constexpr int kTag = 0;

} // namespace

/// A posted receive from one rank and the last send to it. The first word of a message says whether it is the last.
struct Heartbeat::Peer {
    int rank = 0;
    std::vector<std::int64_t> in;
    std::vector<std::int64_t> out;
    MPI_Request receive = MPI_REQUEST_NULL;
    MPI_Request send = MPI_REQUEST_NULL;
};

Heartbeat::Heartbeat(MPI_Comm parent) {
    check_mpi(MPI_Comm_dup(parent, &comm_), "MPI_Comm_dup", 0);
    check_mpi(MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler", 0);
    check_mpi(MPI_Comm_rank(comm_, &rank_), "MPI_Comm_rank", 0);
    check_mpi(MPI_Comm_size(comm_, &size_), "MPI_Comm_size", rank_);
    states_.resize(static_cast<std::size_t>(size_));
    heard_.resize(static_cast<std::size_t>(size_), -1);
    for (int other = 0; other < size_; ++other) {
        if (other != rank_ && (rank_ == 0 || other == 0)) {
            peers_.push_back(std::make_unique<Peer>());
            Peer& peer = *peers_.back();
            peer.rank = other;
            peer.in.resize(static_cast<std::size_t>(message_length()));
            peer.out.resize(peer.in.size());
            MPI_Irecv(peer.in.data(), static_cast<int>(peer.in.size()), MPI_INT64_T, other, kTag, comm_, &peer.receive);
        }
    }
}

Heartbeat::~Heartbeat() = default; // without close() MPI is being left in a hurry, or gone

/// One length for both directions: a rank tells its own state, rank 0 those of all.
std::int64_t Heartbeat::message_length() const {
    return 1 + kWords * size_;
}

void Heartbeat::send_to(int target, std::int64_t now, bool last) {
    Peer& peer = *peers_[static_cast<std::size_t>(rank_ == 0 ? target - 1 : 0)];
    peer.out[0] = last ? 1 : 0;
    const std::vector<RankState> all = states(now);
    std::int64_t* word = peer.out.data() + 1;
    for (const RankState& state : all) {
        for (const std::int64_t value : {state.entered, state.waiting, state.quiet, state.unheard}) {
            *word++ = value;
        }
    }
    MPI_Isend(peer.out.data(), static_cast<int>(peer.out.size()), MPI_INT64_T, target, kTag, comm_, &peer.send);
}

void Heartbeat::take(int source, std::int64_t now) {
    const Peer& peer = *peers_[static_cast<std::size_t>(rank_ == 0 ? source - 1 : 0)];
    for (int rank = 0; rank < size_; ++rank) {
        if (rank == rank_ || (rank_ == 0 && rank != source)) {
            continue;
        }
        const std::int64_t* word = peer.in.data() + 1 + rank * kWords;
        const auto at = static_cast<std::size_t>(rank);
        states_[at] = {word[0], word[1], word[2], 0};
        heard_[at] = now - word[3];
    }
}

void Heartbeat::exchange(const RankState& mine, std::int64_t now) {
    states_[static_cast<std::size_t>(rank_)] = mine;
    for (std::int64_t& heard : heard_) {
        heard = heard < 0 ? now : heard;
    }
    for (const auto& peer : peers_) {
        int done = 1;
        while (MPI_Test(&peer->receive, &done, MPI_STATUS_IGNORE) == MPI_SUCCESS && done != 0 && peer->in[0] == 0) {
            take(peer->rank, now);
            MPI_Irecv(peer->in.data(), static_cast<int>(peer->in.size()), MPI_INT64_T, peer->rank, kTag, comm_,
                      &peer->receive);
        }
    }
    for (const auto& peer : peers_) {
        int done = 1; // a rank that takes nothing in is sent no more
        if (MPI_Test(&peer->send, &done, MPI_STATUS_IGNORE) == MPI_SUCCESS && done != 0) {
            send_to(peer->rank, now, false);
        }
    }
}

std::vector<RankState> Heartbeat::states(std::int64_t now) const {
    std::vector<RankState> all = states_;
    for (std::size_t i = 0; i < all.size(); ++i) {
        all[i].unheard = static_cast<int>(i) == rank_ || heard_[i] < 0 ? 0 : now - heard_[i];
    }
    return all;
}

void Heartbeat::forgive(std::int64_t pause) {
    for (std::int64_t& heard : heard_) {
        heard += heard < 0 ? 0 : pause;
    }
}

void Heartbeat::close() {
    for (const auto& peer : peers_) {
        MPI_Wait(&peer->send, MPI_STATUS_IGNORE);
        send_to(peer->rank, 0, true);
    }
    for (const auto& peer : peers_) {
        while (peer->receive != MPI_REQUEST_NULL || peer->in[0] == 0) {
            if (MPI_Wait(&peer->receive, MPI_STATUS_IGNORE) != MPI_SUCCESS) {
                break;
            }
            if (peer->in[0] == 0) {
                MPI_Irecv(peer->in.data(), static_cast<int>(peer->in.size()), MPI_INT64_T, peer->rank, kTag, comm_,
                          &peer->receive);
            }
        }
        MPI_Wait(&peer->send, MPI_STATUS_IGNORE);
    }
    MPI_Comm_free(&comm_);
}

namespace {

std::string rank_text(std::size_t rank, const std::vector<std::string>& hosts) {
    return fmt::format("rank {} on {}", rank, hosts.at(rank));
}

} // namespace

std::string blame(const std::vector<RankState>& states, int rank, std::int64_t limit,
                  const std::vector<std::string>& hosts) {
    const auto own = static_cast<std::size_t>(rank);
    if (rank != 0 && states[0].unheard >= limit) { // the others' words come through rank 0
        return fmt::format("{} gives no sign of life for {} s: it is stopped, dead or cut off", rank_text(0, hosts),
                           states[0].unheard / 1000);
    }
    std::string blamed;
    bool any_works = false;
    std::int64_t least_quiet = std::numeric_limits<std::int64_t>::max();
    for (std::size_t other = 0; other < states.size(); ++other) {
        const RankState& state = states[other];
        least_quiet = std::min(least_quiet, state.quiet + state.unheard);
        const bool works = state.waiting == 0 && state.entered < states[own].entered;
        std::string why;
        if (other == own) {
            continue;
        }
        if (state.unheard >= limit) {
            why = fmt::format("gives no sign of life for {} s: it is stopped, dead or cut off", state.unheard / 1000);
        } else if (works && state.quiet + state.unheard >= limit) {
            why = fmt::format("has not come to it and shows no progress for {} s: it hangs, or is busy that long",
                              (state.quiet + state.unheard) / 1000);
        }
        any_works = any_works || works;
        if (!why.empty()) {
            blamed += fmt::format("{}{} {}", blamed.empty() ? "" : "; ", rank_text(other, hosts), why);
        }
    }
    if (blamed.empty() && !any_works && least_quiet >= limit) { // the last to come may have come just now
        return "all ranks have come to a collective and none goes on: the network or MPI hangs";
    }
    return blamed;
}

} // namespace tacit::dist
