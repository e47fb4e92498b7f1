"""`foundry-compare judge`: a second model scores or compares the answers of sessions."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from tui import api
from tui.cli.exit_codes import ExitCode, ends_with, worst
from tui.cli.hidden_models import why_hidden
from tui.cli.output import Command, handles_errors, host_option, rubric_option, say, show, show_json
from tui.cli.progress_line import ProgressLine
from tui.cli.session_names import named_session
from tui.cli.settings import configured
from tui.core.text.clean import clean, clean_line
from tui.judging import Judged
from tui.judging import judge as judge_session
from tui.runner.kept_session import load_kept
from tui.storage.prompt_files import read_rubric


@click.command(cls=Command)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILES…")
@click.option("-m", "--model", "model", required=True, metavar="MODEL", help="The model that judges: an id or alias.")
@host_option
@click.option("--pairs", is_flag=True, help="Compare each two answers to a prompt, in both orders, instead of scoring.")
@rubric_option
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
    done: list[Judged] = []
    for file in files:
        path = named_session(file)
        line = ProgressLine(sys.stderr)

        def on_update(update: api.Update, line: ProgressLine = line) -> None:
            if isinstance(update, api.RequestEnded):
                line.show(update.progress)

        try:
            one = judge_session(path, model, host=host, pairs=pairs, rubric=criteria, again=again, on_update=on_update)
        finally:
            line.clear()
        if why_hidden(load_kept(path)) is not None:
            one.partial = ()  # That would name models that are hidden from whoever asks.
        done.append(one)
        if not as_json:
            _say(one, pairs)
    if as_json:
        show_json({"sessions": [_as_json(one) for one in done]})
    return worst(_code(one) for one in done)


def _say(one: Judged, pairs: bool) -> None:
    name = clean_line(one.path.name)
    if not one.asked:
        show(f"{name}: nothing is left to judge for {clean_line(one.rater)}; --again asks it all once more.")
        return
    if pairs:
        show(f"{name}: {one.votes} of {one.pairs} pairs called by {clean_line(one.rater)}, {one.neither} without a"
             f" preference, {one.flipped} not called: in the other order it said something else.")  # fmt: skip
    else:
        show(f"{name}: {one.scores} of {one.asked} scores by {clean_line(one.rater)}.")
    if one.retried:
        show(f"{one.retried} at the second try.")
    for what, found in (("No verdict, after a second try", one.unusable), ("No answer", one.failed)):
        for key, why in list(found.items())[:10]:
            say(clean(f"{what}: {clean_line(key, 60)}: {clean_line(why, 200)}"))
        if len(found) > 10:
            say(f"{what}: {len(found) - 10} more.")
    for sentence in one.partial:
        show(f"{clean_line(sentence, 200)}: a judge prefers what is like itself.")
    if one.scores or one.votes:
        show("Unproven until people have scored 30 of the same answers: `foundry-compare report` says how they agree.")


def _as_json(one: Judged) -> dict[str, Any]:
    data = asdict(one)
    return data | {"path": str(one.path), "model": data.pop("card")["id"], "partial": list(one.partial)}


def _code(one: Judged) -> ExitCode:
    if one.failed:
        return ExitCode.MODEL_FAILED
    return ExitCode.EMPTY if one.unusable and not (one.scores or one.pairs) else ExitCode.GOOD
