// SPDX-License-Identifier: Apache-2.0
#include "eval/solvers/linear_probe.hpp"

#include "eval/features/feature_rows.hpp"
#include "eval/solvers/label_draw.hpp"
#include "eval/solvers/lbfgs.hpp"
#include "eval/solvers/logistic_loss.hpp"
#include "pipeline/base/error.hpp"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>
#include <optional>

namespace tacit::eval {

namespace {

constexpr std::int64_t kScoreRows = 4096; // rows classified at once
constexpr int kHistory = 10;              // steps that L-BFGS remembers

/// The sum over all ranks' rows of what `terms` makes of a chunk of them, [D] float64.
template <class Terms> at::Tensor summed(const at::Tensor& values, dist::Communicator& comm, const Terms& terms) {
    at::Tensor sum = torch::zeros({values.size(1)}, torch::kFloat64);
    for (std::int64_t at = 0; at < values.size(0); at += kScoreRows) {
        const at::Tensor chunk = values.narrow(0, at, std::min(kScoreRows, values.size(0) - at)).to(torch::kFloat64);
        sum += terms(chunk).sum(0);
    }
    comm.all_reduce_sum(sum);
    return sum;
}

/// By mean and standard deviation over the rows of all ranks.
void standardise_by(LinearClassifier& classifier, const at::Tensor& values, dist::Communicator& comm) {
    const auto rows = static_cast<double>(sum_over_ranks(values.size(0), comm));
    const at::Tensor mean = summed(values, comm, [](const at::Tensor& chunk) { return chunk; }) / rows;
    const at::Tensor squares = summed(values, comm, [&](const at::Tensor& chunk) { return (chunk - mean).square(); });
    const at::Tensor deviation = (squares / rows).sqrt().to(torch::kFloat32);
    classifier.mean = mean.to(torch::kFloat32);
    classifier.inverse_std = torch::where(deviation > 1e-6, deviation.reciprocal(), torch::zeros_like(deviation));
}

at::Tensor standardised(const LinearClassifier& classifier, const at::Tensor& values) {
    return (values - classifier.mean).mul_(classifier.inverse_std);
}

/// Standardised training features, ready to be fitted at several strengths.
class Fitter {
  public:
    /// `gram`: of these or of nearly these features; steers the minimiser and does not move the minimum.
    Fitter(const Features& train, const LinearClassifier& standardisation, std::int64_t classes,
           const LinearOptions& options, dist::Communicator& comm, const at::Tensor* gram = nullptr)
        : classes_(classes), rows_(sum_over_ranks(train.values.size(0), comm)), options_(options), comm_(comm),
          x_(standardised(standardisation, train.values)), y_(train.labels) {
        gram_ = gram != nullptr ? *gram : gram_matrix(x_, rows_, comm);
    }

    const at::Tensor& gram() const { return gram_; }

    /// Fits from `parameters`, in place, equal on all ranks; returns the objective reached on rank 0, 0 on the others.
    double fit(at::Tensor& parameters, double l2, std::int64_t number, const OnIteration& on_iteration) const {
        const LogisticLoss loss(x_, y_, rows_, classes_, l2, comm_);
        std::int64_t evaluations = 0; // one an iteration, seldom more
        if (comm_.rank() != 0) {
            follow(loss, parameters);
            return 0;
        }
        const Objective watched = [&](const at::Tensor& x, at::Tensor& gradient) {
            if (on_iteration) {
                on_iteration(number, ++evaluations);
            }
            lead(Order::evaluate, x);
            return loss(x, gradient);
        };
        try {
            const double value = minimise(watched, hessian_bound(gram_, classes_, l2), parameters,
                                          {options_.iterations, kHistory, options_.tolerance});
            lead(Order::finish, parameters);
            return value;
        } catch (...) {
            lead(Order::give_up, parameters);
            throw;
        }
    }

  private:
    // Rank 0 alone minimises and the others evaluate what it asks for: on machines of unlike processors the last bits
    // of a direction differ, and with them, some day, whether a step is taken.
    enum class Order : std::int64_t { evaluate, finish, give_up };

    void lead(Order order, const at::Tensor& x) const {
        if (comm_.size() > 1) {
            at::Tensor word = torch::full({1}, static_cast<std::int64_t>(order), torch::kInt64);
            comm_.broadcast(word, 0);
            at::Tensor sent = x.contiguous();
            comm_.broadcast(sent, 0);
        }
    }

    void follow(const LogisticLoss& loss, at::Tensor& parameters) const {
        at::Tensor gradient = torch::zeros_like(parameters);
        at::Tensor word = torch::zeros({1}, torch::kInt64);
        while (true) {
            comm_.broadcast(word, 0);
            comm_.broadcast(parameters, 0);
            switch (static_cast<Order>(word.item<std::int64_t>())) {
            case Order::evaluate:
                loss(parameters, gradient);
                break;
            case Order::finish:
                return;
            case Order::give_up:
                throw DataError("linear probe: rank 0 could not fit it");
            }
        }
    }

    std::int64_t classes_;
    std::int64_t rows_;
    LinearOptions options_;
    dist::Communicator& comm_;
    at::Tensor x_;
    at::Tensor y_;
    at::Tensor gram_;
};

void adopt(LinearClassifier& classifier, const at::Tensor& parameters, std::int64_t classes) {
    const at::Tensor table = parameters.view({classes, -1}).to(torch::kFloat32);
    const std::int64_t dims = table.size(1) - 1;
    classifier.weight = table.narrow(1, 0, dims).t().contiguous();
    classifier.bias = table.select(1, dims).clone();
}

struct Quality {
    double accuracy = 0;
    double loss = 0;
};

/// Accuracy and loss; rows of a class that `known` [K] lacks, being without training rows, count as wrong.
Quality quality(const LinearClassifier& classifier, const Features& features, const at::Tensor& known,
                dist::Communicator& comm) {
    const std::int64_t count = features.values.size(0);
    at::Tensor sums = torch::zeros({2}, torch::kFloat64);
    for (std::int64_t at = 0; at < count; at += kScoreRows) {
        const std::int64_t rows = std::min(kScoreRows, count - at);
        const at::Tensor y = features.labels.narrow(0, at, rows);
        const at::Tensor logits = classifier.logits(features.values.narrow(0, at, rows));
        sums[0] += logits.argmax(1).eq(y).logical_and(known.index_select(0, y)).sum().to(torch::kFloat64);
        sums[1] -= torch::log_softmax(logits, 1).gather(1, y.unsqueeze(1)).to(torch::kFloat64).sum();
    }
    comm.all_reduce_sum(sums);
    const auto rows = static_cast<double>(sum_over_ranks(count, comm));
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

/// [K]: which classes have rows on any rank.
at::Tensor known_classes(const Features& features, std::int64_t classes, dist::Communicator& comm) {
    at::Tensor counts = torch::bincount(features.labels, {}, classes);
    comm.all_reduce_sum(counts);
    return counts.gt(0);
}

/// The largest label on any rank, and one.
std::int64_t class_count(const std::vector<const Features*>& parts, dist::Communicator& comm) {
    at::Tensor largest = torch::zeros({1}, torch::kInt64);
    for (const Features* part : parts) {
        if (part->labels.numel() > 0) {
            largest = torch::maximum(largest, part->labels.max());
        }
    }
    comm.all_reduce_max(largest);
    return largest.item<std::int64_t>() + 1;
}

/// Those of `rows` of all that this rank holds, as it numbers them; its first is row `first` of all.
std::vector<std::int64_t> own_of(const std::vector<std::int64_t>& rows, std::int64_t first, std::int64_t count) {
    std::vector<std::int64_t> own;
    for (const std::int64_t row : rows) {
        if (row >= first && row < first + count) {
            own.push_back(row - first);
        }
    }
    return own;
}

/// The training rows without a keyed, stratified share, and that share.
std::pair<Features, Features> held_out_share(const Features& train, const LinearOptions& options,
                                             dist::Communicator& comm) {
    const at::Tensor labels = gathered(train.labels, comm);
    std::vector<std::int64_t> all(static_cast<std::size_t>(labels.size(0)));
    std::iota(all.begin(), all.end(), 0);
    const auto [kept, held] = hold_out(all, label_list(labels), options.holdout, options.seed);
    const std::int64_t count = train.labels.size(0);
    const std::int64_t first = rows_before(count, comm);
    return {select(train, own_of(kept, first, count)), select(train, own_of(held, first, count))};
}

/// The strength with the best held-out accuracy (the stronger of equals) and what it reached.
struct Choice {
    double l2 = 0;
    double accuracy = -1;
    at::Tensor parameters;
    at::Tensor gram; ///< of the kept rows: near enough to that of all rows for the final fit
};

Choice choose_strength(const Features& train, const LinearClassifier& standardisation, std::int64_t classes,
                       const LinearOptions& options, dist::Communicator& comm, const Features* val,
                       const OnIteration& on_iteration) {
    const auto [kept, held_out] = val == nullptr ? held_out_share(train, options, comm) : std::pair(train, *val);
    const at::Tensor known = known_classes(kept, classes, comm);
    if (sum_over_ranks(held_out.labels.size(0), comm) == 0) {
        if (options.l2.size() > 1) {
            throw ConfigError("eval.linear: no class has two training images, which leaves none to choose the strength "
                              "on; give a single one in eval.linear.l2, or more labels");
        }
        return {options.l2.front(), std::numeric_limits<double>::quiet_NaN(), zero_parameters(train, classes),
                Fitter(train, standardisation, classes, options, comm).gram()};
    }
    const Fitter fitter(kept, standardisation, classes, options, comm);
    std::vector<double> path = options.l2;
    std::sort(path.begin(), path.end(), std::greater<>());
    at::Tensor parameters = zero_parameters(train, classes);
    Choice best;
    std::int64_t number = 0;
    for (const double l2 : path) { // from strong to weak, each fit starting from the one before
        fitter.fit(parameters, l2, number++, on_iteration);
        LinearClassifier candidate = standardisation;
        adopt(candidate, parameters, classes);
        const double accuracy = quality(candidate, held_out, known, comm).accuracy;
        if (accuracy > best.accuracy) {
            best = {l2, accuracy, parameters.clone(), fitter.gram()};
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
    standardise_by(classifier, features.values, comm);
    at::Tensor parameters = zero_parameters(features, classes);
    Fitter(features, classifier, classes, options, comm).fit(parameters, l2, 0, {});
    adopt(classifier, parameters, classes);
    return classifier;
}

LinearProbeResult linear_probe(const Features& all_train, const Features& all_test, const LinearOptions& options,
                               dist::Communicator& comm, const Features* all_val, const OnIteration& on_iteration) {
    const torch::NoGradGuard no_grad;
    const Features train = labelled(all_train, "training", comm);
    const Features test = labelled(all_test, "test", comm);
    const std::optional<Features> val =
        all_val == nullptr ? std::nullopt : std::optional(labelled(*all_val, "validation", comm));
    const std::int64_t classes = class_count({&train, &test, val ? &*val : &test}, comm);
    LinearProbeResult result;
    standardise_by(result.classifier, train.values, comm);
    Choice choice =
        choose_strength(train, result.classifier, classes, options, comm, val ? &*val : nullptr, on_iteration);
    result.l2 = choice.l2;
    result.holdout_accuracy = choice.accuracy;
    const Fitter fitter(train, result.classifier, classes, options, comm, &choice.gram);
    const auto last = static_cast<std::int64_t>(options.l2.size());
    result.train_loss = fitter.fit(choice.parameters, choice.l2, last, on_iteration);
    adopt(result.classifier, choice.parameters, classes);
    const Quality on_test = quality(result.classifier, test, known_classes(train, classes, comm), comm);
    result.test_accuracy = on_test.accuracy;
    result.test_loss = on_test.loss;
    return result;
}

} // namespace tacit::eval
