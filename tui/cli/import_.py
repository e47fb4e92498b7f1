"""`foundry-compare import`: the figures of another program's files, beside this program's own."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from tui.cli.exit_codes import ExitCode, ends_with
from tui.cli.output import Command, handles_errors, say, sessions_option, show, show_json, show_sentence
from tui.core.text.cell_width import table_rows, wrapped
from tui.core.text.line_width import shown_width
from tui.report.references import TITLE, reference_tables, references_as_json
from tui.storage.paths import sessions_dir
from tui.storage.reference_files import keep_reference, read_reference

_WIDTH = 78
"""Cells of a line of a note, at most."""


@click.command("import", cls=Command)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")
@sessions_option
@click.option("--no-save", is_flag=True, help="Show them, and keep nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@handles_errors
@ends_with()
def import_(files: tuple[Path, ...], sessions: Path | None, no_save: bool, as_json: bool) -> ExitCode:
    """Take the workshop's benchmark_report.json or .md, or the JSON of its comparison, as reference figures.

    They keep their own names, are kept beside the sessions, and `report` shows them below its own figures, never among
    them. Nothing is kept unless all FILES can be read.
    """
    found = [read_reference(file) for file in files]
    folder = sessions_dir(sessions)
    kept = [] if no_save else [keep_reference(one, folder) for one in found]
    if as_json:
        show_json({"references": references_as_json(found), "kept": [str(path) for path in kept]})
        return ExitCode.GOOD
    show(f"{TITLE}:")
    for table in reference_tables(found):
        show(f"\n{table.name}")
        for cells in table_rows([table.headings, *table.rows]):
            show("  ".join(cells).rstrip())
        for note in table.notes:
            show("- " + "\n  ".join(wrapped(note, min(shown_width(sys.stdout) - 2, _WIDTH))))
    for one in found:
        if one.passed_over:
            say(f"{one.name}: passed over: {', '.join(one.passed_over)}")
    for path in dict.fromkeys(kept):
        show_sentence("Kept in", whole=str(path))
    return ExitCode.GOOD
