"""What a blind rater may see of a comparison: the same, whatever the models do, until all answers are there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.support.sessions import MS, SENT, WHEN, fold, request, score, session
from tests.support.some import any_number_of, some
from tui.core.blind.concealed import EARLY, NO_ANSWER, ConcealableView
from tui.core.blind.masks import MASK
from tui.core.blind.orders import blind_orders
from tui.core.catalog.model_card import ModelCard
from tui.core.metrics.registry import METRICS
from tui.core.plans.mode import Mode
from tui.core.plans.plan import Plan
from tui.core.plans.questions import PlanQuestion
from tui.core.requests import events as ev
from tui.core.requests.request import Request, RequestState
from tui.core.scoring.in_effect import RatingsOf
from tui.core.sessions.entry_dict import add_entry
from tui.core.sessions.presentation import Reveal
from tui.core.sessions.session import Session
from tui.core.sessions.session_model import Overrides, SessionModel
from tui.core.sessions.view import StoredComparison

MODELS = (
    SessionModel(
        "m1",
        ModelCard(
            "qwen2.5-0.5b-cpu:3", "qwen2.5-0.5b", "cpu", "CPU", "OpenVINO", 800_000_000, 4096, "apache", host="a"
        ),
        "openai",
        Overrides(system="You are Qwen.", temperature=0.7),
    ),
    SessionModel("m2", ModelCard("Phi-4-mini-gpu:5", "phi-4-mini", "gpu", "NPU", "CUDA", publisher="Acme"), "foundry"),
    SessionModel("m3", ModelCard("mistral-7b", "mistral-7b", toy=True, host="winbox"), "ollama"),
)
TELLS = (
    "qwen", "phi-4", "mistral", "winbox", "CPU", "NPU", "OpenVINO", "CUDA", "apache", "Acme", "openai", "foundry",
    "ollama", "10.0.0.7", "stream broke",
)  # fmt: skip
"""What must not be in anything that is shown."""


class Live(StoredComparison):
    """A comparison whose requests the test moves on."""

    def __init__(self, made: Session) -> None:
        super().__init__(made, rater="ann")
        self.changed: set[str] = set()
        self.pause_s = 3.0  # type: ignore[assignment]
        self.tokens_per_chunk = {"m1": 1.5}

    def tick(self) -> set[str]:
        changed, self.changed = self.changed, set()
        return changed


def begun(*, blind: bool = True) -> Session:
    """A question that has just been put to three models."""
    plan = Plan("a", Mode.RACE, ("m1", "m2", "m3"), ("p1",))
    asked = [
        request(f"r{n}", state=RequestState.QUEUED, plan="a", mode=Mode.RACE, model=f"m{n}", host="winbox, Acme")
        for n in (1, 2, 3)
    ]
    made = session(asked, models=MODELS, plans=[plan], host={"kind": "openai", "endpoint": "http://10.0.0.7:1/v1"})
    made.tool = {"keep_warm": "qwen2.5-0.5b"}
    for order in blind_orders(made, plan, 7, WHEN, "ann") if blind else ():
        add_entry(made, order)
    return made


def text(run: str, words: str, at: int = SENT + 9 * MS) -> ev.Event:
    return ev.Delta(run, at, 1, ev.Kind.ANSWER, words)


def ended(run: str, state: RequestState = RequestState.DONE, reason: str = "stop") -> ev.Event:
    at = SENT + 99 * MS
    match state:
        case RequestState.DONE:
            return ev.Ended(run, at, reason, done_marker=True)
        case RequestState.FAILED:
            return ev.Failed(run, at, "host", "The stream broke of mistral-7b on CUDA.", "Try phi-4.", "ReadError")
        case RequestState.STOPPED:
            return ev.Cancelled(run, at)
        case _:
            return ev.Ended(run, at)


def sent(run: str) -> Sequence[ev.Event]:
    return ev.Sent(run, SENT), ev.Headers(run, SENT + MS)


def shown(view: ConcealableView) -> list[object]:
    """All that there is to be seen of the view, in words."""
    requests = [
        (
            repr(replace(one.spec)),
            one.state,
            one.answer,
            one.reasoning,
            one.fault,
            one.usage,
            one.timestamps,
            one.memory,
        )
        for one in view.session.requests.values()
    ]
    run = view.run
    order = None if run is None else view.models_in_order(run.plan, PlanQuestion("a", "p1"))
    others = repr(replace(view.session, requests={}))
    return [requests, others, order, view.pause_s, view.tokens_per_chunk, view.now()]


def test_nothing_that_tells_is_there_before_during_and_after() -> None:
    made = begun()
    view = ConcealableView(Live(made))
    first = shown(view)
    requests = made.requests
    fold(requests["r1"], *sent("r1"), text("r1", "I am Qwen and qwen2.5-0.5b. Fine."), ended("r1"))
    fold(requests["r2"], *sent("r2"), text("r2", "Half of it"), ended("r2", RequestState.FAILED))
    assert shown(view) == first and view.concealed
    fold(requests["r3"], *sent("r3"), ended("r3", RequestState.FAILED))
    view = ConcealableView(Live(made))
    seen = repr(shown(view))
    for word in some(TELLS):
        assert word.casefold() not in seen.casefold(), word
    answers = {key: (one.state, one.answer) for key, one in view.session.requests.items()}
    assert answers == {
        "r1": (RequestState.DONE, f"I am {MASK} and {MASK}. Fine."),
        "r2": (RequestState.CUT, "Half of it"),
        "r3": (RequestState.EMPTY, ""),
    }
    faults = [one.fault and (one.fault.message, one.fault.hint) for one in view.session.requests.values()]
    assert faults == [None, (EARLY, ""), (NO_ANSWER, "")]


def test_no_figure_is_known() -> None:
    made = begun()
    for key, one in made.requests.items():
        fold(one, *sent(key), text(key, "Yes."), ev.Usage(key, 7, 2), ev.Memory(key, SENT, 9, 9), ended(key))
    view = ConcealableView(Live(made))
    for one in some(view.session.requests.values()):
        for metric in some(METRICS):
            assert metric.read(one, one.metrics) is None, metric.name
        assert one.memory is None and one.usage is None and one.spec.host == "" and one.started is None


moves = st.lists(
    st.tuples(st.sampled_from(["r1", "r2", "r3"]), st.sampled_from(["begin", "word", "think", "done", "fail", "stop"])),
    max_size=25,
)


@given(moves, moves)
def test_two_races_look_alike_until_the_last_answer(one: list[tuple[str, str]], other: list[tuple[str, str]]) -> None:
    """Nothing that changes is told, and what is there is the same, whoever is fast, fails or thinks."""
    views = []
    for steps in (one, other):
        made = begun()
        live = Live(made)
        view = ConcealableView(live)
        live.changed = set(made.requests)
        assert view.tick() == set(made.requests), "they are new"
        before, run = shown(view), view.run
        for key, step in any_number_of(steps):
            _move(made.requests[key], key, step)
            live.changed.add(key)
            if all(request.state.final for request in made.requests.values()):
                break
            assert view.tick() == set()
            assert shown(view) == before and view.run is run
        else:
            views.append(shown(view))
    assert len(views) < 2 or views[0] == views[1]


def _move(request: Request, key: str, step: str) -> None:
    match step:
        case "begin":
            fold(request, *sent(key))
        case "word":
            fold(request, *sent(key), text(key, "word "))
        case "think":
            fold(request, *sent(key), ev.Delta(key, SENT + 9 * MS, 1, ev.Kind.REASONING, "Hm."))
        case "done":
            fold(request, *sent(key), text(key, "The end."), ended(key))
        case "fail":
            fold(request, ended(key, RequestState.FAILED))
        case _:
            fold(request, ended(key, RequestState.STOPPED))


def test_all_answers_come_at_once_and_stay_the_same() -> None:
    made = begun()
    live = Live(made)
    view = ConcealableView(live)
    live.changed = set(made.requests)
    view.tick()
    for key in ("r2", "r1", "r3"):
        fold(made.requests[key], *sent(key), text(key, f"Answer of {key}."), ended(key))
        live.changed = {key}
        told = view.tick()
        assert told == (set(made.requests) if key == "r3" else set())
    requests = dict(view.session.requests)
    made.scores.append(score("r1", blind=True))
    live.changed = {"r1"}
    fold(made.requests["r1"], ev.Usage("r1", 5, 5))
    assert view.tick() <= {"r1"}
    assert all(view.session.requests[key] is requests[key] for key in ("r2", "r3")), "who holds one holds it on"


def test_asking_again_hides_all_answers_of_the_question() -> None:
    made = begun()
    live = Live(made)
    for key in ("r1", "r2", "r3"):
        fold(made.requests[key], *sent(key), text(key, "Yes."), ended(key))
    view = ConcealableView(live)
    assert {one.answer for one in view.session.requests.values()} == {"Yes."}
    again = request("r4", state=RequestState.QUEUED, plan="a", mode=Mode.RACE, model="m1", launch=2)
    made.requests["r4"] = again
    live.changed = {"r4"}
    view.tick()
    assert {one.answer for one in view.session.requests.values()} == {""}


def test_a_reveal_shows_everything_at_the_next_turn() -> None:
    made = begun()
    for key in ("r1", "r2", "r3"):
        fold(made.requests[key], *sent(key), text(key, "I am Phi."), ended(key))
    view = ConcealableView(Live(made))
    view.tick()
    run = view.run
    add_entry(made, Reveal("ann", WHEN))
    assert view.tick() == set(made.requests) and not view.concealed
    assert view.session is made and view.run is not run
    assert view.session.requests["r1"].answer == "I am Phi."


def test_an_open_question_before_a_blind_one_is_hidden_with_it() -> None:
    made = begun(blind=False)
    view = ConcealableView(Live(made))
    assert view.session is made
    later = Plan("b", Mode.RACE, ("m1", "m2", "m3"), ("p2",))
    made.plans["b"] = later
    made.requests["r4"] = request("r4", state=RequestState.QUEUED, plan="b", mode=Mode.RACE, prompt="p2")
    for order in blind_orders(made, later, 7, WHEN, "ann"):
        add_entry(made, order)
    assert view.concealed and "qwen" not in repr(view.session)


def test_before_the_first_question_a_blind_review_hides_what_was_chosen() -> None:
    view = ConcealableView(Live(session([])), ahead=True)
    assert view.concealed
    view.ahead = False
    assert not view.concealed


def test_a_file_that_is_only_read_can_be_revealed_for_this_once() -> None:
    made = begun()
    view = ConcealableView(StoredComparison(made, rater="ann"))
    assert view.concealed
    view.reveal(None)
    assert not view.concealed and not made.reveals


def test_scores_are_the_raters_own() -> None:
    made = begun()
    made.scores += [score("r1", 5, rater="bob"), score("r1", 2, blind=True)]
    view = ConcealableView(Live(made))
    assert isinstance(view.ratings, RatingsOf) and view.ratings.score_of("r1") == 2
