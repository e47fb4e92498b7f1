"""What all baselines share: ask one model with `openai` and note when each chunk with text is there."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from openai import AsyncOpenAI

from benchmarks.shape import Shape

WARM_UP = Shape(ttft=0, rate=1000, len=4).id
QUESTION = "What is a local model?"
Show = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Arguments:
    """Where to ask, whom, and the file to leave the stamps in."""

    url: str
    models: list[str]
    stamps: Path


def arguments() -> Arguments:
    """Those of the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("stamps", type=Path)
    parser.add_argument("models", nargs="+")
    given = parser.parse_args()
    return Arguments(given.url, given.models, given.stamps)


class Asking:
    """The client, and the stamps of all models."""

    def __init__(self, given: Arguments) -> None:
        self._given = given
        self._client = AsyncOpenAI(base_url=given.url, api_key="none", max_retries=0)
        self._stamps: dict[str, list[int]] = {model: [] for model in given.models}
        self._open = set(given.models)

    async def ask(self, model: str, show: Show) -> None:
        """Ask, and show each piece of text. When the last model is done, the stamps are written to the file."""
        stamps = self._stamps.get(model, [])
        stream = await self._client.chat.completions.create(
            model=model,
            messages=[{"role": "user", "content": QUESTION}],
            stream=True,
            stream_options={"include_usage": True},
        )
        async for chunk in stream:
            text = chunk.choices[0].delta.content if chunk.choices else None
            if text:
                stamps.append(time.perf_counter_ns())
                await show(text)
        if model in self._open:
            self._open.discard(model)
            if not self._open:
                self._given.stamps.write_text(json.dumps(self._stamps))

    async def warm_up(self) -> None:
        """A first answer that nobody counts: the client's parsers are built by then."""

        async def ignore(text: str) -> None:
            pass

        await self.ask(WARM_UP, ignore)
