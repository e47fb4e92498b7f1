"""From a digit of a score pass to the next thing to decide on the screen, in a session of 200 answers."""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.ptyrun import running
from benchmarks.words import token
from tui.core.catalog.model_card import ModelCard
from tui.core.plans.mode import Mode
from tui.core.plans.plan import Plan
from tui.core.plans.prompt import Prompt
from tui.core.requests import events as ev
from tui.core.requests.request import Request, RequestSpec
from tui.core.sessions.session import Session, SessionState
from tui.core.sessions.session_model import SessionModel
from tui.storage.session_files import save

QUESTIONS, MODELS = 50, 4
ITEMS = QUESTIONS * MODELS
_MS = 1_000_000
_WORDS = 120
"""Of each answer."""
_PATIENCE_S = 10.0
_REST_S = (0.15, 0.6)
"""Between two keys: shorter and longer than it takes to work out where the models stand, which is done meanwhile."""


@dataclass(slots=True)
class Decided:
    """Milliseconds from a digit's byte to the paint of the next thing to decide, one a digit."""

    keys_ms: list[float] = field(default_factory=list)
    fault: str = ""


def decide(times: int, drain: int | None = None) -> Decided:
    """Score so many of the answers, in the order in which they came."""
    result, dice = Decided(), random.Random(times)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        home = Path(folder)
        file = home / "20261122T110301Z-7f3a.toml"
        save(_session(file.stem), file)
        argv = [sys.executable, "-P", "-m", "tui", "open", str(file), "--rater", "ann"]
        with running(argv, home, drain=drain) as run:
            run.watch("Question 50?")
            if not run.until(lambda: run.saw("Question 50?"), _PATIENCE_S):
                result.fault = "the session was not shown"
                return result
            run.watch(f"{ITEMS} left")
            run.type("G")
            run.read_for(0.5)
            run.type("\r")
            run.until(lambda: run.saw(f"{ITEMS} left"), _PATIENCE_S)
            for number in range(ITEMS - 1, ITEMS - 1 - times, -1):
                run.read_for(dice.uniform(*_REST_S))
                sign = f"{number} left"
                run.watch(sign)
                at = run.type(str(dice.randint(1, 5)))
                if not run.until(lambda sign=sign: run.saw(sign), _PATIENCE_S):  # type: ignore[misc]
                    result.fault = f"{sign} was not painted"
                    return result
                result.keys_ms.append((run.seen[sign.encode()] - at) / 1e6)
    return result


def _session(name: str) -> Session:
    models = {f"m{number}": _model(number) for number in range(1, MODELS + 1)}
    prompts = {f"p{number}": Prompt(f"Question {number}?", key=f"p{number}") for number in range(1, QUESTIONS + 1)}
    plan = Plan("k1", Mode.MEASURE, tuple(models), tuple(prompts))
    session = Session(
        name, datetime.now(UTC), SessionState.FINISHED, plans={"k1": plan}, models=models, prompts=prompts
    )
    session.requests = {request.spec.id: request for request in _requests(plan)}
    return session


def _model(number: int) -> SessionModel:
    return SessionModel(f"m{number}", ModelCard(f"bench-n{number}", f"bench-{number}"), "openai")


def _requests(plan: Plan) -> Iterator[Request]:
    number = 0
    for prompt in plan.prompts:
        for model in plan.models:
            number += 1
            run = f"r{number}"
            request = Request(RequestSpec(run, plan.key, Mode.MEASURE, model, prompt), started=datetime.now(UTC))
            for event in _events(run, number):
                request.fold(event)
            yield request


def _events(run: str, number: int) -> Iterator[ev.Event]:
    at = number * 10_000 * _MS
    yield ev.Queued(run, at)
    yield ev.Sent(run, at + _MS)
    yield ev.Headers(run, at + 2 * _MS)
    for place in range(_WORDS):
        yield ev.Delta(run, at + (50 + 20 * place) * _MS, place + 1, ev.Kind.ANSWER, token(place, number))
    yield ev.Usage(run, 12, _WORDS)
    yield ev.Ended(run, at + (70 + 20 * _WORDS) * _MS, "stop", done_marker=True)
