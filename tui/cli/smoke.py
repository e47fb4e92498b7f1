"""`foundry-compare smoke`: does everything answer? One line a check, and an exit code that tells what does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import click

from tui.cli.exit_codes import ExitCode, of_error, of_request, worst
from tui.cli.output import handles_errors, host_option, models_option, show, show_json
from tui.cli.updates import say_update
from tui.core.catalog.model_card import ModelCard
from tui.core.errors import BadInputError, CompareError, NoHostError, NoModelError, prose
from tui.core.metrics.registry import Place, metrics_in, values
from tui.core.plans.plan import MAX_MODELS, Mode, PlanOptions
from tui.core.requests.outcome import outcome
from tui.core.requests.request import Request
from tui.core.sessions.session_model import Parameters
from tui.core.text.clean import clean_line
from tui.core.text.formatting import milliseconds
from tui.hosts.base import Host, HostInfo
from tui.runner.host_models import HostModels
from tui.runner.open_session import connected_host, open_session
from tui.runner.updates import RequestEnded, Update, run_to_end
from tui.signals import uninterrupted

PROBE = "Say hello in one short sentence."
PROBE_TOKENS = 48


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


@click.command()
@models_option
@host_option
@click.option("--slow-ms", type=click.FloatRange(min=0, min_open=True), metavar="N",
              help="Fail an answer that takes longer, in milliseconds from request to end.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@handles_errors
def smoke(models: tuple[str, ...], host: tuple[str, ...], slow_ms: float | None, as_json: bool) -> ExitCode:
    """Check that the host answers, lists its models, and that they answer a short question.

    Without -m each model that is listed is asked, of a host with more than 8 none: name those to ask.

    Exit codes: 0 all good, 2 usage, 3 no host, 4 model missing, 5 model failed, 6 empty answer, 7 too slow.
    Of several troubles the lowest code wins.
    """
    checks: list[Check] = []

    def note(check: Check) -> None:
        checks.append(check)
        if not as_json:
            show(f"{'ok  ' if not check.code else 'FAIL'}  {clean_line(check.name, 60)}: {clean_line(check.found)}")

    title = None
    try:
        with connected_host(host) as (opened, info):
            title = info.title
            _check_models(opened, info, models, slow_ms, note)
    except CompareError as error:
        if of_error(error) is ExitCode.USAGE:
            raise
        note(Check("host" if not checks else "models", of_error(error), error.sentence()))
    code = worst(check.code for check in checks)
    if as_json:
        show_json({"host": title, "ok": not code, "exit_code": int(code), "checks": [c.to_dict() for c in checks]})
    return code


def _check_models(host: Host, info: HostInfo, names: Sequence[str], slow_ms: float | None, note: Any) -> None:
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
    chosen = [] if names else _listed(models)
    for name in names:
        try:
            card = models.find(name)
        except (NoModelError, NoHostError) as error:
            note(Check(name, of_error(error), error.sentence()))
        else:
            if card not in chosen:
                chosen.append(card)
    answered: set[str] = set()

    def on_update(update: Update) -> None:
        if not isinstance(update, RequestEnded):
            say_update(update)
            return
        request = update.request
        card = update.session.model_of(request).card
        if request.timestamps.chunks:
            answered.add(card.host)
        note(_check(card, request, slow_ms))

    parameters = Parameters(max_tokens=PROBE_TOKENS, temperature=0.0)
    with open_session(host, info, None, save=False, on_update=say_update) as (runner, _):
        for start in range(0, len(chosen), MAX_MODELS):
            some = chosen[start : start + MAX_MODELS]
            with uninterrupted():
                run = runner.begin(some, PROBE, PlanOptions(mode=Mode.MEASURE, warmup=0, parameters=parameters))
            run_to_end(runner, run, on_update)
    for name, why in unlisted.items():
        note(Check(name or "host", ExitCode.GOOD if name in answered else ExitCode.NO_HOST, why))


def _listed(models: HostModels) -> list[ModelCard]:
    """All models of the host. Raises BadInputError where they are more than one plan takes, and no toys."""
    if 0 < len(models.cards) <= MAX_MODELS:
        return list(models.cards)
    try:
        return models.choose(())
    except BadInputError as error:
        if not models.cards:
            raise
        many = f"Of more than {MAX_MODELS} models none is asked unless it is named"
        raise BadInputError(error.title, prose(many, error.detail), error.hint) from error


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
