"""`foundry-compare sessions show`: one session as text."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from tui.cli.exit_codes import ExitCode, ends_with
from tui.cli.hidden_models import why_hidden
from tui.cli.output import Command, handles_errors, say, show, show_heading, show_sentence
from tui.cli.own_rater import asks_as_option, own_rater
from tui.cli.session_names import named_session
from tui.core.requests.outcome import COMPLETE, outcome
from tui.core.requests.request import Request
from tui.core.sessions.session import Session
from tui.core.sessions.summary import concealed, summary_of
from tui.core.text.clean import clean_line
from tui.core.text.line_width import room_in
from tui.storage.session_files import load_sessions, load_whole

_WIDTH, _INDENT = 64, 4


@click.command("show", cls=Command)
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@asks_as_option
@handles_errors
@ends_with()
def show_command(file: Path) -> ExitCode:
    """Print a session: what it is, its questions, and the answers with their figures.

    FILE is a path, or the name or id of a session in the folder that this program keeps. In the middle of a blind
    review the questions alone are printed.
    """
    path = named_session(file)
    session = _read(path)
    why_not = why_hidden(session)
    hidden = why_not is not None
    for name, value in _facts(path, session, hidden=hidden):
        show_sentence(f"{name:<10} {value}", indent=_INDENT)
    if why_not is not None:
        say(why_not.sentence())
    for key, prompt in session.prompts.items():
        asked = [request for request in session.requests.values() if request.spec.prompt == key and not hidden]
        show("\n" + "═" * min(room_in(sys.stdout) or _WIDTH, _WIDTH))
        show(prompt.user, own=False)
        for request in asked:
            if not request.spec.warmup:
                _show_answer(session, request)
    return ExitCode.GOOD


def _read(path: Path) -> Session:
    """The whole session, with what its journal has and its file lacks."""
    whole = load_whole(path)
    found = load_sessions(path, skipped=lambda where, error: say(f"{where}: {error.sentence()}"))
    read = next(found, whole)
    return read if len(read.requests) >= len(whole.requests) else whole


def _facts(path: Path, session: Session, *, hidden: bool) -> Iterator[tuple[str, str]]:
    summary = concealed(summary_of(session)) if hidden else summary_of(session)
    yield "file", clean_line(str(path))
    if summary.title:
        yield "title", clean_line(summary.title)
    if summary.tags:
        yield "tags", clean_line(", ".join(summary.tags))
    yield "began", summary.created.astimezone().isoformat(" ", "seconds")
    yield "state", summary.state
    yield "models", "hidden" if hidden else clean_line(", ".join(summary.models) or "-")
    yield "mode", ", ".join(summary.modes) or "-"
    yield "answers", ", ".join(f"{count} {state}" for state, count in summary.states.items()) or "-"
    if summary.left:
        yield "to ask", f"{summary.left} more: `foundry-compare run --resume {clean_line(str(path))}`"
    rater = own_rater()
    scored = {name: summary.decided.get(name, 0) for name in (*summary.raters, rater)}
    yield "scored", ", ".join(
        f"{clean_line(name, 40)} {count} of {summary.answers}" for name, count in scored.items()
    ) + summary.which_answers  # fmt: skip
    notes = [note.text for note in session.notes if not note.run and not note.model and note.text]
    if notes:
        yield "note", clean_line(notes[-1])


def _show_answer(session: Session, request: Request) -> None:
    from tui.cli.run import summary

    model = session.model_of(request)
    device = f" · {model.card.device}" if model.card.device else ""
    title = f"{clean_line(model.name, 80)}{device} · {clean_line(request.spec.id, 20)}"
    title += f" · round {request.spec.round}" if request.spec.round > 1 else ""
    show_heading(title)
    if request.answer:
        show(request.answer, own=False)
    ended = outcome(request)
    if ended != COMPLETE:
        show_sentence(f"{request.state.value}: {ended}")
    show_sentence(f"[{summary(request)}]")
