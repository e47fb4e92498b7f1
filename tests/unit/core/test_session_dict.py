"""Sessions become tables and come back; tables from outside are checked field by field."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import sessions as make
from tests.support.sessions import MS, WHEN
from tests.support.some import any_number_of, some
from tui.core.catalog.model_card import ModelCard
from tui.core.plans.mode import Mode
from tui.core.plans.plan import Plan
from tui.core.plans.prompt import Prompt
from tui.core.requests import events as ev
from tui.core.requests.events import Kind
from tui.core.requests.request import Request, RequestSpec, RequestState
from tui.core.scoring.judgement import Judgement, JudgementState
from tui.core.scoring.rating import FacetTick, Note, Rater, RaterKind, Redo, Score, Undo, Vote, VoteChoice
from tui.core.scoring.rubric import DEFAULT_RUBRIC, Criterion, Rubric
from tui.core.sessions.entry_dict import ENTRY_KINDS, complete_entries
from tui.core.sessions.noise_floor import NoiseFloor
from tui.core.sessions.presentation import NameMask, PaneOrder, Reveal, ScorePassOrder
from tui.core.sessions.resumption import ChangedCondition, Resumption
from tui.core.sessions.session import Session, SessionState
from tui.core.sessions.session_dict import session_from_dict, session_to_dict
from tui.core.sessions.session_model import Overrides, Parameters, SessionModel, Timeouts

text = st.text(max_size=12)
instants = st.integers(0, 10**9).map(lambda seconds: WHEN + timedelta(seconds=seconds))
finite = st.floats(0, 100, allow_nan=False)
small = st.integers(0, 50)
sizes = st.integers(0, 10**14)


def maybe(what: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | what


cards = st.builds(
    ModelCard, id=text, alias=text, variant=maybe(text), device=maybe(text), ep=maybe(text),
    size_bytes=maybe(sizes), context=maybe(small), licence=maybe(text), task=maybe(text),
    parameters=maybe(small), toy=st.booleans(),
)  # fmt: skip
parameters = st.builds(
    Parameters, max_tokens=small, temperature=maybe(finite), top_p=maybe(finite), seed=maybe(small),
    stop=st.lists(text, max_size=2).map(tuple),
)  # fmt: skip
several = st.lists(text, max_size=2).map(tuple)
overrides = st.builds(
    Overrides, system=maybe(text), max_tokens=maybe(small), temperature=maybe(finite), top_p=maybe(finite),
    seed=maybe(small), stop=maybe(several),
)  # fmt: skip
criteria = st.builds(Criterion, text, text, text, st.floats(0, 9), st.integers(1, 9))
rubric_strategy = st.lists(criteria, min_size=1, max_size=3, unique_by=lambda one: one.id).map(
    lambda found: Rubric(tuple(found))
)
seconds = st.floats(0.1, 1000)
timeouts = st.builds(Timeouts, connect=seconds, first_byte=seconds, first_text=seconds, idle=seconds)
deltas = st.lists(
    st.tuples(st.integers(0, 90 * MS), st.sampled_from(Kind), st.text(min_size=1, max_size=5)), max_size=8
)


@st.composite
def requests(draw: st.DrawFn, spec: RequestSpec) -> Request:
    """A request fed with events in an order the engine could send them."""
    request = Request(spec, started=draw(maybe(instants)))
    state, at = draw(st.sampled_from(RequestState)), draw(st.integers(0, 10**15))
    if state is RequestState.SKIPPED:
        return make.fold(request, ev.Skipped(spec.id, at))
    make.fold(request, ev.Queued(spec.id, at))
    if draw(st.booleans()):
        make.fold(request, ev.Loading(spec.id, at + 3 * MS), ev.Loaded(spec.id, at + 90 * MS))
    at += 100 * MS
    if state in (RequestState.QUEUED, RequestState.LOADING):
        return request
    make.fold(
        request, ev.Sent(spec.id, at, draw(st.integers(0, 5 * MS)), draw(st.booleans())), ev.Headers(spec.id, at + MS)
    )
    if draw(st.booleans()):
        make.fold(request, ev.OptionsDropped(spec.id, at, tuple(draw(st.lists(text, max_size=2)))))
    at += 2 * MS
    for read, (gap, kind, piece) in enumerate(draw(deltas)):
        at += gap
        make.fold(request, ev.Delta(spec.id, at, read // 2, kind, piece))
    if draw(st.booleans()):
        prompt, completion, thought = (draw(maybe(small)) for _ in range(3))
        make.fold(request, ev.Usage(spec.id, prompt, completion, thought,
                            draw(st.sampled_from(["server", "tokenizer"])),
                            draw(maybe(small))))  # fmt: skip
    if draw(st.booleans()):
        make.fold(request, ev.Memory(spec.id, at, draw(maybe(small)), draw(maybe(small))))
    ends: dict[RequestState, ev.Event] = {
        RequestState.DONE: ev.Ended(spec.id, at + MS, "stop", done_marker=True),
        RequestState.EMPTY: ev.Ended(spec.id, at + MS, done_marker=True),
        RequestState.CUT: ev.Ended(spec.id, at + MS),
        RequestState.FAILED: ev.Failed(spec.id, at + MS, "stream", draw(text), draw(text), draw(text)),
        RequestState.STOPPED: ev.Cancelled(spec.id, at + MS),
    }
    return make.fold(request, ends[state]) if state in ends else request


@st.composite
def sessions(draw: st.DrawFn) -> Session:
    """Any session the program could have made."""
    models, asked = [f"m{n}" for n in range(1, 3)], [f"p{n}" for n in range(1, 3)]
    plans = [
        Plan(
            key,
            mode,
            tuple(models),
            tuple(asked),
            draw(small),
            draw(small),
            draw(small),
            draw(parameters),
            draw(timeouts),
            draw(st.booleans()),
            draw(small),
            draw(st.booleans()),
            draw(text),
            tuple(draw(st.dictionaries(st.sampled_from(models), text, max_size=2)).items()),
        )
        for key, mode in (("k1", Mode.MEASURE), ("k2", Mode.RACE))
    ]
    specs = [
        RequestSpec(f"r{n}", plan.key, plan.mode, draw(st.sampled_from(models)), draw(st.sampled_from(asked)),
                 draw(small),
                 draw(st.integers(1, 3)), draw(st.booleans()), draw(st.booleans()), draw(text),
                 draw(text), draw(st.sampled_from(["", *(f"r{one}" for one in range(1, n))])))
        for n, plan in enumerate(draw(st.lists(st.sampled_from(plans), max_size=4)), 1)
    ]  # fmt: skip
    runs = [spec.id for spec in specs] or ["r1"]
    scores = st.builds(
        Score, run=st.sampled_from(runs), rater=text, value=maybe(st.integers(1, 5)), at=instants, criterion=text,
        scale=st.integers(5, 10), position=maybe(small), blind=st.booleans(),
    )  # fmt: skip
    took = maybe(st.integers(0, 10**6))
    notes = st.builds(Note, run=st.sampled_from(runs), rater=text, text=text, at=instants) | st.builds(
        Note, run=st.just(""), rater=text, text=text, at=instants, model=st.sampled_from(["", *models])
    )
    votes = st.builds(
        vote, st.lists(st.text(min_size=1, max_size=4), min_size=2, max_size=3, unique=True), text,
        maybe(st.sampled_from(VoteChoice)), instants, st.booleans(), st.booleans(), took,
    )  # fmt: skip
    ticks = st.builds(FacetTick, st.sampled_from(runs), text, text, maybe(st.booleans()), instants, st.booleans())
    orders = st.builds(
        PaneOrder, st.sampled_from(["k1", "k2"]), st.sampled_from(asked), st.permutations(models).map(tuple), instants,
        maybe(small), st.booleans(),
    )  # fmt: skip
    masks = st.builds(NameMask, st.sampled_from(runs), st.lists(st.integers(0, 99), unique=True).map(pairs), instants)
    reveals = st.builds(Reveal, text, instants, text, text)
    pass_orders = st.builds(ScorePassOrder, text, instants, maybe(small))
    changes = st.builds(ChangedCondition, text, maybe(text), maybe(text))
    resumptions = st.builds(Resumption, instants, text, st.lists(changes, max_size=2).map(tuple))
    shares, metrics = st.floats(0, 1e9), st.sampled_from(["ttft_ms", "decode_tps"])
    noises = st.builds(NoiseFloor, text, text, metrics, shares, st.integers(1, 99), instants)
    scored = st.builds(
        Judgement, st.sampled_from(runs).map(lambda run: (run,)), text, st.just(JudgementState.DECIDED), instants,
        st.text(min_size=1, max_size=4), st.integers(5, 10), st.integers(1, 5), rubric=text, schema=st.booleans(),
        retried=text, reason=text,
    )  # fmt: skip
    compared = st.builds(Judgement, st.just(("r1", "r2")), text, st.sampled_from(JudgementState), instants, reason=text)
    judges = st.builds(
        Rater, text, st.just(RaterKind.JUDGE), text, alias=text, parameters=parameters, instructions=text
    )
    people = st.builds(Rater, text, st.sampled_from(RaterKind), text, several)
    raters = draw(st.lists(people | judges, max_size=2))
    rubrics = draw(st.lists(rubric_strategy, max_size=2))
    made = Session(
        id=draw(text),
        created=draw(instants),
        state=draw(st.sampled_from(SessionState)),
        tool=draw(st.dictionaries(text, text, max_size=3)),
        host=draw(st.dictionaries(text, text | st.booleans() | small, max_size=3)),
        plans={plan.key: plan for plan in plans},
        models={key: SessionModel(key, draw(cards), draw(text), draw(overrides), draw(text)) for key in models},
        prompts={key: Prompt(draw(text), draw(maybe(text)), draw(several), draw(several), key=key) for key in asked},
        requests={spec.id: draw(requests(spec)) for spec in specs},
        scores=draw(st.lists(scores, max_size=3)),
        notes=draw(st.lists(notes, max_size=2)),
        title=draw(text),
        tags=draw(several),
        raters={rater.id: rater for rater in raters},
        rubric=rubrics[-1] if rubrics else DEFAULT_RUBRIC,
        rubrics={rubric.hash: rubric for rubric in rubrics},
        votes=draw(st.lists(votes, max_size=2)),
        facets=draw(st.lists(ticks, max_size=2)),
        undos=draw(st.lists(st.builds(Undo, st.integers(1, 5), text, instants), max_size=2)),
        redos=draw(st.lists(st.builds(Redo, st.integers(1, 5), text, instants), max_size=2)),
        orders=draw(st.lists(orders, max_size=2)),
        masks=draw(st.lists(masks, max_size=2)),
        reveals=draw(st.lists(reveals, max_size=2)),
        pass_orders=draw(st.lists(pass_orders, max_size=2)),
        resumptions=draw(st.lists(resumptions, max_size=2)),
        noises=draw(st.lists(noises, max_size=2)),
        judgements=draw(st.lists(scored | compared, max_size=2)),
        extra=draw(st.dictionaries(st.sampled_from(["weather", "mood"]), st.just([{"a": 1}]), max_size=2)),
    )
    complete_entries(made)
    return made


def vote(
    runs: list[str], rater: str, choice: VoteChoice | None, at: datetime, blind: bool, placed: bool, took: int | None
) -> Vote:
    winner = runs[-1] if choice is VoteChoice.WINNER else ""
    positions = tuple(range(1, len(runs) + 1)) if placed else ()
    return Vote(tuple(runs), rater, choice, at, winner, blind, positions, took)


def pairs(places: list[int]) -> tuple[tuple[int, int], ...]:
    """Ranges that are in order, not empty, and apart."""
    ordered = sorted(places)
    return tuple(zip(ordered[::2], ordered[1::2], strict=False))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(sessions())
def test_any_session_comes_back_as_it_went(session: Session) -> None:
    written = session_to_dict(session)
    back = session_from_dict(copy.deepcopy(written))
    assert session_to_dict(back) == written
    for kind in some(ENTRY_KINDS):
        assert kind.of(back) == kind.of(session)
        assert [one.entry for one in kind.of(back)] == [one.entry for one in kind.of(session)]
    assert (back.title, back.tags, back.raters, back.rubrics, back.rubric) == (
        session.title, session.tags, session.raters, session.rubrics, session.rubric,
    )  # fmt: skip
    assert (back.plans, back.prompts, back.scores, back.notes) == (
        session.plans, session.prompts, session.scores, session.notes,
    )  # fmt: skip
    assert [target.own for target in back.models.values()] == [target.own for target in session.models.values()]
    for run, request in any_number_of(session.requests.items()):
        read = back.requests[run]
        assert (read.spec, read.state, read.fault, read.usage) == (
            request.spec,
            request.state,
            request.fault,
            request.usage,
        )
        assert (read.answer, read.reasoning, read.adjusted) == (request.answer, request.reasoning, request.adjusted)


def no_nulls(value: Any) -> bool:
    if isinstance(value, dict):
        return all(no_nulls(inner) for inner in value.values())
    return all(no_nulls(inner) for inner in value) if isinstance(value, list) else value is not None


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(sessions())
def test_what_is_written_has_no_nulls_for_toml_has_none(session: Session) -> None:
    assert no_nulls(session_to_dict(session))


def sample() -> dict[str, Any]:
    """The tables of a small session in which everything occurs."""
    return session_to_dict(
        make.session(
            [
                make.request("r1", thinking=("hm",)),
                make.request("r2", model="m2", state=RequestState.FAILED),
                make.request("r3", mode=Mode.RACE, warmup=True),
            ],
            prompts=[Prompt("Why?", "Be brief.", key="p1")],
            scores=[make.score("r1"), make.score("r1", None)],
            notes=[Note("r1", "ann", "good", WHEN)],
        )
    )


def test_a_new_field_of_the_file_is_kept() -> None:
    data = sample() | {"weather": [{"winner": "tie"}]}
    session = session_from_dict(data)
    assert session.extra == {"weather": [{"winner": "tie"}]}
    assert session_to_dict(session)["weather"] == [{"winner": "tie"}]


def test_what_a_file_leaves_out_has_its_usual_value() -> None:
    session = session_from_dict(
        {
            "schema": 1,
            "id": "x",
            "created": "2026-11-22T11:03:01+00:00",
            "state": "running",
            "plan": [{"key": "k", "mode": "race"}],
            "model": [{"key": "m", "id": "a:1", "alias": "a"}],
            "prompt": [{"key": "p", "user": "Why?"}],
            "run": [{"id": "r", "plan": "k", "mode": "race", "model": "m", "prompt": "p", "state": "queued"}],
            "end": {"runs": 1, "scores": 0, "notes": 0},
        }
    )
    assert session.created == WHEN
    assert session.plans["k"] == Plan("k", Mode.RACE, (), ())
    assert session.models["m"] == SessionModel("m", ModelCard("a:1", "a"), "unknown")
    request = session.requests["r"]
    assert (request.spec.round, request.spec.launch, request.spec.warmup, request.usage, request.answer) == (
        1,
        1,
        False,
        None,
        "",
    )
    assert session.plan_of(request).mode is Mode.RACE
    assert session.model_of(request).card.alias == "a"


@pytest.mark.parametrize("tokens", [-1, 100_000_001, (1 << 63) - 1])
def test_a_count_beyond_belief_is_unknown(tokens: int) -> None:
    data = sample()
    data["run"][0]["usage"] = {"source": "server", "prompt_tokens": 5, "completion_tokens": tokens}
    usage = next(iter(session_from_dict(data).requests.values())).usage
    assert usage is not None and (usage.prompt_tokens, usage.completion_tokens) == (5, None)


def test_an_instant_without_a_zone_is_taken_for_utc() -> None:
    naive = WHEN.replace(tzinfo=None)
    assert session_from_dict(sample() | {"created": naive}).created == datetime(2026, 11, 22, 11, 3, 1, tzinfo=UTC)


Change = Callable[[dict[str, Any]], Any]

CONTRADICTIONS: dict[str, tuple[Change, str]] = {
    "a newer schema that is something else": (
        lambda d: d.update(schema=3, state="paused"),
        "it has schema 3, and this version knows schema 2: 'paused'",
    ),
    "an older schema than there was": (lambda d: d.update(schema=0), "it has schema 0; the first one was 1"),
    "no schema": (lambda d: d.pop("schema"), "`schema` is missing"),
    "a schema that is true": (lambda d: d.update(schema=True), "`schema` should be a whole number"),
    "no id": (lambda d: d.pop("id"), "`id` is missing"),
    "an id that is a number": (lambda d: d.update(id=3), "`id` should be text"),
    "no date": (lambda d: d.pop("created"), "`created` should be a date and time"),
    "a date that is none": (lambda d: d.update(created="yesterday"), "yesterday"),
    "an unknown state": (lambda d: d.update(state="asleep"), "asleep"),
    "a host that is no table": (lambda d: d.update(host="x"), "`host` should be a table"),
    "runs that are no list": (lambda d: d.update(run={}), "`run` should be a list"),
    "a run that is no table": (lambda d: d["run"].append("x"), r"\[\[run\]\] 4 is not a table"),
    "a cut file": (lambda d: d["run"].pop(), "runs: 3 promised, 2 found"),
    "a score too many": (lambda d: d["score"].append(d["score"][0]), "scores: 2 promised, 3 found"),
    "a note too few": (lambda d: d["note"].clear(), "notes: 1 promised, 0 found"),
    "no end": (lambda d: d.pop("end"), "cut"),
    "a run of an unknown plan": (lambda d: d["run"][0].update(plan="k9"), "run r1: its plan, model or prompt"),
    "a run of an unknown model": (lambda d: d["run"][1].update(model="m9"), "run r2: its plan, model or prompt"),
    "a run of an unknown prompt": (lambda d: d["run"][2].update(prompt="p9"), "run r3: its plan, model or prompt"),
    "two runs of one id": (lambda d: d["run"][1].update(id="r1"), "`r1` occurs twice"),
    "two models of one key": (lambda d: d["model"][1].update(key="m1"), "`m1` occurs twice"),
    "two plans of one key": (lambda d: d["plan"][1].update(key="measure"), "`measure` occurs twice"),
    "two prompts of one key": (lambda d: d["prompt"].append(d["prompt"][0]), "`p1` occurs twice"),
    "an unknown mode": (lambda d: d["plan"][0].update(mode="walk"), r"\[\[plan\]\] 1: .*walk"),
    "rounds that are text": (lambda d: d["plan"][0].update(rounds="3"), r"\[\[plan\]\] 1: `rounds` should be a whole"),
    "a temperature that is text": (
        lambda d: d["plan"][0]["params"].update(temperature="hot"),
        "`temperature` should be",
    ),
    "a temperature that is no number": (
        lambda d: d["plan"][0]["params"].update(temperature=float("nan")),
        "temperature",
    ),
    "an endless timeout": (lambda d: d["plan"][0]["timeouts"].update(idle_s=float("inf")), "idle_s"),
    "a size that is true": (lambda d: d["model"][0].update(size_mb=True), "`size_mb` should be a number"),
    "a size beyond all numbers": (lambda d: d["model"][0].update(size_mb=10**400), r"\[\[model\]\] 1"),
    "a model without an id": (lambda d: d["model"][0].pop("id"), r"\[\[model\]\] 1: `id` is missing"),
    "an unknown state of a run": (lambda d: d["run"][0].update(state="lost"), r"\[\[run\]\] 1: .*lost"),
    "an answer that is no text": (lambda d: d["run"][0].update(answer=["x"]), "`answer` should be text"),
    "options left out that are text": (lambda d: d["run"][0].update(adjusted="seed"), "`adjusted` should be a list"),
    "a warm-up that is 1": (lambda d: d["run"][0].update(warmup=1), "`warmup` should be true or false"),
    "tokens that are text": (
        lambda d: d["run"][0]["usage"].update(completion_tokens="7"),
        "`completion_tokens` should",
    ),
    "timing that contradicts itself": (lambda d: d["run"][0]["timing"].update(end=3), r"\[\[run\]\] 1: the last chunk"),
    "timing beyond all clocks": (
        lambda d: d["run"][0]["timing"].update(unit_us=1 << 39, deltas="99999999 1 1 1"),
        r"\[\[run\]\] 1",
    ),
    "an error that is text": (lambda d: d["run"][1].update(error="x"), "`error` should be a table"),
    "a score above its scale": (
        lambda d: d["score"][0].update(value=6),
        r"\[\[score\]\] 1: a score of 6 on a scale of 5",
    ),
    "a score of 0": (lambda d: d["score"][0].update(value=0), "a score of 0"),
    "half a score": (lambda d: d["score"][0].update(value=3.5), "`value` should be a whole number"),
    "a score without a date": (lambda d: d["score"][0].pop("at"), r"\[\[score\]\] 1: `at` should be a date"),
    "a note without text": (lambda d: d["note"][0].pop("text"), r"\[\[note\]\] 1: `text` is missing"),
}


@pytest.mark.parametrize(("change", "says"), CONTRADICTIONS.values(), ids=CONTRADICTIONS.keys())
def test_a_contradiction_is_refused_with_a_sentence(change: Change, says: str) -> None:
    data = sample()
    session_from_dict(copy.deepcopy(data))
    change(data)
    with pytest.raises(ValueError, match=says):
        session_from_dict(data)
