#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Loads what the Export tests of tests_models wrote into torchvision and timm with strict=True and compares the outputs.

Usage: TACIT_EXPORT_FOLDER=DIR tests_models --gtest_filter='Export.*' && check_export.py DIR
"""
import pathlib
import sys

import torch
from safetensors import safe_open
from safetensors.torch import load_file


def check(path):
    """True if the model that the file's metadata construct loads the state strictly and gives the expected outputs."""
    with safe_open(path, "pt") as file:
        constructed = {}
        exec(file.metadata()["construction"], constructed)  # the line that our own test wrote
    model = constructed["model"]
    model.load_state_dict(load_file(path), strict=True)
    expected = load_file(path.with_name(path.stem + "_expected.safetensors"))
    model.eval()
    with torch.no_grad():
        logits = model(expected["images"])
    worst = ((logits - expected["logits"]).abs().max() / expected["logits"].abs().max()).item()
    print(f"{path.stem}: largest relative difference {worst:.2e}")
    return worst < 1e-5


def main():
    paths = sorted(path for path in pathlib.Path(sys.argv[1]).glob("*.safetensors") if "_expected" not in path.stem)
    return 0 if paths and all([check(path) for path in paths]) else 1


if __name__ == "__main__":
    sys.exit(main())
