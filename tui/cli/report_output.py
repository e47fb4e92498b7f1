"""Where a report goes: which format is meant, for which spreadsheet, and the files that are written."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import click

from tui.cli.output import say, show
from tui.cli.output_file import OR_FORCE, STDOUT, force_option
from tui.core.errors import BadInputError
from tui.core.text.line_width import shown_width
from tui.report.formats.registry import FILE_FORMATS, FORMATS, FileFormat, Format, format_of
from tui.report.formats.spreadsheet import Spreadsheet
from tui.report.formats.words import counted
from tui.report.report import Report
from tui.storage.atomic_file import write_atomic
from tui.storage.new_file import check_free

P = ParamSpec("P")
R = TypeVar("R")

NAMES = [form.name for form in (*FORMATS, *FILE_FORMATS)]
_SUFFIXES = ", ".join(form.suffix for form in (*FORMATS, *FILE_FORMATS))

_OPTIONS = (
    click.option(
        "--format", "name", type=click.Choice(NAMES),
        help=f"Without it, what the name of FILE ends in ({_SUFFIXES}), else {FORMATS[0].name}.",
    ),
    click.option(
        "-o", "--output", type=click.Path(path_type=Path), metavar="FILE",
        help="Write it to this file; - is stdout. Parquet goes into a folder, too.",
    ),
    force_option,
    click.option(
        "--excel", "spreadsheet", flag_value=Spreadsheet.EXCEL, default=Spreadsheet.ANY, type=Spreadsheet,
        help="CSV that Excel opens with a double click.",
    ),
    click.option(
        "--excel-comma", "spreadsheet", flag_value=Spreadsheet.EXCEL_COMMA, type=Spreadsheet,
        help="The same where Excel's decimal sign is a comma.",
    ),
)  # fmt: skip


def report_output_options(command: Callable[P, R]) -> Callable[P, R]:
    """Give a command the options that say where its report goes: `name`, `output`, `force` and `spreadsheet`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def format_for(name: str | None, output: Path | None) -> Format | FileFormat:
    """The format that is named, else the one that the file's name says, else the one for a terminal. Raises
    BadInputError."""
    if name is not None:
        return next(form for form in (*FORMATS, *FILE_FORMATS) if form.name == name)
    if output is None or output == STDOUT:
        return FORMATS[0]
    form = format_of(output)
    if form is None:
        raise BadInputError(
            f"The name {output} does not say which format is meant", f"It ends in none of {_SUFFIXES}",
            f"Name one with --format: {', '.join(NAMES)}.",
        )  # fmt: skip
    return form


def check_output(
    output: Path | None, form: Format | FileFormat, *, force: bool, spreadsheet: Spreadsheet = Spreadsheet.ANY
) -> None:
    """Raises BadInputError where a report in this format cannot go there, before anything is read."""
    if spreadsheet is not Spreadsheet.ANY and (isinstance(form, FileFormat) or form.for_spreadsheet is None):
        raise BadInputError(f"--excel is for CSV, and {form.name} is none", hint="Give -o report.csv.")
    if spreadsheet is not Spreadsheet.ANY and (output is None or output == STDOUT):
        raise BadInputError("--excel goes into a file", hint="Give -o report.csv.")
    if isinstance(form, FileFormat):
        form.check()
        if output is None or output == STDOUT:
            raise BadInputError(
                f"{form.name} is no text for a terminal or a pipe", hint=f"Give -o report{form.suffix}, or a folder."
            )
        if _is_folder(output, form):
            return
    if output is not None and output != STDOUT:
        check_free(output, force=force, or_else=OR_FORCE)


def put_report(
    output: Path | None,
    form: Format | FileFormat,
    made: Report,
    *,
    force: bool = False,
    spreadsheet: Spreadsheet = Spreadsheet.ANY,
) -> None:
    """Show a report, or write it to a file or into a folder and say so. Raises StoreError, and BadInputError where a
    file in the folder is there and must not be replaced."""
    if isinstance(form, FileFormat):
        if output is None:
            raise BadInputError(f"{form.name} is no text", hint="Give a file.")
        _write_files(output, form, made, force=force) if _is_folder(output, form) else _write(output, form.file(made))
        return
    shown = output is None or output == STDOUT
    if shown and form.in_width is not None:
        text = form.in_width(made, shown_width(sys.stdout))
    else:
        text = form.render(made) if form.for_spreadsheet is None else form.for_spreadsheet(made, spreadsheet)
    if output is None or output == STDOUT:
        show(text.rstrip("\r\n"), own=False)
    else:
        _write(output, text.encode("utf-8"))


def _is_folder(output: Path, form: FileFormat) -> bool:
    return output.is_dir() or not output.name.casefold().endswith(form.suffix)


def _write_files(folder: Path, form: FileFormat, made: Report, *, force: bool) -> None:
    """Into a folder. Nothing is written where a file is there that must not be replaced."""
    files = [(folder / place, data) for place, data in form.files(made)]
    there = [file for file, _ in files if file.exists()]
    if there and not force:
        raise BadInputError(
            f"{counted(len(there), 'file')} of {len(files)} are in {folder} already, {there[0].name} first",
            hint="Give another folder, or --force to replace them.",
        )
    for file, data in files:
        write_atomic(file, data, private=False)
    say(f"Written to {folder}: {counted(len(files), 'file')}")


def _write(output: Path, data: bytes) -> None:
    write_atomic(output, data, private=False)
    say("Written to", whole=str(output))
