"""`foundry-compare sessions list` and `search`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import click

from tui.background import collector_off
from tui.cli.exit_codes import ExitCode, ends_with
from tui.cli.output import Command, handles_errors, say, sessions_option, show, show_json_lists, show_lines
from tui.cli.own_rater import asks_as_option, own_rater, said_of_others
from tui.cli.sessions.places import (
    caught_up,
    listed,
    named_folders,
    no_index_option,
    opened_index,
    shown_path,
    with_rest,
)
from tui.core.sessions.summary import as_seen_by
from tui.core.text.cell_width import table_rows
from tui.core.text.clean import clean_line
from tui.core.text.formatting import data_size
from tui.core.text.line_width import line_width
from tui.storage.index.catch_up import FoundPlace, Hit, search
from tui.storage.index.rows import DamagedFile, SessionRow
from tui.storage.paths import state_dir

_MODELS_WIDTH = 40
_LEAST = 20
"""Cells of a title at the least."""
_text: Callable[[str], str] = json.encoder.encode_basestring_ascii
"""A text as JSON, without the detours of `json.dumps`."""
_list = lru_cache(maxsize=4096)(json.dumps)
"""Names that many sessions have in common, as JSON."""

_limit_option = click.option("--limit", type=click.IntRange(1), metavar="N", help="The newest N alone. Without it all.")
_json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")


@click.command("list", cls=Command)
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path), metavar="[DIR…]")
@sessions_option
@_limit_option
@_json_option
@asks_as_option
@no_index_option
@handles_errors
@ends_with()
def list_command(
    folders: tuple[Path, ...], sessions: Path | None, limit: int | None, as_json: bool, no_index: bool
) -> ExitCode:
    """List sessions, the newest first: when, which models, what was asked, how many answers you have not scored.

    Without DIR those that this program keeps. Files that cannot be read are named with the reason.
    """
    places = named_folders(folders, sessions)
    with opened_index(no_index=no_index) as index, collector_off():
        found = listed(index, places)
        rater = own_rater()
        rows = [_as_seen_by(rater, row) for row in found.sessions[:limit]]
        if not as_json:
            _show_rows(rows, places, rater)
    for error in found.unlisted:
        say(f"foundry-compare: {error.sentence()}")
    if found.only_journals:
        _say_only_journals(places if folders or sessions is not None else [*places, state_dir()])
    if as_json:
        show_json_lists({
            "sessions": [row_as_json(row, rater) for row in rows],
            "damaged": [json.dumps(damaged_as_json(file)) for file in found.damaged],
        })  # fmt: skip
        return ExitCode.GOOD
    for file in found.damaged:
        say(f"damaged: {file.path}: {file.reason}")
    if not found.sessions and not found.damaged:
        say(f"There is no session in {', '.join(map(str, places))}.")
    elif len(rows) < len(found.sessions):
        say(f"{len(rows):,} of {len(found.sessions):,} sessions")
    if others := said_of_others(rater, (one for row in rows for one in row.summary.raters)):
        say(others)
    return ExitCode.GOOD


@click.command("search", cls=Command)
@click.argument("words", nargs=-1, required=True, metavar="WORDS")
@sessions_option
@_limit_option
@_json_option
@asks_as_option
@no_index_option
@handles_errors
@ends_with()
def search_command(
    words: tuple[str, ...], sessions: Path | None, limit: int | None, as_json: bool, no_index: bool
) -> ExitCode:
    """Find sessions in whose title, tags, prompts, answers, thinking, notes and models all WORDS stand.

    A word finds what begins with it; case does not matter.
    """
    places = named_folders((), sessions)
    with opened_index(no_index=no_index) as index, collector_off():
        found = caught_up(index, places)
        if not index.full_text:
            say("foundry-compare: This Python's SQLite has no FTS5: every text is gone through, which takes longer.")
        rater = own_rater()
        found_hits = islice(search(index, found, " ".join(words)), None if limit is None else min(limit, sys.maxsize))
        hits = (replace(hit, row=_as_seen_by(rater, hit.row)) for hit in found_hits)
        if as_json:
            show_json_lists({"hits": [_hit_as_json(hit, rater) for hit in hits]})
            return ExitCode.GOOD
        nothing = True
        for hit in hits:
            _show_hit(hit, places)
            nothing = False
    if nothing:
        say("Nothing was found.")
    return ExitCode.GOOD


def _say_only_journals(folders: Sequence[Path]) -> None:
    from tui.storage.session_recovery import sessions_only_in_journals  # takes long to load, and is seldom needed

    for journal in sessions_only_in_journals(folders):
        say(f"{journal} has a session that is in no file yet: start foundry-compare, and it is completed.")


def row_as_json(row: SessionRow, rater: str) -> str:
    """A session as in the output of `--json`, on one line. Written out, for a list has thousands: the library takes
    three times as long for a dictionary."""
    summary = row.summary
    states = None if summary.concealed else tuple(summary.states.items())
    return (
        f'{{"path": {_text(str(row.path))}, "id": {_text(summary.id)}, "created": "{summary.created.isoformat()}", '
        f'"state": {_text(summary.state)}, "title": {_text(summary.title) if summary.title else "null"}, '
        f'"tags": {_list(summary.tags)}, "prompt": {_text(summary.prompt) if summary.prompt else "null"}, '
        f'"prompts": {summary.prompts}, {_in_common(summary.models, summary.hosts, summary.modes, states)}, '
        f'"left": {summary.left}, "answers": {summary.answers}, "undecided": {summary.undecided(rater)}, '
        f'"raters": {_list(summary.raters)}, "size_bytes": {row.size}, '
        f'"parts": {_list(tuple(map(str, row.parts))) if row.parts else "[]"}, '
        f'"journal": {"true" if row.journal else "false"}}}'
    )


@lru_cache(maxsize=4096)
def _in_common(
    models: tuple[str, ...], hosts: tuple[str, ...], modes: tuple[str, ...], states: tuple[tuple[str, int], ...] | None
) -> str:
    """What many sessions have in common; `states` is None for one whose models are concealed."""
    fields = {
        "models": None if states is None else models,
        "hosts": hosts,
        "modes": modes,
        "states": None if states is None else dict(states),
    }
    return json.dumps(fields)[1:-1]


def damaged_as_json(file: DamagedFile) -> dict[str, Any]:
    """A file that cannot be read, as in the output of `--json`."""
    return {"path": str(file.path), "reason": file.reason, "size_bytes": file.size}


def _hit_as_json(hit: Hit, rater: str) -> str:
    places = [{"where": one.where, "run": _run_of(hit, one) or None, "text": str(one.extract)} for one in hit.shown]
    return f'{row_as_json(hit.row, rater)[:-1]}, "places": {json.dumps(places)}}}'


def _show_rows(rows: Sequence[SessionRow], places: Sequence[Path], rater: str) -> None:
    if not rows:
        return
    room = line_width(of_terminal=True)
    shown = [column for column in _COLUMNS if room >= column.from_width]
    table = [tuple(column.name for column in shown)]
    table += [tuple(column.cell(row, places, rater) for column in shown) for row in rows]
    lines = ["  ".join(cells) for cells in table_rows(table)]
    names = ["title or first prompt", *(_state(row) + row.summary.name for row in rows)]
    show_lines(with_rest(line, name, room, _LEAST) for line, name in zip(lines, names, strict=True))


@cache
def _listed(titles: tuple[str, ...]) -> str:
    return clean_line(", ".join(titles) or "-", _MODELS_WIDTH)


class _Column(NamedTuple):
    name: str
    from_width: int
    """How many cells a line must have for it to be shown."""
    cell: Callable[[SessionRow, Sequence[Path], str], str]


_COLUMNS = (
    _Column("session", 0, lambda row, places, rater: shown_path(row.path, places)),
    _Column("began", 96, lambda row, places, rater: row.summary.created.astimezone().isoformat(" ", "minutes")[:16]),
    _Column("unscored", 0, lambda row, places, rater: _unscored(row, rater)),
    _Column("size", 110, lambda row, places, rater: data_size(row.size)),
    _Column("mode", 110, lambda row, places, rater: ", ".join(row.summary.modes) or "-"),
    _Column("models", 130, lambda row, places, rater: _listed(row.summary.models)),
)


def _unscored(row: SessionRow, rater: str) -> str:
    answers = row.summary.answers
    return f"{row.summary.undecided(rater)} of {answers}" if answers else "-"


def _state(row: SessionRow) -> str:
    """What is not as usual."""
    return "" if row.summary.state == "finished" else f"[{row.summary.state}] "


def _show_hit(hit: Hit, places: Sequence[Path]) -> None:
    room, name = line_width(of_terminal=True), shown_path(hit.row.path, places)
    show(with_rest(name, hit.row.summary.name, room, _LEAST))
    for place in hit.shown:
        run = clean_line(_run_of(hit, place), 20)
        where = f"  {place.where}{f' {run}' if run else ''}: "
        show(where + clean_line(str(place.extract.within(room - len(where)))), own=False)


def _run_of(hit: Hit, place: FoundPlace) -> str:
    """The id of the run whose text it is; empty in a blind review, for runs are numbered in the order of the models."""
    return "" if hit.row.summary.concealed else place.run


def _as_seen_by(rater: str, row: SessionRow) -> SessionRow:
    seen = as_seen_by(rater, row.summary)
    return row if seen is row.summary else row._replace(summary=seen)
