"""A request that failed is made once more after a pause, which is in nobody's time and can be called off."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.runner.conftest import Cards
from tests.support.running import states, to_the_end, until
from tests.support.sessions import request as a_request
from tui.core.plans.mode import Mode
from tui.core.plans.plan import Plan, PlanOptions
from tui.core.requests.events import Cancelled, Failed
from tui.core.requests.request import RequestState
from tui.core.sessions.session import Session
from tui.engine.retry_after import retry_after_s
from tui.runner import Runner
from tui.runner.plan_builder import build_plan
from tui.runner.request_queue import RequestQueue
from tui.runner.retry_pause import RetryPause, RetryPauses
from tui.runner.session_recorder import SessionRecorder

NOW = datetime(2026, 11, 29, 12, 0, 0, tzinfo=UTC)


@pytest.mark.slow
def test_a_retry_waits_as_long_as_the_host_wishes_and_its_wait_is_no_queueing(runner: Runner, cards: Cards) -> None:
    run = runner.begin(cards("busy"), "hi", PlanOptions(retries=1))
    to_the_end(runner)
    first, second = run.requests.values()
    assert states(run) == [RequestState.FAILED, RequestState.FAILED]
    assert first.timestamps.end is not None and second.timestamps.asked is not None
    assert second.timestamps.asked - first.timestamps.end >= 1_000_000_000
    assert runner.pauses() == [RetryPause(run.plan.models, 1.0, asked=True)]
    assert runner.pauses() == []


def test_a_wait_can_be_called_off(runner: Runner, cards: Cards) -> None:
    run = runner.begin(cards("busy_for_long"), "hi", PlanOptions(mode=Mode.MEASURE, rounds=2, warmup=0, retries=1))
    until(runner, lambda: runner.pause_s is not None)
    assert runner.busy
    runner.stop_all()
    to_the_end(runner)
    assert runner.pause_s is None
    assert sorted(states(run)) == [RequestState.FAILED, RequestState.STOPPED, RequestState.STOPPED]
    runner.begin(cards("burst"), "at once")
    assert states(to_the_end(runner)) == [RequestState.DONE]


def test_the_pauses_grow_up_to_a_limit() -> None:
    now = [0]
    pausing, request = RetryPauses(lambda: now[0]), a_request("r1", model="m1")
    lasted = []
    for times in (*range(1, 9), 2_000):
        pausing.begin([(request, times)])
        assert pausing.left_s == pytest.approx(pausing.begun()[0].seconds)
        lasted.append(pausing.left_s)
        now[0] += round(pausing.left_s * 1e9)
        assert pausing.left_s == 0
    assert lasted == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]


def test_of_several_the_longest_pause_counts_and_no_host_is_waited_for_endlessly() -> None:
    pausing = RetryPauses(lambda: 0)
    one, two = a_request("r1", model="m1"), a_request("r2", model="m2")
    pausing.heed(Failed("r2", 0, "status", "no", retry_after_s=86_400))
    pausing.begin([(one, 1), (two, 1)])
    assert pausing.begun() == [RetryPause(("m1", "m2"), 120.0, asked=True)]
    pausing.end()
    pausing.heed(Failed("r1", 0, "status", "no", retry_after_s=0))
    pausing.begin([(one, 5)])
    assert pausing.begun() == [RetryPause(("m1",), 0.0, asked=True)]


def test_another_failure_does_not_cut_short_what_a_host_asked_for() -> None:
    now = [0]
    pausing = RetryPauses(lambda: now[0])
    pausing.heed(Failed("r1", 0, "status", "no", retry_after_s=60))
    pausing.begin([(a_request("r1", model="m1"), 1)])
    now[0] += 19_500_000_000
    pausing.begin([(a_request("r2", model="m2"), 1)])
    assert pausing.left_s == 40.5
    assert pausing.begun() == [RetryPause(("m1",), 60.0, asked=True), RetryPause(("m2",), 41, asked=True)]
    pausing.end()
    pausing.begin([(a_request("r3", model="m2"), 1)])
    assert pausing.left_s == 0.5


def test_of_two_batches_that_fail_in_turn_both_wait_as_long_as_the_host_of_one_wishes() -> None:
    now, session = [0], Session("s", NOW)
    queue = RequestQueue(SessionRecorder(session, None), lambda: now[0])
    run = queue.begin(Plan("race", Mode.RACE, ("m1", "m2"), ("p1",), retries=2))
    one, two = queue.waiting.popleft()
    queue.pausing.heed(Failed(one.spec.id, 0, "status", "no", retry_after_s=60))
    for request in (one, two):
        request.fold(Failed(request.spec.id, 0, "status", "no"))
    (first,) = queue.schedule_retries([one], [])
    (second,) = queue.schedule_retries([two], [])
    assert [request.spec.id for batch in queue.waiting for request in batch] == [second.spec.id, first.spec.id]
    assert queue.pause_s == 60
    second.fold(Cancelled(second.spec.id, 0))
    queue.waiting.popleft()
    assert queue.pause_s == 60, "the first one waits still"
    first.fold(Cancelled(first.spec.id, 0))
    again = queue.rerun("m2")
    again[0].fold(Failed(again[0].spec.id, 0, "status", "no"))
    queue.waiting.clear()
    queue.schedule_retries(again, [])
    assert queue.pause_s == 1.0, "nobody waits for that host any more"
    assert not run.finished


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0), ("7", 7), (" 120 ", 120), ("0000000000120", 120), ("000000000000", 0),
        ("999999999999", 86_400),
        ("Sun, 29 Nov 2026 12:00:30 GMT", 30), ("Sunday, 29-Nov-26 12:00:30 GMT", 30), ("Sun Nov 29 12:00:30 2026", 30),
        ("Sun, 29 Nov 2026 11:00:00 GMT", 0), ("Sun, 29 Nov 2099 12:00:00 GMT", 86_400),
        ("", None), ("soon", None), ("-3", None), ("1.5", None), ("٣", None), ("Sun, 99 Nov 2026 12:00:30 GMT", None),
    ],
)  # fmt: skip
def test_what_a_header_means(value: str, seconds: int | None) -> None:
    assert retry_after_s(value, NOW) == seconds


def test_part_of_a_second_counts_as_a_whole_one() -> None:
    assert retry_after_s("Sun, 29 Nov 2026 12:00:30 GMT", NOW.replace(microsecond=1)) == 30
    assert retry_after_s("Sun, 29 Nov 2026 12:00:31 GMT", NOW.replace(microsecond=999_999)) == 31


def test_each_plan_has_a_seed_of_its_own(fresh: Runner, cards: Cards) -> None:
    plans = [build_plan(fresh._recorder, cards("good", "burst"), "hi", PlanOptions(Mode.MEASURE)) for _ in range(3)]
    assert len({plan.seed for plan in plans}) == 3
