// SPDX-License-Identifier: Apache-2.0
#include "dist/watch/heartbeat.hpp"

#include "dist/backends/mpi_check.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <limits>

namespace tacit::dist {
namespace {

constexpr std::int64_t kWords = sizeof(RankState) / sizeof(std::int64_t);
constexpr std::int64_t kNever = -1;
constexpr std::int64_t kGone = std::numeric_limits<std::int64_t>::max();

} // namespace

/// A posted receive from one rank and the last send to it. The first word of a message says whether it is the last.
struct Heartbeat::Peer {
    int rank = 0;
    std::vector<std::int64_t> in;
    std::vector<std::int64_t> out;
    MPI_Request receive = MPI_REQUEST_NULL;
    MPI_Request send = MPI_REQUEST_NULL;
};

Heartbeat::Heartbeat(MPI_Comm comm, int tag) : comm_(comm), tag_(tag) {
    check_mpi(MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler", 0);
    check_mpi(MPI_Comm_rank(comm_, &rank_), "MPI_Comm_rank", 0);
    check_mpi(MPI_Comm_size(comm_, &size_), "MPI_Comm_size", rank_);
    states_.resize(static_cast<std::size_t>(size_));
    heard_.resize(static_cast<std::size_t>(size_), kNever);
    for (int other = 0; other < size_; ++other) {
        if (other != rank_ && (rank_ == 0 || other == 0)) {
            peers_.push_back(std::make_unique<Peer>());
            Peer& peer = *peers_.back();
            peer.rank = other;
            peer.in.resize(static_cast<std::size_t>(message_length()));
            peer.out.resize(peer.in.size());
            MPI_Irecv(peer.in.data(), static_cast<int>(peer.in.size()), MPI_INT64_T, other, tag_, comm_, &peer.receive);
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
    MPI_Isend(peer.out.data(), static_cast<int>(peer.out.size()), MPI_INT64_T, target, tag_, comm_, &peer.send);
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

/// Without rank 0 nothing more is heard of anyone.
void Heartbeat::part_from(int other) {
    if (other == 0) {
        std::fill(heard_.begin(), heard_.end(), kGone);
    }
    heard_[static_cast<std::size_t>(other)] = kGone;
}

/// What has come from the peers.
void Heartbeat::take_in(std::int64_t now) {
    for (std::int64_t& heard : heard_) {
        heard = heard == kNever ? now : heard;
    }
    for (const auto& peer : peers_) {
        int done = 1;
        while (MPI_Test(&peer->receive, &done, MPI_STATUS_IGNORE) == MPI_SUCCESS && done != 0 && peer->in[0] == 0) {
            take(peer->rank, now);
            MPI_Irecv(peer->in.data(), static_cast<int>(peer->in.size()), MPI_INT64_T, peer->rank, tag_, comm_,
                      &peer->receive);
        }
        if (peer->receive == MPI_REQUEST_NULL && peer->in[0] != 0) {
            part_from(peer->rank);
        }
    }
}

void Heartbeat::exchange(const RankState& mine, std::int64_t now) {
    states_[static_cast<std::size_t>(rank_)] = mine;
    take_in(now);
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
        const bool known = static_cast<int>(i) != rank_ && heard_[i] != kNever && heard_[i] != kGone;
        all[i].unheard = known ? now - heard_[i] : 0;
    }
    return all;
}

void Heartbeat::forgive(std::int64_t pause) {
    for (std::int64_t& heard : heard_) {
        heard += heard == kNever || heard == kGone ? 0 : pause;
    }
}

/// Rank 0 leaves last, and all others when it does, so that none waits where nobody is heard.
void Heartbeat::close(const RankState& mine, const OnWait& on_wait) {
    const auto open = [](const std::unique_ptr<Peer>& peer) { return peer->receive != MPI_REQUEST_NULL; };
    const auto tell_last = [this, &on_wait] {
        for (const auto& peer : peers_) {
            finish(peer->send, on_wait);
            send_to(peer->rank, 0, true);
        }
    };
    if (rank_ != 0) {
        tell_last();
    }
    while (std::any_of(peers_.begin(), peers_.end(), open)) {
        if (rank_ == 0) {
            exchange(mine, on_wait());
        } else {
            take_in(on_wait());
        }
    }
    if (rank_ == 0) {
        tell_last();
    }
    for (const auto& peer : peers_) {
        finish(peer->send, on_wait);
    }
}

void Heartbeat::finish(MPI_Request& request, const OnWait& on_wait) {
    int done = 0;
    while (MPI_Test(&request, &done, MPI_STATUS_IGNORE) == MPI_SUCCESS && done == 0) {
        take_in(on_wait());
    }
}

namespace {

/// Hosts are not known before the ranks have told them.
std::string rank_text(std::size_t rank, const std::vector<std::string>& hosts) {
    return hosts.empty() ? fmt::format("rank {}", rank) : fmt::format("rank {} on {}", rank, hosts.at(rank));
}

void add(std::string& blamed, const std::string& who, const std::string& why) {
    blamed += fmt::format("{}{} {}", blamed.empty() ? "" : "; ", who, why);
}

std::string silence_text(const RankState& state) {
    return fmt::format("gives no sign of life for {} s: it is stopped, dead or cut off", state.unheard / 1000);
}

} // namespace

std::string silent(const std::vector<RankState>& states, int rank, std::int64_t limit,
                   const std::vector<std::string>& hosts) {
    std::string blamed;
    for (std::size_t other = 0; other < states.size(); ++other) {
        if (static_cast<int>(other) != rank && states[other].unheard >= limit) {
            add(blamed, rank_text(other, hosts), silence_text(states[other]));
            if (other == 0) { // the others' words come through rank 0
                break;
            }
        }
    }
    return blamed;
}

std::string blame(const std::vector<RankState>& states, int rank, std::int64_t limit,
                  const std::vector<std::string>& hosts) {
    const auto own = static_cast<std::size_t>(rank);
    std::string blamed = silent(states, rank, limit, hosts);
    if (rank != 0 && states[0].unheard >= limit) {
        return blamed;
    }
    bool any_works = false;
    std::int64_t least_quiet = std::numeric_limits<std::int64_t>::max();
    for (std::size_t other = 0; other < states.size(); ++other) {
        const RankState& state = states[other];
        const std::int64_t quiet = state.quiet + state.unheard;
        least_quiet = std::min(least_quiet, quiet);
        const bool works = other != own && state.waiting == 0 && state.entered < states[own].entered;
        any_works = any_works || works;
        if (works && quiet >= limit && state.unheard < limit) {
            add(blamed, rank_text(other, hosts),
                fmt::format("has not come to it and shows no progress for {} s: it hangs, or is busy that long",
                            quiet / 1000));
        }
    }
    if (blamed.empty() && !any_works && least_quiet >= limit) { // the last to come may have come just now
        return "all ranks have come to a collective and none goes on: the network or MPI hangs";
    }
    return blamed;
}

} // namespace tacit::dist
