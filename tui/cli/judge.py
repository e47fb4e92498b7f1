"""`foundry-compare judge`: a second model scores or compares the answers of sessions."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from tui.cli.exit_codes import ExitCode, ends_with, worst
from tui.cli.hidden_models import why_hidden
from tui.cli.output import Command, handles_errors, host_option, rubric_option, say, show_json, show_sentence
from tui.cli.own_rater import asks_as_option
from tui.cli.progress_line import ProgressLine
from tui.cli.session_names import named_session
from tui.cli.settings import configured
from tui.core.catalog.model_card import ModelCard
from tui.core.scoring.judgement import NO_JUDGES, said_of_counts
from tui.core.scoring.rubric import Rubric
from tui.core.text.clean import clean, clean_line
from tui.hosts.base import Host, HostInfo
from tui.runner.host_models import HostModels
from tui.runner.judging import Judged, judge_file
from tui.runner.kept_session import load_kept
from tui.runner.open_session import connected_host
from tui.storage.prompt_files import read_rubric

_SHOWN = 10
"""Questions of which it is said why they were not decided."""


@click.command(cls=Command)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILES…")
@click.option("-m", "--model", "model", required=True, metavar="MODEL", help="The model that judges: an id or alias.")
@host_option
@click.option("--pairs", is_flag=True, help="Compare each two answers to a prompt, in both orders, instead of scoring.")
@rubric_option
@asks_as_option
@click.option("--again", is_flag=True, help="Ask once more what this judge has decided already.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@handles_errors
@configured
@ends_with(ExitCode.NO_HOST, ExitCode.NO_MODEL, ExitCode.MODEL_FAILED, ExitCode.EMPTY)
def judge(
    files: tuple[Path, ...],
    model: str,
    host: tuple[str, ...],
    pairs: bool,
    rubric: Path | None,
    again: bool,
    as_json: bool,
) -> ExitCode:
    """Have a second model score the answers of FILES by the rubric, or compare them in pairs.

    Its scores are kept in the sessions under a rater of its own, never mixed with those of people, with a reason for
    each. It reads no names of models. What it answers that is no verdict is asked for once more, then counted.
    """
    criteria = read_rubric(rubric) if rubric is not None else None
    paths = [named_session(file) for file in files]
    done: list[Judged] = []
    with connected_host(host) as (opened, info):
        card = HostModels(opened, info).find(model)
        if card.toy:
            say(NO_JUDGES)
        for path in paths:
            one = _judge(path, opened, info, card, pairs=pairs, rubric=criteria, again=again)
            done.append(one)
            if not as_json:
                _say(one, pairs)
    if as_json:
        show_json({"sessions": [_as_json(one) for one in done]})
    return worst(_code(one) for one in done)


def _judge(
    path: Path, host: Host, info: HostInfo, card: ModelCard, *, pairs: bool, rubric: Rubric | None, again: bool
) -> Judged:
    line = ProgressLine(sys.stderr)

    try:
        return judge_file(path, host, info, card, pairs=pairs, rubric=rubric, again=again, on_progress=line.show)
    finally:
        line.clear()


def _say(one: Judged, pairs: bool) -> None:
    name, judge, counts = clean_line(one.path.name), clean_line(one.rater), one.counts
    if not one.asked:
        show_sentence(f"{name}: nothing is left to judge for {judge}; --again asks it all once more.")
        return
    if pairs:
        show_sentence(f"{name}: {counts.called} of {counts.pairs} pairs called by {judge}, {counts.neither} without a"
             f" preference, {counts.flipped} not called: in the other order it said something else.")  # fmt: skip
    else:
        show_sentence(f"{name}: {counts.scores} of {one.asked} scores by {judge}.")
    if counts.questions:
        show_sentence(f"How: {said_of_counts(counts)}.")
    for what, found in (("No verdict, after a second try", one.undecided), ("No answer", one.failed)):
        for key, why in list(found.items())[:_SHOWN]:
            say(clean(f"{what}: {clean_line(key, 60)}: {clean_line(why, 200)}"))
        if len(found) > _SHOWN:
            say(f"{what}: {len(found) - _SHOWN} more.")
    for sentence in _partial(one):
        show_sentence(f"{clean_line(sentence, 200)}: a judge prefers what is like itself.")
    if counts.scores or counts.called:
        show_sentence(
            "Unproven until people have scored 30 of the same answers: `foundry-compare report` says how they agree."
        )


def _partial(one: Judged) -> Iterator[str]:
    """What makes the judge partial, unless that would name models that are hidden from whoever asks."""
    if one.partial and why_hidden(load_kept(one.path)) is None:
        yield from one.partial


def _as_json(one: Judged) -> dict[str, Any]:
    return {
        "path": str(one.path),
        "rater": one.rater,
        "model": one.card.id,
        "asked": one.asked,
        **asdict(one.counts),
        "undecided": one.undecided,
        "failed": one.failed,
        "partial": list(_partial(one)),
    }


def _code(one: Judged) -> ExitCode:
    if one.failed:
        return ExitCode.MODEL_FAILED
    return ExitCode.EMPTY if one.undecided and not (one.counts.scores or one.counts.pairs) else ExitCode.GOOD
