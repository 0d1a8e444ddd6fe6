#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes fixtures/methods/colorization.safetensors: colours by scikit-image, classes of colour and their loss term by term.

Needs numpy, scikit-image 0.26, torch 2.11, safetensors. Usage: colorization.py [output folder].
"""
import math

import numpy as np
import torch
from skimage import color

from fixture import save, wave

NEIGHBOURS, SIGMA, MIX, TEMPERATURE = 10, 5.0, 0.5, 0.38


def rgb2lab(images):
    return torch.from_numpy(color.rgb2lab(images.permute(0, 2, 3, 1).numpy())).permute(0, 3, 1, 2).contiguous()


def lab2rgb(images):
    return torch.from_numpy(color.lab2rgb(images.permute(0, 2, 3, 1).numpy())).permute(0, 3, 1, 2).contiguous()


def gamut_bins():
    """Every one of the 2^24 colours falls into the bin of its nearest centre."""
    levels = np.arange(256) / 255
    found = set()
    for red in levels:
        green, blue = np.meshgrid(levels, levels, indexing="ij")
        rgb = np.stack([np.full_like(green, red), green, blue], axis=-1)
        ab = np.rint(color.rgb2lab(rgb)[..., 1:].reshape(-1, 2) / 10).astype(int)
        found.update(map(tuple, np.unique(ab, axis=0)))
    return torch.tensor(sorted(found), dtype=torch.float64) * 10


def soft_classes(point, centres):
    """Indices of the nearest centres and their shares."""
    squares = [sum((float(p) - float(c)) ** 2 for p, c in zip(point, centre)) for centre in centres]
    order = sorted(range(len(squares)), key=lambda q: squares[q])[:NEIGHBOURS]
    masses = [math.exp(-squares[q] / (2 * SIGMA**2)) for q in order]
    return order, [mass / sum(masses) for mass in masses]


def main():
    rgb = wave((1, 3, 8, 6), 0.9, 0.3).square()
    rgb[0, :, 0, 0] = 0.0
    rgb[0, :, 0, 1] = 1.0
    rgb[0, :, 0, 2] = 0.02
    lab = rgb2lab(rgb)
    centres = gamut_bins()
    points = torch.stack([60 * wave((7,), 1.3, 0.2), 70 * wave((7,), 0.7, 0.5)], 1)
    targets = [soft_classes(point, centres) for point in points]
    prior = wave((len(centres),), 0.37, 0.1).square()
    prior[::5] = 0
    prior = prior / prior.sum()

    weights = torch.tensor([1 / ((1 - MIX) * float(p) + MIX / len(centres)) for p in prior], dtype=torch.float64)
    weights = weights / sum(float(p) * float(w) for p, w in zip(prior, weights))
    logits = (2 * wave((len(points), len(centres)), 0.61, 0.4)).requires_grad_()
    loss = 0.0
    for row, (order, shares) in zip(logits, targets):
        normaliser = torch.log(sum(torch.exp(value) for value in row))
        for q, share in zip(order, shares):
            loss = loss - weights[order[0]] * share * (row[q] - normaliser)
    loss = loss / len(points)
    loss.backward()
    means = []
    for row in logits.detach():
        masses = [math.exp(float(value) / TEMPERATURE) for value in row]
        means.append([sum(m * float(c[d]) for m, c in zip(masses, centres)) / sum(masses) for d in range(2)])
    save(
        "colorization",
        {
            "lab": lab,
            "rgb_of_lab": lab2rgb(lab + 3.0),
            "centres": centres.to(torch.int8),
            "classes": torch.tensor([order for order, _ in targets]),
            "shares": torch.tensor([shares for _, shares in targets], dtype=torch.float64),
            "weights": weights,
            "loss": loss.detach(),
            "logits_gradient": logits.grad.contiguous(),
            "means": torch.tensor(means, dtype=torch.float64),
        },
    )


if __name__ == "__main__":
    main()
