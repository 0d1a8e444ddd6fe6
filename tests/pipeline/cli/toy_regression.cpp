// SPDX-License-Identifier: Apache-2.0
#include "tests/pipeline/cli/toy_regression.hpp"

#include <fmt/format.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>

namespace tacit::eval {

namespace {

/// With a column of ones.
at::Tensor design(const Features& features) {
    return torch::cat({features.values.to(torch::kFloat64), torch::ones({features.values.size(0), 1}, torch::kFloat64)},
                      1);
}

class ToyRegression : public FeatureProtocol {
  public:
    explicit ToyRegression(const config::Section& section)
        : ridge_(section.number({"ridge", "strength of the penalty"}, 1.0, {1e-6, 1e6})) {}

    std::string measure(FeatureStore& /*store*/) const override { return fmt::format("ridge {:g}", ridge_); }
    std::vector<std::string> notes(FeatureStore& /*store*/) const override { return {}; }

  private:
    ResultRow judge_one(const std::string& subject, FeatureStore& store, dist::Communicator& comm) override {
        const torch::NoGradGuard no_grad;
        const Features& train = store.features(subject, store.run().data.train);
        const Features& test = store.features(subject, store.run().data.test);
        const at::Tensor x = design(train);
        at::Tensor gram = x.t().mm(x);
        at::Tensor moment = x.t().mv(train.labels.to(torch::kFloat64)).unsqueeze(1);
        comm.all_reduce_sum(gram);
        comm.all_reduce_sum(moment);
        gram += ridge_ * torch::eye(gram.size(0), torch::kFloat64);
        const at::Tensor weights = torch::cholesky_solve(moment, torch::linalg_cholesky(gram));
        const at::Tensor error = (design(test).mm(weights).squeeze(1) - test.labels.to(torch::kFloat64)).abs();
        at::Tensor sums = torch::stack({error.square().sum(), error.lt(0.5).sum().to(torch::kFloat64),
                                        torch::full({}, static_cast<double>(error.size(0)), torch::kFloat64)});
        comm.all_reduce_sum(sums);
        const double images = sums[2].item<double>();
        ResultRow row;
        row.scores = {score_of({std::sqrt(sums[0].item<double>() / images)}),
                      score_of({sums[1].item<double>() / images})};
        row.details["ridge"] = ridge_;
        return row;
    }

    double ridge_;
};

} // namespace

ProtocolEntry toy_regression() {
    return {"regression",
            "regress",
            "Ridge regression",
            "the class number from a run's features, by ridge regression",
            "ridge regression of the class number.",
            {{"rmse", Unit::plain, false, false}, {"rounded right", Unit::percent, true, true}},
            {{"ridge", "LAMBDA", "strength of the penalty", {"ridge"}}},
            make_protocol<ToyRegression>};
}

} // namespace tacit::eval
