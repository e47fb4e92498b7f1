"""What may be compared: the same prompts, asked alike; everything else stays apart."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support import sessions as make
from tests.support.some import some
from tui.core.metrics.eras import era_of
from tui.core.plans.mode import Mode
from tui.core.plans.plan import Plan
from tui.core.plans.prompt import Prompt
from tui.core.requests.request import Request, RequestState
from tui.core.scoring.rating import Rater, RaterKind, Undo, Vote, VoteChoice
from tui.core.sessions.session import Session
from tui.core.sessions.session_model import Overrides, Parameters
from tui.report.aggregate import aggregate, matches_of
from tui.report.matching import match
from tui.report.pairs import PREFERENCE, Counts, Matches, Pair
from tui.report.reported_request import PEOPLE, Choice, GivenScore, GivenVote, ReportedRequest
from tui.report.subject import Subject


def pairs(matches: Matches, figure: str = "ttft_ms") -> list[Pair]:
    return [pair for pair in matches.pairs if pair.figure.name == figure]


def only(matches: Matches, figure: str = "ttft_ms") -> Pair:
    (pair,) = pairs(matches, figure)
    return pair


def both(number: str = "1", *, first_ms: float = 100, **facts: Any) -> list[Request]:
    """A request of each of two models; the second needs twice as long."""
    return [
        make.request(f"a{number}", model="m1", first_ms=first_ms, **facts),
        make.request(f"b{number}", model="m2", first_ms=2 * first_ms, **facts),
    ]


def test_what_is_better_of_each_metric_is_ahead() -> None:
    session = make.session(
        [make.request("a", model="m1", first_ms=100, gap_ms=20), make.request("b", model="m2", gap_ms=40)]
    )
    found = matches_of([session])
    assert only(found, "end_ms").values == ((160, 220),)
    assert only(found, "end_ms").counts == Counts(ahead=1)
    assert only(found, "decode_tps").values == (pytest.approx((50, 25)),)
    assert only(found, "decode_tps").counts == Counts(ahead=1)
    assert only(found, "ttft_ms").counts == Counts(equal=1)


def test_a_prompt_that_one_was_not_asked_and_an_answer_that_failed_are_in_no_pair() -> None:
    requests = [*both(), make.request("a2", model="m1", prompt="p2"), *both("3", prompt="p3")]
    requests[-1] = make.request("b3", model="m2", prompt="p3", state=RequestState.FAILED)
    assert only(matches_of([make.session(requests)])).values == ((100, 200),)


def test_models_without_a_common_prompt_are_not_compared() -> None:
    requests = [make.request("a", model="m1", prompt="p1"), make.request("b", model="m2", prompt="p2")]
    assert matches_of([make.session(requests)]) == Matches()


def test_warm_ups_are_in_no_pair() -> None:
    requests = [*both(), *both("w", first_ms=9000, warmup=True)]
    assert only(matches_of([make.session(requests)])).values == ((100, 200),)


def test_a_prompt_is_the_median_of_its_rounds() -> None:
    requests = [
        request
        for number, ms in enumerate((100, 300, 110), 1)
        for request in both(str(number), first_ms=ms, round=number)
    ]
    found = only(matches_of([make.session(requests)]))
    assert (found.values, found.counts) == (((110, 220),), Counts(ahead=3))


def test_a_round_that_one_of_them_lacks_is_in_no_time() -> None:
    requests = [*both(), make.request("a2", model="m1", first_ms=900, round=2)]
    assert only(matches_of([make.session(requests)])).values == ((100, 200),)


def test_measured_and_raced_answers_are_never_put_together() -> None:
    requests = [*both(), *both("2", mode=Mode.RACE, first_ms=500)]
    found = pairs(matches_of([make.session(requests)]))
    assert [(pair.conditions.mode, pair.values) for pair in found] == [
        (Mode.MEASURE, ((100, 200),)),
        (Mode.RACE, ((500, 1000),)),
    ]


def test_an_answer_of_a_race_that_came_alone_is_not_compared_with_those_that_did_not() -> None:
    requests = [*both(mode=Mode.RACE), *both("2", mode=Mode.RACE, prompt="p2")]
    requests += [make.request("b3", model="m2", mode=Mode.RACE, contended=False, launch=2, first_ms=5)]
    assert sorted(only(matches_of([make.session(requests)])).values) == [(100, 200), (100, 200)]


PARAMETERS = [
    (Parameters(max_tokens=256), Parameters(), ("max_tokens", "256", "512")),
    (Parameters(temperature=0.5), Parameters(), ("temperature", "0.5", "")),
    (Parameters(seed=1), Parameters(seed=2), ("seed", "1", "2")),
    (Parameters(stop=("x",)), Parameters(), ("stop", "'x'", "")),
]


@pytest.mark.parametrize(("one", "other", "difference"), PARAMETERS)
def test_other_parameters_are_named_instead_of_compared(
    one: Parameters, other: Parameters, difference: tuple[str, ...]
) -> None:
    plans = [Plan(key, Mode.MEASURE, (), (), parameters=asked) for key, asked in (("k1", one), ("k2", other))]
    requests = [make.request("a", model="m1", plan="k1"), make.request("b", model="m2", plan="k2")]
    found = matches_of([make.session(requests, plans=plans)])
    assert found.pairs == ()
    assert [unlike.differences for unlike in found.unlike] == [(difference,)]


def test_parameters_of_a_model_s_own_are_other_parameters() -> None:
    session = make.session(both())
    model = session.models["m2"]
    session.models["m2"] = type(model)(model.key, model.card, model.host, Overrides(max_tokens=64))
    found = matches_of([session])
    assert found.pairs == ()
    assert found.unlike[0].differences == (("max_tokens", "512", "64"),)


def test_a_system_prompt_is_a_part_of_the_prompt() -> None:
    prompts = [Prompt("Why?", "Be brief.", key="p1"), Prompt("Why?", "Be kind.", key="p2")]
    requests = [*both(), *both("2", prompt="p2", first_ms=300)]
    assert only(matches_of([make.session(requests, prompts=prompts)])).values == ((100, 200), (300, 600))
    apart = [requests[0], requests[3]]
    found = matches_of([make.session(apart, prompts=prompts)])
    assert found.pairs == ()
    assert found.unlike[0].differences == (("system prompt", '"Be brief."', '"Be kind."'),)


def test_what_is_compared_somewhere_is_not_called_incomparable() -> None:
    plans = [
        Plan(key, Mode.MEASURE, (), (), parameters=Parameters(max_tokens=tokens))
        for key, tokens in (("k1", 64), ("k2", 32))
    ]
    requests = [*both(plan="k1"), make.request("b9", model="m2", plan="k2")]
    found = matches_of([make.session(requests, plans=plans)])
    assert len(pairs(found)) == 1
    assert [(unlike.first, unlike.second) for unlike in found.unlike] == [
        (pairs(found)[0].second, pairs(found)[0].second)
    ]


def scored(*given: tuple[str, int, str], criterion: str = "overall", scale: int = 5) -> Session:
    """A session of one prompt and two rounds for two models, with these scores: run, value and rater."""
    requests = [*both(), *both("2", round=2)]
    scores = [make.score(run, value, rater=rater, criterion=criterion, scale=scale) for run, value, rater in given]
    return make.session(requests, scores=scores)


def test_a_rater_counts_once_however_many_rounds_they_scored() -> None:
    session = scored(("a1", 5, "ann"), ("a2", 5, "ann"), ("b1", 1, "ann"), ("a1", 1, "bob"), ("b1", 1, "bob"))
    assert only(matches_of([session]), "overall").values == ((3, 1),)


def test_a_rater_who_scored_one_of_them_alone_is_left_out() -> None:
    session = scored(("a1", 5, "ann"), ("b1", 4, "ann"), ("b1", 1, "bob"))
    assert only(matches_of([session]), "overall").values == ((5, 4),)
    assert pairs(matches_of([scored(("a1", 5, "ann"), ("b1", 1, "bob"))]), "overall") == []


def test_thirds_that_are_equal_are_equal() -> None:
    requests = [request for number in range(3) for request in both(str(number), round=number)]
    values = {"a": (5, 4, 4), "b": (4, 4, 5)}
    scores = [
        make.score(f"{key}{number}", value) for key, given in values.items() for number, value in enumerate(given)
    ]
    assert only(matches_of([make.session(requests, scores=scores)]), "overall").counts == Counts(equal=1)


def reported(
    run: str,
    *scores: GivenScore,
    session: str = "s",
    prompt: str = "Why?",
    first_ms: float | None = None,
    **facts: Any,
) -> ReportedRequest:
    values = (first_ms, None, None)
    return ReportedRequest(session, run, prompt, 1, RequestState.DONE, values, (), False, None, scores=scores, **facts)


def subject(alias: str, **facts: Any) -> Subject:
    given: dict[str, Any] = {"variant": None, "device": "CPU", "ep": None, "host": "openai"} | facts
    return Subject(alias, alias, mode=Mode.MEASURE, parameters=Parameters(), system=None, **given)


def test_judges_people_and_scales_are_never_put_together() -> None:
    kinds = ((PEOPLE, 5, 5, 1), ("judge", 5, 2, 4), (PEOPLE, 9, 7, 9))
    rows = [
        (
            subject(alias),
            [
                reported(
                    alias, *(GivenScore("overall", scale, kind, "x", values[side]) for kind, scale, *values in kinds)
                )
            ],
        )
        for side, alias in enumerate(("a", "b"))
    ]
    found = {(pair.figure.raters, pair.figure.scale): pair.values for pair in match(rows).pairs}
    assert found == {(PEOPLE, 5): ((5, 1),), ("judge", 5): ((2, 4),), (PEOPLE, 9): ((7, 9),)}


def test_what_was_measured_before_and_after_a_change_is_never_put_together() -> None:
    rows = [(subject("a"), [reported("a", first_ms=100, era=0)]), (subject("b"), [reported("b", first_ms=100, era=1)])]
    found = match(rows)
    assert found.pairs == ()
    assert found.unlike[0].differences == (("way of measuring", "0", "1"),)


@pytest.mark.parametrize(
    ("version", "era"),
    [("0.1.0", 0), ("0.2", 1), ("0.2.0", 1), ("0.10.1", 2), ("1.0.dev3", 2), ("", 0), ("x1", 0), ("9" * 400, 2)],
)
def test_versions_that_measured_alike_have_one_number(version: str, era: int) -> None:
    assert era_of(version, changed_in=((0, 2), (0, 10, 1))) == era


APART = [
    ("the model alone", {}, {"alias": "b"}, None),
    ("the device of one model, as before and after a GPU was switched on", {}, {"device": "GPU"}, None),
    ("the host of one model", {}, {"host": "foundry"}, None),
    ("model and device", {}, {"alias": "b", "device": "GPU"}, ("device", "CPU", "GPU")),
    ("model and host", {}, {"alias": "b", "host": "foundry"}, ("host", "openai", "foundry")),
    ("the device and the host", {}, {"device": "GPU", "host": "vllm"}, ("host", "openai", "vllm")),
]


@pytest.mark.parametrize(("one", "other", "difference"), [case[1:] for case in APART], ids=[case[0] for case in APART])
def test_times_of_two_sessions_are_compared_where_one_thing_differs(
    one: dict[str, str], other: dict[str, str], difference: tuple[str, str, str] | None
) -> None:
    sides = [{"alias": "a"} | facts for facts in (one, other)]
    rows = [(subject(**facts), [reported(str(n), session=str(n), first_ms=100)]) for n, facts in enumerate(sides)]
    found = match(rows)
    assert [pair.apart for pair in found.pairs] == ([True] if difference is None else [])
    assert [unlike.differences for unlike in found.unlike] == ([] if difference is None else [(difference,)])
    together = match((who, [reported(str(n), session="one", first_ms=100)]) for n, (who, _) in enumerate(rows))
    assert [pair.apart for pair in together.pairs] == [False]
    assert together.unlike == ()


def test_another_version_of_the_host_is_another_condition_for_times_and_not_for_scores() -> None:
    score = GivenScore("overall", 5, PEOPLE, "ann", 4)
    rows = [
        (subject(alias), [reported(alias, score, session=alias, first_ms=100, served_by=("openai", version))])
        for alias, version in (("a", "1.0"), ("b", "2.0"))
    ]
    found = match(rows)
    assert [pair.figure.name for pair in found.pairs] == ["overall"]
    (unlike,) = found.unlike
    assert (unlike.times_only, unlike.differences) == (True, (("host", "openai 1.0", "openai 2.0"),))


def test_asked_in_one_session_but_never_in_one_round_is_no_comparison_of_sessions() -> None:
    requests = [make.request("a", model="m1", round=1), make.request("b", model="m2", round=2)]
    found = matches_of([make.session(requests)])
    assert found.pairs == () and found.unlike == ()


def test_every_model_that_failed_is_counted_under_its_conditions() -> None:
    requests = [*both(), make.request("c", model="m3", state=RequestState.FAILED)]
    (failures,) = matches_of([make.session(requests)]).failures
    assert [(who.alias, failed, runs) for who, failed, runs in some(failures.counts)] == [
        ("model-m1", 0, 1), ("model-m2", 0, 1), ("model-m3", 1, 1),
    ]  # fmt: skip


def test_votes_are_one_result_for_each_prompt_and_rater() -> None:
    def vote(name: str, choice: Choice, rater: str = "ann", kind: str = PEOPLE) -> GivenVote:
        return GivenVote(name, kind, rater, choice)

    won, lost, good, bad = Choice.WON, Choice.LOST, Choice.BOTH_GOOD, Choice.BOTH_BAD
    by_prompt: list[tuple[list[GivenVote], list[GivenVote]]] = [
        ([vote("1", won)], [vote("1", lost)]),
        # Two rounds of one rater count once; the other rater is of another opinion.
        (
            [vote("2", won), vote("3", won), vote("4", lost, "bob")],
            [vote("2", lost), vote("3", lost), vote("4", won, "bob")],
        ),
        ([vote("5", good)], [vote("5", good)]),
        ([vote("6", bad), vote("7", bad, "bob")], [vote("6", bad), vote("7", bad, "bob")]),
        # A third answer won; and one of them was in another vote.
        ([vote("8", lost)], [vote("8", lost)]),
        ([vote("9", won)], [vote("10", lost)]),
        ([vote("11", lost, "m", "judge")], [vote("11", won, "m", "judge")]),
    ]  # fmt: skip
    rows = [
        (
            subject(alias),
            [reported(f"{alias}{n}", prompt=f"p{n}", votes=tuple(both[side])) for n, both in enumerate(by_prompt)],
        )
        for side, alias in enumerate(("a", "b"))
    ]
    judge, people = sorted(match(rows).pairs, key=lambda pair: pair.figure.raters)
    assert (judge.figure.raters, judge.counts) == ("judge", Counts(behind=1))
    assert (people.figure.name, people.counts) == (PREFERENCE, Counts(ahead=1, equal=3))
    assert (people.both_good, people.both_bad) == (1, 1)


def test_a_criterion_of_another_rubric_is_another_criterion() -> None:
    scores = [
        replace(make.score(f"{key}{number}", value, criterion="style"), rubric=rubric)
        for number, rubric in (("1", "abcdef0123"), ("2", ""))
        for key, value in (("a", 5), ("b", 3))
    ]
    session = make.session([*both(), *both("2", prompt="p2")], scores=scores)
    found = pairs(matches_of([session]), "style")
    assert [(pair.figure.label, len(pair.values)) for pair in found] == [
        ("style, no rubric", 1),
        ("style, rubric abcdef0", 1),
    ]
    session.scores = scores[:2]
    assert [pair.figure.label for pair in pairs(matches_of([session]), "style")] == ["style"]


def test_what_was_undone_counts_in_nothing_and_kinds_of_raters_stay_apart() -> None:
    session = scored(("a1", 5, "ann"), ("b1", 4, "ann"), ("a1", 1, "gpt"), ("b1", 5, "gpt"), ("b1", 1, "ann"))
    session.scores = [replace(score, entry=entry) for entry, score in enumerate(session.scores, 1)]
    session.undos = [Undo(takes_back=5, rater="ann", at=make.WHEN, entry=6)]
    session.raters = {"gpt": Rater("gpt", RaterKind.JUDGE, model="gpt")}
    found = pairs(matches_of([session]), "overall")
    assert {pair.figure.raters: pair.values for pair in found} == {"people": ((5, 4),), "judges": ((1, 5),)}
    report = aggregate([session])
    assert [[(mean.raters, mean.mean) for mean in row.scores] for row in report.rows] == [
        [("people", 5), ("judges", 1)],
        [("people", 4), ("judges", 5)],
    ]


def test_votes_of_a_session_are_compared() -> None:
    session = make.session([*both(), make.request("c1", model="m3")])
    session.votes = [
        Vote(("a1", "b1", "c1"), "ann", VoteChoice.WINNER, make.WHEN, winner="b1", entry=1),
        Vote(("a1", "b1"), "bob", VoteChoice.WINNER, make.WHEN, winner="a1", entry=2),
        Vote(("a1", "b1"), "bob", VoteChoice.BOTH_GOOD, make.WHEN, entry=3),
    ]
    found = {
        (pair.first.alias[-2:], pair.second.alias[-2:]): pair.counts
        for pair in pairs(matches_of([session]), PREFERENCE)
    }
    assert found == {("m1", "m2"): Counts(behind=1), ("m2", "m3"): Counts(ahead=1)}
    session.votes.append(Vote(("a1", "b1"), "bob", None, make.WHEN, entry=4))
    assert matches_of([session]).pairs[0].counts == Counts(behind=1)


def test_a_follow_up_is_no_prompt_of_those_who_were_asked_it_first() -> None:
    first, second = both()
    follow_up = make.request("a2", model="m1", prompt="p2", follows="a1", first_ms=700)
    asked_first = make.request("b2", model="m2", prompt="p2", first_ms=900)
    session = make.session([first, second, follow_up, asked_first])
    assert only(matches_of([session])).values == ((100, 200),)
    session.requests["b2"] = make.request("b2", model="m2", prompt="p2", follows="b1", first_ms=900)
    assert sorted(only(matches_of([session])).values) == [(100, 200), (700, 900)]


def test_the_same_question_asked_again_is_paired_with_its_own_answers() -> None:
    requests = [*both("1", plan="k1"), *both("2", plan="k2", first_ms=300)]
    # In the first plan one of the models had to be loaded.
    requests[0].timestamps.load_start = requests[0].timestamps.load_end = make.ASKED
    found = only(matches_of([make.session(requests)]))
    assert (found.values, found.counts, found.cold_left_out) == (((300, 600),), Counts(ahead=1), 1)


def test_models_that_were_asked_by_plans_of_their_own_in_one_session_are_compared() -> None:
    first, _ = both()
    requests = [first, make.request("b1", model="m2", plan="k2", first_ms=250)]
    found = only(matches_of([make.session(requests)]))
    assert (found.values, found.apart) == (((100, 250),), False)
