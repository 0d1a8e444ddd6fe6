#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fully connected autoencoders with mirrored and tied decoders, their losses and gradients; SSIM by scikit-image.

Needs torch, safetensors and scikit-image. Usage: autoencoder.py [output folder].
"""
import numpy
import torch
from skimage.metrics import structural_similarity
from torch import nn

from fixture import fill_by_formula, save, wave

COUNT, SIDE, HIDDEN, CODE = 3, 13, 7, 4
PIXELS = SIDE * SIDE


class Part(nn.Module):
    """Modules by name."""

    def __init__(self, **modules):
        super().__init__()
        for name, module in modules.items():
            self.register_module(name, module)


class Net(nn.Module):
    """pixels -> tanh -> code -> tanh -> pixels, with parameters named as Tacit's."""

    def __init__(self, tied):
        super().__init__()
        self.backbone = Part(linear1=nn.Linear(PIXELS, HIDDEN))
        self.bottleneck = nn.Linear(HIDDEN, CODE)
        if tied:
            self.decoder = nn.Module()
            self.decoder.bias1 = nn.Parameter(torch.zeros(PIXELS))
            self.decoder.bias2 = nn.Parameter(torch.zeros(HIDDEN))
        else:
            self.decoder = Part(linear1=nn.Linear(HIDDEN, PIXELS), linear2=nn.Linear(CODE, HIDDEN))
        self.tied = tied
        fill_by_formula(self)

    def forward(self, images):
        code = self.bottleneck(torch.tanh(self.backbone.linear1(images.flatten(1))))
        if self.tied:
            hidden = torch.tanh(code @ self.bottleneck.weight + self.decoder.bias2)
            output = hidden @ self.backbone.linear1.weight + self.decoder.bias1
        else:
            output = self.decoder.linear1(torch.tanh(self.decoder.linear2(code)))
        return output.reshape(images.shape)


def ssim_by_windows(x, y, window):
    """Wang et al. 2004, eq. 13, window by window: Gaussian weights of sigma 1.5, values of range 1."""
    place = torch.arange(window) - (window - 1) / 2
    weights = torch.exp(-(place[:, None] ** 2 + place[None, :] ** 2) / (2 * 1.5**2))
    weights = weights / weights.sum()
    values = []
    for row in range(x.shape[0] - window + 1):
        for column in range(x.shape[1] - window + 1):
            a = x[row : row + window, column : column + window]
            b = y[row : row + window, column : column + window]
            mean_a, mean_b = (weights * a).sum(), (weights * b).sum()
            var_a = (weights * (a - mean_a) ** 2).sum()
            var_b = (weights * (b - mean_b) ** 2).sum()
            cov = (weights * (a - mean_a) * (b - mean_b)).sum()
            c1, c2 = 0.01**2, 0.03**2
            values.append(
                (2 * mean_a * mean_b + c1) * (2 * cov + c2) / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))
            )
    return torch.stack(values).mean()


def by_scikit_image(x, y):
    """Its Gaussian windows of sigma 1.5 have 11 x 11 pixels."""
    return structural_similarity(
        x.numpy(), y.numpy(), data_range=1.0, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )


def ssim_loss(output, target):
    return torch.stack([1 - ssim_by_windows(o[0], t[0], 11) for o, t in zip(output.sigmoid(), target)]).mean()


LOSSES = {
    "mse": nn.functional.mse_loss,
    "l1": nn.functional.l1_loss,
    "bce": nn.functional.binary_cross_entropy_with_logits,
    "ssim": ssim_loss,
}


def main():
    images = wave((COUNT, 1, SIDE, SIDE), 0.37, 0.3).square()
    tensors = {}
    for tied in (False, True):
        for name, loss in LOSSES.items():
            net = Net(tied)
            value = loss(net(images), images)
            value.backward()
            key = f"{'tied' if tied else 'free'}.{name}"
            tensors[f"{key}.loss"] = value
            for parameter, tensor in net.named_parameters():
                if tensor.dim() == 1 or tensor.numel() < 100:
                    tensors[f"{key}.{parameter}"] = tensor.grad
                else:  # in short: by rows
                    tensors[f"{key}.{parameter}"] = tensor.grad.sum(1)
    other = wave((COUNT, 2, SIDE, SIDE + 4), 0.41, 0.9).square()
    this = wave((COUNT, 2, SIDE, SIDE + 4), 0.37, 0.3).square()
    tensors["ssim.7"] = torch.stack(
        [torch.stack([ssim_by_windows(a, b, 7) for a, b in zip(x, y)]).mean() for x, y in zip(this, other)]
    )
    tensors["ssim.11"] = torch.tensor([numpy.mean([by_scikit_image(a, b) for a, b in zip(x, y)]) for x, y in zip(this, other)])
    save("autoencoder", tensors)


if __name__ == "__main__":
    main()
