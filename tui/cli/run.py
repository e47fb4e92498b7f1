"""`foundry-compare run`: prompts, several models, no screen."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from tui.cli import run_inputs as asking
from tui.cli.exit_codes import ExitCode, worst
from tui.cli.open_session import Models, conducted, connected, drive, host_names, of_request
from tui.cli.output import host_option, models_option, say, sessions_option, show, show_json, told
from tui.cli.recovery import Recovery
from tui.core.catalog.model_card import ModelCard, find_or_believe
from tui.core.errors import BadInputError, NoHostError, NoModelError, prose
from tui.core.metrics.registry import MS, Flag, Place, flags_in, mark, metrics_in, sentences, values
from tui.core.plans.plan import Mode, PlanOptions
from tui.core.plans.plan_run import PlanRun, newest
from tui.core.plans.progress import progress
from tui.core.requests.outcome import COMPLETE, outcome
from tui.core.requests.request import Fault, Request, RequestState
from tui.core.sessions.session import Session
from tui.core.sessions.session_model import DEFAULT_MAX_TOKENS, DETERMINISTIC_SEED, Parameters
from tui.core.text.cell_width import cell_width
from tui.core.text.clean import clean_line
from tui.core.text.formatting import quantity
from tui.files import is_there
from tui.hosts.base import HostInfo
from tui.hosts.unknown_model import missing_model
from tui.storage import paths
from tui.storage.session_files import load_whole
from tui.storage.session_recovery import recover

MAX_ROUNDS = 1_000
MAX_TOKENS = 1_000_000_000
MAX_SEED = (1 << 63) - 1
"""The largest number that a session file holds."""
_ITS_OWN = (
    "system", "mode", "rounds", "warmup", "retries", "alone", "nonce", "deterministic", "max_tokens", "temperature",
    "top_p", "seed", "stop", "sessions",
)  # fmt: skip
"""What a session that is gone on with has already."""
_file = click.Path(dir_okay=False, path_type=Path)


@click.command()
@models_option
@click.option("--models", "models_file", type=_file, metavar="FILE",
              help="Models with parameters of their own, in JSON or TOML.")  # fmt: skip
@click.option("-p", "--prompt", "prompts", multiple=True, metavar="PROMPT", help="The question; - reads it from stdin; "
              "repeat.")  # fmt: skip
@click.option("--prompts", "prompt_files", multiple=True, type=_file, metavar="FILE",
              help="A list of questions, in JSON or TOML; repeat.")  # fmt: skip
@click.option("--system", metavar="TEXT", help="The system prompt of all that have none of their own.")
@click.option("--mode", type=click.Choice([mode.value for mode in Mode]), default=Mode.RACE.value, show_default=True,
              help="measure: one request at a time, after a warm-up. race: all at once.")  # fmt: skip
@click.option("--rounds", type=click.IntRange(1, MAX_ROUNDS), default=1, show_default=True, metavar="N",
              envvar="BENCH_ROUNDS", help="How often each model is asked each question.")  # fmt: skip
@click.option("--warmup", type=click.IntRange(0, MAX_ROUNDS), metavar="N",
              help="Requests ahead that count nowhere: 1 when measuring, else 0, if not given.")  # fmt: skip
@click.option("--retries", type=click.IntRange(0, 100), default=0, show_default=True, metavar="N",
              envvar="COMPARE_RETRIES", help="Ask again what failed; then the model is skipped.")  # fmt: skip
@click.option("--alone", is_flag=True, help="Measured: unload the other models before one is loaded.")
@click.option(
    "--nonce", is_flag=True, help="Begin each prompt with a marker of its own: a cache holds at most what precedes it."
)
@click.option("--deterministic", is_flag=True, help=f"Temperature 0 and seed {DETERMINISTIC_SEED}, if not given.")
@click.option("--max-tokens", type=click.IntRange(1, MAX_TOKENS), default=DEFAULT_MAX_TOKENS, show_default=True,
              metavar="N", envvar="BENCH_MAX_TOKENS", help="How long an answer may be, in tokens.")  # fmt: skip
@click.option("--temperature", type=click.FloatRange(0, 2), metavar="T", help="0 to 2; left to the host if not given.")
@click.option("--top-p", type=click.FloatRange(0, 1, min_open=True), metavar="P", help="Left to the host if not given.")
@click.option("--seed", type=click.IntRange(-MAX_SEED, MAX_SEED), metavar="N",
              help="Sampling seed, for hosts that take one.")  # fmt: skip
@click.option("--stop", multiple=True, metavar="TEXT", help="Where an answer ends; repeat.")
@click.option("--resume", type=_file, metavar="FILE", help="Go on with a session that was broken off, as it was begun.")
@host_option
@sessions_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.option("--no-save", is_flag=True, help="Keep no session file.")
@told
def run(
    models: tuple[str, ...],
    models_file: Path | None,
    prompts: tuple[str, ...],
    prompt_files: tuple[Path, ...],
    system: str | None,
    mode: str,
    rounds: int,
    warmup: int | None,
    retries: int,
    alone: bool,
    nonce: bool,
    deterministic: bool,
    max_tokens: int,
    temperature: float | None,
    top_p: float | None,
    seed: int | None,
    stop: tuple[str, ...],
    resume: Path | None,
    host: tuple[str, ...],
    sessions: Path | None,
    as_json: bool,
    no_save: bool,
) -> ExitCode:
    """Put questions to several models and print their answers.

    MODEL@cpu, MODEL@gpu and MODEL@npu are the variants of a model. --resume takes the questions, the models and all
    parameters from the session; give the same --host. Without -m and -p, the variables BENCH_MODELS, or SLM_ALIAS and
    LLM_ALIAS, and COMPARE_PROMPT or BENCH_PROMPT are taken.

    Exit codes: 0 good, 1 not kept on disk, 2 usage, 3 no host, 4 model missing, 5 model failed, 6 empty answer.
    """
    if resume is not None:
        if models or models_file or prompts or prompt_files:
            raise BadInputError("--resume goes without models and prompts", "The session has them")
        if given := _given(_ITS_OWN):
            raise BadInputError(f"--resume goes without {', '.join(given)}", "The session has its own")
        return _resume(resume, host, as_json=as_json, save=not no_save)
    questions = asking.prompts(prompts, prompt_files, system, os.environ)
    if alone and mode != Mode.MEASURE:
        raise BadInputError("--alone goes with --mode measure", "A race needs all models at once")
    if deterministic:
        temperature = 0.0 if temperature is None else temperature
        seed = DETERMINISTIC_SEED if seed is None else seed
    parameters = Parameters(max_tokens, temperature, top_p, seed, stop)
    with connected(host) as (opened, info):
        chosen = asking.model_choices(Models(opened, info), models, models_file, os.environ)
        say(f"{info.title}: asking {', '.join(clean_line(model_choice.card.key, 60) for model_choice in chosen)} …")
        with conducted(opened, info, sessions, save=not no_save) as (runner, path):
            asked = runner.begin(
                chosen,
                questions,
                PlanOptions(
                    mode=Mode(mode),
                    rounds=rounds,
                    warmup=warmup,
                    retries=retries,
                    alone=alone,
                    nonce=nonce,
                    parameters=parameters,
                ),
            )
            beside = None if no_save else Recovery(paths.sessions_dir(sessions))
            drive(runner, _teller(runner.session, asked, as_json), beside)
            session = runner.session
    return _close(session, asked, path, kept=bool(runner.kept), as_json=as_json)


def _given(names: Collection[str]) -> list[str]:
    """Those of these options that stand on the command line, as they are written there."""
    context = click.get_current_context()
    by_hand = [name for name in names if context.get_parameter_source(name) is ParameterSource.COMMANDLINE]
    return [option.opts[-1] for option in context.command.params if option.name in by_hand]


def _resume(file: Path, host: tuple[str, ...], *, as_json: bool, save: bool) -> ExitCode:
    """Go on with the session in a file, in that file; what a program that died left beside it comes first."""
    if os.path.isdir(file.parent):  # noqa: PTH112 - never raises
        for found in recover(file.parent, paths.state_dir()):
            if found.problem is not None:
                say(f"foundry-compare: {found.problem.sentence()}")
    session = load_whole(file)
    if session.whole_id != session.id:
        raise BadInputError(
            f"{clean_line(file.name)} is a further part of a session", hint=f"Go on with {session.whole_id}.toml."
        )
    with connected(host) as (opened, info):
        _check_host(session, info, opened.catalogue())
        _tell_of_another_server(session, info)
        with conducted(opened, info, None, save=save, resumed=(session, file)) as (runner, path):
            asked = runner.resume()
            told = progress(newest(asked.requests.values())).told()
            say(f"{info.title}: going on with {clean_line(file.name)}, {told}")
            drive(runner, _teller(session, asked, as_json))
    return _close(session, asked, path, kept=bool(runner.kept), as_json=as_json)


def _check_host(session: Session, info: HostInfo, cards: tuple[ModelCard, ...]) -> None:
    """Numbers of two kinds of host must not meet in one plan, and a model that is gone would only fail."""
    kind = session.host.get("kind")
    if kind is not None and kind != info.kind:
        raise BadInputError(
            f"The session was held with another kind of host: {clean_line(str(kind), 40)}",
            f"This one is {info.kind}",
            "Name the same one with --host.",
        )
    for target in session.models.values():
        if find_or_believe(cards, target.card.key, host_names(info)) is None:
            missing = missing_model(target.card.key, cards, info)
            if isinstance(missing, NoHostError):
                raise missing
            raise NoModelError(f"There is no model {clean_line(target.card.key, 80)} on this host any more")


def _tell_of_another_server(session: Session, info: HostInfo) -> None:
    """A local service may have another port each time; what was measured at two servers must not pass for one."""
    before = session.hosts if info.members else {info.name: session.host}
    for host in info.members or (info,):
        begun, now = before.get(host.name, {}).get("endpoint"), host.to_dict().get("endpoint")
        if begun is not None and now is not None and begun != now:
            say(f"This session was begun at {clean_line(str(begun), 200)}; it goes on at {clean_line(now, 200)}.")


def _close(session: Session, asked: PlanRun, path: Path | None, *, kept: bool, as_json: bool) -> ExitCode:
    """Say where it is kept, and how it went: of requests that were made again the last one counts."""
    requests = [request for request in asked.requests.values() if not request.spec.warmup]
    there = path is not None and is_there(path)
    if as_json:
        show_json(
            {"session": str(path) if there else None, "runs": [_as_json(session, request) for request in requests]}
        )
    elif there and kept:
        show(f"Kept in {path}")
    codes = [of_request(request) for request in newest(requests)]
    return worst(codes if kept else [*codes, ExitCode.NOT_KEPT])


def _teller(session: Session, asked: PlanRun, as_json: bool) -> Callable[[Request], None]:
    """Says that a request has ended, and how far the run has come when it asks a model more than once."""

    def tell(request: Request) -> None:
        _tell(session, asked, request, as_json)
        if len(asked.requests) > len(asked.plan.models) and not asked.finished:
            say(progress(newest(asked.requests.values())).told())

    return tell


def _tell(session: Session, asked: PlanRun, request: Request, as_json: bool) -> None:
    """Say that a request has ended: the whole answer on stdout, or one line of progress when stdout is for JSON."""
    target = session.model_of(request)
    name = clean_line(target.name, 80)
    if request.spec.warmup:
        said = (
            f"{name}: warmed up"
            if request.state is RequestState.DONE
            else f"{name}: {request.state.value} while warming up"
        )
        say(f"{said}: {request.fault.message} {request.fault.hint}".rstrip() if request.fault else said)
        return
    if as_json:
        say(f"{name}: {_ended(request)}")
        return
    title = name + (f" · {target.card.device}" if target.card.device else "") + _place(session, asked, request)
    show(f"\n── {title} " + "─" * max(60 - cell_width(title), 3))
    if request.answer:
        show(request.answer)
    if outcome(request) != COMPLETE:
        show(_ended(request))
    for sentence in sentences(request, request.metrics, Place.OUTPUT):
        show(sentence)
    show(f"[{summary(request)}]")


def _ended(request: Request) -> str:
    """The state, and what there is to say of it."""
    hint = request.fault.hint if request.fault is not None else ""
    told = prose(outcome(request), hint)
    return request.state.value if told == COMPLETE else f"{request.state.value}: {told}"


def _place(session: Session, asked: PlanRun, request: Request) -> str:
    """Which question and which round it was, where there are several."""
    plan = asked.plan
    parts = [f"round {request.spec.round}"] if plan.rounds > 1 else []
    if len(plan.prompts) > 1:
        parts.insert(0, clean_line(session.prompts[request.spec.prompt].user, 40))
    return "".join(f" · {part}" for part in parts)


def summary(request: Request) -> str:
    """A request's numbers in one line; what is unknown is a dash. Of a request that was never made there are none."""
    if request.timestamps.sent is None and request.state.final:
        return request.state.value
    derived, usage = request.metrics, request.usage
    about = mark(request, derived)
    tokens = usage.completion_tokens if usage is not None else None
    parts = [f"{about}{tokens} tokens" if tokens is not None else _chunks(request.timestamps.chunks)]
    flags = [flag for flag in flags_in(Place.SUMMARY) if flag.holds(request, derived)]
    # How fast comes before how long.
    metrics = sorted(metrics_in(Place.SUMMARY), key=lambda metric: metric.unit == MS)
    for metric in metrics:
        value = metric.read(request, derived)
        why = metric.why_unknown(request) if value is None and metric.why_unknown is not None else None
        number = (about if metric.needs_tokens and value is not None else "") + quantity(value, metric.unit)
        parts.append(f"{metric.short_label} {number}".lstrip() + (f" ({why})" if why is not None else ""))
        parts += [_in_words(flag, request) for flag in flags if flag.about == metric.name]
    done = request.state is RequestState.DONE
    parts.append(request.finish_reason if done and request.finish_reason else request.state.value)
    named = {metric.name for metric in metrics}
    return " · ".join([*parts, *(_in_words(flag, request) for flag in flags if flag.about not in named)])


def _in_words(flag: Flag, request: Request) -> str:
    return flag.label if flag.words is None else flag.words(request)


def _chunks(count: int) -> str:
    return "1 chunk" if count == 1 else f"{count} chunks"


def _as_json(session: Session, request: Request) -> dict[str, Any]:
    derived = request.metrics
    usage = request.usage
    metrics: dict[str, object] = {
        **values(request, derived, Place.JSON),
        "prompt_tokens": usage.prompt_tokens if usage else None,
        "completion_tokens": usage.completion_tokens if usage else None,
        "reasoning_tokens": usage.reasoning_tokens if usage else None,
        "cached_tokens": usage.cached_tokens if usage else None,
        **dict(flag.json(request, derived) for flag in flags_in(Place.JSON)),
        **{f"{metric.name}_unknown": why(request) for metric in metrics_in(Place.JSON) if (why := metric.why_unknown)},
    }
    fault = request.fault
    if fault is None and request.state is not RequestState.DONE:
        fault = Fault(request.state.value, outcome(request))
    return {
        "model": session.model_of(request).card.key,
        "device": session.model_of(request).card.device,
        "system": session.system_of(request),
        "parameters": asdict(session.parameters_of(request)),
        "prompt": session.prompts[request.spec.prompt].user,
        "round": request.spec.round,
        "launch": request.spec.launch,
        "state": request.state.value,
        "finish_reason": request.finish_reason,
        "answer": request.answer,
        "reasoning": request.reasoning or None,
        "error": {"kind": fault.kind, "message": fault.message, "hint": fault.hint} if fault else None,
        "adjusted": list(request.adjusted),
        "metrics": metrics,
    }
