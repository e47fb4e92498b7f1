"""What is reported while a plan runs without a screen, and the loop that runs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tui.core.errors import CompareError
from tui.core.plans.plan_run import PlanRun
from tui.core.plans.progress import Progress, progress_of
from tui.core.requests.request import Request
from tui.core.sessions.resumption import ChangedCondition
from tui.core.sessions.session import Session
from tui.core.sessions.session_model import ModelChoice
from tui.hosts.base import HostInfo
from tui.runner.recovery import BackgroundRecovery, RecoveryBegan, RecoveryFailed, SessionRecovered
from tui.runner.runner import Runner
from tui.signals import uninterrupted

TICK_S = 0.05


@dataclass(frozen=True, slots=True)
class ModelsChosen:
    """The host answers, and these models are about to be asked."""

    host: HostInfo
    models: tuple[ModelChoice, ...]


@dataclass(frozen=True, slots=True)
class HostMoved:
    """A session that is resumed was begun at another address of its host."""

    before: str
    now: str


@dataclass(frozen=True, slots=True)
class ConditionsChanged:
    """A session that is resumed goes on under other conditions than before; they are kept in it."""

    changed: tuple[ChangedCondition, ...]
    """At least one."""


@dataclass(frozen=True, slots=True)
class SessionResumed:
    """A stored session goes on, with what its last plan had not asked yet."""

    host: HostInfo
    path: Path
    """The file that it was read from."""
    run: PlanRun
    session: Session | None = None
    """The session that goes on."""

    @property
    def progress(self) -> Progress:
        """How far the plan has come at the time of asking."""
        return progress_of(self.run)


@dataclass(frozen=True, slots=True)
class RequestBegan:
    """A request has been sent."""

    session: Session
    run: PlanRun
    request: Request

    @property
    def progress(self) -> Progress:
        """How far the plan has come at the time of asking."""
        return progress_of(self.run)


@dataclass(frozen=True, slots=True)
class TextArrived:
    """An answer has grown, by `text`: raw as received, thinking left out."""

    session: Session
    run: PlanRun
    request: Request
    text: str


@dataclass(frozen=True, slots=True)
class RequestEnded:
    """A request is complete: it has ended, and what could be learnt of it afterwards is in it."""

    session: Session
    run: PlanRun
    request: Request

    @property
    def progress(self) -> Progress:
        """How far the plan has come at the time of asking."""
        return progress_of(self.run)


@dataclass(frozen=True, slots=True)
class RetryPaused:
    """Requests that failed are made again after a pause."""

    models: tuple[str, ...]
    """The models' names in the session; text from outside."""
    seconds: float
    asked_by_host: bool


@dataclass(frozen=True, slots=True)
class ProblemFound:
    """Something could not be kept on disk, or kept loaded; the run goes on."""

    error: CompareError


@dataclass(frozen=True, slots=True)
class InterruptedAndKept:
    """An interrupt ended the run. What had arrived is in this file."""

    path: Path
    left: int = 0
    """How many requests of the plan are still to be made: what `resume` would ask."""


Update = (
    ModelsChosen
    | HostMoved
    | ConditionsChanged
    | SessionResumed
    | RequestBegan
    | TextArrived
    | RequestEnded
    | RetryPaused
    | ProblemFound
    | InterruptedAndKept
    | RecoveryBegan
    | SessionRecovered
    | RecoveryFailed
)
Listener = Callable[[Update], object]


def run_to_end(
    runner: Runner,
    run: PlanRun,
    on_update: Listener,
    recovery: BackgroundRecovery | None = None,
    *,
    enough: Callable[[], bool] = lambda: False,
    stopped: Callable[[], bool] = lambda: False,
) -> None:
    """Tick until nothing is left to do, and report each request once, when it is complete.

    `recovery` begins when the first request has been sent, so that it delays none. Once `enough` says
    so, what has not begun is stopped; once `stopped` does, what is being answered, too. Signals are put off during a
    tick.
    """
    begun: set[str] = set()
    heard: dict[str, int] = {}
    reported: set[str] = set()
    conditions_known = False
    while runner.busy:
        runner.wait(TICK_S)
        with uninterrupted():
            if stopped():
                runner.stop_all()
            elif enough():
                runner.stop_waiting()
            changed = runner.tick()
        report_problems(runner, on_update)
        if not conditions_known and runner.changed_conditions is not None:
            conditions_known = True
            if runner.changed_conditions:
                on_update(ConditionsChanged(runner.changed_conditions))
        for pause in runner.pauses():
            names = tuple(runner.session.models[key].name for key in pause.models)
            on_update(RetryPaused(names, pause.seconds, pause.asked))
        for update in recovery.updates() if recovery is not None else ():
            on_update(update)
        for request_id in sorted(changed):
            request = runner.session.requests[request_id]
            if recovery is not None and (request.timestamps.sent is not None or request.state.final):
                recovery.begin()
            if request_id not in begun and request.timestamps.sent is not None and not request.state.final:
                begun.add(request_id)
                on_update(RequestBegan(runner.session, run, request))
            if request_id not in reported and (text := _new_text(request, heard)):
                on_update(TextArrived(runner.session, run, request, text))
            if runner.is_complete(request) and request_id not in reported:
                reported.add(request_id)
                on_update(RequestEnded(runner.session, run, request))
    for update in recovery.updates(to_the_end=True) if recovery is not None else ():
        on_update(update)


def _new_text(request: Request, heard: dict[str, int]) -> str:
    """By what an answer has grown since the last call. `heard` is how long each was then."""
    answer, before = request.answer, heard.get(request.spec.id, 0)
    heard[request.spec.id] = len(answer)
    # Shorter: its beginning has turned out to be thinking.
    return answer[before:]


def report_problems(runner: Runner, on_update: Listener) -> None:
    """Report what could not be kept since the last call."""
    for error in runner.problems():
        on_update(ProblemFound(error))
