"""The notebook of the workshop's scenario runs from its beginning to its end, with a kernel and without."""

from __future__ import annotations

import ast
import json
import re
import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import foundry_compare as fc
from tests.support.some import some

PATIENCE_S = 300
NOTEBOOK = Path(__file__).parents[3] / "docs" / "choosing-a-summariser.ipynb"
BOOK: dict[str, Any] = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
CELLS = ["".join(cell["source"]) for cell in BOOK["cells"] if cell["cell_type"] == "code"]
needs_a_kernel = pytest.mark.skipif(
    find_spec("nbclient") is None or find_spec("ipykernel") is None, reason="nbclient is not installed"
)


def run_cells(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the cells leave, run one after another in one module."""
    module = ModuleType("notebook")
    monkeypatch.setitem(sys.modules, "notebook", module)
    for number, cell in enumerate(CELLS):
        exec(compile(cell, f"cell {number}", "exec"), module.__dict__)
    return module.__dict__


def test_it_is_kept_without_outputs_and_its_cells_are_python() -> None:
    assert (BOOK["nbformat"], BOOK["nbformat_minor"]) == (4, 5) and len(CELLS) > 5
    code = [cell for cell in BOOK["cells"] if cell["cell_type"] == "code"]
    assert not any(cell["outputs"] or cell["execution_count"] for cell in some(code))
    assert len({cell["id"] for cell in BOOK["cells"]}) == len(BOOK["cells"])
    assert all(ast.parse(cell) for cell in some(CELLS))
    texts = "".join("".join(cell["source"]) for cell in BOOK["cells"] if cell["cell_type"] == "markdown")
    for page in some(re.findall(r"\]\(([\w-]+\.md)\)", texts)):
        assert (NOTEBOOK.parent / page).is_file(), page


def test_it_decides_what_its_notes_decide(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    left = run_cells(monkeypatch)
    assert left["left"] == ["Frequent", "Longest"] and left["beaten"] == {"First"}
    assert "Frequent higher than First on 8 of 8 prompts" in capsys.readouterr().out
    (kept,) = fc.load_sessions()
    assert kept.id == left["session"].id
    assert {score.rater for score in kept.scores} == {"stand-in rule"} and len(kept.scores) == 48
    assert list(fc.verdict(kept)) == list(left["verdicts"])


def test_without_pandas_it_comes_to_its_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    run_cells(monkeypatch)
    assert "pandas is not installed." in capsys.readouterr().out


@needs_a_kernel
def test_a_kernel_runs_it_and_shows_tables(own_folders: Path, tmp_path: Path) -> None:
    import nbclient
    import nbformat

    book = nbformat.read(NOTEBOOK, as_version=4)
    place = {"metadata": {"path": str(tmp_path)}}
    nbclient.NotebookClient(book, timeout=PATIENCE_S, kernel_name="python3", resources=place).execute()
    shown = [output["data"] for cell in book.cells for output in cell.get("outputs", []) if "data" in output]
    assert len(shown) == 3
    assert all("<table>" in data["text/html"] and "First" in data["text/plain"] for data in some(shown))
    assert list((own_folders / "sessions").glob("*.toml"))
