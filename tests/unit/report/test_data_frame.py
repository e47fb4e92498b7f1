"""Tables for pandas are those of the CSV, with types, and NA for what is unknown."""

from __future__ import annotations

import csv
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.sessions import request, session
from tests.support.some import some
from tui.api import report, verdict
from tui.core.errors import BadInputError
from tui.core.requests.request import RequestState
from tui.report.render import aggregated
from tui.storage.session_files import load_sessions

EXAMPLES = Path(__file__).parents[3] / "sessions" / "examples"
FORMATS = {"models": "csv", "requests": "requests-csv", "comparisons": "comparisons-csv"}
needs_pandas = pytest.mark.skipif(find_spec("pandas") is None, reason="pandas is not installed")


@needs_pandas
@pytest.mark.slow
@pytest.mark.parametrize("rows", FORMATS)
def test_rows_and_columns_are_those_of_the_csv(rows: str) -> None:
    import pandas as pd

    sessions = list(load_sessions(EXAMPLES))
    frame = report(sessions).to_pandas(rows)
    headings, *lines = csv.reader(report(sessions, FORMATS[rows]).splitlines())
    assert list(frame.columns) == headings and len(frame) == len(lines)
    assert not {str(kind) for kind in frame.dtypes} - {"string", "Int64", "Float64", "boolean", "datetime64[s]"}
    for number, name in some(enumerate(headings)):
        for found, text in some(zip(frame[name], (line[number] for line in lines), strict=True)):
            if pd.isna(found):
                assert text in ("", "'"), name
            elif str(frame[name].dtype) == "Float64":
                assert float(text) == pytest.approx(found, abs=6e-5)
            elif str(frame[name].dtype) == "boolean":
                assert text == str(found).lower()
            elif str(frame[name].dtype).startswith("datetime"):
                assert text.startswith(f"{found:%Y-%m-%d}")
            else:
                assert text.removeprefix("'") == str(found)


@needs_pandas
@pytest.mark.slow
def test_unknown_is_na_and_an_answer_keeps_its_lines_and_nothing_hidden() -> None:
    import pandas as pd

    made = session(
        [request("r1", answer=["two\nlines", "\x1b[31m"], usage=False), request("r2", state=RequestState.FAILED)]
    )
    frame = aggregated([made], answers=True).to_pandas("requests")
    assert frame["answer"][0] == "two\nlines␛[31m"
    assert frame["tokens"].isna().tolist() == [True, False] and frame["decode_tps"].isna().all()
    assert frame["ttft_ms"].notna().tolist() == [True, False] and frame["ttft_ms"][1] is pd.NA
    assert "answer" not in report([made]).to_pandas("requests")
    alone = verdict([made]).to_pandas()
    assert len(alone) == 0 and "sentence" in alone


def test_without_pandas_a_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(BadInputError) as caught:
        report([session([request()])]).to_pandas()
    assert caught.value.sentence() == (
        "There is no table for pandas. pandas is not installed. "
        'Install it: python -m pip install "foundry-compare[pandas]".'
    )


def test_another_table_is_refused() -> None:
    with pytest.raises(BadInputError) as caught:
        report([session([request()])]).to_pandas("answers")
    assert caught.value.sentence() == "There is no table of answers. There are: models, requests, comparisons."
