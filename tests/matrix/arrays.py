# SPDX-License-Identifier: Apache-2.0
"""Arrays of pixels in every layout, type, filter, order of axes and index of chunks."""
import h5py
import hdf5plugin
import numpy as np

from matrix import CHANNELS, ELEMENTS, HEIGHT, WIDTH, pixels, rows

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
CHUNKS = {"1": (1, HEIGHT, WIDTH, CHANNELS), "4": (4, HEIGHT, WIDTH, CHANNELS), "parts": (3, 4, 7, 2)}


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
    narrow = images // 4 + 100  # libhdf5 1.14.5 fails on values that take all bits of their type
    with matrix.create("scaleoffset") as file:
        file.create_dataset("images", data=narrow, chunks=(4, *images.shape[1:]), scaleoffset=0)
        rows(file, 40)
    matrix.add("scaleoffset", narrow, reader="libhdf5")
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
