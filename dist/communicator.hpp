// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace at {
class Tensor; // named only, so that files without tensors need not read LibTorch's headers
}

namespace tacit::dist {

/// How far a collective is that goes on after its call has returned.
enum class WatchedPhase {
    queued, ///< this rank's device has work to do before it
    begun,  ///< the device has come to it
    ended
};

/// The ranks of one job and the collectives that Tacit needs. Every function marked *collective* must
/// be called by all ranks in the same order with the same shapes and types. Tensors are contiguous.
/// Results are identical bits on all ranks. Throws DistError with the rank and the operation.
class Communicator {
  public:
    virtual ~Communicator() = default;

    virtual int rank() const = 0;
    virtual int size() const = 0;
    /// Rank and number of ranks on this host.
    virtual int local_rank() const = 0;
    virtual int local_size() const = 0;
    /// "self", "mpi 4 ranks on 2 hosts", …
    virtual std::string describe() const = 0;

    /// Collective: `tensor` becomes the element-wise sum over ranks. float32, float64, int64.
    virtual void all_reduce_sum(at::Tensor& tensor) = 0;
    /// Collective: `tensor` becomes the element-wise maximum over ranks. float64, int64.
    virtual void all_reduce_max(at::Tensor& tensor) = 0;
    /// Collective: [n, …] on every rank (equal n) -> [size * n, …] in rank order.
    virtual at::Tensor all_gather(const at::Tensor& tensor) = 0;
    /// Collective: [size * n, …] on every rank -> the sum over ranks of this rank's slice [n, …].
    virtual at::Tensor reduce_scatter_sum(const at::Tensor& tensor) = 0;
    /// Collective: `tensor` becomes that of rank `root`. Any type.
    virtual void broadcast(at::Tensor& tensor, int root) = 0;
    /// Collective: `text` becomes that of rank `root`; sizes may differ.
    virtual void broadcast(std::string& text, int root) = 0;
    /// Collective.
    virtual void barrier() = 0;
    /// A collective that waits longer for a rank without a sign of life ends this process with exit code 76 and a line
    /// that names the collective, the rank and its host; 0: wait for ever.
    virtual void set_timeout(std::chrono::seconds limit) = 0;
    /// Tells how far a collective is; called on another thread, again and again, until it says `ended`. What it throws,
    /// where the collective cannot end any more, ends the job.
    using Phase = std::function<WatchedPhase()>;
    /// Watches a collective of a communicator on top of this one, which goes on after its call has returned (on a GPU),
    /// as those of this one are watched. `operation` must outlive it: a literal. Any thread. One rank watches nothing.
    virtual void watch(const char* /*operation*/, Phase /*phase*/) {}
    /// Tells the other ranks that this one's work goes on, outside of collectives, so that they wait as long as it
    /// lasts. For loops that may last longer than the timeout. Costs nothing; any thread may call it.
    virtual void sign_of_life() {}
    /// Ends every rank of the job at once with `exit_code`; does not return.
    [[noreturn]] virtual void abort(int exit_code) = 0;
};

/// Of every communicator until set_timeout() says otherwise.
inline constexpr std::chrono::seconds kDefaultTimeout{1800};

/// One rank without MPI; the reference for all others.
std::unique_ptr<Communicator> make_self_communicator();

/// Whether this process was started by mpirun, mpiexec or srun with MPI (then it must use it).
bool launched_by_mpi();

/// The MPI library and its version, e.g. "Open MPI v4.1.4". Works without MPI_Init.
std::string mpi_library();

/// MPI_Init_thread and MPI_Finalize by scope; create one in main() when launched_by_mpi().
/// Throws DistError with one line of advice when the launcher and MPI do not fit
/// (srun --mpi=none, another MPI's mpirun) or the thread level is too low. When an exception leaves its scope
/// MPI_Finalize is skipped (it would wait for the other ranks); exit non-zero and the launcher ends the job.
class MpiEnvironment {
  public:
    MpiEnvironment();
    ~MpiEnvironment();
    MpiEnvironment(const MpiEnvironment&) = delete;
    MpiEnvironment& operator=(const MpiEnvironment&) = delete;
};

/// MPI 3.1 counts are int; longer messages travel in pieces of this many elements (bytes where untyped).
inline constexpr std::int64_t kLargestMpiCount = std::int64_t{1} << 28;

/// Collective: all ranks of MPI_COMM_WORLD (duplicated). Needs a live MpiEnvironment. Tests pass a small
/// `largest_count` (1..kLargestMpiCount) to exercise the pieces.
std::unique_ptr<Communicator> make_mpi_communicator(std::int64_t largest_count = kLargestMpiCount);

} // namespace tacit::dist
