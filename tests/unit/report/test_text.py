"""The report for a terminal: narrow whatever it is about, aligned by cells, and with nothing left out."""

from __future__ import annotations

import pytest

from tests.support import sessions as make
from tests.support.some import some
from tui.core.requests.request import RequestState
from tui.core.scoring.rating import Vote, VoteChoice
from tui.core.text.cell_width import cell_width
from tui.report.aggregate import aggregate
from tui.report.formats.text import render
from tui.report.report import Report

LONG = "qwen2.5-coder-14b-instruct-generic-gpu-of-a-long-name"
STATES = (RequestState.DONE, RequestState.DONE, RequestState.FAILED)


@pytest.fixture(autouse=True)
def usual_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)


def report_on(*aliases: str, criteria: tuple[str, ...] = ("truth", "style")) -> Report:
    """Two answers and a failure of each model; the first one's are scored."""
    models = [make.target(f"m{number}", alias) for number, alias in enumerate(aliases)]
    requests = [
        make.request(f"r{number}{round_}", model=f"m{number}", round=round_, state=state)
        for number in range(len(aliases))
        for round_, state in enumerate(STATES)
    ]
    scores = [make.score(run.spec.id, 4, criterion=name) for run in requests[:2] for name in criteria]
    held = make.session(requests, models=models, scores=scores)
    if len(aliases) > 1:
        held.votes.append(Vote(("r00", "r10"), "ann", VoteChoice.WINNER, make.WHEN, winner="r10"))
    return aggregate([held])


def table(lines: list[str], title: str) -> list[str]:
    """The lines of a table, its headings included."""
    start = lines.index(title) + 2
    return lines[start : lines.index("", start)]


@pytest.mark.parametrize("columns", ["", "40", "60", "132", "junk", "99999999", "-3"])
def test_every_line_fits_the_terminal(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    width = {"40": 40, "60": 60, "132": 132}.get(columns, 80)
    criteria = tuple(f"criterion-{number}" for number in range(9))
    lines = render(report_on("phi", LONG, "模型" * 10, criteria=criteria)).splitlines()
    alone = (LONG, "模型" * 10)
    assert all(cell_width(line) <= width or line.split()[-1] in alone for line in some(lines))
    assert all(any(name in line for line in lines) for name in some((*criteria, LONG, "模型" * 10)))


def test_what_stands_in_one_column_ends_at_one_cell() -> None:
    lines = render(report_on("phi", "模型", LONG)).splitlines()
    for title in some(("Speed", "Quality and reliability", "Footprint")):
        _, *rows = table(lines, title)
        widths = {cell_width(row) for row in rows if row[2:].strip() != LONG and not row.lstrip().startswith("truth")}
        assert len(widths) == 1, rows


def test_median_average_failures_scores_and_votes_are_there() -> None:
    lines = render(report_on("phi", "qwen")).splitlines()
    _, heading, phi, qwen = table(lines, "Speed")
    assert heading.split()[:4] == ["n", "med", "avg", "p95"]
    assert phi.split()[:6] == ["1", "phi", "2", "100", "100", "-"] and qwen.split()[1] == "qwen"
    *_, phi, qwen = table(lines, "Quality and reliability")
    assert phi.split() == ["1", "phi", "3", "1", "(33", "%)", "4.00", "(2)", "4.00", "(2)", "0-1-0"]
    assert qwen.split() == ["2", "qwen", "3", "1", "(33", "%)", "-", "-", "1-0-0"]


def test_a_figure_that_fewer_runs_have_says_how_many() -> None:
    counted, uncounted = (make.request(f"r{usage}", round=1 + usage, usage=usage) for usage in (True, False))
    lines = render(aggregate([make.session([counted, uncounted])])).splitlines()
    *_, row = table(lines, "Speed")
    assert row.split()[2] == "2" and row.endswith(" (1)") and row.count("(") == 1, row


def test_what_may_be_said_comes_before_the_numbers() -> None:
    text = render(report_on("phi", "qwen"))
    assert text.index("What may be said") < text.index("Speed\n") < text.index("Footprint\n")


def test_a_name_is_no_more_than_it_must_be_to_tell_models_apart() -> None:
    assert "phi (" not in render(report_on("phi", "qwen"))
    both = [make.target("m0", "phi", id="phi-cpu:1"), make.target("m1", "phi", id="phi-gpu:1")]
    requests = [make.request(f"r{number}", model=f"m{number}") for number in range(2)]
    text = render(aggregate([make.session(requests, models=both)]))
    assert "phi (phi-cpu:1)" in text and "phi (phi-gpu:1)" in text
