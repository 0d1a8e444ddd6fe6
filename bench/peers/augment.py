#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Augmentation on one core: `tacit bench augment` beside torchvision, Pillow, OpenCV, albumentations, kornia, DALI and FFCV.

Usage: augment.py TACIT [--photos SHARDS] [--small SHARDS] [--rounds N] [--seconds S] [--only TEXT]
SHARDS are folders that `tacit data import` made: photos of 256 x 256 pixels (--size 256), and images of 32 x 32 (CIFAR-10). Needs
h5py and numpy; a rival that is not installed is left out and said so. All take turns (A/B/A/B) on one core over the same images in
memory. Prints views a second (median over the rounds) and how many times as many Tacit makes (median of the rounds' ratios). Puzzles
of nine tiles count as one view.
"""
import argparse
import collections
import json
import pathlib
import tempfile

import h5py
import numpy as np

import augment_batch_rivals as batch_rivals
import augment_rivals as rivals
import turns

IMAGES = {"photo": 125, "square": 125, "small": 2000}  # in memory: they fit a cache of 32 MiB
Crop = collections.namedtuple("Crop", "size scale count", defaults=(1,))


class Pipeline:
    """What every library is asked to do, in Tacit's words. Colour jitter as SimCLR's, `jitter` being its strength (0: none)."""

    def __init__(self, title, pool="photo", kind="crops", crops=(), bicubic=False, jitter=0.0, blur=False, normalize=False):
        self.title, self.pool, self.kind, self.crops = title, pool, kind, crops
        self.bicubic, self.jitter, self.blur, self.normalize = bicubic, jitter, blur, normalize
        self.makes = {"crops": sum(crop.count for crop in crops), "rotnet": 4}.get(kind, 1)

    def operations(self, crop):
        resize = {"scale": list(crop.scale), **({"interpolation": "bicubic"} if self.bicubic else {})}
        steps = [{"random_resized_crop": resize}, {"horizontal_flip": {"p": 0.5}}]
        if self.jitter:
            s = self.jitter
            steps += [{"color_jitter": {"p": 0.8, "brightness": 0.8 * s, "contrast": 0.8 * s, "saturation": 0.8 * s, "hue": 0.2 * s}},
                      {"grayscale": {"p": 0.2}}]
        if self.blur:
            steps.append({"gaussian_blur": {"p": 0.5, "kernel_size": 23, "sigma": [0.1, 2.0]}})
        return steps

    def recipe(self):
        if self.kind == "turns":
            size, views = 224, [{"operations": [{"rotate90": {}}]}]
        elif self.kind == "jigsaw":
            size, views = rivals.GRID * rivals.TILE, [{"operations": [{"jigsaw": {"grid": rivals.GRID}}]}]
        elif self.kind == "rotnet":
            size = self.crops[0].size
            views = [{"draw": 0, "operations": [*self.operations(self.crops[0]), {"rotate90": {"turns": k}}]} for k in range(4)]
        else:
            size = self.crops[0].size
            views = [{"repeat": crop.count, "size": crop.size, "operations": self.operations(crop)} for crop in self.crops]
        return {"augment": {"size": size, "views": views}}


CROP = (Crop(224, (0.08, 1.0)),)
PIPELINES = [
    Pipeline("P1 resized crop 224, flip", crops=CROP),
    Pipeline("P2 resized crop 224, flip, normalise", crops=CROP, normalize=True),
    Pipeline("P3 SimCLR 224", crops=CROP, jitter=1.0, blur=True),
    Pipeline("P4 SimCLR 32", "small", crops=(Crop(32, (0.08, 1.0)),), jitter=0.5),
    Pipeline("P5 quarter turns of 224", "square", "turns"),
    Pipeline("P6 jigsaw of 3 x 3 tiles of 64", kind="jigsaw"),
    Pipeline("P7 MAE: bicubic crop 224, flip, normalise", crops=(Crop(224, (0.2, 1.0)),), bicubic=True, normalize=True),
    Pipeline("multi-crop: 2 x 224, 6 x 96, as SimCLR", crops=(Crop(224, (0.14, 1.0), 2), Crop(96, (0.05, 0.14), 6)), jitter=1.0, blur=True),
    Pipeline("RotNet: crop 224, flip, four turns", kind="rotnet", crops=CROP),
]
RIVALS = [rivals.TorchvisionTensors, rivals.TorchvisionPillow, rivals.OpenCV, rivals.Albumentations, rivals.Kornia,
          batch_rivals.Dali, batch_rivals.Ffcv]


def tacit_rate(options, what, folder, extra=()):
    config = folder / "recipe.yaml"
    config.write_text(json.dumps(what.recipe()))  # JSON is YAML
    command = [options.tacit, "bench", "augment", "--config", str(config), "--data", options.pools[what.pool], "--images",
               str(IMAGES[what.pool]), "--seconds", str(options.seconds), "--json", *extra]
    return turns.answer(command)["results"][0]["views_per_second"]


def tacit_variants(options, what, folder):
    emit = ("--emit", "f32") if what.normalize else ()
    variants = {"tacit": emit}
    if what.normalize:
        variants["tacit, bf16"] = ("--emit", "bf16")
    if what.jitter:
        variants["tacit, fast"] = ("--set", "augment.mode=fast")
    return {name: lambda extra=extra: tacit_rate(options, what, folder, extra) for name, extra in variants.items()}


def read_images(shards, count):
    images = []
    for path in sorted(pathlib.Path(shards).glob("train-*.h5")):
        with h5py.File(path, "r") as file:
            images += list(file["images"][:count - len(images)])
    if len(images) < count or images[0].ndim != 3:
        raise SystemExit(f"{shards}: holds {len(images)} raw images, {count} are needed (tacit data import --layout raw)")
    return images


def write_squares(photos, folder):
    """The centres of the photos, 224 pixels wide, for what does not crop."""
    squares = folder / "squares"
    squares.mkdir()
    with h5py.File(squares / "train-00000.h5", "w") as file:
        file["images"] = np.stack(read_images(photos, IMAGES["photo"]))[:, 16:240, 16:240]
    return str(squares)


def compare(options, what, folder):
    images = read_images(options.pools[what.pool], IMAGES[what.pool])
    readers = tacit_variants(options, what, folder)
    for rival in RIVALS:
        if all(rival.needs) and what.kind in rival.kinds and getattr(rival, "can", lambda _: True)(what):
            readers[rival.name] = lambda views=rival()(what, images): turns.rate(views, len(images), what.makes, options.seconds)
    turns.compare(what.title, "views", readers, options.rounds)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tacit")
    parser.add_argument("--photos", required=True, help="shards of 256 x 256 x 3 pixels")
    parser.add_argument("--small", required=True, help="shards of 32 x 32 x 3 pixels")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--only", default="", help="pipelines whose title holds this")
    options = parser.parse_args()
    turns.use_one_core(rivals.torch, rivals.cv2)
    turns.print_versions("torch", "torchvision", "cv2", "albumentations", "kornia", "PIL", "nvidia.dali", "ffcv")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        options.pools = {"photo": options.photos, "small": options.small, "square": write_squares(options.photos, folder)}
        for what in PIPELINES:
            if options.only in what.title:
                compare(options, what, folder)


if __name__ == "__main__":
    main()
