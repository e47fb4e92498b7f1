"""Records the sessions of sessions/examples with the demo models: `python -m tools.example_sessions`.

It takes Linux and some minutes on a machine that does nothing else; on any other the baseline is no baseline. Sessions
of the same eight questions come of it: measured (four times), measured on one processor alone, and raced. What two
people thought of the answers is written down here, with a part of each answer that they read: the demo models answer
alike each time at temperature 0, and where an answer has become another nothing is kept and somebody must read it.

Golden files of the reports follow from these sessions: `python -m tools.golden_reports`.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

from tui.api import Comparison, Criterion, Mode, Parameters, PlanOptions, Prompt, Rubric, VoteChoice, compare
from tui.core.blind.orders import models_in_order
from tui.core.plans.questions import PlanQuestion
from tui.core.requests.request import Request
from tui.runner.kept_session import KeptComparison, open_kept_session
from tui.runner.ratings import Ratings

TOP = Path(__file__).parents[1]
FOLDER = TOP / "sessions" / "examples"
RUBRIC = Rubric((
    Criterion("accuracy", description="1: wrong, or of something else. 5: right, and all of it.", weight=2),
    Criterion("clarity", description="1: cannot be followed. 5: can be used as it stands."),
))  # fmt: skip
OPTIONS = PlanOptions(mode=Mode.MEASURE, parameters=Parameters(temperature=0.0, seed=42))
BASELINES = 4
"""As many as it takes to tell a slower session from chance."""
MODELS = ("demo-small", "demo-medium", "demo-large")
Scores = tuple[int, int]
"""For accuracy and clarity."""


class Read(NamedTuple):
    """An answer as two people read it."""

    begins: str
    ana: Scores
    ben: Scores


class Question(NamedTuple):
    """What was asked, and what came of it from each model."""

    asks: str
    tags: tuple[str, ...]
    small: Read
    medium: Read
    large: Read

    def of(self, model: str) -> Read:
        """What a model made of it."""
        return dict(zip(MODELS, (self.small, self.medium, self.large), strict=True))[model]


Rate = Callable[[Ratings, Sequence[tuple[str, Read]]], None]
"""Rates the answers to one question, each with its request's id, in the order in which they are shown."""

_FAIR = "Give every model the **same** prompts, settings and machine, and change one"
_RAG = "A RAG pipeline has two halves: one that runs when documents change, and one"
_BITS = "Quantization stores the weights of a model with fewer bits than it was trained with, for example 8 or "
_TTFT = "**Time to first token** (TTFT) is the wait between sending a request and seeing"
_JSON = "Show the shape you want and ask for nothing else. A system message works well:"
_PROVIDER = "An execution provider, or EP, is the part of **ONNX Runtime** that runs a model"
_PICK = "Work from the outside in, and stop at the smallest model that does the job."

QUESTIONS = (
    Question("How can I compare models fairly?", ("method",),
             Read(_FAIR, (5, 4), (5, 5)), Read(_FAIR, (5, 4), (5, 5)), Read(_FAIR, (5, 4), (5, 5))),
    Question("Describe every stage of a RAG pipeline, from files to answer.", ("rag",),
             Read("Measuring RAG means measuring two halves apart.", (1, 3), (2, 4)),
             Read(_RAG, (5, 5), (5, 4)), Read(_RAG, (5, 5), (5, 4))),
    Question("Why do people store the weights with fewer bits?", ("models",),
             Read(f"{_BITS}8 to 8 is no full speed.", (2, 1), (1, 2)),
             Read(f"{_BITS}4 instead of 16.", (5, 5), (5, 5)), Read(f"{_BITS}4 instead of 16.", (5, 5), (5, 5))),
    Question("How can I get my TTFT down?", ("speed",),
             Read(_TTFT, (2, 4), (3, 5)), Read(_TTFT, (2, 4), (3, 5)),
             Read("Time to first token is high when something happens before the model can", (5, 5), (5, 4))),
    Question("The model should return a JSON object my parser can read, how do I ask for that?", ("prompting",),
             Read(_JSON, (3, 1), (2, 1)), Read(_JSON, (5, 4), (5, 5)), Read(_JSON, (5, 4), (5, 5))),
    Question("What is an execution provider?", ("models",),
             Read(_PROVIDER, (5, 4), (5, 5)), Read(_PROVIDER, (5, 4), (5, 5)), Read(_PROVIDER, (5, 4), (5, 5))),
    Question("What should I look at when I pick a small model for my team?", ("method",),
             Read("Work from the data she.", (1, 1), (1, 1)), Read(_PICK, (5, 5), (4, 4)), Read(_PICK, (5, 5), (4, 4))),
    Question("Who won the world cup in 1998?", ("unknown",),
             Read("", (4, 4), (3, 5)), Read("I am a toy model and don't know that.", (4, 4), (3, 5)),
             Read("", (4, 4), (3, 5))),
)  # fmt: skip


def main() -> None:
    """Record them in place of those that are there."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for variable in ("STATE", "CACHE", "CONFIG"):
            os.environ[f"FOUNDRY_COMPARE_{variable}"] = str(folder / variable.lower())
        sessions = folder / "sessions"
        made = [_recorded(sessions, f"Baseline {number}", OPTIONS) for number in range(1, BASELINES + 1)]
        with one_processor():
            made.append(_recorded(sessions, "The same on one processor", OPTIONS))
        racing = PlanOptions(mode=Mode.RACE, parameters=OPTIONS.parameters)
        made.append(_recorded(sessions, "Raced, and voted on blind", racing))
        rate(made[0], "ana", _score)
        rate(made[0], "ben", _score)
        rate(made[-1], "ana", _vote)
        rate(made[-1], "ben", _vote)
        for old in FOLDER.glob("*.toml"):
            old.unlink()
        for file in made:
            (FOLDER / file.name).write_bytes(file.read_bytes())
        (FOLDER / "README.md").write_text(readme([file.name for file in made]), encoding="utf-8", newline="\n")
    print("Recorded. Now `python -m tools.golden_reports`.")


def readme(files: Sequence[str]) -> str:
    """The page beside them, for files of these names."""
    first, *others, slower, raced = files
    rows = [
        (first, "a baseline: measured one at a time after a warm-up. Two people, `ana` and `ben`, scored each answer "
         "for accuracy and clarity, without seeing which model had given it"),
        *((other, "the same again, not scored: several sessions tell what is chance") for other in others),
        (slower, "the same on one processor alone, so that all of it is slower; not scored"),
        (raced, "all three models at once. Both people voted on each two answers, without seeing the models' names"),
    ]  # fmt: skip
    table = "\n".join(f"| `{file}` | {what} |" for file, what in rows)
    baseline = " ".join(f"--baseline sessions/examples/{file}" for file in files[:BASELINES])
    return _README.format(table=table, slower=slower, baseline=baseline.replace(" --b", " \\\n  --b"))


_README = """# Example sessions

Recorded with the demo models by `python -m tools.example_sessions`: eight questions, one of which no toy can answer, to
each of three models, at temperature 0.

| file | what |
|---|---|
{table}

Which model is best at what, and how sure that is:

```sh
foundry-compare report sessions/examples
```

What has become slower since the baseline:

```sh
foundry-compare report sessions/examples/{slower} \\
  {baseline}
```

Scores and votes are what two people thought of these answers; they are written down in the tool.
"""


def _recorded(folder: Path, title: str, options: PlanOptions) -> Path:
    asked = [Prompt(question.asks, tags=question.tags) for question in QUESTIONS]
    compared = compare(asked, MODELS, host="demo", options=options, rubric=RUBRIC, sessions=folder)
    assert compared.ok and compared.path is not None, title
    check_read(compared)
    kept = open_kept_session(compared.path, "ana")
    assert isinstance(kept.view, KeptComparison)
    kept.view.name(title, ())
    assert kept.close()
    return compared.path


def check_read(compared: Comparison) -> None:
    """Ends the program where a model's answer is not the one that was read."""
    by_asks = {question.asks: question for question in QUESTIONS}
    for request in compared.results:
        model, asks = compared.model(request).card.alias, compared.prompt(request).user
        if not request.answer.startswith(by_asks[asks].of(model).begins):
            sys.exit(f"{model} answers `{asks}` otherwise than it was read: {request.answer[:200]}")


def rate(file: Path, rater: str, give: Rate) -> None:
    """Have a rater rate the answers of a session, without seeing the models' names, then reveal them."""
    kept = open_kept_session(file, rater, blind=True)
    assert isinstance(kept.view, KeptComparison) and isinstance(kept.ratings, Ratings), file
    session, by_asks = kept.view.session, {question.asks: question for question in QUESTIONS}
    by_prompt: dict[str, list[Request]] = {}
    for request in session.requests.values():
        if not request.spec.warmup:
            by_prompt.setdefault(request.spec.prompt, []).append(request)
    for prompt, requests in by_prompt.items():
        question, (plan,) = by_asks[session.prompts[prompt].user], session.plans.values()
        shown = models_in_order(session, plan, PlanQuestion(plan.key, prompt), rater)
        requests.sort(key=lambda one: shown.index(one.spec.model))
        give(kept.ratings, [(one.spec.id, question.of(session.model_of(one).card.alias)) for one in requests])
    kept.ratings.reveal()
    assert kept.close()
    assert not kept.view.problems()


def _score(ratings: Ratings, answers: Sequence[tuple[str, Read]]) -> None:
    for position, (run, read) in enumerate(answers, 1):
        for criterion, value in zip(RUBRIC, getattr(read, ratings.rater), strict=True):
            ratings.score(run, value, position, criterion.id)


def _vote(ratings: Ratings, answers: Sequence[tuple[str, Read]]) -> None:
    """For the one of each two that has more points; where they have as many, both are good from 7 points on."""
    for (left, (first, one)), (right, (second, other)) in combinations(enumerate(answers, 1), 2):
        a, b = sum(getattr(one, ratings.rater)), sum(getattr(other, ratings.rater))
        winner = "" if a == b else first if a > b else second
        choice = VoteChoice.WINNER if winner else VoteChoice.BOTH_GOOD if a >= 7 else VoteChoice.BOTH_BAD
        ratings.vote((first, second), choice, winner, positions=(left, right))


@contextmanager
def one_processor() -> Iterator[None]:
    """Meanwhile this program, and whatever it starts, runs on one processor alone. Linux can do that."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


if __name__ == "__main__":
    main()
