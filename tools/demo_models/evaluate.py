"""Ask the finished models what they were not taught word for word: ``python -m tools.demo_models.evaluate [NAME ...]``.

Prints a Markdown table. The models run as they are shipped, through ONNX Runtime GenAI, greedy, one thread.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .corpus.load import Entry, corpus
from .describe import parameters
from .export import OUT
from .sizes import SIZES
from .tokenizer import prompt_text
from .train import WORK

NEAR = 0.8
LIMIT = 320


@dataclass
class Score:
    """What was counted for one model."""

    exact: list[bool] = field(default_factory=list)
    near: list[bool] = field(default_factory=list)
    recall: list[float] = field(default_factory=list)
    facts: list[float] = field(default_factory=list)
    refused: list[bool] = field(default_factory=list)
    tokens: int = 0
    seconds: float = 0.0


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

    def ask(self, question: str) -> tuple[str, int]:
        """Return the answer and its number of tokens."""
        ids = self.tokenizer.encode(prompt_text([("user", question)]))
        params = self.og.GeneratorParams(self.model)
        params.set_search_options(max_length=len(ids) + LIMIT, do_sample=False)
        generator = self.og.Generator(self.model, params)
        generator.append_tokens(ids)
        while not generator.is_done():
            generator.generate_next_token()
        made = generator.get_sequence(0)[len(ids) :]
        return self.tokenizer.decode(made).strip(), len(made)


def recall(keywords: Iterable[str], answer: str) -> float:
    """Return the share of keywords that the answer contains."""
    found = [word.lower() in answer.lower() for word in keywords]
    return sum(found) / len(found) if found else 1.0


def evaluate(runner: Runner, entries: list[Entry], verbose: bool = False) -> Score:
    """Ask every held-out phrasing and count."""
    score = Score()
    for entry in entries:
        for question in entry.held_out:
            begun = time.perf_counter()
            answer, tokens = runner.ask(question)
            score.seconds += time.perf_counter() - begun
            score.tokens += tokens
            close = similarity(answer, entry.answer)
            if verbose and close < NEAR:
                print(json.dumps([entry.id, question, answer]), flush=True)
            if entry.kind == "unknown":
                score.refused.append(answer == entry.answer)
            elif entry.kind == "generated":
                score.facts.append(float(recall(entry.keywords, answer) == 1.0))
            else:
                score.exact.append(answer == entry.answer)
                score.near.append(close >= NEAR)
                score.recall.append(recall(entry.keywords, answer))
    return score


def share(values: list[bool] | list[float]) -> str:
    """Return the mean as a percentage."""
    return f"{100 * sum(values) / len(values):.0f} %" if values else "-"


def main() -> None:
    """Read the command line, evaluate, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("names", nargs="*", default=list(SIZES), help="which sizes; all when left out")
    parser.add_argument("--work", type=Path, default=WORK, help="folder with the trained models")
    parser.add_argument("--out", type=Path, default=OUT, help="folder with the finished models")
    parser.add_argument("--verbose", action="store_true", help="print the answers that went wrong")
    args = parser.parse_args()
    entries = corpus()
    rows: list[str] = []
    count = Score()
    for name in args.names:
        folder = args.out / name
        count = evaluate(Runner(folder), entries, args.verbose)
        taken = sum(path.stat().st_size for path in folder.iterdir())
        cells = [name, f"{parameters(SIZES[name], args.work):,}", f"{taken:,}"]
        cells += [share(count.exact), share(count.near), share(count.recall), share(count.facts), share(count.refused)]
        rows.append("| " + " | ".join([*cells, f"{count.tokens / count.seconds:,.0f}"]) + " |")
    print("| model | parameters | bytes | exact | near | keywords | catalogue facts | unknowns refused | tokens/s |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    print("\n".join(rows))
    print(
        f"\nHeld-out phrasings: {len(count.exact)} of written answers, {len(count.facts)} of catalogue facts, "
        f"{len(count.refused)} unknown. Near: at least {NEAR:.0%} of the words in place."
    )


if __name__ == "__main__":
    main()
