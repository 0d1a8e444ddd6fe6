// SPDX-License-Identifier: Apache-2.0
#include "dist/communicator.hpp"
#include "dist/tensor_checks.hpp"

#include <fmt/format.h>
#include <stdexcept>
#include <unistd.h>

namespace tacit::dist {
namespace {

void require_root(int root) {
    if (root != 0) {
        throw std::invalid_argument(fmt::format("broadcast: root {} of 1 rank", root));
    }
}

/// Keeps the preconditions of the distributed ones, so that a mistake shows on one rank too.
class SelfCommunicator final : public Communicator {
  public:
    int rank() const override { return 0; }
    int size() const override { return 1; }
    int local_rank() const override { return 0; }
    int local_size() const override { return 1; }
    std::string describe() const override { return "self"; }

    void all_reduce_sum(at::Tensor& tensor) override {
        require_contiguous(tensor, "all_reduce_sum");
        require_summable(tensor, "all_reduce_sum");
    }

    void all_reduce_max(at::Tensor& tensor) override {
        require_contiguous(tensor, "all_reduce_max");
        require_comparable(tensor, "all_reduce_max");
    }

    at::Tensor all_gather(const at::Tensor& tensor) override {
        require_contiguous(tensor, "all_gather");
        require_rows(tensor, "all_gather");
        return tensor.detach().clone();
    }

    at::Tensor reduce_scatter_sum(const at::Tensor& tensor) override {
        require_contiguous(tensor, "reduce_scatter_sum");
        require_summable(tensor, "reduce_scatter_sum");
        require_divisible_rows(tensor, 1, "reduce_scatter_sum");
        return tensor.detach().clone();
    }

    void broadcast(at::Tensor& tensor, int root) override {
        require_contiguous(tensor, "broadcast");
        require_root(root);
    }

    void broadcast(std::string& /*text*/, int root) override { require_root(root); }
    void barrier() override {}
    void set_timeout(std::chrono::seconds /*limit*/) override {}
    [[noreturn]] void abort(int exit_code) override { ::_exit(exit_code); }
};

} // namespace

std::unique_ptr<Communicator> make_self_communicator() {
    return std::make_unique<SelfCommunicator>();
}

} // namespace tacit::dist
