"""Sessions in which anything may be that a report looks at, and conditions on what is in them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random

from tests.support.sessions import WHEN, request, score, session, target
from tui.core.conditions.grammar import Condition, Conditions, Operator
from tui.core.conditions.names import DIMENSIONS, MB, Use, figures
from tui.core.plans.mode import Mode
from tui.core.plans.prompt import Prompt
from tui.core.requests.memory_use import MemoryUse
from tui.core.requests.request import Request, RequestState
from tui.core.scoring.judgement import Judgement, JudgementState
from tui.core.scoring.rating import FacetTick, Rater, RaterKind, Undo, Vote, VoteChoice
from tui.core.scoring.rubric import Criterion, Rubric
from tui.core.sessions.entry_dict import Entry, add_entry
from tui.core.sessions.noise_floor import NoiseFloor
from tui.core.sessions.resumption import ChangedCondition, Resumption
from tui.core.sessions.session import Session

PROMPTS = (
    Prompt("What is RAG?", "Be brief.", ("chunks", "index"), ("rag", "short"), "p1"),
    Prompt(" Sum, please ", key="p2", tags=("sums",)),
    Prompt("Why?", key="p3"),
)
RATERS = ("ann", "bob", "phi")
RUBRIC = Rubric((Criterion("accuracy", "Accuracy", weight=2.0), Criterion("style", "Style", scale=3)))
TEXTS = {
    "model": ("alpha", "beta*", "*cpu:1", "alpha@gpu", "gamma"), "device": ("cpu", "GPU", "NPU"),
    "variant": ("generic-*", "cuda"), "host": ("openai", "demo"), "prompt": ("what is rag?", "p2", "*y*"),
    "rater": ("ann", "b*", "phi", "eve"), "mode": ("measure", "race"), "tag": ("rag", "sums", "workshop"),
    "licence": ("MIT", "apache*"),
}  # fmt: skip


def random_session(dice: Random) -> Session:
    """A session of a few requests. Most are of the usual kinds."""
    models = [
        target(
            f"m{number}", dice.choice(("alpha", "alpha", "beta")), host=dice.choice(("openai", "openai", "demo")),
            device=dice.choice(("CPU", "GPU", None)), variant=dice.choice(("generic-cpu", None)),
            licence=dice.choice(("MIT", "MIT", "Apache-2", None)), size_mb=dice.choice((100, 100, 4000, None)),
            context=dice.choice((4096, 4096, None)),
        )
        for number in range(3)
    ]  # fmt: skip
    requests: list[Request] = []
    for number in range(dice.randint(0, 9)):
        requests.append(_request(dice, number, requests))
    made = session(
        requests, models=models, prompts=PROMPTS, rubric=dice.choice((RUBRIC, session([]).rubric)),
        session_id=f"random-{dice.randint(1, 10**6)}",
    )  # fmt: skip
    made.tags = dice.choice(((), ("workshop",), ("rag",)))
    made.raters = {"both": Rater("both", RaterKind.ADJUDICATED)}
    if dice.random() < 0.2:
        made.raters["phi"] = Rater("phi", RaterKind.JUDGE, "phi-4", alias="alpha")
    for number in range(dice.choice((0, 0, 4, 12))):
        add_entry(made, replace(_entry(dice, made), at=WHEN + timedelta(seconds=number)))
    return made


def _request(dice: Random, number: int, before: list[Request]) -> Request:
    model, mode = f"m{dice.randrange(3)}", dice.choice((Mode.MEASURE, Mode.MEASURE, Mode.RACE))
    of_model = [one.spec.id for one in before if one.spec.model == model]
    follows = dice.choice(of_model) if of_model and dice.random() < 0.15 else dice.choice(("", "", "", "", "r99"))
    made = request(
        f"r{number}", state=dice.choice((RequestState.DONE, *RequestState)), first_ms=dice.choice((100, 300, 900)),
        usage=dice.random() < 0.8, model=model, prompt=dice.choice(PROMPTS).key, mode=mode, follows=follows,
        plan=dice.choice((mode.value, f"{mode.value}2")), warmup=dice.random() < 0.2, round=dice.randrange(3),
        nonce=dice.choice(("", "", "0a1b")),
    )  # fmt: skip
    made.started = WHEN + timedelta(seconds=number)
    if dice.random() < 0.5:
        made.memory = MemoryUse(resident_peak=dice.choice((900_000_000, None)), gpu_peak=4_000_000_000)
    return made


def _entry(dice: Random, made: Session) -> Entry:
    runs = [*made.requests, "r98"]
    run, rater, blind = dice.choice(runs), dice.choice(RATERS), dice.random() < 0.3
    of_all = [one for one in runs if dice.random() < 0.4] or [run]
    shown = tuple(dice.sample(of_all, len(of_all)))
    match dice.choice("ssssvvvffunnnnrj"):
        case "s":
            criterion = dice.choice(("overall", "accuracy", "style"))
            return score(run, dice.choice((1, 2, 3, None)), rater=rater, criterion=criterion, blind=blind, scale=3)
        case "v":
            return Vote(shown, rater, dice.choice((*VoteChoice, None)), WHEN, shown[0], blind, (1, 2))
        case "f":
            return FacetTick(run, dice.choice(("chunks", "gone")), rater, dice.choice((True, False, None)), WHEN, blind)
        case "u":
            return Undo(dice.randint(1, 6), rater, WHEN)
        case "n":
            floor = dice.choice(("measure", "race2")), f"m{dice.randrange(3)}", "ttft_ms", dice.choice((0.04, 0.2))
            return NoiseFloor(*floor, 6, WHEN)
        case "r":
            return Resumption(WHEN, "measure", (ChangedCondition("host.version", "1.0", dice.choice(("1.0", "2.0"))),))
        case _:
            return Judgement((run,), "phi", JudgementState.DECIDED, WHEN, "accuracy", 2, 3)


def random_conditions(dice: Random) -> Conditions:
    """One to three conditions that filters take."""
    return tuple(_condition(dice) for _ in range(dice.choice((1, 1, 2, 3))))


def _condition(dice: Random) -> Condition:
    named = dice.choice((*DIMENSIONS, *(one for one in figures() if Use.FILTER in one.uses)))
    if named.name in TEXTS:
        return Condition(named.name, dice.choice((Operator.EQUAL, Operator.UNEQUAL)), dice.choice(TEXTS[named.name]))
    limit = dice.choice((0.0, 1.0, 2.0, 25.0, 120.0, 500.0, 3000.0)) * (1 if named.unit != MB else 2)
    criterion = dice.choice((None, "overall", "style")) if named.name == "quality" else None
    return Condition(named.name, dice.choice(list(Operator)), limit, criterion)
