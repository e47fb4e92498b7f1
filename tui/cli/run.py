"""`foundry-compare run`: prompts, several models, no screen."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from functools import partial
from typing import Any

import click

from tui import api
from tui.cli.answer_files import AnswerFiles
from tui.cli.blind_output import BlindOutput
from tui.cli.exit_codes import ExitCode, ends_with, of_request, worst
from tui.cli.hidden_models import check_not_hidden
from tui.cli.output import (
    Command,
    handles_errors,
    say,
    show,
    show_heading,
    show_json,
    show_sentence,
)
from tui.cli.output_file import into_file
from tui.cli.own_rater import own_rater
from tui.cli.plan_flags import PlanFlags, loaded_of, plan_flags, say_interrupted, with_plan_options
from tui.cli.progress_line import ProgressLine
from tui.cli.settings import configured
from tui.cli.updates import say_update
from tui.core.errors import BadInputError, prose
from tui.core.metrics.registry import MS, Flag, Place, flags_in, mark, metrics_in, sentences, values
from tui.core.plans.plan_run import PlanRun
from tui.core.requests.outcome import COMPLETE, outcome
from tui.core.requests.request import Fault, Request, RequestState
from tui.core.sessions.session import Session
from tui.core.sessions.session_dict import as_stored
from tui.core.text.clean import clean_line
from tui.core.text.formatting import quantity
from tui.core.text.line_width import shown_width
from tui.core.workshop_variables import SHOW_USAGE, switched
from tui.files import is_there


@click.command(cls=Command)
@with_plan_options
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@handles_errors
@into_file
@configured
@ends_with(ExitCode.NO_HOST, ExitCode.NO_MODEL, ExitCode.MODEL_FAILED, ExitCode.EMPTY)
@plan_flags
def run(flags: PlanFlags, as_json: bool) -> ExitCode:
    """Put questions to several models and print their answers.

    MODEL@cpu, MODEL@gpu and MODEL@npu are the variants of a model. --resume takes the questions, the models and all
    parameters from the session; give the same --host. Without -m and -p, the variables BENCH_MODELS, or SLM_ALIAS and
    LLM_ALIAS, or FOUNDRY_LOCAL_ALIAS, and COMPARE_PROMPT or BENCH_PROMPT are taken.
    """
    hides = BlindOutput(own_rater())
    if flags.blind and as_json:
        raise BadInputError("--blind goes without --json", "The JSON is for programs, and names the models")
    if flags.blind and flags.no_save:
        raise BadInputError("--blind goes without --no-save", "Only the session's file says later which model is which")
    if flags.resume is not None and (as_json or flags.out_dir is not None):
        check_not_hidden(flags.resume)
    if flags.blind and flags.out_dir is not None:
        raise BadInputError("--blind goes without --out-dir", "The files' names tell which model gave which answer")
    switched(SHOW_USAGE, os.environ)  # What cannot be used is said before anything is asked.
    files = AnswerFiles(flags.out_dir, force=bool(click.get_current_context().params.get("force")))
    line = ProgressLine(sys.stderr)
    progress = partial(_say_progress, as_json=as_json, hides=hides, line=line, blind=flags.blind)
    try:
        compared = flags.compare(progress, files=files)
    finally:
        line.clear()
    files.close()
    code = _close(compared, as_json=as_json, hides=hides)
    return code if files.complete else worst([code, ExitCode.NOT_KEPT])


def _say_progress(
    update: api.Update, *, as_json: bool, hides: BlindOutput, line: ProgressLine, blind: bool = False
) -> None:
    """Say what happens while the plan runs: how far it has come in the last line of a terminal, elsewhere in a line of
    its own where a model is asked more than once."""
    if isinstance(update, api.RequestBegan):
        if not blind and not hides.hides(update.session):
            line.show(update.progress)
        return
    if isinstance(update, api.TextArrived):
        return  # Answers are printed whole.
    line.clear()
    if not as_json and hides.takes(update, blind=blind):
        return
    match update:
        case api.ModelsChosen(host, models):
            say(f"{host.title}: asking {', '.join(clean_line(choice.card.key, 60) for choice in models)} …")
        case api.InterruptedAndKept():
            say_interrupted(update)
        case api.SessionResumed(host, path):
            say(f"{host.title}: going on with {clean_line(path.name)}, {update.progress.in_words()}")
        case api.RequestEnded(session, asked, request):
            _show_ended(session, asked, request, as_json)
            if not asked.finished and line.shows:
                line.show(update.progress)
            elif not line.shows and len(asked.requests) > len(asked.plan.models):
                say(update.progress.in_words())
        case _:
            say_update(update)


def _close(compared: api.Comparison, *, as_json: bool, hides: BlindOutput) -> ExitCode:
    """Say where it is kept, and how it went: of requests that were made again the last one counts."""
    path, session = compared.path, compared.session
    there = path is not None and is_there(path)
    if as_json:
        runs = [_as_json(session, request) for request in compared.requests]
        show_json({"session": str(path) if there else None, "runs": runs, **_compared_as_json(session)})
    else:
        hidden = hides.hides(session)
        if not hidden:
            _show_closing(compared)
        if there and compared.kept:
            show_sentence("Kept in", whole=str(path))
        if hidden and there:
            show_sentence(
                "`foundry-compare open` shows it blind: score there, and V reveals which model gave which answer."
            )
    codes = [of_request(request) for request in compared.results]
    return worst(codes if compared.kept else [*codes, ExitCode.NOT_KEPT])


def _compared_as_json(session: Session) -> dict[str, Any]:
    from tui.report.aggregate import matches_of
    from tui.report.formats import json

    return json.compared(matches_of([as_stored(session)]))


def _show_closing(compared: api.Comparison) -> None:
    """What was counted, what may be said of it, and how fast it was, where there is more than one answer of each."""
    from tui.report.aggregate import aggregate
    from tui.report.formats.text import closing

    plan = compared.run.plan
    if plan.rounds > 1 or len(plan.prompts) > 1:
        made = aggregate([as_stored(compared.session)])
        show("\n" + closing(made, shown_width(sys.stdout), loaded_of(compared)).rstrip("\n"), own=False)


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
        say(f"{name}{_place(session, asked, request)}: {_ended(request)}")
        return
    title = name + (f" · {model.card.device}" if model.card.device else "") + _place(session, asked, request)
    show_heading(title)
    if request.answer:
        show(request.answer, own=False)
    if outcome(request) != COMPLETE:
        show_sentence(_ended(request))
    for sentence in sentences(request, request.metrics, Place.OUTPUT):
        show_sentence(sentence)
    show_sentence(f"[{summary(request)}]")
    if switched(SHOW_USAGE, os.environ):
        show_sentence(f"[{_usage(request)}]")


def _usage(request: Request) -> str:
    """The tokens that the host counted; what it does not say is a dash."""
    usage = request.usage
    counts = (usage.prompt_tokens, usage.completion_tokens) if usage is not None else (None, None)
    total = None if None in counts else sum(count or 0 for count in counts)
    shown = ["-" if count is None else f"{count:,}" for count in (*counts, total)]
    return f"tokens as the host counts them: prompt {shown[0]}, answer {shown[1]}, total {shown[2]}"


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


def _conversation(session: Session, request: Request) -> list[dict[str, str]] | None:
    """All messages that a follow-up sent; None for a question that stands for itself."""
    try:
        return session.messages_of(request) if request.spec.follows else None
    except KeyError:
        return None  # What it follows is not in the file.


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
        "conversation": _conversation(session, request),
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
