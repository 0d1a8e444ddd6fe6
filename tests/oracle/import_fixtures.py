#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes tests/oracle/fixtures/import: small image files, arrays and archives, written by other programs than Tacit.

images/NAME.EXT with images/NAME.raw, the HWC pixels that Pillow or tifffile decodes, and images/index.json.
arrays/: .npy and .npz whose values are value(i) of their (N, H, W, C) index; archives/: tar files of PGM images.
Needs numpy, Pillow and tifffile. Usage: import_fixtures.py [output folder].
"""
import io
import json
import pathlib
import sys
import tarfile

import numpy
import tifffile
from PIL import Image

FOLDER = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "fixtures" / "import")
INDEX = []


def value(shape, dtype):
    """Values that name their place: (37 i + 11) mod 251 over the C-order index, halves of it for floats."""
    numbers = (numpy.arange(numpy.prod(shape)).reshape(shape) * 37 + 11) % 251
    if numpy.dtype(dtype).kind == "f":
        return (numbers / 2 - 20).astype(dtype)
    return (numbers * (257 if numpy.dtype(dtype).newbyteorder("=") == numpy.uint16 else 1)).astype(dtype)


def keep(name, pixels, first_page=False):
    """Notes what images/NAME decodes to."""
    pixels = pixels if pixels.ndim == 3 else pixels[:, :, None]
    raw = name.replace(".", "-") + ".raw"
    (FOLDER / "images" / raw).write_bytes(pixels.astype(pixels.dtype.newbyteorder("<")).tobytes())
    kind = {"u": "u", "i": "i", "f": "f"}[pixels.dtype.kind]
    INDEX.append({"file": name, "raw": raw, "shape": list(pixels.shape),
                  "element": f"{kind}{8 * pixels.dtype.itemsize}", "first_page": first_page})


def tiff(name, pixels, expected=None, **options):
    path = FOLDER / "images" / name
    tifffile.imwrite(path, pixels, metadata=None, **options)
    keep(name, tifffile.imread(path, key=0) if expected is None else expected)


def tiffs():
    gray, wide = value((9, 7), "u1"), value((9, 7), "u2")
    rgb, stack = value((9, 7, 3), "u1"), value((9, 7, 13), "f4")
    tiff("gray.tif", gray, photometric="minisblack")
    tiff("wide.tif", wide, photometric="minisblack", byteorder=">", compression="zlib", predictor=True)
    tiff("signed.tif", wide.astype("i2"), photometric="minisblack")
    tiff("rgb-strips.tif", rgb, photometric="rgb", rowsperstrip=2)
    tiff("rgb-planes.tif", numpy.moveaxis(rgb, 2, 0).copy(), rgb, photometric="rgb", planarconfig="separate")
    tiff("rgba.tif", value((9, 7, 4), "u1"), value((9, 7, 4), "u1")[:, :, :3], photometric="rgb",
         extrasamples=["unassalpha"])
    tiff("stack.tif", stack, photometric="minisblack", planarconfig="contig", compression="zlib")
    tiff("double.tif", value((9, 7), "f8"), photometric="minisblack", bigtiff=True)
    tiles = value((37, 21, 3), "u2")
    tiff("tiles.tif", tiles, photometric="rgb", tile=(16, 16), compression="zlib")
    planes = value((37, 21, 5), "u1")
    tiff("tile-planes.tif", numpy.moveaxis(planes, 2, 0).copy(), planes, photometric="minisblack", tile=(16, 16),
         planarconfig="separate")
    tiff("white-is-zero.tif", gray, 255 - gray, photometric="miniswhite")
    palette = numpy.stack([numpy.arange(256), numpy.arange(256)[::-1], numpy.full(256, 7)]).astype("u2") * 257
    tiff("palette.tif", gray, (palette >> 8).astype("u1").T[gray], photometric="palette", colormap=palette)
    with tifffile.TiffWriter(FOLDER / "images" / "pages.tif") as pages:
        pages.write(gray, photometric="minisblack", metadata=None)
        pages.write(gray[:4], photometric="minisblack", metadata=None)
    keep("pages.tif", gray, first_page=True)
    with tifffile.TiffWriter(FOLDER / "images" / "thumbnail.tif") as pages:
        pages.write(gray, photometric="minisblack", metadata=None)
        pages.write(gray[::2, ::2].copy(), photometric="minisblack", metadata=None, subfiletype=1)
    keep("thumbnail.tif", gray)


def pillow(name, image, mode, **options):
    path = FOLDER / "images" / name
    image.save(path, **options)
    keep(name, numpy.asarray(Image.open(path).convert(mode)))


def others():
    gray, rgb = Image.fromarray(value((9, 7), "u1")), Image.fromarray(value((9, 7, 3), "u1"))
    pillow("lzw.tif", rgb, "RGB", compression="tiff_lzw")
    pillow("jpeg.tif", Image.fromarray(value((24, 40, 3), "u1")), "RGB", compression="jpeg")
    pillow("gray.bmp", gray, "L")
    pillow("rgb.bmp", rgb, "RGB")
    pillow("rgba.bmp", Image.fromarray(value((9, 7, 4), "u1")), "RGB")
    pillow("palette.bmp", rgb.quantize(16), "RGB")
    pillow("rgb.ppm", rgb, "RGB")
    pillow("gray.pgm", gray, "L")
    pillow("lossless.webp", rgb, "RGB", lossless=True)
    pillow("lossy.webp", Image.fromarray(value((24, 40, 3), "u1")), "RGB", quality=70)
    pillow("alpha.webp", Image.fromarray(value((9, 7, 4), "u1")), "RGB", lossless=True, exact=True)
    wide = value((9, 7), "u2")
    Image.fromarray(wide).save(FOLDER / "images" / "wide.png")
    keep("wide.png", wide)
    (FOLDER / "images" / "wide.pgm").write_bytes(b"P5\n# wide\n7 9\n65535\n" + wide.astype(">u2").tobytes())
    keep("wide.pgm", wide)
    small = numpy.array([[0, 1, 2, 3], [7, 6, 5, 4]])
    (FOLDER / "images" / "plain.pgm").write_text("P2 # plain\n4 2\n7\n0 1 2 3\n7 6 5 4\n")
    keep("plain.pgm", ((small * 255 + 3) // 7).astype("u1"))
    (FOLDER / "images" / "plain.ppm").write_text("P3\n2 1 255\n1 2 3  250 251 252\n")
    keep("plain.ppm", numpy.array([[[1, 2, 3], [250, 251, 252]]], "u1"))


def arrays():
    folder = FOLDER / "arrays"
    labels = (numpy.arange(6) % 4).astype("i8")
    for dtype in ("u1", ">u2", "i2", "f2", ">f4", "f8"):
        numpy.save(folder / f"nhwc-{dtype.strip('>')}.npy", value((6, 5, 7, 3), dtype))
    channels_first = numpy.moveaxis(value((6, 5, 7, 3), "u1"), 3, 1)
    numpy.save(folder / "nchw.npy", channels_first.copy())
    numpy.save(folder / "fortran.npy", numpy.asfortranarray(value((6, 5, 7, 3), ">f4")))
    numpy.save(folder / "hwcn.npy", numpy.moveaxis(value((6, 5, 7, 3), "u1"), 0, 3).copy())
    content = {"x_train": value((6, 5, 7, 3), "u1"), "y_train": labels, "x_test": value((2, 5, 7, 3), "u1"),
               "y_test": numpy.eye(4, dtype="f4")[[3, 1]], "note": numpy.arange(3)}
    numpy.savez(folder / "stored.npz", **content)
    numpy.savez_compressed(folder / "deflated.npz", **content)
    numpy.savez_compressed(folder / "zeros.npz", x=numpy.zeros((1, 2048, 2048), "u1"))


def tar(name, format, members):
    with tarfile.open(FOLDER / "archives" / name, "w", format=format) as archive:
        for path, content in members:
            info = tarfile.TarInfo(path)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))


def archives():
    def picture(seed):
        return b"P5 4 3 255\n" + bytes((seed * 16 + i) % 256 for i in range(12))

    long = "a-folder-with-a-name-of-some-length/" * 6 + "and-a-file-of-some-length-0"
    members = []
    for i in range(4):
        members += [(f"{long}{i}.pgm", picture(i)), (f"{long}{i}.cls", f"{(i * 2) % 5}\n".encode()),
                    (f"{long}{i}.seg.png", b"no image")]
    tar("train-gnu.tar", tarfile.GNU_FORMAT, members)
    tar("train-pax.tar", tarfile.PAX_FORMAT, members)
    short = [(f"s/{i:04d}.pgm", picture(8 + i)) for i in range(2)]
    labelled = [member for i, pair in enumerate(short)
                for member in (pair, (f"s/{i:04d}.json", json.dumps({"label": 3 - i}).encode()))]
    tar("val-ustar.tar", tarfile.USTAR_FORMAT, labelled)


def main():
    for name in ("images", "arrays", "archives"):
        (FOLDER / name).mkdir(parents=True, exist_ok=True)
    tiffs()
    others()
    arrays()
    archives()
    (FOLDER / "images" / "index.json").write_text(json.dumps(INDEX, indent=1) + "\n")


if __name__ == "__main__":
    main()
