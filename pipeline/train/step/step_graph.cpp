// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/step/step_graph.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/reason.hpp"
#include "pipeline/train/step/pretext_input.hpp"

#include <torch/types.h>

#include <algorithm>
#include <exception>
#include <fmt/format.h>
#include <stdexcept>
#include <utility>

namespace tacit::train {

namespace {

constexpr int kWarmUps = 3; ///< as torch.cuda.make_graphed_callables

bool alike(const at::Tensor& a, const at::Tensor& b) {
    return a.sizes() == b.sizes() && a.strides() == b.strides() && a.scalar_type() == b.scalar_type();
}

/// Memory for batches like `batch`.
models::PretextInput places_like(const models::PretextInput& batch) {
    models::PretextInput places = batch;
    places.ids = places.labels = at::Tensor();
    for (auto* list : {&places.views, &places.masks, &places.rotations, &places.permutations}) {
        for (at::Tensor& tensor : *list) {
            tensor = tensor.defined() ? torch::empty_like(tensor) : tensor;
        }
    }
    return places;
}

} // namespace

StepGraph::StepGraph(GraphMaker make, bool required, Pass pass)
    : make_(std::move(make)), required_(required), pass_(std::move(pass)) {}

models::PretextLoss StepGraph::run(const models::PretextInput& batch, const std::vector<bool>& trained) {
    if (!make_) {
        return pass_(batch);
    }
    if (!fits(batch, trained)) {
        begin(batch, trained);
    }
    if (warm_ups_ < kWarmUps) {
        ++warm_ups_;
        models::PretextLoss result;
        graph_->warm_up([&] { result = pass_(batch); });
        return result;
    }
    if (!recorded_ && !record(batch)) {
        return pass_(batch);
    }
    at::_foreach_copy_(device_tensors(inputs_), device_tensors(batch));
    graph_->replay();
    return outputs();
}

bool StepGraph::fits(const models::PretextInput& batch, const std::vector<bool>& trained) const {
    const std::vector<at::Tensor> were = device_tensors(inputs_);
    const std::vector<at::Tensor> are = device_tensors(batch);
    return graph_ && trained == trained_ && batch.global_count == inputs_.global_count &&
           std::equal(were.begin(), were.end(), are.begin(), are.end(), alike);
}

void StepGraph::begin(const models::PretextInput& batch, const std::vector<bool>& trained) {
    graph_.reset(); // its memory first
    graph_ = make_();
    trained_ = trained;
    warm_ups_ = 0;
    recorded_ = false;
    inputs_ = places_like(batch);
    outputs_ = at::Tensor();
}

/// Of a pass of `batch`; whether it succeeded.
bool StepGraph::record(const models::PretextInput& batch) {
    inputs_.at = batch.at; // its step is the recording's for ever: what reads it is not replayable
    try {
        graph_->record([this] { recorded_pass(); });
        recorded_ = true;
    } catch (const std::exception& error) {
        const std::string why = fmt::format("the step cannot be recorded as a CUDA graph: {}", reason_of(error));
        if (required_) {
            throw Error(why + "; set train.cuda_graph to auto or off");
        }
        log::warning(why + "; it is made without one (train.cuda_graph: off says so from the start)");
        make_ = nullptr;
        graph_.reset();
        inputs_ = {};
    }
    return recorded_;
}

void StepGraph::recorded_pass() {
    const models::PretextLoss result = pass_(inputs_);
    std::vector<at::Tensor> values = {result.loss.to(torch::kDouble)};
    names_.clear();
    for (const auto& [name, value] : result.metrics) {
        names_.push_back(name);
        values.push_back(value.detach().to(torch::kDouble));
    }
    outputs_ = outputs_.defined() ? at::stack_out(outputs_, values) : at::stack(values);
}

models::PretextLoss StepGraph::outputs() const {
    models::PretextLoss result{outputs_[0]};
    for (std::size_t i = 0; i < names_.size(); ++i) {
        result.metrics[names_[i]] = outputs_[static_cast<std::int64_t>(i) + 1];
    }
    return result;
}

std::string graph_obstacle(models::Pretext& pretext, const TrainConfig& config, int ranks) {
    if (ranks > 1) {
        return "the collectives of several ranks are not recorded";
    }
    if (config.grad_cache) {
        return "train.grad_cache passes micro-batches twice";
    }
    if (pretext.updates().size() > 1) {
        return "the pretext makes several updates a step";
    }
    if (!pretext.replayable()) {
        return "the loss of this pretext is not the same work in every step";
    }
    if (pretext.backbone().draws()) {
        return "the backbone draws anew in each step (model.drop_path or model.dropout)";
    }
    return "";
}

} // namespace tacit::train
