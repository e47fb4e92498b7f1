"""A stored session that goes on: its lock is taken before it is read, and held until it is closed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tui.core.catalog.host_info import HostInfo
from tui.core.catalog.model_card import ModelCard, find_or_believe
from tui.core.errors import BadInputError, NoHostError, NoModelError, StoreError
from tui.core.sessions.session import Session, newer_schema
from tui.core.text.clean import clean_line
from tui.files import is_there
from tui.hosts.unknown_model import missing_model
from tui.runner.host_models import host_names
from tui.runner.updates import Listener, ProblemFound
from tui.storage import paths
from tui.storage.file_lock import lock_holder, lock_path
from tui.storage.journal import journal_path
from tui.storage.journal_folder import SessionInUseError
from tui.storage.session_files import load_whole
from tui.storage.session_recovery import recover
from tui.storage.session_writer import TomlSessionWriter


@contextmanager
def resumed_session(
    path: Path, *, save: bool, on_update: Listener
) -> Iterator[tuple[Session, TomlSessionWriter | None]]:
    """The session of a file that is to be gone on with, and what keeps it there if `save` says so.

    What programs that died left in its folder is taken in first. Two programs that read the session before one of them
    has its lock would ask the same under the same ids. Raises BadInputError when the file is no session or cannot be
    gone on with, StoreError when another program has it open.
    """
    explained = _taken_in(path, on_update)
    # Without a file there may be another program that is about to make it.
    there = is_there(path) or is_there(lock_path(path.parent, path.stem))
    writer = TomlSessionWriter(path.parent, path.stem, paths.state_dir()) if save and there else None
    try:
        if writer is not None:
            _hold(path, writer, explained=explained)
        yield _load(path), writer
    finally:
        if writer is not None:
            writer.release()


def _taken_in(path: Path, on_update: Listener) -> bool:
    """Take in what was left in the folder; whether it was reported why something of this session was not."""
    explained = False
    if os.path.isdir(path.parent):  # noqa: PTH112 - never raises
        for found in recover(path.parent, paths.state_dir()):
            if found.problem is not None:
                on_update(ProblemFound(found.problem))
                explained = explained or found.path in _journals(path)
    return explained


def _hold(path: Path, writer: TomlSessionWriter, *, explained: bool) -> None:
    in_use = StoreError(
        f"{clean_line(path.name)} cannot be gone on with",
        "Another program has it open",
        "Try again when it has ended.",
    )
    # A program that cannot write to the session's folder has its lock in the spare one.
    if lock_holder(lock_path(paths.state_dir(), path.stem)) is not None:
        raise in_use
    try:
        writer.hold()
    except SessionInUseError as error:
        raise in_use from error
    except StoreError:
        pass  # No folder can be written: that is reported when there is something to write.
    if any(map(is_there, _journals(path))) and not explained:
        raise in_use  # It has died since what was left was taken in, and the file lacks what it asked.


def _journals(path: Path) -> list[Path]:
    return [journal_path(folder, path.stem) for folder in (path.parent, paths.state_dir())]


def _load(path: Path) -> Session:
    session, name = load_whole(path), clean_line(path.name)
    if session.whole_id != session.id:
        raise BadInputError(f"{name} is a further part of a session", hint=f"Go on with {session.whole_id}.toml.")
    if session.read_only:
        raise BadInputError(f"{name} can be read, but not gone on with", newer_schema(session), "Update this program.")
    return session


def check_host(session: Session, info: HostInfo, cards: tuple[ModelCard, ...]) -> None:
    """Whether a plan can go on at this host: numbers of two kinds of host must not meet in one plan, and a model that
    is gone would only fail.

    Raises BadInputError for another kind of host, NoModelError or NoHostError for a model that is not there.
    """
    kind = session.host.get("kind")
    if kind is not None and kind != info.kind:
        raise BadInputError(
            f"The session was held with another kind of host: {clean_line(str(kind), 40)}",
            f"This one is {info.kind}",
            "Name the same one with --host.",
        )
    for model in session.models.values():
        if find_or_believe(cards, model.card.key, host_names(info)) is None:
            missing = missing_model(model.card.key, cards, info)
            if isinstance(missing, NoHostError):
                raise missing
            raise NoModelError(f"There is no model {clean_line(model.card.key, 80)} on this host any more")
