"""`foundry-compare sessions agreement`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from tui.cli.exit_codes import ExitCode, ends_with
from tui.cli.output import Command, handles_errors, say, show, show_json, show_sentence
from tui.cli.own_rater import own_rater
from tui.cli.session_names import named_session
from tui.core.blind.concealed import with_judges_unnamed
from tui.core.blind.orders import is_hidden_from
from tui.core.errors import BadInputError
from tui.core.scoring.disagreement import SharedAnswer, shared_answers
from tui.core.scoring.score_sheet import blind_id
from tui.core.sessions.merge import Copy, merged
from tui.core.sessions.session import Session
from tui.core.text.cell_width import cell_width, table_lines, table_rows
from tui.core.text.clean import clean_line
from tui.core.text.line_width import room_in
from tui.report.aggregate import aggregate
from tui.report.formats.json import agreement_as_json
from tui.report.raters import said_of_agreement
from tui.runner.kept_session import load_kept

_SHOWN = 20
"""Rows of the list where nobody says how many."""
_WIDTH = 79
"""Cells of a line: a terminal of 80 need not break it."""
_LEAST_PROMPT = 16
"""Characters of a prompt that are shown, however long the rest of the line."""
_HEADINGS = ("apart", "criterion", "given", "decided", "answer", "prompt")


@click.command("agreement", cls=Command)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILES…")
@click.option("--rater", "raters", multiple=True, metavar="NAME", help="Compare these people alone; repeat.")
@click.option("--limit", type=click.IntRange(0), default=_SHOWN, show_default=True, metavar="N",
              help="How many answers to list.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout, with all answers.")
@handles_errors
@ends_with()
def agreement_command(files: tuple[Path, ...], raters: tuple[str, ...], limit: int, as_json: bool) -> ExitCode:
    """Say how far people agree who scored the same answers, and list what they differ about, the most first.

    Several people's copies of one session are taken together, as by `sessions merge`. The list does not name models;
    until the models of a session are revealed to you, neither are those named that judged it.
    """
    sessions, said = _taken_together([(str(file), load_kept(named_session(file))) for file in files])
    sessions = [with_judges_unnamed(one) if is_hidden_from(one, own_rater()) else one for one in sessions]
    for sentence in said:
        say(f"{sentence}.")
    if raters:
        sessions = [_of(session, raters) for session in sessions]
    found = [(session, one) for session in sessions for one in shared_answers(session, session.raters, among=raters)]
    found.sort(key=lambda pair: pair[1].disagreement, reverse=True)
    agreed = aggregate(sessions).agreements
    if as_json:
        show_json({
            "agreement": [agreement_as_json(one) for one in agreed],
            "answers": [_as_json(session, one) for session, one in found],
        })  # fmt: skip
        return ExitCode.GOOD
    for one in agreed:
        show_sentence(f"{said_of_agreement(one)}.")
    apart = [(session, one) for session, one in found if one.apart]
    if not found:
        say("No answer was scored by two people for the same criterion.")
    elif not apart:
        say("Nobody differs about anything.")
    elif rows := apart[:limit]:
        show("")
        _show_rows(rows, several=len(sessions) > 1)
        if len(rows) < len(apart):
            say(f"{len(rows):,} of {len(apart):,} rows, one for each answer and criterion; --limit N shows more.")
    return ExitCode.GOOD


def _taken_together(copies: Sequence[tuple[str, Session]]) -> tuple[list[Session], list[str]]:
    """The sessions, several copies of one as one; and what is to be said of those."""
    by_id: dict[str, list[Copy]] = {}
    for name, session in copies:
        by_id.setdefault(session.id, []).append(Copy(clean_line(name), session))
    sessions: list[Session] = []
    said: list[str] = []
    for group in by_id.values():
        if len(group) == 1:
            sessions.append(group[0].session)
            continue
        try:
            found = merged(group)
        except ValueError as error:
            raise BadInputError("These copies cannot be compared", str(error)) from error
        sessions.append(found.session)
        said += [*found.duplicates, *found.mismatches]
    return sessions, said


def _of(session: Session, raters: Sequence[str]) -> Session:
    """The session with these people's scores alone. Raises BadInputError when one of them gave none."""
    given = {score.rater for score in session.scores}
    for name in raters:
        if name not in given:
            there = ", ".join(clean_line(one, 30) for one in sorted(given)) or "nobody"
            raise BadInputError(f"{name} gave no score", f"Scores are from {there}")
    return replace(session, scores=[score for score in session.scores if score.rater in raters])


def _show_rows(rows: Sequence[tuple[Session, SharedAnswer]], *, several: bool) -> None:
    table = [_HEADINGS[:-1], *(_row(session, one, several=several) for session, one in rows)]
    prompts = [_HEADINGS[-1], *(session.prompts[session.requests[one.run].spec.prompt].user for session, one in rows)]
    lines = ["  ".join(row) for row in table_rows(table)]
    terminal, taken = room_in(sys.stdout), cell_width(lines[0]) + 2
    room = min(_WIDTH, terminal or _WIDTH)
    below = terminal is not None and taken + _LEAST_PROMPT > room
    left = max((_WIDTH if below else room) - taken, _LEAST_PROMPT)
    shown = [clean_line(prompt, left) for prompt in prompts]
    if below:
        lines = table_lines([(*row, prompt) for row, prompt in zip(table, shown, strict=True)], room, alike=True)
    else:
        lines = [f"{line}  {prompt}" for line, prompt in zip(lines, shown, strict=True)]
    for line in lines:
        show(line)


def _row(session: Session, one: SharedAnswer, *, several: bool) -> tuple[str, ...]:
    run = _run_of(session, one)
    return (
        f"{one.apart} of {one.scale - 1}",
        clean_line(one.criterion, 20),
        one.given,
        "-" if one.decided is None else str(one.decided.value),
        clean_line(f"{session.id} {run}" if several else run),
    )


def _run_of(session: Session, one: SharedAnswer) -> str:
    """What the answer is called: in a blind review as in a sheet, for runs are numbered in the order of the models."""
    return blind_id(session, session.requests[one.run]) if is_hidden_from(session, own_rater()) else one.run


def _as_json(session: Session, one: SharedAnswer) -> dict[str, Any]:
    decided = one.decided
    return {
        "session": session.id,
        "run": _run_of(session, one),
        "prompt": session.prompts[session.requests[one.run].spec.prompt].user,
        "criterion": one.criterion,
        "scale": one.scale,
        "rubric": one.rubric or None,
        "scores": dict(one.scores),
        "apart": one.apart,
        "decided": None if decided is None else {"rater": decided.rater, "value": decided.value},
    }
