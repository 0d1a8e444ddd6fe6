// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mpi.h>
#include <string>
#include <vector>

namespace tacit::dist {

/// What a rank tells the others of itself. Times are milliseconds.
struct RankState {
    std::int64_t entered = 0; ///< collectives that it has come to
    std::int64_t waiting = 0; ///< 1 while it is in the last of them
    std::int64_t quiet = 0;   ///< since its work last showed progress
    std::int64_t unheard = 0; ///< since the last word of its process came in here
};

/// Carries the states of all ranks to all ranks, by way of rank 0, in messages of its own that no collective waits for.
/// close() is collective; until then one thread alone may use it.
class Heartbeat {
  public:
    /// Of all ranks of `comm`, whose errors are then returned; `tag` must be its own.
    Heartbeat(MPI_Comm comm, int tag);
    ~Heartbeat();
    Heartbeat(const Heartbeat&) = delete;
    Heartbeat& operator=(const Heartbeat&) = delete;

    /// Sends `mine` and takes in what has come; never waits. `now`: milliseconds of a steady clock.
    void exchange(const RankState& mine, std::int64_t now);
    /// All ranks as last heard of, by rank; where rank 0 is silent nothing newer is known of the others.
    std::vector<RankState> states(std::int64_t now) const;
    /// The whole process was stopped for `pause`: what was not heard then is nobody's fault.
    void forgive(std::int64_t pause);
    /// Called again and again while close() waits, each time after what has come was taken in; may sleep; returns the
    /// time.
    using OnWait = std::function<std::int64_t()>;
    /// Takes leave of the other ranks, once all of them do.
    void close(const RankState& mine, const OnWait& on_wait);

  private:
    struct Peer;
    void take(int source, std::int64_t now);
    void take_in(std::int64_t now);
    void finish(MPI_Request& request, const OnWait& on_wait);
    void part_from(int other);
    void send_to(int target, std::int64_t now, bool last);
    std::int64_t message_length() const;

    MPI_Comm comm_ = MPI_COMM_NULL;
    int tag_ = 0;
    int rank_ = 0;
    int size_ = 1;
    std::vector<RankState> states_;
    std::vector<std::int64_t> heard_; ///< when, by rank; kNever: not yet; kGone: it took leave
    std::vector<std::unique_ptr<Peer>> peers_;
};

/// The ranks whose processes give no sign of life for `limit` milliseconds, as blame() names them; empty: none. They
/// are stopped, dead or cut off, whatever this rank does meanwhile.
std::string silent(const std::vector<RankState>& states, int rank, std::int64_t limit,
                   const std::vector<std::string>& hosts);

/// Whom a rank waits for in a collective, as a reader wants it: the ranks to blame with their hosts and why. Empty
/// where all ranks that it waits for show progress, or the last of them has only just come. `limit`: milliseconds
/// without a sign of life that are too many.
std::string blame(const std::vector<RankState>& states, int rank, std::int64_t limit,
                  const std::vector<std::string>& hosts);

} // namespace tacit::dist
