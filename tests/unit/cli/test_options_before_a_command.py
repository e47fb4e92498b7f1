"""Options of the screen before a command: they would have no effect, so they are refused."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from tui.cli.main import cli


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--sessions", "x", "run", "-p", "hi"], "Put it behind the command: run --sessions …"),
        (["--host", "demo", "report"], "--host before a command is for the screen alone. report does not have it."),
        (["-m", "phi", "smoke"], "Put it behind the command: smoke --model …"),
    ],
)
def test_an_option_that_would_have_no_effect_is_refused(args: list[str], says: str) -> None:
    done = CliRunner().invoke(cli, args)
    assert done.exit_code == 2
    assert says in " ".join(done.stderr.split())


def test_variables_before_a_command_are_no_options(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOUNDRY_COMPARE_THEME", "light")
    assert CliRunner().invoke(cli, ["report", "--help"]).exit_code == 0
    assert CliRunner().invoke(cli, ["--theme", "dark", "config", "path"]).exit_code == 0
