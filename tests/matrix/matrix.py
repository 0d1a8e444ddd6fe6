# SPDX-License-Identifier: Apache-2.0
"""The cases of the matrix, and images for them."""
import pathlib

import h5py
import numpy as np

COUNT, HEIGHT, WIDTH, CHANNELS = 11, 6, 10, 3
ELEMENTS = {"u8": "u1", "u16": "u2", "i16": "i2", "f16": "f2", "f32": "f4", "f64": "f8"}
WHITE = {"png": 255, "png16": 65535}


def figures(values):
    return [values.mean(), values.std(), values.min(), values.max(), *np.percentile(values, [1, 5, 25, 50, 75, 95, 99])]


class Matrix:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.lines = []
        self.figures = []

    def add(self, name, images, path=None, dataset="images", labels="rows", axes="", element="u8", reader="tacit"):
        """`images`: [N, H, W, C], as Tacit must deliver them."""
        expected = f"{name}.bin"
        (self.folder / expected).write_bytes(np.ascontiguousarray(images).tobytes())
        path = path or f"{name}.h5"
        self.lines.append("\t".join([name, path, dataset, labels, axes, element, reader, expected]))
        values = (images.astype("u4") << 16).view("f4") if element == "bf16" else np.asarray(images)
        for channel in np.moveaxis(values.astype("f8"), -1, 0):
            scaled = channel / WHITE[element] if element in WHITE else np.clip(channel, 0, 1)
            numbers = [*figures(channel), *figures(scaled)]
            self.figures.append("\t".join([name, *(repr(float(number)) for number in numbers)]))

    def create(self, name, **options):
        file = h5py.File(self.folder / f"{name}.h5", "w", **options)
        return file


def pixels(element, count=COUNT, height=HEIGHT, width=WIDTH, channels=CHANNELS):
    """Smooth images with some noise, other ones for each element type."""
    generator = np.random.default_rng(len(element) * 1000 + count)
    y, x = np.mgrid[0:height, 0:width]
    base = np.sin(0.3 * x + 0.2 * y)[None, :, :, None] + np.arange(channels) + 0.1 * np.arange(count)[:, None, None, None]
    values = base + 0.05 * generator.standard_normal((count, height, width, channels))
    unit = (values - values.min()) / (values.max() - values.min())
    if element in ("u8", "u16"):
        return (unit * (255 if element == "u8" else 65535)).astype(ELEMENTS[element])
    if element == "i16":
        return (unit * 65535 - 32768).astype("i2")
    return (unit * 4 - 1).astype(ELEMENTS[element])


def rows(file, count=COUNT, name="rows"):
    file[name] = np.arange(count)
