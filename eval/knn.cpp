// SPDX-License-Identifier: Apache-2.0
#include "eval/knn.hpp"

#include "models/losses/unit_rows.hpp"
#include "pipeline/base/error.hpp"

#include <torch/types.h>
#include <torch/utils.h>

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace tacit::eval {

namespace {

constexpr std::int64_t kChunkElements = std::int64_t{16} << 20; // similarities held at once: 64 MiB

} // namespace

Nearest nearest(const at::Tensor& queries, const at::Tensor& bank, std::int64_t k) {
    const torch::NoGradGuard no_grad;
    const at::Tensor unit_bank = models::unit_rows(bank);
    const at::Tensor unit_queries = models::unit_rows(queries);
    const std::int64_t chunk = std::max<std::int64_t>(1, kChunkElements / bank.size(0));
    std::vector<at::Tensor> similarities{torch::empty({0, k})};
    std::vector<at::Tensor> indices{torch::empty({0, k}, torch::kInt64)};
    for (std::int64_t begin = 0; begin < queries.size(0); begin += chunk) {
        const std::int64_t count = std::min(chunk, queries.size(0) - begin);
        const at::Tensor products = torch::mm(unit_queries.narrow(0, begin, count), unit_bank.t());
        const auto [similarity, index] = products.topk(k, 1);
        similarities.push_back(similarity);
        indices.push_back(index);
    }
    return {torch::cat(similarities), torch::cat(indices)};
}

at::Tensor weighted_votes(const Nearest& nearest, const at::Tensor& bank_labels, std::int64_t classes,
                          double temperature) {
    // Subtracting the nearest's similarity keeps exp() finite at any temperature and changes no comparison.
    const at::Tensor weights = ((nearest.similarity - nearest.similarity.narrow(1, 0, 1)) / temperature).exp();
    const at::Tensor labels = bank_labels.index_select(0, nearest.index.flatten()).view_as(nearest.index);
    return torch::zeros({nearest.index.size(0), classes}).scatter_add_(1, labels, weights);
}

double knn_accuracy(const Features& all_train, const Features& all_test, const KnnOptions& options,
                    dist::Communicator& comm) {
    const torch::NoGradGuard no_grad;
    const Features train = labelled(all_train, "training");
    const Features test = labelled(all_test, "test");
    if (options.k > train.labels.size(0)) {
        throw ConfigError(fmt::format("eval.knn.k: {} neighbours asked of {} labelled training images; lower it",
                                      options.k, train.labels.size(0)));
    }
    const std::int64_t rows = test.labels.size(0);
    const std::int64_t begin = rows * comm.rank() / comm.size();
    const std::int64_t count = rows * (comm.rank() + 1) / comm.size() - begin;
    const std::int64_t classes = train.labels.max().item<std::int64_t>() + 1;
    const Nearest found = nearest(test.values.narrow(0, begin, count), train.values, options.k);
    const at::Tensor guess = weighted_votes(found, train.labels, classes, options.temperature).argmax(1);
    at::Tensor correct = guess.eq(test.labels.narrow(0, begin, count)).sum().to(torch::kFloat64).reshape({1});
    comm.all_reduce_sum(correct);
    return correct.item<double>() / static_cast<double>(rows);
}

} // namespace tacit::eval
