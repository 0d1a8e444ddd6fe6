#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Loads what the Export tests of tests_models wrote into torchvision with strict=True and compares the outputs.

Usage: TACIT_EXPORT_FOLDER=DIR tests_models --gtest_filter='Export.*' && check_export.py DIR
"""
import pathlib
import sys

import torch
import torchvision
from safetensors import safe_open
from safetensors.torch import load_file


def models():
    standard = torchvision.models.resnet18(num_classes=10)
    cifar = torchvision.models.resnet18(num_classes=10)
    cifar.conv1 = torch.nn.Conv2d(1, 64, 3, padding=1, bias=False)
    cifar.maxpool = torch.nn.Identity()
    return {"standard": standard, "cifar": cifar}


def check(name, model, folder):
    """True if the state loads strictly and gives the expected outputs."""
    path = folder / f"{name}.safetensors"
    with safe_open(path, "pt") as file:
        constructed = {}
        exec(file.metadata()["construction"], constructed)  # the line that our own test wrote
    constructed["model"].load_state_dict(load_file(path), strict=True)
    model.load_state_dict(load_file(path), strict=True)
    expected = load_file(folder / f"{name}_expected.safetensors")
    model.eval()
    with torch.no_grad():
        logits = model(expected["images"])
        model.fc = torch.nn.Identity()
        features = model(expected["images"])
    worst = max(
        ((features - expected["features"]).abs().max() / expected["features"].abs().max()).item(),
        ((logits - expected["logits"]).abs().max() / expected["logits"].abs().max()).item(),
    )
    print(f"{name}: largest relative difference {worst:.2e}")
    return worst < 1e-5


def main():
    folder = pathlib.Path(sys.argv[1])
    return 0 if all([check(name, model, folder) for name, model in models().items()]) else 1


if __name__ == "__main__":
    sys.exit(main())
