#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes fixtures/methods/context_encoder.safetensors: what a context encoder is made of, by PyTorch's own layers.

Needs torch 2.11, safetensors. Usage: context_encoder.py [output folder].
"""
import torch
from torch import nn

from fixture import fill_by_formula, save, wave


class Discriminator(nn.Module):
    """For images of 3 x 16 x 24: 8 x 12, 4 x 6, 2 x 3."""

    def __init__(self, width):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 4, 2, 1)
        self.conv2 = nn.Conv2d(width, 2 * width, 4, 2, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(2 * width)
        self.conv3 = nn.Conv2d(2 * width, 4 * width, 4, 2, 1, bias=False)
        self.norm3 = nn.BatchNorm2d(4 * width)
        self.out = nn.Linear(4 * width * 2 * 3, 1)

    def forward(self, images):
        leaky = nn.LeakyReLU(0.2)
        maps = leaky(self.conv1(images))
        maps = leaky(self.norm2(self.conv2(maps)))
        maps = leaky(self.norm3(self.conv3(maps)))
        return self.out(maps.flatten(1)).squeeze(1)


def adversarial(tensors):
    model = fill_by_formula(Discriminator(2))
    real = wave((4, 3, 16, 24), 0.37, 0.1)
    made = wave((4, 3, 16, 24), 0.31, 0.6).requires_grad_()
    entropy = nn.BCEWithLogitsLoss()
    logits = model(real)
    critic = entropy(logits, torch.ones(4)) + entropy(model(made.detach()), torch.zeros(4))
    critic.backward()
    tensors["logits"] = logits.detach()
    tensors["critic_loss"] = critic.detach()
    tensors["critic_gradient"] = model.conv1.weight.grad.clone()
    painter = entropy(model(made), torch.ones(4))
    painter.backward()
    tensors["painter_loss"] = painter.detach()
    tensors["painter_gradient"] = made.grad[:, :, ::5, ::5]


def spectral(tensors):
    conv = nn.Conv2d(3, 5, 4)
    with torch.no_grad():
        conv.weight.copy_(wave(conv.weight.shape, 0.7, 0.2))
    conv = nn.utils.spectral_norm(conv)
    with torch.no_grad():
        start = wave((5,), 1.1, 0.3)
        conv.weight_u.copy_(start / start.norm())
    conv(torch.zeros(1, 3, 4, 4))  # one iteration
    (conv.weight * wave(conv.weight.shape, 0.9, 0.4)).sum().backward()
    tensors["spectral_weight"] = conv.weight.detach()
    tensors["spectral_u"] = conv.weight_u
    tensors["spectral_gradient"] = conv.weight_orig.grad


def channelwise(tensors):
    """Pathak et al. 2016: the places of a channel, place by place, then the channels."""
    channels, height, width = 3, 2, 3
    places = height * width
    weight = wave((channels, places, places), 0.51, 0.2).requires_grad_()
    bias = wave((channels, 1, places), 0.43, 0.7)
    mix = wave((channels, channels), 0.67, 0.1)
    maps = wave((4, channels, height, width), 0.83, 0.5).requires_grad_()
    rows = maps.flatten(2)
    joined = torch.stack(
        [
            torch.stack(
                [
                    torch.stack([bias[c, 0, j] + sum(rows[n, c, i] * weight[c, i, j] for i in range(places)) for j in range(places)])
                    for c in range(channels)
                ]
            )
            for n in range(4)
        ]
    )
    mixed = torch.einsum("dc,ncj->ndj", mix, joined)
    mean = mixed.mean((0, 2), keepdim=True)
    variance = ((mixed - mean) ** 2).mean((0, 2), keepdim=True)
    output = torch.relu((mixed - mean) / torch.sqrt(variance + 1e-5)).reshape(maps.shape)
    (output * wave(output.shape, 0.29, 0.1)).sum().backward()
    tensors["channelwise"] = output.detach()
    tensors["channelwise_weight_gradient"] = weight.grad
    tensors["channelwise_map_gradient"] = maps.grad


def overlap(tensors):
    """A hidden square of 4 x 4 of 12 x 10 pixels, and a band of two pixels around it that weighs ten times as much."""
    images, output = wave((3, 2, 12, 10), 0.37, 0.1), wave((3, 2, 12, 10), 0.41, 0.8).requires_grad_()
    loss = 0.0
    for n in range(3):
        total, weights = 0.0, 0.0
        for y in range(12):
            for x in range(10):
                inside = 4 <= y < 8 and 3 <= x < 7
                near = 2 <= y < 10 and 1 <= x < 9
                weight = 1.0 if inside else 10.0 if near else 0.0
                weights += weight * 2
                total = total + weight * sum((output[n, c, y, x] - images[n, c, y, x]) ** 2 for c in range(2))
        loss = loss + total / weights / 3
    loss.backward()
    tensors["overlap_loss"] = loss.detach()
    tensors["overlap_gradient"] = output.grad


def main():
    tensors = {}
    for part in (adversarial, spectral, channelwise, overlap):
        part(tensors)
    save("context_encoder", tensors)


if __name__ == "__main__":
    main()
