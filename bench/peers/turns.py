# SPDX-License-Identifier: Apache-2.0
"""Tacit and its rivals in turns (A/B/A/B) on one core: what the scripts beside this one share."""
import importlib
import json
import os
import statistics
import subprocess
import time


def optional(name):
    """The module, or None where it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def use_one_core(torch, cv2):
    """This process and the programs it starts; either module may be None."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    if torch:
        torch.set_num_threads(1)
    if cv2:
        cv2.setNumThreads(0)


def print_versions(*names):
    for name in names:
        module = optional(name)
        print(f"{name} {getattr(module, '__version__', '(version unknown)') if module else 'is not installed and left out'}")


def answer(command):
    """What a program says in JSON."""
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def rate(visit, count, makes, seconds):
    """How many visit(0) .. visit(count - 1), again and again, make a second: `makes` each, times the batch that `visit` says. Over
    about `seconds`, after a tenth of that to warm up."""
    makes *= getattr(visit, "batch", 1)
    for limit in (seconds / 10, seconds):
        start = time.perf_counter()
        done = 0
        while (elapsed := time.perf_counter() - start) < limit:
            visit(done % count)
            done += 1
    return makes * done / elapsed


def compare(title, unit, readers, rounds):
    """Prints the median of `rounds` rates of every reader, {name: function}, and how many times as many "tacit" makes."""
    rates = {name: [] for name in readers}
    for _ in range(rounds):
        for name, reader in readers.items():
            rates[name].append(reader())
    print(title)
    for name, values in rates.items():
        ratios = sorted(a / b for a, b in zip(rates["tacit"], values))
        print(f"    {name:36} {statistics.median(values):12,.0f} {unit}/s   tacit makes {statistics.median(ratios):6.2f} x"
              f" ({ratios[0]:.2f} .. {ratios[-1]:.2f})", flush=True)
