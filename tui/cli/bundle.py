"""What a bug report needs, as one text: `foundry-compare doctor --bundle FILE`.

No prompts, no answers, no names of people and no secrets are in it; a session's texts only where they were asked for.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import click

from tui.cli.output import say, show
from tui.core.blind.concealed import concealed_model, with_judges_unnamed
from tui.core.blind.orders import is_unrevealed
from tui.core.errors import BadInputError, CompareError, reason_of
from tui.core.sessions.session_dict import session_to_dict
from tui.core.sessions.without_texts import length_of, without_texts
from tui.core.settings import SETTINGS
from tui.core.text.clean import clean, clean_line
from tui.core.text.formatting import data_size
from tui.hosts.config_entry import HOST_FORMAT
from tui.net.secrets import redacted, remember_secret
from tui.runner.kept_session import load_kept
from tui.storage import paths
from tui.storage.atomic_file import write_atomic
from tui.storage.config import read_config
from tui.storage.journal import SUFFIX as JOURNAL_SUFFIX
from tui.storage.session_files import collect, load
from tui.storage.toml_writer import emit

_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL", re.IGNORECASE)
"""What variables are called that hold something secret."""
_OURS = ("FOUNDRY_", "COMPARE_", "BENCH_", "SLM_", "LLM_")
_PLAIN = ("theme", "plan.mode", "report.format")
"""Settings whose text is one of the program's own words."""
_LATEST = 20
"""Sessions that are looked at for damage: the newest of them."""
_MOST_NAMED = 10


def bundle_text(doctor: Sequence[str], sessions: Sequence[Path], *, texts: bool) -> str:
    """The whole text: what the doctor says, what is set, how the folder of sessions is, and these sessions."""
    for name, value in os.environ.items():
        if _SECRET_NAME.search(name):
            remember_secret(value)
    parts = [
        "What foundry-compare says of itself for a bug report. Read it before you hand it on.",
        _section("Doctor", doctor),
        _section("Settings", _settings()),
        _section("Variables that are set", _variables(os.environ)),
        _section("Sessions", _folder(paths.sessions_dir())),
        *(_section(f"Session {clean_line(file.name)}", [_session(file, texts=texts)]) for file in sessions),
    ]
    return _without_home(redacted(clean("\n\n".join(parts)))) + "\n"


def write_bundle(output: Path, text: str, *, sure: bool) -> bool:
    """Show the text, ask, and write it; whether it was written. Raises CompareError."""
    show(text.rstrip("\n"))
    if not sure:
        if not sys.stdin.isatty():
            raise BadInputError(
                f"{output} was not written", "There is nobody to ask", "--yes writes it without a question."
            )
        if not click.confirm(f"\nThat is all of it. Write it to {clean_line(str(output))}?", err=True):
            say("Nothing was written.")
            return False
    data = text.encode("utf-8")

    write_atomic(output, data)
    say("Written to", whole=str(output))
    return True


def _section(title: str, lines: Sequence[str] | Iterator[str]) -> str:
    return "\n".join([f"== {title} ==", *lines]).rstrip()


def _settings() -> Iterator[str]:
    try:
        found = read_config(paths.config_dir(), HOST_FORMAT)
    except CompareError as error:
        yield error.sentence()
        return
    if found.text is None:
        yield "no configuration"
    for setting in SETTINGS:
        if setting.key in found.values:
            value = found.values[setting.key]
            plain = isinstance(value, bool | int | float) or setting.key in _PLAIN
            yield f"{setting.key} = {value if plain else length_of(str(value))}"
    yield from (f"wrong: {length_of(found.said(problem))}" for problem in found.problems)


def _variables(environ: Mapping[str, str]) -> Iterator[str]:
    yield ", ".join(sorted(name for name in environ if name.startswith(_OURS))) or "none"


def _folder(folder: Path) -> Iterator[str]:
    files, unlisted = collect([folder])
    yield from (error.sentence() for _, error in unlisted)
    if not os.path.isdir(folder):  # noqa: PTH112 - never raises
        yield f"{folder} is not there"
        return
    sizes = {file: _size(file) for file in files}
    yield f"{_counted(len(files), 'file')}, {data_size(sum(sizes.values()))}, in {folder}"
    journals = sorted(file.name for file in folder.glob(f"*{JOURNAL_SUFFIX}"))
    if journals:
        yield f"{_counted(len(journals), 'journal')}: {', '.join(journals[:_MOST_NAMED])}"
    newest = sorted(files, key=lambda file: file.name, reverse=True)[:_LATEST]
    damaged = [(file, reason) for file in newest if (reason := _damage(file))]
    yield f"{len(damaged)} of the newest {len(newest)} cannot be read"
    for file, reason in damaged[:_MOST_NAMED]:
        yield f"{clean_line(file.name)}: {reason}"


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}" + "s" * (count != 1)


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


def _damage(file: Path) -> str:
    """Why a session cannot be read, without what it holds: the reason may quote a line of it."""
    try:
        load(file)
    except CompareError as error:
        return clean_line(re.sub(r"[`'\"].*[`'\"]", "(…)", error.detail), 120)
    return ""


def _session(file: Path, *, texts: bool) -> str:
    session = load_kept(file)
    if is_unrevealed(session):
        session = with_judges_unnamed(session)
        session = replace(session, models={key: concealed_model(key) for key in session.models}, host={}, hosts={})
    try:
        tables = session_to_dict(session if texts else without_texts(session))
        return emit({key: value for key, value in tables.items() if value not in ([], {})})
    except (ValueError, TypeError, RecursionError) as error:
        raise BadInputError(f"{file} cannot be put into a bug report", reason_of(error)) from error


def _without_home(text: str) -> str:
    """The text without the user's home folder, which has their name in it."""
    try:
        home = str(Path.home())
    except RuntimeError:
        return text
    return text.replace(home, "~") if len(home) > 1 else text
