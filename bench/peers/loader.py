#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shuffled reading of HDF5: `tacit bench loader` beside h5py, on the same files, in turns (A/B/A/B).

Usage: loader.py TACIT [--images N] [--side PIXELS] [--rounds N] [--seconds S] [--folder DIR]
Needs h5py, numpy and pillow. Both run on one core (taskset); files are in the page cache after the first round. Prints
microseconds an image (median over the rounds), their spread, and how many times faster Tacit is.
"""
import argparse
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

LAYOUTS = {
    "contiguous": {},
    "chunk 1, gzip": {"chunks": 1, "compression": "gzip"},
    "chunk 32": {"chunks": 32},
    "chunk 32, gzip": {"chunks": 32, "compression": "gzip"},
    "chunk 32, gzip + shuffle": {"chunks": 32, "compression": "gzip", "shuffle": True},
}


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


def write_files(folder, count, side):
    images = photos(count, side)
    paths = {}
    for number, (name, options) in enumerate(LAYOUTS.items()):
        paths[name] = folder / f"{number}.h5"
        chunks = options.get("chunks")
        rest = {key: value for key, value in options.items() if key != "chunks"}
        with h5py.File(paths[name], "w") as file:
            file.create_dataset("images", data=images, chunks=chunks and (chunks, side, side, 3), **rest)
            file["labels"] = np.zeros(count, "i8")
    paths["variable-length JPEG"] = folder / "jpeg.h5"
    with h5py.File(paths["variable-length JPEG"], "w") as file:
        dataset = file.create_dataset("images", (count,), h5py.vlen_dtype(np.uint8))
        for i, image in enumerate(images):
            buffer = io.BytesIO()
            Image.fromarray(image).save(buffer, "JPEG", quality=90)
            dataset[i] = np.frombuffer(buffer.getvalue(), "u1")
        file["labels"] = np.zeros(count, "i8")
    return paths


def h5py_microseconds(path, seconds):
    """One image at a time in a shuffled order, as a DataLoader worker reads them; JPEGs are decoded by Pillow."""
    with h5py.File(path, "r") as file:
        images = file["images"]
        order = np.random.default_rng(2).permutation(len(images))
        encoded = images.ndim == 1
        start = time.perf_counter()
        done = 0
        while time.perf_counter() - start < seconds:
            item = images[order[done % len(order)]]
            if encoded:
                np.asarray(Image.open(io.BytesIO(item.tobytes())).convert("RGB"))
            done += 1
        return 1e6 * (time.perf_counter() - start) / done


def tacit_microseconds(tacit, path, seconds):
    command = [tacit, "bench", "loader", str(path), "--recipe", "eval", "--workers", "1", "--batch", "64",
               "--seconds", str(seconds), "--json"]
    answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return 1e6 / answer["images_per_second"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tacit")
    parser.add_argument("--images", type=int, default=6400)
    parser.add_argument("--side", type=int, default=96)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--folder", help="where the files go (default: a temporary folder)")
    options = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    print(f"h5py {h5py.__version__} on HDF5 {h5py.version.hdf5_version}; {options.images} images of "
          f"{options.side} x {options.side} x 3; one core; {options.rounds} rounds")
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        paths = write_files(pathlib.Path(folder), options.images, options.side)
        print(f"{'layout':28}{'h5py us':>12}{'tacit us':>12}{'ratio':>9}   (p10 .. p90 of the ratio)")
        for name, path in paths.items():
            rounds = [(h5py_microseconds(path, options.seconds), tacit_microseconds(options.tacit, path, options.seconds))
                      for _ in range(options.rounds)]
            ratios = sorted(theirs / ours for theirs, ours in rounds)
            theirs, ours = (statistics.median(column) for column in zip(*rounds))
            print(f"{name:28}{theirs:12.1f}{ours:12.1f}{statistics.median(ratios):9.1f}   "
                  f"({ratios[len(ratios) // 10]:.1f} .. {ratios[-1 - len(ratios) // 10]:.1f})", flush=True)


if __name__ == "__main__":
    main()
