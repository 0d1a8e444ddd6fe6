// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/step/step_metrics.hpp"

#include "dist/agreement.hpp"

#include <torch/types.h>

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <set>
#include <stdexcept>

namespace tacit::train {

namespace {

constexpr models::Metric kLoss{
    "loss", "loss of the global batch, mean over the steps since the last line; loss_NAME of further updates", "",
    "falls, fast at first; compare it between runs of one pretext and batch alone"};

constexpr std::array kOthers = {
    models::Metric{"step", "optimiser steps done", "steps", "grows"},
    models::Metric{"epoch", "passes over the training split done", "epochs", "grows"},
    models::Metric{"lr", "learning rate of the last step, before the scale of a parameter group", "",
                   "follows optim.schedule"},
    models::Metric{
        "grad_norm", "Euclidean norm of the gradient before clipping, mean over the steps since the last line", "",
        "settles after the warm-up; growing by tens announces steps that are skipped: a lower lr, or optim.clip_norm"},
    models::Metric{"images_per_second", "training speed of all ranks, since the last line", "images / s", "steady"},
    models::Metric{"data_wait", "time that rank 0 waited for batches", "share",
                   "near 0; above 0.1 loading is too slow: data.workers, data stats, docs/data.md"},
    models::Metric{"seconds", "time spent in training, earlier starts included", "seconds", "grows"},
    models::Metric{"skipped",
                   "steps since the last line that moved nothing because a loss or gradient was no finite number",
                   "steps", "absent"},
};

std::vector<std::string> declared_names(const models::Pretext& pretext) {
    std::set<std::string> names;
    const auto add = [&](const std::string& name) {
        const bool taken = std::any_of(kOthers.begin(), kOthers.end(),
                                       [&](const models::Metric& metric) { return metric.name == name; });
        if (taken || !names.insert(name).second) {
            throw std::logic_error(fmt::format("the metric '{}' of the pretext has the name of another one", name));
        }
    };
    for (const std::string& update : pretext.updates()) {
        add(loss_name(update));
    }
    for (const models::Metric& metric : pretext.metrics()) {
        add(std::string(metric.name));
    }
    return {names.begin(), names.end()};
}

} // namespace

std::span<const models::Metric> trainer_metrics() {
    static const std::vector<models::Metric> all = [] {
        std::vector<models::Metric> metrics = {kLoss};
        metrics.insert(metrics.end(), kOthers.begin(), kOthers.end());
        return metrics;
    }();
    return all;
}

std::string loss_name(const std::string& update) {
    return update == "main" ? "loss" : "loss_" + update;
}

StepMetrics::StepMetrics(const models::Pretext& pretext, dist::Communicator& comm)
    : comm_(comm), names_(declared_names(pretext)) {
    dist::require_agreement("the names of the metrics", names_, comm);
}

void StepMetrics::add(const std::string& name, const at::Tensor& share) {
    if (!std::binary_search(names_.begin(), names_.end(), name)) {
        throw std::logic_error(fmt::format("the pretext gives the metric '{}', which metrics() lacks", name));
    }
    at::Tensor& sum = shares_[name];
    sum = sum.defined() ? sum + share : share;
}

std::map<std::string, double> StepMetrics::sum(std::span<double> more, at::Tensor& also) {
    // {more, on how many ranks each name was given, its sum}
    const std::size_t count = names_.size();
    std::vector<double> values(more.begin(), more.end());
    values.resize(more.size() + 2 * count);
    std::vector<at::Tensor> own;
    for (const auto& entry : shares_) {
        own.push_back(entry.second);
    }
    at::Tensor read = own.empty() ? torch::empty({0}, torch::kDouble) : torch::stack(own);
    if (also.defined()) {
        const at::Tensor both = torch::cat({read.to(also.device()), also}).cpu(); // the one wait for a device
        also = both.narrow(0, read.numel(), also.numel());
        read = both.narrow(0, 0, read.numel());
    } else {
        read = read.cpu();
    }
    std::size_t place = 0;
    for (std::size_t i = 0; i < count; ++i) {
        if (shares_.contains(names_[i])) { // both are sorted
            values[more.size() + i] = 1;
            values[more.size() + count + i] = read.const_data_ptr<double>()[place++];
        }
    }
    shares_.clear();
    at::Tensor packed = torch::tensor(values, torch::kDouble);
    comm_.all_reduce_sum(packed);
    const double* sums = packed.const_data_ptr<double>();
    std::copy_n(sums, more.size(), more.begin());
    std::map<std::string, double> metrics;
    for (std::size_t i = 0; i < count; ++i) {
        const double given = sums[more.size() + i];
        if (given != 0 && given != comm_.size()) {
            throw std::logic_error(
                fmt::format("the metric '{}' was given by {} of {} ranks", names_[i], given, comm_.size()));
        }
        if (given != 0) {
            metrics[names_[i]] = sums[more.size() + count + i];
        }
    }
    return metrics;
}

} // namespace tacit::train
