"""What is asked of whom, in which order, and what becomes of those that fail."""

from __future__ import annotations

import threading
from itertools import pairwise

import pytest

from tests.conductor.conftest import Cards
from tests.support.conducting import RecordingKeeper, conducting, lanes_of, states, to_the_end, until
from tests.support.loopback_host import LoopbackHost
from tests.support.loopback_server import WORDS, LoopbackServer
from tests.support.some import any_number_of, some
from tui.conductor import Conductor
from tui.core.lane import LaneState
from tui.core.plan import Mode
from tui.core.target import Parameters

D, F, K = LaneState.DONE, LaneState.FAILED, LaneState.SKIPPED


def test_an_answer_arrives_whole_with_its_times(conductor: Conductor, server: LoopbackServer, cards: Cards) -> None:
    conductor.begin(cards("good"), "What is RAG?", parameters=Parameters(max_tokens=9, temperature=0.0, seed=4))
    (lane,) = to_the_end(conductor).lanes.values()
    assert (lane.state, lane.answer, lane.finish_reason) == (D, "".join(WORDS), "stop")
    body = server.talk("good").body
    assert body["messages"] == [{"role": "user", "content": "What is RAG?"}]
    assert (body["max_tokens"], body["temperature"], body["seed"]) == (9, 0.0, 4)
    known = lane.timing.known()
    assert {"ttft_ms", "end_ms", "queue_ms", "load_ms", "connect_ms", "decode_tps"} <= known.keys()
    assert min(known.values()) >= 0
    assert conductor.tokens_per_chunk[lane.spec.model] == 1.0
    assert conductor.session.tool["openai"][0].isdigit()


def test_a_race_sends_all_together_once_all_are_loaded(
    conductor: Conductor, keeper: RecordingKeeper, host: LoopbackHost, server: LoopbackServer, cards: Cards
) -> None:
    names = ("endless", "stall_midway", "stall_before_headers")
    host.held = {names[2]: threading.Event()}
    before = len(keeper.entries)
    run = conductor.begin(cards(*names), "hi")
    until(conductor, lambda: host.loading == names[2])
    conductor.tick()
    assert host.endpoints == list(names[:2])
    assert not any("started" in entry for entry in any_number_of(keeper.entries[before:]))
    assert server.talks == []
    assert states(run) == [LaneState.QUEUED, LaneState.QUEUED, LaneState.LOADING]
    host.held[names[2]].set()
    # None of them ends by itself, so that all three are in flight at the same time.
    until(conductor, lambda: len(server.talks) == 3)
    until(conductor, lambda: states(run) == [LaneState.RUNNING] * 3)
    assert all(lane.marks.sent is not None for lane in some(run.lanes.values()))
    assert min(lane.marks.sent or 0 for lane in run.lanes.values()) > max(host.loaded.values())
    assert all(lane.spec.contended for lane in some(run.lanes.values()))
    conductor.stop_all()
    assert states(to_the_end(conductor)) == [LaneState.STOPPED] * 3


def test_a_model_of_a_race_that_is_asked_again_alone_is_not_contended(conductor: Conductor, cards: Cards) -> None:
    run = conductor.begin(cards("good", "stall_midway"), "hi")
    until(conductor, lambda: LaneState.DONE in states(run))
    good, _ = run.plan.models
    conductor.rerun(good)
    until(conductor, lambda: states(run).count(LaneState.DONE) == 2)
    conductor.stop_all()
    to_the_end(conductor)
    conductor.rerun(good)
    to_the_end(conductor)
    lanes = [lane.spec for lane in run.lanes.values() if lane.spec.model == good]
    assert [(spec.launch, spec.contended) for spec in lanes] == [(1, True), (2, True), (3, False)]


def test_measuring_has_never_more_than_one_request_in_flight(
    conductor: Conductor, server: LoopbackServer, cards: Cards
) -> None:
    conductor.begin(cards("good", "late_text", "burst"), "hi", mode=Mode.MEASURE, rounds=2)
    to_the_end(conductor)
    spans = [(talk.sends[0][0], talk.sends[-1][0]) for talk in server.talks]
    assert len(spans) == 9
    assert all(ended < began for (_, ended), (began, _) in some(pairwise(spans)))


def test_measured_rounds_are_interleaved_behind_a_marked_warm_up(
    conductor: Conductor, server: LoopbackServer, cards: Cards
) -> None:
    names = ("late_text", "burst")
    conductor.begin(cards(*names), "hi", mode=Mode.MEASURE, rounds=2)
    run = to_the_end(conductor)
    asked = [talk.body["model"] for talk in server.talks]
    assert [set(asked[at : at + 2]) for at in (0, 2, 4)] == [set(names)] * 3
    in_order = sorted(run.lanes.values(), key=lambda lane: lane.marks.sent or 0)
    assert [(lane.spec.round, lane.spec.warmup) for lane in in_order] == [
        (0, True), (0, True), (1, False), (1, False), (2, False), (2, False),
    ]  # fmt: skip
    assert not any(lane.spec.contended for lane in some(in_order))


def test_a_model_that_cannot_be_loaded_fails_alone(
    conductor: Conductor, host: LoopbackHost, server: LoopbackServer, cards: Cards
) -> None:
    host.broken = {"burst"}
    conductor.begin(cards("good", "burst", "late_text"), "hi")
    run = to_the_end(conductor)
    assert states(run) == [D, F, D]
    (failed,) = lanes_of(conductor, "burst")
    assert failed.fault is not None and failed.fault.kind == "host"
    assert failed.fault.message.startswith("burst could not be loaded. Its files are damaged")
    assert failed.fault.hint == "Try another model."
    assert failed.timing.load_ms is None
    assert {talk.body["model"] for talk in server.talks} == {"good", "late_text"}


@pytest.mark.parametrize("how", ["load", "answer"])
def test_a_model_that_failed_is_not_asked_again_in_later_rounds(
    conductor: Conductor, host: LoopbackHost, server: LoopbackServer, cards: Cards, how: str
) -> None:
    bad = "burst" if how == "load" else "e500"
    host.broken = {bad} if how == "load" else set()
    conductor.begin(cards(bad, "late_text"), "hi", mode=Mode.MEASURE, rounds=2, warmup=0)
    to_the_end(conductor)
    assert [lane.state for lane in lanes_of(conductor, bad)] == [F, K]
    assert [lane.state for lane in lanes_of(conductor, "late_text")] == [D, D]
    assert sum(talk.body["model"] == bad for talk in server.talks) == (how == "answer")


def test_a_model_that_failed_is_asked_in_the_next_run(conductor: Conductor, host: LoopbackHost, cards: Cards) -> None:
    host.broken = {"burst"}
    conductor.begin(cards("burst"), "hi")
    assert states(to_the_end(conductor)) == [F]
    host.broken = set()
    conductor.begin(cards("burst"), "hi")
    assert states(to_the_end(conductor)) == [D]


def test_each_kind_of_answer_ends_in_the_state_it_deserves(conductor: Conductor, cards: Cards) -> None:
    deserved = {
        "good": D, "empty": LaneState.EMPTY, "cut": LaneState.CUT, "reset": F, "e400": F, "error_in_stream": F,
    }  # fmt: skip
    conductor.begin(cards(*deserved), "hi")
    run = to_the_end(conductor)
    assert dict(zip(deserved, states(run), strict=True)) == deserved
    assert lanes_of(conductor, "cut")[0].answer == "half of"
    assert lanes_of(conductor, "error_in_stream")[0].answer == "fine "


def test_a_model_is_loaded_once(conductor: Conductor, host: LoopbackHost, cards: Cards) -> None:
    conductor.begin(cards("late_text"), "hi")
    to_the_end(conductor)
    conductor.begin(cards("late_text"), "hi again")
    (second,) = to_the_end(conductor).lanes.values()
    assert second.state is D
    assert second.timing.load_ms is None
    assert host.endpoints == ["late_text"] * 2


def test_loading_is_timed_where_it_happens_however_late_it_is_looked_at(
    conductor: Conductor, host: LoopbackHost, cards: Cards
) -> None:
    host.load_s = 0.2
    run = conductor.begin(cards("good"), "hi")
    until(conductor, lambda: host.loading == "good")
    # No tick while the model is loaded: the endpoint is asked for after the end of the load was noted.
    looked = threading.Event()
    while not host.endpoints:
        looked.wait(0.01)
    late = conductor.now()
    to_the_end(conductor)
    (lane,) = run.lanes.values()
    assert lane.timing.load_ms is not None and lane.timing.load_ms >= 200
    assert lane.marks.load_end is not None and lane.marks.load_end < late
    assert lane.timing.queue_ms is not None and lane.timing.queue_ms >= 0


def test_a_host_that_is_not_there_fails_every_lane_with_a_sentence(
    cards: Cards,
) -> None:
    with LoopbackServer().running() as other:
        nobody = LoopbackHost(other.port, ("good", "burst"))
    with conducting(nobody) as alone:
        alone.begin(cards("good", "burst"), "hi")
        run = to_the_end(alone)
    assert states(run) == [F, F]
    for lane in some(run.lanes.values()):
        assert lane.fault is not None and lane.fault.message.startswith("The loopback server does not answer. ")
        assert lane.fault.hint == "Start it."


def test_a_mistake_in_a_host_leaves_no_lane_waiting(conductor: Conductor, host: LoopbackHost, cards: Cards) -> None:
    host.defect = ZeroDivisionError("never planned for")
    conductor.begin(cards("good", "burst"), "hi")
    run = to_the_end(conductor)
    assert states(run) == [F, F]
    host.defect = None
    conductor.begin(cards("late_text"), "hi")
    assert states(to_the_end(conductor)) == [D]


def test_without_a_keeper_nothing_is_kept_and_everything_works(host: LoopbackHost, cards: Cards) -> None:
    with conducting(host) as conductor:
        conductor.begin(cards("late_text"), "hi")
        run = to_the_end(conductor)
        conductor.ratings.score(next(iter(run.lanes)), 4)
        assert states(run) == [D]
        assert not conductor.problems()


def test_models_that_do_not_fit_together_are_loaded_one_at_a_time(
    conductor: Conductor, host: LoopbackHost, cards: Cards
) -> None:
    together: list[int] = []
    load = host.load

    def watched(model_id: str) -> None:
        load(model_id)
        together.append(len(host.loaded))

    host.load = watched  # type: ignore[method-assign]
    try:
        names = ("good", "burst", "no_done")
        conductor.begin(cards(*names), "hi", mode=Mode.MEASURE, alone=True)
        run = to_the_end(conductor)
    finally:
        del host.load
    assert together == [1, 1, 1]
    assert len(host.loaded) == 1, "the last one stays"
    assert all(lane.state is D for lane in some(run.lanes.values()))
    assert conductor.session.plans[run.plan.key].alone
