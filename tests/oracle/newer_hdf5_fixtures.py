#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/oracle/fixtures/newer_hdf5/: files as HDF5 2.0 writes them with libver='latest'.

Needs h5py >= 3.16, whose wheels bring HDF5 2.0. Usage: newer_hdf5_fixtures.py [output folder].

Pixel (i, y, x) of every data set of images is (31 i + 7 y + x) % 251, times 200 in 16 bits; image i has label i % 3.
"""
import pathlib
import sys

import h5py
import numpy as np

FOLDER = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "fixtures" / "newer_hdf5")
SHAPE = (6, 8, 8)
NAMES = ["ant", "bee", "cat"]


def images(kind="u1"):
    i, y, x = np.indices(SHAPE)
    return ((31 * i + 7 * y + x) % 251 * (200 if kind == "u2" else 1)).astype(kind)


def write_chunks(file):
    gzip = {"compression": "gzip", "compression_opts": 9}
    file.create_dataset("single", data=images(), chunks=SHAPE, **gzip)
    file.create_dataset("fixed", data=images(), chunks=(1, 8, 8), shuffle=True, **gzip)
    file.create_dataset("edges", data=images("u2"), chunks=(4, 8, 5), fletcher32=True, **gzip)
    file.create_dataset("extensible", data=images(), chunks=(1, 8, 8), maxshape=(None, 8, 8), **gzip)
    file.create_dataset("btree", data=images(), chunks=(1, 8, 8), maxshape=(None, None, 8), compression="lzf")
    file.create_dataset("plain", data=images(), chunks=(1, 8, 8))
    file.create_dataset("contiguous", data=images())
    file.create_dataset("scaled", data=images("u2"), chunks=(1, 8, 8), scaleoffset=0)
    some = file.create_dataset("some", SHAPE, "u1", chunks=(2, 8, 8), fillvalue=9, **gzip)
    some[:2] = images()[:2]


def write_labels(file):
    numbers = np.arange(SHAPE[0]) % 3
    labels = file.create_dataset("labels", data=numbers, chunks=(4,), compression="gzip")
    labels.attrs["class_names"] = NAMES
    file.create_dataset("hot", data=np.eye(3, dtype="f4")[numbers], chunks=(4, 2), compression="gzip")
    file.create_dataset("names", data=[NAMES[n] for n in numbers], chunks=(4,), compression="gzip")
    file.create_dataset("short", data=np.array([NAMES[n] for n in numbers], dtype="S5"), chunks=(4,), compression="lzf")


def write_joined(path, source):
    """Virtual data sets of a file that any HDF5 opens: rows one after the other, and every other one."""
    with h5py.File(path, "w", libver=("earliest", "v110")) as file:
        rows = h5py.VirtualLayout((12, 8, 8), "u1")
        rows[:6] = h5py.VirtualSource(source, "fixed", SHAPE)
        rows[6:] = h5py.VirtualSource(source, "btree", SHAPE)
        file.create_virtual_dataset("rows", rows)
        strides = h5py.VirtualLayout((3, 8, 8), "u1")
        strides[:] = h5py.VirtualSource(source, "fixed", SHAPE)[::2]
        file.create_virtual_dataset("strides", strides)


FOLDER.mkdir(parents=True, exist_ok=True)
with h5py.File(FOLDER / "latest.h5", "w", libver="latest") as latest:
    write_chunks(latest)
    write_labels(latest)
write_joined(FOLDER / "joined.h5", "latest.h5")
