#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Penalties of sparse autoencoders, unit by unit, by torch.distributions.

Needs torch and safetensors. Usage: sparse_autoencoder.py [output folder].
"""
import torch
from torch.distributions import Bernoulli, kl_divergence

from fixture import save, wave

COUNT, UNITS, RHO = 6, 7, 0.05


def main():
    before = (2 * wave((COUNT, UNITS), 0.83, 0.2) - 1).requires_grad_()
    kl = 0.0
    for unit in torch.sigmoid(before).T:
        kl = kl + kl_divergence(Bernoulli(RHO), Bernoulli(unit.mean()))
    (kl_gradient,) = torch.autograd.grad(kl, before)
    l1 = 0.0
    for image in torch.tanh(before):
        for value in image:
            l1 = l1 + (value if value > 0 else -value) / COUNT
    (l1_gradient,) = torch.autograd.grad(l1, before)
    save("sparse_autoencoder", {"kl": kl, "kl_gradient": kl_gradient, "l1": l1, "l1_gradient": l1_gradient})


if __name__ == "__main__":
    main()
