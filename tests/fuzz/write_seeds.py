#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes, with h5py, what fuzzing begins with: small HDF5 files of every layout, and tables of labels.

Usage: write_seeds.py FOLDER. Fills FOLDER/index and FOLDER/csv_labels; scripts/fuzz finds the rest.
"""
import io
import pathlib
import sys

import h5py
import numpy as np
from PIL import Image

SIDE = 4
LATEST = {"libver": ("v110", "v110")}


def pixels(count, channels=3):
    return (np.arange(count * SIDE * SIDE * channels) % 251).astype("u1").reshape(count, SIDE, SIDE, channels)


def png(seed):
    buffer = io.BytesIO()
    Image.fromarray(np.roll(pixels(1)[0], seed)).save(buffer, "PNG")
    return np.frombuffer(buffer.getvalue(), "u1")


def index_seeds(folder):
    def write(name, **options):
        return h5py.File(folder / f"{name}.h5", "w", **options)

    images = pixels(4)
    with write("contiguous") as file:
        file["images"] = images
        file["labels"] = np.arange(4)
    with write("contiguous-float-latest", **LATEST) as file:
        file["x"] = (images / 255).astype(">f4")
        file["y"] = np.eye(4, dtype="f4")
    with write("btree1-gzip") as file:
        file.create_dataset("images", data=images, chunks=(1, SIDE, 2, 3), compression="gzip", shuffle=True)
        file["labels"] = [b"cat", b"dog", b"cat", b"cow"]
    with write("table") as file:
        file["images"] = images
        rows = np.array([(7, 2), (8, 0), (9, 2), (7, 1)], [("id", "i4"), ("label", "i4")])
        file.create_dataset("labels", data=rows, chunks=(4,), compression="lzf")
    with write("btree1-user-block", userblock_size=512) as file:
        file.create_dataset("images", data=images, chunks=(2, SIDE, SIDE, 3))
    with write("single", **LATEST) as file:
        file.create_dataset("images", data=images, chunks=images.shape, compression="gzip")
    with write("implicit", **LATEST) as file:
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_chunk((1, SIDE, SIDE, 3))
        properties.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        space = h5py.h5s.create_simple(images.shape)
        h5py.h5d.create(file.id, b"images", h5py.h5t.STD_U8LE, space, properties).write(h5py.h5s.ALL, h5py.h5s.ALL, images)
    with write("fixed-array", **LATEST) as file:
        file.create_dataset("images", data=images, chunks=(1, SIDE, SIDE, 3), compression="gzip", fletcher32=True)
    with write("fixed-array-pages", **LATEST) as file:
        file.create_dataset("images", (1100, 1, 1), "u1", chunks=(1, 1, 1))[3::400] = 7
    with write("extensible-array", **LATEST) as file:
        file.create_dataset("images", data=pixels(30, 1), chunks=(1, SIDE, SIDE, 1), maxshape=(None, SIDE, SIDE, 1))
    with write("btree2", **LATEST) as file:
        file.create_dataset("images", data=images, chunks=(1, SIDE, SIDE, 3), maxshape=(None, None, SIDE, 3))
    if h5py.version.hdf5_version_tuple >= (2, 0, 0):
        with write("newer", libver="latest") as file:
            file.create_dataset("images", data=images, chunks=(1, SIDE, SIDE, 3), compression="gzip")
            file.create_dataset("labels", data=["cat", "dog", "cat", "cow"], chunks=(2,), compression="gzip")
    with write("holes") as file:
        file.create_dataset("images", (40, SIDE, SIDE), "u2", chunks=(3, SIDE, SIDE), fillvalue=9)[4] = 5
    with write("vlen-png") as file:
        jpegs = file.create_dataset("images", (3,), h5py.vlen_dtype(np.uint8))
        for i in range(3):
            jpegs[i] = png(i)
        file["labels"] = [0, 1, -1]
    with write("opaque") as file:
        data = png(1)
        file.create_dataset("images", data=np.array([data.tobytes()] * 2, f"V{len(data)}"))
    with write("blob") as file:
        data = [png(0), png(1)]
        file["bytes"] = np.concatenate(data)
        file["offsets"] = np.cumsum([0] + [len(one) for one in data]).astype("u8")
    with write("group") as file:
        for name, image in (("cat/a", images[0]), ("dog/b", images[1]), ("dog/10", images[2])):
            file["images/" + name] = image
    with write("virtual") as file:
        file["first"] = images[:2]
        file["second"] = images[2:]
        layout = h5py.VirtualLayout((4, SIDE, SIDE, 3), "u1")
        layout[:2] = h5py.VirtualSource(".", "first", (2, SIDE, SIDE, 3))
        layout[2:] = h5py.VirtualSource(".", "second", (2, SIDE, SIDE, 3))
        file.create_virtual_dataset("images", layout)
    with write("links") as file:
        file["hidden/pixels"] = images
        file["images"] = h5py.SoftLink("/hidden/pixels")
        file["labels"] = h5py.ExternalLink("elsewhere.h5", "y")


def csv_seeds(folder):
    tables = {
        "numbers": "id,label\n0,3\n1,1\n2,0\n",
        "names": 'id,"label"\r\n2,"a ""b"", c"\r\n0,d\r\n1,\r\n',
        "short": "label,x\n1\n",
        "nothing": "\n\n",
    }
    for name, table in tables.items():
        for count in (3, 1):
            for named in (0, 1):
                (folder / f"{name}-{count}-{named}").write_bytes(bytes([2 * count + named]) + table.encode())


def main():
    for name, write in (("index", index_seeds), ("csv_labels", csv_seeds)):
        folder = pathlib.Path(sys.argv[1]) / name
        folder.mkdir(parents=True, exist_ok=True)
        write(folder)


if __name__ == "__main__":
    main()
