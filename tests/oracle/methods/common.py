# SPDX-License-Identifier: Apache-2.0
"""What the oracles of the methods share."""
import math
import pathlib
import sys

import torch
from safetensors.torch import save_file

torch.set_default_dtype(torch.float64)


def wave(shape, step, phase):
    """sin(i * step + phase), as tests/models/wave.hpp makes it."""
    return torch.sin(torch.arange(math.prod(shape)) * step + phase).reshape(shape)


def fill_by_formula(model):
    """Sets every parameter by its place in the sorted names, as tests/models/wave.hpp does."""
    parameters = dict(model.named_parameters())
    with torch.no_grad():
        for place, name in enumerate(sorted(parameters)):
            tensor = parameters[name]
            values = wave(tensor.shape, 1.37, 0.1 * place)
            if tensor.dim() > 1:
                values = values * math.sqrt(2.0 / (tensor.numel() / tensor.shape[0]))
            elif name.endswith("weight"):
                values = 1.0 + 0.1 * values
            else:
                values = 0.1 * values
            tensor.copy_(values)


def save(name, tensors):
    """To tests/oracle/fixtures/methods/<name>.safetensors, or into the folder that the command line names."""
    default = pathlib.Path(__file__).parent.parent / "fixtures" / "methods"
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    folder.mkdir(parents=True, exist_ok=True)
    save_file({key: tensor.detach().contiguous() for key, tensor in tensors.items()}, folder / f"{name}.safetensors")
