"""Ask the finished models what training never saw: ``python -m tools.demo_models.evaluate [NAME ...]``.

Notes the counts in ``results.json`` (``results.table()`` shows them). The models run as they are shipped, through ONNX
Runtime GenAI, greedy, one thread.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .corpus.load import Entry, corpus
from .export import OUT
from .results import Share, note
from .sizes import SIZES
from .tokenizer import prompt_text

NEAR = 0.8
LIMIT = 400


@dataclass
class Score:
    """What was counted for one model."""

    exact: list[bool] = field(default_factory=list)
    near: list[bool] = field(default_factory=list)
    recall: list[float] = field(default_factory=list)
    facts: list[bool] = field(default_factory=list)
    refused: list[bool] = field(default_factory=list)

    def shares(self) -> dict[str, Share]:
        """The counts, by the names they have in ``results.json``."""
        counted = {"exact": self.exact, "near": self.near, "facts": self.facts, "refused": self.refused}
        shares = {name: Share(sum(values), len(values)) for name, values in counted.items()}
        return shares | {"keywords": Share(sum(self.recall), len(self.recall))}


def similarity(one: str, other: str) -> float:
    """Return 1 minus the edit distance in words, divided by the longer text: 1 is the same, 0 has nothing in common."""
    left, right = one.lower().split(), other.lower().split()
    if not left or not right:
        return float(left == right)
    row = list(range(len(right) + 1))
    for i, word in enumerate(left, 1):
        corner, row[0] = row[0], i
        for j, match in enumerate(right, 1):
            corner, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, corner + (word != match))
    return 1 - row[-1] / max(len(left), len(right))


class Runner:
    """One finished model, asked without a server."""

    def __init__(self, folder: Path) -> None:
        """Load the model in ``folder``."""
        import onnxruntime_genai as og  # heavy, and only needed when a model is really asked

        self.og: Any = og
        self.model: Any = og.Model(str(folder))
        self.tokenizer: Any = og.Tokenizer(self.model)

    def ask(self, question: str) -> str:
        """Return the answer."""
        ids = self.tokenizer.encode(prompt_text([("user", question)]))
        params = self.og.GeneratorParams(self.model)
        params.set_search_options(max_length=len(ids) + LIMIT, do_sample=False)
        generator = self.og.Generator(self.model, params)
        generator.append_tokens(ids)
        while not generator.is_done():
            generator.generate_next_token()
        return str(self.tokenizer.decode(generator.get_sequence(0)[len(ids) :])).strip()


def recall(keywords: Iterable[str], answer: str) -> float:
    """Return the share of keywords that the answer contains."""
    found = [word.lower() in answer.lower() for word in keywords]
    return sum(found) / len(found) if found else 1.0


def evaluate(runner: Runner, entries: list[Entry], tuning: bool, verbose: bool) -> Score:
    """Ask every held-out phrasing, or every tuning phrasing, and count."""
    score = Score()
    for entry in entries:
        for question in entry.tuning if tuning else entry.held_out:
            answer = runner.ask(question)
            close = similarity(answer, entry.answer)
            if verbose and close < NEAR:
                print(json.dumps([entry.id, question, answer]), flush=True)
            if entry.kind == "unknown":
                score.refused.append(answer == entry.answer)
            elif entry.kind == "generated":
                score.facts.append(recall(entry.keywords, answer) == 1.0)
            else:
                score.exact.append(answer == entry.answer)
                score.near.append(close >= NEAR)
                score.recall.append(recall(entry.keywords, answer))
    return score


def main() -> None:
    """Read the command line, evaluate, note and print what was counted."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("names", nargs="*", default=list(SIZES), help="which sizes; all when left out")
    parser.add_argument("--out", type=Path, default=OUT, help="folder with the finished models")
    parser.add_argument("--tuning", action="store_true", help="ask the phrasings kept for tuning; note nothing")
    parser.add_argument("--verbose", action="store_true", help="print the answers that went wrong")
    args = parser.parse_args()
    entries = corpus()
    for name in args.names:
        folder = args.out / name
        shares = evaluate(Runner(folder), entries, args.tuning, args.verbose).shares()
        print(name, *(f"{what} {share}" for what, share in shares.items()), sep="  ", flush=True)
        if not args.tuning:
            taken = sum(path.stat().st_size for path in folder.iterdir())
            note(name, {"bytes": taken} | {what: share.to_list() for what, share in shares.items()})


if __name__ == "__main__":
    main()
