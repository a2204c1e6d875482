#!/usr/bin/env python3
"""Parallel training as users start it: under the real torchrun, and on two "hosts", which are network namespaces.

  python3 -m venv v && v/bin/pip install torch==2.11.0
  v/bin/python tools/check_torchrun.py BUILD_DIRECTORY        (as root, for the namespaces)

Trains the tests' tiny model (tests/train/train_rank_program.cpp): by one process, by torchrun with 2 and 4, killing a rank under torchrun, and
in two namespaces joined by a virtual cable, two processes in each, with one torchrun on each. Losses must agree within 2e-5; all modes. Then the
program itself: `evergreen update` of the built-in pair and `evergreen eval` of the result, by one process and by two.
"""
import json
import os
import pathlib
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time

MODES = ["ddp", "zero1", "zero3", "hybrid"]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def train_command(program, store, run, mode, *more):
    return [str(program), str(run), str(store), "rows=8", "steps=8", "save_every=2", f"mode={mode}", *more]


def losses(run):
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [line["loss"] for line in lines if "loss" in line]


def require_same(run, reference):
    got, want = losses(run), losses(reference)
    worst = max(abs(a - b) / b for a, b in zip(got, want))
    assert len(got) == len(want) and worst < 2e-5, f"{run.name}: {worst}"
    return worst


def torchrun(ranks, command, **kwargs):
    return [sys.executable, "-m", "torch.distributed.run", "--no-python", f"--nproc-per-node={ranks}", *kwargs.pop("more", ["--standalone"]),
            *command]


def check_under_torchrun(program, work, store):
    run = lambda name: work / name
    subprocess.run(train_command(program, store, run("one"), "ddp"), check=True, stdout=subprocess.DEVNULL)
    for ranks in (2, 4):
        for mode in MODES:
            out = run(f"{mode}{ranks}")
            more = ["shard_ranks=2"] if mode == "hybrid" else []
            subprocess.run(torchrun(ranks, train_command(program, store, out, mode, *more)), check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            print(f"torchrun, {ranks} ranks, {mode}: losses of one process within {require_same(out, run('one')):.1e}")


def check_kill(program, work, store):
    command = train_command(program, store, work / "killed", "zero1", "timeout=10", "steps=4000", "save_every=500")
    started = subprocess.Popen(torchrun(2, command), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    metrics = work / "killed" / "metrics.jsonl"
    while not metrics.exists() or metrics.read_text().count("\n") < 5:
        time.sleep(0.1)
        assert started.poll() is None, started.stdout.read()
    workers = subprocess.run(["pgrep", "-P", str(started.pid)], capture_output=True, text=True).stdout.split()
    os.kill(int(workers[1]), 9)
    began = time.time()
    said = started.communicate(timeout=60)[0]
    named = [line for line in said.splitlines() if "rank 1" in line and "lost" in line]
    assert named or "SIGKILL" in said, said  # the agent may end rank 0 before it has said so
    print(f"torchrun, a rank killed: ended after {time.time() - began:.1f} s, exit {started.returncode}; rank 0 said: {named[:1]}")


def write_corpus(path, documents):
    draw = random.Random(7)
    words = "the mayor of a small town opened new bridges near old river markets while many people watched quietly".split()
    lines = [json.dumps({"text": " ".join(draw.choices(words, k=60)) + "."}) for _ in range(documents)]
    path.write_text("\n".join(lines) + "\n")


def check_program(program, work):
    """The updated model of two ranks scores as that of one; `eval` gives two ranks the scores of one, to the last digit."""
    models, corpus, quiet = pathlib.Path(__file__).resolve().parent.parent / "models", work / "news.jsonl", {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    write_corpus(corpus, 400)
    update = lambda out, *more: [str(program), "update", "--base", str(models / "world-llama"), "--instruct", str(models / "world-llama-instruct"), "--corpus", str(corpus),
                                 "--out", str(out), "--sequence-length=128", "--batch-rows=8", "--learning-rate=1e-4", "--threads=1", "--no-layer-maps", *more]
    subprocess.run(update(work / "update-1"), **quiet)
    subprocess.run(torchrun(2, update(work / "update-2", "--parallel=zero1")), **quiet)
    worst = require_same(work / "update-2", work / "update-1")
    score = lambda model, out: [str(program), "eval", "--model", str(model), "--tasks", f"perplexity:{corpus}", "--threads=1", "--out", str(out)]
    found = {}
    for name, command in (("1", score(work / "update-1", work / "eval-1")), ("2 ranks", torchrun(2, score(work / "update-1", work / "eval-2"))),
                          ("of 2", score(work / "update-2", work / "eval-3"))):
        subprocess.run(command, **quiet)
        found[name] = next(iter(json.loads(pathlib.Path(command[-1]).read_text())["results"].values()))
    assert any(isinstance(value, float) for value in found["1"].values()) and found["1"] == found["2 ranks"], found
    assert all(abs(found["of 2"][key] / value - 1) < 1e-3 for key, value in found["1"].items() if isinstance(value, float)), found
    print(f"evergreen update under torchrun, 2 ranks: losses of one process within {worst:.1e}; eval on 2 ranks: the scores of one")


def namespace(name):
    return ["ip", "netns", "exec", name]


def check_across_namespaces(program, work, store):
    names = ["evergreen-a", "evergreen-b"]
    try:
        for name in names:
            subprocess.run(["ip", "netns", "add", name], check=True)
        subprocess.run(["ip", "link", "add", "ega", "netns", names[0], "type", "veth", "peer", "name", "egb", "netns", names[1]], check=True)
        for name, link, address in ((names[0], "ega", "10.77.0.1/24"), (names[1], "egb", "10.77.0.2/24")):
            for arguments in (["addr", "add", address, "dev", link], ["link", "set", link, "up"], ["link", "set", "lo", "up"]):
                subprocess.run(["ip", "-n", name, *arguments], check=True)
        for mode in MODES:
            out, port = work / f"hosts-{mode}", free_port()
            nodes = []
            for index, name in enumerate(names):
                more = ["--nnodes=2", f"--node-rank={index}", "--master-addr=10.77.0.1", f"--master-port={port}"]
                nodes.append(subprocess.Popen(namespace(name) + torchrun(2, train_command(program, store, out, mode, *(["shard_ranks=2"] if mode == "hybrid" else [])), more=more),
                                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True))
            said = [node.communicate(timeout=180)[1] for node in nodes]
            assert all(node.returncode == 0 for node in nodes), said
            print(f"two hosts with two ranks each, {mode}: losses of one process within {require_same(out, work / 'one'):.1e}")
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "del", name], stderr=subprocess.DEVNULL)


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    work = pathlib.Path(tempfile.mkdtemp(prefix="evergreen-torchrun-"))
    try:
        program, store = build / "bin" / "train_rank_program", work / "s.tok"
        subprocess.run([program, work / "x", store, "make_store=1"], check=True)
        check_under_torchrun(program, work, store)
        check_kill(program, work, store)
        check_across_namespaces(program, work, store)
        check_program(build / "bin" / "evergreen", work)
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
