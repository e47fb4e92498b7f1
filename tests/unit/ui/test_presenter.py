"""What the Compare screen shows of a comparison: panes, titles, scores, status. Plain values, so no app is needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.support.sessions import MS, SENT, WHEN, request, score, session, target
from tests.support.some import some
from tui.core.plans.mode import Mode
from tui.core.plans.plan import Plan
from tui.core.requests.request import Request, RequestState
from tui.core.scoring.rating import FacetTick, Note, Rater, RaterKind, Rating, RatingChange, Undo, Vote, VoteChoice
from tui.core.scoring.rubric import OVERALL, Criterion, Rubric
from tui.core.sessions.entry_dict import Entry, add_entry
from tui.core.sessions.session import Session
from tui.core.sessions.session_model import Overrides, SessionModel
from tui.core.sessions.view import ComparisonView, StoredComparison
from tui.ui.cells import cells_needed
from tui.ui.compare import presenter as module
from tui.ui.compare.presenter import PaneModel, Presenter
from tui.ui.compare.scoring_presenter import ScoringPresenter, Step
from tui.ui.compare.status_line import ONLY_SHOWN, status
from tui.ui.fitting import Yielding
from tui.ui.state import AppState
from tui.ui.widgets.answer.pane import PaneData

PAGE = "panes 1-3 of 5 · [ ]"
M1, M2, M3 = (PaneModel(f"m{number}") for number in (1, 2, 3))


class Going(StoredComparison):
    """A run that still goes on."""

    pause_s: float | None = None  # type: ignore[assignment]

    @property
    def busy(self) -> bool:
        return True


def sentences(view: ComparisonView) -> ScoringPresenter:
    return ScoringPresenter(view, Presenter(view))


def kept(requests: Sequence[Request], *, models: Sequence[SessionModel] = (), **facts: object) -> Session:
    """A session of one race with these requests."""
    keys = tuple(dict.fromkeys(one.spec.model for one in requests))
    return session(requests, models=models, plans=[Plan("race", Mode.RACE, keys, ("p1",))], **facts)  # type: ignore[arg-type]


def answered(number: int, **facts: object) -> Request:
    return request(f"r{number}", model=f"m{number}", mode=Mode.RACE, **facts)  # type: ignore[arg-type]


def shown(view: ComparisonView, panes: Sequence[PaneModel], **more: object) -> list[PaneData]:
    """What all panes show."""
    every = {"changed": set(view.session.requests), "in_sight": range(len(panes)), **more}
    return list(Presenter(view).pane_data(panes, AppState(), **every))  # type: ignore[arg-type]


def chosen(*models: SessionModel) -> AppState:
    return AppState(cards=tuple(one.card for one in models), chosen=[one.card.key for one in models])


# Which panes


def test_panes_are_of_the_run_while_its_models_are_the_chosen_ones_and_while_it_goes_on() -> None:
    held = kept([answered(1), answered(2)])
    one, two = held.models.values()
    other = target("m9", "other")
    assert Presenter(StoredComparison(held)).models_wanted(chosen(two, one)) == [M1, M2]
    assert Presenter(StoredComparison(held)).models_wanted(chosen(one)) == [M1]
    expected = [M1, PaneModel(other.card.key, asked=False)]
    assert Presenter(StoredComparison(held)).models_wanted(chosen(one, other)) == expected
    assert Presenter(Going(held)).models_wanted(chosen(other)) == [M1, M2]
    assert Presenter(StoredComparison(held), can_act=False).models_wanted(AppState()) == [M1, M2]
    assert Presenter(StoredComparison(session([]))).models_wanted(AppState()) == []


def test_a_pane_keeps_its_place_when_its_model_is_asked_for_the_first_time() -> None:
    held = kept([answered(1), answered(2)])
    before = [PaneModel(model.card.key, asked=False) for model in held.models.values()]
    names = Presenter(StoredComparison(held)).renamed([M1, M2])
    assert [names[pane] for pane in before] == [M1, M2]


def test_two_parameter_sets_of_one_model_have_two_panes_and_titles_that_begin_with_what_differs() -> None:
    plain = target("m1", "alpha", device="CPU")
    warm = replace(plain, key="m2", own=Overrides(temperature=0.7, max_tokens=9))
    cold = replace(plain, key="m3", own=Overrides(temperature=0.0, max_tokens=9))
    requests = [answered(1, answer=["a"]), answered(2, answer=["b"]), answered(3, answer=["c"])]
    panes = shown(StoredComparison(kept(requests, models=[plain, warm, cold])), [M1, M2, M3])
    assert [pane.answer for pane in panes] == ["a", "b", "c"]
    assert [pane.title for pane in panes] == [
        "alpha · CPU",
        "max_tokens 9, temperature 0.7 · alpha · CPU",
        "max_tokens 9, temperature 0.0 · alpha · CPU",
    ]
    two = shown(StoredComparison(kept(requests[1:], models=[warm, cold])), [M2, M3])
    assert [pane.title for pane in two] == ["temperature 0.7 · alpha · CPU", "temperature 0.0 · alpha · CPU"]


def test_panes_that_are_not_of_the_run_wait_for_answers() -> None:
    held, other = kept([answered(1)]), target("m9", "other", device="GPU")
    panes = [M1, PaneModel(other.card.key, asked=False)]
    app_state = chosen(*held.models.values(), other)
    made = list(Presenter(StoredComparison(held)).pane_data(panes, app_state, set(), in_sight=()))
    assert [(pane.position, pane.answer, pane.waiting) for pane in made] == [
        (1, "", "The answer comes here."),
        (2, "", "The answer comes here."),
    ]


# What is painted


def test_only_what_changed_and_is_in_sight_is_painted_and_bars_move_while_something_runs() -> None:
    view = StoredComparison(kept([answered(1), answered(2), answered(3, state=RequestState.RUNNING)]))
    panes = [M1, M2, M3]
    assert [pane.position for pane in shown(view, panes, changed={"r2"})] == [2]
    assert [pane.position for pane in shown(view, panes, changed={"r2", "r3"}, in_sight=[1])] == [2]
    assert [pane.position for pane in shown(view, panes, changed=set(), bars=True)] == [1, 2, 3]
    ended = StoredComparison(kept([answered(1), answered(2)]))
    assert shown(ended, [M1, M2], changed=set(), bars=True) == []


def test_the_newest_request_of_a_model_that_has_begun_is_shown() -> None:
    again = [answered(1, answer=["old"]), answered(2), request("r3", model="m1", mode=Mode.RACE, answer=["new"])]
    assert [pane.answer for pane in shown(StoredComparison(kept(again)), [M1, M2])] == ["new", "one two three"]


def test_a_pane_tells_what_became_of_its_request() -> None:
    requests = [
        answered(1, state=RequestState.CUT),
        answered(2, state=RequestState.FAILED),
        answered(3, thinking=["hm"], answer=["yes"]),
        answered(4, state=RequestState.QUEUED),
    ]
    requests[2].adjusted = ("seed",)
    cut, failed, thought, queued = shown(
        StoredComparison(kept(requests)), [M1, M2, M3, PaneModel("m4")], unfolded={"m3"}
    )
    assert cut.fault is not None and "Press r" in cut.fault[1]
    assert failed.fault == ("The stream broke.", "Press r to run it again.")
    assert "seed: refused by the host" in thought.remark
    assert (thought.reasoning_folded, cut.reasoning_folded) == (False, True)
    assert queued.waiting == "Waiting for its turn …" and queued.state is RequestState.QUEUED
    assert len({pane.scale for pane in some([cut, failed, thought, queued])}) == 1


def test_a_run_is_shown_at_the_moment_that_is_looked_at() -> None:
    running = answered(1, state=RequestState.RUNNING)
    (pane,) = shown(Going(kept([running]), at=SENT + 700 * MS), [M1])
    assert pane.spans[-1].stop == pytest.approx(0.705)
    assert pane.reading is not None and pane.reading.elapsed == pytest.approx(0.7)


# Scores


def test_scores_and_notes_are_those_of_the_rater_by_criterion() -> None:
    scores = [score("r1", 2), score("r1", 5), score("r1", 3, criterion="style"), score("r1", 1, rater="bob")]
    held = kept([answered(1)], scores=scores, notes=[Note("r1", "ann", "terse", WHEN)])
    (pane,) = shown(StoredComparison(held, rater="ann"), [M1])
    assert ({name: one.value for name, one in pane.scores.items()}, pane.note) == ({OVERALL: 5, "style": 3}, "terse")
    (pane,) = shown(StoredComparison(held), [M1])
    assert {name: one.value for name, one in pane.scores.items()} == {OVERALL: 1}, "who scored last"


def test_unscored_are_the_answers_in_the_panes_without_a_score() -> None:
    requests = [
        answered(1),
        answered(2),
        answered(3, state=RequestState.EMPTY),
        answered(4, state=RequestState.STOPPED),
    ]
    panes = [M1, M2, M3, PaneModel("m4")]
    view = StoredComparison(kept(requests, scores=[score("r1", 4)]))
    presenter = Presenter(view)
    assert presenter.unscored(panes) == [1, 3]
    assert presenter.unscored([M1]) == [], "these panes are not of the run"
    assert status(view, presenter, chosen(), Mode.RACE, panes, (), 80) == "race: all at once  ·  2 unscored"


def test_an_answer_is_unscored_until_it_has_a_score_for_each_criterion_of_the_session_s_rubric() -> None:
    rubric = Rubric((Criterion("accuracy", "Accuracy"), Criterion("style")))
    scores = [score("r1", 4, criterion="accuracy"), *(score("r2", 3, criterion=name) for name in rubric.ids)]
    held = kept([answered(1), answered(2)], scores=[*scores, score("r1", 5)], rubric=rubric)
    view = StoredComparison(held, rater="ann")
    presenter = Presenter(view)
    assert presenter.unscored([M1, M2]) == [0], "a score for something else decides nothing"
    assert all(pane.rubric == rubric for pane in some(shown(StoredComparison(held), [M1, M2])))
    change = RatingChange("r1", score("r1", None, criterion="accuracy"), scores[0])
    said = sentences(view).done(Step.UNDO, change, [M1, M2], 9)
    assert said.endswith(": score 4 for Accuracy → no score for Accuracy")


@pytest.mark.parametrize(
    ("requests", "says"),
    [
        ([], "Nothing has been asked yet."),
        ([answered(1), answered(2, state=RequestState.RUNNING)], "No answer lacks a score so far; 1 is still to come."),
        ([answered(1, warmup=True), answered(2, warmup=True)], "No answer lacks a score so far; 2 are still to come."),
        ([answered(1, state=RequestState.EMPTY)], "There is no answer to score."),
        ([answered(1)], "Every answer has a score."),
    ],
)
def test_that_nothing_is_unscored_is_said_as_it_is(requests: list[Request], says: str) -> None:
    presenter = Presenter(StoredComparison(kept(requests, scores=[score("r1", 4)])))
    assert presenter.none_unscored([PaneModel(request.spec.model) for request in requests]) == says


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        (None, "There is no answer to score in this pane."),
        (answered(1, state=RequestState.RUNNING), "Wait for the end of this answer"),
        (answered(1, state=RequestState.EMPTY), "There is no answer to score in this pane."),
        (answered(1, warmup=True), "A warm-up is not scored"),
        (answered(1), ""),
    ],
)
def test_why_an_answer_takes_no_score(request_: Request | None, why: str) -> None:
    said = sentences(StoredComparison(kept([answered(1)]))).why_not_scored(request_)
    assert said.startswith(why) and bool(said) == bool(why)


def test_an_answer_that_is_being_asked_again_takes_no_score() -> None:
    again = request("r2", model="m1", mode=Mode.RACE, state=RequestState.QUEUED, launch=2)

    class GoingOn(StoredComparison):
        busy = True

    session = kept([answered(1), again])
    assert sentences(GoingOn(session)).why_not_scored(answered(1)) == (
        "It is being asked again: wait for the new answer."
    )
    assert not sentences(StoredComparison(session)).why_not_scored(answered(1)), "nothing is asked in a kept session"


def vote(choice: VoteChoice | None, winner: str = "") -> Vote:
    """What ann says of the first two answers."""
    return Vote(("r1", "r2"), "ann", choice, WHEN, winner)


@pytest.mark.parametrize(
    ("old", "new", "undone"),
    [
        (score("r2", None), score("r2", 4), "2 model-m2: score 4 → no score"),
        (
            score("r1", 2, criterion="style"),
            score("r1", 3, criterion="style"),
            "1 model-m1: score 3 for style → score 2 for style",
        ),
        (Note("r1", "ann", "", WHEN), Note("r1", "ann", "too short", WHEN), "1 model-m1: note “too short” → no note"),
        (Note("", "ann", "", WHEN, "m2"), Note("", "ann", "slow", WHEN, "m2"), "model-m2: note “slow” → no note"),
        (Note("", "ann", "a", WHEN), Note("", "ann", "b", WHEN), "the session: note “b” → note “a”"),
        (vote(None), vote(VoteChoice.WINNER, "r2"), "model-m2: winner of 2 → no vote"),
        (vote(VoteChoice.BOTH_BAD), vote(VoteChoice.BOTH_GOOD), "2 answers: both good → both bad"),
        (vote(VoteChoice.WINNER, "r1"), vote(VoteChoice.WINNER, "r2"), "2 answers: winner model-m2 → winner model-m1"),
        (
            FacetTick("r1", "sources", "ann", None, WHEN),
            FacetTick("r1", "sources", "ann", True, WHEN),
            "1 model-m1: facet there: “sources” → facet open: “sources”",
        ),
    ],
)
def test_a_step_back_or_forth_names_model_criterion_and_both_values(old: Rating, new: Rating, undone: str) -> None:
    presenter = sentences(StoredComparison(kept([answered(1), answered(2)])))
    change = RatingChange(new.runs[0] if isinstance(new, Vote) else new.run, old, new)
    assert presenter.done(Step.UNDO, change, [M1, M2], 20) == f"Undone on {undone}"
    subject, _, values = undone.partition(": ")
    turned = " → ".join(reversed(values.split(" → ")))
    assert presenter.done(Step.REDO, change, [M1, M2], 20) == f"Redone on {subject}: {turned}"


def judged_marks(said: Sequence[Entry]) -> list[tuple[str, str]]:
    """What the first answer's pane has of a judge that gave it 5 and 4 and preferred it to the second, after ann has
    said this."""
    rubric = Rubric((Criterion("accuracy", "Accuracy"), Criterion("style", "Style")))
    held = kept([answered(1), answered(2)], rubric=rubric)
    held.raters["judge fair"] = Rater("judge fair", RaterKind.JUDGE)
    theirs = [score("r1", value, criterion=name, rater="judge fair") for name, value in (("accuracy", 5), ("style", 4))]
    for entry in (*theirs, Vote(("r1", "r2"), "judge fair", VoteChoice.WINNER, WHEN, "r1"), *said):
        add_entry(held, entry)
    view = StoredComparison(held, rater="ann")
    marks = sentences(view).with_ratings(shown(view, [M1, M2])[0], answered(1), None).marks
    return [mark for mark in marks if mark[1].startswith("j")]


SHOWN_AFTER = [("judged: shown after yours", "judged")]


@pytest.mark.parametrize(
    ("said", "marks"),
    [
        ([], SHOWN_AFTER),
        ([Note("r1", "ann", "short", WHEN), FacetTick("r1", "sources", "ann", True, WHEN)], SHOWN_AFTER),
        ([score("r1", 3, criterion="style"), Undo(4, "ann", WHEN)], SHOWN_AFTER),
        ([score("r2", 3, criterion="style")], SHOWN_AFTER),
        ([vote(VoteChoice.BOTH_GOOD)], [("judge fair: winner, the rest after yours", "j:won")]),
        ([score("r1", 3, criterion="style")], [("judge fair: Style 4, the rest after yours", "j:sty4")]),
        (
            [score("r1", 3, criterion="style"), score("r1", 1, criterion="accuracy"), vote(VoteChoice.BOTH_BAD)],
            [("judge fair: Accuracy 5, Style 4, winner", "j:acc5,sty4,won")],
        ),
    ],
)
def test_of_what_a_judge_gave_only_that_is_shown_which_the_reader_has_given(
    said: Sequence[Entry], marks: list[tuple[str, str]]
) -> None:
    assert judged_marks(said) == marks


def test_what_a_judge_gave_is_not_shown_as_the_scores_of_who_only_reads() -> None:
    theirs = [score("r1", 5, rater="ann"), score("r1", 2, rater="judge fair")]
    held = kept([answered(1)], scores=theirs)
    held.raters["judge fair"] = Rater("judge fair", RaterKind.JUDGE)
    assert StoredComparison(held).ratings.rater == "ann"


# The status


@pytest.mark.parametrize("mode", list(Mode))
def test_that_there_are_more_panes_is_told_in_any_terminal_that_is_wide_enough(mode: Mode) -> None:
    requests = [answered(number, state=RequestState.RUNNING) for number in range(1, 6)]
    view = Going(kept(requests))
    panes = [PaneModel(f"m{number}") for number in range(1, 6)]
    for width in (78, 158):
        line = status(view, Presenter(view), chosen(), mode, panes, ("", PAGE), width)
        assert cells_needed(line) <= width and line.endswith(PAGE) and "running, 0 of 5 ended" in line
        assert line.startswith("next" if mode is Mode.MEASURE else "race")


def test_what_gives_way_first_where_there_is_too_little_room_is_the_standing_s_full_row() -> None:
    earlier = [request(f"e{number}", model="m1", mode=Mode.RACE, plan=f"race{number}", prompt=f"q{number}",
                       answer=("x",)) for number in (1, 2)]  # fmt: skip
    held = kept([*earlier, answered(1), answered(2)])
    view = StoredComparison(held, held.plans["race"])
    standing = ("a higher than b on 1 of 1 prompt; too few", "a ahead of b on 1 of 1", "a 1:0 b", "")
    notes = [Yielding(standing), ("set workshop · 2 of 8", "set workshop 2/8")]

    def line(width: int) -> str:
        return status(view, Presenter(view), chosen(*held.models.values()), Mode.RACE, [M1, M2], notes, width)

    assert line(200).endswith(
        "question 3 of 3  ·  2 unscored here, 4 in all  ·  set workshop · 2 of 8  ·  " + standing[0]
    )
    assert line(100).endswith("2 unscored here, 4 in all · set workshop · 2 of 8 · a ahead of b on 1 of 1")
    assert line(84) == "race · question 3/3 · 2 unscored here · set workshop 2/8 · a ahead of b on 1 of 1"
    assert line(78) == "race · question 3/3 · 2 unscored here · set workshop 2/8 · a 1:0 b"
    assert line(60) == "race · question 3/3 · 2 unscored · set workshop 2/8"


def test_parameters_give_way_to_what_is_left_and_to_where_one_stands_and_are_never_out_of_sight() -> None:
    earlier = [request(f"e{number}", model="m1", mode=Mode.RACE, plan=f"race{number}", prompt=f"q{number}",
                       answer=("x",)) for number in (1, 2, 3)]  # fmt: skip
    held = kept([*earlier, answered(1), answered(2)])
    view = StoredComparison(held, held.plans["race"])
    set_at = ("set workshop · 4 of 7", *["set workshop 4/7"] * 2, "workshop 4/7")
    given = "temp 0 · max 200 · seed 42 · rounds 2"
    parameters = Yielding((given, given, "4 parameters", "params"))
    notes = [
        parameters,
        ("answer 2 of 2", "answer 2/2"),
        set_at,
        "3 left",
        Yielding(("a ahead of b", "a 1:0", "a", "")),
    ]

    def line(width: int) -> str:
        return status(view, Presenter(view), chosen(*held.models.values()), Mode.RACE, [M1, M2], notes, width)

    assert line(300).endswith("3 left  ·  temp 0 · max 200 · seed 42 · rounds 2  ·  a ahead of b")
    assert line(94) == "race · question 4/4 · 2 unscored · answer 2/2 · set workshop 4/7 · 3 left · 4 parameters · a"
    assert line(78) == "race · question 4 · 2 unscored · answer 2/2 · workshop 4/7 · 3 left · params"
    for width in range(60, 200):
        assert "unscored" in line(width) and "4/7" in line(width).replace(" of ", "/"), "what is left, where one is"
        assert "temp 0" in line(width) or "param" in line(width), "never as if all were as usual"


def test_a_pause_and_prompts_that_keep_models_warm_are_told() -> None:
    view = Going(kept([answered(1), answered(2, state=RequestState.QUEUED)]))
    view.pause_s = 2.1
    view.session.tool["keep_warm"] = "2 prompts, every 5 min"
    line = status(view, Presenter(view), chosen(), Mode.RACE, [M1, M2], (), 160)
    assert line.endswith("running, 1 of 2 ended  ·  asks once more in 3 s  ·  kept warm: 2 prompts, every 5 min")


def test_without_a_run_the_status_says_what_is_missing_and_a_kept_session_that_it_is_only_shown() -> None:
    nothing = StoredComparison(session([]))
    assert status(nothing, Presenter(nothing), AppState(), Mode.RACE, [], (), 80) == "Waiting for the host …"
    held = StoredComparison(kept([answered(1)]))
    assert (
        status(held, Presenter(held, can_act=False), AppState(), Mode.RACE, [M1], (), 80)
        == f"1 unscored · {ONLY_SHOWN}"
    )


def test_where_nothing_can_be_asked_no_pane_says_that_a_key_asks_it_again() -> None:
    requests = [answered(1, state=RequestState.CUT), answered(2, state=RequestState.EMPTY)]
    view, panes = StoredComparison(kept(requests)), [M1, M2]
    for can_act in (True, False):
        presenter = Presenter(view, can_act=can_act)
        made = presenter.pane_data(panes, AppState(), set(view.session.requests), in_sight=(0, 1))
        cut, empty = made
        assert cut.fault is not None
        assert ("Press r" in cut.fault[1]) is ("r asks" in empty.waiting) is can_act


def test_the_presenter_imports_no_runner_and_holds_no_widget() -> None:
    names = {value.__module__ for value in vars(module).values() if hasattr(value, "__module__")}
    assert not [name for name in names if name.startswith(("tui.runner", "tui.engine", "tui.hosts", "textual"))]
