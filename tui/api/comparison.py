"""Compare models, and go on with a plan that was broken off: everything here blocks until it is done."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from tui.core.catalog.host_info import HostInfo
from tui.core.catalog.model_card import ModelCard
from tui.core.displayed import Displayed, ShownTable
from tui.core.errors import BadInputError, CompareError
from tui.core.plans.plan import PlanOptions
from tui.core.plans.plan_run import PlanRun, newest
from tui.core.plans.prompt import Prompt
from tui.core.requests.request import Request, RequestState
from tui.core.scoring.rubric import Rubric
from tui.core.scoring.rubric_files import RubricError, rubric_from
from tui.core.sessions.session import Session
from tui.core.sessions.session_model import ModelChoice, Overrides, SessionModel
from tui.hosts.adapter.interface import OwnAdapter
from tui.runner.host_models import HostModels
from tui.runner.open_session import connected_host, open_session
from tui.runner.recovery import BackgroundRecovery
from tui.runner.resumed_session import check_host, resumed_session
from tui.runner.runner import Runner
from tui.runner.updates import HostMoved, Listener, ModelsChosen, SessionResumed, Update, run_to_end
from tui.signals import uninterrupted
from tui.storage import paths

if TYPE_CHECKING:
    from tui.hosts.adapter.own_host import OwnHost

PathName = str | os.PathLike[str]
NamedModel = str | tuple[str, Overrides]
"""A model's id or alias, and what it is asked in its own way."""
Chooser = Callable[[HostModels], Sequence[ModelCard | ModelChoice]]
HostName = str | OwnAdapter | type[OwnAdapter]
"""What is written after `--host`, or an adapter of one's own: a class, or an object of it."""


class Stop:
    """Has a comparison stopped from another thread. What has arrived until then is kept."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._wanted = self._begun = False

    def begin(self) -> None:
        """From here on there is something to be kept. Raises CompareError where nothing is to be begun any more."""
        with self._lock:
            if self._wanted:
                raise CompareError("Stopped before anything was asked")
            self._begun = True

    def stop(self) -> bool:
        """Stop it. Returns whether it had begun, so that it is to be waited for."""
        with self._lock:
            self._wanted = True
            return self._begun

    def wanted(self) -> bool:
        """Whether it is to be stopped."""
        return self._wanted


@dataclass(frozen=True, slots=True)
class Comparison(Displayed):
    """What came of `compare` or `resume`: the session, and of it the requests of one plan."""

    session: Session
    run: PlanRun
    path: Path | None
    """The session's file; None when nothing was to be kept. See `kept` for whether everything is in it."""
    kept: bool
    """Whether everything is in that file; True as well when nothing was to be kept."""

    def __repr__(self) -> str:
        return f"<Comparison of {len(self.results)} answers, {'ok' if self.ok else 'not ok'}: {self.session!r}>"

    @property
    def requests(self) -> list[Request]:
        """Every request in the order it was made, without warm-ups; one that was made again is there twice."""
        return [request for request in self.run.requests.values() if not request.spec.warmup]

    @property
    def results(self) -> list[Request]:
        """The last request for each model, prompt and round: those that count."""
        return newest(self.requests)

    @property
    def ok(self) -> bool:
        """Whether every model answered with some text, and everything is kept."""
        return self.kept and all(request.state is RequestState.DONE for request in self.results)

    def model(self, request: Request) -> SessionModel:
        """The model that a request asked."""
        return self.session.model_of(request)

    def prompt(self, request: Request) -> Prompt:
        """The prompt that a request sent."""
        return self.session.prompts[request.spec.prompt]

    def to_pandas(self) -> Any:
        """A table of pandas: a row for each request, with the columns of `report --format requests-csv` and `answer`.
        Raises BadInputError where pandas is not installed."""
        from tui.report.render import aggregated

        return aggregated([self.session], answers=True).to_pandas("requests")

    def _tables(self) -> Sequence[ShownTable]:
        from tui.core.sessions.session_table import session_table

        return (session_table(self.session, self.results),)


def compare(
    prompts: str | Prompt | Sequence[str | Prompt],
    models: str | Sequence[NamedModel] | Chooser = (),
    *,
    host: HostName | Sequence[HostName] = (),
    options: PlanOptions = PlanOptions(),
    rubric: Rubric | None = None,
    sessions: PathName | None = None,
    save: bool = True,
    progress: Listener | None = None,
    enough: Callable[[], bool] = lambda: False,
    stop: Stop | None = None,
) -> Comparison:
    """Ask models the same prompts, and return when every request has ended.

    `models` are ids or aliases, each by itself or with parameters of its own, or a function that chooses among the
    host's models; without any all adapters of one's own, the demo models, or the only model that the host has. `host`
    is written as after `--host`, or is a class or an object that answers itself, as docs/adapters.md describes it; with
    several, all of them take part. `rubric` is what the answers will be scored for, by default one overall score.
    `sessions` is the folder of the session file, by default the command line's; with `save=False` no file is written.
    `progress` is called in the caller's thread with each `Update`. Once `enough` returns True nothing more is asked,
    and what is being answered comes to its end; `stop` ends that, too, from another thread.

    A model that fails raises nothing: its request says so in `state` and `fault`. On Ctrl+C what has arrived is kept,
    and KeyboardInterrupt passes on. Raises BadInputError, NoHostError or NoModelError before anything is asked, and
    StoreError when it is interrupted and not everything can be kept.
    """
    options.check()
    if rubric is not None:
        _check_rubric(rubric)
    on_update = progress or _ignore
    asked = _prompts(prompts)
    names = () if callable(models) else [models] if isinstance(models, str) else models
    hosts = _specs(host)
    choose = models if callable(models) else partial(_named, names)
    if not callable(models) and not names and hosts and not any(isinstance(one, str) for one in hosts):
        choose = _all
    folder = None if sessions is None else Path(sessions)
    with connected_host(hosts) as (opened, info):
        chosen = list(dict.fromkeys(_choice(model) for model in choose(HostModels(opened, info))))
        on_update(ModelsChosen(info, tuple(chosen)))
        stopped = _begun(stop)
        with open_session(opened, info, folder, save=save, on_update=on_update, rubric=rubric) as (runner, path):
            with uninterrupted():
                run = runner.begin(chosen, asked, options)
            recovery = BackgroundRecovery(paths.sessions_dir(folder)) if save else None
            run_to_end(runner, run, on_update, recovery, enough=enough, stopped=stopped)
            _note_noise(runner, run)
    return Comparison(runner.session, run, path, bool(runner.kept))


def resume(
    file: PathName,
    *,
    host: HostName | Sequence[HostName] = (),
    save: bool = True,
    progress: Listener | None = None,
    enough: Callable[[], bool] = lambda: False,
    stop: Stop | None = None,
) -> Comparison:
    """Go on with the last plan of a stored session that was broken off, in the same file.

    What a program that died left beside the file is taken in first. `host` is to name the same host. Raises
    BadInputError when the file is no session, nothing is left to ask, or the host is of another kind; NoHostError and
    NoModelError; and StoreError as `compare` does, or when another program has the session open.
    """
    path, on_update = Path(file), progress or _ignore
    with (
        resumed_session(path, save=save, on_update=on_update) as resumed,
        connected_host(_specs(host)) as (opened, info),
    ):
        session = resumed[0]
        check_host(session, info, opened.catalogue())
        stopped = _begun(stop)
        for moved in _moves(session, info):
            on_update(moved)
        with open_session(opened, info, None, save=save, on_update=on_update, resumed=resumed) as (runner, kept_in):
            with uninterrupted():
                run = runner.resume()
            on_update(SessionResumed(info, path, run, session))
            run_to_end(runner, run, on_update, enough=enough, stopped=stopped)
            _note_noise(runner, run)
    return Comparison(session, run, kept_in, bool(runner.kept))


def _note_noise(runner: Runner, run: PlanRun) -> None:
    """Keep the noise floor, where the plan measured a model against itself."""
    models = [runner.session.models[key] for key in run.plan.models]
    if not all(model.arm for model in models):
        return
    from tui.report.noise import arms_of, noise_floors

    if (arms := arms_of(models)) is not None:
        keys, at = (arms[0].key, arms[1].key), datetime.now(UTC)
        runner.note_noise(noise_floors(newest(run.requests.values()), keys, run.plan.key, at))


def _ignore(update: Update) -> None:
    """Nobody wants to know."""


def _begun(stop: Stop | None) -> Callable[[], bool]:
    """Whether it is to be stopped, asked again and again. Raises CompareError where it is to be stopped already."""
    if stop is None:
        return lambda: False
    stop.begin()
    return stop.wanted


def _specs(host: HostName | Sequence[HostName]) -> list[str | OwnHost]:
    every = host if isinstance(host, Sequence) and not isinstance(host, str) else [host]
    made: list[str | OwnHost] = []
    for one in every:
        if isinstance(one, str):
            made.append(one)
        else:
            from tui.hosts.adapter.own_host import OwnHost  # brings a web server along

            made.append(OwnHost(one))
    return made


def _prompts(prompts: str | Prompt | Sequence[str | Prompt]) -> list[Prompt]:
    every = [prompts] if isinstance(prompts, str | Prompt) else prompts
    return [prompt if isinstance(prompt, Prompt) else Prompt(prompt) for prompt in every]


def _check_rubric(rubric: Rubric) -> None:
    """What a file may not hold, a script may not either."""
    try:
        rubric_from([asdict(criterion) for criterion in rubric])
    except RubricError as error:
        raise BadInputError("`rubric` cannot be used", str(error)) from error


def _named(names: Sequence[NamedModel], models: HostModels) -> list[ModelChoice]:
    if not names:
        return [ModelChoice(card) for card in models.choose(())]
    pairs = [(model, Overrides()) if isinstance(model, str) else model for model in names]
    return [ModelChoice(card, own) for name, own in pairs for card in models.named(name)]


def _all(models: HostModels) -> Sequence[ModelCard]:
    """Who gives models of their own means these."""
    return models.cards


def _choice(model: ModelCard | ModelChoice) -> ModelChoice:
    choice = model if isinstance(model, ModelChoice) else ModelChoice(model)
    choice.own.check()
    return choice


def _moves(session: Session, info: HostInfo) -> Iterator[HostMoved]:
    """A local service may have another port each time; what was measured at two servers must not pass for one."""
    stored = session.hosts if info.members else {info.name: session.host}
    for host in info.members or (info,):
        before, now = stored.get(host.name, {}).get("endpoint"), host.to_dict().get("endpoint")
        if before is not None and now is not None and before != now:
            yield HostMoved(str(before), str(now))
