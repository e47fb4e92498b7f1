"""The marks in a file: short, whole, free of drift, and refused when they contradict themselves."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.sessions import MS
from tests.support.sessions import request as make_request
from tests.support.some import some
from tui.core.metrics.metrics import derive
from tui.core.requests.events import Usage
from tui.core.requests.phases import spans
from tui.core.requests.timestamps import Timestamps
from tui.core.sessions.timing_dict import TICK_NS, as_kept, timestamps_from_dict, timestamps_to_dict

SENT = 123_456_789
many = settings(max_examples=80, deadline=None)
gaps_ns = st.lists(st.tuples(st.integers(0, 50 * MS), st.sampled_from("raft"), st.booleans()), min_size=1, max_size=60)


def timestamps(chunks: list[tuple[int, str, bool]]) -> Timestamps:
    """Marks whose chunks come after these gaps; True begins a new socket read."""
    made = Timestamps(asked=SENT - 30 * MS, sent=SENT, connect_ns=7 * MS, headers=SENT)
    at, read = SENT, 10
    for gap, kind, new_read in chunks:
        # Chunks of one read share its instant.
        at, read = (at + gap, read + 3) if new_read else (at, read)
        made.add(at, read, kind)
    made.end = at + MS
    return made


def table(**changes: Any) -> dict[str, Any]:
    """A sound table of three chunks, with changes; None removes a key."""
    sound: dict[str, Any] = {
        "unit_us": 100, "connect": 30, "queue": 20, "headers": 900, "end": 1200,
        "kinds": "r1 a2", "deltas": "1000 50 100", "reads": "1 2",
    }  # fmt: skip
    return {key: value for key, value in (sound | changes).items() if value is not None}


def test_headers_that_came_before_the_request_are_not_known() -> None:
    early, exact = Timestamps(sent=SENT, headers=SENT - MS), Timestamps(sent=SENT, headers=SENT)
    assert "headers" not in timestamps_to_dict(early)
    assert timestamps_from_dict(timestamps_to_dict(early)).headers is None
    assert timestamps_from_dict(timestamps_to_dict(exact)).headers == 0


def test_a_table_reads_as_it_was_written() -> None:
    made = Timestamps(
        asked=0, load_start=1 * MS, load_end=5 * MS, sent=10 * MS, connect_ns=2 * MS, headers=100 * MS, end=300 * MS
    )
    for at, read, kind in ((110, 4, "r"), (110, 4, "r"), (150, 6, "a"), (290, 9, "a")):
        made.add(at * MS, read, kind)
    assert timestamps_to_dict(made) == {
        "unit_us": 100,
        "load": 40,
        "connect": 20,
        "queue": 40,
        "queue_loaded": 30,
        "headers": 900,
        "end": 2900,
        "kinds": "r2 a2",
        "deltas": "1000 0 400 1400",
        "reads": "2 1 1",
    }


def test_the_bar_of_an_answer_is_the_same_when_its_file_is_read() -> None:
    """Of several models the first one that is loaded waits for the others, and then connects."""
    request = make_request("r1")
    request.timestamps = Timestamps(
        asked=0, load_start=1 * MS, load_end=5 * MS, sent=90 * MS, connect_ns=2 * MS, end=300 * MS
    )
    request.timestamps.add(200 * MS, 1, "a")
    seen = spans(request, 0)
    assert [span.phase for span in seen] == ["queue", "load", "queue", "prefill", "answer"]
    request.timestamps = timestamps_from_dict(timestamps_to_dict(request.timestamps))
    assert spans(request, 0) == seen


@pytest.mark.slow
@many
@given(gaps_ns)
def test_rounding_never_adds_up(chunks: list[tuple[int, str, bool]]) -> None:
    made = timestamps(chunks)
    back = timestamps_from_dict(timestamps_to_dict(made))
    assert back.sent == 0
    assert len(back.at) == len(made.at)
    for was, read in some(zip(made.at, back.at, strict=True)):
        assert abs(was - SENT - read) * 2 <= TICK_NS, "an instant moved by more than half a tick"
    total = sum(int(gap) for gap in timestamps_to_dict(made)["deltas"].split())
    assert abs(total * TICK_NS - (made.at[-1] - SENT)) * 2 <= TICK_NS
    assert back.kinds == made.kinds


@many
@given(gaps_ns)
def test_written_read_and_written_again_is_the_same(chunks: list[tuple[int, str, bool]]) -> None:
    written = timestamps_to_dict(timestamps(chunks))
    assert timestamps_to_dict(timestamps_from_dict(written)) == written


@many
@given(gaps_ns, st.integers(0, 500))
def test_metrics_survive_the_file_within_a_tick(chunks: list[tuple[int, str, bool]], tokens: int) -> None:
    made = timestamps(chunks)
    usage = Usage("r1", 10, tokens)
    before, after = derive(made, usage, 50), derive(timestamps_from_dict(timestamps_to_dict(made)), usage, 50)
    for name in ("ttft_ms", "ttfo_ms", "last_ms", "end_ms", "icl_max_ms", "connect_ms", "queue_ms"):
        was, now = getattr(before, name), getattr(after, name)
        assert (was is None) == (now is None), name
        assert was is None or abs(was - now) <= 0.15, name
    assert before.tokens_per_chunk == after.tokens_per_chunk


@many
@given(gaps_ns, st.integers(0, 500))
def test_the_figures_of_what_has_ended_are_those_of_its_file(chunks: list[tuple[int, str, bool]], tokens: int) -> None:
    taken = timestamps(chunks)
    taken.load_start, taken.load_end = SENT - 25 * MS, SENT - 12 * MS - 34_567
    kept, read = as_kept(taken), timestamps_from_dict(timestamps_to_dict(taken))
    usage = Usage("r1", 10, tokens)
    assert derive(kept, usage, 90) == derive(read, usage, 90)
    assert (kept.sent, kept.load_end) == (taken.sent, taken.load_end) and as_kept(kept) == kept
    assert max(abs(mine - theirs) for mine, theirs in zip(kept.at, taken.at, strict=True)) <= TICK_NS


def test_what_is_unknown_stays_unknown() -> None:
    assert timestamps_from_dict({}) == Timestamps()
    assert timestamps_to_dict(Timestamps()) == {"unit_us": 100}
    sent_only = timestamps_from_dict({"unit_us": 100, "connect": 0})
    assert (sent_only.sent, sent_only.asked, sent_only.headers, sent_only.end) == (0, None, None, None)
    loaded_only = timestamps_from_dict({"unit_us": 100, "load": 50})
    assert (loaded_only.sent, loaded_only.load_start, loaded_only.load_end) == (None, 0, 5 * MS)


def test_a_kept_connection_is_remembered() -> None:
    back = timestamps_from_dict(timestamps_to_dict(Timestamps(sent=SENT, connect_ns=0, reused=True)))
    assert (back.connect_ns, back.reused) == (0, True)


def test_another_unit_is_understood() -> None:
    assert timestamps_from_dict(table(unit_us=1000)).at[0] == 1000 * MS


def test_ticks_are_counted_up_to_40_bits_and_gaps_up_to_twelve_digits() -> None:
    most = (1 << 40) - 1
    assert timestamps_from_dict({"connect": 0, "end": most}).end == most * 100_000
    gap = 10**12 - 1
    assert list(timestamps_from_dict({"connect": 0, "kinds": "a1", "reads": "1", "deltas": str(gap)}).at) == [
        gap * 100_000
    ]
    for more in ({"end": most + 1}, {"end": -1}, {"end": True}, {"kinds": "a1", "reads": "1", "deltas": str(gap + 1)}):
        with pytest.raises(ValueError, match="ticks"):
            timestamps_from_dict({"connect": 0, **more})


def test_an_instant_that_cannot_be_true_is_left_out() -> None:
    made = Timestamps(sent=SENT, connect_ns=0, headers=SENT + 90 * MS, end=SENT + 20 * MS, load_start=9, load_end=3)
    for at in (50, 30, 60):
        made.add(SENT + at * MS, at, "a")
    written = timestamps_to_dict(made)
    assert written == {"unit_us": 100, "connect": 0, "kinds": "a3", "deltas": "500 0 100", "reads": "1 1 1"}
    assert timestamps_to_dict(timestamps_from_dict(written)) == written


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ({"kinds": "r1 a1"}, "same number of chunks"),
        ({"kinds": "r1 a3"}, "same number of chunks"),
        ({"kinds": None}, "same number of chunks"),
        ({"reads": "1 1"}, "same number of chunks"),
        ({"reads": "1 2 1"}, "same number of chunks"),
        ({"deltas": "1000 50"}, "same number of chunks"),
        ({"deltas": None}, "same number of chunks"),
        ({"headers": 1001}, "before the headers"),
        ({"end": 1149}, "after the end"),
        ({"connect": None}, "never sent"),
        ({"unit_us": 0}, "unit_us"),
        ({"unit_us": -100}, "unit_us"),
        ({"unit_us": "100"}, "unit_us"),
        ({"connect": -1}, "connect"),
        ({"connect": 1.5}, "connect"),
        ({"connect": True}, "connect"),
        ({"queue": -1}, "queue"),
        ({"load": "x"}, "load"),
        ({"load": 10, "queue_loaded": 21}, "queue_loaded"),
        ({"headers": -1}, "headers"),
        ({"end": 1 << 50}, "end"),
        ({"deltas": "1000 -50 200"}, "deltas"),
        ({"deltas": "1000 x 100"}, "deltas"),
        ({"deltas": "1000 5.0 100"}, "deltas"),
        ({"deltas": "1000 ٥٠ 100"}, "deltas"),
        ({"deltas": [1000, 50, 100]}, "deltas"),
        ({"deltas": "1000 50 " + "9" * 30}, "deltas"),
        ({"reads": "-1 4"}, "reads"),
        ({"reads": 3}, "reads"),
        ({"kinds": "r1 x2"}, "kinds"),
        ({"kinds": "r1 a"}, "kinds"),
        ({"kinds": "r1 a-2"}, "kinds"),
        ({"kinds": "r1 a²"}, "kinds"),
        ({"kinds": 12}, "kinds"),
    ],
    ids=str,
)
def test_a_contradiction_is_refused_with_a_sentence(broken: dict[str, Any], says: str) -> None:
    assert timestamps_to_dict(timestamps_from_dict(table())) == table()
    with pytest.raises(ValueError, match=says):
        timestamps_from_dict(table(**broken))


def test_a_few_letters_cannot_ask_for_a_mountain_of_memory() -> None:
    # Each word alone is within bounds; together they would be 200 GB.
    with pytest.raises(ValueError, match="same number of chunks"):
        timestamps_from_dict(table(kinds="a2000000 " * 100_000))
