"""No screen at all: `openai` in an event loop, and nothing else to do."""

from __future__ import annotations

import asyncio

from benchmarks.baselines.asking import Asking, arguments
from benchmarks.shape import parse


async def main() -> None:
    """Ask all models at once; of their text only the mark at the end is printed."""
    given = arguments()
    asking = Asking(given)
    await asking.warm_up()

    async def ask(model: str) -> None:
        mark = parse(model).mark

        async def show(text: str) -> None:
            if mark in text:
                print(mark, flush=True)

        await asking.ask(model, show)

    await asyncio.gather(*map(ask, given.models))
    await asyncio.sleep(3600)


if __name__ == "__main__":
    asyncio.run(main())
