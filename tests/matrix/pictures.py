# SPDX-License-Identifier: Apache-2.0
"""PNGs in every place where image files are kept, and groups of one image a data set."""
import struct
import zlib

import h5py
import numpy as np

from matrix import pixels, rows


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
