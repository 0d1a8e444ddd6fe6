#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Where Pillow differs from torchvision's tensors, which Tacit's exact mode follows (tests_augment --gtest_filter='TorchvisionParity*').

Needs what augment_fixtures.py needs, and Pillow. Prints, for every operation of cases.bin that both have, the largest and mean
difference in levels and the share of equal values.
"""
import collections
import struct

import numpy as np
from PIL import Image
from torchvision.transforms.v2 import InterpolationMode, functional as F

from augment_fixtures import TARGET

BICUBIC, BILINEAR = InterpolationMode.BICUBIC, InterpolationMode.BILINEAR


def read_cases(file):
    def image():
        height, width, channels = struct.unpack("<3I", file.read(12))
        return np.frombuffer(file.read(height * width * channels), np.uint8).reshape(height, width, channels)

    while name := file.read(32):
        (count,) = struct.unpack("<I", file.read(4))
        yield name.rstrip(b"\0").decode(), struct.unpack(f"<{count}d", file.read(8 * count)), image(), image()


def jitter(image, params):
    adjust = (F.adjust_brightness, F.adjust_contrast, F.adjust_saturation, F.adjust_hue)
    for step in map(int, params[:4]):
        image = adjust[step](image, params[4 + step])
    return image


def crop(image, params, shape, mode):
    return F.resized_crop(image, *map(int, params[:4]), list(shape[:2]), interpolation=mode)


def affine(image, params, mode):
    fill = [int(level) for level in params[6:]]
    return F.affine(image, params[0], [int(p) for p in params[1:3]], params[3], list(params[4:6]), mode, fill=fill)


def by_pillow(name, image, params, shape):
    operations = {
        "resized_crop": lambda: crop(image, params, shape, BILINEAR),
        "resized_crop_bicubic": lambda: crop(image, params, shape, BICUBIC),
        "brightness": lambda: F.adjust_brightness(image, params[0]),
        "contrast": lambda: F.adjust_contrast(image, params[0]),
        "saturation": lambda: F.adjust_saturation(image, params[0]),
        "hue": lambda: F.adjust_hue(image, params[0]),
        "color_jitter": lambda: jitter(image, params),
        "grayscale": lambda: F.rgb_to_grayscale(image, num_output_channels=3),
        "solarize": lambda: F.solarize(image, params[0]),
        "invert": lambda: F.invert(image),
        "posterize": lambda: F.posterize(image, int(params[0])),
        "gamma": lambda: F.adjust_gamma(image, params[0]),
        "equalize": lambda: F.equalize(image),
        "auto_contrast": lambda: F.autocontrast(image),
        "gaussian_blur": lambda: F.gaussian_blur(image, [int(params[0])] * 2, [params[1]] * 2),
        "rotation": lambda: F.rotate(image, -params[0], fill=[int(level) for level in params[6:]]),
        "rotation_bilinear": lambda: F.rotate(image, -params[0], BILINEAR, fill=[int(level) for level in params[6:]]),
        "affine": lambda: affine(image, params, InterpolationMode.NEAREST),
        "affine_bilinear": lambda: affine(image, params, BILINEAR),
    }
    if name == "posterize" and params[0] < 1:  # not for Pillow
        return None
    return np.asarray(operations[name]()).reshape(shape) if name in operations else None


def main():
    differences = collections.defaultdict(list)
    with open(TARGET, "rb") as file:
        for name, params, source, expected in read_cases(file):
            if source.shape[2] not in (1, 3):
                continue
            image = Image.fromarray(source if source.shape[2] == 3 else source[:, :, 0])
            result = by_pillow(name, image, params, expected.shape)
            if result is not None:
                differences[name].append(np.abs(result.astype(int) - expected).ravel())
    for name, parts in differences.items():
        all_of_them = np.concatenate(parts)
        print(f"  {name:20} largest difference {all_of_them.max():3}, mean {all_of_them.mean():.3f}, equal {100 * (all_of_them == 0).mean():.2f} %")


if __name__ == "__main__":
    main()
