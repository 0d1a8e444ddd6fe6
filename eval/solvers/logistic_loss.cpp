// SPDX-License-Identifier: Apache-2.0
#include "eval/solvers/logistic_loss.hpp"

#include <ATen/Parallel.h>
#include <ATen/ThreadLocalState.h>
#include <torch/types.h>

#include <algorithm>
#include <vector>

namespace tacit::eval {

namespace {

constexpr std::int64_t kChunkRows = 1024;    // a chunk of features stays in cache between loss and gradient
constexpr std::int64_t kMostFactored = 4096; // features; a larger Gram matrix costs more than it saves
constexpr double kRidge = 1e-4;

} // namespace

LogisticLoss::LogisticLoss(at::Tensor x, at::Tensor y, std::int64_t rows, std::int64_t classes, double l2,
                           dist::Communicator& comm)
    : x_(std::move(x)), y_(std::move(y)), rows_(rows), classes_(classes), l2_(l2), comm_(&comm) {}

double LogisticLoss::operator()(const at::Tensor& parameters, at::Tensor& gradient) const {
    const std::int64_t dims = x_.size(1);
    const at::Tensor table = parameters.view({classes_, dims + 1});
    const at::Tensor weight = table.narrow(1, 0, dims);
    at::Tensor total =
        local_sums(weight.to(torch::kFloat32).contiguous(), table.narrow(1, dims, 1).to(torch::kFloat32).contiguous());
    comm_->all_reduce_sum(total);
    const auto count = static_cast<double>(rows_);
    gradient.copy_(total.narrow(0, 0, gradient.numel())).div_(count);
    gradient.view({classes_, dims + 1}).narrow(1, 0, dims).add_(weight, l2_);
    return total[-1].item<double>() / count + l2_ / 2 * weight.square().sum().item<double>();
}

/// Gradient and loss summed over this rank's rows, as [K * (D + 1) + 1] float64. Whole chunks go to the threads: one
/// barrier an evaluation instead of one a product, which costs several times as much where other programs run too. The
/// workers of parallel_for() lack the caller's thread-local state (grad mode, dispatch keys, observers), without which
/// operators must not be called there; they are given it.
at::Tensor LogisticLoss::local_sums(const at::Tensor& weight, const at::Tensor& bias) const {
    const std::int64_t length = classes_ * (x_.size(1) + 1) + 1;
    const std::int64_t chunks = (x_.size(0) + kChunkRows - 1) / kChunkRows;
    std::vector<at::Tensor> parts(static_cast<std::size_t>(at::get_num_threads()));
    const at::ThreadLocalState state;
    at::parallel_for(0, chunks, 1, [&](std::int64_t begin, std::int64_t end) {
        const at::ThreadLocalStateGuard caller(state);
        at::Tensor& part = parts.at(static_cast<std::size_t>(at::get_thread_num()));
        part = part.defined() ? part : torch::zeros({length}, torch::kFloat64);
        for (std::int64_t chunk = begin; chunk < end; ++chunk) {
            add_chunk(chunk * kChunkRows, weight, bias, part);
        }
    });
    at::Tensor total = torch::zeros({length}, torch::kFloat64);
    for (const at::Tensor& part : parts) {
        total = part.defined() ? total + part : total;
    }
    return total;
}

void LogisticLoss::add_chunk(std::int64_t begin, const at::Tensor& weight, const at::Tensor& bias,
                             at::Tensor& sums) const {
    const std::int64_t dims = x_.size(1);
    const std::int64_t count = std::min(kChunkRows, x_.size(0) - begin);
    const at::Tensor x = x_.narrow(0, begin, count);
    const at::Tensor y = y_.narrow(0, begin, count).unsqueeze(0);
    // Classes in rows: three times as fast here as classes in columns, which leaves BLAS with rows of ten numbers.
    const at::Tensor log_p = torch::log_softmax(torch::mm(weight, x.t()) + bias, 0);
    at::Tensor residual = log_p.exp();
    residual.scatter_add_(0, y, torch::full_like(y, -1.0F, torch::kFloat32));
    at::Tensor table = sums.narrow(0, 0, classes_ * (dims + 1)).view({classes_, dims + 1});
    table.narrow(1, 0, dims).add_(torch::mm(residual, x));
    table.select(1, dims).add_(residual.sum(1));
    sums[-1] -= log_p.gather(0, y).to(torch::kFloat64).sum();
}

at::Tensor gram_matrix(const at::Tensor& x, std::int64_t rows, dist::Communicator& comm) {
    if (x.size(1) > kMostFactored) {
        return {};
    }
    at::Tensor gram = torch::mm(x.t(), x).to(torch::kFloat64);
    comm.all_reduce_sum(gram);
    return gram / static_cast<double>(rows);
}

Preconditioner hessian_bound(const at::Tensor& gram, std::int64_t classes, double l2) {
    if (!gram.defined()) {
        return [l2](const at::Tensor& vector) { return vector / (0.5 + l2); };
    }
    at::Tensor hessian = gram * 0.5;
    // Features that are functions of others leave the Gram matrix singular; a ridge keeps its factor sound.
    hessian.diagonal().add_(l2 + kRidge);
    const at::Tensor factor = torch::linalg_cholesky(hessian);
    return [factor, classes](const at::Tensor& vector) {
        const at::Tensor table = vector.view({classes, -1});
        const std::int64_t dims = table.size(1) - 1;
        const at::Tensor weights = torch::cholesky_solve(table.narrow(1, 0, dims).t(), factor).t();
        return torch::cat({weights, table.narrow(1, dims, 1) * 2.0}, 1).flatten();
    };
}

} // namespace tacit::eval
