#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a rank that shuffles a file of 20 GB takes: memory, file descriptors, threads, beside the bound that loader.hpp states.

Usage: memory.py TACIT [--gigabytes N] [--window BLOCKS] [--seconds S] [--folder DIR]
Needs h5py. The files are sparse: they take no room on the disk, and their images are black. Columns: the most resident memory
of the process (VmHWM), that of anonymous memory alone (what the page cache lends is not counted), the most bytes of blocks
that the loader held, the bound on blocks times the bytes of one, file descriptors and threads at most.
"""
import argparse
import json
import os
import pathlib
import subprocess
import tempfile
import time

import h5py

SIDE = 224
IMAGE = SIDE * SIDE * 3
BATCH = 64
SLOTS = 3
LANES = 8
MEBIBYTE = 2**20


def write_file(path, images, chunk):
    """Space for all chunks, none of it written."""
    with h5py.File(path, "w") as file:
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        properties.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
        if chunk:
            properties.set_chunk((chunk, SIDE, SIDE, 3))
        space = h5py.h5s.create_simple((images, SIDE, SIDE, 3))
        h5py.h5d.create(file.id, b"images", h5py.h5t.STD_U8LE, space, properties)
    assert path.stat().st_size >= images * IMAGE
    earlier = time.time() - 3600
    os.utime(path, (earlier, earlier))


def status(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return {key: int(rest.split()[0]) for key, _, rest in (line.partition(":") for line in lines)
            if key in ("VmHWM", "RssAnon", "Threads")}


def watch(command):
    """The answer of the command, and the most of each figure while it ran."""
    most = {"VmHWM": 0, "RssAnon": 0, "Threads": 0, "descriptors": 0}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            try:
                now = status(process.pid) | {"descriptors": len(os.listdir(f"/proc/{process.pid}/fd"))}
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                break
            most = {key: max(value, now.get(key, 0)) for key, value in most.items()}
            time.sleep(0.02)
        answer = process.stdout.read()
    if process.returncode != 0:
        raise SystemExit(f"{command} ended with {process.returncode}")
    return json.loads(answer), most


def bound(window, block):
    """Blocks at most (loader.hpp), for one rank and blocks of `block` images."""
    return max(window, LANES) + SLOTS * BATCH / block + max(1, window // LANES) + LANES


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tacit")
    parser.add_argument("--gigabytes", type=float, default=20)
    parser.add_argument("--window", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--folder", help="where the files go (default: a temporary folder)")
    options = parser.parse_args()
    images = int(options.gigabytes * 1e9 / IMAGE)
    print(f"{images} images of {SIDE} x {SIDE} x 3, {options.gigabytes:g} GB; window {options.window}, lanes {LANES}, "
          f"batch {BATCH}, {SLOTS} slots; MB are 2^20 bytes")
    print(f"{'layout':24}{'workers':>8}{'VmHWM MB':>10}{'anon MB':>9}{'blocks MB':>11}{'bound MB':>10}{'fds':>5}{'threads':>9}"
          f"{'images':>9}")
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = pathlib.Path(name)
        for layout, chunk, shuffle in (("contiguous, full", 0, "full"), ("contiguous, window", 0, "window"),
                                       ("chunks of 64, window", 64, "window")):
            path = folder / "sparse.h5"
            write_file(path, images, chunk)
            config = folder / "config.yaml"
            config.write_text(f"data: {{path: {path}, shuffle: {shuffle}, window: {options.window}, lanes: {LANES}, "
                              f"slots: {SLOTS}}}\n")
            block = chunk or MEBIBYTE // IMAGE
            for workers in (1, 2):
                answer, most = watch([options.tacit, "bench", "loader", "--config", str(config), "--recipe", "eval",
                                      "--workers", str(workers), "--batch", str(BATCH), "--seconds",
                                      str(options.seconds), "--json"])
                limit = bound(options.window, block) * block * IMAGE if shuffle == "window" else 0
                print(f"{layout:24}{workers:8}{most['VmHWM'] / 1024:10.0f}{most['RssAnon'] / 1024:9.0f}"
                      f"{answer['peak_block_bytes'] / MEBIBYTE:11.0f}{limit / MEBIBYTE:10.0f}{most['descriptors']:5}"
                      f"{most['Threads']:9}{answer['images']:9}", flush=True)
            path.unlink()


if __name__ == "__main__":
    main()
