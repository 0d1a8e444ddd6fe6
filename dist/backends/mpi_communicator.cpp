// SPDX-License-Identifier: Apache-2.0
#include "dist/backends/mpi_check.hpp"
#include "dist/communicator.hpp"
#include "dist/pending_collectives.hpp"
#include "dist/tensor_checks.hpp"
#include "dist/watch/heartbeat.hpp"
#include "dist/watch/join_watch.hpp"
#include "dist/watch/watchdog.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/reason.hpp"

#include <ATen/Functions.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fmt/format.h>
#include <optional>
#include <stdexcept>
#include <thread>
#include <unistd.h>
#include <utility>

namespace tacit::dist {
namespace {

MPI_Datatype mpi_type(const at::Tensor& tensor) {
    switch (tensor.scalar_type()) {
    case at::kFloat:
        return MPI_FLOAT;
    case at::kDouble:
        return MPI_DOUBLE;
    default:
        return MPI_INT64_T;
    }
}

/// Maximum in which NaN wins: with MPI_MAX the result would depend on the order of the ranks.
void nan_aware_max(void* in, void* in_out, int* length, MPI_Datatype* /*type*/) {
    const auto* left = static_cast<const double*>(in);
    auto* right = static_cast<double*>(in_out);
    for (int i = 0; i < *length; ++i) {
        if (std::isnan(left[i]) || left[i] > right[i]) {
            right[i] = left[i];
        }
    }
}

std::byte* bytes_of(const at::Tensor& tensor) {
    return static_cast<std::byte*>(tensor.data_ptr());
}

std::int64_t byte_count(const at::Tensor& tensor) {
    return static_cast<std::int64_t>(tensor.nbytes());
}

/// A duplicate of MPI_COMM_WORLD that reports errors instead of aborting, freed by scope.
class OwnedComm {
  public:
    OwnedComm() {
        check_mpi(MPI_Comm_dup(MPI_COMM_WORLD, &comm_), "MPI_Comm_dup", 0);
        check_mpi(MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler", 0);
        check_mpi(MPI_Op_create(&nan_aware_max, 1, &max_), "MPI_Op_create", 0);
    }
    ~OwnedComm() {
        int finalized = 0;
        if (MPI_Finalized(&finalized) == MPI_SUCCESS && finalized == 0) {
            MPI_Op_free(&max_);
            MPI_Comm_free(&comm_);
        }
    }
    OwnedComm(const OwnedComm&) = delete;
    OwnedComm& operator=(const OwnedComm&) = delete;

    MPI_Comm comm() const { return comm_; }
    MPI_Op max_of_doubles() const { return max_; }

  private:
    MPI_Comm comm_ = MPI_COMM_NULL;
    MPI_Op max_ = MPI_OP_NULL;
};

/// Of messages of a communicator's own on MPI_COMM_WORLD: ranks make their communicators in the same order.
int next_tag() {
    static std::atomic<int> last{0};
    return ++last;
}

/// The names of all ranks' hosts, by rank.
std::vector<std::string> hosts_of_ranks(MPI_Comm comm, int size) {
    constexpr std::size_t kLongest = 64;
    std::array<char, kLongest> own{};
    gethostname(own.data(), own.size() - 1);
    std::vector<char> all(kLongest * static_cast<std::size_t>(size));
    check_mpi(MPI_Allgather(own.data(), kLongest, MPI_CHAR, all.data(), kLongest, MPI_CHAR, comm), "names of hosts", 0);
    std::vector<std::string> names;
    for (std::size_t at = 0; at < all.size(); at += kLongest) {
        names.emplace_back(&all[at]);
    }
    return names;
}

/// Blocking collectives on host memory, in place. CUDA tensors are staged through host memory (Debian's
/// Open MPI is not CUDA-aware); NcclCommunicator exists to avoid that. One thread at a time.
class MpiCommunicator final : public Communicator {
  public:
    explicit MpiCommunicator(std::int64_t largest_count);
    ~MpiCommunicator() override;
    MpiCommunicator(const MpiCommunicator&) = delete;
    MpiCommunicator& operator=(const MpiCommunicator&) = delete;

    int rank() const override { return rank_; }
    int size() const override { return size_; }
    int local_rank() const override { return local_rank_; }
    int local_size() const override { return local_size_; }
    std::string describe() const override {
        return fmt::format("mpi {} {} on {} {}", size_, size_ == 1 ? "rank" : "ranks", hosts_,
                           hosts_ == 1 ? "host" : "hosts");
    }

    void all_reduce_sum(at::Tensor& tensor) override;
    void all_reduce_max(at::Tensor& tensor) override;
    at::Tensor all_gather(const at::Tensor& tensor) override;
    at::Tensor reduce_scatter_sum(const at::Tensor& tensor) override;
    void broadcast(at::Tensor& tensor, int root) override;
    void broadcast(std::string& text, int root) override;
    void barrier() override {
        watched("barrier", [&] { return MPI_Barrier(comm()); });
    }
    void set_timeout(std::chrono::seconds limit) override {
        watchdog_->set_limit(limit);
        set_patience(limit);
    }
    void watch(const char* operation, Phase phase) override {
        if (heartbeat_) {
            pending_.add(operation, std::move(phase));
        }
    }
    void sign_of_life() override { lived_ms_ = Watchdog::now_ms(); }
    [[noreturn]] void abort(int exit_code) override {
        MPI_Abort(MPI_COMM_WORLD, exit_code);
        ::_exit(exit_code);
    }

  private:
    MPI_Comm comm() const { return own_comm_->comm(); }
    void check(int code, const char* operation) const { check_mpi(code, operation, rank_); }
    /// Calls MPI under the watchdog's eye; throws DistError if it fails.
    template <typename Call> void watched(const char* operation, const Call& call) {
        sign_of_life();
        ++entered_;
        watchdog_->start(operation);
        const int code = call();
        watchdog_->stop();
        sign_of_life();
        check(code, operation);
    }
    const std::vector<std::string>& hosts() const;
    bool suspected_for(std::chrono::milliseconds grace);
    bool ends_hang(const std::string& what, const std::string& blamed);
    void look(std::chrono::milliseconds pause);
    bool look_at_pending(std::int64_t now);
    bool notice_stuck(const char* operation, std::chrono::milliseconds limit);
    void notice_silence();
    void join();
    void find_neighbours();
    void all_reduce(at::Tensor& tensor, MPI_Op op, const char* operation);
    void broadcast_bytes(std::byte* data, std::int64_t count, int root, const char* operation);
    void reduce_to(const std::byte* input, std::byte* output, std::int64_t count, const at::Tensor& like, int root);

    std::optional<OwnedComm> own_comm_;
    std::int64_t largest_count_;
    int rank_ = 0;
    int size_ = 1;
    int local_rank_ = 0;
    int local_size_ = 1;
    int hosts_ = 1;
    std::vector<std::string> host_names_;                    ///< by rank; written before joined_ is
    std::atomic<std::int64_t> entered_{0};                   ///< collectives that this rank has come to
    std::atomic<std::int64_t> lived_ms_{Watchdog::now_ms()}; ///< when its work last showed progress
    std::unique_ptr<Heartbeat> heartbeat_; ///< nullptr on one rank; the watchdog's thread alone uses it
    PendingCollectives pending_;           ///< of watch()
    std::int64_t suspected_since_ms_ = 0;  ///< when a hang was first seen; 0: there is none; of the same thread
    std::unique_ptr<Watchdog> watchdog_;
    std::atomic<bool> ready_{false};  ///< the watchdog's thread may use all of the above
    std::atomic<bool> joined_{false}; ///< and the names of hosts
};

const std::vector<std::string>& MpiCommunicator::hosts() const {
    static const std::vector<std::string> unknown;
    return joined_ ? host_names_ : unknown;
}

/// The watchdog's thread tells the other ranks how this one fares, and hears how they do. A rank whose process is
/// silent is noticed whatever this one does; that a rank does not come to a collective only there.
void MpiCommunicator::look(std::chrono::milliseconds pause) {
    if (pause.count() > 0) {
        lived_ms_ += pause.count();
        heartbeat_->forgive(pause.count());
        pending_.forgive(pause.count());
    }
    const std::int64_t now = Watchdog::now_ms();
    const bool waiting = look_at_pending(now) || watchdog_->watching();
    heartbeat_->exchange({entered_, waiting ? 1 : 0, now - lived_ms_, 0}, now);
    const std::chrono::milliseconds limit = watchdog_->limit();
    const auto stuck = pending_.waiting();
    if (stuck && limit.count() > 0 && now - stuck->since >= limit.count()) {
        notice_stuck(stuck->operation, limit);
    } else if (!watchdog_->overdue()) {
        notice_silence();
    }
}

/// Whether this rank's device waits in a collective of watch().
bool MpiCommunicator::look_at_pending(std::int64_t now) {
    try {
        const PendingCollectives::Look found = pending_.look(now);
        entered_ += found.begun;
        if (found.progress) {
            sign_of_life();
        }
        return found.waiting;
    } catch (const std::exception& error) {
        const int code = static_cast<int>(ExitCode::failure);
        end_job(fmt::format("tacit: error: {}; exit code {}\n", reason_of(error), code).c_str(), code);
    }
}

/// Ends the job if a rank that this one waits for in `operation` shows no progress.
bool MpiCommunicator::notice_stuck(const char* operation, std::chrono::milliseconds limit) {
    const std::string blamed = heartbeat_ ? blame(heartbeat_->states(Watchdog::now_ms()), rank_, limit.count(), hosts())
                                          : std::string("MPI hangs");
    return ends_hang(fmt::format("{} did not finish in {} s (dist.timeout): ", operation,
                                 std::chrono::duration_cast<std::chrono::seconds>(limit).count()),
                     blamed);
}

void MpiCommunicator::notice_silence() {
    const std::int64_t limit = watchdog_->limit().count();
    if (limit > 0) {
        ends_hang(fmt::format("{} s are over (dist.timeout): ", limit / 1000),
                  silent(heartbeat_->states(Watchdog::now_ms()), rank_, limit, hosts()));
    }
}

/// Whether this is said, at each look, for at least `grace`.
bool MpiCommunicator::suspected_for(std::chrono::milliseconds grace) {
    const std::int64_t now = Watchdog::now_ms();
    suspected_since_ms_ = suspected_since_ms_ == 0 ? now : suspected_since_ms_;
    return now - suspected_since_ms_ >= grace.count();
}

/// Ends the job if a rank shows no sign of life that this one cannot do without.
bool MpiCommunicator::ends_hang(const std::string& what, const std::string& blamed) {
    constexpr std::chrono::seconds kGrace{2}; // rank 0, where it notices too, has the word
    if (blamed.empty()) {
        suspected_since_ms_ = 0;
        return false;
    }
    if (rank_ != 0 && !suspected_for(kGrace)) {
        return false;
    }
    const int code = static_cast<int>(ExitCode::hang);
    const std::string host = hosts().empty() ? "" : " on " + hosts().at(static_cast<std::size_t>(rank_));
    end_job(fmt::format("tacit: error: rank {}{}: {}{}; exit code {}\n", rank_, host, what, blamed, code).c_str(),
            code);
}

MpiCommunicator::MpiCommunicator(std::int64_t largest_count) : largest_count_(largest_count) {
    if (largest_count < 1 || largest_count > kLargestMpiCount) {
        throw std::invalid_argument(
            fmt::format("make_mpi_communicator: largest_count {} is not in 1..{}", largest_count, kLargestMpiCount));
    }
    check(MPI_Comm_rank(MPI_COMM_WORLD, &rank_), "MPI_Comm_rank");
    check(MPI_Comm_size(MPI_COMM_WORLD, &size_), "MPI_Comm_size");
    if (size_ > 1) {
        heartbeat_ = std::make_unique<Heartbeat>(MPI_COMM_WORLD, next_tag());
    }
    // Its thread asks for the watchdog itself, which it must not do before this is there.
    Watchdog::OnLook on_look = [this](std::chrono::milliseconds pause) {
        if (ready_ && heartbeat_) {
            look(pause);
        }
    };
    Watchdog::OnOverdue on_overdue = [this](const char* operation, std::chrono::milliseconds limit) {
        return watchdog_->watching() && notice_stuck(operation, limit);
    };
    watchdog_ = std::make_unique<Watchdog>(patience(), std::move(on_overdue), std::move(on_look));
    ready_ = true;
    watched("the start of the ranks", [this] {
        join();
        return MPI_SUCCESS;
    });
    joined_ = true;
}

MpiCommunicator::~MpiCommunicator() {
    watchdog_->end();
    int finalized = 0;
    const bool orderly = MPI_Finalized(&finalized) == MPI_SUCCESS && finalized == 0 && std::uncaught_exceptions() == 0;
    if (heartbeat_ && orderly) {
        heartbeat_->close({entered_, 0, 0, 0}, [this, looked = Watchdog::now_ms()]() mutable {
            const auto forgive = [&] {
                heartbeat_->forgive(Watchdog::pause_since(looked));
                looked = Watchdog::now_ms();
            };
            forgive();
            notice_silence();
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
            forgive();
            return looked;
        });
    }
}

void MpiCommunicator::join() {
    own_comm_.emplace();
    find_neighbours();
    host_names_ = hosts_of_ranks(comm(), size_);
}

void MpiCommunicator::find_neighbours() {
    MPI_Comm node = MPI_COMM_NULL;
    check(MPI_Comm_split_type(comm(), MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &node), "MPI_Comm_split_type");
    const int rank_code = MPI_Comm_rank(node, &local_rank_);
    const int size_code = MPI_Comm_size(node, &local_size_);
    MPI_Comm_free(&node);
    check(rank_code, "MPI_Comm_rank");
    check(size_code, "MPI_Comm_size");
    const int first_of_host = local_rank_ == 0 ? 1 : 0;
    check(MPI_Allreduce(&first_of_host, &hosts_, 1, MPI_INT, MPI_SUM, comm()), "count of hosts");
}

void MpiCommunicator::all_reduce(at::Tensor& tensor, MPI_Op op, const char* operation) {
    at::Tensor host = tensor.is_cpu() ? tensor : tensor.cpu();
    std::byte* data = bytes_of(host);
    const auto item = static_cast<std::int64_t>(host.element_size());
    for (std::int64_t done = 0; done < host.numel(); done += largest_count_) {
        const auto count = static_cast<int>(std::min(largest_count_, host.numel() - done));
        watched(operation,
                [&] { return MPI_Allreduce(MPI_IN_PLACE, data + done * item, count, mpi_type(host), op, comm()); });
    }
    if (!tensor.is_cpu()) {
        tensor.copy_(host);
    }
}

void MpiCommunicator::all_reduce_sum(at::Tensor& tensor) {
    require_contiguous(tensor, "all_reduce_sum");
    require_summable(tensor, "all_reduce_sum");
    all_reduce(tensor, MPI_SUM, "all_reduce_sum");
}

void MpiCommunicator::all_reduce_max(at::Tensor& tensor) {
    require_contiguous(tensor, "all_reduce_max");
    require_comparable(tensor, "all_reduce_max");
    all_reduce(tensor, tensor.scalar_type() == at::kDouble ? own_comm_->max_of_doubles() : MPI_MAX, "all_reduce_max");
}

at::Tensor MpiCommunicator::all_gather(const at::Tensor& tensor) {
    require_contiguous(tensor, "all_gather");
    require_rows(tensor, "all_gather");
    const at::Tensor host = tensor.detach().cpu();
    std::vector<std::int64_t> shape = host.sizes().vec();
    shape[0] *= size_;
    at::Tensor all = at::empty(shape, host.options());
    const std::int64_t bytes = byte_count(host);
    if (bytes <= largest_count_) {
        const auto count = static_cast<int>(bytes);
        watched("all_gather",
                [&] { return MPI_Allgather(bytes_of(host), count, MPI_BYTE, bytes_of(all), count, MPI_BYTE, comm()); });
    } else {
        std::memcpy(bytes_of(all) + rank_ * bytes, bytes_of(host), static_cast<std::size_t>(bytes));
        for (int root = 0; root < size_; ++root) {
            broadcast_bytes(bytes_of(all) + root * bytes, bytes, root, "all_gather");
        }
    }
    return all.to(tensor.device());
}

void MpiCommunicator::reduce_to(const std::byte* input, std::byte* output, std::int64_t count, const at::Tensor& like,
                                int root) {
    const auto item = static_cast<std::int64_t>(like.element_size());
    for (std::int64_t done = 0; done < count; done += largest_count_) {
        const auto part = static_cast<int>(std::min(largest_count_, count - done));
        watched("reduce_scatter_sum", [&] {
            return MPI_Reduce(input + done * item, output + done * item, part, mpi_type(like), MPI_SUM, root, comm());
        });
    }
}

at::Tensor MpiCommunicator::reduce_scatter_sum(const at::Tensor& tensor) {
    require_contiguous(tensor, "reduce_scatter_sum");
    require_summable(tensor, "reduce_scatter_sum");
    require_divisible_rows(tensor, size_, "reduce_scatter_sum");
    const at::Tensor host = tensor.detach().cpu();
    std::vector<std::int64_t> shape = host.sizes().vec();
    shape[0] /= size_;
    at::Tensor mine = at::empty(shape, host.options());
    const std::int64_t count = mine.numel();
    if (host.numel() <= largest_count_) {
        watched("reduce_scatter_sum", [&] {
            return MPI_Reduce_scatter_block(bytes_of(host), bytes_of(mine), static_cast<int>(count), mpi_type(host),
                                            MPI_SUM, comm());
        });
    } else {
        for (int root = 0; root < size_; ++root) {
            reduce_to(bytes_of(host) + root * byte_count(mine), bytes_of(mine), count, host, root);
        }
    }
    return mine.to(tensor.device());
}

void MpiCommunicator::broadcast_bytes(std::byte* data, std::int64_t count, int root, const char* operation) {
    for (std::int64_t done = 0; done < count; done += largest_count_) {
        const auto part = static_cast<int>(std::min(largest_count_, count - done));
        watched(operation, [&] { return MPI_Bcast(data + done, part, MPI_BYTE, root, comm()); });
    }
}

void MpiCommunicator::broadcast(at::Tensor& tensor, int root) {
    require_contiguous(tensor, "broadcast");
    const at::Tensor host = tensor.detach().cpu();
    broadcast_bytes(bytes_of(host), byte_count(host), root, "broadcast");
    if (!tensor.is_cpu()) {
        tensor.copy_(host);
    }
}

void MpiCommunicator::broadcast(std::string& text, int root) {
    std::int64_t length = static_cast<std::int64_t>(text.size());
    watched("broadcast of a text", [&] { return MPI_Bcast(&length, 1, MPI_INT64_T, root, comm()); });
    text.resize(static_cast<std::size_t>(length));
    broadcast_bytes(reinterpret_cast<std::byte*>(text.data()), length, root, "broadcast of a text");
}

} // namespace

std::unique_ptr<Communicator> make_mpi_communicator(std::int64_t largest_count) {
    int initialized = 0;
    check_mpi(MPI_Initialized(&initialized), "MPI_Initialized", 0);
    if (initialized == 0) {
        throw std::logic_error("make_mpi_communicator: create an MpiEnvironment first");
    }
    return std::make_unique<MpiCommunicator>(largest_count);
}

} // namespace tacit::dist
