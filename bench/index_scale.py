#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What opening a data set of many chunks costs: time and memory, for each kind of chunk index that HDF5 has.

Usage: index_scale.py TACIT [--chunks N] [--folder DIR]
Needs h5py. Writes files of N chunks of one 4 x 4 image each, opens each by `tacit bench loader` without and with the index
kept beside the file, and prints seconds to open, the most memory that the process took (and took per chunk, above a
data set of one chunk), and the size of the kept index, which is also what other ranks are sent.
"""
import argparse
import json
import os
import pathlib
import subprocess
import tempfile
import time

import h5py
import numpy as np

SIDE = 4
LATEST = {"libver": ("v110", "v110")}
KINDS = {  # largest shape along the first two dimensions, options of the file
    "B-tree 1 (h5py's own)": ((), {}),
    "fixed array": ((), LATEST),
    "extensible array": ((None, SIDE), LATEST),
    "B-tree 2": ((None, None), LATEST),
}


def write_file(path, chunks, largest, options):
    """Chunks are written as they are stored: nothing is compressed, nothing passes through h5py's cache."""
    data = bytes(range(SIDE * SIDE))
    with h5py.File(path, "w", **options) as file:
        most = (*largest, SIDE, 1)[:4] if largest else (chunks, SIDE, SIDE, 1)
        images = file.create_dataset("images", (chunks, SIDE, SIDE, 1), "u1", chunks=(1, SIDE, SIDE, 1), maxshape=most)
        for i in range(chunks):
            images.id.write_direct_chunk((i, 0, 0, 0), data)
        file["labels"] = np.zeros(chunks, "i4")
    earlier = time.time() - 3600  # an index is kept of files that nobody is changing
    os.utime(path, (earlier, earlier))


def open_once(tacit, path, keep, folder):
    """(seconds to open, most kilobytes of memory)."""
    config = folder / "config.yaml"
    config.write_text(f"data: {{path: {path}, shuffle: full, index_cache: {'true' if keep else 'false'}}}\n")
    command = [tacit, "bench", "loader", "--config", str(config), "--recipe", "eval", "--workers", "1", "--batch", "1",
               "--seconds", "0.01", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    answer = process.stdout.read()
    _, code, usage = os.wait4(process.pid, 0)
    if code != 0:
        raise SystemExit(f"{command} ended with {os.waitstatus_to_exitcode(code)}")
    return json.loads(answer)["open_seconds"], usage.ru_maxrss


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tacit")
    parser.add_argument("--chunks", type=int, default=1_000_000)
    parser.add_argument("--folder", help="where the files go (default: a temporary folder)")
    options = parser.parse_args()
    print(f"h5py {h5py.__version__}; {options.chunks} chunks")
    print(f"{'chunk index':24}{'open s':>9}{'kept s':>9}{'peak MB':>10}{'kept MB':>10}{'bytes/chunk':>13}{'index MB':>10}")
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = pathlib.Path(name)
        for kind, (largest, file_options) in KINDS.items():
            path = folder / "many.h5"
            write_file(folder / "one.h5", 1, largest, file_options)
            write_file(path, options.chunks, largest, file_options)
            _, base = open_once(options.tacit, folder / "one.h5", False, folder)
            seconds, memory = open_once(options.tacit, path, False, folder)
            open_once(options.tacit, path, True, folder)
            kept = [file.stat().st_size for file in folder.glob("many.h5.*.tacit-index")]
            again, kept_memory = open_once(options.tacit, path, True, folder)
            print(f"{kind:24}{seconds:9.3f}{again:9.3f}{memory / 1024:10.1f}{kept_memory / 1024:10.1f}"
                  f"{(memory - base) * 1024 / options.chunks:13.1f}{sum(kept) / 2**20:10.1f}", flush=True)
            for file in folder.iterdir():
                file.unlink()


if __name__ == "__main__":
    main()
