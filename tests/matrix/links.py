# SPDX-License-Identifier: Apache-2.0
"""Images and labels in other places than the data set that is named."""
import h5py
import numpy as np

from matrix import COUNT, pixels, rows


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
