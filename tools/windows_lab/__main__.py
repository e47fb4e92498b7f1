"""`python -m tools.windows_lab`: sets the lab up, runs the Windows Python, runs tests with it."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from tools.windows_lab import testing
from tools.windows_lab.lab import VARIABLE, Lab, LabError, default_folder
from tools.windows_lab.setup import setup


@click.group()
@click.option("--lab", "folder", type=click.Path(path_type=Path), metavar="DIR",
              help=f"Its folder; without it {VARIABLE}, else one among the user's caches.")  # fmt: skip
@click.pass_context
def main(context: click.Context, folder: Path | None) -> None:
    """Run the program on CPython for Windows, under Wine."""
    context.obj = Lab(folder.absolute() if folder is not None else default_folder())


@main.command("setup")
@click.pass_obj
def set_up(lab: Lab) -> None:
    """Install Wine where that is allowed, a Windows Python, the packages and the program."""
    setup(lab, click.echo)


@main.command("run", context_settings={"ignore_unknown_options": True})
@click.option("--installed", is_flag=True, help="The program as it was installed, instead of this checkout.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_obj
def run(lab: Lab, installed: bool, arguments: tuple[str, ...]) -> None:
    """Give ARGUMENTS to the Windows Python."""
    _check(lab)
    sys.exit(lab.run(arguments, **({"checkout": None} if installed else {})))


@main.command("test")
@click.option("-m", "marks", metavar="MARKEXPR", help="Only tests with these marks, as of pytest.")
@click.option("-k", "words", metavar="EXPRESSION", help="Only tests with such names, as of pytest.")
@click.option("--limit", type=click.FloatRange(min=0, min_open=True), metavar="MINUTES", help="Give up after so long.")
@click.argument("paths", nargs=-1)
@click.pass_obj
def run_tests(lab: Lab, marks: str | None, words: str | None, limit: float | None, paths: tuple[str, ...]) -> None:
    """Run the tests in PATHS on this checkout. What fails is tried once more, alone."""
    _check(lab)
    options = [*(("-m", marks) if marks is not None else ()), *(("-k", words) if words is not None else ())]
    began = time.monotonic()
    results = testing.test(lab, paths, options, click.echo, limit * 60 if limit is not None else None)
    for line in results.lines(time.monotonic() - began):
        click.echo(line)
    if results.broken:
        raise LabError(results.broken)
    sys.exit(1 if results.failed else 0)


@main.command("check")
@click.option("--limit", type=click.FloatRange(min=0, min_open=True), default=20.0, show_default=True,
              metavar="MINUTES", help="Give up after so long.")  # fmt: skip
@click.option("--quiet", type=click.Path(path_type=Path), metavar="FILE",
              help="What fails is tried once more when this file is there.")  # fmt: skip
@click.pass_obj
def check_all(lab: Lab, limit: float, quiet: Path | None) -> None:
    """Set up, try the installed program, run the tests that fit here: what `.ci/run` does. No lab is no failure."""
    from tools.windows_lab.check import check

    sys.exit(check(lab, click.echo, limit * 60, quiet))


def _check(lab: Lab) -> None:
    if not lab.ready:
        raise LabError(f"There is no lab in {lab.folder}: `python -m tools.windows_lab setup` makes it")


if __name__ == "__main__":
    try:
        main()
    except LabError as error:
        sys.exit(f"windows_lab: {error}")
