#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/oracle/fixtures/filters/cases.bin: chunks as libhdf5's filters and hdf5plugin's leave them in a file.

Needs h5py and hdf5plugin. Usage: filters_fixtures.py [output folder].

All numbers are little-endian u32:
    arrays    count, then for each: size, size of the period that it repeats, bytes of one period
    cases     until the end of the file:
        name      32 bytes, padded with zeros
        element bytes, filter mask of the chunk, index of the array that it decodes to
        filters   count, then for each: id, count of values, values
        chunk     size, bytes
"""
import pathlib
import struct
import sys

import h5py
import hdf5plugin
import numpy as np

FOLDER = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "fixtures" / "filters")
GZIP, SHUFFLE, FLETCHER, LZF = (1, (4,)), (2, ()), (3, ()), (32000, ())
LZ4, LZ4_SMALL, ZSTD = (32004, ()), (32004, (256,)), (32015, (3,))
EC, NN = 4, 32
PERIOD = 1000


def szip(coding, pixels):
    return 4, (coding, pixels)


def bitshuffle(compression, block=0):
    return 32008, (block, {"none": 0, "lz4": 2, "zstd": 3}[compression])


def blosc(codec, shuffle, level=5):
    codes = ["blosclz", "lz4", "lz4hc", "snappy", "zlib", "zstd"]
    return 32001, (0, 0, 0, 0, level, {"none": 0, "bytes": 1, "bits": 2}[shuffle], codes.index(codec))


def picture(kind, count):
    """Waves with a little noise, as photographs have them, over the range of the type."""
    x = np.arange(count)
    noise = np.random.default_rng(count).normal(0, 0.002, count)
    wave = 0.5 + 0.3 * np.sin(x / 17) + 0.1 * np.sin(x / 3.1) + noise
    kind = np.dtype(kind)
    return (wave if kind.kind == "f" else wave * np.iinfo(kind).max * 0.9).astype(kind)


def spots(count):
    """Mostly zero, and the same every 1,000 bytes: what compresses well."""
    rng = np.random.default_rng(1)
    data = np.zeros(PERIOD, "u1")
    data[rng.integers(0, PERIOD, 40)] = rng.integers(1, 9, 40)
    return np.resize(data, count)


def noise(count):
    return np.random.default_rng(count).integers(0, 256, count, "u1")


def opaque(element_bytes, count):
    return np.frombuffer(spots(element_bytes * count).tobytes(), f"V{element_bytes}")


def cases():
    u1, u2, i4, f4, f8 = (picture(kind, 301) for kind in ("u1", "u2", "i4", "f4", "f8"))
    yield "gzip", u1, [GZIP]
    yield "gzip_noise", noise(301), [GZIP]
    yield "gzip_one_byte", u1[:1], [GZIP]
    for data in (u1, u2, i4, f8, opaque(3, 101), opaque(12, 40)):
        yield f"shuffle_{data.dtype.str[1:]}", data, [SHUFFLE]
        yield f"shuffle_gzip_{data.dtype.str[1:]}", data, [SHUFFLE, GZIP]
    yield "fletcher", u1, [FLETCHER]
    yield "fletcher_zeros", np.zeros(64, "u1"), [FLETCHER]
    yield "fletcher_long", spots(5011), [FLETCHER]
    yield "fletcher_ones", np.full(2 * 65535 % 3000, 255, "u1"), [FLETCHER]
    yield "shuffle_fletcher", u2, [SHUFFLE, FLETCHER]
    yield "gzip_fletcher", u2, [GZIP, FLETCHER]
    yield "fletcher_gzip", u2, [FLETCHER, GZIP]
    yield "shuffle_gzip_fletcher", i4, [SHUFFLE, GZIP, FLETCHER]
    yield "fletcher_shuffle_gzip", i4, [FLETCHER, SHUFFLE, GZIP]
    yield "lzf_gzip", spots(1201), [LZF, GZIP]
    for kind in ("u1", "u2", "i4", "f4", "f8", ">u2", ">i4"):
        count = 300 if kind[0] == ">" else 301
        yield f"szip_ec_{kind}", (np.arange(count) * 37 % 5).astype(kind), [szip(EC, 8)]
        yield f"szip_nn_{kind}", picture(kind, count), [szip(NN, 8)]
    yield "szip_lines", picture("u1", 2100), [szip(NN, 4)]
    yield "szip_lines_padded", picture("u2", 777), [szip(NN, 32)]
    yield "szip_even", picture("u2", 512), [szip(NN, 16)]
    yield "szip_zeros", np.zeros(3001, "u1"), [szip(NN, 32)]
    yield "szip_noise_skipped", noise(301), [szip(EC, 16)]
    yield "shuffle_szip", u2, [SHUFFLE, szip(NN, 8)]
    yield "lzf_skipped", u1, [LZF]
    yield "lzf_spots", spots(12008), [LZF]
    yield "lzf_zeros", np.zeros(3001, "u1"), [LZF]
    yield "shuffle_lzf", u2, [SHUFFLE, LZF]
    yield "shuffle_lzf_spots", spots(12008).view("u4"), [SHUFFLE, LZF]
    yield "shuffle_lzf_noise_skipped", noise(301), [SHUFFLE, LZF]
    for name, data in (("u1", u1), ("f8", f8), ("noise", noise(301)), ("spots", spots(12008))):
        yield f"lz4_{name}", data, [LZ4]
        yield f"lz4_small_{name}", data, [LZ4_SMALL]
        yield f"zstd_{name}", data, [ZSTD]
    yield "shuffle_lz4", i4, [SHUFFLE, LZ4]
    yield "shuffle_zstd_fletcher", i4, [SHUFFLE, ZSTD, FLETCHER]
    many = spots(12008)
    for compression in ("none", "lz4", "zstd"):
        for kind in ("u1", "u2", "u4", "u8"):
            if compression != "none" or kind == "u1":
                yield f"bitshuffle_{compression}_{kind}", many.view(kind), [bitshuffle(compression)]
            yield f"bitshuffle_{compression}_64_{kind}", picture(kind, 301), [bitshuffle(compression, 64)]
        for count in (1, 7, 8, 9, 71):
            yield f"bitshuffle_{compression}_of_{count}", picture("u2", 301)[:count], [bitshuffle(compression)]
        for element in (3, 12, 100):
            yield f"bitshuffle_{compression}_V{element}", opaque(element, 45), [bitshuffle(compression)]
    yield "bitshuffle_zstd_gzip", u2, [bitshuffle("zstd"), GZIP]
    steps = (np.arange(2000) // 3 % 500).astype("u2")
    for codec in ("blosclz", "lz4", "lz4hc", "snappy", "zlib", "zstd"):
        for shuffle in ("none", "bytes", "bits"):
            yield f"blosc_{codec}_{shuffle}_steps", steps, [blosc(codec, shuffle)]
            yield f"blosc_{codec}_{shuffle}_spots", spots(12032).view("u4"), [blosc(codec, shuffle)]
    for kind in ("u1", "i4", "f8"):
        yield f"blosc_lz4_bits_{kind}", spots(12008).view(kind), [blosc("lz4", "bits")]
        yield f"blosc_lz4_bytes_{kind}", spots(12008).view(kind), [blosc("lz4", "bytes")]
    yield "blosc_skipped", noise(301), [blosc("lz4", "bytes")]
    yield "blosc_blocks_u1", spots(40001), [blosc("blosclz", "bytes", 1)]
    yield "blosc_blocks_u2", spots(150002).view("u2"), [blosc("lz4", "bytes", 1)]
    yield "blosc_blocks_bits", spots(40010).view("u2"), [blosc("zstd", "bits", 1)]
    yield "blosc_far_match", np.concatenate([noise(301), np.zeros(9000, "u1"), noise(301)]), [blosc("blosclz", "none", 9)]


def filtered(data, filters):
    """The chunk as stored, its mask, and the filters as recorded."""
    with h5py.File("filters", "w", driver="core", backing_store=False) as file:
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_chunk(data.shape)
        for number, values in filters:
            if number == 4:
                properties.set_szip(*values)
            else:
                properties.set_filter(number, h5py.h5z.FLAG_OPTIONAL, values)
        space = h5py.h5s.create_simple(data.shape)
        data_set = h5py.h5d.create(file.id, b"data", h5py.h5t.py_create(data.dtype), space, properties)
        data_set.write(space, space, data, h5py.h5t.py_create(data.dtype))
        recorded = data_set.get_create_plist()
        recorded = [recorded.get_filter(i)[0:3:2] for i in range(recorded.get_nfilters())]
        mask, chunk = data_set.read_direct_chunk((0,))
        back = np.empty_like(data)
        data_set.read(space, space, back, h5py.h5t.py_create(data.dtype))
        assert back.tobytes() == data.tobytes()
    return mask, chunk, recorded


def u32(*numbers):
    return struct.pack(f"<{len(numbers)}I", *numbers)


def main():
    arrays, records = [], []
    for name, data, filters in cases():
        mask, chunk, recorded = filtered(data, filters)
        assert len(name) < 32 and (mask != 0 or "skipped" not in name), (name, mask)
        expected = data.tobytes()
        if expected not in arrays:
            arrays.append(expected)
        record = name.encode().ljust(32, b"\0") + u32(data.itemsize, mask, arrays.index(expected), len(recorded))
        for number, values in recorded:
            record += u32(number, len(values), *values)
        records.append(record + u32(len(chunk)) + chunk)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with open(FOLDER / "cases.bin", "wb") as file:
        file.write(u32(len(arrays)))
        for array in arrays:
            period = PERIOD if array == (array[:PERIOD] * len(array))[: len(array)] else len(array)
            file.write(u32(len(array), min(period, len(array))) + array[:period])
        file.write(b"".join(records))
    print(f"{len(records)} cases, {(FOLDER / 'cases.bin').stat().st_size} bytes; libhdf5 {h5py.version.hdf5_version}, "
          f"hdf5plugin {hdf5plugin.version}")


if __name__ == "__main__":
    main()
