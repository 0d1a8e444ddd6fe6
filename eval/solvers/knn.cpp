// SPDX-License-Identifier: Apache-2.0
#include "eval/solvers/knn.hpp"

#include "eval/features/feature_rows.hpp"
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

void require_neighbours(const KnnOptions& options, std::int64_t images) {
    if (options.k > images) {
        throw ConfigError(fmt::format("eval.knn.k (--k): {} neighbours asked of {} labelled training images; lower it",
                                      options.k, images));
    }
}

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

Nearest nearest_of_all(const at::Tensor& queries, const at::Tensor& bank, std::int64_t k, dist::Communicator& comm) {
    Nearest found{torch::empty({queries.size(0), 0}), torch::empty({queries.size(0), 0}, torch::kInt64)};
    for_each_block(bank, comm, [&](std::int64_t first, const at::Tensor& rows) {
        comm.sign_of_life();
        const Nearest here = nearest(queries, rows, std::min(k, rows.size(0)));
        const at::Tensor similarity = torch::cat({found.similarity, here.similarity}, 1);
        const at::Tensor index = torch::cat({found.index, here.index + first}, 1);
        const auto [best, place] = similarity.topk(std::min(k, similarity.size(1)), 1);
        found = {best, index.gather(1, place)};
    });
    return found;
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
    const Features train = labelled(all_train, "training", comm);
    const Features test = labelled(all_test, "test", comm);
    const at::Tensor bank_labels = gathered(train.labels, comm);
    require_neighbours(options, bank_labels.size(0));
    const std::int64_t classes = bank_labels.max().item<std::int64_t>() + 1;
    const Nearest found = nearest_of_all(test.values, train.values, options.k, comm);
    at::Tensor counts = torch::zeros({2}, torch::kInt64); // right, and all
    if (test.labels.size(0) > 0) {
        const at::Tensor guess = weighted_votes(found, bank_labels, classes, options.temperature).argmax(1);
        counts[0] = guess.eq(test.labels).sum();
        counts[1] = test.labels.size(0);
    }
    comm.all_reduce_sum(counts);
    return counts[0].item<double>() / counts[1].item<double>();
}

} // namespace tacit::eval
