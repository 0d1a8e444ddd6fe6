#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes tests/oracle/fixtures/models/backbones.safetensors: what torchvision's and timm's networks compute, in float64.

Needs backbone_requirements.txt. Usage: backbone_fixtures.py [output file].
Keys: CASE.eval and CASE.train, every 8th feature of two images in eval and in training mode; CASE.gradient, of the mean
square of the latter, summed over all but the first dimension of the first weight. Weights follow models_fixtures.py.
The deepest ones are not compared in training: rounding grows over a hundred batch norms of few values.
"""
import functools
import pathlib
import sys

import timm
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


class Identity(nn.Module):
    """A network as it is: what other cases change before they call it."""

    def __init__(self, model):
        super().__init__()
        self.model = model


class Kept(Identity):
    """The class token of a vision transformer that sees some patches of each image alone (as MAE's encoder does)."""

    KEEP = torch.tensor([[1, 5, 7, 23, 0, 11], [4, 3, 2, 22, 21, 9]])

    def forward(self, images):
        model = self.model
        tokens = model._pos_embed(model.patch_embed(images))
        index = self.KEEP.unsqueeze(2).expand(-1, -1, tokens.shape[2])
        tokens = torch.cat([tokens[:, :1], tokens[:, 1:].gather(1, index)], 1)
        return model.norm(model.blocks(tokens))[:, 0]


def vit(**options):
    model = timm.models.vision_transformer.VisionTransformer(
        **dict(dict(img_size=(16, 24), patch_size=4, num_classes=0, embed_dim=24, depth=2, num_heads=3, fc_norm=False), **options)
    )
    return model, model.patch_embed.proj


class Rotary(Identity):
    """DINOv3's network, whose parameters have other names in timm than VisionTransformer's."""

    def state_dict(self, *arguments, **options):
        renamed = {}
        for name, tensor in self.model.state_dict(*arguments, **options).items():
            renamed[name.replace("gamma_1", "ls1.gamma").replace("gamma_2", "ls2.gamma")] = tensor
        return renamed

    def forward(self, images):
        return self.model(images)


def rotary():
    model = timm.models.eva.Eva(
        img_size=(16, 24), patch_size=4, num_classes=0, embed_dim=24, depth=2, num_heads=3, qkv_bias=False, init_values=0.1,
        rope_type="dinov3", rope_temperature=100, rope_rotate_half=True, use_rot_pos_emb=True, use_abs_pos_emb=False,
        num_reg_tokens=2, use_fc_norm=False, global_pool="token", dynamic_img_size=True,
        norm_layer=functools.partial(nn.LayerNorm, eps=1e-6),
    )
    return Rotary(model), model.patch_embed.proj


def plain(name):
    model = getattr(torchvision.models, name)()
    model.avgpool = nn.AdaptiveAvgPool2d(1)
    model.classifier = nn.Identity()
    return model, model.features[0]


def nin(width):
    """Gidaris et al. 2018, four blocks."""

    def layer(inputs, outputs, kernel):
        conv = nn.Conv2d(inputs, outputs, kernel, padding=(kernel - 1) // 2, bias=False)
        parts = nn.Sequential()
        for name, part in (("conv", conv), ("norm", nn.BatchNorm2d(outputs)), ("relu", nn.ReLU())):
            parts.add_module(name, part)
        return parts

    model = nn.Sequential()
    inputs = 3
    for block in range(1, 5):
        channels = (width, width * 160 // 192, width * 96 // 192) if block == 1 else (width,) * 3
        parts = []
        for place, outputs in enumerate(channels):
            parts.append(layer(inputs, outputs, (5 if block < 3 else 3) if place == 0 else 1))
            inputs = outputs
        parts += [nn.MaxPool2d(3, 2, 1)] if block == 1 else [nn.AvgPool2d(3, 2, 1)] if block == 2 else []
        model.add_module(f"block{block}", nn.Sequential(*parts))
    model.add_module("pool", nn.AdaptiveAvgPool2d(1))
    return model, model.block1[0].conv


def cases():
    """Name, (model that gives features, its first layer), size of the images."""
    yield "resnet34", resnet("resnet34", "standard"), (40, 32)
    yield "resnet50", resnet("resnet50", "cifar"), (16, 8)
    yield "resnet50_group", resnet("resnet50", "standard", norm_layer=group), (32, 32)
    yield "resnet101", resnet("resnet101", "standard"), (32, 32)
    yield "wide_resnet50_2", resnet("wide_resnet50_2", "cifar"), (8, 8)
    yield "alexnet", plain("alexnet"), (96, 64)
    yield "vgg11", plain("vgg11"), (32, 32)
    yield "vgg16_bn", plain("vgg16_bn"), (64, 32)
    yield "nin", nin(48), (12, 10)
    yield "vit_learned", vit(), (16, 24)
    yield "vit_registers", vit(reg_tokens=3, no_embed_class=True, init_values=0.1, qkv_bias=False), (16, 24)
    yield "vit_mean", vit(global_pool="avg", class_token=False), (16, 24)
    yield "vit_resized", vit(dynamic_img_size=True), (24, 8)
    model, first = vit()
    yield "vit_kept", (Kept(model), first), (16, 24)
    yield "vit_rotary", rotary(), (16, 24)
    yield "vit_rotary_resized", rotary(), (8, 32)


def features(model, images):
    return model(images).flatten(1)


def write_plans():
    """What timm's models are made of: name, width, depth, heads, parameters without the classifier at 224 pixels."""
    lines = []
    with torch.device("meta"):
        for name in ("tiny", "small", "base", "large"):
            model = timm.create_model(f"vit_{name}_patch16_224", num_classes=0)
            count = sum(parameter.numel() for parameter in model.parameters())
            lines.append(f"vit_{name} {model.embed_dim} {len(model.blocks)} {model.blocks[0].attn.num_heads} {count}")
    FILE.with_name("vit_plans.txt").write_text("\n".join(lines) + "\n")


def main():
    tensors = {}
    for name, (model, first), (height, width) in cases():
        model = model.double()
        fill_by_formula(getattr(model, "model", model) if isinstance(model, Kept) else model)
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
    write_plans()
    save_file(tensors, FILE)
    FILE.chmod(0o644)


if __name__ == "__main__":
    main()
