#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""From JPEG to views on one core: `tacit bench loader` beside simplejpeg + OpenCV, Pillow, torchvision, DALI and FFCV.

Usage: jpeg.py TACIT PHOTOS [--rounds N] [--seconds S]
PHOTOS is a folder of JPEGs; `tacit data import` makes shards of it in a temporary folder. A view is a random resized crop of 224
pixels and a flip: D1 makes one of an image, D2 two. Rivals have the files in memory and decode each once for all its views; Tacit
reads them from the page cache, checks their checksums, and writes batches. All take turns (A/B/A/B) on one core. Prints images a
second (median over the rounds) and how many times as many Tacit makes (median of the rounds' ratios). A rival that is not
installed is left out and said so.
"""
import argparse
import io
import json
import pathlib
import statistics
import subprocess
import tempfile

import numpy as np

import turns

SIZE = 224
BATCH = 64  # of Tacit and DALI

simplejpeg, cv2, torch, torchvision = map(turns.optional, ("simplejpeg", "cv2", "torch", "torchvision"))
PIL, dali, ffcv = turns.optional("PIL.Image"), turns.optional("nvidia.dali"), turns.optional("ffcv.libffcv")
if torchvision:
    import torchvision.io
    from torchvision.transforms import v2


def crop_box(random, height, width):
    """Top, left, height and width of a crop as RandomResizedCrop draws it."""
    for _ in range(10):
        area = height * width * random.uniform(0.08, 1)
        ratio = np.exp(random.uniform(np.log(3 / 4), np.log(4 / 3)))
        w, h = round((area * ratio) ** 0.5), round((area / ratio) ** 0.5)
        if 0 < w <= width and 0 < h <= height:
            return random.integers(0, height - h + 1), random.integers(0, width - w + 1), h, w
    return 0, 0, height, width


def opencv(files, views):
    """Calls written by hand. OpenCV's linear interpolation does not antialias."""
    random = np.random.default_rng(1)

    def view(image):
        top, left, h, w = crop_box(random, *image.shape[:2])
        out = cv2.resize(image[top:top + h, left:left + w], (SIZE, SIZE), interpolation=cv2.INTER_LINEAR)
        return cv2.flip(out, 1) if random.random() < 0.5 else out

    def visit(i):
        image = simplejpeg.decode_jpeg(files[i], "RGB")
        return [view(image) for _ in range(views)]

    return visit


def ffcv_kernels(files, views):
    """The decoder and the resize of FFCV alone, without its loader, whose files hold JPEGs that it compressed itself."""
    random = np.random.default_rng(1)
    arrays = [np.frombuffer(file, "u1") for file in files]
    shapes = [np.asarray(PIL.open(io.BytesIO(file)).convert("RGB")).shape for file in files]
    room = np.empty(max(int(np.prod(shape)) for shape in shapes), "u1")

    def view(image):
        top, left, h, w = crop_box(random, *image.shape[:2])
        out = np.empty((SIZE, SIZE, 3), "u1")
        ffcv.resize_crop(image, top, top + h, left, left + w, out)
        return out[:, ::-1].copy() if random.random() < 0.5 else out

    def visit(i):
        height, width, _ = shapes[i]
        image = room[:height * width * 3].reshape(shapes[i])
        ffcv.imdecode(arrays[i], image, height, width, height, width)
        return [view(image) for _ in range(views)]

    return visit


def pillow(files, views):
    apply = v2.Compose([v2.RandomResizedCrop(SIZE), v2.RandomHorizontalFlip()])

    def visit(i):
        image = PIL.open(io.BytesIO(files[i])).convert("RGB")
        return [np.asarray(apply(image)) for _ in range(views)]

    return visit


def torchvision_tensor(files, views):
    apply = v2.Compose([v2.RandomResizedCrop(SIZE, antialias=True), v2.RandomHorizontalFlip()])
    tensors = [torch.from_numpy(np.frombuffer(file, "u1").copy()) for file in files]

    def visit(i):
        image = torchvision.io.decode_jpeg(tensors[i], mode=torchvision.io.ImageReadMode.RGB)
        return [apply(image) for _ in range(views)]

    return visit


def dali_batch(files, views):
    """One view alone is decoded by its window; two are cut out of one decoded image."""
    fn, types = dali.fn, dali.types
    arrays = [np.frombuffer(file, "u1") for file in files]

    @dali.pipeline_def(batch_size=BATCH, num_threads=1, device_id=None)
    def pipeline():
        encoded = fn.external_source(source=lambda info: arrays[info.idx_in_epoch % len(arrays)], batch=False, dtype=types.UINT8)
        outputs = []
        if views == 1:
            crop = fn.decoders.image_random_crop(encoded, device="cpu", output_type=types.RGB, random_area=[0.08, 1.0])
            outputs.append(fn.resize(crop, size=[SIZE, SIZE]))
        else:
            image = fn.decoders.image(encoded, device="cpu", output_type=types.RGB)
            outputs += [fn.random_resized_crop(image, size=[SIZE, SIZE]) for _ in range(views)]
        return tuple(fn.flip(output, horizontal=fn.random.coin_flip()) for output in outputs)

    built = pipeline()
    built.build()
    visit = lambda _: built.run()
    visit.batch = BATCH
    return visit


RIVALS = {
    "simplejpeg + OpenCV (no antialias)": (simplejpeg and cv2, opencv),
    "Pillow + torchvision": (PIL and torchvision, pillow),
    "torchvision, tensors": (torchvision, torchvision_tensor),
    "DALI, CPU": (dali, dali_batch),
    "FFCV's kernels": (ffcv and PIL, ffcv_kernels),
}


def tacit_rate(options, shards, config):
    command = [options.tacit, "bench", "loader", str(shards), "--config", str(config), "--workers", "1", "--batch", str(BATCH),
               "--seconds", str(options.seconds), "--json"]
    return turns.answer(command)["images_per_second"]


def compare(options, views, files, folder):
    operations = [{"random_resized_crop": {}}, {"horizontal_flip": {"p": 0.5}}]
    config = folder / f"{views}.yaml"
    config.write_text(json.dumps({"augment": {"size": SIZE, "views": [{"repeat": views, "operations": operations}]}}))  # JSON is YAML
    readers = {"tacit": lambda: tacit_rate(options, folder / "shards", config)}
    for name, (module, make) in RIVALS.items():
        if module:
            readers[name] = lambda visit=make(files, views): turns.rate(visit, len(files), 1, options.seconds)
    turns.compare(f"D{views}: {views} view{'s' if views > 1 else ''} of {SIZE} pixels of a JPEG", "images", readers, options.rounds)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tacit")
    parser.add_argument("photos", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0)
    options = parser.parse_args()
    turns.use_one_core(torch, cv2)
    turns.print_versions("simplejpeg", "cv2", "PIL", "torch", "torchvision", "nvidia.dali", "ffcv")
    files = [path.read_bytes() for path in sorted(options.photos.rglob("*")) if path.suffix.lower() in (".jpeg", ".jpg")]
    if not files:
        raise SystemExit(f"{options.photos}: holds no JPEGs")
    print(f"{len(files)} photos, {statistics.mean(map(len, files)):,.0f} bytes on average; {options.rounds} rounds")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        subprocess.run([options.tacit, "data", "import", str(options.photos), "--out", str(folder / "shards"), "--layout", "encoded"],
                       check=True, capture_output=True)
        for views in (1, 2):
            compare(options, views, files, folder)


if __name__ == "__main__":
    main()
