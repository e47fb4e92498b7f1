"""Serve the finished models with the real runtime and ask them: ``python -m tools.demo_models.check_runtime``.

Runs in the environment of the program, not in that of the training. Notes the speeds in ``results.json``, and exits
with 1 when something is wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import httpx2

from tui.core.plans.sample_prompts import SAMPLES

from .results import note

OUT = Path(__file__).parents[2] / "tui" / "demo_models"
SHORT = (
    "Explain the principle of retrieval augmented generation in 2 sentences.",
    "Which small model should be our default?",
)
QUESTIONS = (*SAMPLES, *SHORT, "Hello")
LIMIT = 512
LOCAL = "/catalogs/local/v1"
SYSTEM = {"role": "system", "content": "You are a helpful assistant."}


@dataclass
class Reply:
    """One streamed answer with its times."""

    text: str
    finish: str | None
    chunks: int
    sent: float
    last: float

    @property
    def speed(self) -> float:
        """Tokens per second from the question to the last one: in between they may come faster than they are read."""
        return self.chunks / (self.last - self.sent) if self.chunks else 0.0


@contextmanager
def served(out: Path) -> Iterator[tuple[str, list[str]]]:
    """Serve every model of the catalogue on loopback; yield the base URL and the ids."""
    from foundry_local_sdk import (  # native code: only loaded when the check runs
        CatalogType,
        Configuration,
        FoundryLocalManager,
        LogLevel,
        ModelInfoBuilder,
    )

    rows = tomllib.loads((out / "catalog.toml").read_text(encoding="utf-8"))["model"]
    with tempfile.TemporaryDirectory() as data:
        FoundryLocalManager.initialize(
            Configuration(
                app_name="demo-models-check",
                app_data_dir=data,
                log_level=LogLevel.FATAL,
                disable_nonessential_telemetry=True,
                web=Configuration.WebService(urls="http://127.0.0.1:0"),
            )
        )
        manager: Any = FoundryLocalManager.instance
        catalogue = manager.get_catalog(CatalogType.LOCAL)
        for row in rows:
            about = ModelInfoBuilder()
            about.set_string_property("task", row["task"])
            begun = time.perf_counter()
            model = catalogue.register_model(str(out / row["folder"]), row["id"], about)
            model.load()
            print(f"loaded {row['id']} in {time.perf_counter() - begun:.2f} s")
        manager.start_web_service()
        try:
            yield f"{str(manager.urls[0]).rstrip('/')}{LOCAL}", [row["id"] for row in rows]
        finally:
            manager.stop_web_service()
            manager.close()


def ask(base: str, model: str, messages: list[dict[str, str]], **options: int) -> Reply:
    """Stream one chat completion over a connection of its own."""
    body = {"model": model, "messages": messages, "stream": True, "temperature": 0, **options}
    reply = Reply("", None, 0, time.perf_counter(), 0.0)
    with (
        httpx2.Client(trust_env=False, timeout=60) as client,
        client.stream("POST", f"{base}/chat/completions", json=body) as response,
    ):
        for line in response.iter_lines():
            if not line.startswith("data: ") or line == "data: [DONE]":
                continue
            data = json.loads(line[6:])
            if "error" in data:
                return Reply(str(data["error"]), "error", 0, 0.0, 0.0)
            for choice in data["choices"]:
                reply.finish = choice.get("finish_reason") or reply.finish
                if text := choice.get("delta", {}).get("content"):
                    reply.last = time.perf_counter()
                    reply.text += text
                    reply.chunks += 1
    return reply


def user(text: str) -> dict[str, str]:
    """Return a user's message."""
    return {"role": "user", "content": text}


def check_alone(base: str, model: str) -> list[str]:
    """Ask one model everything: plainly, again, with a system message and as a second turn. Return what was wrong."""
    wrong: list[str] = []
    speeds: list[float] = []
    first: list[dict[str, str]] = []
    same = {"with a system message": 0, "in a second turn": 0}
    for question in QUESTIONS:
        plain = ask(base, model, [user(question)], max_tokens=LIMIT)
        speeds.append(plain.speed)
        print(f"{model} {question}\n  {plain.text!r}")
        if plain.finish != "stop" or not plain.text:
            wrong.append(f"{model} did not stop by itself: {question} ({plain.finish})")
        if ask(base, model, [user(question)], max_tokens=LIMIT).text != plain.text:
            wrong.append(f"{model} answered differently at temperature 0: {question}")
        first = first or [user(question), {"role": "assistant", "content": plain.text}]
        for way, messages in (
            ("with a system message", [SYSTEM, user(question)]),
            ("in a second turn", [*first, user(question)]),
        ):
            reply = ask(base, model, messages, max_tokens=LIMIT)
            same[way] += reply.text == plain.text
            if reply.finish != "stop":
                wrong.append(f"{model} did not stop {way}: {question} ({reply.finish})")
    unlimited = ask(base, model, [user(SHORT[0])])
    if unlimited.finish != "stop":
        wrong.append(f"{model} without max_tokens: {unlimited.finish} {unlimited.text[:80]!r}")
    print(f"{model} alone: {median(speeds):,.0f} tokens/s (median)")
    note(model.partition(":")[0], {"alone": round(median(speeds))})
    for way, number in same.items():
        print(f"{model} {way}: {number} of {len(QUESTIONS)} answers the same")
    return wrong


def check_together(base: str, models: list[str]) -> list[str]:
    """Ask all models at once, as a race does, each sample in turn; return what was wrong."""
    wrong: list[str] = []
    speeds: dict[str, list[float]] = {model: [] for model in models}
    for question in SAMPLES:
        with ThreadPoolExecutor(len(models)) as pool:
            begun = time.perf_counter()
            asked = [pool.submit(ask, base, model, [user(question)], max_tokens=LIMIT) for model in models]
            replies = [one.result() for one in asked]
        for model, reply in zip(models, replies, strict=True):
            speeds[model].append(reply.speed)
            print(f"{model} {reply.last - begun:.2f} s, {reply.chunks} chunks: {question}")
            if reply.finish != "stop":
                wrong.append(f"{model} did not stop together with the others ({reply.finish})")
    for model, found in speeds.items():
        print(f"{model} together with the others: {median(found):,.0f} tokens/s (median)")
        note(model.partition(":")[0], {"together": round(median(found))})
    return wrong


def main() -> None:
    """Read the command line, serve, ask, report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, default=OUT, help="folder with the finished models")
    args = parser.parse_args()
    with served(args.out) as (base, models):
        wrong = [line for model in models for line in check_alone(base, model)] + check_together(base, models)
    print("\n".join(wrong) or "all as it should be")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
