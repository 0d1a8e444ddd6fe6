#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes tests/oracle/fixtures/models/backbones.safetensors: what torchvision's and timm's networks compute, in float64.

Needs backbone_requirements.txt. Usage: backbone_fixtures.py [output file].
Keys: CASE.eval and CASE.train, every 8th feature of two images in eval and in training mode; CASE.gradient, of the mean
square of the latter, summed over all but the first dimension of the first weight. Weights follow models_fixtures.py.
The deepest ones are not compared in training: rounding grows over a hundred batch norms of few values.
"""
import pathlib
import sys

import torch
import torchvision
from models_fixtures import fill_by_formula, wave
from safetensors.torch import save_file
from torch import nn

FILE = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "fixtures/models/backbones.safetensors")


EVAL_ONLY = ("resnet101", "wide_resnet50_2")


def resnet(name, stem, **options):
    model = getattr(torchvision.models, name)(**options)
    if stem == "cifar":
        model.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
        model.maxpool = nn.Identity()
    model.fc = nn.Identity()
    return model, model.conv1


def group(channels):
    return nn.GroupNorm(32, channels)


def cases():
    """Name, (model that gives features, its first layer), size of the images."""
    yield "resnet34", resnet("resnet34", "standard"), (40, 32)
    yield "resnet50", resnet("resnet50", "cifar"), (16, 8)
    yield "resnet50_group", resnet("resnet50", "standard", norm_layer=group), (32, 32)
    yield "resnet101", resnet("resnet101", "standard"), (32, 32)
    yield "wide_resnet50_2", resnet("wide_resnet50_2", "cifar"), (8, 8)


def features(model, images):
    return model(images).flatten(1)


def main():
    tensors = {}
    for name, (model, first), (height, width) in cases():
        model = model.double()
        fill_by_formula(model)
        images = wave(2 * 3 * height * width, 0.0113, 0.5).reshape(2, 3, height, width)
        model.eval()
        with torch.no_grad():
            tensors[f"{name}.eval"] = features(model, images)[:, ::8].contiguous()
        if name in EVAL_ONLY:
            continue
        model.train()
        trained = features(model, images)
        trained.square().mean().backward()
        tensors[f"{name}.train"] = trained.detach()[:, ::8].contiguous()
        tensors[f"{name}.gradient"] = first.weight.grad.flatten(1).sum(1)
    save_file(tensors, FILE)
    FILE.chmod(0o644)


if __name__ == "__main__":
    main()
