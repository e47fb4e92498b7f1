"""The one table of exit codes, and what becomes of several troubles."""

from __future__ import annotations

import itertools
import signal

import click
import pytest

from tests.support.some import some
from tools.docs import every_command
from tui import signals
from tui.cli.exit_codes import OF_EVERY_COMMAND, ExitCode, ends_with, of_error, of_signal, worst
from tui.core.errors import (
    BadInputError,
    CompareError,
    ModelFailedError,
    NoHostError,
    NoModelError,
    StoreError,
)


def test_the_table_is_the_one_that_scripts_rely_on() -> None:
    assert sorted(ExitCode) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 129, 130, 143]
    assert all(code.meaning and code.brief for code in some(ExitCode))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BadInputError("x"), 2), (NoHostError("x"), 3), (NoModelError("x"), 4), (ModelFailedError("x"), 5),
        (StoreError("x"), 1), (CompareError("x"), 1),
    ],
)  # fmt: skip
def test_a_failure_has_its_code(error: CompareError, code: int) -> None:
    assert of_error(error) == code


@pytest.mark.parametrize(("name", "code"), [("SIGHUP", 129), ("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_has_the_code_that_a_shell_gives_it(name: str, code: int) -> None:
    number = getattr(signal, name, code - 128)
    assert of_signal(number) == signals.code_of(number) == code


def test_ctrl_break_is_an_interrupt() -> None:
    assert of_signal(signals.BREAK) == 130
    assert getattr(signal, "SIGBREAK", 21) == signals.BREAK


TROUBLES = list(itertools.combinations([code for code in ExitCode if code < 128], 3))


@pytest.mark.parametrize("codes", TROUBLES)
def test_of_several_troubles_the_lowest_code_but_0_wins(codes: tuple[ExitCode, ...]) -> None:
    for order in some(itertools.permutations(codes)):
        assert worst(order) == min(code for code in codes if code)


def test_no_trouble_is_good() -> None:
    assert worst([]) is worst([ExitCode.GOOD, ExitCode.GOOD]) is ExitCode.GOOD


def test_a_check_that_finds_damage_has_the_code_of_what_could_not_be_kept() -> None:
    assert ExitCode.DAMAGED is ExitCode.NOT_KEPT
    assert ExitCode.DAMAGED == 1


def test_a_command_says_its_codes_in_its_help_and_to_the_documents() -> None:
    @ends_with(ExitCode.SLOW)
    def command() -> None:
        """Does something."""

    assert command.__doc__ is not None
    assert click.Command("command", help=command.__doc__).get_short_help_str() == "Does something."
    assert "Exit codes: 0 good; 1 not kept, or damaged; 2 usage; 7 too slow." in command.__doc__
    assert vars(command)["exit_codes"] == (ExitCode.SLOW,)


@pytest.mark.parametrize("path", [context.command_path for context, _ in every_command()])
def test_every_command_lists_its_codes(path: str) -> None:
    context, command = next(found for found in every_command() if found[0].command_path == path)
    codes = {code for code in (*OF_EVERY_COMMAND, *vars(command.callback)["exit_codes"]) if code < 128}
    said = " ".join(command.get_help(context).split())
    assert all(f"{code:d} {code.brief}" in said for code in some(codes))
