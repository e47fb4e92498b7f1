"""How well the flags on the text of an answer are found: `python -m tools.flag_accuracy [FILE…]`.

Without files: on the examples of `flag_examples.toml`, which were written for it, on the answers of the example
sessions and on those that the demo models learnt. A FILE is a JSON list of answers as AlpacaEval publishes them
(`results/*/model_outputs.json`: `instruction`, `output`, `generator`), of which nobody has said what they show: what is
found in them is counted, and read by a person.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.demo_models.corpus.load import generated, written
from tui.core.catalog.model_card import ModelCard
from tui.core.metrics.metrics import Metrics
from tui.core.metrics.registry import FLAGS, Flag
from tui.core.plans.plan import Mode
from tui.core.requests.question import Question
from tui.core.requests.request import Request, RequestSpec, RequestState
from tui.storage.session_files import load

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE / "flag_examples.toml"
SESSIONS = HERE.parent / "tests" / "data" / "recorded"
TEXT_FLAGS = ("looping", "leaked_tokens", "refused", "names_itself")
"""The flags that are read off an answer's text, and may be wrong."""


@dataclass(frozen=True)
class Example:
    """An answer, and which flags hold for it."""

    about: str
    request: Request
    flags: frozenset[str]


def examples() -> list[Example]:
    """The answers that were written for this."""
    return [_example(row) for row in tomllib.loads(EXAMPLES.read_text("utf-8"))["example"]]


def _example(row: dict[str, Any]) -> Example:
    answer = row["answer"].replace("{loop}", row.get("loop", "") * row.get("times", 0))
    request = answered(row.get("model", "phi-4-mini"), row.get("asked", "What do you think?"), answer)
    request.finish_reason = "length" if row.get("length") else "stop"
    return Example(row["about"], request, frozenset(row.get("flags", ())))


def answered(model: str, asked: str, answer: str) -> Request:
    """A request that has ended with this answer."""
    request = Request(RequestSpec("r1", "plan1", Mode.MEASURE, "m1", "p1"), RequestState.DONE, finish_reason="stop")
    request.question = Question("", asked, ModelCard(model, model))
    request.restore_text(answer, "")
    return request


def found_in(request: Request) -> frozenset[str]:
    """The flags on its text that are found for a request."""
    return frozenset(flag.name for flag in _flags() if flag.holds(request, Metrics()))


def _flags() -> list[Flag]:
    return [flag for flag in FLAGS if flag.name in TEXT_FLAGS]


def rows() -> Iterator[tuple[str, ...]]:
    """For each flag: how many of its examples are found, how many counter-examples are taken for one, and for how many
    answers of the example sessions and of the demo models it holds."""
    tried = [(one, found_in(one.request)) for one in examples()]
    kept = [request for file in sorted(SESSIONS.glob("*.toml")) for request in load(file).requests.values()]
    learnt = [
        answered("demo-small:1", entry.asks[0], entry.answer) for entry in (*written(), *generated()) if entry.asks
    ]
    of_sessions, of_corpus = ([found_in(request) for request in requests] for requests in (kept, learnt))
    for name in TEXT_FLAGS:
        hits = [name in found for one, found in tried if name in one.flags]
        alarms = [name in found for one, found in tried if name not in one.flags]
        yield (
            f"`{name}`",
            *(f"{sum(part)} of {len(part)}" for part in (hits, alarms)),
            *(f"{sum(name in found for found in part)} of {len(part)}" for part in (of_sessions, of_corpus)),
        )


HEADINGS = ("flag", "found", "false alarms", "in the example sessions", "in what the demo models learnt")


def of_files(files: Iterable[Path]) -> tuple[int, dict[str, int]]:
    """How many answers there are in files of AlpacaEval, and for how many of them each flag holds."""
    count, hits = 0, dict.fromkeys(TEXT_FLAGS, 0)
    for file in files:
        for row in json.loads(file.read_text("utf-8")):
            count += 1
            for name in found_in(answered(row["generator"], row["instruction"], row["output"] or "")):
                hits[name] += 1
    return count, hits


def main(arguments: Sequence[str]) -> None:
    """Print what is found: in these files, or in what belongs to the project."""
    if arguments:
        count, hits = of_files(map(Path, arguments))
        for name, number in hits.items():
            print(f"{name:15} {number:7} of {count} answers")
        return
    for row in (HEADINGS, *rows()):
        print("  ".join(f"{cell:24}" for cell in row).rstrip())
    for one in examples():
        found = found_in(one.request)
        for name in sorted(one.flags ^ found):
            print(f"{'missed' if name in one.flags else 'false alarm'}: {name}: {one.about}")


if __name__ == "__main__":
    main(sys.argv[1:])
