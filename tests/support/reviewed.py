"""A session to be reviewed: several models answered several prompts, and nothing is scored yet."""

from __future__ import annotations

from tests.support.sessions import request, session, target
from tui.core.plans.mode import Mode
from tui.core.plans.plan import Plan
from tui.core.plans.prompt import Prompt
from tui.core.scoring.rubric import Criterion, Rubric
from tui.core.sessions.session import Session

REVIEWED = "20261122T110301Z-7f3a"
TWO_CRITERIA = Rubric(
    (
        Criterion("accuracy", "Accuracy", "5: all of it is right. 1: nothing is."),
        Criterion("style", "Style", "5: could be printed. 1: hard to read."),
    )
)
OVERALL_ALONE = Rubric((Criterion("overall"),))
MODELS = ("qwen2.5-0.5b", "phi-4-mini", "mistral-7b")


def to_review(prompts: int = 8, models: int = 3, rubric: Rubric = TWO_CRITERIA, words: int = 12) -> Session:
    """A measured plan of so many prompts, put to so many models."""
    keys, asked = [f"m{number}" for number in range(1, models + 1)], [f"p{number}" for number in range(1, prompts + 1)]
    names = [MODELS[number] if number < len(MODELS) else f"model-{number + 1}" for number in range(models)]
    requests = [
        request(
            f"r{1 + place * models + column}",
            model=model,
            prompt=prompt,
            first_ms=80 * (column + 1),
            gap_ms=7 * (column + 1),
            answer=[f"Answer {place + 1} of {names[column]}: ", *(f"word{number} " for number in range(words))],
        )
        for place, prompt in enumerate(asked)
        for column, model in enumerate(keys)
    ]
    return session(
        requests,
        session_id=REVIEWED,
        models=[
            target(key, name, size_mb=800 * (place + 1), device="CPU", licence="MIT")
            for place, (key, name) in enumerate(zip(keys, names, strict=True))
        ],
        plans=[Plan("measure", Mode.MEASURE, tuple(keys), tuple(asked))],
        prompts=[Prompt(f"Question {place}: what is retrieval?", key=key, facets=("search", "sources", "freshness"))
                 for place, key in enumerate(asked, 1)],
        rubric=rubric,
    )  # fmt: skip
