#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times SimCLR's training step in PyTorch, for scripts/gpu-check to set beside Tacit's: the same network, loss, optimiser and precision, images that
are on the device already. Prints one line of JSON. Needs torch alone. Plain PyTorch's ways that cost nothing are taken: autocast, channels-last,
fused SGD, cuDNN's choice of kernels."""

import argparse
import json
import statistics
import time

import torch
from torch import nn
from torch.nn import functional as F


class Block(nn.Module):
    """Residual block of two 3 x 3 convolutions, or 1 x 1, 3 x 3, 1 x 1 (bottleneck)."""

    def __init__(self, inputs, width, stride, bottleneck):
        super().__init__()
        outputs = width * 4 if bottleneck else width
        shapes = ([(inputs, width, 1, 1), (width, width, 3, stride), (width, outputs, 1, 1)] if bottleneck else
                  [(inputs, width, 3, stride), (width, width, 3, 1)])
        self.convs = nn.ModuleList(nn.Conv2d(a, b, k, s, k // 2, bias=False) for a, b, k, s in shapes)
        self.norms = nn.ModuleList(nn.BatchNorm2d(b) for _, b, _, _ in shapes)
        same = stride == 1 and inputs == outputs
        self.short = nn.Identity() if same else nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False),
                                                              nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = x
        for i, (conv, norm) in enumerate(zip(self.convs, self.norms)):
            y = norm(conv(y))
            if i + 1 < len(self.convs):
                y = F.relu(y)
        return F.relu(y + self.short(x))


class ResNet(nn.Sequential):
    def __init__(self, counts, bottleneck, width, cifar):
        stem = [nn.Conv2d(3, width, 3, 1, 1, bias=False)] if cifar else [nn.Conv2d(3, width, 7, 2, 3, bias=False)]
        layers = [*stem, nn.BatchNorm2d(width), nn.ReLU()]
        if not cifar:
            layers.append(nn.MaxPool2d(3, 2, 1))
        inputs = width
        for stage, count in enumerate(counts):
            for i in range(count):
                layers.append(Block(inputs, width << stage, 2 if stage > 0 and i == 0 else 1, bottleneck))
                inputs = (width << stage) * (4 if bottleneck else 1)
        super().__init__(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.features = inputs


class ConvNet(nn.Sequential):
    """Tacit's small network: convolutions of stride 1, 2, 2, 2, 1 with two residual blocks."""

    def __init__(self, width):
        def conv(inputs, outputs, stride):
            return [nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
        w = width
        super().__init__(*conv(3, w, 1), *conv(w, 2 * w, 2), Block(2 * w, 2 * w, 1, False), *conv(2 * w, 4 * w, 2),
                         Block(4 * w, 4 * w, 1, False), *conv(4 * w, 8 * w, 2), *conv(8 * w, 16 * w, 1),
                         nn.AdaptiveAvgPool2d(2), nn.Flatten())
        self.features = 64 * w


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x):
        n, tokens, width = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(n, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        x = x + self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, tokens, width))
        return x + self.mlp(self.norm2(x))


class ViT(nn.Module):
    def __init__(self, width, heads, side, patch=16, depth=12):
        super().__init__()
        self.features = width
        self.patches = nn.Conv2d(3, width, patch, patch)
        self.token = nn.Parameter(torch.zeros(1, 1, width))
        self.places = nn.Parameter(0.02 * torch.randn(1, (side // patch) ** 2 + 1, width))
        self.blocks = nn.Sequential(*(Attention(width, heads) for _ in range(depth)))
        self.norm = nn.LayerNorm(width)

    def forward(self, images):
        x = self.patches(images).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(len(x), -1, -1).to(x.dtype), x], 1) + self.places
        return self.norm(self.blocks(x))[:, 0]


def network(options):
    if options.backbone == "convnet":
        return ConvNet(options.width)
    if options.backbone == "resnet18":
        return ResNet((2, 2, 2, 2), False, options.width, options.side < 64)
    if options.backbone == "resnet50":
        return ResNet((3, 4, 6, 3), True, options.width, options.side < 64)
    width, heads = {"vit_tiny": (192, 3), "vit_small": (384, 6)}[options.backbone]
    return ViT(width, heads, options.side)


class SimClr(nn.Module):
    def __init__(self, options):
        super().__init__()
        self.backbone = network(options)
        self.projector = nn.Sequential(nn.Linear(self.backbone.features, 512, bias=False), nn.BatchNorm1d(512), nn.ReLU(),
                                       nn.Linear(512, 128, bias=False), nn.BatchNorm1d(128))

    def forward(self, pixels, scale, shift):
        images = (pixels.float() * scale + shift).contiguous(memory_format=torch.channels_last)
        rows = self.projector(self.backbone(images))
        with torch.autocast(rows.device.type, enabled=False):
            unit = F.normalize(rows.float(), dim=1)
            logits = unit @ unit.t() / 0.5
            logits = logits.masked_fill(torch.eye(len(unit), dtype=torch.bool, device=unit.device), float("-inf"))
            places = torch.arange(len(unit), device=unit.device)
            return F.cross_entropy(logits, (places + len(unit) // 2) % len(unit))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backbone", choices=("convnet", "resnet18", "resnet50", "vit_tiny", "vit_small"), required=True)
    parser.add_argument("--precision", choices=("bf16", "fp32"), default="bf16")
    parser.add_argument("--how", choices=("eager", "compile"), default="eager")
    parser.add_argument("--device", default="cuda")
    for name, value in (("side", 32), ("batch", 512), ("width", 64), ("warmup", 5), ("steps", 20)):
        parser.add_argument(f"--{name}", type=int, default=value)
    options = parser.parse_args()
    gpu = options.device == "cuda"
    torch.manual_seed(1)
    torch.backends.cudnn.benchmark = True
    model = SimClr(options).to(options.device, memory_format=torch.channels_last).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, nesterov=True, weight_decay=1e-4, fused=True)
    shape = (2 * options.batch, 3, options.side, options.side)
    pixels = torch.randint(0, 256, shape, dtype=torch.uint8, device=options.device)
    scale = torch.full((3, 1, 1), 1 / (255 * 0.25), device=options.device)
    shift = torch.full((3, 1, 1), -2.0, device=options.device)
    run = torch.compile(model) if options.how == "compile" else model

    def step():
        with torch.autocast(options.device, torch.bfloat16, enabled=options.precision == "bf16"):
            loss = run(pixels, scale, shift)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return loss.item()  # as Tacit, which reads loss and gradient norm once a step

    for _ in range(options.warmup):
        step()
    times = []
    for _ in range(options.steps):
        begun = time.perf_counter()
        loss = step()
        if gpu:
            torch.cuda.synchronize()
        times.append(time.perf_counter() - begun)
    print(json.dumps({"how": options.how, "step_ms": 1e3 * statistics.median(times), "loss": loss,
                      "images_per_second": options.batch * len(times) / sum(times),
                      "peak_gpu_bytes": torch.cuda.max_memory_allocated() if gpu else 0}))


if __name__ == "__main__":
    main()
