"""Plans of many prompts, of models asked in their own way, with retries, broken off and gone on with."""

from __future__ import annotations

import pytest

from tests.runner.conftest import Cards
from tests.support.loopback_host import LoopbackHost
from tests.support.loopback_server import LoopbackServer
from tests.support.running import RecordingWriter, open_runner, requests_of, states, to_the_end, until
from tests.support.some import some
from tui.core.errors import BadInputError
from tui.core.plans.follow_up import followed
from tui.core.plans.mode import Mode
from tui.core.plans.plan import PlanOptions, schedule
from tui.core.plans.plan_run import planned_request_of
from tui.core.plans.prompt import Prompt
from tui.core.requests.answer_limits import MAX_PROMPT_BYTES
from tui.core.requests.request import RequestState
from tui.core.sessions.session_dict import as_stored, session_from_dict, session_to_dict
from tui.core.sessions.session_model import ModelChoice, Overrides, Parameters
from tui.runner import Runner

D, F, K, X = RequestState.DONE, RequestState.FAILED, RequestState.SKIPPED, RequestState.STOPPED


@pytest.mark.slow
def test_every_prompt_of_a_plan_is_asked_once_a_round(runner: Runner, server: LoopbackServer, cards: Cards) -> None:
    prompts = [Prompt("one"), Prompt("two", "Be brief."), Prompt("one")]
    runner.begin(cards("burst", "late_text"), prompts, PlanOptions(rounds=2))
    run = to_the_end(runner)
    assert states(run) == [D] * 8
    asked = [[message["content"] for message in talk.body["messages"]] for talk in server.talks]
    assert asked == [["one"]] * 2 + [["Be brief.", "two"]] * 2 + [["one"]] * 2 + [["Be brief.", "two"]] * 2


def test_one_model_asked_in_two_ways_is_two_columns(runner: Runner, server: LoopbackServer, cards: Cards) -> None:
    (card,) = cards("burst")
    ways = [ModelChoice(card), ModelChoice(card, Overrides(system="Be odd.", temperature=1.5))]
    run = runner.begin(ways, "hi", PlanOptions(parameters=Parameters(temperature=0.0, seed=4)))
    to_the_end(runner)
    first, second = run.plan.models
    sent = {len(talk.body["messages"]): talk.body for talk in server.talks}
    assert (sent[1]["temperature"], sent[2]["temperature"], sent[2]["seed"]) == (0.0, 1.5, 4)
    session = runner.session
    assert session.models[first].name == "burst"
    assert session.models[second].name == "burst (system 'Be odd.', temperature 1.5)"
    again = runner.begin(ways, "hi")
    assert again.plan.models == (first, second)
    to_the_end(runner)
    shown, kept = (one.requests.values() for one in (session, as_stored(session)))
    assert [request.metrics for request in shown] == [request.metrics for request in kept]


@pytest.mark.slow
def test_a_model_that_fails_is_asked_again_as_often_as_wished_and_then_skipped(
    runner: Runner, server: LoopbackServer, cards: Cards
) -> None:
    runner.begin(cards("e500", "burst"), "hi", PlanOptions(mode=Mode.MEASURE, rounds=2, warmup=0, retries=2))
    run = to_the_end(runner)
    failing = sorted(requests_of(runner, "e500"), key=lambda request: (request.spec.round, request.spec.launch))
    assert [(request.spec.round, request.spec.launch, request.state) for request in failing] == [
        (1, 1, F), (1, 2, F), (1, 3, F), (2, 1, K),
    ]  # fmt: skip
    assert [request.state for request in requests_of(runner, "burst")] == [D, D]
    assert run.plan.retries == 2


@pytest.mark.slow
def test_a_model_that_answers_when_asked_again_goes_on(runner: Runner, host: LoopbackHost, cards: Cards) -> None:
    host.broken = {"burst"}
    runner.begin(cards("burst"), "hi", PlanOptions(mode=Mode.MEASURE, rounds=2, warmup=0, retries=1))
    until(runner, lambda: any(request.state is F for request in requests_of(runner, "burst")))
    host.broken = set()
    to_the_end(runner)
    assert sorted((request.spec.round, request.spec.launch, request.state) for request in requests_of(runner, "burst")) == [  # noqa: E501
        (1, 1, F), (1, 2, D), (2, 1, D),
    ]  # fmt: skip


@pytest.mark.slow
def test_a_plan_that_was_broken_off_goes_on_in_its_own_order_in_another_program(
    host: LoopbackHost, server: LoopbackServer, cards: Cards
) -> None:
    names = ("burst", "late_text", "good")
    with open_runner(host) as first:
        begun = first.begin(cards(*names), "hi", PlanOptions(mode=Mode.MEASURE, rounds=3, warmup=1, nonce=True))
        until(first, lambda: sum(request.state is D for request in begun.requests.values()) >= 6)
        first.stop_all()
        to_the_end(first)
    asked_before = [
        planned_request_of(request)
        for request in begun.requests.values()
        if request.state is D and not request.spec.warmup
    ]
    writer = RecordingWriter()
    second = Runner(host, session_from_dict(session_to_dict(first.session)), writer)
    server.talks.clear()
    try:
        run = second.resume()
        to_the_end(second)
    finally:
        second.close()
    everything = [slot for (slot,) in schedule(begun.plan) if not slot.warmup]
    done = [request for request in run.requests.values() if request.state is D and not request.spec.warmup]
    assert run.plan == begun.plan
    assert sorted(map(planned_request_of, done), key=everything.index) == everything
    in_order = sorted(done[len(asked_before) :], key=lambda request: request.timestamps.sent or 0)
    assert [planned_request_of(request) for request in in_order] == everything[len(asked_before) :]
    assert [talk.body["model"] for talk in server.talks[:3]] == list(names), "warmed up again"
    assert len({request.spec.nonce for request in run.requests.values()}) == len(run.requests)
    assert not any(
        request.state is X and request.timestamps.sent is None for request in some(second.session.requests.values())
    )
    assert writer.closed_with is not None and writer.closed_with.requests == second.session.requests


@pytest.mark.slow
def test_a_model_that_had_failed_is_given_another_chance_when_its_plan_goes_on(
    host: LoopbackHost, server: LoopbackServer, cards: Cards
) -> None:
    with open_runner(host) as first:
        begun = first.begin(cards("e500", "burst"), "hi", PlanOptions(mode=Mode.MEASURE, rounds=2, warmup=0))
        until(first, lambda: any(request.state is F for request in begun.requests.values()))
        first.stop_all()
        to_the_end(first)
    server.talks.clear()
    second = Runner(host, session_from_dict(session_to_dict(first.session)))
    try:
        second.resume()
        to_the_end(second)
        assert [request.state for request in requests_of(second, "e500")] == [F, F]
        assert {request.state for request in requests_of(second, "burst")} <= {D, X}
    finally:
        second.close()
    assert [talk.body["model"] for talk in server.talks].count("e500") == 1


@pytest.mark.slow
def test_of_two_plans_that_were_broken_off_one_goes_on_and_the_other_stays_as_it_is(
    host: LoopbackHost, server: LoopbackServer, cards: Cards
) -> None:
    with open_runner(host) as first:
        plans = []
        for question in ("one", "two"):
            begun = first.begin(cards("late_text"), question, PlanOptions(mode=Mode.MEASURE, rounds=3, warmup=0))
            until(first, lambda: any(request.state is D for request in begun.requests.values()))  # noqa: B023
            first.stop_all()
            to_the_end(first)
            plans.append(begun.plan)
    before = session_to_dict(first.session)["run"]
    second = Runner(host, session_from_dict(session_to_dict(first.session)))
    try:
        assert second.resume().plan == plans[1], "the last of them"
        to_the_end(second)
        after = session_to_dict(second.session)["run"]
        assert [run for run in after if run["plan"] == plans[0].key] == [
            run for run in before if run["plan"] == plans[0].key
        ]
        assert rounds_done(second, plans[1].key) == [1, 2, 3]
        assert len(rounds_done(second, plans[0].key)) < 3
        assert second.resume().plan == plans[0]
        to_the_end(second)
        assert rounds_done(second, plans[0].key) == [1, 2, 3]
        assert {talk.body["messages"][0]["content"] for talk in server.talks} == {"one", "two"}
    finally:
        second.close()


def rounds_done(runner: Runner, plan: str) -> list[int]:
    """The rounds of a plan that were answered, in order."""
    requests = runner.session.requests.values()
    return sorted(request.spec.round for request in requests if request.spec.plan == plan and request.state is D)


def test_a_prompt_too_long_to_be_kept_is_refused_before_anything_is_entered(runner: Runner, cards: Cards) -> None:
    before = len(runner.session.plans)
    for asked in ("x" * (MAX_PROMPT_BYTES + 1), [Prompt("hi", "\U000e0041" * (MAX_PROMPT_BYTES // 10 + 1))]):
        with pytest.raises(BadInputError) as caught:
            runner.begin(cards("good"), asked)
        assert caught.value.sentence() == "A prompt is longer than the 8.4 MB that are kept. Shorten it."
    assert len(runner.session.plans) == before


@pytest.mark.slow
def test_what_was_skipped_is_asked_when_its_plan_goes_on(
    host: LoopbackHost, server: LoopbackServer, cards: Cards
) -> None:
    host.broken = {"burst"}
    with open_runner(host) as first:
        begun = first.begin(cards("burst"), "hi", PlanOptions(mode=Mode.MEASURE, rounds=3, warmup=1))
        assert states(to_the_end(first)) == [F, K, K, K]
    host.broken = set()
    second = Runner(host, session_from_dict(session_to_dict(first.session)))
    try:
        run = second.resume()
        to_the_end(second)
    finally:
        second.close()
    assert states(run) == [F, D, D, D, D], "the skipped requests are replaced, and the model is warmed up again"
    assert not set(run.requests) & set(list(begun.requests)[1:]), "a run that is left out gives its id to no other"


def test_what_is_skipped_says_why(runner: Runner, cards: Cards) -> None:
    runner.begin(cards("e500", "burst"), "hi", PlanOptions(mode=Mode.MEASURE, rounds=2, warmup=1))
    run = to_the_end(runner)
    failing, fine = requests_of(runner, "e500"), requests_of(runner, "burst")
    assert [request.state for request in failing] == [F, K, K]
    faults = [request.fault for request in failing[1:] if request.fault]
    assert [(fault.kind, fault.message) for fault in faults] == [
        ("skipped", "Not asked, because its warm-up failed: The host refused with 500: boom.")
    ] * 2
    assert all(request.fault is None for request in some(fine))
    again = session_from_dict(session_to_dict(runner.session))
    assert [again.requests[request.spec.id].fault for request in failing] == [request.fault for request in failing]
    runner.begin(cards("e500"), "hi", PlanOptions(mode=Mode.MEASURE, rounds=2, warmup=0))
    to_the_end(runner)
    fault = requests_of(runner, "e500")[1].fault
    assert fault and fault.message == "Not asked, because a request before failed: The host refused with 500: boom."
    assert run.finished


def test_a_follow_up_carries_each_models_own_conversation_and_is_asked_again_and_gone_on_with_in_it(
    runner: Runner, host: LoopbackHost, server: LoopbackServer, cards: Cards
) -> None:
    first = runner.begin(cards("good", "late_text"), [Prompt("Why?", "Be brief.")])
    to_the_end(runner)
    said = {runner.session.model_of(request).card.id: request.answer for request in first.requests.values()}
    follows = followed(first.requests.values())
    runner.follow_up(follows.values(), "Are you sure?")
    second = to_the_end(runner)
    runner.rerun(second.plan.models[0])
    run = to_the_end(runner)
    good = next(key for key in follows if runner.session.models[key].card.id == "good")
    third = runner.follow_up([followed(run.requests.values())[good]], "And now?")
    to_the_end(runner)
    runner.begin(cards("good"), "Why?")
    to_the_end(runner)
    sent = [(talk.body["model"], talk.body["messages"]) for talk in server.talks[2:]]
    before = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why?"}]
    sure = [{"role": "user", "content": "Are you sure?"}]
    for model in some(said):
        asked = [messages for name, messages in sent if name == model][:1]
        assert asked == [[*before, {"role": "assistant", "content": said[model]}, *sure]]
    last = next(iter(third.requests.values()))
    answered = runner.session.requests[last.spec.follows].answer
    assert sent[-2][1][-2:] == [{"role": "assistant", "content": answered}, {"role": "user", "content": "And now?"}]
    assert len(sent[-2][1]) == 6 and sent[-1][1] == [{"role": "user", "content": "Why?"}]
    # As it is stored, and as it is gone on with in another program.
    again = session_from_dict(session_to_dict(runner.session))
    assert dict(again.plans[second.plan.key].follows) == follows
    stopped = again.requests[last.spec.id]
    stopped.state, stopped.timestamps.sent = RequestState.STOPPED, None
    server.talks.clear()
    later = Runner(host, again)
    try:
        assert later.resume().plan == third.plan
        to_the_end(later)
    finally:
        later.close()
    assert [talk.body["messages"] for talk in server.talks] == [sent[-2][1]]


def test_a_follow_up_of_what_has_no_answer_is_refused(runner: Runner, cards: Cards) -> None:
    run = runner.begin(cards("e500", "good"), "hi")
    to_the_end(runner)
    (failed, good) = run.requests.values()
    assert followed(run.requests.values()) == {good.spec.model: good.spec.id}
    with pytest.raises(BadInputError, match="no answer to go on from"):
        runner.follow_up([good.spec.id, failed.spec.id], "Are you sure?")
    for follows in ({good.spec.model: "r999"}, {failed.spec.model: good.spec.id}):
        with pytest.raises(BadInputError, match="no answer to go on from"):
            runner.begin(cards("good"), "Are you sure?", follows=follows)


def test_a_paused_plan_lets_what_is_in_flight_end_and_asks_nothing_more_until_it_goes_on(
    runner: Runner, server: LoopbackServer, cards: Cards
) -> None:
    run = runner.begin(cards("burst"), "hi", PlanOptions(mode=Mode.MEASURE, rounds=3, warmup=0))
    runner.pause(True)
    first, second, third = run.requests.values()
    until(runner, lambda: first.state is D)
    for _ in range(3):
        runner.wait(0.02)
        runner.tick()
    assert (runner.paused, runner.busy, len(server.talks)) == (True, True, 1)
    runner.stop(third.spec.id)
    runner.pause(False)
    to_the_end(runner)
    assert [first.state, second.state, third.state] == [D, D, X] and not runner.paused
    with pytest.raises(BadInputError, match="Nothing more is to be asked"):
        runner.pause(True)


def test_a_paused_plan_that_is_stopped_is_over(runner: Runner, cards: Cards) -> None:
    runner.begin(cards("burst"), "hi", PlanOptions(mode=Mode.MEASURE, rounds=3, warmup=0))
    runner.pause(True)
    runner.stop_all()
    run = to_the_end(runner)
    assert set(states(run)) <= {X, D} and not runner.paused
