"""On a terminal checks fit its width and 24 rows; in a pipe each is whole."""

from __future__ import annotations

import io
import sys

import pytest

from tests.support.some import some
from tui.cli.check_lines import CheckLines
from tui.core.text.cell_width import cell_width

LONG = "There is no model nosuch on this host. It has: " + ", ".join(f"some-model-{n}:1" for n in range(20)) + "."
ID = "qwen2.5-0.5b-instruct-generic-cpu:4"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(monkeypatch: pytest.MonkeyPatch, columns: int, models: int, *, failing: int = 0) -> list[str]:
    """What stands on a terminal of this width after so many models were checked."""
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr(sys, "stdout", Terminal())
    lines = CheckLines()
    for name, found in (("host", "Foundry Local 0.10.3 answers"), ("models", "40 listed"), ("cached", "all are here")):
        lines.show(name, found, well=True)
    lines.expect(models)
    for number in range(models):
        bad = number < failing
        lines.show(f"{ID}{number}", LONG if bad else "answered in 350 ms, first text after 35 ms", well=not bad)
    lines.close()
    return sys.stdout.getvalue().splitlines()  # type: ignore[attr-defined]


@pytest.mark.parametrize("columns", [40, 80])
@pytest.mark.parametrize(("models", "failing"), [(1, 1), (3, 3), (8, 0), (8, 8), (9, 9), (40, 2), (200, 200)])
def test_it_fits(monkeypatch: pytest.MonkeyPatch, columns: int, models: int, failing: int) -> None:
    rows = shown(monkeypatch, columns, models, failing=failing)
    assert len(rows) < 24
    assert all(cell_width(row) < columns for row in some(rows))
    assert "".join(rows).count("FAIL") == min(failing, 8) + (failing > 8), "each that fails, or how many more"


def test_what_is_left_out_is_counted_or_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = shown(monkeypatch, 40, 40, failing=10)
    assert rows[-2:] == ["ok    30 of 40 models answer", "FAIL  2 more, see --json or --junit"]
    assert any(row.endswith("…") for row in rows)
    narrow = " ".join(row.strip() for row in shown(monkeypatch, 40, 3)[-3:])
    assert "answered in 350 ms, first text after 35 ms" in narrow, "nothing of a good answer is cut at 40 columns"


def test_in_a_pipe_each_is_one_whole_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    lines = CheckLines()
    lines.expect(40)
    lines.show("nosuch", LONG, well=False)
    lines.close()
    assert sys.stdout.getvalue() == f"FAIL  nosuch: {LONG}\n"  # type: ignore[attr-defined]
