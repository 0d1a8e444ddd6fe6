#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes tests/oracle/fixtures/models/*.safetensors: what torch and torchvision compute, in float64.

Needs torch 2.11, torchvision 0.26, safetensors. Usage: models_fixtures.py [output folder].
"""
import math
import pathlib
import sys

import torch
import torchvision
from safetensors.torch import save_file

FOLDER = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "fixtures" / "models")


def wave(count, step, phase):
    """sin(i * step + phase): numbers that tests/models/wave.hpp makes alike, so that no weights need be stored."""
    return torch.sin(torch.arange(count, dtype=torch.float64) * step + phase)


def fill_by_formula(model):
    """Sets every floating tensor of a state by its place in the sorted names."""
    state = model.state_dict()
    names = sorted(name for name in state if state[name].is_floating_point())
    for place, name in enumerate(names):
        tensor = state[name]
        values = wave(tensor.numel(), 1.37, 0.1 * place).reshape(tensor.shape)
        if tensor.dim() > 1:
            values = values * math.sqrt(2.0 / (tensor.numel() / tensor.shape[0]))
        elif name.endswith("running_var"):
            values = 1.0 + 0.5 * values
        elif name.endswith("weight"):
            values = 1.0 + 0.1 * values
        else:
            values = 0.1 * values
        tensor.copy_(values)


def resnet(stem, size):
    model = torchvision.models.resnet18()
    if stem == "cifar":
        model.conv1 = torch.nn.Conv2d(3, 64, 3, padding=1, bias=False)
        model.maxpool = torch.nn.Identity()
    model.fc = torch.nn.Identity()
    model = model.double()
    fill_by_formula(model)
    images = wave(2 * 3 * size * size, 0.0113, 0.5).reshape(2, 3, size, size)
    model.eval()
    with torch.no_grad():
        evaluated = model(images)
    model.train()
    trained = model(images)
    trained.square().mean().backward()
    save_file(
        {
            "eval_features": evaluated,
            "train_features": trained.detach(),
            "conv1_gradient_sum": model.conv1.weight.grad.sum(dim=(1, 2, 3)),
            "bn1_running_mean": model.bn1.running_mean.clone(),
            "bn1_running_var": model.bn1.running_var.clone(),
        },
        FOLDER / f"resnet18_{stem}.safetensors",
    )


def resnet_names():
    state = torchvision.models.resnet18().state_dict()
    lines = [f"{name} {list(tensor.shape)} {str(tensor.dtype).removeprefix('torch.')}" for name, tensor in state.items()]
    (FOLDER / "resnet18_names.txt").write_text("\n".join(sorted(lines)) + "\n")


def nt_xent():
    """Chen et al. 2020, eq. 1, term by term."""
    count, temperature = 5, 0.3
    first = wave(count * 7, 0.93, 0.0).reshape(count, 7).requires_grad_()
    second = (wave(count * 7, 0.93, 0.4).reshape(count, 7)).requires_grad_()
    rows = list(first) + list(second)

    def similarity(a, b):
        return a @ b / (a.norm() * b.norm())

    total = 0.0
    for i in range(2 * count):
        j = (i + count) % (2 * count)
        denominator = sum(
            torch.exp(similarity(rows[i], rows[k]) / temperature) for k in range(2 * count) if k != i
        )
        total = total - torch.log(torch.exp(similarity(rows[i], rows[j]) / temperature) / denominator)
    loss = total / (2 * count)
    loss.backward()
    save_file(
        {
            "first": first.detach(),
            "second": second.detach(),
            "temperature": torch.tensor(temperature, dtype=torch.float64),
            "loss": loss.detach(),
            "first_gradient": first.grad,
            "second_gradient": second.grad,
        },
        FOLDER / "nt_xent.safetensors",
    )


def mined(anchors, positives, distance, kind):
    """FaceNet's choice by loops: the closest negative beyond the positive, else the farthest; hard: the closest."""
    chosen = []
    for i, anchor in enumerate(anchors):
        to_positive = distance(anchor, positives[i])
        others = [(float(distance(anchor, p)), j) for j, p in enumerate(positives) if j != i]
        beyond = [other for other in others if other[0] > float(to_positive)]
        chosen.append(min(others)[1] if kind == "hard" else min(beyond)[1] if beyond else max(others)[1])
    return torch.tensor(chosen)


def triplet():
    tensors = {}
    distances = {
        "euclidean": lambda a, b: (a - b).norm(dim=-1),
        "squared_euclidean": lambda a, b: (a - b).square().sum(dim=-1),
        "cosine": lambda a, b: 1 - torch.nn.functional.cosine_similarity(a, b, dim=-1),
    }
    for name, distance in distances.items():
        for negatives in ("random", "semi_hard", "hard"):
            anchors = wave(6 * 4, 0.77, 0.2).reshape(6, 4).requires_grad_()
            positives = wave(6 * 4, 0.71, 0.5).reshape(6, 4).requires_grad_()
            if negatives == "random":
                index = (torch.arange(6) + 1) % 6
            else:
                index = mined(anchors.detach(), positives.detach(), distance, negatives)
            if name == "euclidean":
                criterion = torch.nn.TripletMarginLoss(margin=0.5, eps=0.0)
            else:
                criterion = torch.nn.TripletMarginWithDistanceLoss(distance_function=distance, margin=0.5)
            loss = criterion(anchors, positives, positives[index])
            loss.backward()
            tensors[f"{name}.{negatives}.loss"] = loss.detach()
            tensors[f"{name}.{negatives}.anchor_gradient"] = anchors.grad
            tensors[f"{name}.{negatives}.positive_gradient"] = positives.grad
    tensors["anchors"] = anchors.detach()
    tensors["positives"] = positives.detach()
    save_file(tensors, FOLDER / "triplet.safetensors")


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    resnet("standard", 64)
    resnet("cifar", 16)
    resnet_names()
    nt_xent()
    triplet()


if __name__ == "__main__":
    main()
