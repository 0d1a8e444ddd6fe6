// SPDX-License-Identifier: Apache-2.0
#include "eval/linear_probe.hpp"

#include "eval/label_draw.hpp"
#include "eval/lbfgs.hpp"
#include "pipeline/base/error.hpp"

#include <torch/torch.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>

namespace tacit::eval {

namespace {

constexpr std::int64_t kChunkRows = 2048;          // a chunk of features stays in cache between loss and gradient
constexpr std::int64_t kPreconditionerRows = 8192; // enough to know the shape of the Gram matrix
constexpr std::int64_t kPreconditionerDims = 4096; // beyond, the diagonal (1 after standardisation) stands for it

/// Rows of one rank: standardised features and labels.
struct Slice {
    at::Tensor x; ///< [n, D] float32
    at::Tensor y; ///< [n] int64
};

Features labelled(const Features& features, const char* split) {
    const at::Tensor rows = features.labels.ge(0).nonzero().flatten();
    if (rows.numel() == 0) {
        throw DataError(std::string("the ") + split + " split has no labels; a probe needs them");
    }
    if (rows.numel() == features.labels.size(0)) {
        return features;
    }
    return {features.values.index_select(0, rows), features.labels.index_select(0, rows)};
}

void standardise_by(LinearClassifier& classifier, const at::Tensor& values) {
    const auto [variance, mean] = torch::var_mean(values, {0}, /*unbiased=*/false);
    const at::Tensor deviation = variance.sqrt();
    classifier.mean = mean;
    classifier.inverse_std = torch::where(deviation > 1e-6, deviation.reciprocal(), torch::zeros_like(deviation));
}

at::Tensor standardised(const LinearClassifier& classifier, const at::Tensor& values) {
    return (values - classifier.mean).mul_(classifier.inverse_std);
}

std::pair<std::int64_t, std::int64_t> own_rows(std::int64_t rows, dist::Communicator& comm) {
    const std::int64_t begin = rows * comm.rank() / comm.size();
    return {begin, rows * (comm.rank() + 1) / comm.size() - begin};
}

/// The objective of multinomial logistic regression over the rows of all ranks.
class LogisticLoss {
  public:
    LogisticLoss(Slice slice, std::int64_t rows, std::int64_t classes, double l2, dist::Communicator& comm)
        : slice_(std::move(slice)), rows_(rows), classes_(classes), l2_(l2), comm_(comm) {}

    /// `parameters`: [(D + 1) * K], the last K are the bias.
    double operator()(const at::Tensor& parameters, at::Tensor& gradient) const {
        const std::int64_t dims = slice_.x.size(1);
        const at::Tensor table = parameters.view({dims + 1, classes_});
        const at::Tensor weight = table.narrow(0, 0, dims).to(torch::kFloat32);
        const at::Tensor bias = table[dims].to(torch::kFloat32);
        at::Tensor total = torch::zeros({(dims + 1) * classes_ + 1}, torch::kFloat64);
        at::Tensor sums = total.narrow(0, 0, (dims + 1) * classes_).view({dims + 1, classes_});
        double loss = 0;
        for (std::int64_t begin = 0; begin < slice_.x.size(0); begin += kChunkRows) {
            loss += add_chunk(begin, weight, bias, sums);
        }
        total[-1] = loss;
        comm_.all_reduce_sum(total);
        gradient.copy_(total.narrow(0, 0, gradient.numel())).div_(static_cast<double>(rows_));
        const at::Tensor weights = table.narrow(0, 0, dims);
        gradient.view({dims + 1, classes_}).narrow(0, 0, dims).add_(weights, l2_);
        return total[-1].item<double>() / static_cast<double>(rows_) + l2_ / 2 * weights.square().sum().item<double>();
    }

  private:
    double add_chunk(std::int64_t begin, const at::Tensor& weight, const at::Tensor& bias, at::Tensor& sums) const {
        const std::int64_t dims = slice_.x.size(1);
        const std::int64_t count = std::min(kChunkRows, slice_.x.size(0) - begin);
        const at::Tensor x = slice_.x.narrow(0, begin, count);
        const at::Tensor y = slice_.y.narrow(0, begin, count).unsqueeze(1);
        const at::Tensor log_p = torch::log_softmax(torch::addmm(bias, x, weight), 1);
        const double loss = -log_p.gather(1, y).to(torch::kFloat64).sum().item<double>();
        at::Tensor residual = log_p.exp();
        residual.scatter_add_(1, y, torch::full_like(y, -1.0F, torch::kFloat32));
        sums.narrow(0, 0, dims).add_(torch::mm(x.t(), residual));
        sums[dims].add_(residual.sum(0));
        return loss;
    }

    Slice slice_;
    std::int64_t rows_;
    std::int64_t classes_;
    double l2_;
    dist::Communicator& comm_;
};

/// Standardised training features, ready to be fitted at several strengths.
class Fitter {
  public:
    Fitter(const Features& train, const LinearClassifier& standardisation, std::int64_t classes,
           const LinearOptions& options, dist::Communicator& comm)
        : classes_(classes), rows_(train.values.size(0)), options_(options), comm_(comm) {
        const auto [begin, count] = own_rows(rows_, comm);
        slice_ = {standardised(standardisation, train.values.narrow(0, begin, count)),
                  train.labels.narrow(0, begin, count)};
        const std::int64_t stride = (rows_ + kPreconditionerRows - 1) / kPreconditionerRows;
        if (train.values.size(1) <= kPreconditionerDims) {
            const at::Tensor sample = standardised(standardisation, train.values.slice(0, 0, rows_, stride));
            gram_ = (torch::mm(sample.t(), sample) / static_cast<double>(sample.size(0))).to(torch::kFloat64);
        }
    }

    /// Fits from `parameters`, in place; returns the objective reached.
    double fit(at::Tensor& parameters, double l2) const {
        const LogisticLoss loss(slice_, rows_, classes_, l2, comm_);
        return minimise(loss, preconditioner(l2), parameters, {options_.iterations, 10, options_.tolerance});
    }

  private:
    Preconditioner preconditioner(double l2) const {
        const std::int64_t dims = slice_.x.size(1);
        const std::int64_t classes = classes_;
        // Böhning 1992: the Hessian never exceeds (I - 11'/K) / 2 times the Gram matrix.
        if (!gram_.defined()) {
            return [l2](const at::Tensor& vector) { return vector / (0.5 + l2); };
        }
        // The sampled Gram matrix of fewer rows than dimensions is singular; a small ridge keeps its factor sound.
        const at::Tensor ridge = torch::full({dims}, l2 + 1e-6, torch::kFloat64);
        const at::Tensor factor = torch::linalg_cholesky(0.5 * gram_ + torch::diag(ridge));
        return [factor, dims, classes](const at::Tensor& vector) {
            const at::Tensor table = vector.view({dims + 1, classes});
            const at::Tensor solved = torch::cholesky_solve(table.narrow(0, 0, dims), factor);
            return torch::cat({solved, table.narrow(0, dims, 1) * 2.0}).flatten();
        };
    }

    std::int64_t classes_;
    std::int64_t rows_;
    LinearOptions options_;
    dist::Communicator& comm_;
    Slice slice_;
    at::Tensor gram_;
};

void adopt(LinearClassifier& classifier, const at::Tensor& parameters, std::int64_t classes) {
    const at::Tensor table = parameters.view({-1, classes}).to(torch::kFloat32);
    classifier.weight = table.narrow(0, 0, table.size(0) - 1).clone();
    classifier.bias = table[-1].clone();
}

struct Score {
    double accuracy = 0;
    double loss = 0;
};

Score score(const LinearClassifier& classifier, const Features& features, dist::Communicator& comm) {
    const auto [begin, count] = own_rows(features.values.size(0), comm);
    at::Tensor sums = torch::zeros({2}, torch::kFloat64);
    for (std::int64_t at = begin; at < begin + count; at += kChunkRows) {
        const std::int64_t rows = std::min(kChunkRows, begin + count - at);
        const at::Tensor y = features.labels.narrow(0, at, rows);
        const at::Tensor logits = classifier.logits(features.values.narrow(0, at, rows));
        sums[0] += logits.argmax(1).eq(y).sum().to(torch::kFloat64);
        sums[1] -= torch::log_softmax(logits, 1).gather(1, y.unsqueeze(1)).to(torch::kFloat64).sum();
    }
    comm.all_reduce_sum(sums);
    const double rows = static_cast<double>(features.values.size(0));
    return {sums[0].item<double>() / rows, sums[1].item<double>() / rows};
}

Features select(const Features& features, const std::vector<std::int64_t>& rows) {
    const at::Tensor index = torch::tensor(at::ArrayRef<std::int64_t>(rows));
    return {features.values.index_select(0, index), features.labels.index_select(0, index)};
}

std::vector<std::int32_t> label_list(const at::Tensor& labels) {
    const at::Tensor narrow = labels.to(torch::kInt32).contiguous();
    const std::int32_t* begin = narrow.const_data_ptr<std::int32_t>();
    return {begin, begin + narrow.numel()};
}

at::Tensor zero_parameters(const Features& features, std::int64_t classes) {
    return torch::zeros({(features.values.size(1) + 1) * classes}, torch::kFloat64);
}

/// The strength with the best held-out accuracy (the stronger of equals) and what it reached.
struct Choice {
    double l2 = 0;
    double accuracy = -1;
    at::Tensor parameters;
};

Choice choose_strength(const Features& train, const LinearClassifier& standardisation, std::int64_t classes,
                       const LinearOptions& options, dist::Communicator& comm) {
    std::vector<std::int64_t> all(static_cast<std::size_t>(train.labels.size(0)));
    std::iota(all.begin(), all.end(), 0);
    const auto [kept, held] = hold_out(all, label_list(train.labels), options.holdout, options.seed);
    const Features held_out = select(train, held);
    const Fitter fitter(select(train, kept), standardisation, classes, options, comm);
    std::vector<double> path = options.l2;
    std::sort(path.begin(), path.end(), std::greater<>());
    at::Tensor parameters = zero_parameters(train, classes);
    Choice best;
    for (const double l2 : path) { // from strong to weak, each fit starting from the one before
        fitter.fit(parameters, l2);
        LinearClassifier candidate = standardisation;
        adopt(candidate, parameters, classes);
        const double accuracy = score(candidate, held_out, comm).accuracy;
        if (accuracy > best.accuracy) {
            best = {l2, accuracy, parameters.clone()};
        }
    }
    return best;
}

} // namespace

at::Tensor LinearClassifier::logits(const at::Tensor& features) const {
    return torch::addmm(bias, (features - mean) * inverse_std, weight);
}

LinearClassifier fit_logistic(const Features& features, std::int64_t classes, double l2, const LinearOptions& options,
                              dist::Communicator& comm) {
    const torch::NoGradGuard no_grad;
    LinearClassifier classifier;
    standardise_by(classifier, features.values);
    at::Tensor parameters = zero_parameters(features, classes);
    Fitter(features, classifier, classes, options, comm).fit(parameters, l2);
    adopt(classifier, parameters, classes);
    return classifier;
}

LinearProbeResult linear_probe(const Features& all_train, const Features& all_test, const LinearOptions& options,
                               dist::Communicator& comm) {
    const torch::NoGradGuard no_grad;
    const Features train = labelled(all_train, "training");
    const Features test = labelled(all_test, "test");
    const std::int64_t classes =
        std::max(train.labels.max().item<std::int64_t>(), test.labels.max().item<std::int64_t>()) + 1;
    LinearProbeResult result;
    standardise_by(result.classifier, train.values);
    Choice choice = choose_strength(train, result.classifier, classes, options, comm);
    result.l2 = choice.l2;
    result.holdout_accuracy = choice.accuracy;
    result.train_loss = Fitter(train, result.classifier, classes, options, comm).fit(choice.parameters, choice.l2);
    adopt(result.classifier, choice.parameters, classes);
    const Score on_test = score(result.classifier, test, comm);
    result.test_accuracy = on_test.accuracy;
    result.test_loss = on_test.loss;
    return result;
}

} // namespace tacit::eval
