// SPDX-License-Identifier: Apache-2.0
#include "dist/norm/batch_norm.hpp"
#include "models/backbones/mlp.hpp"
#include "models/backbones/token_backbone.hpp"
#include "models/losses/contraction.hpp"
#include "models/losses/precision.hpp"
#include "models/pretext/autoencoder/code_pretext.hpp"
#include "models/pretext/list.hpp"
#include "models/step/draws.hpp"

#include <fmt/format.h>
#include <torch/types.h>

#include <array>
#include <string>
#include <utility>

namespace tacit::models {
namespace {

constexpr std::array kContractiveMetrics = {
    Metric{"reconstruction", "reconstruction error of an image, summed over its pixels and channels", "", "falls"},
    Metric{"jacobian",
           "squared Frobenius norm of the Jacobian of the code by the image, or its estimate; mean over images", "",
           "falls and stays above 0; near 0 all images get one code: less weight"}};

/// Contractive autoencoder (Rifai et al. 2011): the code changes little where the image does. Loss: reconstruction
/// summed over the image + `weight` |d code / d image|_F^2, averaged over the global batch. One layer of sigmoids has a
/// closed form; for other encoders the norm is estimated by random projections (Hutchinson 1990), `probes` of them, or
/// computed by a backward pass for each dimension of the code.
class ContractiveAutoencoder : public CodePretext {
  public:
    explicit ContractiveAutoencoder(const PretextParts& parts)
        : ContractiveAutoencoder(parts, Penalty(parts.section)) {}

    PretextLoss loss(const PretextInput& input) override {
        PretextInput seen = input;
        seen.views.front() = input.views.front().detach().requires_grad_(!closed_);
        const auto [code, norm] = contracted(seen);
        const at::Tensor error = reconstruction(code, input);
        return {error + penalty_.weight * norm, {{"reconstruction", error.detach()}, {"jacobian", norm.detach()}}};
    }

  private:
    struct Penalty {
        explicit Penalty(const config::Section& pretext)
            : weight(pretext.number({"weight", "of the Jacobian's norm"}, 0.1, {0, 1e6})),
              jacobian(pretext.choice({"jacobian", "how the norm is computed: the formula of one layer of sigmoids, an "
                                                   "estimate, or exactly, dimension by dimension; auto: the formula "
                                                   "where it holds, else an estimate"},
                                      "auto", {"auto", "closed", "estimate", "exact"})),
              probes(pretext.integer({"probes", "random directions of an estimate; more are less noisy, each costs a "
                                                "backward pass"},
                                     1, {1, 1024})) {}

        double weight;
        std::string jacobian;
        std::int64_t probes;
    };

    ContractiveAutoencoder(const PretextParts& parts, const Penalty& penalty)
        : CodePretext(parts, {Reconstruction::Scale::summed, 0, "none"}), penalty_(penalty),
          closed_(penalty.jacobian == "closed" || (penalty.jacobian == "auto" && has_closed_form())) {
        if (closed_ && !has_closed_form()) {
            parts.section.fail("jacobian", "closed is the formula of one layer of sigmoids: model: {backbone: mlp, "
                                           "hidden: [units], norm: none, activation: sigmoid, dropout: 0} with "
                                           "bottleneck 0 and code_activation none; use estimate");
        }
        refuse_encoders(parts.section);
    }

    /// The code, and this rank's share of its Jacobian's norm. In at least fp32: bf16 loses much in two backward
    /// passes.
    std::pair<at::Tensor, at::Tensor> contracted(const PretextInput& input) {
        const FullPrecisionScope scope;
        const at::Tensor code = encode(input.views.front());
        return {code, contraction(code, input).sum() / static_cast<double>(input.global_count)};
    }

    /// [N].
    at::Tensor contraction(const at::Tensor& code, const PretextInput& input) {
        const at::Tensor& images = input.views.front();
        if (closed_) {
            return sigmoid_contraction(code, dynamic_cast<const Mlp&>(backbone()).linears().front()->weight);
        }
        if (penalty_.jacobian == "exact") {
            return exact_contraction(code, images);
        }
        at::Tensor sum;
        for (std::int64_t probe = 0; probe < penalty_.probes; ++probe) {
            const auto directions =
                normal_draws(input.at, fmt::format("probe {}", probe), input.ids, code.sizes().slice(1), code.device());
            const auto term = projected_contraction(code, images, directions);
            sum = sum.defined() ? sum + term : term;
        }
        return sum / static_cast<double>(penalty_.probes);
    }

    bool has_closed_form() {
        const auto* mlp = dynamic_cast<const Mlp*>(&backbone());
        return mlp != nullptr && mlp->linears().size() == 1 && mlp->options().norm == "none" &&
               mlp->options().activation.kind() == Activation::Kind::sigmoid && mlp->options().dropout == 0 &&
               bottleneck().is_empty() && code_activation().kind() == Activation::Kind::none;
    }

    /// Batch norm makes the code of an image depend on other images, so that it has no Jacobian of its own; attention
    /// has no second derivatives in LibTorch.
    void refuse_encoders(const config::Section& pretext) {
        const auto name = backbone().architecture().name;
        if (dynamic_cast<const TokenBackbone*>(&backbone()) != nullptr) {
            pretext.fail("name",
                         fmt::format("contractive_autoencoder needs second derivatives, and the attention of {} "
                                     "has none; choose a convolutional model.backbone or mlp",
                                     name));
        }
        if (backbone().recomputes()) {
            pretext.fail("name", "contractive_autoencoder needs second derivatives, and blocks that are computed again "
                                 "have none; set model.checkpoint to false");
        }
        for (const auto& part : backbone().modules()) {
            if (std::dynamic_pointer_cast<dist::BatchNormImpl>(part)) {
                pretext.fail("name", fmt::format("contractive_autoencoder needs an encoder without batch norm, which "
                                                 "makes the code of an image depend on others, and {} has it; set "
                                                 "model.norm to group or none, or choose another model.backbone",
                                                 name));
            }
        }
    }

    Penalty penalty_;
    bool closed_;
};

} // namespace

const PretextEntry contractive_autoencoder_pretext =
    make_entry<ContractiveAutoencoder>("contractive_autoencoder", "autoencoder", kContractiveMetrics);

} // namespace tacit::models
