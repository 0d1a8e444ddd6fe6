// SPDX-License-Identifier: Apache-2.0
#include "models/backbones/mlp.hpp"
#include "models/losses/sparsity.hpp"
#include "models/pretext/autoencoder/code_pretext.hpp"
#include "models/pretext/list.hpp"

#include <torch/types.h>

#include <array>

namespace tacit::models {
namespace {

constexpr std::array kSparseMetrics = {
    Metric{"reconstruction", "reconstruction error of an image, summed over its pixels and channels", "",
           "falls; high and level: the sparsity weighs too much"},
    Metric{"sparsity", "the penalty of the code, before its weight: of an image (l1), or of the batch (kl)", "",
           "falls, then level; 0 with all units off: the sparsity weighs too much"},
    Metric{"mean_activation", "mean of the code's units over the batch", "", "kl: near rho; l1: falls"},
    Metric{"active", "share of the code's values that are on: above 2 rho (kl), beyond 0.01 (l1)", "share of values",
           "falls to a small part, and not to 0"},
    Metric{"used_units", "share of the units that are on for some image of the batch", "share of units",
           "near 1: the images share the units out; near 0 most units are dead: less weight"}};

/// Sparse autoencoder: an overcomplete code of which an image uses little. Loss: reconstruction summed over the image +
/// `weight` times either the sum of absolute activations (l1; ReLU units) or the KL divergence of the units' mean
/// activations over the global batch from `rho` (kl; sigmoid units; Ng 2011, CS294A, with its rho .05 and weight 3).
/// Summed, as there, so that the weight's meaning does not depend on the size of images.
class SparseAutoencoder : public CodePretext {
  public:
    explicit SparseAutoencoder(const PretextParts& parts) : SparseAutoencoder(parts, Penalty(parts.section)) {}

    PretextLoss loss(const PretextInput& input) override {
        const at::Tensor code = encode(input.views.front());
        const at::Tensor error = reconstruction(code, input);
        const at::Tensor units = code.dim() == 4 ? code.mean({2, 3}) : code; // of a map, each channel is a unit
        const at::Tensor penalty = penalty_.kl ? kl_sparsity_share(units, penalty_.rho, input.global_count, comm())
                                               : l1_activation_share(code.flatten(1), input.global_count);
        const double on = penalty_.kl ? 2 * penalty_.rho : 0.01;
        return {error + penalty_.weight * penalty,
                {{"reconstruction", error.detach()},
                 {"sparsity", penalty.detach()},
                 {"mean_activation", mean_activation_share(units, input.global_count)},
                 {"active", active_share(units, on, input.global_count)},
                 {"used_units", used_units_share(units, on, comm())}}};
    }

  private:
    struct Penalty {
        explicit Penalty(const config::Section& pretext)
            : kl(pretext.choice({"sparsity", "what is penalised: the KL divergence of each unit's mean activation from "
                                             "rho, or the sum of absolute activations"},
                                "kl", {"kl", "l1"}) == "kl"),
              weight(pretext.number({"weight", "of the penalty"}, kl ? 3 : 0.1, {0, 1e6})),
              rho(kl ? pretext.number({"rho", "mean activation that a unit should have"}, 0.05, {1e-4, 0.9999}) : 0) {}

        bool kl;
        double weight;
        double rho;
    };

    SparseAutoencoder(const PretextParts& parts, const Penalty& penalty)
        : CodePretext(parts, {Reconstruction::Scale::summed, 1024, penalty.kl ? "sigmoid" : "relu"}),
          penalty_(penalty) {
        if (penalty.kl && !units_are_probabilities()) {
            parts.section.fail(
                "sparsity", "kl needs units between 0 and 1: code_activation sigmoid with a bottleneck, or none with "
                            "bottleneck 0 and a backbone mlp of activation sigmoid; or use l1");
        }
    }

    bool units_are_probabilities() {
        if (!bottleneck().is_empty()) {
            return code_activation().kind() == Activation::Kind::sigmoid;
        }
        const auto* mlp = dynamic_cast<const Mlp*>(&backbone());
        return mlp != nullptr && mlp->options().activation.kind() == Activation::Kind::sigmoid &&
               code_activation().kind() == Activation::Kind::none;
    }

    Penalty penalty_;
};

} // namespace

const PretextEntry sparse_autoencoder_pretext =
    make_entry<SparseAutoencoder>("sparse_autoencoder", "autoencoder", kSparseMetrics);

} // namespace tacit::models
