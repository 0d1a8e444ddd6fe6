# SPDX-License-Identifier: Apache-2.0
"""The pipelines of bench/peers/augment.py as users of other libraries write them, one class a library.

A class makes a function of an image's number that makes `what.makes` views of it; one with the attribute `batch` makes so many times
as many. `kinds` are the pipelines that the library has the means for.
"""
import importlib

import numpy as np

from turns import optional

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
GRID, CELL, TILE = 3, 85, 64  # of jigsaws (Noroozi & Favaro 2016; VISSL): 3 x 3 cells of 256 pixels, a tile anywhere in each

torch, torchvision, cv2, albumentations, kornia = map(optional, ("torch", "torchvision", "cv2", "albumentations", "kornia"))
PIL = optional("PIL.Image")
if torchvision:
    from torchvision.transforms import InterpolationMode, v2
if kornia:
    import kornia.augmentation as K


def cuts(random):
    """Where the tiles of a jigsaw are cut out, by their places in the puzzle."""
    order = random.permutation(GRID * GRID).tolist()
    offsets = random.integers(0, CELL - TILE + 1, (GRID * GRID, 2)).tolist()
    return [(cell // GRID * CELL + dy, cell % GRID * CELL + dx) for cell, (dy, dx) in zip(order, offsets)]


def by_image(rival, what, images):
    """A function of an image's number, of a rival that takes single images: view(what, crop), turn(image, quarters), jigsaw(image)."""
    pictures = [rival.load(image) for image in images]
    random = np.random.default_rng(1)
    if what.kind == "turns":
        return lambda i: rival.turn(pictures[i], int(random.integers(4)))
    if what.kind == "jigsaw":
        return lambda i: rival.jigsaw(pictures[i])
    views = [rival.view(what, crop) for crop in what.crops for _ in range(crop.count)]
    if what.kind == "rotnet":
        return lambda i: [rival.turn(turned, k) for turned in [views[0](pictures[i])] for k in range(4)]
    return lambda i: [view(pictures[i]) for view in views]


class TorchvisionTensors:
    """uint8 tensors whose memory is interleaved, the faster of torchvision's layouts for crops."""
    name, needs = "torchvision, tensors", (torchvision,)
    kinds = ("crops", "rotnet", "turns", "jigsaw")
    to_tensor = ()

    def __init__(self):
        self.random = np.random.default_rng(1)

    def load(self, image):
        return torch.from_numpy(image).permute(2, 0, 1)

    def view(self, what, crop):
        mode = InterpolationMode.BICUBIC if what.bicubic else InterpolationMode.BILINEAR
        steps = [v2.RandomResizedCrop(crop.size, crop.scale, interpolation=mode, antialias=True), v2.RandomHorizontalFlip()]
        if what.jitter:
            s = what.jitter
            steps += [v2.RandomApply([v2.ColorJitter(0.8 * s, 0.8 * s, 0.8 * s, 0.2 * s)], 0.8), v2.RandomGrayscale(0.2)]
        if what.blur:
            steps.append(v2.RandomApply([v2.GaussianBlur(23, (0.1, 2.0))], 0.5))
        if what.normalize:
            steps += [*self.to_tensor, v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD)]
        return self.finished(v2.Compose(steps), what)

    def finished(self, apply, what):
        return apply

    def turn(self, image, quarters):
        return torch.rot90(image, quarters, (-2, -1)).contiguous()

    def jigsaw(self, image):
        return torch.stack([image[:, y:y + TILE, x:x + TILE] for y, x in cuts(self.random)])

    def __call__(self, what, images):
        return by_image(self, what, images)


class TorchvisionPillow(TorchvisionTensors):
    name, needs = "torchvision, Pillow", (torchvision, PIL)
    to_tensor = (v2.ToImage(),) if torchvision else ()

    def load(self, image):
        return PIL.fromarray(image)

    def finished(self, apply, what):
        return apply if what.normalize or what.kind == "rotnet" else lambda image: np.asarray(apply(image))

    def turn(self, image, quarters):
        turned = image.transpose((None, PIL.ROTATE_90, PIL.ROTATE_180, PIL.ROTATE_270)[quarters]) if quarters else image.copy()
        return np.asarray(turned)

    def jigsaw(self, image):
        return [np.asarray(image.crop((x, y, x + TILE, y + TILE))) for y, x in cuts(self.random)]


class OpenCV:
    """Calls written by hand; OpenCV has no antialiased interpolation but INTER_AREA."""
    name, needs = "OpenCV (no antialias)", (cv2,)
    kinds = ("crops", "rotnet", "turns", "jigsaw")

    def __init__(self):
        self.random = np.random.default_rng(1)

    def load(self, image):
        return image

    def turn(self, image, quarters):
        codes = (None, cv2.ROTATE_90_COUNTERCLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_CLOCKWISE) if cv2 else ()
        return cv2.rotate(image, codes[quarters]) if quarters else image.copy()

    def jigsaw(self, image):
        tiles = np.empty((GRID * GRID, TILE, TILE, 3), np.uint8)
        for place, (y, x) in enumerate(cuts(self.random)):
            tiles[place] = image[y:y + TILE, x:x + TILE]
        return tiles

    def crop(self, image, what, crop):
        height, width = image.shape[:2]
        for _ in range(10):
            area = height * width * self.random.uniform(*crop.scale)
            ratio = np.exp(self.random.uniform(np.log(3 / 4), np.log(4 / 3)))
            w, h = round((area * ratio) ** 0.5), round((area / ratio) ** 0.5)
            if 0 < w <= width and 0 < h <= height:
                break
        else:
            w, h = width, height
        top, left = self.random.integers(0, height - h + 1), self.random.integers(0, width - w + 1)
        mode = cv2.INTER_CUBIC if what.bicubic else cv2.INTER_LINEAR
        return cv2.resize(image[top:top + h, left:left + w], (crop.size, crop.size), interpolation=mode)

    def jitter(self, out, s):
        random = self.random
        for step in random.permutation(4):
            factor = random.uniform(1 - 0.8 * s, 1 + 0.8 * s)
            if step == 0:
                out = cv2.convertScaleAbs(out, alpha=factor)
            elif step == 1:
                out = cv2.addWeighted(out, factor, out, 0, cv2.cvtColor(out, cv2.COLOR_RGB2GRAY).mean() * (1 - factor))
            elif step == 2:
                gray = cv2.cvtColor(cv2.cvtColor(out, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
                out = cv2.addWeighted(out, factor, gray, 1 - factor, 0)
            else:
                hsv = cv2.cvtColor(out, cv2.COLOR_RGB2HSV)
                hsv[..., 0] = (hsv[..., 0].astype("i2") + int(180 * random.uniform(-0.2 * s, 0.2 * s))) % 180
                out = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)
        return out

    @staticmethod
    def normalized(image):
        planes = np.empty((3, *image.shape[:2]), np.float32)
        for plane, out, mean, std in zip(cv2.split(image), planes, MEAN, STD):
            cv2.addWeighted(plane, 1 / (255 * std), plane, 0, -mean / std, out, cv2.CV_32F)
        return planes

    def view(self, what, crop):
        def make(image):
            out = self.crop(image, what, crop)
            if self.random.random() < 0.5:
                out = cv2.flip(out, 1)
            if what.jitter and self.random.random() < 0.8:
                out = self.jitter(out, what.jitter)
            if what.jitter and self.random.random() < 0.2:
                out = cv2.cvtColor(cv2.cvtColor(out, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
            if what.blur and self.random.random() < 0.5:
                out = cv2.GaussianBlur(out, (23, 23), self.random.uniform(0.1, 2.0))
            return self.normalized(out) if what.normalize else out

        return make

    def __call__(self, what, images):
        return by_image(self, what, images)


class Albumentations:
    """Its jigsaw shuffles the tiles of an image of that size, which it neither cuts nor jitters."""
    name, needs = "albumentations (no antialias)", (albumentations,)
    kinds = ("crops", "rotnet", "turns", "jigsaw")

    def load(self, image):
        return image

    def view(self, what, crop):
        A = albumentations
        steps = [A.RandomResizedCrop((crop.size, crop.size), scale=crop.scale, interpolation=2 if what.bicubic else 1), A.HorizontalFlip(p=0.5)]
        if what.jitter:
            s = what.jitter
            factors = (1 - 0.8 * s, 1 + 0.8 * s)
            steps += [A.ColorJitter(factors, factors, factors, (-0.2 * s, 0.2 * s), p=0.8), A.ToGray(p=0.2)]
        if what.blur:
            steps.append(A.GaussianBlur((23, 23), (0.1, 2.0), p=0.5))
        if what.normalize:
            steps += [A.Normalize(MEAN, STD), importlib.import_module("albumentations.pytorch").ToTensorV2()]
        apply = A.Compose(steps)
        return lambda image: apply(image=image)["image"]

    def turn(self, image, quarters):
        return np.rot90(image, quarters).copy()

    def __call__(self, what, images):
        A = albumentations
        if what.kind == "turns":
            turn = A.Compose([A.RandomRotate90(p=1)])
            return lambda i: np.ascontiguousarray(turn(image=images[i])["image"])
        if what.kind == "jigsaw":
            shuffle = A.Compose([A.RandomGridShuffle((GRID, GRID), p=1)])
            return lambda i: shuffle(image=images[i][:GRID * TILE, :GRID * TILE])["image"]
        return by_image(self, what, images)


class Kornia:
    """Batches of 32 (256 for small images) of float32. Its jigsaw is that of albumentations."""
    name, needs = "kornia (no antialias)", (kornia,)
    kinds = ("crops", "rotnet", "turns", "jigsaw")

    def steps(self, what, crop):
        mode = "bicubic" if what.bicubic else "bilinear"
        steps = [K.RandomResizedCrop((crop.size, crop.size), crop.scale, resample=mode, cropping_mode="slice"), K.RandomHorizontalFlip()]
        if what.jitter:
            s = what.jitter
            steps += [K.ColorJitter(0.8 * s, 0.8 * s, 0.8 * s, 0.2 * s, p=0.8), K.RandomGrayscale(p=0.2)]
        if what.blur:
            steps.append(K.RandomGaussianBlur((23, 23), (0.1, 2.0), p=0.5))
        if what.normalize:
            steps.append(K.Normalize(torch.tensor(MEAN), torch.tensor(STD)))
        return torch.nn.Sequential(*steps)

    def __call__(self, what, images):
        count = 256 if what.pool == "small" else 32
        tensors = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).contiguous()
        batches = [tensors[i:i + count] for i in range(0, len(tensors) - count + 1, count)]

        def levels(values):
            return values if what.normalize else (values * 255).round().to(torch.uint8)

        if what.kind == "turns":
            apply = [K.RandomRotation90((0, 3), resample="nearest", p=1)]
        elif what.kind == "jigsaw":
            batches = [batch[..., :GRID * TILE, :GRID * TILE] for batch in batches]
            apply = [K.RandomJigsaw((GRID, GRID), p=1)]
        else:
            apply = [self.steps(what, crop) for crop in what.crops for _ in range(crop.count)]

        def views(i):
            batch = batches[i % len(batches)].float() / 255
            made = [levels(steps(batch)) for steps in apply]
            return [torch.rot90(made[0], k, (-2, -1)).contiguous() for k in range(4)] if what.kind == "rotnet" else made

        views.batch = count
        return views
