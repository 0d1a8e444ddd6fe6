#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Augmentation on one core: `tacit bench augment` beside torchvision, Pillow, OpenCV, albumentations and kornia.

Usage: augment.py TACIT [--photos SHARDS] [--small SHARDS] [--rounds N] [--seconds S] [--only TEXT]
SHARDS are folders that `tacit data import` made: photos of 256 x 256 pixels (--size 256), and images of 32 x 32 (CIFAR-10). Needs
h5py and numpy; a rival that is not installed is left out and said so. All take turns (A/B/A/B) on one core over the same images in
memory. Prints views a second (median over the rounds) and how many times as many Tacit makes (median of the rounds' ratios).
"""
import argparse
import importlib
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

import h5py
import numpy as np

IMAGES = 125  # in memory: they fit a cache of 32 MiB
SMALL = 2000
STRENGTH = {"photo": 1.0, "small": 0.5}  # of colour jitter (Chen et al. 2020, appendix A and B.9)


def optional(name):
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


torch, torchvision, cv2, albumentations, kornia = map(optional, ("torch", "torchvision", "cv2", "albumentations", "kornia"))
PIL = optional("PIL.Image")
if torchvision:
    from torchvision.transforms import v2, InterpolationMode
if kornia:
    import kornia.augmentation as K


class Pipeline:
    """What every library is asked to do, in Tacit's words."""

    def __init__(self, title, pool, size, scale, bicubic=False, jitter=False, blur=False):
        self.title, self.pool, self.size, self.scale, self.bicubic, self.jitter, self.blur = title, pool, size, scale, bicubic, jitter, blur

    def strength(self):
        return STRENGTH[self.pool]

    def recipe(self):
        crop = {"random_resized_crop": {"scale": list(self.scale), **({"interpolation": "bicubic"} if self.bicubic else {})}}
        view = [crop, {"horizontal_flip": {"p": 0.5}}]
        if self.jitter:
            s = self.strength()
            view += [{"color_jitter": {"p": 0.8, "brightness": 0.8 * s, "contrast": 0.8 * s, "saturation": 0.8 * s, "hue": 0.2 * s}},
                     {"grayscale": {"p": 0.2}}]
        if self.blur:
            view.append({"gaussian_blur": {"p": 0.5, "kernel_size": 23, "sigma": [0.1, 2.0]}})
        return {"augment": {"size": self.size, "views": [{"operations": view}]}}


PIPELINES = [
    Pipeline("P1 resized crop 224 + flip", "photo", 224, (0.08, 1.0)),
    Pipeline("P3 SimCLR 224", "photo", 224, (0.08, 1.0), jitter=True, blur=True),
    Pipeline("P4 SimCLR 32", "small", 32, (0.08, 1.0), jitter=True),
    Pipeline("P7 MAE: bicubic crop 224 + flip", "photo", 224, (0.2, 1.0), bicubic=True),
]


def torchvision_steps(what):
    mode = InterpolationMode.BICUBIC if what.bicubic else InterpolationMode.BILINEAR
    steps = [v2.RandomResizedCrop(what.size, what.scale, interpolation=mode, antialias=True), v2.RandomHorizontalFlip()]
    if what.jitter:
        s = what.strength()
        steps += [v2.RandomApply([v2.ColorJitter(0.8 * s, 0.8 * s, 0.8 * s, 0.2 * s)], 0.8), v2.RandomGrayscale(0.2)]
    if what.blur:
        steps.append(v2.RandomApply([v2.GaussianBlur(23, (0.1, 2.0))], 0.5))
    return v2.Compose(steps)


def torchvision_tensor(what, images):
    """uint8 tensors whose memory is interleaved, the faster of torchvision's layouts for crops."""
    apply = torchvision_steps(what)
    tensors = [torch.from_numpy(image).permute(2, 0, 1) for image in images]
    return lambda i: apply(tensors[i])


def torchvision_pillow(what, images):
    apply = torchvision_steps(what)
    pictures = [PIL.fromarray(image) for image in images]
    return lambda i: np.asarray(apply(pictures[i]))


def opencv(what, images):
    """Calls written by hand; OpenCV has no antialiased interpolation but INTER_AREA."""
    random = np.random.default_rng(1)
    mode = cv2.INTER_CUBIC if what.bicubic else cv2.INTER_LINEAR
    s = what.strength()

    def view(i):
        image = images[i]
        height, width = image.shape[:2]
        for _ in range(10):
            area = height * width * random.uniform(*what.scale)
            ratio = np.exp(random.uniform(np.log(3 / 4), np.log(4 / 3)))
            w, h = round((area * ratio) ** 0.5), round((area / ratio) ** 0.5)
            if 0 < w <= width and 0 < h <= height:
                break
        else:
            w, h = width, height
        top, left = random.integers(0, height - h + 1), random.integers(0, width - w + 1)
        out = cv2.resize(image[top:top + h, left:left + w], (what.size, what.size), interpolation=mode)
        if random.random() < 0.5:
            out = cv2.flip(out, 1)
        if what.jitter and random.random() < 0.8:
            for step in random.permutation(4):
                if step == 0:
                    out = cv2.convertScaleAbs(out, alpha=random.uniform(1 - 0.8 * s, 1 + 0.8 * s))
                elif step == 1:
                    factor = random.uniform(1 - 0.8 * s, 1 + 0.8 * s)
                    out = cv2.addWeighted(out, factor, out, 0, cv2.cvtColor(out, cv2.COLOR_RGB2GRAY).mean() * (1 - factor))
                elif step == 2:
                    factor = random.uniform(1 - 0.8 * s, 1 + 0.8 * s)
                    gray = cv2.cvtColor(cv2.cvtColor(out, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
                    out = cv2.addWeighted(out, factor, gray, 1 - factor, 0)
                else:
                    hsv = cv2.cvtColor(out, cv2.COLOR_RGB2HSV)
                    hsv[..., 0] = (hsv[..., 0].astype("i2") + int(180 * random.uniform(-0.2 * s, 0.2 * s))) % 180
                    out = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)
        if what.jitter and random.random() < 0.2:
            out = cv2.cvtColor(cv2.cvtColor(out, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        if what.blur and random.random() < 0.5:
            out = cv2.GaussianBlur(out, (23, 23), random.uniform(0.1, 2.0))
        return out

    return view


def albumentations_view(what, images):
    A = albumentations
    steps = [A.RandomResizedCrop((what.size, what.size), scale=what.scale, interpolation=2 if what.bicubic else 1), A.HorizontalFlip(p=0.5)]
    if what.jitter:
        s = what.strength()
        steps += [A.ColorJitter((1 - 0.8 * s, 1 + 0.8 * s), (1 - 0.8 * s, 1 + 0.8 * s), (1 - 0.8 * s, 1 + 0.8 * s), (-0.2 * s, 0.2 * s), p=0.8),
                  A.ToGray(p=0.2)]
    if what.blur:
        steps.append(A.GaussianBlur((23, 23), (0.1, 2.0), p=0.5))
    apply = A.Compose(steps)
    return lambda i: apply(image=images[i])["image"]


def kornia_batch(what, images):
    """Batches of 32 (256 for small images) of float32."""
    count = 256 if what.pool == "small" else 32
    steps = [K.RandomResizedCrop((what.size, what.size), what.scale, resample="bicubic" if what.bicubic else "bilinear", cropping_mode="slice"),
             K.RandomHorizontalFlip()]
    if what.jitter:
        s = what.strength()
        steps += [K.ColorJitter(0.8 * s, 0.8 * s, 0.8 * s, 0.2 * s, p=0.8), K.RandomGrayscale(p=0.2)]
    if what.blur:
        steps.append(K.RandomGaussianBlur((23, 23), (0.1, 2.0), p=0.5))
    apply = torch.nn.Sequential(*steps)
    tensors = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).contiguous()
    batches = [tensors[i:i + count] for i in range(0, len(tensors) - count + 1, count)]

    def views(i):
        batch = batches[i % len(batches)]
        return (apply(batch.float() / 255) * 255).round().to(torch.uint8)

    views.makes = count
    return views


RIVALS = {
    "torchvision, tensors": (torchvision, torchvision_tensor),
    "torchvision, Pillow": (torchvision and PIL, torchvision_pillow),
    "OpenCV (no antialias)": (cv2, opencv),
    "albumentations (no antialias)": (albumentations, albumentations_view),
    "kornia (no antialias)": (kornia, kornia_batch),
}


def rate(view, count, seconds):
    """Views a second over about `seconds`, after a tenth of that to warm up."""
    makes = getattr(view, "makes", 1)
    for limit in (seconds / 10, seconds):
        start = time.perf_counter()
        done = 0
        while (elapsed := time.perf_counter() - start) < limit:
            view(done % count)
            done += 1
    return makes * done / elapsed


def tacit_rate(options, what, folder, extra=()):
    config = folder / f"{PIPELINES.index(what)}.yaml"
    config.write_text(json.dumps(what.recipe()))  # JSON is YAML
    shards = options.photos if what.pool == "photo" else options.small
    command = [options.tacit, "bench", "augment", "--config", str(config), "--data", shards, "--images",
               str(IMAGES if what.pool == "photo" else SMALL), "--seconds", str(options.seconds), "--json", *extra]
    answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return answer["results"][0]["views_per_second"]


def read_images(shards, count):
    images = []
    for path in sorted(pathlib.Path(shards).glob("train-*.h5")):
        with h5py.File(path, "r") as file:
            images += list(file["images"][:count - len(images)])
    if len(images) < count or images[0].ndim != 3:
        raise SystemExit(f"{shards}: holds {len(images)} raw images, {count} are needed (tacit data import --layout raw)")
    return images


def compare(options, what, folder):
    images = read_images(options.photos if what.pool == "photo" else options.small, IMAGES if what.pool == "photo" else SMALL)
    readers = {"tacit": lambda: tacit_rate(options, what, folder)}
    if what.jitter:
        readers["tacit, fast"] = lambda: tacit_rate(options, what, folder, ("--set", "augment.mode=fast"))
    for name, (module, make) in RIVALS.items():
        if module:
            readers[name] = lambda view=make(what, images): rate(view, len(images), options.seconds)
    rates = {name: [] for name in readers}
    for _ in range(options.rounds):
        for name, reader in readers.items():
            rates[name].append(reader())
    print(f"{what.title}")
    for name, values in rates.items():
        ratios = sorted(a / b for a, b in zip(rates["tacit"], values))
        print(f"    {name:32} {statistics.median(values):12,.0f} views/s   tacit makes {statistics.median(ratios):6.2f} x"
              f" ({ratios[0]:.2f} .. {ratios[-1]:.2f})", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tacit")
    parser.add_argument("--photos", required=True, help="shards of 256 x 256 x 3 pixels")
    parser.add_argument("--small", required=True, help="shards of 32 x 32 x 3 pixels")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--only", default="", help="pipelines whose title holds this")
    options = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    if torch:
        torch.set_num_threads(1)
    if cv2:
        cv2.setNumThreads(0)
    for name, module in {"torch": torch, "torchvision": torchvision, "OpenCV": cv2, "albumentations": albumentations, "kornia": kornia,
                         "Pillow": optional("PIL")}.items():
        print(f"{name} {module.__version__ if module else 'is not installed and left out'}")
    with tempfile.TemporaryDirectory() as folder:
        for what in PIPELINES:
            if options.only in what.title:
                compare(options, what, pathlib.Path(folder))


if __name__ == "__main__":
    main()
