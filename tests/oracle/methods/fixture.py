# SPDX-License-Identifier: Apache-2.0
"""How the oracles of the methods make their inputs and write their fixtures."""
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
    """Sets every floating tensor of a state by its place in the sorted names, as tests/models/wave.hpp does."""
    state = {name: tensor for name, tensor in model.state_dict().items() if tensor.is_floating_point()}
    for place, name in enumerate(sorted(state)):
        tensor = state[name]
        values = wave(tensor.shape, 1.37, 0.1 * place)
        if tensor.dim() > 1:
            values = values * math.sqrt(2.0 / (tensor.numel() / tensor.shape[0]))
        elif name.endswith("running_var"):
            values = 1.0 + 0.5 * values
        elif name.endswith("weight"):
            values = 1.0 + 0.1 * values
        else:
            values = 0.1 * values
        tensor.copy_(values)
    return model


def save(name, tensors):
    """To tests/oracle/fixtures/methods/<name>.safetensors, or into the folder that the command line names."""
    default = pathlib.Path(__file__).parent.parent / "fixtures" / "methods"
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    folder.mkdir(parents=True, exist_ok=True)
    save_file({key: tensor.detach().contiguous() for key, tensor in tensors.items()}, folder / f"{name}.safetensors")
