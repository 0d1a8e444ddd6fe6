# SPDX-License-Identifier: Apache-2.0
"""Writes tests/oracle/fixtures/augment/cases.bin: what torchvision v2 makes of uint8 tensors.

Needs torch 2.11 and torchvision 0.26 on a CPU with AVX2 (older ones resize uint8 through floats):
    python tests/oracle/augment_fixtures.py

The file is a list of cases until its end; all numbers little-endian:
    name      32 bytes, padded with zeros
    params    u32 count, then f64 each
    input     u32 height, width, channels, then uint8 HWC
    output    u32 height, width, channels, then uint8 HWC
"""
import pathlib
import struct

import numpy as np
import torch
from torchvision.transforms.v2 import InterpolationMode, functional as F

BICUBIC = InterpolationMode.BICUBIC
TARGET = pathlib.Path(__file__).parent / "fixtures" / "augment" / "cases.bin"


def picture(rng, height, width, channels):
    """Smooth waves, noise, and saturated and gray patches: every branch of the colour operations."""
    y, x = np.mgrid[0:height, 0:width]
    planes = []
    for _ in range(channels):
        a, b, phase = rng.uniform(-0.5, 0.5, 2).tolist() + [rng.uniform(0, 6)]
        planes.append(127 + 100 * np.sin(a * x + b * y + phase) + rng.normal(0, 20, (height, width)))
    image = np.clip(np.stack(planes), 0, 255).astype(np.uint8)
    image[:, : height // 4, : width // 4] = 255
    image[:, -(height // 4) :, : width // 4] = 0
    image[:, : height // 4, -(width // 4) :] = image[:1, : height // 4, -(width // 4) :]
    if channels == 3:
        image[0, height // 2 : height // 2 + 4] = 255
        image[2, height // 2 : height // 2 + 4] = 0
    return torch.from_numpy(image)


def write_image(file, image):
    channels, height, width = image.shape
    file.write(struct.pack("<3I", height, width, channels))
    file.write(image.permute(1, 2, 0).contiguous().numpy().tobytes())


def write_case(file, name, params, source, result):
    assert result.dtype == source.dtype
    file.write(name.encode().ljust(32, b"\0"))
    file.write(struct.pack(f"<I{len(params)}d", len(params), *params))
    write_image(file, source)
    write_image(file, result)


def resize_cases(rng):
    boxes = [  # source height, width, channels; box top, left, height, width; output height, width
        (32, 32, 3, 4, 3, 20, 25, 32, 32),
        (32, 32, 3, 0, 0, 32, 32, 28, 28),
        (32, 32, 3, 10, 12, 7, 9, 32, 32),
        (64, 48, 3, 5, 6, 50, 40, 32, 32),
        (100, 120, 3, 1, 2, 97, 113, 32, 40),
        (150, 110, 3, 0, 0, 150, 110, 9, 7),
        (40, 40, 3, 8, 0, 32, 40, 32, 17),
        (40, 40, 3, 0, 8, 40, 32, 55, 32),
        (28, 28, 1, 2, 3, 21, 18, 28, 28),
        (60, 60, 1, 2, 3, 50, 51, 28, 28),
        (30, 30, 2, 2, 3, 21, 25, 28, 20),
        (30, 30, 8, 2, 3, 25, 21, 20, 28),
        (1, 40, 3, 0, 0, 1, 40, 12, 12),
        (40, 1, 3, 0, 0, 40, 1, 12, 12),
        (1, 1, 3, 0, 0, 1, 1, 5, 5),
    ]
    for h, w, c, top, left, height, width, out_h, out_w in boxes:
        image = picture(rng, h, w, c)
        # HWC memory is what a decoder gives; torchvision's result does not depend on it.
        memory = image.unsqueeze(0).contiguous(memory_format=torch.channels_last).squeeze(0)
        box = [top, left, height, width]
        yield "resized_crop", box, image, F.resized_crop(memory, *box, [out_h, out_w], antialias=True)
        result = F.resized_crop(memory, *box, [out_h, out_w], interpolation=BICUBIC, antialias=True)
        yield "resized_crop_bicubic", box, image, result


def colour_cases(rng):
    for factor in (0.0, 0.2, 0.55, 1.0, 1.37, 1.8):
        for name in ("brightness", "contrast", "saturation"):
            image = picture(rng, 40, 44, 3)
            yield name, [factor], image, getattr(F, f"adjust_{name}")(image, factor)
        image = picture(rng, 28, 28, 1)
        yield "contrast", [factor], image, F.adjust_contrast(image, factor)
    for shift in (-0.5, -0.2, -0.03, 0.0, 0.07, 0.2, 0.5):
        image = picture(rng, 48, 48, 3)
        yield "hue", [shift], image, F.adjust_hue(image, shift)
    image = picture(rng, 48, 48, 3)
    yield "grayscale", [], image, F.rgb_to_grayscale(image, num_output_channels=3)
    for threshold in (0, 1, 128, 255):
        yield "solarize", [threshold], image, F.solarize(image, threshold)


BLURS = [  # height, width, channels; kernel, sigma
    (32, 32, 3, 3, 0.1),
    (32, 32, 3, 3, 0.8),
    (40, 50, 3, 9, 1.3),
    (50, 40, 3, 23, 2.0),
    (28, 28, 1, 5, 1.0),
    (24, 24, 8, 5, 1.5),
]


def blur_cases(rng, make=picture, blurs=BLURS):
    for h, w, c, kernel, sigma in blurs:
        image = make(rng, h, w, c)
        yield "gaussian_blur", [kernel, sigma], image, F.gaussian_blur(image, [kernel, kernel], [sigma, sigma])


def geometry_cases(rng):
    for shape in ((9, 12, 3), (8, 7, 1), (5, 5, 8)):
        image = picture(rng, *shape)
        yield "horizontal_flip", [], image, F.horizontal_flip(image)
        yield "vertical_flip", [], image, F.vertical_flip(image)
        for turns in range(4):
            yield "rot90", [turns], image, torch.rot90(image, turns, (-2, -1))
    for shape, size in (((37, 52, 3), 24), ((52, 37, 3), 24), ((23, 40, 3), 32), ((40, 33, 1), 20)):
        image = picture(rng, *shape)
        yield "short_side_centre", [size], image, F.center_crop(F.resize(image, [size], antialias=True), [size, size])
    for size in (5, 6, 12, 15):
        image = picture(rng, 9, 12, 3)
        yield "center_crop", [size], image, F.center_crop(image, [size, size])


def level_cases(rng):
    for shape in ((40, 44, 3), (28, 28, 1)):
        image = picture(rng, *shape)
        dull = (image // 3 + 40).clamp(max=110)
        yield "invert", [], image, F.invert(image)
        for bits in (0, 3, 8):
            yield "posterize", [bits], image, F.posterize(image, bits)
        for gamma in (0.0, 0.7, 1.6):
            yield "gamma", [gamma], image, F.adjust_gamma(image, gamma)
        for source in (image, dull, dull[:, :9, :9], torch.full_like(dull, 77)):
            yield "equalize", [], source, F.equalize(source)
            yield "auto_contrast", [], source, F.autocontrast(source)
    image = picture(rng, 24, 24, 3)
    yield "channel_shuffle", [2, 0, 1], image, F.permute_channels(image, [2, 0, 1])
    image = picture(rng, 12, 12, 8)
    yield "channel_shuffle", [3, 1, 0, 7, 2, 6, 5, 4], image, F.permute_channels(image, [3, 1, 0, 7, 2, 6, 5, 4])


ORDERS = ((0, 1, 2, 3), (1, 0, 3, 2), (3, 2, 1, 0), (2, 3, 0, 1), (3, 1, 2, 0))


def jitter_cases(rng, make=picture, side=48, orders=ORDERS):
    adjust = (F.adjust_brightness, F.adjust_contrast, F.adjust_saturation, F.adjust_hue)
    for order in orders:
        factors = [rng.uniform(0.5, 1.5), rng.uniform(0.5, 1.5), rng.uniform(0.5, 1.5), rng.uniform(-0.1, 0.1)]
        image = make(rng, side, side, 3)
        result = image
        for i in order:
            result = adjust[i](result, factors[i])
        yield "color_jitter", [*order, *factors], image, result


def warp_cases(rng):
    """Params: degrees, x and y of the translation, scale, x and y of the shear, then the fill of every channel."""
    warps = [  # height, width, channels; degrees, translation, scale, shear; fill
        ((40, 44, 3), 17.3, (0, 0), 1.0, (0.0, 0.0), [0, 0, 0]),
        ((44, 40, 3), -8.1, (5, -3), 0.8, (10.0, 0.0), [255, 128, 7]),
        ((37, 53, 3), 33.7, (-4, 9), 1.7, (-12.5, 6.3), [90, 10, 200]),
        ((53, 37, 1), 121.9, (2, 2), 0.47, (0.0, -21.0), [60]),
        ((31, 31, 5), -64.4, (0, -7), 2.9, (25.0, 25.0), [1, 50, 100, 200, 255]),
        ((29, 64, 5), 200.2, (30, 3), 0.23, (3.0, 0.0), [0] * 5),
        ((9, 64, 3), 5.3, (0, 0), 1.13, (0.0, 0.0), [77, 77, 77]),
        ((1, 40, 3), 3.3, (1, 0), 1.05, (0.0, 0.0), [9, 8, 7]),
    ]
    for suffix, mode in (("", InterpolationMode.NEAREST), ("_bilinear", InterpolationMode.BILINEAR)):
        for shape, degrees, translate, scale, shear, fill in warps:
            image = picture(rng, *shape)
            turned = F.rotate(image, degrees, mode, fill=fill)
            yield "rotation" + suffix, [-degrees, 0, 0, 1, 0, 0, *fill], image, turned
            result = F.affine(image, degrees, list(translate), scale, list(shear), mode, fill=fill)
            yield "affine" + suffix, [degrees, *translate, scale, *shear, *fill], image, result
        for turns in range(4):
            image = picture(rng, 24, 24, 3)
            yield "rotation" + suffix, [-90 * turns, 0, 0, 1, 0, 0, 0, 0, 0], image, F.rotate(image, 90 * turns, mode, fill=0)


def rgb_to_lab(image):
    """skimage.color.rgb2lab (D65, 2 degrees), rounded to OpenCV's 8 bits."""
    value = image.permute(1, 2, 0).numpy() / 255
    light = np.where(value > 0.04045, ((value + 0.055) / 1.055) ** 2.4, value / 12.92)
    to_xyz = np.array([[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]])
    xyz = light @ to_xyz.T / [0.95047, 1.0, 1.08883]
    x, y, z = np.moveaxis(np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116), -1, 0)
    lab = np.stack([(116 * y - 16) * 2.55, 500 * (x - y) + 128, 200 * (y - z) + 128])
    return torch.from_numpy(lab.round().astype(np.uint8))


def lab_cases(rng):
    image = picture(rng, 48, 48, 3)
    levels = torch.arange(0, 256, 15, dtype=torch.uint8)  # 18 of every channel: all colours of a cube
    cube = torch.stack(torch.meshgrid(levels, levels, levels, indexing="ij")).reshape(3, 18, 18 * 18)
    for source in (image, cube):
        yield "lab", [], source, rgb_to_lab(source)
    mean = image.sum(0, dtype=torch.int32).div(3, rounding_mode="floor").to(torch.uint8)
    yield "grayscale_mean", [], image, mean.expand(3, -1, -1)


def main():
    assert torch.backends.cpu.get_cpu_capability() in ("AVX2", "AVX512"), "needs torchvision's uint8 resize"
    rng = np.random.default_rng(20240611)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    with open(TARGET, "wb") as file:
        for cases in (resize_cases, colour_cases, blur_cases, geometry_cases, level_cases, jitter_cases, warp_cases, lab_cases):
            for case in cases(rng):
                write_case(file, *case)
    print(f"{TARGET}: {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
