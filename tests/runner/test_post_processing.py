"""What is asked of the host between requests: counts that it left out, models that it unloaded, and keeping it warm."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.runner.conftest import Cards
from tests.support.loopback_host import LoopbackHost
from tests.support.loopback_server import WORDS, LoopbackServer
from tests.support.running import RecordingWriter, open_runner, requests_of, states, to_the_end, until
from tui.core.catalog.model_card import ModelCard, ModelState
from tui.core.errors import ModelFailedError
from tui.core.plans.mode import Mode
from tui.core.plans.plan import PlanOptions
from tui.core.requests import events as ev
from tui.core.requests.request import RequestState
from tui.hosts.base import Ability, able
from tui.runner import Runner
from tui.runner.keep_alive import KeepAlive

ALL = (Ability.LOAD, Ability.UNLOAD, Ability.COUNT)


class CountingHost(LoopbackHost):
    """Counts a word as a token, or fails to."""

    def __init__(self, server: LoopbackServer) -> None:
        super().__init__(server.port, ("delta_and_message", "good", "e500"))
        self.abilities = able(*ALL, why_not="It is a test")
        self.asked: list[str] = []
        self.server = server
        self.fails = False
        self.stale = 0
        """How many more times everything is said to be loaded."""

    def catalogue(self) -> tuple[ModelCard, ...]:
        if self.stale:
            self.stale -= 1
            return tuple(replace(card, state=ModelState.LOADED) for card in super().catalogue())
        return super().catalogue()

    def count_tokens(self, model_id: str, text: str) -> int:
        self.asked.append(text)
        if self.fails:
            raise ModelFailedError("The tokenizer is away")
        return len(text.split())

    def load(self, model_id: str) -> None:
        super().load(model_id)
        self.server.unloaded.discard(model_id)


@pytest.fixture
def counting(server: LoopbackServer) -> CountingHost:
    return CountingHost(server)


@pytest.fixture
def cared(counting: CountingHost, memory: RecordingWriter) -> Iterator[Runner]:
    with open_runner(counting, memory) as running:
        yield running


@pytest.mark.slow
def test_tokens_that_the_host_did_not_report_are_counted_by_its_tokenizer_and_say_so(
    cared: Runner, counting: CountingHost, memory: RecordingWriter
) -> None:
    cared.begin([counting.card("delta_and_message"), counting.card("good")], "hi")
    run = to_the_end(cared)
    (silent,), (reporting,) = requests_of(cared, "delta_and_message"), requests_of(cared, "good")
    assert counting.asked == ["".join(WORDS)]
    assert silent.usage == ev.Usage(silent.spec.id, None, len(WORDS), None, "tokenizer")
    assert reporting.usage is not None and reporting.usage.source == "server"
    assert silent.usage in memory.events(silent.spec.id)
    assert memory.snapshots[-1].requests[silent.spec.id].usage == silent.usage
    assert RequestState.FAILED not in states(run)


@pytest.mark.slow
def test_a_count_that_fails_stays_unknown(cared: Runner, counting: CountingHost) -> None:
    counting.fails = True
    cared.begin([counting.card("delta_and_message")], "hi")
    (request,) = to_the_end(cared).requests.values()
    assert (request.usage, request.answer, counting.asked) == (None, "".join(WORDS), ["".join(WORDS)])


@pytest.mark.slow
def test_nothing_is_counted_where_there_is_no_text_or_no_tokenizer(
    cared: Runner, counting: CountingHost, host: LoopbackHost, fresh: Runner, cards: Cards
) -> None:
    cared.begin([counting.card("e500")], "hi")
    to_the_end(cared)
    assert counting.asked == []
    fresh.begin(cards("delta_and_message"), "hi")
    (request,) = to_the_end(fresh).requests.values()
    assert (request.state.final, request.usage) == (True, None)


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(Mode))
def test_a_model_that_its_host_unloaded_since_is_loaded_and_asked_again(
    cared: Runner, counting: CountingHost, server: LoopbackServer, mode: Mode
) -> None:
    server.unloaded.add("good")
    counting.stale = 1
    cared.begin([counting.card("good")], "hi", PlanOptions(mode=mode, warmup=0))
    run = to_the_end(cared)
    assert states(run) == [RequestState.FAILED, RequestState.DONE]
    first, second = run.requests.values()
    assert first.fault is not None and first.fault.kind == "unloaded"
    assert (second.spec.launch, second.answer) == (2, "".join(WORDS))
    assert run.shown_request(second.spec.model) is second


@pytest.mark.slow
def test_a_model_that_stays_unloaded_is_asked_twice_and_no_more(
    cared: Runner, counting: CountingHost, server: LoopbackServer
) -> None:
    class Stubborn(set[str]):
        def discard(self, element: str, /) -> None:
            """It stays away."""

    server.unloaded = Stubborn({"good"})
    cared.begin([counting.card("good")], "hi")
    run = to_the_end(cared)
    server.unloaded = set()
    assert states(run) == [RequestState.FAILED, RequestState.FAILED]
    fault = next(iter(run.requests.values())).fault
    assert fault is not None
    assert fault.message == "The host refused with 400: Model good is not loaded."
    assert fault.hint == "Have the host load good, then run it again."


@pytest.mark.slow
def test_in_a_race_a_model_that_was_unloaded_is_asked_again_and_one_that_fails_is_not(
    cared: Runner, counting: CountingHost, server: LoopbackServer
) -> None:
    server.unloaded.add("good")
    counting.stale = 1
    run = cared.begin([counting.card("e500"), counting.card("good")], "hi")
    to_the_end(cared)
    failing, gone = run.plan.models
    found = [(request.spec.model, request.spec.launch, request.state) for request in run.requests.values()]
    assert found == [(failing, 1, RequestState.FAILED), (gone, 1, RequestState.FAILED), (gone, 2, RequestState.DONE)]


@pytest.mark.slow
def test_models_in_use_are_kept_warm_between_runs_and_the_prompts_are_counted(server: LoopbackServer) -> None:
    now = [0.0]
    host = LoopbackHost(server.port, ("good", "e500"))
    warm = KeepAlive(5, lambda: now[0])
    with open_runner(host, keep_alive=warm) as runner:
        runner.begin([host.card("good")], "hi")
        to_the_end(runner)
        server.talks.clear()
        now[0] += 299
        runner.tick()
        assert server.talks == []
        now[0] += 2
        until(runner, lambda: warm.prompts == 1)
        body = server.talk("good").body
        assert (body["max_tokens"], body["stream"]) == (1, False)
        assert len(server.talks) == 1
        assert runner.session.tool["keep_warm"] == "1 prompts, every 5 min"
        assert len(runner.session.requests) == 1, "it is no run"


@pytest.mark.slow
def test_of_two_models_kept_warm_one_that_fails_leaves_the_other_warm(server: LoopbackServer) -> None:
    now = [0.0]
    host = LoopbackHost(server.port, ("good", "late_text"))
    warm = KeepAlive(1, lambda: now[0])
    with open_runner(host, keep_alive=warm) as runner:
        runner.begin([host.card("good"), host.card("late_text")], "hi")
        to_the_end(runner)
        server.unloaded.add("late_text")
        found: list[str] = []
        for number in (1, 2):
            now[0] += 61
            runner.tick()
            until(runner, lambda number=number: warm.prompts == number)  # type: ignore[misc]
            found += [error.sentence() for error in runner.problems()]
        until(runner, lambda: bool(found.extend(error.sentence() for error in runner.problems()) or found))
        server.unloaded.clear()
        assert found == ["late_text could not be kept warm. Model late_text is not loaded. It is no longer kept warm."]
        kept_warm = [talk.body["model"] for talk in server.talks if not talk.body["stream"]]
        assert kept_warm == ["good", "late_text", "good"]


@pytest.mark.slow
def test_a_model_that_cannot_be_kept_warm_is_named_once_and_left_alone(server: LoopbackServer) -> None:
    now = [0.0]
    host = LoopbackHost(server.port, ("good",))
    warm = KeepAlive(1, lambda: now[0])
    with open_runner(host, keep_alive=warm) as runner:
        runner.begin([host.card("good")], "hi")
        to_the_end(runner)
        server.unloaded.add("good")
        found: list[str] = []
        now[0] += 61
        runner.tick()
        until(runner, lambda: bool(found.extend(error.sentence() for error in runner.problems()) or found))
        server.unloaded.clear()
        assert found == ["good could not be kept warm. Model good is not loaded. It is no longer kept warm."]
        asked = len(server.talks)
        now[0] += 61
        runner.tick()
        runner.begin([host.card("good")], "hi")
        to_the_end(runner)
        assert (warm.prompts, len(server.talks)) == (0, asked + 1), "only the run itself asked"


def test_nobody_is_prompted_while_requests_are_at_work_or_when_it_is_not_wished() -> None:
    now = [0.0]
    warm = KeepAlive(2, lambda: now[0])
    now[0] = 500.0
    assert warm.due(["a"], busy=True) == []
    now[0] = 619.0
    assert warm.due(["a"], busy=False) == []
    now[0] = 621.0
    assert warm.due(["a", "b"], busy=False) == ["a", "b"]
    assert warm.due(["a", "b"], busy=False) == []
