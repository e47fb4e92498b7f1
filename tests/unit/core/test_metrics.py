"""Every formula of the measurement page, against marks worked out by hand."""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.sessions import MS
from tests.support.some import some
from tui.core.metrics.metrics import Metrics, NoRate, derive, derive_first, no_rate, percentile
from tui.core.metrics.registry import METRICS
from tui.core.requests.events import Usage
from tui.core.requests.timestamps import Timestamps

ASKED = 1_000 * MS
SENT = 1_250 * MS


def timestamps(*chunks: tuple[str, int, int], end: int | None = None, **facts: Any) -> Timestamps:
    """Marks with chunks of (kind, milliseconds after `sent`, read number)."""
    made = Timestamps(asked=ASKED, sent=SENT, connect_ns=20 * MS, **facts)
    for kind, at, read in chunks:
        made.add(SENT + at * MS, read, kind)
    made.end = None if end is None else SENT + end * MS
    return made


def tokens(
    completion: int | None, *, prompt: int | None = None, reasoning: int | None = None, cached: int | None = None
) -> Usage:
    return Usage("r1", prompt, completion, reasoning, cached_tokens=cached)


def test_a_plain_answer() -> None:
    metrics = derive(
        timestamps(("a", 100, 1), ("a", 120, 2), ("a", 150, 3), ("a", 200, 4), end=210),
        tokens(11, prompt=50),
        answer_chars=40,
    )
    assert metrics == Metrics(
        ttft_ms=100,
        ttfo_ms=100,
        think_ms=None,
        last_ms=200,
        end_ms=210,
        tpot_ms=10,  # (200 - 100) / (11 - 1)
        decode_tps=100,
        e2e_tps=55,  # 1000 * 11 / 200
        answer_chars_per_s=400,  # 40 / 0.1 s
        icl_p50_ms=30,  # gaps 20, 30, 50
        icl_p95_ms=48,
        icl_max_ms=50,
        tokens_per_chunk=2.75,
        prefill_tps=500,  # 50 / 0.1 s
        connect_ms=20,
        queue_ms=230,  # 250 from asked to sent, 20 of them connecting
        load_ms=None,
    )


def test_every_field_of_an_answer_of_which_everything_is_known() -> None:
    """Two chunks of thinking in two reads, then 18 of answer, two of them in one read."""
    made = timestamps(
        ("r", 80, 3), ("r", 130, 4), ("a", 180, 5), ("a", 180, 5),
        *[("a", 190 + 10 * number, 6 + number) for number in range(16)],
        end=400, load_start=ASKED + 30 * MS, load_end=ASKED + 180 * MS,
    )  # fmt: skip
    metrics = derive(made, tokens(53, prompt=16), answer_chars=64)
    assert metrics.known() == {
        "ttft_ms": 80,
        "ttfo_ms": 180,
        "think_ms": 100,  # 180 - 80
        "last_ms": 340,  # 190 + 10 * 15
        "end_ms": 400,
        "tpot_ms": 5,  # (340 - 80) / (53 - 1)
        "decode_tps": 200,
        "e2e_tps": pytest.approx(53 / 0.34),
        "answer_chars_per_s": 400,  # 64 / (0.34 - 0.18)
        "icl_p50_ms": 10,  # 18 gaps between 19 reads: two of 50, sixteen of 10
        "icl_p95_ms": 50,  # rank 17 * 0.95 = 16.15, between the two of 50
        "icl_max_ms": 50,
        "tokens_per_chunk": 2.65,  # 53 / 20
        "prefill_tps": 200,  # 16 / 0.08
        "connect_ms": 20,
        "queue_ms": 80,  # 250 from asked to sent, 150 of them loading, 20 connecting
        "load_ms": 150,
    }
    assert set(metrics.known()) == {metric.name for metric in METRICS}


@pytest.mark.parametrize("chunks", [(), (("r", 80, 3),), (("a", 80, 3),), (("r", 80, 3), ("a", 180, 5), ("r", 190, 6))])
def test_what_is_certain_from_the_first_chunks_on_is_the_same_at_the_end(chunks: Any) -> None:
    made = timestamps(*chunks, end=400)
    first, whole = derive_first(made), derive(made, None, answer_chars=3)
    assert (first.ttft_ms, first.ttfo_ms) == (whole.ttft_ms, whole.ttfo_ms)


def test_reasoning_comes_before_the_first_answer() -> None:
    metrics = derive(
        timestamps(("r", 100, 1), ("r", 200, 2), ("a", 400, 3), ("a", 600, 4), end=600), tokens(6), answer_chars=10
    )
    assert (metrics.ttft_ms, metrics.ttfo_ms, metrics.think_ms) == (100, 400, 300)
    assert metrics.answer_chars_per_s == 50  # 10 / 0.2 s: thinking is no time of the answer
    assert metrics.tpot_ms == 100  # (600 - 100) / 5: the thinking was seen, and counts
    assert metrics.decode_tps == 10


def test_reasoning_without_an_answer_has_no_first_answer() -> None:
    metrics = derive(timestamps(("r", 100, 1), ("r", 200, 2), end=210), tokens(2), answer_chars=0)
    assert metrics.ttft_ms == 100
    assert (metrics.ttfo_ms, metrics.think_ms, metrics.answer_chars_per_s) == (None, None, None)


def test_hidden_reasoning_is_taken_out_of_the_decode_rate() -> None:
    # 100 tokens, 90 of them thought in silence before the first chunk: 10 were seen, 9 gaps in 90 ms.
    metrics = derive(timestamps(("a", 1000, 1), ("a", 1090, 2), end=1100), tokens(100, reasoning=90), answer_chars=30)
    assert metrics.tpot_ms == 10
    assert metrics.decode_tps == 100
    assert metrics.tokens_per_chunk == 5
    assert metrics.e2e_tps == pytest.approx(100 / 1.09)


def test_reasoning_that_was_seen_stays_in_the_decode_rate() -> None:
    metrics = derive(timestamps(("r", 100, 1), ("a", 190, 2), end=200), tokens(10, reasoning=4), answer_chars=30)
    assert metrics.tpot_ms == 10
    assert metrics.tokens_per_chunk == 5


@pytest.mark.parametrize("usage", [None, tokens(None), tokens(0)], ids=["no usage", "no count", "a count of 0"])
def test_without_usage_no_token_metric_is_made_up(usage: Usage | None) -> None:
    metrics = derive(timestamps(("a", 100, 1), ("a", 200, 2), end=210), usage, answer_chars=8)
    token_metrics = (
        metrics.tpot_ms,
        metrics.decode_tps,
        metrics.e2e_tps,
        metrics.tokens_per_chunk,
        metrics.prefill_tps,
    )
    assert token_metrics == (None, None, None, None, None)
    assert (metrics.ttft_ms, metrics.last_ms, metrics.answer_chars_per_s) == (100, 200, 80)


@pytest.mark.parametrize(
    ("prompt", "cached", "rate"),
    [(8000, None, 80_000), (8000, 0, 80_000), (8000, 7990, 100), (8000, 8000, None), (None, 7, None), (5, 9, None)],
)
def test_what_came_from_a_cache_was_not_evaluated(prompt: int | None, cached: int | None, rate: float | None) -> None:
    usage = tokens(2, prompt=prompt, cached=cached)
    metrics = derive(timestamps(("a", 100, 1), ("a", 150, 2)), usage, 2)
    assert metrics.prefill_tps == rate
    assert metrics.ttft_ms == 100
    assert usage.from_cache is bool(cached)


def test_one_chunk_has_no_rate_and_no_gaps() -> None:
    metrics = derive(timestamps(("a", 100, 1), end=110), tokens(30, prompt=10), answer_chars=90)
    assert (metrics.tpot_ms, metrics.decode_tps, metrics.answer_chars_per_s, metrics.icl_p50_ms) == (
        None,
        None,
        None,
        None,
    )
    assert (metrics.ttft_ms, metrics.last_ms, metrics.e2e_tps, metrics.tokens_per_chunk) == (100, 100, 300, 30)


def test_chunks_of_one_read_have_no_rate() -> None:
    metrics = derive(timestamps(("a", 100, 7), ("a", 100, 7), ("a", 100, 7), end=110), tokens(3), answer_chars=9)
    assert (metrics.tpot_ms, metrics.decode_tps, metrics.answer_chars_per_s) == (None, None, None)
    assert (metrics.icl_p50_ms, metrics.icl_p95_ms, metrics.icl_max_ms) == (None, None, None)
    assert metrics.ttft_ms == 100


def test_a_read_has_one_instant_whatever_its_chunks_say() -> None:
    metrics = derive(timestamps(("a", 100, 7), ("a", 130, 7), end=140), tokens(4), answer_chars=9)
    assert (metrics.tpot_ms, metrics.decode_tps, metrics.icl_max_ms) == (None, None, None)


def test_one_token_has_no_rate() -> None:
    metrics = derive(timestamps(("a", 100, 1), ("a", 200, 2), end=210), tokens(1), answer_chars=2)
    assert (metrics.tpot_ms, metrics.decode_tps) == (None, None)


def test_gaps_run_over_reads_not_chunks() -> None:
    metrics = derive(
        timestamps(("a", 100, 1), ("a", 100, 1), ("a", 140, 5), ("a", 140, 5), ("a", 160, 6)), None, answer_chars=5
    )
    assert (metrics.icl_p50_ms, metrics.icl_max_ms) == (30, 40)  # gaps 40 and 20


def test_a_role_only_stream_has_an_end_and_nothing_else() -> None:
    metrics = derive(timestamps(end=300), tokens(0, prompt=20), answer_chars=0)
    assert metrics.known() == {"end_ms": 300, "connect_ms": 20, "queue_ms": 230}


def test_what_was_never_sent_has_only_its_load() -> None:
    assert derive(Timestamps(asked=0, load_start=5 * MS, load_end=45 * MS), None, 0).known() == {"load_ms": 40}
    assert derive(Timestamps(), None, 0) == Metrics()


def test_loading_and_connecting_are_not_queueing() -> None:
    metrics = derive(timestamps(load_start=ASKED + 10 * MS, load_end=ASKED + 110 * MS), None, 0)
    assert (metrics.load_ms, metrics.connect_ms, metrics.queue_ms) == (100, 20, 130)


def test_a_kept_connection_took_no_time() -> None:
    metrics = derive(Timestamps(asked=ASKED, sent=SENT, connect_ns=0, reused=True), None, 0)
    assert (metrics.connect_ms, metrics.queue_ms) == (0, 250)


@pytest.mark.parametrize("kind", ["f", "t"], ids=["a refusal", "tool arguments"])
def test_whatever_is_not_thinking_is_the_answer(kind: str) -> None:
    metrics = derive(timestamps(("r", 100, 1), (kind, 300, 2), ("a", 500, 3), end=500), None, answer_chars=20)
    assert (metrics.ttfo_ms, metrics.think_ms) == (300, 200)
    assert metrics.answer_chars_per_s == 100  # all 20 characters, over all of the 0.2 s they took


def test_known_leaves_out_what_is_unknown() -> None:
    assert Metrics(ttft_ms=1.0, queue_ms=0.0).known() == {"ttft_ms": 1.0, "queue_ms": 0.0}
    assert set(Metrics().known()) == set()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=40), st.sampled_from([0, 5, 50, 95, 99, 100]))
def test_percentiles_are_those_of_numpy(values: list[int], percent: int) -> None:
    assert percentile(values, percent) == pytest.approx(
        float(np.percentile(np.array(values, float), percent)), rel=1e-9
    )


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("raft"), st.integers(0, 500), st.integers(0, 1)), max_size=20),
    st.none() | st.builds(Usage, st.just("r1"), *[st.none() | st.integers(0, 200)] * 3),
    st.integers(0, 1000),
)
def test_no_marks_give_a_negative_or_endless_number(
    chunks: list[tuple[str, int, int]], usage: Usage | None, chars: int
) -> None:
    made, at, read = Timestamps(sent=SENT, connect_ns=0), SENT, 1
    for kind, gap, step in chunks:
        at, read = at + gap * MS * step, read + step
        made.add(at, read, kind)
    made.end = at
    for name, value in some(derive(made, usage, chars).known().items()):
        assert 0 <= value < float("inf"), name


@pytest.mark.parametrize(
    ("chunks", "usage", "why"),
    [
        ((), tokens(5), NoRate.NO_TEXT),
        ((("a", 100, 1), ("a", 200, 2)), None, NoRate.NOT_COUNTED),
        ((("a", 100, 1), ("a", 200, 2)), tokens(0), NoRate.NOT_COUNTED),
        ((("a", 100, 1), ("a", 200, 2)), tokens(1), NoRate.FEW_TOKENS),
        ((("a", 100, 1), ("a", 200, 2)), tokens(9, reasoning=8), NoRate.FEW_TOKENS),
        ((("a", 100, 1),), tokens(9), NoRate.ONE_PIECE),
        ((("a", 100, 1), ("a", 100, 1), ("a", 200, 2)), tokens(9), NoRate.ONE_PIECE),
        ((("a", 100, 1), ("a", 119, 2)), tokens(9), NoRate.TOO_QUICK),
        ((("a", 100, 1), ("a", 120, 2)), tokens(9), None),
    ],
)
def test_an_unknown_decode_rate_has_its_reason(
    chunks: tuple[tuple[str, int, int], ...], usage: Usage | None, why: NoRate | None
) -> None:
    made = timestamps(*chunks, end=300)
    assert no_rate(made, usage) is why
    assert (derive(made, usage, 10).decode_tps is None) is (why is not None)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("ra"), st.integers(0, 30), st.integers(0, 1)), max_size=12),
    st.none() | st.builds(Usage, st.just("r1"), *[st.none() | st.integers(0, 20)] * 3),
)
def test_a_decode_rate_is_unknown_exactly_where_there_is_a_reason(
    chunks: list[tuple[str, int, int]], usage: Usage | None
) -> None:
    made, at, read = Timestamps(sent=SENT, connect_ns=0), SENT, 1
    for kind, gap, step in chunks:
        at, read = at + gap * MS * step, read + step
        made.add(at, read, kind)
    assert (derive(made, usage, 10).decode_tps is None) is (no_rate(made, usage) is not None)


def test_marks_hold_one_entry_for_each_chunk() -> None:
    made = timestamps(("r", 1, 1), ("a", 2, 1))
    assert made.chunks == 2
    assert (made.at, made.reads, made.kinds) == (
        array("q", [SENT + MS, SENT + 2 * MS]),
        array("q", [1, 1]),
        bytearray(b"ra"),
    )


def test_any_read_number_is_kept_apart_from_the_next() -> None:
    far = timestamps(("a", 1, 1 << 62), ("a", 2, (1 << 62) + 1))
    assert derive(far, None, 2).icl_max_ms == 1


def test_a_decode_rate_is_unknown_when_much_of_the_answer_came_with_the_first_read() -> None:
    burst = timestamps(*[("a", 10, 1)] * 4, ("a", 12, 2), ("a", 14, 3), end=15)
    metrics = derive(burst, tokens(6), answer_chars=30)
    assert metrics.decode_tps is None and metrics.tpot_ms is None
    assert metrics.e2e_tps == pytest.approx(6 / 0.014)
    steady = timestamps(*[("a", 10, 1)] * 2, *[("a", 10 + 2 * n, 1 + n) for n in range(1, 19)], end=50)
    assert derive(steady, tokens(20), answer_chars=30).tpot_ms == pytest.approx(36 / 19)


def test_a_decode_rate_is_unknown_when_the_whole_answer_came_within_an_instant() -> None:
    for last, known in ((29, False), (30, True)):
        metrics = derive(timestamps(("a", 10, 1), ("a", 20, 2), ("a", last, 3), end=31), tokens(3), answer_chars=30)
        assert (metrics.decode_tps is not None, metrics.tpot_ms is not None) == (known, known)
        assert metrics.e2e_tps is not None and metrics.icl_p50_ms is not None
