"""Whatever is in one file of a folder: it is reported, or named with its reason, and the others are reported."""

from __future__ import annotations

import gc
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import sessions as make
from tui.api import load_sessions
from tui.core.plans.mode import Mode
from tui.core.requests import events as ev
from tui.core.requests.request import Request, RequestState
from tui.core.scoring.rating import Note
from tui.core.sessions.session import Session
from tui.report.aggregate import aggregate
from tui.report.formats.registry import FORMATS
from tui.report.report import Report
from tui.storage.session_files import save

VALUE = re.compile(rb"(?m)(?<= = )[^\n]+$")
VALUES = [
    "9" * 400, "-" + "9" * 400, "9" * 5000, "0x" + "f" * 5000, str(1 << 63), str((1 << 63) - 1), str(-(1 << 63)), "-1",
    "0", "1e308", "1e999", "-inf", "nan", "1.5", "true", "[]", "{}", '""', "[[1]]", '["m1", 7]', "{ a = 1 }",
    '"9999999999999 1"', '"1 1 1 1"', '"a1"', '"a99999999999"', '"r1 a2"', '"' + "9" * 400 + '"', '"\\u202E|`<b>"',
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-22", "11:03:01", '"measure"', '"race"',
    '"done"', '"queued"', '"m1"', '"r1"', "'''\n'''", '"""', "[", '"',
]  # fmt: skip


def whole() -> Session:
    """A session in which everything occurs that a report looks at."""
    requests = [make.request(f"r{n}", first_ms=100 + n, round=n, thinking=["Hm. "]) for n in range(5)]
    requests += [make.request(f"f{state}", state=state) for state in (RequestState.FAILED, RequestState.QUEUED)]
    requests += [make.request("c1", mode=Mode.RACE, model="m2"), make.request("w1", warmup=True)]
    requests[0].fold(ev.Memory("r0", 1, 900_000_000, 4_000_000_000))
    made = make.session(
        requests,
        models=[make.target("m1", "alpha", device="CPU", ep="CPU", size_mb=812.5, licence="MIT", context=4096)],
        scores=[make.score("r0", 4), make.score("r1", 5), make.score("r1", 8, criterion="style", scale=10)],
        notes=[Note("r0", "ann", "Well said.", make.WHEN)],
    )
    made.tool = {"version": "0.1.0"}
    made.extra = {"weather": [{"runs": [1, 2]}]}
    return made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two good sessions, and one that a test spoils."""
    made = tmp_path_factory.mktemp("kept")
    save(make.session([make.request("r1")], session_id="one"), made / "a.toml")
    save(whole(), made / "b.toml")
    save(make.session([make.request("r1"), make.request("r2")], session_id="three"), made / "c.toml")
    return made


def on_folder(folder: Path) -> Report:
    """The report on the sessions there, which names the files that cannot be read."""
    skipped: list[tuple[str, str]] = []
    sessions = load_sessions(folder, skipped=lambda file, error: skipped.append((str(file), error.sentence())))
    return aggregate(list(sessions), skipped)


def check(folder: Path, spoilt: bytes) -> bool:
    """Report on the folder with these bytes in its second file; whether that was one of the sessions."""
    (folder / "b.toml").write_bytes(spoilt)
    report = on_folder(folder)
    assert report.sessions >= 2
    assert {row.subject.alias for row in report.rows} >= {"model-m1"}
    for form in FORMATS:
        form.render(report).encode("utf-8")
    if report.skipped:
        ((name, reason),) = report.skipped
        assert name == str(folder / "b.toml")
        assert reason.startswith(f"{name} cannot be read as a session. ")
        assert reason.endswith(" The file was left as it is.") and len(reason) > len(name) + 70
    return not report.skipped


def test_the_file_that_is_to_be_spoilt_is_good(folder: Path) -> None:
    assert check(folder, text(folder))


def text(folder: Path) -> bytes:
    save(whole(), folder / "b.toml")
    return (folder / "b.toml").read_bytes()


def test_any_value_may_be_anything(folder: Path) -> None:
    good = text(folder)
    dice = random.Random(1)
    places = dice.sample(list(VALUE.finditer(good)), 100)
    seen = {
        check(folder, good[: place.start()] + value.encode() + good[place.end() :])
        for place in places
        for value in dice.sample(VALUES, 1)
    }
    assert seen == {True, False}


@pytest.mark.soak
def test_every_value_in_turn_may_be_each_of_them(folder: Path) -> None:
    good = text(folder)
    places = list(VALUE.finditer(good))
    assert len(places) > 100
    for place in places:
        for value in VALUES:
            check(folder, good[: place.start()] + value.encode() + good[place.end() :])


@st.composite
def changes(draw: st.DrawFn) -> Callable[[bytes], bytes]:
    """Something done to a file's bytes: a part taken out, put in, written over, moved or doubled."""
    start, length, to = (draw(st.integers(0, 1 << 16)) for _ in range(3))
    kind = draw(st.sampled_from(["cut", "end", "insert", "over", "move", "double"]))
    new = draw(st.binary(max_size=8) | st.sampled_from(VALUES).map(str.encode) | st.text(max_size=8).map(_encoded))

    def change(data: bytes) -> bytes:
        at = start % (len(data) + 1)
        end = min(at + length % 200, len(data))
        part, there = data[at:end], to % (len(data) + 1)
        match kind:
            case "cut":
                return data[:at] + data[end:]
            case "end":
                return data[:at]
            case "insert":
                return data[:at] + new + data[at:]
            case "over":
                return data[:at] + new + data[at + len(new) :]
            case "move":
                rest = data[:at] + data[end:]
                return rest[:there] + part + rest[there:]
            case _:
                return data[:there] + part + data[there:]

    return change


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.lists(changes(), min_size=1, max_size=3))
def test_a_file_changed_anyhow_stops_no_report(folder: Path, done: list[Callable[[bytes], bytes]]) -> None:
    spoilt = text(folder)
    for change in done:
        spoilt = change(spoilt)
    check(folder, spoilt)


@pytest.mark.parametrize("key", ["max_tokens", "completion_tokens", "connect", "resident_peak", "seed", "launch"])
@pytest.mark.parametrize("number", ["9" * 400, "0x" + "f" * 5000])
def test_a_number_without_bounds_is_named(folder: Path, key: str, number: str) -> None:
    good = text(folder).decode()
    spoilt, count = re.subn(rf"(?m)^{key} = \d+$", f"{key} = {number}", good)
    assert count
    assert not check(folder, spoilt.encode())
    ((_, reason),) = on_folder(folder).skipped
    assert "It holds a whole number of more than 64 bits." in reason


def test_a_number_without_bounds_is_named_in_tables_nobody_reads_too(folder: Path) -> None:
    assert not check(folder, text(folder).replace(b'kind = "openai"', b"kind = 0x" + b"f" * 5000))


@pytest.mark.slow
def test_of_all_sessions_only_one_is_held_at_a_time() -> None:
    def requests() -> int:
        return sum(isinstance(thing, Request) for thing in gc.get_objects())

    def one_by_one() -> Iterator[Session]:
        for number in range(20):
            yield make.session([make.request("r1")], session_id=f"s{number}")
            gc.collect()
            assert requests() <= before + 1

    gc.collect()
    before = requests()
    assert aggregate(one_by_one()).sessions == 20
