#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes fixtures/methods/contrastive_pairs.safetensors: the contrastive loss of pairs, pair by pair, in float64.

Needs torch 2.11, safetensors. Usage: contrastive_pairs.py [output folder].
"""
import torch

from fixture import save, wave

COUNT, DIMENSIONS, MARGIN = 6, 4, 1.3

DISTANCES = {
    "euclidean": lambda a, b: (a - b).norm(),
    "squared_euclidean": lambda a, b: (a - b).dot(a - b),
    "cosine": lambda a, b: 1 - torch.nn.functional.cosine_similarity(a, b, dim=0),
}


def main():
    tensors = {}
    for name, distance in DISTANCES.items():
        first = wave((COUNT, DIMENSIONS), 0.77, 0.2).requires_grad_()
        second = wave((COUNT, DIMENSIONS), 0.71, 0.5).requires_grad_()
        together, apart, near = [], [], 0
        for i in range(COUNT):
            for j in range(COUNT):
                d = distance(first[i], second[j])
                if i == j:
                    together.append(d**2 / 2)
                elif d < MARGIN:
                    apart.append((MARGIN - d) ** 2 / 2)
                    near += 1
                else:
                    apart.append(torch.zeros((), dtype=torch.float64))
        loss = torch.stack(together).mean() + torch.stack(apart).mean()
        loss.backward()
        tensors[f"{name}.loss"] = loss.detach()
        tensors[f"{name}.active"] = torch.tensor(near / len(apart), dtype=torch.float64)
        tensors[f"{name}.first_gradient"] = first.grad
        tensors[f"{name}.second_gradient"] = second.grad
    save("contrastive_pairs", tensors)


if __name__ == "__main__":
    main()
