"""Adapters for tests: what happens is chosen by the model's name."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PATIENCE_S = 30.0
LOG: list[str] = []
"""What the models of this process have to tell about themselves; `log` says it."""
_TOGETHER = threading.Barrier(2)
_LET_GO = threading.Event()


class Plain:
    """The least that an adapter can be."""

    def generate(self, prompt: str) -> Iterator[str]:
        for word in prompt.split():
            yield word.upper()


class Facts:
    """An adapter that says everything of itself, and is told everything."""

    models = ("one", "two")
    context = 4096
    licence = "MIT"
    device = "NPU"
    version = "3.1"

    def load(self, model: str) -> None:
        self.name = model

    def generate(self, prompt: str, **params: Any) -> Iterator[str]:
        yield json.dumps({"prompt": prompt, "name": self.name, **params})


class Environment:
    """An adapter that tells the environment of its process."""

    def generate(self, prompt: str) -> Iterator[str]:
        yield json.dumps(dict(os.environ))


class Choosy(Facts):
    """An adapter that wants to know two things only."""

    def generate(self, prompt: str, seed: int = 7, temperature: float = 0.5) -> Iterator[str]:  # type: ignore[override]
        yield json.dumps({"prompt": prompt, "seed": seed, "temperature": temperature})


class Scripted:
    """Each model does what its name says."""

    models = (
        "counted", "thinking", "log", "slow", "endless", "meets_a", "meets_b", "overlap", "noisy", "reads", "nothing",
        "held", "lets_go",
        "falls_at_once", "falls", "leaves", "number", "whole", "async", "wrong_counts", "stubborn",
        "dies", "dies_loading", "segfault", "cannot_load", "cannot_unload",
    )  # fmt: skip

    def load(self, model: str) -> None:
        self.model = model
        self.busy = False
        if model == "cannot_load":
            raise FileNotFoundError("no weights\nhere")
        if model == "dies_loading":
            print("the last words", file=sys.stderr, flush=True)
            os._exit(7)
        if model == "slow":
            time.sleep(0.2)

    def unload(self) -> None:
        LOG.append(f"unloaded {self.model}")
        note = os.environ.get("TEST_ADAPTER_NOTE")
        if note:
            Path(note).write_text(f"unloaded {self.model}")
        if self.model == "cannot_unload":
            raise RuntimeError("it clings")

    def generate(self, prompt: str, **params: Any) -> Any:
        if self.model == "falls_at_once":
            raise ValueError("too long")
        answer = getattr(self, f"_{self.model}", None)
        return answer() if answer is not None else iter([self.model])

    def _counted(self) -> Any:
        for word in ("One", " two", "", " three"):
            yield word
            time.sleep(0.01)
        return {"prompt_tokens": 7, "completion_tokens": 6, "finish_reason": "length"}

    def _thinking(self) -> Any:
        yield {"reasoning": "Hm."}
        yield "Yes."
        return {"completion_tokens": 9, "reasoning_tokens": 4}

    def _held(self) -> Any:
        yield "first"
        yield "second" if _LET_GO.wait(PATIENCE_S) else "nobody came"

    def _lets_go(self) -> Any:
        _LET_GO.set()
        yield "go"

    def _log(self) -> Any:
        yield "; ".join(LOG) or "nothing"

    def _endless(self) -> Any:
        try:
            while True:
                yield "more "
                time.sleep(0.01)
        finally:
            LOG.append("closed endless")

    def _meets_a(self) -> Any:
        yield "met" if _TOGETHER.wait(PATIENCE_S) >= 0 else ""

    _meets_b = _meets_a

    def _overlap(self) -> Any:
        yield "overlapped" if self.busy else "alone"
        self.busy = True
        time.sleep(0.2)
        self.busy = False

    def _noisy(self) -> Any:
        print("noise", flush=True)
        os.write(1, b'{"root": "http://127.0.0.1:1"}\n')
        yield "quiet"

    def _reads(self) -> Any:
        yield input("? ")

    def _falls(self) -> Any:
        yield "half"
        raise ValueError("out of words")

    def _leaves(self) -> Any:
        yield "half"
        sys.exit("I leave")

    def _number(self) -> Any:
        yield 7

    def _whole(self) -> Any:
        return "all at once"

    async def _later(self) -> Any:
        yield "later"

    def _async(self) -> Any:
        return self._later()

    def _wrong_counts(self) -> Any:
        yield "text"
        return {"completion_tokens": "six"}

    def _nothing(self) -> Any:
        yield from ()

    def _stubborn(self) -> Any:
        while True:
            try:
                yield "more "
            except GeneratorExit:
                yield "still more "

    def _dies(self) -> Any:
        yield "half"
        os._exit(7)

    def _segfault(self) -> Any:
        yield "half"
        os.kill(os.getpid(), signal.SIGSEGV)
        time.sleep(PATIENCE_S)


class Slow:
    """A model that takes longer to load than any test waits."""

    models = ("slow",)

    def load(self, model: str) -> None:
        time.sleep(600)

    def generate(self, prompt: str) -> Iterator[str]:
        yield "at last"
