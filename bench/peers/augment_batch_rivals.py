# SPDX-License-Identifier: Apache-2.0
"""Rivals of bench/peers/augment.py that are loaders: they make batches, here on the processor alone and of images in memory."""
import pathlib
import tempfile

import numpy as np

from augment_rivals import MEAN, STD, torch
from turns import optional

ffcv = optional("ffcv")
dali = optional("nvidia.dali")
if dali:
    from nvidia.dali import fn, pipeline_def, types


class Dali:
    """Batches of 64, one thread, the synchronous executor; antialiased. color_twist has one order of its adjustments."""
    name, needs = "DALI (no GPU)", (dali,)
    kinds = ("crops",)
    batch = 64

    @staticmethod
    def colors(view, s):
        def factor():
            some = fn.cast(fn.random.coin_flip(probability=0.8), dtype=types.FLOAT)
            return lambda low, high, none: some * fn.random.uniform(range=(low, high)) + (1 - some) * none

        apply = factor()
        near_one = (1 - 0.8 * s, 1 + 0.8 * s, 1.0)
        colored = fn.cast(fn.random.coin_flip(probability=0.8), dtype=types.FLOAT)
        return fn.color_twist(view, brightness=apply(*near_one), contrast=apply(*near_one),
                              saturation=apply(*near_one) * colored, hue=apply(-72 * s, 72 * s, 0.0))

    @staticmethod
    def maybe_blurred(view):
        sigma = fn.random.uniform(range=(0.1, 2.0))
        if fn.random.coin_flip(probability=0.5, dtype=types.BOOL):
            view = fn.gaussian_blur(view, window_size=23, sigma=sigma)
        return view

    def __call__(self, what, images):
        batches = [images[i:i + self.batch] for i in range(0, len(images) - self.batch + 1, self.batch)]
        state = {"next": 0}

        def source():
            state["next"] += 1
            return batches[state["next"] % len(batches)]

        @pipeline_def(batch_size=self.batch, num_threads=1, device_id=None, exec_async=False, exec_pipelined=False,
                      prefetch_queue_depth=1, enable_conditionals=True)
        def pipeline():
            image = fn.external_source(source=source, batch=True, layout="HWC", no_copy=True)
            mode = types.INTERP_CUBIC if what.bicubic else types.INTERP_LINEAR
            views = []
            for crop in what.crops:
                for _ in range(crop.count):
                    view = fn.random_resized_crop(image, size=[crop.size, crop.size], random_area=list(crop.scale), interp_type=mode)
                    if what.jitter:
                        view = self.colors(view, what.jitter)
                    if what.blur:
                        view = self.maybe_blurred(view)
                    flip = fn.random.coin_flip()
                    if what.normalize:
                        view = fn.crop_mirror_normalize(view, mirror=flip, dtype=types.FLOAT, output_layout="CHW",
                                                        mean=[255 * m for m in MEAN], std=[255 * d for d in STD])
                    else:
                        view = fn.flip(view, horizontal=flip)
                    views.append(view)
            return tuple(views)

        built = pipeline()
        built.build()

        def views(_):
            return built.run()

        views.batch = self.batch
        return views


class Ffcv:
    """Raw images in a file of its own, in the page cache; batches of 25, one thread. Its crop resizes with INTER_AREA and is part of its
    decoder, which is why it stands at one crop alone."""
    name, needs = "FFCV (box filter)", (ffcv, torch)
    kinds = ("crops",)
    batch = 25

    @staticmethod
    def can(what):
        return not what.jitter and not what.bicubic and len(what.crops) == 1

    def __call__(self, what, images):
        from ffcv.fields import IntField, RGBImageField
        from ffcv.fields.rgb_image import RandomResizedCropRGBImageDecoder
        from ffcv.loader import Loader, OrderOption
        from ffcv.transforms import NormalizeImage, RandomHorizontalFlip, ToTensor, ToTorchImage
        from ffcv.writer import DatasetWriter

        class Pairs:
            def __len__(self):
                return len(images)

            def __getitem__(self, i):
                return images[i], i

        file = str(pathlib.Path(tempfile.mkdtemp()) / "images.beton")
        DatasetWriter(file, {"image": RGBImageField(write_mode="raw"), "label": IntField()}, num_workers=1).from_indexed_dataset(Pairs())
        crop = what.crops[0]
        steps = [RandomResizedCropRGBImageDecoder((crop.size, crop.size), scale=crop.scale), RandomHorizontalFlip()]
        if what.normalize:
            steps.append(NormalizeImage(255 * np.array(MEAN), 255 * np.array(STD), np.float32))
        loader = Loader(file, batch_size=self.batch, num_workers=1, order=OrderOption.RANDOM, os_cache=True, drop_last=True,
                        pipelines={"image": [*steps, ToTensor(), ToTorchImage(convert_back_int16=False)], "label": None})

        def epochs():
            while True:
                yield from loader

        batches = epochs()

        def views(_):
            return next(batches)

        views.batch = self.batch
        return views
