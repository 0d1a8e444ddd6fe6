#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shuffled reading of HDF5: `tacit bench loader` beside h5py, torch's DataLoader over h5py, bare libjpeg-turbo and memcpy.

Usage: loader.py TACIT [--images N] [--rounds N] [--seconds S] [--folder DIR] [--photos SHARDS] [--only TEXT]
Needs h5py, numpy and pillow; torch for the DataLoader column, which is `-` without it. All take turns (A/B/A/B) on the same
files, which are in the page cache. Prints microseconds an image (median over the rounds) on one core, ratios (median of the rounds'
ratios), and what two cores gain. A DataLoader has no worker processes on one core, and two on two.
"""
import argparse
import ctypes
import ctypes.util
import functools
import io
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

import h5py
import numpy as np
from PIL import Image

try:
    import torch
    import torch.utils.data
except ImportError:
    torch = None

BATCH = 64
SLOTS = 3  # batches that memcpy and libjpeg-turbo write in turns, as Tacit's ring does
LAYOUTS = {
    "contiguous": {},
    "chunk 1": {"chunks": 1},
    "chunk 1, gzip": {"chunks": 1, "compression": "gzip"},
    "chunk 32": {"chunks": 32},
    "chunk 32, gzip": {"chunks": 32, "compression": "gzip"},
    "chunk 32, gzip + shuffle": {"chunks": 32, "compression": "gzip", "shuffle": True},
}
JPEG = "variable-length JPEG"
RAW_224 = "contiguous, 224 x 224"


def photos(count, side):
    """Images whose detail falls off like that of photographs: octaves of noise, each half as strong."""
    generator = np.random.default_rng(1)
    images = np.zeros((count, side, side, 3), "f4")
    for octave in range(6):
        size = max(2, side >> (5 - octave))
        noise = generator.standard_normal((count, size, size, 3), "f4")
        step = -(-side // size)
        images += np.repeat(np.repeat(noise, step, 1), step, 2)[:, :side, :side] / 2**octave
    return np.clip(images * 40 + 128, 0, 255).astype("u1")


def crops(shards, count, side):
    """Cut out of the photos of a folder that `tacit data import` made, anywhere in them."""
    photos = []
    for path in sorted(pathlib.Path(shards).glob("train-*.h5")):
        with h5py.File(path, "r") as file:
            photos += list(file["images"][:])
    if not photos or photos[0].ndim != 3 or min(photos[0].shape[:2]) < side:
        raise SystemExit(f"{shards}: holds no raw images of {side} pixels or more (tacit data import --layout raw)")
    generator = np.random.default_rng(1)
    images = np.empty((count, side, side, 3), "u1")
    for i, image in enumerate(images):
        photo = photos[i % len(photos)]
        top, left = (generator.integers(0, size - side + 1) for size in photo.shape[:2])
        image[:] = photo[top:top + side, left:left + side]
    return images


def write_pixels(path, images, chunks=None, **filters):
    with h5py.File(path, "w") as file:
        file.create_dataset("images", data=images, chunks=chunks and (chunks, *images.shape[1:]), **filters)
        file["labels"] = np.zeros(len(images), "i8")


def write_jpegs(path, images):
    with h5py.File(path, "w") as file:
        dataset = file.create_dataset("images", (len(images),), h5py.vlen_dtype(np.uint8))
        for i, image in enumerate(images):
            buffer = io.BytesIO()
            Image.fromarray(image).save(buffer, "JPEG", quality=90)
            dataset[i] = np.frombuffer(buffer.getvalue(), "u1")
        file["labels"] = np.zeros(len(images), "i8")


def write_files(folder, options):
    count, only = options.images, options.only
    make = functools.partial(crops, options.photos) if options.photos else photos
    images = make(count, 96)
    paths = {}
    for number, (name, options) in enumerate(LAYOUTS.items()):
        if only in name:
            paths[name] = folder / f"{number}.h5"
            write_pixels(paths[name], images, **options)
    if only in JPEG:
        paths[JPEG] = folder / "jpeg.h5"
        write_jpegs(paths[JPEG], images)
    if only in RAW_224:
        paths[RAW_224] = folder / "224.h5"
        write_pixels(paths[RAW_224], make(max(BATCH, count // 5), 224))
    return paths


def microseconds(visit, count, seconds):
    """Calls visit(number) in a shuffled order for about `seconds`, after a tenth of that to warm up."""
    order = np.random.default_rng(2).permutation(count).tolist()
    for limit in (seconds / 10, seconds):
        start = time.perf_counter()
        done = 0
        while (elapsed := time.perf_counter() - start) < limit:
            visit(order[done % count])
            done += 1
    return 1e6 * elapsed / done


def h5py_reading(path, seconds):
    """One image at a time; JPEGs are decoded by Pillow."""
    with h5py.File(path, "r") as file:
        images = file["images"]
        if images.ndim == 1:
            visit = lambda i: np.asarray(Image.open(io.BytesIO(images[i].tobytes())).convert("RGB"))
        else:
            visit = lambda i: images[i]
        return microseconds(visit, len(images), seconds)


if torch is not None:

    class H5Dataset(torch.utils.data.Dataset):
        """As PyTorch's users write it: the file is opened by the process that reads."""

        def __init__(self, path):
            self.path = path
            self.images = None
            with h5py.File(path, "r") as file:
                self.size = len(file["images"])

        def __len__(self):
            return self.size

        def __getitem__(self, index):
            if self.images is None:
                self.images = h5py.File(self.path, "r")["images"]
            item = self.images[index]
            if item.ndim == 1:
                item = np.array(Image.open(io.BytesIO(item.tobytes())).convert("RGB"))
            return torch.from_numpy(item)


def data_loader_reading(path, seconds, workers):
    if torch is None:
        return None
    loader = torch.utils.data.DataLoader(H5Dataset(str(path)), BATCH, shuffle=True, num_workers=workers, drop_last=True,
                                         persistent_workers=workers > 0)
    next(iter(loader))
    done = 0
    start = time.perf_counter()
    while (elapsed := time.perf_counter() - start) < seconds:
        for batch in loader:
            done += len(batch)
            if (elapsed := time.perf_counter() - start) >= seconds:
                break
    return 1e6 * elapsed / done


def tacit_reading(tacit, path, seconds, workers, side):
    command = [tacit, "bench", "loader", str(path), "--recipe", "none", "--size", str(side), "--workers", str(workers), "--batch", str(BATCH),
               "--seconds", str(seconds), "--json"]
    answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return 1e6 / answer["images_per_second"]


def memcpy_reading(path, seconds):
    """Copies images out of the mapped file into a ring of batches."""
    with h5py.File(path, "r") as file:
        images = file["images"]
        mapped = np.memmap(path, "u1", "r", images.id.get_offset(), images.shape)
    ring = np.empty((SLOTS * BATCH, *mapped.shape[1:]), "u1")
    size = mapped[0].nbytes
    source, target = mapped.ctypes.data, ring.ctypes.data
    state = {"next": 0}

    def visit(i):
        ctypes.memmove(target + state["next"] * size, source + i * size, size)
        state["next"] = (state["next"] + 1) % len(ring)

    for i in range(len(mapped)):
        visit(i)
    return microseconds(visit, len(mapped), seconds)


def turbojpeg_reading(path, seconds):
    """Bare decoding of the same bytes, which are in memory, into a ring of batches."""
    turbo = ctypes.CDLL(ctypes.util.find_library("turbojpeg"))
    turbo.tjInitDecompress.restype = ctypes.c_void_p
    handle = ctypes.c_void_p(turbo.tjInitDecompress())
    with h5py.File(path, "r") as file:
        files = [item.tobytes() for item in file["images"][()]]
    ring = np.empty((SLOTS * BATCH, 96, 96, 3), "u1")
    state = {"next": 0}

    def visit(i):
        target = ctypes.c_void_p(ring.ctypes.data + state["next"] * 96 * 96 * 3)
        if turbo.tjDecompress2(handle, files[i], ctypes.c_ulong(len(files[i])), target, 96, 0, 96, 0, 0) != 0:
            raise RuntimeError("libjpeg-turbo cannot decode")
        state["next"] = (state["next"] + 1) % len(ring)

    return microseconds(visit, len(files), seconds)


def on_cores(count, reading):
    os.sched_setaffinity(0, set(sorted(CORES)[:count]))
    try:
        return reading()
    finally:
        os.sched_setaffinity(0, CORES)


def compare(tacit, name, path, options):
    """Readers in turns, `rounds` times: {reader: [microseconds]}."""
    side = 224 if name == RAW_224 else 96
    readers = {
        "tacit": (1, functools.partial(tacit_reading, tacit, path, options.seconds, 1, side)),
        "h5py": (1, functools.partial(h5py_reading, path, options.seconds)),
        "DataLoader": (1, functools.partial(data_loader_reading, path, options.seconds, 0)),
    }
    if name == JPEG:
        readers["libjpeg-turbo"] = (1, functools.partial(turbojpeg_reading, path, options.seconds))
    if name == RAW_224:
        readers["memcpy"] = (1, functools.partial(memcpy_reading, path, options.seconds))
    if len(CORES) > 1:
        readers["tacit, two"] = (2, functools.partial(tacit_reading, tacit, path, options.seconds, 2, side))
        readers["DataLoader, two"] = (2, functools.partial(data_loader_reading, path, options.seconds, 2))
    times = {reader: [] for reader in readers}
    for _ in range(options.rounds):
        for reader, (cores, reading) in readers.items():
            times[reader].append(on_cores(cores, reading))
    return {reader: values for reader, values in times.items() if values[0] is not None}


def report(name, times):
    def ratio(reader, base):
        ratios = sorted(a / b for a, b in zip(times[reader], times[base]))
        return f"{statistics.median(ratios):.2f} x ({ratios[0]:.2f} .. {ratios[-1]:.2f})"

    print(f"{name}: " + ", ".join(f"{reader} {statistics.median(values):.1f} us" for reader, values in times.items()))
    for reader in times:
        base = "tacit, two" if reader.endswith("two") else "tacit"
        if reader != base:
            print(f"    {reader} takes {ratio(reader, base)} the time of {base}")
    if "tacit, two" in times:
        print(f"    two cores read {ratio('tacit', 'tacit, two')} as much as one", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tacit")
    parser.add_argument("--images", type=int, default=6400, help="of 96 x 96 x 3 (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--folder", help="where the files go (default: a temporary folder)")
    parser.add_argument("--photos", help="shards of raw photos that the images are cut out of (default: octaves of noise)")
    parser.add_argument("--only", default="", help="layouts whose name holds this")
    options = parser.parse_args()
    versions = f"h5py {h5py.__version__} on HDF5 {h5py.version.hdf5_version}, NumPy {np.__version__}, Pillow {Image.__version__}"
    print(f"{versions}, torch {torch.__version__ if torch else 'absent'}; {options.images} images; {options.rounds} rounds")
    if torch is not None:
        torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        for name, path in write_files(pathlib.Path(folder), options).items():
            report(name, compare(options.tacit, name, path, options))


CORES = os.sched_getaffinity(0)

if __name__ == "__main__":
    main()
