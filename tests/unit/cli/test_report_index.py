"""`report` reads no file again of which the index has the record, under conditions either."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from tui.cli.main import cli
from tui.core.sessions.session import Session
from tui.report import recording
from tui.storage import session_files

EXAMPLE = max((Path(__file__).parents[3] / "sessions" / "examples").glob("*.toml"))
SETTLED = 1_700_000_000_000_000_000


@pytest.mark.slow
@pytest.mark.parametrize(
    "conditions",
    [(), ("--filter", "model = demo-*, ttft_ms < 500"), ("--filter", "rater != x", "--metric", "ttft_ms")],
)
def test_what_the_index_has_is_not_read_again(
    conditions: tuple[str, ...], own_folders: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / EXAMPLE.name
    shutil.copy(EXAMPLE, file)
    os.utime(file, ns=(SETTLED, SETTLED))
    by_file = CliRunner().invoke(cli, ["report", str(file), "--no-index", *conditions])
    assert CliRunner().invoke(cli, ["report", str(file)]).exit_code == 0

    def read(path: Path) -> Session:
        raise AssertionError(f"{path} was read")

    for module in (recording, session_files):
        monkeypatch.setattr(module, "load", read)
    by_index = CliRunner().invoke(cli, ["report", str(file), *conditions])
    assert (by_index.exit_code, by_index.stdout, by_index.stderr) == (0, by_file.stdout, by_file.stderr)
    assert "demo-small" in by_file.stdout
