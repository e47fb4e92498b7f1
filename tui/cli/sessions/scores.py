"""`foundry-compare sessions scores`: answers scored in a spreadsheet or an editor."""

from __future__ import annotations

from pathlib import Path

import click

from tui.cli.exit_codes import ExitCode, ends_with
from tui.cli.output import Command, handles_errors, say, show
from tui.cli.output_file import force_option
from tui.cli.session_names import named_session
from tui.cli.settings import configuration, is_given
from tui.core.errors import BadInputError
from tui.core.scoring.disagreement import TOGETHER
from tui.core.scoring.score_sheet import SheetOptions, SheetRow, sheet_of
from tui.core.text.clean import clean_line
from tui.runner.score_import import Imported, given_by_people, import_scores, sessions_by_id
from tui.storage.atomic_file import write_atomic
from tui.storage.new_file import check_free
from tui.storage.rater_name import rater_name
from tui.storage.score_sheets import SUFFIXES, read_sheet, sheet_bytes

_MOST_NAMED = 30
"""Rows that are named one by one."""


@click.command("scores", cls=Command)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILES…")
@click.option("--template", type=click.Path(dir_okay=False, path_type=Path), metavar="OUT.csv|.toml",
              help="Write the answers into this sheet, to be filled in.")  # fmt: skip
@click.option("--import", "sheet", type=click.Path(path_type=Path), metavar="SHEET",
              help="Take the scores and notes of a sheet in.")  # fmt: skip
@click.option("--rater", metavar="NAME", envvar="FOUNDRY_COMPARE_RATER",
              help="Whose scores these are. A template has those that NAME gave already.")  # fmt: skip
@click.option("--blind", is_flag=True, help="Template: A, B, … in place of models, shuffled for each question.")
@click.option("--no-answers", is_flag=True, help="Template: where each answer is, rather than its text.")
@click.option("--differing", is_flag=True, help="Template: only what people differ about, and what each of them gave.")
@click.option("--decided", is_flag=True,
              help=f"Import: what people decided together, as a rater of its own (`{TOGETHER}`).")  # fmt: skip
@force_option
@handles_errors
@ends_with()
def scores_command(
    files: tuple[Path, ...],
    template: Path | None,
    sheet: Path | None,
    rater: str | None,
    blind: bool,
    no_answers: bool,
    differing: bool,
    decided: bool,
    force: bool,
) -> ExitCode:
    """Score the answers of FILES in a spreadsheet: write a sheet with --template, take it in with --import.

    A row that does not fit its answer is left out and named, and the exit code is 1; the others are kept. Taking a
    sheet in twice changes nothing.
    """
    if (template is None) is (sheet is None):
        raise BadInputError("Give either --template or --import")
    wrong = [name for name, given in (("--blind", blind), ("--no-answers", no_answers), ("--differing", differing))
             if given and template is None]  # fmt: skip
    if wrong or (decided and sheet is None):
        raise BadInputError(f"{(wrong or ['--decided'])[0]} is for {'--template' if wrong else '--import'} alone")
    paths = [named_session(file) for file in files]
    if template is not None:
        return _write(paths, template, rater or "", force, blind=blind, answers=not no_answers, differing=differing)
    assert sheet is not None
    name = rater or (TOGETHER if decided else configuration().values.get("rater"))
    named = is_given("rater", by_hand=True)
    found = import_scores(paths, read_sheet(sheet), rater_name(name), named=named, decided=decided)
    return _say_imported(found, sheet)


def _write(
    paths: list[Path], output: Path, rater: str, force: bool, *, blind: bool, answers: bool, differing: bool
) -> ExitCode:
    suffix = output.suffix.casefold()
    if suffix not in SUFFIXES:
        raise BadInputError(
            f"The name {output} does not say what the sheet is", f"It ends in none of {', '.join(SUFFIXES)}"
        )
    check_free(output, force=force)
    rows: list[SheetRow] = []
    for path, session in sessions_by_id(paths).values():
        only = given_by_people(session) if differing else None
        rows += sheet_of(session, path.name, SheetOptions(rater_name(rater) if rater else "", blind, answers, only))
    if not rows:
        raise BadInputError("There is nothing to score", "People differ about no answer that is not decided"
                            if differing else "There is no answer in these sessions")  # fmt: skip
    data = sheet_bytes(rows, suffix)

    write_atomic(output, data)
    answered = len({(row.session, row.run) for row in rows})
    say(f"{answered:,} {'answer' if answered == 1 else 'answers'} in {len(rows):,} rows:")
    show(str(output))
    return ExitCode.GOOD


def _say_imported(found: Imported, sheet: Path) -> ExitCode:
    for one in found.refused[:_MOST_NAMED]:
        say(f"{sheet.name}, row {one.number} is left out: {one.reason}.")
    if len(found.refused) > _MOST_NAMED:
        say(f"And {len(found.refused) - _MOST_NAMED:,} more rows are left out.")
    whose = ", ".join(clean_line(name, 40) for name in found.raters)
    parts = [f"{found.new} new scores and notes", f"{found.changed} changed", f"{found.same} as they were"]
    say(f"{', '.join(parts)}{f' ({whose}), kept in:' if whose else ''}")
    for file in found.files:
        show(str(file))
    return ExitCode.DAMAGED if found.refused else ExitCode.GOOD
