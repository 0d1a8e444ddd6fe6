#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes, with h5py, images in every layout, type, filter and order of axes that Tacit reads, and what they hold.

Usage: write_matrix.py FOLDER. Each line of FOLDER/cases.tsv is one case: name, path, images, labels, axes, element type
(png, png16: of PNG files), who must read the images (tacit, or libhdf5 for it), and a file of the images one after the other
as interleaved (HWC) numbers of this machine. The label of an image is its row.
FOLDER/figures.tsv holds NumPy's figures of each channel of a case: name, then mean, std, min, max and the percentiles 1, 5,
25, 50, 75, 95, 99 of the numbers as stored, then the same of what the range [0, 1] (PNG: that of their type) makes of them.
"""
import sys

from arrays import bfloat16, indexes, layouts, orders
from links import labels, links
from matrix import Matrix
from pictures import encoded, groups


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
