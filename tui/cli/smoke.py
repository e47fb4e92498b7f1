"""`foundry-compare smoke`: does everything answer? One line a check, and an exit code that tells what does not."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import click

from tui.cli.check_lines import CheckLines
from tui.cli.exit_codes import ExitCode, ends_with, of_error, of_request, worst
from tui.cli.junit import Case, Outcome, write_junit
from tui.cli.output import Command, FloatRange, handles_errors, host_option, say, several_models_option, show_json
from tui.cli.output_file import OR_FORCE, force_option
from tui.cli.progress_line import ProgressLine
from tui.cli.settings import usual, who_names
from tui.cli.updates import say_update
from tui.core.catalog.model_card import ModelCard, ModelState
from tui.core.catalog.model_filters import ALL_CACHED, answers_questions
from tui.core.errors import BadInputError, CompareError, NoHostError, NoModelError, StoreError, prose
from tui.core.metrics.registry import Place, metrics_in, values
from tui.core.plans.mode import MAX_MODELS, Mode
from tui.core.plans.plan import PlanOptions
from tui.core.plans.progress import Progress
from tui.core.requests.outcome import outcome
from tui.core.requests.request import Request
from tui.core.sessions.session_model import Parameters
from tui.core.settings import Effective, Source
from tui.core.text.clean import clean_line
from tui.core.text.formatting import milliseconds
from tui.hosts.base import Host, HostInfo
from tui.runner.host_models import HostModels
from tui.runner.open_session import connected_host, open_session
from tui.runner.updates import RequestBegan, RequestEnded, TextArrived, Update, run_to_end
from tui.signals import uninterrupted
from tui.storage.new_file import check_free

PROBE = "Say hello in one short sentence."
PROBE_TOKENS = 48
Note = Callable[["Check"], None]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at, and what was found."""

    name: str
    code: ExitCode
    found: str
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    """Of the answer, if one was asked for; unknown of everything else."""

    def to_dict(self) -> dict[str, Any]:
        """For machines."""
        facts = {"check": self.name, "ok": not self.code, "exit_code": int(self.code), "found": self.found}
        return facts | {metric.name: self.metrics.get(metric.name) for metric in metrics_in(Place.SMOKE)}

    def to_case(self) -> Case:
        """For a JUnit file."""
        end = self.metrics.get("end_ms")
        seconds = None if end is None else end / 1000
        if self.code:
            return Case("smoke", clean_line(self.name), Outcome.FAILED, self.found, seconds)
        return Case("smoke", clean_line(self.name), seconds=seconds, output=self.found)


@click.command(cls=Command)
@several_models_option
@host_option
@click.option("--slow-ms", type=FloatRange(min=0, min_open=True), metavar="N",
              help="Fail an answer that takes longer, in milliseconds from request to end.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.option("--junit", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Write a case for each check to this file.")  # fmt: skip
@force_option
@handles_errors
@ends_with(ExitCode.NO_HOST, ExitCode.NO_MODEL, ExitCode.MODEL_FAILED, ExitCode.EMPTY, ExitCode.SLOW)
def smoke(
    models: tuple[str, ...],
    host: tuple[str, ...],
    slow_ms: float | None,
    as_json: bool,
    junit: Path | None,
    force: bool,
) -> ExitCode:
    """Check that the host answers, lists its models, has those that are wanted, and that they answer a short question.

    Without -m, what BENCH_MODELS, SLM_ALIAS and LLM_ALIAS, or FOUNDRY_LOCAL_ALIAS name is asked, else `default_models`
    of the configuration, else each model that is listed, of a host with more than 8 none. `-m all-cached` asks all that
    are here, `-m tag:chat` those for chatting.
    """
    if junit is not None:
        check_free(junit, force=force, or_else=OR_FORCE)
    otherwise = Effective((), Source.DEFAULT) if models else usual("default_models")
    checks: list[Check] = []
    lines = CheckLines()
    progress = ProgressLine(sys.stderr)

    def note(check: Check) -> None:
        checks.append(check)
        if not as_json:
            progress.clear()
            lines.show(check.name, check.found, well=not check.code)

    title = None
    try:
        with connected_host(host) as (opened, info):
            title = info.title
            _check_models(opened, info, models, otherwise, slow_ms, note, progress, lines)
    except CompareError as error:
        if isinstance(error, BadInputError | StoreError):
            raise
        note(Check("host" if not checks else "models", of_error(error), error.sentence()))
    finally:
        progress.clear()
    code = worst(check.code for check in checks)
    if as_json:
        show_json({"host": title, "ok": not code, "exit_code": int(code), "checks": [c.to_dict() for c in checks]})
    else:
        lines.close()
    if junit is not None:
        write_junit(junit, "foundry-compare smoke", [check.to_case() for check in checks])
        say("Written to", whole=str(junit))
    return code


def _check_models(
    host: Host,
    info: HostInfo,
    given: Sequence[str],
    usual: Effective,
    slow_ms: float | None,
    note: Note,
    progress: ProgressLine,
    lines: CheckLines,
) -> None:
    names = given or usual.value or ()
    # A server may chat and list nothing; one that does neither is no host, whatever answers there.
    unlisted = {member.name: member.unlisted for member in info.members or (info,) if member.unlisted}
    if "" in unlisted and not names:
        note(Check("host", ExitCode.NO_HOST, info.unlisted))
        return
    if "" not in unlisted:
        note(Check("host", ExitCode.GOOD, f"{info.title} answers"))
    for name, why in info.away:
        note(Check(name, ExitCode.NO_HOST, why))
    models = HostModels(host, info)
    if "" not in unlisted:
        count = len(models.cards)
        note(Check("models", ExitCode.GOOD, f"{count} listed" if count else "the host lists none"))
    chosen, missing = _wanted(models, names)
    if (cached := _cached(models, chosen, missing)) is not None:
        note(cached)
    lines.expect(len(chosen) + len(missing))
    for check in missing:
        note(check if given else replace(check, found=f"{check.found} {who_names(usual)}."))
    answered = _ask(host, info, chosen, slow_ms, note, progress)
    for name, why in unlisted.items():
        note(Check(name or "host", ExitCode.GOOD if name in answered else ExitCode.NO_HOST, why))


def _cached(models: HostModels, chosen: Sequence[ModelCard], missing: Sequence[Check]) -> Check | None:
    """Whether the wanted models are here. None where there are none, and of a host that lists what it serves alone,
    which has nothing to say of a cache."""
    if not (chosen or missing) or all(card.state is ModelState.UNKNOWN for card in models.cards):
        return None
    found = f"{len(chosen)} of {len(chosen) + len(missing)} wanted models are here"
    if missing:
        found += f"; not {', '.join(clean_line(check.name, 60) for check in missing)}"
    return Check("cached", worst(check.code for check in missing), found)


def _ask(
    host: Host,
    info: HostInfo,
    chosen: Sequence[ModelCard],
    slow_ms: float | None,
    note: Note,
    progress: ProgressLine,
) -> set[str]:
    """Ask these models a short question, one after the other. Returns the names of the hosts that sent any text."""
    answered: set[str] = set()

    def on_update(update: Update, before: int) -> None:
        if not isinstance(update, RequestEnded):
            if not isinstance(update, RequestBegan | TextArrived):
                progress.clear()
                say_update(update)
            return
        request = update.request
        card = update.session.model_of(request).card
        if request.timestamps.chunks:
            answered.add(card.host)
        note(_check(card, request, slow_ms))
        come = update.progress
        if before + come.ended < len(chosen):
            left = None if come.left_s is None or len(chosen) > before + come.total else come.left_s
            progress.show(Progress(before + come.ended, len(chosen), left))

    parameters = Parameters(max_tokens=PROBE_TOKENS, temperature=0.0)
    with open_session(host, info, None, save=False, on_update=say_update) as (runner, _):
        for start in range(0, len(chosen), MAX_MODELS):
            some = chosen[start : start + MAX_MODELS]
            progress.show(Progress(start, len(chosen), None))
            with uninterrupted():
                run = runner.begin(some, PROBE, PlanOptions(mode=Mode.MEASURE, warmup=0, parameters=parameters))
            run_to_end(runner, run, partial(on_update, before=start))
    return answered


def _wanted(models: HostModels, names: Sequence[str]) -> tuple[list[ModelCard], list[Check]]:
    """The models to be asked, each once, and a check that failed for each name that means none of them."""
    chosen = {} if names else dict.fromkeys(_listed(models))
    missing = []
    for name in names:
        try:
            chosen |= dict.fromkeys(models.named(name))
        except (NoModelError, NoHostError) as error:
            missing.append(Check(name, of_error(error), error.sentence()))
    return list(chosen), missing


def _listed(models: HostModels) -> list[ModelCard]:
    """All models that are here. Raises BadInputError where they are more than one plan takes, and no toys."""
    here = [card for card in models.here() if answers_questions(card)]
    if 0 < len(here) <= MAX_MODELS:
        return here
    try:
        return models.choose(())
    except BadInputError as error:
        if not models.cards:
            raise
        if not here:
            raise BadInputError(
                error.title, error.detail, "None of them can be asked: see `models download`"
            ) from error
        many = f"Of more than {MAX_MODELS} models none is asked unless it is named"
        hint = f"Choose with -m MODEL; -m {ALL_CACHED} asks all {len(here)}"
        raise BadInputError(error.title, prose(many, error.detail), hint) from error


def _check(card: ModelCard, request: Request, slow_ms: float | None) -> Check:
    metrics, code = request.metrics, of_request(request, slow_ms)
    if code is ExitCode.EMPTY and request.fault is None:
        found = "answered without any text"
    elif request.fault is not None or code is ExitCode.MODEL_FAILED:
        found = outcome(request)
    else:
        found = f"answered in {milliseconds(metrics.end_ms)}, first text after {milliseconds(metrics.ttft_ms)}"
        if code is ExitCode.SLOW:
            found += f"; the limit is {slow_ms:g} ms"
    return Check(card.key, code, found, values(request, metrics, Place.SMOKE))
