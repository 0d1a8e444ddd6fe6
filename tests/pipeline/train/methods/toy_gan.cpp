// SPDX-License-Identifier: Apache-2.0
// A method of two players, as one file: what the trainer must carry without knowing of it. The critic is the backbone
// with a linear head (Goodfellow et al. 2014, non-saturating losses) and a gradient penalty on lines between real and
// made images (Gulrajani et al. 2017), whose gradient of a gradient goes through batch norms over all ranks.
#include "models/pretext/list.hpp"
#include "models/step/draws.hpp"

#include <torch/autograd.h>
#include <torch/nn/functional/activation.h>
#include <torch/nn/modules/linear.h>
#include <torch/types.h>

#include <array>

namespace tacit::models {
namespace {

constexpr std::int64_t kCode = 8;
constexpr double kPenalty = 0.1;

constexpr std::array kToyGanMetrics = {Metric{"penalty", "gradient penalty of the critic", "", "near 0"}};

class ToyGan : public Pretext {
  public:
    explicit ToyGan(const PretextParts& parts) : Pretext(parts), shape_(parts.shape) {
        head_ = register_module("head", torch::nn::Linear(backbone().feature_dim(), 1));
        generator_ = register_module(
            "generator", torch::nn::Linear(kCode, std::int64_t{shape_.channels} * shape_.height * shape_.width));
    }

    ViewNeeds needs() const override { return {.views = 1, .mask = false, .rotation = false, .images = 2}; }
    std::vector<std::string> updates() const override { return {"critic", "main"}; }
    bool is_due(const StepContext& at) const override { return at.update == "critic" || at.step % 2 == 1; }
    std::vector<ParameterGroup> groups() override {
        auto critic = group_of("critic", {"backbone", "head"});
        auto generator = group_of("main", {"generator"});
        generator.lr_scale = 0.5;
        return {critic, generator};
    }

    PretextLoss loss(const PretextInput& input) override {
        const at::Tensor& real = input.views.front();
        const at::Tensor made = images_of(input);
        const auto count = static_cast<double>(input.global_count);
        const auto softplus = [](const at::Tensor& scores) { return torch::nn::functional::softplus(scores); };
        if (input.at.update == "main") {
            return {softplus(-scores(made)).sum() / count};
        }
        const at::Tensor share = uniform_draws(input.at, "penalty", input.ids, {1, 1, 1}, real.device());
        const at::Tensor between = (real * share + made.detach() * (1 - share)).requires_grad_();
        const at::Tensor slope =
            torch::autograd::grad({scores(between).sum()}, {between}, {}, true, /*create_graph=*/true).front();
        const at::Tensor penalty = slope.square().sum() / count;
        return {(softplus(-scores(real)) + softplus(scores(made.detach()))).sum() / count + kPenalty * penalty,
                {{"penalty", penalty.detach()}}};
    }

  private:
    at::Tensor scores(const at::Tensor& images) { return head_(backbone().forward(images)).squeeze(1); }

    at::Tensor images_of(const PretextInput& input) {
        const at::Tensor codes = normal_draws(input.at, "code", input.ids, {kCode}, input.views.front().device());
        return generator_(codes).view({-1, shape_.channels, shape_.height, shape_.width}).tanh();
    }

    augment::ImageShape shape_;
    torch::nn::Linear head_ = nullptr, generator_ = nullptr;
};

[[maybe_unused]] const bool kToyGanAdded =
    (add_pretext(make_entry<ToyGan>("toy_gan", "autoencoder", kToyGanMetrics)), true);

} // namespace
} // namespace tacit::models
