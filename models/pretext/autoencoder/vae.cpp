// SPDX-License-Identifier: Apache-2.0
#include "models/losses/gaussian.hpp"
#include "models/pretext/autoencoder/code_decoder.hpp"
#include "models/pretext/autoencoder/reconstruction.hpp"
#include "models/pretext/list.hpp"
#include "models/step/draws.hpp"
#include "models/step/schedule.hpp"

#include <torch/types.h>

#include <array>

namespace tacit::models {
namespace {

constexpr std::array kVaeMetrics = {
    Metric{"reconstruction", "reconstruction error of an image, summed over its pixels and channels", "nats",
           "falls; a value that stays where all codes are alike means that the code is not used"},
    Metric{"kl",
           "KL divergence of the code's posterior from the prior, summed over dimensions, before beta and free bits",
           "nats",
           "above 0 and level in the end; towards 0 the code says nothing (posterior collapse): lower beta, warm "
           "it up, or set free_bits"},
    Metric{"active_units", "dimensions of the code whose mean varies over the batch by a variance of more than 0.01",
           "dimensions",
           "more than a few; near 0 the posterior has collapsed, all of them: a larger latent may do "
           "better"}};

/// Variational autoencoder (Kingma & Welling 2014) with a diagonal Gaussian posterior on a code of `latent` dimensions
/// and a standard normal prior. Loss: reconstruction summed over the image + beta KL(q(z | x) || N(0, 1)), averaged
/// over the global batch; beta may move (warm-up: Sønderby et al. 2016; above 1: Higgins et al. 2017). Mean and
/// log-variance are linear in the backbone's features, so that what evaluation reads, the pooled features, knows the
/// mean.
class Vae : public Pretext, public CodeModel {
  public:
    explicit Vae(const PretextParts& parts)
        : Pretext(parts), latent_(parts.section.integer({"latent", "of the code", "dimensions"}, 64, {1, 65536})),
          beta_(read_schedule(parts.section, {"beta", "weight of the KL divergence; 1: a bound of the likelihood"},
                              constant(1), {0, 1e6})),
          free_bits_(parts.section.number({"free_bits",
                                           "KL divergence that each dimension of the code has for nothing, on average "
                                           "over the batch",
                                           "nats"},
                                          0, {0, 100})),
          features_(parts.section, "pooled", backbone()),
          reconstruction_(parts.section, parts.shape, Reconstruction::Scale::summed) {
        mean_ = register_module("mean", torch::nn::Linear(features_.values(), latent_));
        log_variance_ = register_module("log_variance", torch::nn::Linear(features_.values(), latent_));
        decoder_ = register_module("decoder", read_decoder(parts.section, {MapShape{latent_, 1, 1}, backbone(), mean_,
                                                                           parts.shape, parts.comm}));
    }

    ViewNeeds needs() const override { return {.target = true}; }
    std::string describe() const override { return "decoder: " + decoder_->describe(); }
    CodeModel* codes() override { return this; }

    PretextLoss loss(const PretextInput& input) override {
        const at::Tensor features = features_(backbone(), input.views.front()).flatten(1);
        const at::Tensor mean = mean_(features);
        const at::Tensor log_variance = clamped_log_variance(log_variance_(features));
        const at::Tensor noise = normal_draws(input.at, "code", input.ids, {latent_}, mean.device());
        const at::Tensor output = decoder_->forward(reparameterised(mean, log_variance, noise));
        const at::Tensor error = reconstruction_.share(output, input.views.back(), input.global_count);
        const at::Tensor kl = normal_kl(mean, log_variance);
        const at::Tensor loss = error + beta_.at(input.at) * kl_share(kl, free_bits_, input.global_count, comm());
        return {loss,
                {{"reconstruction", error.detach()},
                 {"kl", kl.detach().sum() / static_cast<double>(input.global_count)},
                 {"active_units", active_units_share(mean, comm())}}};
    }

    at::Tensor encode(const at::Tensor& images) override { return mean_(features_(backbone(), images).flatten(1)); }
    at::Tensor decode(const at::Tensor& codes) override { return reconstruction_.images(decoder_->forward(codes)); }
    std::vector<std::int64_t> code_sizes() const override { return {latent_}; }
    bool has_prior() const override { return true; }

    std::vector<PretextPicture> draw_pictures(const PretextInput& input) override {
        return {reconstruction_picture(input, [&](const at::Tensor& images) { return decode(encode(images)); }),
                samples(input)};
    }

  private:
    /// Images of codes that are drawn from the prior, the same at every step.
    PretextPicture samples(const PretextInput& input) {
        const at::Tensor ids = torch::arange(kPictureRows * kPictureRows);
        StepContext at;
        at.seed = input.at.seed;
        const at::Tensor codes = normal_draws(at, "samples", ids, {latent_}, input.views.front().device());
        const at::Tensor images = decode(codes.to(mean_->weight.scalar_type()));
        PretextPicture picture;
        picture.title = "samples of the prior";
        picture.columns.assign(static_cast<std::size_t>(kPictureRows), "sample");
        picture.images =
            images.contiguous().view({kPictureRows, kPictureRows, images.size(1), images.size(2), images.size(3)});
        return picture;
    }

    std::int64_t latent_;
    Schedule beta_;
    double free_bits_;
    CodeFeatures features_;
    Reconstruction reconstruction_;
    torch::nn::Linear mean_ = nullptr, log_variance_ = nullptr;
    std::shared_ptr<Decoder> decoder_;
};

} // namespace

const PretextEntry vae_pretext = make_entry<Vae>("vae", "autoencoder", kVaeMetrics);

} // namespace tacit::models
