"""`foundry-compare bench`: a measured plan, what may be said of it, and an exit code that judges it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from tui import api
from tui.cli.answer_files import AnswerFiles
from tui.cli.exit_codes import ExitCode, ends_with, of_request, worst
from tui.cli.first_interrupt import FirstInterrupt
from tui.cli.hidden_models import check_not_hidden, why_hidden
from tui.cli.junit import Case, Outcome, write_junit
from tui.cli.output import Command, FloatRange, handles_errors, say, show, show_sentence
from tui.cli.output_file import force_option
from tui.cli.plan_flags import (
    PlanFlags,
    loaded_of,
    plan_flags,
    resume_command,
    say_interrupted,
    with_defaults,
    with_plan_options,
)
from tui.cli.progress_line import ProgressLine
from tui.cli.report import RESULT_CODES, check_baseline, say_skipped, skipping
from tui.cli.report_output import check_output, format_for, put_report
from tui.cli.settings import configured, is_given
from tui.cli.updates import say_update
from tui.core.errors import BadInputError
from tui.core.metrics.registry import MS, Place, metrics_in
from tui.core.plans.mode import Mode
from tui.core.plans.plan import MAX_PAUSE_S, Order
from tui.core.requests.outcome import outcome
from tui.core.requests.request import Request, RequestState
from tui.core.sessions.session_dict import as_stored
from tui.core.text.clean import clean_line
from tui.core.text.formatting import quantity
from tui.core.text.line_width import shown_width
from tui.files import is_there
from tui.report.conditional import Asked, Judgement, Result, conditional_report
from tui.report.drift import drifts, said_of_drift
from tui.report.formats.registry import Format
from tui.report.formats.text import closing
from tui.report.noise import arms_of, said_of_floors
from tui.report.same_answers import Answers, Likeness, compared_answers, difference, said_of_answers
from tui.storage.new_file import check_free
from tui.storage.session_files import load_sessions

ROUNDS = 3
"""How often each model is asked each question, unless something else is said."""
AA_ROUNDS = 6
"""The same with --aa: a noise floor takes four pairs, and few of them make it wide."""
_DRIFT_OF = ("ttft_ms", "decode_tps")
"""The metrics whose drift is told."""
_PROMPT_SHOWN = 24
_OUTCOMES = {
    RequestState.DONE: Outcome.PASSED, RequestState.EMPTY: Outcome.FAILED, RequestState.SKIPPED: Outcome.SKIPPED,
}  # fmt: skip
_LIKENESS_CODES = {
    Likeness.SAME: ExitCode.GOOD, Likeness.CHANGED: ExitCode.FOUND, Likeness.NONE: ExitCode.NOT_JUDGED,
}  # fmt: skip
_file = click.Path(dir_okay=False, path_type=Path)


@with_defaults(mode=Mode.MEASURE.value, rounds=ROUNDS)
@click.command(cls=Command)
@with_plan_options
@click.option("--aa", is_flag=True, help="Measure one model as if it were two: what differs is noise. --rounds 6.")
@click.option("--order", type=click.Choice([order.value for order in Order]), default=Order.SHUFFLE.value,
              show_default=True, help="shuffle: drawn for each round. abba: two models take turns.")  # fmt: skip
@click.option("--pause", "pause_s", type=FloatRange(0, MAX_PAUSE_S), default=0, metavar="S",
              help="Seconds between an answer and the next request.")  # fmt: skip
@click.option("--drift/--no-drift", default=True, help="Say when a model grew slower or faster meanwhile.")
@click.option("--fail-if", "fail_ifs", multiple=True, metavar="CONDITIONS",
              help="End with 8 if a model has this, as `ttft_ms.p95 > 500`; repeat: or.")  # fmt: skip
@click.option("--baseline", multiple=True, type=click.Path(path_type=Path), metavar="FILE|DIR",
              help="Sessions to compare with; repeat.")  # fmt: skip
@click.option("--same-as", multiple=True, type=click.Path(path_type=Path), metavar="FILE|DIR",
              help="End with 8 if an answer is another one than in these sessions; repeat.")  # fmt: skip
@click.option("--junit", type=_file, metavar="FILE", help="Write a case for each answer and condition to this file.")
@click.option("-o", "--output", "outputs", multiple=True, type=_file, metavar="FILE",
              help="Write a report to this file, whose name says the format; repeat.")  # fmt: skip
@force_option
@handles_errors
@configured
@ends_with(
    ExitCode.NO_HOST, ExitCode.NO_MODEL, ExitCode.MODEL_FAILED, ExitCode.EMPTY, ExitCode.FOUND, ExitCode.NOT_JUDGED
)
@plan_flags
def bench(
    flags: PlanFlags,
    aa: bool,
    order: str,
    pause_s: float,
    drift: bool,
    fail_ifs: tuple[str, ...],
    baseline: tuple[Path, ...],
    same_as: tuple[Path, ...],
    junit: Path | None,
    outputs: tuple[Path, ...],
    force: bool,
) -> ExitCode:
    """Measure models: each is asked alone, in rounds, after a warm-up; a report and an exit code come of it.

    It takes the options of run. Unless something else is said, --mode is measure and --rounds 3. One line for each
    answer goes to stdout, then the report; how far it has come stands on stderr where that is a terminal.
    """
    asked = Asked.parse((), (), fail_ifs, compares=bool(baseline))
    check_baseline((*baseline, *same_as))
    formats = [format_for(None, output) for output in outputs]
    for output, form in zip(outputs, formats, strict=True):
        check_output(output, form, force=force)
    if junit is not None:
        check_free(junit, force=force)
    flags = _as_bench(flags, aa=aa)
    line, files = ProgressLine(sys.stderr), AnswerFiles(flags.out_dir, force=force)
    with FirstInterrupt("Ends after this answer, then reports; Ctrl+C once more stops it now.") as interrupt:
        progress = partial(_say_progress, line=line, interrupt=interrupt)
        compared = flags.compare(
            progress, files=files, arms=aa, order=Order(order), pause_s=pause_s, enough=interrupt.came
        )
    session = as_stored(compared.session)
    report, judged = conditional_report(
        asked,
        [session],
        partial(load_sessions, baseline, skipped=skipping([]), why_not=why_hidden) if baseline else None,
        answers=any(isinstance(form, Format) and form.answers for form in formats),
    )
    show("\n" + closing(report, shown_width(sys.stdout), loaded_of(compared)).rstrip("\n"), own=False)
    for sentence in (*_noise(compared), *(_drifts(compared) if drift else ()), *judged.sentences):
        show_sentence(sentence)
    answers = _answers(compared, same_as or (baseline if flags.deterministic else ()))
    if answers:
        show("\nAnswers, against earlier ones\n" + "-" * 29)
        show("\n".join(said_of_answers(answers, shown_width(sys.stdout))), own=False)
    for output, form in zip(outputs, formats, strict=True):
        put_report(output, form, report, force=force)
    if junit is not None:
        cases = [*_cases(compared), *_cases_of(judged, fail_ifs), *map(_of_answers, answers if same_as else ())]
        write_junit(junit, "foundry-compare bench", cases)
        say("Written to", whole=str(junit))
    files.close()
    if compared.path is not None and is_there(compared.path) and compared.kept:
        show_sentence("Kept in", whole=str(compared.path))
    codes = [*_codes(compared, judged), *(_LIKENESS_CODES[one.likeness] for one in answers if same_as)]
    if interrupt.came():
        codes.append(ExitCode.INTERRUPTED)
        if compared.path is not None:
            say("The rest is asked by:", whole=resume_command(compared.path))
    return worst(codes if compared.kept and files.complete else [*codes, ExitCode.NOT_KEPT])


def _codes(compared: api.Comparison, judged: Judgement) -> Iterator[ExitCode]:
    """What the answers deserve, and what was asked of the numbers. What an interrupt stopped deserves nothing."""
    for request in compared.results:
        if request.state is not RequestState.STOPPED:
            yield of_request(request)
    yield from (RESULT_CODES[result] for result in judged.results)


def _say_progress(update: api.Update, *, line: ProgressLine, interrupt: FirstInterrupt) -> None:
    if isinstance(update, api.ModelsChosen | api.SessionResumed):
        interrupt.begin()
    match update:
        case api.ModelsChosen(host, models):
            say(f"{host.title}: measuring {', '.join(clean_line(choice.name, 60) for choice in models)} …")
        case api.SessionResumed(host, path):
            say(f"{host.title}: going on with {clean_line(path.name)}, {update.progress.in_words()}")
        case api.RequestBegan():
            line.show(update.progress)
        case api.TextArrived():
            pass
        case api.RequestEnded():
            line.clear()
            # What an interrupt kept from being asked has no line: at the end it is said what asks the rest.
            if update.request.state is not RequestState.STOPPED or update.request.timestamps.sent is not None:
                _show_ended(update)
            if not update.run.finished:
                line.show(update.progress)
        case api.InterruptedAndKept():
            line.clear()
            say_interrupted(update)
        case _:
            line.clear()
            say_update(update)


def _show_ended(update: api.RequestEnded) -> None:
    session, request = update.session, update.request
    name = clean_line(session.model_of(request).name, 80)
    if request.spec.warmup:
        name = f"{name} · warm-up"
    else:
        if len(update.run.plan.prompts) > 1:
            name += f" · {clean_line(session.prompts[request.spec.prompt].user, _PROMPT_SHOWN)}"
        name += f" · round {request.spec.round}"
    show_sentence(
        f"{name}: {_figures(request) if request.state.counts else f'{request.state.value}: {outcome(request)}'}"
    )


def _figures(request: Request) -> str:
    """A request's numbers, short: why one is unknown the report says."""
    metrics = request.metrics
    # How fast comes before how long.
    shown = sorted(metrics_in(Place.SUMMARY), key=lambda metric: metric.unit == MS)
    found = [(metric, metric.read(request, metrics)) for metric in shown]
    return " · ".join(f"{metric.short_label} {quantity(value, metric.unit)}".lstrip() for metric, value in found)


def _as_bench(flags: PlanFlags, *, aa: bool) -> PlanFlags:
    """The flags of `run` as bench has them. Raises BadInputError for what it goes without."""
    if flags.blind:
        raise BadInputError("bench goes without --blind", "It names what it measured; `run --blind` hides it")
    if flags.resume is not None:
        check_not_hidden(flags.resume)
    elif not is_given("mode"):
        flags = replace(flags, mode=Mode.MEASURE.value)  # whatever the configuration says of `run`
    return _as_aa(flags) if aa else flags


def _as_aa(flags: PlanFlags) -> PlanFlags:
    if flags.resume is not None:
        raise BadInputError("--aa goes without --resume", "The session has its own arms")
    if flags.mode != Mode.MEASURE:
        raise BadInputError("--aa goes with --mode measure", "In a race the arms would slow each other down")
    return flags if is_given("rounds") else replace(flags, rounds=AA_ROUNDS)


def _noise(compared: api.Comparison) -> Iterator[str]:
    session, plan = compared.session, compared.run.plan
    arms = arms_of(session.models[key] for key in plan.models)
    if arms is not None:
        floors = {noise.metric: noise for noise in session.noises if noise.plan == plan.key}
        yield said_of_floors(list(floors.values()), clean_line(arms[0].card.key, 80))


def _drifts(compared: api.Comparison) -> Iterator[str]:
    for metric in _DRIFT_OF:
        for found in drifts(compared.requests, metric):
            if found.matters:
                yield f"{said_of_drift(found, clean_line(compared.session.models[found.model].name, 80))}."


def _cases(compared: api.Comparison) -> Iterator[Case]:
    for request in compared.results:
        end = request.metrics.end_ms
        prompt = compared.prompt(request)
        yield Case(
            group=compared.model(request).name,
            name=f"{clean_line(prompt.user, 80)}, round {request.spec.round}",
            outcome=_OUTCOMES.get(request.state, Outcome.ERROR),
            said="" if request.state is RequestState.DONE else outcome(request),
            seconds=None if end is None else end / 1000,
            output=request.answer,
        )


def _answers(compared: api.Comparison, earlier: Sequence[Path]) -> list[Answers]:
    if not earlier:
        return []
    sessions = load_sessions(earlier, skipped=say_skipped, why_not=why_hidden)
    return compared_answers(compared.session, compared.results, sessions)


def _of_answers(found: Answers) -> Case:
    outcomes = {Likeness.SAME: Outcome.PASSED, Likeness.CHANGED: Outcome.FAILED, Likeness.NONE: Outcome.ERROR}
    said = "" if found.likeness is Likeness.SAME else ": ".join(filter(None, (found.likeness.value, found.why_none)))
    if found.changed:
        said += f": {difference(found.before, found.after)}"
    return Case("--same-as", f"{found.model}: {clean_line(found.prompt, 80)}", outcomes[found.likeness], said)


def _cases_of(judged: Judgement, fail_ifs: Sequence[str]) -> Iterator[Case]:
    judgements = [*(("--fail-if", text) for text in fail_ifs), ("--baseline", "no regression")]
    for asked, result, reasons in zip(judgements, judged.results, judged.reasons, strict=False):
        yield _of_condition(asked, result, reasons)


def _of_condition(asked: tuple[str, str], result: Result, reasons: Sequence[str]) -> Case:
    code = RESULT_CODES[result]
    found = {ExitCode.GOOD: Outcome.PASSED, ExitCode.FOUND: Outcome.FAILED}.get(code, Outcome.ERROR)
    return Case(*asked, found, "" if not code else " ".join(reasons) or code.brief)
