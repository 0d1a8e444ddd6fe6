// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
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
/// Construction and close() are collective; between them one thread alone may use it.
class Heartbeat {
  public:
    /// `parent` is duplicated.
    explicit Heartbeat(MPI_Comm parent);
    ~Heartbeat();
    Heartbeat(const Heartbeat&) = delete;
    Heartbeat& operator=(const Heartbeat&) = delete;

    /// Sends `mine` and takes in what has come; never waits. `now`: milliseconds of a steady clock.
    void exchange(const RankState& mine, std::int64_t now);
    /// All ranks as last heard of, by rank; where rank 0 is silent nothing newer is known of the others.
    std::vector<RankState> states(std::int64_t now) const;
    /// The whole process was stopped for `pause`: what was not heard then is nobody's fault.
    void forgive(std::int64_t pause);
    /// Takes leave of the other ranks and frees what MPI holds.
    void close();

  private:
    struct Peer;
    void take(int source, std::int64_t now);
    void send_to(int target, std::int64_t now, bool last);
    std::int64_t message_length() const;

    MPI_Comm comm_ = MPI_COMM_NULL;
    int rank_ = 0;
    int size_ = 1;
    std::vector<RankState> states_;
    std::vector<std::int64_t> heard_; ///< when, by rank
    std::vector<std::unique_ptr<Peer>> peers_;
};

/// Whom a rank waits for, as a reader wants it: the ranks to blame with their hosts and why. Empty where all ranks
/// that it waits for show progress, or the last of them has only just come. `limit`: milliseconds without a sign of
/// life that are too many.
std::string blame(const std::vector<RankState>& states, int rank, std::int64_t limit,
                  const std::vector<std::string>& hosts);

} // namespace tacit::dist
