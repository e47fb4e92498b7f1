"""What is asked of whom, in which order, and what becomes of those that fail."""

from __future__ import annotations

import threading
from itertools import pairwise

import pytest

from tests.runner.conftest import Cards
from tests.support.loopback_host import LoopbackHost
from tests.support.loopback_server import WORDS, LoopbackServer
from tests.support.running import RecordingWriter, open_runner, requests_of, states, to_the_end, until
from tests.support.some import any_number_of, some
from tui.core.plans.mode import Mode
from tui.core.plans.plan import PlanOptions
from tui.core.requests.request import RequestState
from tui.core.sessions.session_model import Parameters
from tui.runner import Runner

D, F, K = RequestState.DONE, RequestState.FAILED, RequestState.SKIPPED


@pytest.mark.slow
def test_an_answer_arrives_whole_with_its_times(runner: Runner, server: LoopbackServer, cards: Cards) -> None:
    runner.begin(
        cards("good"), "What is RAG?", PlanOptions(parameters=Parameters(max_tokens=9, temperature=0.0, seed=4))
    )
    (request,) = to_the_end(runner).requests.values()
    assert (request.state, request.answer, request.finish_reason) == (D, "".join(WORDS), "stop")
    body = server.talk("good").body
    assert body["messages"] == [{"role": "user", "content": "What is RAG?"}]
    assert (body["max_tokens"], body["temperature"], body["seed"]) == (9, 0.0, 4)
    known = request.metrics.known()
    assert {"ttft_ms", "end_ms", "queue_ms", "load_ms", "connect_ms", "decode_tps"} <= known.keys()
    assert min(known.values()) >= 0
    assert runner.tokens_per_chunk[request.spec.model] == 1.0
    assert runner.session.tool["openai"][0].isdigit()


def test_a_race_sends_all_together_once_all_are_loaded(
    runner: Runner, writer: RecordingWriter, host: LoopbackHost, server: LoopbackServer, cards: Cards
) -> None:
    names = ("endless", "stall_midway", "stall_before_headers")
    host.held = {names[2]: threading.Event()}
    before = len(writer.entries)
    run = runner.begin(cards(*names), "hi")
    until(runner, lambda: host.loading == names[2])
    runner.tick()
    assert host.endpoints == list(names[:2])
    assert not any("started" in entry for entry in any_number_of(writer.entries[before:]))
    assert server.talks == []
    assert states(run) == [RequestState.QUEUED, RequestState.QUEUED, RequestState.LOADING]
    host.held[names[2]].set()
    # None of them ends by itself, so that all three are in flight at the same time.
    until(runner, lambda: len(server.talks) == 3)
    until(runner, lambda: states(run) == [RequestState.RUNNING] * 3)
    assert all(request.timestamps.sent is not None for request in some(run.requests.values()))
    assert min(request.timestamps.sent or 0 for request in run.requests.values()) > max(host.loaded.values())
    assert all(request.spec.contended for request in some(run.requests.values()))
    runner.stop_all()
    assert states(to_the_end(runner)) == [RequestState.STOPPED] * 3


def test_a_model_of_a_race_that_is_asked_again_alone_is_not_contended(runner: Runner, cards: Cards) -> None:
    run = runner.begin(cards("good", "stall_midway"), "hi")
    until(runner, lambda: RequestState.DONE in states(run))
    good, _ = run.plan.models
    runner.rerun(good)
    until(runner, lambda: states(run).count(RequestState.DONE) == 2)
    runner.stop_all()
    to_the_end(runner)
    runner.rerun(good)
    to_the_end(runner)
    requests = [request.spec for request in run.requests.values() if request.spec.model == good]
    assert [(spec.launch, spec.contended) for spec in requests] == [(1, True), (2, True), (3, False)]


@pytest.mark.slow
def test_measuring_has_never_more_than_one_request_in_flight(
    runner: Runner, server: LoopbackServer, cards: Cards
) -> None:
    runner.begin(cards("good", "late_text", "burst"), "hi", PlanOptions(mode=Mode.MEASURE, rounds=2))
    to_the_end(runner)
    spans = [(talk.sends[0][0], talk.sends[-1][0]) for talk in server.talks]
    assert len(spans) == 9
    assert all(ended < began for (_, ended), (began, _) in some(pairwise(spans)))


@pytest.mark.slow
def test_measured_rounds_are_interleaved_behind_a_marked_warm_up(
    runner: Runner, server: LoopbackServer, cards: Cards
) -> None:
    names = ("late_text", "burst")
    runner.begin(cards(*names), "hi", PlanOptions(mode=Mode.MEASURE, rounds=2))
    run = to_the_end(runner)
    asked = [talk.body["model"] for talk in server.talks]
    assert [set(asked[at : at + 2]) for at in (0, 2, 4)] == [set(names)] * 3
    in_order = sorted(run.requests.values(), key=lambda request: request.timestamps.sent or 0)
    assert [(request.spec.round, request.spec.warmup) for request in in_order] == [
        (0, True), (0, True), (1, False), (1, False), (2, False), (2, False),
    ]  # fmt: skip
    assert not any(request.spec.contended for request in some(in_order))


def test_a_model_that_cannot_be_loaded_fails_alone(
    runner: Runner, host: LoopbackHost, server: LoopbackServer, cards: Cards
) -> None:
    host.broken = {"burst"}
    runner.begin(cards("good", "burst", "late_text"), "hi")
    run = to_the_end(runner)
    assert states(run) == [D, F, D]
    (failed,) = requests_of(runner, "burst")
    assert failed.fault is not None and failed.fault.kind == "host"
    assert failed.fault.message.startswith("burst could not be loaded. Its files are damaged")
    assert failed.fault.hint == "Try another model."
    assert failed.metrics.load_ms is None
    assert {talk.body["model"] for talk in server.talks} == {"good", "late_text"}


@pytest.mark.parametrize("how", ["load", "answer"])
def test_a_model_that_failed_is_not_asked_again_in_later_rounds(
    runner: Runner, host: LoopbackHost, server: LoopbackServer, cards: Cards, how: str
) -> None:
    bad = "burst" if how == "load" else "e500"
    host.broken = {bad} if how == "load" else set()
    runner.begin(cards(bad, "late_text"), "hi", PlanOptions(mode=Mode.MEASURE, rounds=2, warmup=0))
    to_the_end(runner)
    assert [request.state for request in requests_of(runner, bad)] == [F, K]
    assert [request.state for request in requests_of(runner, "late_text")] == [D, D]
    assert sum(talk.body["model"] == bad for talk in server.talks) == (how == "answer")


def test_a_model_that_failed_is_asked_in_the_next_run(runner: Runner, host: LoopbackHost, cards: Cards) -> None:
    host.broken = {"burst"}
    runner.begin(cards("burst"), "hi")
    assert states(to_the_end(runner)) == [F]
    host.broken = set()
    runner.begin(cards("burst"), "hi")
    assert states(to_the_end(runner)) == [D]


def test_each_kind_of_answer_ends_in_the_state_it_deserves(runner: Runner, cards: Cards) -> None:
    deserved = {
        "good": D, "empty": RequestState.EMPTY, "cut": RequestState.CUT, "reset": F, "e400": F, "error_in_stream": F,
    }  # fmt: skip
    runner.begin(cards(*deserved), "hi")
    run = to_the_end(runner)
    assert dict(zip(deserved, states(run), strict=True)) == deserved
    assert requests_of(runner, "cut")[0].answer == "half of"
    assert requests_of(runner, "error_in_stream")[0].answer == "fine "


def test_a_model_is_loaded_once(runner: Runner, host: LoopbackHost, cards: Cards) -> None:
    runner.begin(cards("late_text"), "hi")
    to_the_end(runner)
    runner.begin(cards("late_text"), "hi again")
    (second,) = to_the_end(runner).requests.values()
    assert second.state is D
    assert second.metrics.load_ms is None
    assert host.endpoints == ["late_text"] * 2


def test_loading_is_timed_where_it_happens_however_late_it_is_looked_at(
    runner: Runner, host: LoopbackHost, cards: Cards
) -> None:
    host.load_s = 0.2
    run = runner.begin(cards("good"), "hi")
    until(runner, lambda: host.loading == "good")
    # No tick while the model is loaded: the endpoint is asked for after the end of the load was noted.
    looked = threading.Event()
    while not host.endpoints:
        looked.wait(0.01)
    late = runner.now()
    to_the_end(runner)
    (request,) = run.requests.values()
    assert request.metrics.load_ms is not None and request.metrics.load_ms >= 200
    assert request.timestamps.load_end is not None and request.timestamps.load_end < late
    assert request.metrics.queue_ms is not None and request.metrics.queue_ms >= 0


@pytest.mark.slow
def test_a_host_that_is_not_there_fails_every_request_with_a_sentence(
    cards: Cards,
) -> None:
    with LoopbackServer().running() as other:
        nobody = LoopbackHost(other.port, ("good", "burst"))
    with open_runner(nobody) as alone:
        alone.begin(cards("good", "burst"), "hi")
        run = to_the_end(alone)
    assert states(run) == [F, F]
    for request in some(run.requests.values()):
        assert request.fault is not None and request.fault.message.startswith("The loopback server does not answer. ")
        assert request.fault.hint == "Start it."


def test_a_mistake_in_a_host_leaves_no_request_waiting(runner: Runner, host: LoopbackHost, cards: Cards) -> None:
    host.defect = ZeroDivisionError("never planned for")
    runner.begin(cards("good", "burst"), "hi")
    run = to_the_end(runner)
    assert states(run) == [F, F]
    host.defect = None
    runner.begin(cards("late_text"), "hi")
    assert states(to_the_end(runner)) == [D]


@pytest.mark.slow
def test_without_a_writer_nothing_is_kept_and_everything_works(host: LoopbackHost, cards: Cards) -> None:
    with open_runner(host) as runner:
        runner.begin(cards("late_text"), "hi")
        run = to_the_end(runner)
        runner.ratings.score(next(iter(run.requests)), 4)
        assert states(run) == [D]
        assert not runner.problems()


@pytest.mark.slow
def test_models_that_do_not_fit_together_are_loaded_one_at_a_time(
    runner: Runner, host: LoopbackHost, cards: Cards
) -> None:
    together: list[int] = []
    load = host.load

    def watched(model_id: str) -> None:
        load(model_id)
        together.append(len(host.loaded))

    host.load = watched  # type: ignore[method-assign]
    try:
        names = ("good", "burst", "no_done")
        runner.begin(cards(*names), "hi", PlanOptions(mode=Mode.MEASURE, alone=True))
        run = to_the_end(runner)
    finally:
        del host.load
    assert together == [1, 1, 1]
    assert len(host.loaded) == 1, "the last one stays"
    assert all(request.state is D for request in some(run.requests.values()))
    assert runner.session.plans[run.plan.key].alone
