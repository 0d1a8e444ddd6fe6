#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes, with h5py, images in every layout, type, filter and order of axes that Tacit reads, and what they hold.

Usage: write_matrix.py FOLDER. Each line of FOLDER/cases.tsv is one case: name, path, images, labels, axes, element type
(png, png16: of PNG files), who must read the images (tacit, or libhdf5 for it), and a file of the images one after the other
as interleaved (HWC) numbers of this machine. The label of an image is its row.
FOLDER/figures.tsv holds NumPy's figures of each channel of a case: name, then mean, std, min, max and the percentiles 1, 5,
25, 50, 75, 95, 99 of the numbers as stored, then the same of what the range [0, 1] (PNG: that of their type) makes of them.
"""
import pathlib
import struct
import sys
import zlib

import h5py
import hdf5plugin
import numpy as np

COUNT, HEIGHT, WIDTH, CHANNELS = 11, 6, 10, 3
ELEMENTS = {"u8": "u1", "u16": "u2", "i16": "i2", "f16": "f2", "f32": "f4", "f64": "f8"}
FILTERS = {
    "plain": {},
    "gzip": {"compression": "gzip"},
    "gzip-shuffle": {"compression": "gzip", "shuffle": True},
    "fletcher32": {"fletcher32": True},
    "gzip-shuffle-fletcher32": {"compression": "gzip", "shuffle": True, "fletcher32": True},
    "szip-nn": {"compression": "szip", "compression_opts": ("nn", 8)},
    "szip-ec": {"compression": "szip", "compression_opts": ("ec", 16)},
    "lzf": {"compression": "lzf"},
    "lzf-shuffle": {"compression": "lzf", "shuffle": True},
    "lz4": dict(hdf5plugin.LZ4()),
    "zstd": dict(hdf5plugin.Zstd()),
    "bitshuffle": dict(hdf5plugin.Bitshuffle(cname="none")),
    "bitshuffle-lz4": dict(hdf5plugin.Bitshuffle(cname="lz4")),
    "bitshuffle-zstd": dict(hdf5plugin.Bitshuffle(cname="zstd")),
    "blosc-lz4": dict(hdf5plugin.Blosc(cname="lz4", shuffle=hdf5plugin.Blosc.SHUFFLE)),
    "blosc-zstd-bits": dict(hdf5plugin.Blosc(cname="zstd", shuffle=hdf5plugin.Blosc.BITSHUFFLE)),
    "blosc-blosclz": dict(hdf5plugin.Blosc(cname="blosclz")),
    "blosc-zlib": dict(hdf5plugin.Blosc(cname="zlib")),
}
WHITE = {"png": 255, "png16": 65535}
CHUNKS = {"1": (1, HEIGHT, WIDTH, CHANNELS), "4": (4, HEIGHT, WIDTH, CHANNELS), "parts": (3, 4, 7, 2)}


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


def layouts(matrix):
    for element, code in ELEMENTS.items():
        images = pixels(element)
        for order in "<>" if code[1] != "1" else "<":
            stored = images.astype(order + code)
            suffix = f"{element}{'-be' if order == '>' else ''}"
            name = f"contiguous-{suffix}"
            with matrix.create(name) as file:
                file["images"] = stored
                rows(file)
            matrix.add(name, images, element=element)
            for chunk, shape in CHUNKS.items():
                for filters, options in FILTERS.items():
                    if filters.startswith("szip") and code == "f2":
                        continue  # libhdf5 has no szip for 16-bit floating point
                    name = f"chunk{chunk}-{suffix}-{filters}"
                    with matrix.create(name) as file:
                        file.create_dataset("images", data=stored, chunks=shape, **options)
                        rows(file)
                    matrix.add(name, images, element=element)


def bfloat16(matrix):
    kind = h5py.h5t.IEEE_F32LE.copy()
    kind.set_fields(15, 7, 8, 0, 7)
    kind.set_size(2)
    kind.set_ebias(127)
    bits = pixels("f32").view("u4") >> 16
    with matrix.create("bf16") as file:
        space = h5py.h5s.create_simple(bits.shape)
        dataset = h5py.h5d.create(file.id, b"images", kind, space)
        dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, bits.astype("u2"), mtype=kind)
        rows(file)
    matrix.add("bf16", bits.astype("u2"), element="bf16")


def orders(matrix):
    images = pixels("u16")
    square = pixels("u8", height=8, width=8, channels=1)
    cases = {
        "NCHW": images.transpose(0, 3, 1, 2),
        "NCWH": images.transpose(0, 3, 2, 1),
        "NWHC": images.transpose(0, 2, 1, 3),
        "HWNC": images.transpose(1, 2, 0, 3),
        "HWCN": images.transpose(1, 2, 3, 0),
        "CHWN": images.transpose(3, 1, 2, 0),
        "NHWC1": images[..., None],
    }
    for axes, stored in cases.items():
        for chunks in (None, tuple(max(1, extent // 2) for extent in stored.shape)):
            name = f"axes-{axes}-{'contiguous' if chunks is None else 'chunked'}"
            with matrix.create(name) as file:
                file.create_dataset("images", data=stored, chunks=chunks)
                rows(file)
            matrix.add(name, images, axes=axes, element="u16")
    with matrix.create("axes-NHW-guessed") as file:
        file["images"] = square[..., 0]
        rows(file)
    matrix.add("axes-NHW-guessed", square)
    with matrix.create("axes-NCHW-guessed") as file:
        file["images"] = images.transpose(0, 3, 1, 2)
        rows(file)
    matrix.add("axes-NCHW-guessed", images, element="u16")
    with matrix.create("axes-matlab-guessed", userblock_size=512) as file:
        file["images"] = images.transpose(0, 3, 2, 1)
        rows(file)
    with open(matrix.folder / "axes-matlab-guessed.h5", "r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file")
    matrix.add("axes-matlab-guessed", images, element="u16")
    scan = pixels("u16", count=35, height=16, width=16, channels=1)[..., 0].reshape(5, 7, 16, 16)
    for chunks in (None, (1, 7, 16, 16), (2, 3, 16, 16), (2, 3, 8, 5)):
        name = f"scan-{'contiguous' if chunks is None else 'x'.join(map(str, chunks))}"
        with matrix.create(name) as file:
            file.create_dataset("images", data=scan, chunks=chunks)
            rows(file, 35)
        matrix.add(name, scan.reshape(35, 16, 16, 1), axes="NNHW", element="u16")


def indexes(matrix):
    """Every kind of chunk index, chunks that were never written, user blocks, and what libhdf5 alone decodes."""
    images = pixels("u8", count=40)
    for name, maxshape in {"fixed": None, "extensible": (None, *images.shape[1:]), "btree": (None, None, *images.shape[2:])}.items():
        for library in ("earliest", "v110"):
            case = f"index-{name}-{library}"
            with matrix.create(case, libver=(library, "v110")) as file:
                file.create_dataset("images", data=images, chunks=(3, *images.shape[1:]), maxshape=maxshape, compression="gzip")
                rows(file, 40)
            matrix.add(case, images)
    for size in (512, 2048):
        for chunks in (None, (4, *images.shape[1:])):
            case = f"userblock-{size}-{'contiguous' if chunks is None else 'chunked'}"
            with matrix.create(case, userblock_size=size) as file:
                file.create_dataset("images", data=images, chunks=chunks)
                rows(file, 40)
            matrix.add(case, images)
    with matrix.create("holes") as file:
        dataset = file.create_dataset("images", images.shape, "u1", chunks=(4, *images.shape[1:]), fillvalue=7)
        dataset[8:12] = images[8:12]
        rows(file, 40)
        expected = dataset[:]
    matrix.add("holes", expected)
    with matrix.create("scaleoffset") as file:
        file.create_dataset("images", data=images, chunks=(4, *images.shape[1:]), scaleoffset=0)
        rows(file, 40)
    matrix.add("scaleoffset", images, reader="libhdf5")
    with matrix.create("compact") as file:
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_layout(h5py.h5d.COMPACT)
        dataset = h5py.h5d.create(file.id, b"images", h5py.h5t.NATIVE_UINT8, h5py.h5s.create_simple(images[:9].shape), properties)
        dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, np.ascontiguousarray(images[:9]))
        rows(file, 9)
    matrix.add("compact", images[:9], reader="libhdf5")
    with matrix.create("bool") as file:
        file["images"] = images > 100
        rows(file, 40)
    matrix.add("bool", (images > 100).astype("u1"))


def png(image):
    """A PNG file of 1 (gray), 2 (gray, alpha), 3 (RGB) or 4 (RGBA) channels of 8 or 16 bits."""
    height, width, channels = image.shape
    depth = 8 * image.dtype.itemsize
    colour = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    scanlines = b"".join(b"\0" + row.astype(image.dtype.newbyteorder(">")).tobytes() for row in image)

    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = [chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(scanlines)), chunk(b"IEND", b"")]
    return np.frombuffer(b"\x89PNG\r\n\x1a\n" + b"".join(parts), "u1")


def encoded(matrix):
    for element, kind in {"u8": "png", "u16": "png16"}.items():
        for channels in (1, 3):
            images = pixels(element, count=9, height=16, width=16, channels=channels)
            alpha = np.flip(images[..., :1], 1)
            suffix = f"-{element}-{'gray' if channels == 1 else 'rgb'}"
            encoded_as(matrix, suffix, images, kind, [png(image) for image in images])
            with_alpha = np.concatenate([images, alpha], -1)
            encoded_as(matrix, suffix + "-alpha", images, kind, [png(image) for image in with_alpha])


def encoded_as(matrix, suffix, images, kind, files):
    """`files`: PNG files that hold `images`, stored in every way."""
    for chunks in (None, (4,)):
        for filters in ({},) if chunks is None else ({}, {"compression": "gzip"}):
            name = f"vlen-{'contiguous' if chunks is None else 'chunked'}{'-gzip' if filters else ''}"
            for block in (0, 512):
                case = name + ("-userblock" if block else "") + suffix
                with matrix.create(case, userblock_size=block) as file:
                    dataset = file.create_dataset("images", (len(files),), h5py.vlen_dtype(np.uint8), chunks=chunks, **filters)
                    for i, content in enumerate(files):
                        dataset[i] = content
                    rows(file, 9)
                matrix.add(case, images, element=kind)
    width = max(map(len, files))
    with matrix.create(f"opaque{suffix}") as file:
        padded = np.zeros((len(files), width), "u1")
        for i, content in enumerate(files):
            padded[i, : len(content)] = content
        file["images"] = padded.view(f"V{width}")[:, 0]
        rows(file, 9)
    matrix.add(f"opaque{suffix}", images, element=kind)
    ends = np.cumsum([len(content) for content in files])
    for places, offsets in {"ends": np.concatenate([[0], ends]), "starts": np.concatenate([[0], ends[:-1]])}.items():
        with matrix.create(f"blob-{places}{suffix}") as file:
            file["pictures/bytes"] = np.concatenate(files)
            file["pictures/offsets"] = offsets
            rows(file, 9)
        matrix.add(f"blob-{places}{suffix}", images, dataset="pictures/bytes", element=kind)
    with matrix.create(f"group-encoded{suffix}") as file:
        for i, content in enumerate(files):
            file[f"pictures/{i:03}"] = np.void(content.tobytes()) if i % 2 else content
        rows(file, 9)
    matrix.add(f"group-encoded{suffix}", images, dataset="pictures", element=kind)


def groups(matrix):
    images = pixels("u8", count=9, height=16, width=16)
    with matrix.create("group-pixels") as file:
        for i, image in enumerate(images):
            file[f"pictures/{i}"] = image
        rows(file, 9)
    matrix.add("group-pixels", images, dataset="pictures")
    with matrix.create("group-classes") as file:
        for i, image in enumerate(images):
            file.create_dataset(f"pictures/{i}/only", data=image, chunks=image.shape if i % 2 else None)
    matrix.add("group-classes", images, dataset="pictures", labels="group")
    for name, filters in {"group-gzip": {"compression": "gzip"}, "group-chunked": {}}.items():
        with matrix.create(name) as file:
            for i, image in enumerate(images):
                file.create_dataset(f"pictures/{i}", data=image, chunks=(5 + i, 16, 2), **filters)
            rows(file, 9)
        matrix.add(name, images, dataset="pictures")
    with matrix.create("group-channels-first") as file:
        for i, image in enumerate(images):
            file.create_dataset(f"pictures/{i}", data=image.transpose(2, 0, 1), compression="gzip" if i % 2 else None)
        rows(file, 9)
    matrix.add("group-channels-first", images, dataset="pictures")


def links(matrix):
    images = pixels("u8", count=24)
    (matrix.folder / "parts").mkdir(exist_ok=True)
    with h5py.File(matrix.folder / "parts/a.h5", "w") as file:
        file.create_dataset("deep/x", data=images[:10], chunks=(4, *images.shape[1:]), compression="gzip")
    with h5py.File(matrix.folder / "parts/b.h5", "w") as file:
        file["x"] = images[8:]
    layout = h5py.VirtualLayout(images.shape, "u1")
    layout[:10] = h5py.VirtualSource("parts/a.h5", "deep/x", (10, *images.shape[1:]))
    layout[10:] = h5py.VirtualSource("parts/b.h5", "x", (16, *images.shape[1:]))[2:]
    with matrix.create("virtual") as file:
        file.create_virtual_dataset("images", layout)
        rows(file, 24)
    matrix.add("virtual", images)
    outer = h5py.VirtualLayout((16, *images.shape[1:]), "u1")
    outer[:16] = h5py.VirtualSource("virtual.h5", "images", images.shape)[4:20]
    with matrix.create("virtual-nested") as file:
        file.create_virtual_dataset("images", outer)
        rows(file, 16)
    matrix.add("virtual-nested", images[4:20])
    gaps = h5py.VirtualLayout(images.shape, "u1")
    gaps[:10] = h5py.VirtualSource("parts/a.h5", "deep/x", (10, *images.shape[1:]))
    with matrix.create("virtual-gap") as file:
        file.create_virtual_dataset("images", gaps, fillvalue=9)
        rows(file, 24)
        expected = np.concatenate([images[:10], np.full_like(images[10:], 9)])
    matrix.add("virtual-gap", expected, reader="libhdf5")
    strided = h5py.VirtualLayout((12, *images.shape[1:]), "u1")
    strided[0:8] = h5py.VirtualSource("parts/b.h5", "x", (16, *images.shape[1:]))[0:16:2]
    strided[8:12] = h5py.VirtualSource("parts/a.h5", "deep/x", (10, *images.shape[1:]))[0:4]
    with matrix.create("virtual-strided") as file:
        file.create_virtual_dataset("images", strided)
        rows(file, 12)
    matrix.add("virtual-strided", np.concatenate([images[8:24:2], images[:4]]), reader="libhdf5")
    with matrix.create("links") as file:
        file["images"] = h5py.SoftLink("/really/here")
        file["really/here"] = h5py.ExternalLink("parts/a.h5", "/deep/x")
        rows(file, 10)
    matrix.add("links", images[:10])


def labels(matrix):
    images = pixels("u8")
    with matrix.create("labels") as file:
        file["images"] = images
        file["images"].attrs["rows"] = np.arange(COUNT)
        file["column"] = np.arange(COUNT, dtype=">i8").reshape(COUNT, 1, 1, 1)
        file["floats"] = np.arange(COUNT, dtype="f4")
        file["hot"] = np.eye(COUNT, dtype="u1")
        file["texts"] = [f"{i:02}" for i in range(COUNT)]
        file["fixed"] = np.array([f"{i:02}" for i in range(COUNT)], "S4")
        file.create_dataset("packed", data=np.arange(COUNT), chunks=(4,), compression="gzip")
    with h5py.File(matrix.folder / "labels-beside.h5", "w") as file:
        file["y"] = np.arange(COUNT)
    (matrix.folder / "labels.csv").write_text("name,kind\n" + "".join(f'"im, {i}",{i}\n' for i in range(COUNT)))
    for name in ("column", "floats", "hot", "texts", "fixed", "packed", "@rows", "labels-beside.h5:y", "labels.csv:kind"):
        matrix.add(f"labels-{name.replace(':', '-').strip('@')}", images, path="labels.h5", labels=name)


def main():
    matrix = Matrix(sys.argv[1])
    matrix.folder.mkdir(parents=True, exist_ok=True)
    for part in (layouts, bfloat16, orders, indexes, encoded, groups, links, labels):
        part(matrix)
    (matrix.folder / "cases.tsv").write_text("\n".join(matrix.lines) + "\n")
    (matrix.folder / "figures.tsv").write_text("\n".join(matrix.figures) + "\n")
    print(f"{len(matrix.lines)} cases in {matrix.folder}")


if __name__ == "__main__":
    main()
