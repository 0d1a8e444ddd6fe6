#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures what ends a run and what is kept then: exit code, seconds to the end, the newest checkpoint, for every way of
starting ranks and of stopping them, at steps as long as the named nets take. Ways with Slurm are tried where one is:
tests/slurm/cluster tests/pipeline/cli/stop_table.py build/release/bin/tacit 4x100 8x2000 32x2000
usage: stop_table.py TACIT [--tries N] [--only TEXT] WIDTHxBATCH ..."""
import argparse
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

from stop_test import ENVIRONMENT, MPIRUN, RANKS, TACIT, WORK, Terminal, checkpoints, config, make_shards, options, steps_done

PROJECT = pathlib.Path(__file__).resolve().parents[3]
SRUN = ["srun", "--mpi=pmix", "-N1", "-n2", TACIT, "pretrain"]
WORDS = (b"is on disk, and the same command goes on from it", b"the same command goes on from it (exit code 75)")


def step_seconds(path):
    text = subprocess.run(RANKS + ["--config", path, "--dry-run"], capture_output=True, text=True, env=ENVIRONMENT,
                          check=True).stdout
    return float(re.search(r"dry run: \d+ steps, ([0-9.e+-]+) s each", text).group(1))


def scancel(*words):
    return lambda run: subprocess.run(["scancel", *words, run.slurm_job()], check=True)


class Foreground:
    """A run in a terminal of its own."""

    def __init__(self, command, path, name):
        self.terminal = Terminal(command + options(path, name))

    def wait_for(self, condition):
        self.terminal.read_until(condition, 900)

    def interrupt(self):
        self.terminal.interrupt()

    def wait(self):
        return str(self.terminal.wait(900))

    def output(self):
        return self.terminal.output

    def slurm_job(self):
        return re.search(rb"scancel --signal=USR1 (\d+)\.\d+", self.output()).group(1).decode()


class Batch:
    """A run as slurm/pretrain.sbatch starts it; it has ended when the job has left the queue or waits for its restart."""

    def __init__(self, words, path, name):
        self.log = WORK / f"{name}.log"
        command = ["sbatch", "--parsable", "--chdir", str(PROJECT), "--output", str(self.log), *words,
                   "slurm/pretrain.sbatch"]
        self.job = subprocess.run(command + options(path, name)[1:], check=True, capture_output=True, text=True,
                                  env={**ENVIRONMENT, "TACIT": TACIT}).stdout.strip()

    def facts(self):
        return subprocess.run(["scontrol", "--oneliner", "show", "job", self.job], capture_output=True, text=True).stdout

    def state(self):
        return re.search(r"JobState=(\w+)", self.facts()).group(1)

    def wait_for(self, condition):
        while not condition():
            state = self.state()
            assert state in ("PENDING", "CONFIGURING", "RUNNING", "SIGNALING") or condition(), f"{state}: {self.output().decode()}"
            time.sleep(0.1)

    def wait(self):
        begun = time.time()
        while self.state() in ("RUNNING", "SIGNALING", "COMPLETING"):
            assert time.time() < begun + 900, self.output().decode()
            time.sleep(0.1)
        facts = self.facts()
        restarts = re.search(r"Restarts=(\d+)", facts).group(1)
        code = re.search(r" ExitCode=(\S+)", facts).group(1)
        state = self.state()
        subprocess.run(["scancel", self.job], check=True)  # what was put back into the queue
        return f"{'requeued' if state == 'PENDING' and restarts == '1' else state.lower()} {code}"

    def output(self):
        return self.log.read_bytes() if self.log.exists() else b""

    def slurm_job(self):
        return self.job


def twice(run):
    run.interrupt()
    time.sleep(0.4)  # within the second in which srun takes it for an order
    run.interrupt()


def once(run):
    run.interrupt()


def usr1(run):
    os.kill(run.terminal.child, signal.SIGUSR1)


def wait_for_slurm(run):
    """The end of the job's time is near."""
    run.wait_for(lambda: any(word in run.output() for word in (b"stop asked for",) + WORDS))


# Name, command or words for sbatch, how it is stopped.
WAYS = [
    ("mpirun, Ctrl-C", MPIRUN, once),
    ("--ranks 2, Ctrl-C", RANKS, once),
    ("srun, Ctrl-C once", SRUN, once),
    ("srun, Ctrl-C twice", SRUN, twice),
    ("srun, USR1 to srun", SRUN, usr1),
    ("srun, scancel -s USR1", SRUN, scancel("-s", "USR1")),
    ("srun, scancel -s INT", SRUN, scancel("-s", "INT")),
    ("srun, scancel", SRUN, scancel()),
    ("sbatch, scancel -b -s USR1", [], scancel("--batch", "-s", "USR1")),
    ("sbatch, scancel -s INT", [], scancel("-s", "INT")),
    ("sbatch, scancel", [], scancel()),
    ("sbatch, near its time limit", ["--time=2", "--signal=B:USR1@60"], wait_for_slurm),
]


def measure(name, command, stop, path, seconds, run):
    batch = name.startswith("sbatch")
    started = Batch(command, path, run) if batch else Foreground(command, path, run)
    started.wait_for(lambda: steps_done(run) >= 2)
    time.sleep(seconds / 4)
    at = steps_done(run) + 1
    load = os.getloadavg()[0]
    begun = time.time()
    stop(started)
    if stop is wait_for_slurm:
        at, begun = steps_done(run) + 1, time.time()
    if name == "srun, Ctrl-C once":  # srun tells how its tasks fare and goes on
        started.wait_for(lambda: b"one more within 1 sec to abort" in started.output())
        goes_on = steps_done(run)
        started.wait_for(lambda: steps_done(run) > goes_on)
        code, took = "goes on", time.time() - begun
        scancel("-s", "KILL")(started)  # the way's own end is measured above
        started.wait()
    else:
        code, took = started.wait(), time.time() - begun
    kept = checkpoints(run)
    told = sum(word in started.output() for word in WORDS)
    (WORK / f"{run}.txt").write_bytes(started.output())
    return f"{code:>16} {took:>9.1f} {at:>14} {', '.join(map(str, kept[-2:])) or 'none':>14} {told:>5} {load:>5.1f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tacit")
    parser.add_argument("nets", nargs="+")
    parser.add_argument("--tries", type=int, default=1)
    parser.add_argument("--only", default="", help="ways whose name matches this pattern")
    parser.add_argument("--keep", help="folder for the outputs")
    arguments = parser.parse_args()
    make_shards()
    print(f"{'way':<28} {'s a step':>8} {'exit code':>16} {'s to end':>9} {'signal in step':>14} {'checkpoints':>14} "
          f"{'words':>5} {'load':>5}")
    for net in arguments.nets:
        width, batch = map(int, net.split("x"))
        path = config(width, batch, steps=100000)
        seconds = step_seconds(path)
        for number, (name, command, stop) in enumerate(WAYS):
            if not re.search(arguments.only, name) or (name.startswith("s") and "SLURM_CONF" not in os.environ):
                continue
            for attempt in range(arguments.tries):
                run = f"way{number}-{net}-{attempt}"
                print(f"{name:<28} {seconds:>8.2f} {measure(name, command, stop, path, seconds, run)}", flush=True)
                if arguments.keep:
                    shutil.copy(WORK / f"{run}.txt", arguments.keep)


if __name__ == "__main__":
    try:
        main()
    finally:
        shutil.rmtree(WORK, ignore_errors=True)
