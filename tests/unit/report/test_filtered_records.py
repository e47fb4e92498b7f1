"""A filter leaves of a record what it leaves of the session, and counts the same."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import sessions as make
from tests.support.everything import everything
from tests.support.random_sessions import TEXTS, random_conditions, random_session
from tests.support.some import some
from tui.core.conditions.filters import Filtered, filtered_session
from tui.core.conditions.grammar import Conditions, parse
from tui.core.conditions.names import DIMENSIONS, Use, figures
from tui.core.sessions.session import Session
from tui.report.contribution import Held, Keep, contributions
from tui.report.filtered_records import filtered_sessions
from tui.report.judges import judges_in
from tui.report.render import aggregated
from tui.report.session_record import RecordedSession, as_read, read_record, record_of

KEPT = tuple(one for one in figures() if one.name in ("quality", "ttft_ms", "memory_mb"))
"""The figures that reports are asked for."""


def _itself(session: Session) -> Session:
    return session


def recorded(session: Session) -> RecordedSession | None:
    record = record_of(session)
    return None if record is None else read_record(record, partial(_itself, session), [one.name for one in KEPT])


def filtered_alike(session: Session, conditions: Conditions) -> bool:
    """Whether a filter was put to the record alone; it is looked at that the same comes of it."""
    record = recorded(session)
    if record is None:
        return False
    of_file, of_record = Filtered(conditions), Filtered(conditions)
    expected = filtered_session(session, conditions, of_file)
    (found,) = filtered_sessions([record], conditions, of_record)
    assert of_record == of_file
    assert of_record.why_nothing() == of_file.why_nothing()
    if isinstance(found, Session):
        return False
    assert list(found.rows) == contributions(expected, keep=Keep(KEPT))
    assert found.runs == expected.requests.keys()
    assert found.held() == Held.of(expected)
    assert judges_in(expected) == list(found.judged) == []
    assert as_read(found) == expected
    return True


@pytest.mark.slow
@settings(max_examples=300)
@given(st.randoms(use_true_random=False))
def test_of_any_record_the_same_is_left_as_of_its_session(dice: Random) -> None:
    session = random_session(dice)
    for _ in range(4):
        filtered_alike(session, random_conditions(dice))


CONDITIONS = [
    *(f"{name} {sign} '{text}'" for name, texts in TEXTS.items() for text in texts for sign in ("=", "!=")),
    *(f"{one.name} {sign} 100" for one in (*DIMENSIONS, *figures()) if one.name not in TEXTS and Use.FILTER in one.uses
      for sign in (">=", "<")),
    "quality[accuracy] > 2", "rater = ann, quality < 3", "ttft_ms < 200, model = alpha, device = CPU",
]  # fmt: skip


@pytest.mark.parametrize("text", CONDITIONS)
def test_a_record_answers_conditions_on_everything(text: str) -> None:
    people = [one for one in map(random_session, map(Random, range(12))) if not judges_in(one)]
    found = [filtered_alike(session, parse(text, Use.FILTER)) for session in some(people)]
    assert sum(found) > 3


def test_what_a_model_judged_is_filtered_as_it_was_read() -> None:
    judged = replace(everything(), extra={})
    record = recorded(judged)
    assert record is not None
    conditions = parse("model = beta", Use.FILTER)
    (found,) = filtered_sessions([record], conditions, Filtered(conditions))
    assert found == filtered_session(judged, conditions, Filtered(conditions))


@pytest.mark.parametrize("number", range(3))
def test_of_copies_that_differ_the_fullest_counts_under_a_filter_too(number: int) -> None:
    whole = make.session([make.request(f"r{one}", first_ms=100 * one) for one in range(6)], scores=[make.score("r1")])
    half = replace(whole, requests=dict(list(whole.requests.items())[:number]), scores=[])
    conditions = parse("ttft_ms < 450", Use.FILTER)
    copies = [half, whole]
    records = [record for record in map(recorded, copies) if record is not None]
    by_files, by_records = (
        aggregated(filtered_sessions(those, conditions, Filtered(conditions)), figures=KEPT)
        for those in (copies, records)
    )
    assert len(records) == 2
    assert by_records == by_files
    assert [row.outcomes.done for row in by_records.rows] == [5]
    assert bool(by_records.unlike)
