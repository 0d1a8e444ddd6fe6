# SPDX-License-Identifier: Apache-2.0
"""Writes tests/oracle/fixtures/augment/float_cases.bin: what torchvision v2 makes of float32 tensors in [0, 1].

Needs torch 2.11 and torchvision 0.26:
    python tests/oracle/augment_float_fixtures.py

The file is as augment_fixtures.py says, with float32 for uint8.
"""
import numpy as np
import torch
from augment_fixtures import BICUBIC, TARGET, blur_cases, jitter_cases, picture, write_case
from torchvision.transforms.v2 import functional as F


def fine_picture(rng, height, width, channels):
    """A picture whose values lie between the levels of 8 bits, black and white among them."""
    levels = picture(rng, height, width, channels).double()
    between = torch.from_numpy(rng.uniform(-0.5, 0.5, levels.shape))
    return ((levels + between) / 255).clamp(0, 1).float()


def resize_cases(rng):
    boxes = [  # source height, width, channels; box top, left, height, width; output height, width
        (32, 32, 3, 4, 3, 20, 25, 24, 24),
        (32, 32, 3, 0, 0, 32, 32, 28, 28),
        (60, 52, 3, 5, 6, 50, 40, 20, 24),
        (32, 32, 3, 8, 0, 20, 32, 20, 17),
        (28, 28, 1, 2, 3, 21, 18, 28, 28),
        (90, 70, 1, 0, 0, 90, 70, 9, 7),
        (20, 20, 8, 2, 3, 15, 11, 10, 14),
        (1, 40, 3, 0, 0, 1, 40, 12, 12),
        (1, 1, 3, 0, 0, 1, 1, 5, 5),
    ]
    for h, w, c, *box, out_h, out_w in boxes:
        image = fine_picture(rng, h, w, c)
        yield "resized_crop", box, image, F.resized_crop(image, *box, [out_h, out_w], antialias=True)
        result = F.resized_crop(image, *box, [out_h, out_w], interpolation=BICUBIC, antialias=True)
        yield "resized_crop_bicubic", box, image, result


def colour_cases(rng):
    for factor in (0.0, 0.55, 1.8):
        for name in ("brightness", "contrast", "saturation"):
            image = fine_picture(rng, 24, 26, 3)
            yield name, [factor], image, getattr(F, f"adjust_{name}")(image, factor)
        image = fine_picture(rng, 20, 20, 1)
        yield "contrast", [factor], image, F.adjust_contrast(image, factor)
    for shift in (-0.5, -0.2, -0.03, 0.0, 0.07, 0.5):
        image = fine_picture(rng, 24, 24, 3)
        yield "hue", [shift], image, F.adjust_hue(image, shift)
    image = fine_picture(rng, 24, 24, 3)
    yield "grayscale", [], image, F.rgb_to_grayscale(image, num_output_channels=3)
    for threshold in (0, 128, 255):
        yield "solarize", [threshold], image, F.solarize(image, threshold / 255)
    yield "invert", [], image, F.invert(image)
    for bits in (0, 3, 8):
        yield "posterize", [bits], image, F.posterize(image, bits)
    for gamma in (0.0, 0.7, 1.6):
        yield "gamma", [gamma], image, F.adjust_gamma(image, gamma)
    for source in (image, 0.3 * image + 0.2, torch.full_like(image, 0.3)):
        yield "auto_contrast", [], source, F.autocontrast(source)


def fine_jitter_cases(rng):
    return jitter_cases(rng, fine_picture, side=28, orders=((0, 1, 2, 3), (3, 2, 1, 0), (2, 3, 0, 1)))


def fine_blur_cases(rng):
    blurs = [(24, 24, 3, 3, 0.1), (24, 20, 3, 9, 1.3), (30, 26, 3, 23, 2.0), (20, 20, 1, 5, 1.0), (16, 16, 8, 5, 1.5)]
    return blur_cases(rng, fine_picture, blurs)


def main():
    rng = np.random.default_rng(20240612)
    target = TARGET.with_name("float_cases.bin")
    with open(target, "wb") as file:
        for cases in (resize_cases, colour_cases, fine_jitter_cases, fine_blur_cases):
            for case in cases(rng):
                write_case(file, *case)
    print(f"{target}: {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
