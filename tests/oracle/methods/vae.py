#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The loss of a variational autoencoder by torch.distributions: reconstruction, KL divergence, free bits.

Needs torch and safetensors. Usage: vae.py [output folder].
"""
import torch
from torch.distributions import Bernoulli, Normal, kl_divergence

from fixture import save, wave

COUNT, LATENT, PIXELS = 6, 5, 32
FREE_BITS, BETA = 0.6, 0.7


def parts():
    mean = (1.5 * wave((COUNT, LATENT), 0.93, 0.2)).requires_grad_()
    log_variance = (3 * wave((COUNT, LATENT), 0.71, 0.5)).requires_grad_()
    noise = wave((COUNT, LATENT), 2.3, 0.1)
    weight = wave((PIXELS, LATENT), 1.1, 0.4)
    return mean, log_variance, noise, weight


def elbo(target, likelihood, free_bits):
    """-E[log p(x | z)] but for constants, and the divergence, each averaged over the batch."""
    mean, log_variance, noise, weight = parts()
    posterior = Normal(mean, torch.exp(log_variance / 2))
    code = posterior.mean + posterior.stddev * noise
    output = code @ weight.T
    error = 0.0
    for i in range(COUNT):
        for p in range(PIXELS):
            error = error - likelihood(output[i, p], target[i, p])
    divergence = kl_divergence(posterior, Normal(torch.zeros(LATENT), torch.ones(LATENT)))
    penalty = 0.0
    for d in range(LATENT):
        average = divergence[:, d].mean()
        penalty = penalty + (average if average > free_bits else torch.tensor(free_bits))
    loss = error / COUNT + BETA * penalty
    loss.backward()
    return {
        "loss": loss,
        "error": error / COUNT,
        "kl": divergence.sum() / COUNT,
        "mean_gradient": mean.grad,
        "log_variance_gradient": log_variance.grad,
    }


def gaussian(output, target):
    unit = Normal(output, 1.0)
    return unit.log_prob(target) - unit.log_prob(output)  # without the constant


def bernoulli(output, target):
    unit = Bernoulli(logits=output, validate_args=False)
    return unit.log_prob(target)


def main():
    tensors = {}
    bounded = wave((COUNT, PIXELS), 0.57, 0.3).square()
    for name, likelihood in (("mse", gaussian), ("bce", bernoulli)):
        for free_bits in (0.0, FREE_BITS):
            for key, value in elbo(bounded, likelihood, free_bits).items():
                tensors[f"{name}.{free_bits}.{key}"] = value
    save("vae", tensors)


if __name__ == "__main__":
    main()
