"""The queries of docs/report-data.md work as they stand, and say what this program says."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from tests.support.some import some
from tui.core.metrics.registry import Place, metrics_in
from tui.core.plans.mode import Mode
from tui.core.requests.request import RequestState
from tui.report.formats import parquet
from tui.report.render import aggregated
from tui.report.report import Report
from tui.storage.session_files import load_sessions

TOP = Path(__file__).parents[3]
PAGE = (TOP / "docs/report-data.md").read_text(encoding="utf-8")

pytestmark = pytest.mark.skipif(find_spec("duckdb") is None, reason="duckdb is not installed")


@pytest.fixture(scope="module")
def report() -> Report:
    return aggregated(load_sessions([TOP / "sessions/examples"]))


@pytest.fixture(scope="module")
def place(report: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the examples as Parquet in `requests`."""
    folder = tmp_path_factory.mktemp("data")
    for name, data in parquet.files(report):
        (folder / "requests" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "requests" / name).write_bytes(data)
    return folder


def example(name: str) -> str:
    """The code block behind a mark."""
    found = re.search(rf"<!-- example: {name} -->\n```\w*\n(.*?)```", PAGE, re.DOTALL)
    assert found, name
    return found[1]


def speed(report: Report) -> dict[str, tuple[int, Any]]:
    """Warm answers that were measured alone: how many, and the median time of the whole answer."""
    times: dict[str, list[float]] = {}
    end = [metric.name for metric in metrics_in(Place.REPORT)].index("end_ms")
    for row in report.rows:
        for run in row.requests:
            if row.subject.mode is Mode.MEASURE and run.state is RequestState.DONE and not run.cold:
                times.setdefault(row.subject.alias, []).append(run.values[end] or 0)
    return {alias: (len(values), pytest.approx(median(values), abs=0.06)) for alias, values in times.items()}


def scores(report: Report) -> dict[tuple[str, str, int], tuple[Any, int]]:
    """The mean over prompts of the mean of each prompt's scores, and of how many prompts."""
    given: dict[tuple[str, str, int], dict[str, list[int]]] = {}
    for row in report.rows:
        for run in row.requests:
            for score in run.scores:
                by_prompt = given.setdefault((row.subject.alias, score.criterion, score.scale), {})
                by_prompt.setdefault(run.prompt, []).append(score.value)
    means = {key: [sum(values) / len(values) for values in prompts.values()] for key, prompts in given.items()}
    return {key: (pytest.approx(sum(values) / len(values), abs=0.006), len(values)) for key, values in means.items()}


def test_duckdb(report: Report, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import duckdb

    monkeypatch.chdir(place)
    with duckdb.connect() as base:
        found = base.execute(example("duckdb-speed")).fetchall()
        assert {alias: (n, middle) for alias, _, _, n, middle, _, _ in found} == speed(report)
        given = base.execute(example("duckdb-scores")).fetchall()
        assert {tuple(key): (mean, n) for *key, mean, n in given} == scores(report)
        days = base.execute(example("duckdb-days")).fetchall()
        assert days and sum(n for _, n, _ in days) <= speed(report)["demo-large"][0]
        base.execute(example("duckdb-compact"))
        found = base.execute(example("duckdb-speed").replace("requests/", "compact/")).fetchall()
        assert {alias: (n, middle) for alias, _, _, n, middle, _, _ in found} == speed(report)


@pytest.mark.slow
@pytest.mark.skipif(find_spec("pandas") is None, reason="pandas is not installed")
@pytest.mark.skipif(find_spec("pyarrow") is None, reason="pyarrow is not installed")
def test_pandas(
    report: Report, place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(place)
    names: dict[str, object] = {}
    exec(example("pandas"), names)
    printed = capsys.readouterr().out
    for alias, (n, middle) in some(speed(report).items()):
        found = re.search(rf"{alias} +CPU +demo +(\d+) +([\d.]+)", printed)
        assert found is not None and (int(found[1]), float(found[2])) == (n, middle)
    for (alias, _, _), (mean, n) in some(scores(report).items()):
        found = re.findall(rf"{alias} +(\d\.\d\d) +(\d+)", printed)
        assert any((float(shown), int(of)) == (mean, n) for shown, of in found)
