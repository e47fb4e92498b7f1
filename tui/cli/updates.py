"""What a command says on stderr while a plan runs, and of sessions that were completed meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tui.cli.output import say
from tui.core.errors import CompareError
from tui.core.sessions.resumption import said_of
from tui.core.text.clean import clean_line
from tui.runner.recovery import (
    RecoveryBegan,
    RecoveryFailed,
    RecoveryUpdate,
    SessionRecovered,
    recover_sessions,
)
from tui.runner.updates import ConditionsChanged, HostMoved, InterruptedAndKept, ProblemFound, RetryPaused, Update


def say_update(update: Update) -> None:
    """Say what every command says of an update. Of answers, each command says what it is asked for."""
    match update:
        case ProblemFound(error):
            say(f"foundry-compare: {error.sentence()}")
        case RetryPaused(models, seconds):
            names = ", ".join(clean_line(name, 80) for name in models)
            say(f"{names}: asked once more in {seconds:g} s{', as the host wishes' * update.asked_by_host}")
        case InterruptedAndKept(path):
            say("Kept in", whole=str(path))
        case HostMoved(before, now):
            say(f"This session was begun at {clean_line(before, 200)}; it goes on at {clean_line(now, 200)}.")
        case ConditionsChanged(changed):
            # Where the host is has been said.
            if others := said_of(one for one in changed if not one.name.endswith(".endpoint")):
                say(f"The session goes on under other conditions than before: {clean_line(others, 400)}.")
        case RecoveryBegan() | SessionRecovered() | RecoveryFailed():
            text = recovery_text(update)
            say(text if isinstance(text, str) else text.sentence())


def recovery_text(update: RecoveryUpdate) -> str | CompareError:
    """A sentence on a session that a program left behind when it died, or the error that left it as it was."""
    match update:
        case RecoveryBegan(journal, size):
            return f"A session is being completed from its journal ({size / 1e6:.0f} MB): {journal.name} …"
        case SessionRecovered(path, answers, scores):
            return (
                f"A session whose file was not complete has been completed from its journal (answers: {answers}, "
                f"scores: {scores}): {path.name}."
            )
        case RecoveryFailed(error):
            return error


def recovering(directory: Path) -> Callable[[Callable[[str | CompareError], object]], None]:
    """What completes the sessions in this folder, for the screen to call with whatever shows a text there."""

    def recover(show: Callable[[str | CompareError], object]) -> None:
        recover_sessions(directory, lambda update: show(recovery_text(update)))

    return recover
