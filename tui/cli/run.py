"""`foundry-compare run`: one prompt, several models, no screen."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from tui.cli.exit_codes import ExitCode, of_lane, worst
from tui.cli.shell import (
    choose,
    conducted,
    connected,
    drive,
    host_option,
    models_option,
    say,
    sessions_option,
    show,
    show_json,
    told,
)
from tui.core import dialect
from tui.core.clean import clean_line
from tui.core.errors import BadInputError
from tui.core.lane import Lane, LaneState
from tui.core.plan import Mode
from tui.core.session import Session
from tui.core.target import DEFAULT_MAX_TOKENS, Parameters
from tui.core.timing import METRICS


@click.command()
@models_option
@click.option("-p", "--prompt", required=True, metavar="PROMPT", help="The question; - reads it from stdin.")
@click.option("--mode", type=click.Choice([mode.value for mode in Mode]), default=Mode.RACE.value, show_default=True,
              help="measure: one request at a time, after a warm-up. race: all at once.")  # fmt: skip
@click.option("--alone", is_flag=True, help="Measured: unload the other models before one is loaded.")
@click.option("--max-tokens", type=click.IntRange(1), default=DEFAULT_MAX_TOKENS, show_default=True, metavar="N")
@click.option("--temperature", type=click.FloatRange(0, 2), metavar="T", help="0 to 2; left to the host if not given.")
@click.option("--seed", type=int, metavar="N", help="Sampling seed, for hosts that take one.")
@host_option
@sessions_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.option("--no-save", is_flag=True, help="Keep no session file.")
@told
def run(
    models: tuple[str, ...],
    prompt: str,
    mode: str,
    alone: bool,
    max_tokens: int,
    temperature: float | None,
    seed: int | None,
    host: tuple[str, ...],
    sessions: Path | None,
    as_json: bool,
    no_save: bool,
) -> ExitCode:
    """Put one prompt to several models and print their answers.

    Exit codes: 0 good, 1 not kept on disk, 2 usage, 3 no host, 4 model missing, 5 model failed, 6 empty answer.
    """
    text = _question(prompt)
    if alone and mode != Mode.MEASURE:
        raise BadInputError("--alone goes with --mode measure", "A race needs all models at once")
    parameters = Parameters(max_tokens=max_tokens, temperature=temperature, seed=seed)
    with connected(host) as (opened, info):
        cards = choose(opened.catalogue(), models, info)
        say(f"{info.title}: asking {', '.join(clean_line(card.key, 60) for card in cards)} …")
        with conducted(opened, info, sessions, save=not no_save) as (conductor, path):
            asked = conductor.begin(cards, text, mode=Mode(mode), alone=alone, parameters=parameters)
            drive(conductor, lambda lane: _tell(conductor.session, lane, as_json))
            session = conductor.session
        kept = path is not None and path.exists()
    lanes = [lane for lane in asked.lanes.values() if not lane.spec.warmup]
    if as_json:
        show_json({"session": str(path) if kept else None, "runs": [_as_json(session, lane) for lane in lanes]})
    elif kept:
        show(f"Kept in {path}")
    code = worst(of_lane(lane) for lane in lanes)
    return ExitCode.NOT_KEPT if path is not None and not kept and code is ExitCode.GOOD else code


def _question(prompt: str) -> str:
    """The prompt as given, or from stdin. Raises BadInputError when it is no text, or empty."""
    try:
        text = sys.stdin.read() if prompt == "-" else prompt
        text.encode("utf-8")
    except UnicodeError as error:
        raise BadInputError("The prompt is not text", "It holds bytes of another encoding", "Give UTF-8.") from error
    if not text.strip():
        raise BadInputError("The prompt is empty", hint="Give a question with -p.")
    return text


def _tell(session: Session, lane: Lane, as_json: bool) -> None:
    """Say that a lane has ended: the whole answer on stdout, or one line of progress when stdout is for JSON."""
    card = session.target_of(lane).card
    name = clean_line(card.key, 60)
    if lane.spec.warmup:
        say(f"{name}: warmed up")
        return
    if as_json:
        say(f"{name}: {lane.state.value}")
        return
    device = f" · {card.device}" if card.device else ""
    show(f"\n── {name}{device} " + "─" * max(60 - len(name) - len(device), 3))
    if lane.answer:
        show(lane.answer)
    if lane.fault:
        show(f"failed: {lane.fault.message} {lane.fault.hint}".rstrip())
    if lane.adjusted:
        show(dialect.told(lane.adjusted))
    show(f"[{summary(lane)}]")


def summary(lane: Lane) -> str:
    """A lane's numbers in one line; what is unknown is a dash."""
    timing = lane.timing
    tokens = lane.usage.completion_tokens if lane.usage else None
    about = "~" if lane.usage and lane.usage.source != "server" else ""
    parts = [
        f"{about}{tokens} tokens" if tokens is not None else f"{lane.marks.chunks} chunks",
        f"{about}{timing.decode_tps:.1f} tok/s" if timing.decode_tps is not None else "- tok/s",
        f"first {timing.ttft_ms / 1000:.2f} s" if timing.ttft_ms is not None else "first -",
        f"total {timing.end_ms / 1000:.2f} s" if timing.end_ms is not None else "total -",
        lane.finish_reason or lane.state.value if lane.state is LaneState.DONE else lane.state.value,
    ]
    return " · ".join([*parts, "contended"] if lane.spec.contended else parts)


def _as_json(session: Session, lane: Lane) -> dict[str, Any]:
    timing = lane.timing
    usage = lane.usage
    metrics: dict[str, Any] = {name: getattr(timing, name) for name in METRICS}
    metrics |= {
        "prompt_tokens": usage.prompt_tokens if usage else None,
        "completion_tokens": usage.completion_tokens if usage else None,
        "reasoning_tokens": usage.reasoning_tokens if usage else None,
        "usage_source": usage.source if usage else "none",
        "contended": lane.spec.contended,
    }
    fault = lane.fault
    return {
        "model": session.target_of(lane).card.key,
        "prompt": session.prompts[lane.spec.prompt].user,
        "round": lane.spec.round,
        "state": lane.state.value,
        "finish_reason": lane.finish_reason,
        "answer": lane.answer,
        "reasoning": lane.reasoning or None,
        "error": {"kind": fault.kind, "message": fault.message, "hint": fault.hint} if fault else None,
        "adjusted": list(lane.adjusted),
        "metrics": metrics,
    }
