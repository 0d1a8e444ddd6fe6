#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C as a terminal sends it, and other ends of a run: nothing that a whole step made is lost, exit codes are those
that are documented, and the run that goes on ends with the bytes of one that was never stopped.
usage: stop_test.py TACIT   (stop_table.py measures what it checks)"""
import hashlib
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

signal.signal(signal.SIGHUP, signal.SIG_DFL)  # even under nohup
TACIT = os.path.abspath(sys.argv[1])
WORK = pathlib.Path(tempfile.mkdtemp(prefix="tacit-stop-"))
IMAGES = 2000
ENVIRONMENT = {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
               "OMPI_MCA_rmaps_base_oversubscribe": "1", "OMPI_MCA_hwloc_base_binding_policy": "none"}
MPIRUN = ["mpirun", "-np", "2", TACIT, "pretrain"]
RANKS = [TACIT, "pretrain", "--ranks", "2"]
# Its mpirun shows nothing that ranks say after Ctrl-C, and lines of its own where one ends.
OPEN_MPI_5 = re.search(rb"Open MPI\) [5-9]", subprocess.run(["mpirun", "--version"], capture_output=True).stdout) is not None


def make_shards():
    folder = WORK / "idx"
    folder.mkdir()
    pixels = hashlib.shake_128(b"noise").digest(IMAGES * 784)
    (folder / "train-images-idx3-ubyte").write_bytes(struct.pack(">4i", 0x803, IMAGES, 28, 28) + pixels)
    (folder / "train-labels-idx1-ubyte").write_bytes(struct.pack(">2i", 0x801, IMAGES) + bytes(i % 10 for i in range(IMAGES)))
    subprocess.run([TACIT, "data", "import", str(folder), "--out", str(WORK / "shards"), "--quiet"], check=True)


def config(width, batch, steps):
    path = WORK / f"config-{width}-{batch}-{steps}.yaml"
    path.write_text(f"""data: {{path: {WORK}/shards, workers: 1}}
model: {{backbone: convnet, width: {width}}}
pretext: {{name: autoencoder}}
optim: {{name: adamw, lr: 1e-3}}
train: {{max_steps: {steps}, batch: {batch}, threads: 1, log_every: 1}}
checkpoint: {{every_epochs: 0, every_minutes: 0, keep: 100}}
""")
    return str(path)


class Terminal:
    """A command in the foreground of a terminal of its own."""

    def __init__(self, command):
        self.output = b""
        self.child, self.master = pty.fork()
        if self.child == 0:
            os.execvpe(command[0], command, ENVIRONMENT)

    def read(self, seconds):
        if select.select([self.master], [], [], seconds)[0]:
            try:
                self.output += os.read(self.master, 65536)
            except OSError:  # the other side is closed
                time.sleep(0.02)

    def read_until(self, condition, seconds=300):
        end = time.time() + seconds
        while not condition():
            assert time.time() < end, f"nothing came of it in {seconds} s:\n{self.output.decode(errors='replace')}"
            self.read(0.05)

    def interrupt(self):
        os.write(self.master, b"\x03")  # the line discipline sends SIGINT to the foreground process group

    def wait(self, seconds=300):
        """Exit code, as a shell sees it."""
        end = time.time() + seconds
        while True:
            pid, status = os.waitpid(self.child, os.WNOHANG)
            if pid:
                self.read(0)
                return os.waitstatus_to_exitcode(status)
            assert time.time() < end, f"it does not end:\n{self.output.decode(errors='replace')}"
            self.read(0.05)


def steps_done(run):
    metrics = WORK / run / "metrics.jsonl"
    return metrics.read_bytes().count(b"\n") if metrics.exists() else 0


def checkpoints(run):
    folder = WORK / run / "checkpoints"
    return sorted(int(path.name[5:]) for path in folder.glob("step-" + "[0-9]" * 8)) if folder.exists() else []


def weights(run, step):
    folder = WORK / run / "checkpoints" / f"step-{step:08d}"
    return [hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in ("model.safetensors", "optimizer.safetensors")]


def options(path, run):
    return ["--config", path, "--run", str(WORK / run)]


def expect(condition, message, output=b""):
    if not condition:
        sys.exit(f"stop test: {message}\n{output.decode(errors='replace')}")


def train_whole(path, run):
    subprocess.run(RANKS + options(path, run) + ["--quiet"], check=True, env=ENVIRONMENT)


def check(launcher, code, waits):
    """A Ctrl-C during the second step, which takes longer than mpirun waits, and the run that goes on."""
    name = "ranks" if launcher is RANKS else "mpirun"
    path = config(width=8, batch=2000, steps=3)
    if not (WORK / "whole").exists():
        train_whole(path, "whole")
    terminal = Terminal(launcher + options(path, name))
    terminal.read_until(lambda: steps_done(name) >= 1)
    time.sleep(0.3)
    terminal.interrupt()
    got = terminal.wait()
    kept = checkpoints(name)
    expect(got == code, f"{name}: exit code {got}, expected {code}", terminal.output)
    expect(kept and kept[-1] >= (2 if waits else 1), f"{name}: the last checkpoint is {kept}", terminal.output)
    if launcher is RANKS or not OPEN_MPI_5:
        expect(b"is on disk, and the same command goes on from it" in terminal.output, f"{name}: no word", terminal.output)
    expect((b"at step 2 of 3" in terminal.output) or not waits, f"{name}: no word of the end", terminal.output)
    train_whole(path, name)
    expect(weights(name, 3) == weights("whole", 3), f"{name}: the run that went on ends with other bytes")
    print(f"{name}: Ctrl-C in step 2 of 3, exit code {got}, checkpoints {kept}, same bytes at the end")


def check_guard():
    path = config(width=4, batch=100, steps=1000000)
    for number, expected in ((signal.SIGTERM, 75), (signal.SIGUSR1, 75), (signal.SIGHUP, 75)):
        run = f"guard-{number}"
        guard = subprocess.Popen(RANKS + options(path, run), env=ENVIRONMENT, stdout=subprocess.PIPE)
        while steps_done(run) < 3:
            expect(guard.poll() is None, f"--ranks ended with {guard.poll()}")
            time.sleep(0.02)
        guard.send_signal(number)
        output = guard.communicate(timeout=120)[0]
        expect(guard.returncode == expected and checkpoints(run), f"signal {number}: exit code {guard.returncode}", output)
    for number, wait in ((signal.SIGTERM, 0.05), (signal.SIGUSR1, 0.1), (signal.SIGTERM, 0.15), (signal.SIGHUP, 0.2)):
        run = f"early-{wait}"  # while mpirun starts its ranks
        guard = subprocess.Popen(RANKS + options(path, run), env=ENVIRONMENT, stdout=subprocess.PIPE)
        while subprocess.run(["pgrep", "-P", str(guard.pid)], stdout=subprocess.DEVNULL).returncode != 0:
            expect(guard.poll() is None, f"--ranks ended with {guard.poll()}")
        time.sleep(wait)
        guard.send_signal(number)
        output = guard.communicate(timeout=120)[0]
        expect(guard.returncode == 75, f"signal {number} after {wait} s: exit code {guard.returncode}", output)
    run = "forced"
    terminal = Terminal(RANKS + options(config(width=32, batch=2000, steps=5), run))
    terminal.read_until(lambda: b"threads\x20a\x20rank" in terminal.output or b"thread\x20a\x20rank" in terminal.output)
    terminal.interrupt()
    terminal.read_until(lambda: b"stop asked for before the first step" in terminal.output)
    begun = time.time()
    terminal.interrupt()
    got = terminal.wait(60)
    expect(got == 130 and time.time() - begun < 20, f"a second Ctrl-C: exit code {got}", terminal.output)
    killed = subprocess.Popen(RANKS + options(path, "killed"), env=ENVIRONMENT, stdout=subprocess.DEVNULL)
    while steps_done("killed") < 3:
        time.sleep(0.02)
    killed.kill()
    killed.wait()
    end = time.time() + 60
    while subprocess.run(["pgrep", "-f", str(WORK / "killed")], stdout=subprocess.DEVNULL).returncode == 0:
        expect(time.time() < end, "ranks outlive a guard that was killed")
        time.sleep(0.1)
    expect(checkpoints("killed"), "a killed guard: no checkpoint")
    wrong = subprocess.run(RANKS + ["--config", str(WORK / "none.yaml")], env=ENVIRONMENT, capture_output=True)
    said = [line for line in wrong.stderr.splitlines() if b"error: " in line or not OPEN_MPI_5]
    expect(wrong.returncode == 2 and len(said) == 1, f"wrong config: {wrong.returncode}", wrong.stderr)
    bare = subprocess.run(RANKS + options(path, "bare"), env={**ENVIRONMENT, "PATH": "/none"}, capture_output=True)
    expect(bare.returncode == 1 and b"--ranks 2 needs mpirun" in bare.stderr, "no mpirun", bare.stderr)
    deaf = subprocess.run(RANKS + ["--config", str(WORK / "none.yaml")], env=ENVIRONMENT, capture_output=True, timeout=60,
                          preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))
    expect(deaf.returncode == 2, f"SIGCHLD ignored: {deaf.returncode}", deaf.stderr)
    (WORK / "bin").mkdir()
    (WORK / "bin" / "mpirun").write_text('#!/bin/sh\nshift 2\nexec "$@"\n')  # of an MPI that tells its ranks nothing
    (WORK / "bin" / "mpirun").chmod(0o755)
    foreign = subprocess.run(RANKS + options(path, "foreign"), capture_output=True, timeout=60,
                             env={**ENVIRONMENT, "PATH": f"{WORK}/bin:{os.environ['PATH']}"})
    expect(foreign.returncode == 2 and b"starts no ranks of the MPI" in foreign.stderr, "a foreign mpirun", foreign.stderr)
    print("guard: TERM, USR1 and HUP end with 75 and a checkpoint, a second Ctrl-C with 130, a killed guard leaves no ranks")


if __name__ == "__main__":
    try:
        make_shards()
        check(RANKS, code=75, waits=True)
        check(MPIRUN, code=1, waits=False)
        check_guard()
    finally:
        shutil.rmtree(WORK, ignore_errors=True)
