#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times the optimiser step of PyTorch's fused SGD, Adam and AdamW beside Tacit's (`tacit bench step`), in turn, for the parameters of ResNet-50 and
ViT-S. Needs torch, torchvision, timm. Usage: optimizers.py TACIT CONFIG [--rounds N]; CONFIG: any SimCLR config whose data are there."""
import argparse
import json
import statistics
import subprocess
import time

import timm
import torch
import torchvision

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("tacit")
parser.add_argument("config")
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--threads", type=int, default=2)
options = parser.parse_args()
torch.set_num_threads(options.threads)


def resnet50():
    net = torchvision.models.resnet50()
    net.fc = torch.nn.Identity()
    return net


def vit_small():
    return timm.models.VisionTransformer(img_size=28, patch_size=14, in_chans=1, num_classes=0, embed_dim=384, depth=12, num_heads=6)


NETS = {
    "resnet50": ("{backbone: resnet50}", resnet50),
    "vit_small": ("{backbone: vit_small, patch: 14}", vit_small),
}
OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0, momentum=0.9, nesterov=True, weight_decay=1e-4, fused=True),
    "adam": lambda p: torch.optim.Adam(p, lr=0, weight_decay=1e-4, fused=True),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0, weight_decay=1e-4, fused=True),
}


def torch_ms(net, make, steps=20):
    parameters = list(net().parameters())
    for parameter in parameters:
        parameter.grad = torch.full_like(parameter, 1e-3)
    optimizer = make(parameters)
    times = []
    for step in range(steps + 2):
        begun = time.perf_counter()
        optimizer.step()
        if step >= 2:
            times.append(1e3 * (time.perf_counter() - begun))
    return statistics.median(times), sum(parameter.numel() for parameter in parameters)


def tacit_ms(model, name):
    lines = ["model=" + model, "optim={name: " + name + ", lr: 1e-3}", "train.batch=4", "train.precision=fp32",
             f"train.threads={options.threads}", "pretext={name: simclr, projector: [64, 64]}"]
    sets = [word for line in lines for word in ("--set", line)]
    out = subprocess.run([options.tacit, "bench", "step", options.config, "--same-batch", "--warmup", "1", "--steps", "20", "--json", *sets],
                         check=True, capture_output=True, text=True).stdout
    return json.loads(out)["optimizer_ms_p50"]


for net, (model, build) in NETS.items():
    for name in ("sgd", "adam", "adamw", "lars", "lamb"):
        for _ in range(options.rounds):
            tacit = tacit_ms(model, name)
            if name in OPTIMIZERS:
                other, count = torch_ms(build, OPTIMIZERS[name])
                print(f"{net} {name}: tacit {tacit:.2f} ms, torch fused {other:.2f} ms ({count / 1e6:.1f} M), {other / tacit:.2f} times as fast", flush=True)
            else:
                print(f"{net} {name}: tacit {tacit:.2f} ms", flush=True)
