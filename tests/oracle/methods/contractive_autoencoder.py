#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Squared Frobenius norms of Jacobians that torch.autograd.functional computes in full, and their gradients.

Needs torch and safetensors. Usage: contractive_autoencoder.py [output folder].
"""
import torch
from torch.autograd.functional import jacobian

from fixture import save, wave

COUNT, PIXELS, HIDDEN, CODE = 4, 12, 6, 3


def norms(encode, images):
    return torch.stack([jacobian(encode, image, create_graph=True).square().sum() for image in images])


def main():
    images = wave((COUNT, PIXELS), 0.61, 0.3)
    weight = (0.5 * wave((CODE, PIXELS), 1.37, 0.1)).requires_grad_()
    bias = (0.1 * wave((CODE,), 1.37, 0.2)).requires_grad_()
    one = norms(lambda x: torch.sigmoid(weight @ x + bias), images)
    weight_gradient, bias_gradient = torch.autograd.grad(one.mean(), (weight, bias))

    first = (0.5 * wave((HIDDEN, PIXELS), 1.37, 0.4)).requires_grad_()
    second = (0.5 * wave((CODE, HIDDEN), 1.37, 0.7)).requires_grad_()
    deep = norms(lambda x: torch.sigmoid(second @ torch.tanh(first @ x)), images)
    first_gradient, second_gradient = torch.autograd.grad(deep.mean(), (first, second))
    save(
        "contractive_autoencoder",
        {
            "one": one,
            "weight_gradient": weight_gradient,
            "bias_gradient": bias_gradient,
            "deep": deep,
            "first_gradient": first_gradient,
            "second_gradient": second_gradient,
        },
    )


if __name__ == "__main__":
    main()
