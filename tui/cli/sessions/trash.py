"""`foundry-compare sessions trash`, `restore` and `forget`: sessions put away, brought back, deleted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import click

from tui.cli.exit_codes import ExitCode, ends_with, of_error, worst
from tui.cli.output import Command, handles_errors, say, show_sentence
from tui.cli.session_names import named_session
from tui.core.errors import BadInputError, CompareError
from tui.files import is_there
from tui.storage import paths
from tui.storage.index.database import SessionIndex, index_path
from tui.storage.index.scan import key_of
from tui.storage.trash import Trashed, forget, in_trash, restore, trash

_files = click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")


@click.command("trash", cls=Command)
@_files
@handles_errors
@ends_with()
def trash_command(files: tuple[Path, ...]) -> ExitCode:
    """Put sessions into the trash, a folder beside them: `sessions restore` brings them back."""

    def put_away(file: Path) -> None:
        trashed = trash(named_session(file))
        _leave_out([old for old, _ in trashed.moved])
        show_sentence(f"{trashed.path} is in the trash:", whole=str(trashed.moved[0][1]))

    return _each(files, put_away)


@click.command("restore", cls=Command)
@_files
@handles_errors
@ends_with()
def restore_command(files: tuple[Path, ...]) -> ExitCode:
    """Bring sessions back from the trash. FILE is where one was, its name, or where it is in the trash."""

    def bring_back(file: Path) -> None:
        trashed = _in_trash(file)
        restore(trashed)
        show_sentence(f"{trashed.path} is back")

    return _each(files, bring_back)


@click.command("forget", cls=Command)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="FILE…")
@click.option("--index", "whole_index", is_flag=True, help="Empty the index: no file is deleted.")
@handles_errors
@ends_with()
def forget_command(files: tuple[Path, ...], whole_index: bool) -> ExitCode:
    """Delete sessions for good, from the index too. One that is in the trash is named like those that are not."""
    if not files and not whole_index:
        raise BadInputError("Nothing is to be forgotten", hint="Name a FILE, or give --index.")

    def delete(file: Path) -> None:
        try:
            path = named_session(file)
        except BadInputError:
            path = _in_trash(file).moved[0][1]
        _leave_out(forget(path), for_good=True)
        show_sentence(f"{path} is deleted")

    code = _each(files, delete)
    if whole_index and is_there(index_path(paths.cache_dir())):
        with SessionIndex(index_path(paths.cache_dir())) as index:
            index.clear()
    if whole_index:
        say("The index is empty: it is made once more when sessions are listed.")
    return code


def _in_trash(file: Path) -> Trashed:
    """The session that was put away, by a path, or by its name or id in the folder that this program keeps."""
    name = file.name if file.suffix == ".toml" else f"{file.name}.toml"
    try:
        return in_trash(file.with_name(name))
    except BadInputError:
        if file.parent != Path():
            raise
        return in_trash(paths.sessions_dir() / name)


def _each(files: Sequence[Path], act: Callable[[Path], None]) -> ExitCode:
    """Act on one after another: what is wrong with one keeps no other from it."""
    codes = []
    for file in files:
        try:
            act(file)
        except CompareError as error:
            say(f"foundry-compare: {error.sentence()}")
            codes.append(of_error(error))
    return worst(codes)


def _leave_out(files: Sequence[Path], *, for_good: bool = False) -> None:
    """Take files out of the index, where there is one."""
    path = index_path(paths.cache_dir())
    if is_there(path):
        with SessionIndex(path) as index:
            index.drop(map(key_of, files), for_good=for_good)
