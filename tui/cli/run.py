"""`foundry-compare run`: prompts, several models, no screen."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from tui import api
from tui.cli import run_inputs
from tui.cli.exit_codes import ExitCode, of_request, worst
from tui.cli.output import handles_errors, host_option, models_option, say, sessions_option, show, show_json
from tui.cli.updates import say_update
from tui.core.errors import BadInputError, prose
from tui.core.metrics.registry import MS, Flag, Place, flags_in, mark, metrics_in, sentences, values
from tui.core.plans.plan import MAX_RETRIES, MAX_ROUNDS, Mode, PlanOptions
from tui.core.plans.plan_run import PlanRun
from tui.core.requests.outcome import COMPLETE, outcome
from tui.core.requests.request import Fault, Request, RequestState
from tui.core.sessions.session import Session
from tui.core.sessions.session_model import (
    DEFAULT_MAX_TOKENS,
    DETERMINISTIC_SEED,
    MAX_INTEGER,
    MAX_TOKENS,
    Parameters,
)
from tui.core.text.cell_width import cell_width
from tui.core.text.clean import clean_line
from tui.core.text.formatting import quantity
from tui.files import is_there

_ITS_OWN = (
    "system", "mode", "rounds", "warmup", "retries", "alone", "nonce", "deterministic", "max_tokens", "temperature",
    "top_p", "seed", "stop", "sessions",
)  # fmt: skip
"""Options whose values a session that is resumed has already."""
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
@click.option("--retries", type=click.IntRange(0, MAX_RETRIES), default=0, show_default=True, metavar="N",
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
@click.option("--seed", type=click.IntRange(-MAX_INTEGER, MAX_INTEGER), metavar="N",
              help="Sampling seed, for hosts that take one.")  # fmt: skip
@click.option("--stop", multiple=True, metavar="TEXT", help="Where an answer ends; repeat.")
@click.option("--resume", type=_file, metavar="FILE", help="Go on with a session that was broken off, as it was begun.")
@host_option
@sessions_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.option("--no-save", is_flag=True, help="Keep no session file.")
@handles_errors
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
        progress = partial(_say_progress, as_json=as_json)
        return _close(api.resume(resume, host=host, save=not no_save, progress=progress), as_json=as_json)
    questions = run_inputs.prompts(prompts, prompt_files, system, os.environ)
    if alone and mode != Mode.MEASURE:
        raise BadInputError("--alone goes with --mode measure", "A race needs all models at once")
    parameters = Parameters(max_tokens, temperature, top_p, seed, stop)
    options = PlanOptions(
        mode=Mode(mode),
        rounds=rounds,
        warmup=warmup,
        alone=alone,
        retries=retries,
        nonce=nonce,
        parameters=parameters.deterministic() if deterministic else parameters,
    )
    compared = api.compare(
        questions,
        lambda known: run_inputs.model_choices(known, models, models_file, os.environ),
        host=host,
        options=options,
        sessions=sessions,
        save=not no_save,
        progress=partial(_say_progress, as_json=as_json),
    )
    return _close(compared, as_json=as_json)


def _given(names: Collection[str]) -> list[str]:
    """Those of these options that stand on the command line, as they are written there."""
    context = click.get_current_context()
    by_hand = [name for name in names if context.get_parameter_source(name) is ParameterSource.COMMANDLINE]
    return [option.opts[-1] for option in context.command.params if option.name in by_hand]


def _say_progress(update: api.Update, *, as_json: bool) -> None:
    """Say what happens while the plan runs. How far it has come is of interest when it asks a model more than once."""
    match update:
        case api.ModelsChosen(host, models):
            say(f"{host.title}: asking {', '.join(clean_line(choice.card.key, 60) for choice in models)} …")
        case api.SessionResumed(host, path):
            say(f"{host.title}: going on with {clean_line(path.name)}, {update.progress.in_words()}")
        case api.RequestEnded(session, asked, request):
            _show_ended(session, asked, request, as_json)
            if len(asked.requests) > len(asked.plan.models) and not asked.finished:
                say(update.progress.in_words())
        case _:
            say_update(update)


def _close(compared: api.Comparison, *, as_json: bool) -> ExitCode:
    """Say where it is kept, and how it went: of requests that were made again the last one counts."""
    path, session = compared.path, compared.session
    there = path is not None and is_there(path)
    if as_json:
        runs = [_as_json(session, request) for request in compared.requests]
        show_json({"session": str(path) if there else None, "runs": runs})
    elif there and compared.kept:
        show(f"Kept in {path}")
    codes = [of_request(request) for request in compared.results]
    return worst(codes if compared.kept else [*codes, ExitCode.NOT_KEPT])


def _show_ended(session: Session, asked: PlanRun, request: Request, as_json: bool) -> None:
    """Say that a request has ended: the whole answer on stdout, or one line of progress when stdout is for JSON."""
    model = session.model_of(request)
    name = clean_line(model.name, 80)
    if request.spec.warmup:
        warmed = request.state is RequestState.DONE
        line = f"{name}: warmed up" if warmed else f"{name}: {request.state.value} while warming up"
        say(f"{line}: {request.fault.message} {request.fault.hint}".rstrip() if request.fault else line)
        return
    if as_json:
        say(f"{name}: {_ended(request)}")
        return
    title = name + (f" · {model.card.device}" if model.card.device else "") + _place(session, asked, request)
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
    sentence = prose(outcome(request), hint)
    return request.state.value if sentence == COMPLETE else f"{request.state.value}: {sentence}"


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
