"""Whatever is wrong with the index, reports, lists and searches say what they would without it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.support.sessions import request, score, session
from tui.report.recording import RecordedSessions
from tui.report.session_record import RecordedSession, read_record, record_of
from tui.storage.index.catch_up import catch_up, listing, search
from tui.storage.index.database import SessionIndex
from tui.storage.index.scan import scan
from tui.storage.session_files import save

FIGURES = ("ttft_ms",)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with some sessions, `kept`, and an index that knows them, `good`."""
    home = tmp_path_factory.mktemp("home")
    folder = home / "kept"
    for n in range(4):
        answer = ("apples", f" and {n} pears") if n else ("only pears",)
        made = session([request("r1", answer=answer)], scores=[score("r1")], session_id=f"20261122T1103{n:02}Z-7f3a")
        save(made, folder / f"{n}.toml")
    for file in folder.iterdir():
        os.utime(file, ns=(1_700_000_000_000_000_000, 1_700_000_000_000_000_000))
    with SessionIndex(home / "good") as index:
        everything(index, folder)
    return home


def everything(index: SessionIndex, folder: Path) -> tuple[Any, ...]:
    """What reports, lists and searches take of the index, as the commands ask for it."""
    return reported(index, folder), listed(index, folder), found(index, folder, "apples"), found(index, folder, "pears")


def reported(index: SessionIndex, folder: Path) -> list[tuple[Any, ...]]:
    recorded = RecordedSessions(index, [folder], "ann", FIGURES)
    done(recorded.catch_up())
    sessions = [one for _, one in recorded.sessions()]
    return sorted((one.id, one.held(), list(one.rows), one.about) for one in map(as_recorded, sessions))


def as_recorded(found: Any) -> RecordedSession:
    """The session; of one that was read what its record would say."""
    if isinstance(found, RecordedSession):
        return found
    record = record_of(found)
    assert record is not None
    return read_record(record, lambda: found, FIGURES)


def listed(index: SessionIndex, folder: Path) -> tuple[Any, ...]:
    for _ in range(4):
        done(catch_up(index, scan([folder])))
        rows = listing(index, scan([folder]))
        if not rows.unread:
            break
    return rows.sessions, rows.damaged, rows.unread


def found(index: SessionIndex, folder: Path, words: str) -> list[Any]:
    done(catch_up(index, scan([folder])))
    return list(search(index, scan([folder]), words))


def done(steps: Iterable[object]) -> None:
    for _ in steps:
        pass


@pytest.mark.slow
@given(st.data())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_flipped_bit_makes_anything_else_of_the_sessions(home: Path, data: st.DataObject) -> None:
    spoilt = bytearray((home / "good").read_bytes())
    spoilt[data.draw(st.integers(0, len(spoilt) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    agrees(home, bytes(spoilt))


@pytest.mark.slow
@given(st.integers(0, 1_000_000), st.binary(min_size=1, max_size=600))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(0, b"")
def test_no_other_bytes_make_anything_else_of_the_sessions(home: Path, at: int, other: bytes) -> None:
    good = (home / "good").read_bytes()
    at %= len(good)
    agrees(home, good[:at] + other + good[at + len(other) :])


def agrees(home: Path, spoilt: bytes) -> None:
    with SessionIndex(None) as index:
        right = everything(index, home / "kept")
    shutil.rmtree(home / "cache", ignore_errors=True)
    (home / "cache").mkdir()
    path = home / "cache" / "sessions.index"
    for asked in (everything, backwards):
        path.write_bytes(spoilt)
        for _ in range(2):
            with SessionIndex(path) as index:
                assert asked(index, home / "kept") == right
                assert index.in_memory_because == ""


def backwards(index: SessionIndex, folder: Path) -> tuple[Any, ...]:
    """As `everything`, asked for in the other order."""
    pears, apples = found(index, folder, "pears"), found(index, folder, "apples")
    rows = listed(index, folder)
    return reported(index, folder), rows, apples, pears
