"""What is said of two models: the counts first, then one of five verdicts, word for word."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import sessions as make
from tests.support.some import any_number_of, some
from tui.core.plans.mode import Mode
from tui.core.plans.plan import Plan
from tui.core.requests.request import Request, RequestState
from tui.core.sessions.session import Session
from tui.core.sessions.session_model import Parameters
from tui.core.text.cell_width import cell_width, wrapped
from tui.report.aggregate import matches_of
from tui.report.candidate_names import names_of
from tui.report.not_compared import said_of_failures, said_of_unlike
from tui.report.pairs import PREFERENCE, Candidate, Counts, Kind, Matches
from tui.report.shown_verdicts import leading
from tui.report.statistics.prompts_needed import stop_rule
from tui.report.verdict_words import LEFT_OUT_COLD, remarks, said, said_of_need, said_of_stop, said_so_far
from tui.report.verdicts import Outcome, Verdict, verdicts

Rounds = Sequence[float]
"""What a model needs to its first text, in milliseconds, in each round of one prompt."""


def timed(
    session_id: str = "s", *, mode: Mode = Mode.MEASURE, plan: Plan | None = None, **models: Sequence[Rounds]
) -> Session:
    """A session in which each of these models, by its key, was asked as many prompts as it has times for."""
    requests = [
        make.request(f"{key}-{prompt}-{number}", model=key, prompt=f"p{prompt}", round=number, first_ms=ms, usage=False,
                     mode=mode, **({} if plan is None else {"plan": plan.key}))
        for key, prompts in models.items()
        for prompt, rounds in enumerate(prompts)
        for number, ms in enumerate(rounds, 1)
    ]  # fmt: skip
    return session_of(requests, session_id, [] if plan is None else [plan])


def session_of(requests: Sequence[Request], session_id: str = "s", plans: Sequence[Plan] = ()) -> Session:
    return make.session(
        requests,
        session_id=session_id,
        plans=plans,
        models=[make.target(key, key, id=key) for key in sorted({request.spec.model for request in requests})],
    )


def scored(session_id: str = "s", **models: Sequence[int]) -> Session:
    """A session in which each of these models has one score for each prompt, and no times."""
    requests = [
        make.request(f"{key}-{prompt}", model=key, prompt=f"p{prompt}")
        for key, given in models.items()
        for prompt, _ in enumerate(given)
    ]
    session = session_of(requests, session_id)
    session.scores += [
        make.score(f"{key}-{prompt}", value) for key, values in models.items() for prompt, value in enumerate(values)
    ]
    return session


def matched(*sessions: Session) -> Matches:
    return matches_of(sessions)


def judged(*sessions: Session, figure: str = "overall") -> list[Verdict]:
    return [verdict for verdict in verdicts(matched(*sessions)) if verdict.pair.figure.name == figure]


def sentences(*sessions: Session, figure: str = "overall") -> list[str]:
    found = matched(*sessions)
    names = names_of(found.candidates)
    return [said(verdict, names).sentence for verdict in verdicts(found) if verdict.pair.figure.name == figure]


def steady(ratio: float, prompts: int, rounds: int = 1, wobble: float = 0.02) -> dict[str, Sequence[Rounds]]:
    """The times of `a` and of `b`, which takes `ratio` times as long, give or take a little."""
    sizes = [100 * 1.1**number for number in range(prompts)]
    off = [1 + wobble * (-1) ** number for number in range(prompts)]
    a = [[size] * rounds for size in sizes]
    return {"a": a, "b": [[size * ratio * by] * rounds for size, by in zip(sizes, off, strict=True)]}


SCORED = {
    "better by scores": (
        scored(a=(5, 5, 4, 5, 5, 4), b=(3, 4, 2, 4, 3, 3)),
        "overall: a higher than b on 6 of 6 prompts; a better: n 6, 1.50 points (0.93 to 2.07), paired t, "
        "sign-flip p .031",
    ),
    "the second is better by scores": (
        scored(a=(3, 4, 2, 4, 3, 3, 4), b=(5, 5, 4, 5, 5, 4, 4)),
        "overall: b higher than a on 6 of 7 prompts, equal on 1; b better: n 7, 1.29 points (0.59 to 1.98), paired t, "
        "sign-flip p .031",
    ),
    "the same by scores": (
        scored(a=(5, 4, 5, 3, 5, 4, 4, 5, 3, 4), b=(5, 4, 5, 3, 5, 4, 4, 5, 3, 4)),
        "overall: a and b equal on 10 of 10 prompts; same within ±0.5 points: n 10, 0.00 points (0.00 to 0.00), "
        "two one-sided tests",
    ),
    "not shown by scores": (
        scored(a=(5, 3) * 6, b=(4, 4) * 6),
        "overall: a higher than b on 6 of 12 prompts, lower on 6; not shown: n 12, 0.00 points (-0.66 to 0.66), "
        "paired t, sign-flip p 1",
    ),
    "too few prompts with scores": (
        scored(a=(5, 5, 4, 4), b=(4, 4, 3, 4)),
        "overall: a higher than b on 3 of 4 prompts, equal on 1; too few (about 3 more prompts): n 4, 0.75 points "
        "(-0.05 to 1.55), paired t",
    ),
    "scores too far apart for so few prompts": (
        scored(a=(5, 1, 5, 1, 5, 1, 5), b=(1, 5, 1, 5, 1, 5, 1)),
        "overall: a higher than b on 4 of 7 prompts, lower on 3; too few (about 182 more prompts): n 7, 0.57 points "
        "(-3.38 to 4.00), paired t",
    ),
}
TIMED = {
    "better by times": (
        timed(**steady(2, 8)),
        "first text: a faster than b in 8 of 8, 2.0 times; a faster: n 8, 2.0 times (2.0 to 2.0), paired t, "
        "sign-flip p .008",
    ),
    "the same by times": (
        timed(**steady(1.01, 8, wobble=0.03)),
        "first text: a and b each faster in 4 of 8, a by 1.0 % on average; same within ±5 %: n 8, 1.0 % "
        "(-1.7 to 3.7), two one-sided tests",
    ),
    "not shown by times": (
        timed(**steady(1.04, 8, wobble=0.08)),
        "first text: a and b each faster in 4 of 8, a by 3.7 % on average; not shown: n 8, 3.7 % (-3.5 to 11), "
        "paired t, sign-flip p .281",
    ),
    "a sitting of three prompts and three rounds": (
        timed(**steady(4.1, 3, rounds=3)),
        "first text: a faster than b in 9 of 9, 4.1 times; too few (about 3 more prompts): n 3, 4.1 times "
        "(3.9 to 4.4), paired t",
    ),
    "one prompt": (
        timed(**steady(1.2, 1)),
        "first text: a faster than b in 1 of 1, by 22 %; too few (about 5 more prompts): n 1, 22 % (-), paired t",
    ),
    "all the same in a few": (
        timed(a=[[100], [200]], b=[[100], [200]]),
        "first text: a and b equal in 2 of 2; too few (about 4 more prompts): n 2, 0 % (-), paired t",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SCORED)
def test_scores_are_judged_in_these_words(case: str) -> None:
    session, expected = SCORED[case]
    assert sentences(session) == [expected]


@pytest.mark.parametrize("case", TIMED)
def test_times_are_judged_in_these_words(case: str) -> None:
    session, expected = TIMED[case]
    assert sentences(session, figure="ttft_ms") == [expected]


def test_the_cases_have_every_outcome_of_scores_and_of_times() -> None:
    for cases, figure in ((SCORED, "overall"), (TIMED, "ttft_ms")):
        outcomes = {judged(session, figure=figure)[0].outcome for session, _ in cases.values()}
        assert outcomes >= {Outcome.A_BETTER, Outcome.SAME, Outcome.NOT_SHOWN, Outcome.TOO_FEW}


def answered(lengths: Mapping[str, Sequence[int]], *, mode: Mode = Mode.MEASURE, usage: bool = True) -> Session:
    """A session in which each of these models answers as many prompts, in so many tokens (words) each."""
    return session_of(
        [
            make.request(f"{key}-{prompt}", model=key, prompt=f"p{prompt}", mode=mode, first_ms=100 + 5 * prompt,
                         answer=["word"] * tokens, usage=usage)
            for key, prompts in lengths.items()
            for prompt, tokens in enumerate(prompts)
        ]
    )  # fmt: skip


UNLIKE = {
    "on every prompt": (
        answered({"a": [10] * 8, "b": [20, 40] * 4}),
        "whole answer: a ahead of b in 8 of 8; answers 10 against 30 tokens long (medians), more than a fifth apart on "
        "8 of 8 prompts; no verdict on speed from answers of different length (n 8)",
    ),
    "on one prompt, so far that it moves the mean": (
        answered({"a": [20] * 7 + [2], "b": [20] * 7 + [150]}),
        "whole answer: a ahead of b in 1 of 8, equal in 7; answers 20 against 20 tokens long (medians), more than a "
        "fifth apart on 1 of 8 prompts; no verdict on speed from answers of different length (n 8)",
    ),
    "in characters, where nobody counted tokens": (
        answered({"a": [30, 30], "b": [10, 20]}, usage=False),
        "whole answer: b ahead of a in 2 of 2; answers 60 against 120 characters long (medians), more than a fifth "
        "apart on 2 of 2 prompts; no verdict on speed from answers of different length (n 2)",
    ),
}


@pytest.mark.parametrize("case", UNLIKE)
def test_a_shorter_answer_is_not_called_a_faster_one(case: str) -> None:
    session, expected = UNLIKE[case]
    assert sentences(session, figure="end_ms") == [expected]
    (verdict,) = judged(session, figure="end_ms")
    assert (verdict.outcome, verdict.low, verdict.high, verdict.p, verdict.more) == (Outcome.NONE, *[None] * 4)
    # How soon it begins does not depend on its length.
    (first,) = judged(session, figure="ttft_ms")
    assert first.outcome is not Outcome.NONE and first.pair.lengths is None


def test_answers_that_differ_by_a_fifth_and_no_more_are_compared() -> None:
    for longer, outcome in ((12, Outcome.A_BETTER), (13, Outcome.NONE)):
        (verdict,) = judged(answered({"a": [10] * 8, "b": [longer] * 8}), figure="end_ms")
        assert verdict.outcome is outcome


@pytest.mark.parametrize("figure", ["ttft_ms", "end_ms", "decode_tps"])
def test_of_the_times_of_a_race_there_are_counts_and_no_verdict(figure: str) -> None:
    requests = [
        make.request(f"{key}-{prompt}", model=key, prompt=f"p{prompt}", mode=Mode.RACE, first_ms=ms, gap_ms=ms / 5)
        for key, ms in (("a", 100), ("b", 300))
        for prompt in range(8)
    ]
    session = session_of(requests)
    session.scores += [make.score(one.spec.id, 5 if one.spec.model == "a" else 3) for one in requests]
    (sentence,) = sentences(session, figure=figure)
    assert sentence.split(": ", 1)[1] == "a ahead of b in 8 of 8; no verdict on speed from a race (n 8)"
    (verdict,) = judged(session, figure=figure)
    assert (verdict.outcome, verdict.low, verdict.high, verdict.p, verdict.more) == (Outcome.NONE, *[None] * 4)
    assert said_so_far(verdict, names_of([verdict.pair.first, verdict.pair.second])).sentence == sentence
    # What was answered is as good as ever.
    assert judged(session)[0].outcome is Outcome.A_BETTER


def test_one_win_each_is_not_faster() -> None:
    session = timed(a=[[100, 300]], b=[[200, 200]])
    (sentence,) = sentences(session, figure="ttft_ms")
    assert sentence.startswith("first text: a and b each faster in 1 of 2, ")


def test_where_prompts_are_too_few_it_is_said_how_many_so_many_models_need() -> None:
    need = "Three models need 7 prompts at least for any verdict; further rounds of the same prompts do not count."
    assert said_of_need(judged(scored(a=(5, 4, 5), b=(4, 4, 3), c=(3, 3, 3)))) == need
    assert said_of_need(judged(scored(a=(5, 4, 5), b=(4, 4, 3)))).startswith("Two models need 6 prompts")
    many = {f"m{number}": (1, 2) for number in range(12)}
    assert said_of_need(judged(scored(**many))).startswith("12 models need 12 prompts")
    assert said_of_need(judged(scored(a=(5, 5, 4, 5, 5, 4), b=(3, 4, 2, 4, 3, 3)))) == ""
    # Further prompts of a race are no way to a verdict on speed.
    assert said_of_need(judged(timed(mode=Mode.RACE, **steady(2, 3)), figure="ttft_ms")) == ""


@pytest.mark.parametrize(("models", "least"), [(2, 6), (3, 7), (4, 8), (8, 11)])
def test_more_models_need_more_prompts_before_one_can_be_better(models: int, least: int) -> None:
    for prompts, enough in ((least - 1, False), (least, True)):
        values = {
            f"m{rank}": [5 - (rank + prompt) % 2 if rank else 1 for prompt in range(prompts)] for rank in range(models)
        }
        found = [one for one in judged(scored(**values)) if "m0" in (one.pair.first.alias, one.pair.second.alias)]
        assert len(found) == models - 1
        for verdict in some(found):
            assert verdict.outcome is (Outcome.B_BETTER if enough else Outcome.TOO_FEW)
            assert verdict.more == (None if enough else 1)


@pytest.mark.parametrize(
    ("a", "b"),
    [([4], [4]), ([4, 5, 3], [4, 5, 3]), ([5, 4, 5, 4, 5], [5, 4, 5, 4, 5]), ([5], [3]), ([5, 4, 3], [4, 4, 2]),
     ([5, 5, 4, 2], [3, 2, 4, 3])],
)  # fmt: skip
def test_as_many_more_prompts_that_come_out_alike_bring_a_verdict_and_fewer_do_not(a: list[int], b: list[int]) -> None:
    def so_far(mine: list[int], theirs: list[int]) -> list[Verdict]:
        times = timed(a=[[100.0 * each] for each in mine], b=[[100.0 * each] for each in theirs])
        return [*judged(scored(a=mine, b=theirs)), *judged(times, figure="ttft_ms")]

    def now(more: int) -> list[Outcome]:
        mine, theirs = ([values[place % len(values)] for place in range(len(values) + more)] for values in (a, b))
        return [verdict.outcome for verdict in so_far(mine, theirs)]

    for which, more in any_number_of(enumerate(verdict.more for verdict in so_far(a, b))):
        assert more is not None and more < 20
        assert all(now(fewer)[which] in (Outcome.TOO_FEW, Outcome.NOT_SHOWN) for fewer in any_number_of(range(more)))
        assert now(more)[which] in (Outcome.A_BETTER, Outcome.B_BETTER, Outcome.SAME)


@pytest.mark.parametrize("name", ["preference", "Preference", "first text", "ttft_ms"])
def test_a_criterion_that_is_called_as_another_figure_is_told_apart(name: str) -> None:
    session = scored(a=(4,), b=(5,))
    session.scores = [replace(given, criterion=name) for given in session.scores]
    sentence = sentences(session, figure=name)[0]
    assert sentence.startswith(f"{name}, score: b higher than a on 1 of 1 prompt")
    session.scores = [replace(given, criterion="style", scale=7) for given in session.scores]
    assert sentences(session, figure="style")[0].startswith("style (1-7): ")


@pytest.mark.parametrize("blank", ["", " ", "\u200b "])
def test_a_model_without_an_alias_is_named_by_its_id(blank: str) -> None:
    session = scored(a=(4,), b=(5,))
    for key, model in session.models.items():
        session.models[key] = replace(model, card=replace(model.card, alias=blank))
    assert sentences(session)[0].startswith("overall: b higher than a on 1 of 1 prompt; ")
    assert set(names_of([Candidate("", "", "one"), Candidate(" ", "", "two")]).values()) == {"one/", "two/"}


def test_of_three_models_p_is_adjusted_and_the_sentence_says_so() -> None:
    session = scored(a=(5, 5, 4, 5, 5, 4, 5, 4), b=(3, 4, 2, 4, 3, 3, 4, 2), c=(3, 4, 2, 4, 3, 3, 4, 3))
    first, second, third = sentences(session)
    assert first.endswith("a better: n 8, 1.50 points (1.05 to 1.95), paired t, sign-flip p .023 (Holm)")
    assert second.endswith("a better: n 8, 1.38 points (0.94 to 1.81), paired t, sign-flip p .023 (Holm)")
    assert third.endswith("same within ±0.5 points: n 8, 0.12 points (-0.17 to 0.42), two one-sided tests")


def in_sessions(*plans: tuple[str, Mapping[str, Sequence[Rounds]]]) -> list[Session]:
    return [timed(session_id, **models) for session_id, models in plans]


def test_two_sessions_differ_for_reasons_that_cannot_be_told_apart() -> None:
    times = steady(2, 8)
    (sentence,) = sentences(*in_sessions(("one", {"a": times["a"]}), ("two", {"b": times["b"]})), figure="ttft_ms")
    assert sentence == (
        "first text: a faster than b on 8 of 8 prompts, 2.0 times; not shown: n 8, 2.0 times (2.0 to 2.0), paired t, "
        "sign-flip p .008, differs between these two sessions; cause not separable"
    )


def test_two_sessions_that_do_not_differ_are_not_called_the_same() -> None:
    times = steady(1.01, 8)
    (verdict,) = judged(*in_sessions(("one", {"a": times["a"]}), ("two", {"b": times["b"]})), figure="ttft_ms")
    assert (verdict.outcome, verdict.caveat) == (Outcome.NOT_SHOWN, "in different sessions")


def test_with_the_noise_of_four_sessions_a_difference_between_sessions_is_shown() -> None:
    times = steady(2, 8)
    before = [
        (f"s{number}", {"a": [[ms * by for ms in rounds] for rounds in times["a"]]})
        for number, by in enumerate((1, 1.03, 0.97, 1.01))
    ]
    sessions = in_sessions(*before, ("after", {"b": times["b"]}))
    (sentence,) = sentences(*sessions, figure="ttft_ms")
    assert sentence.startswith(
        "first text: a faster than b on 8 of 8 prompts, 2.0 times; a faster: n 8, 2.0 times (1.8 to 2.2)"
    )
    assert "t with the noise of 4 sessions, p " in sentence
    three = sentences(*sessions[1:], figure="ttft_ms")
    assert three[0].endswith("cause not separable")


def test_a_difference_smaller_than_the_noise_between_sessions_is_not_shown() -> None:
    times = steady(1.08, 8, wobble=0.01)
    before = [
        (f"s{number}", {"a": [[ms * by for ms in rounds] for rounds in times["a"]]})
        for number, by in enumerate((1, 1.1, 0.9, 1.05))
    ]
    (verdict,) = judged(*in_sessions(*before, ("after", {"b": times["b"]})), figure="ttft_ms")
    assert verdict.outcome is Outcome.NOT_SHOWN
    assert verdict.low is not None and verdict.low < 1


def test_what_was_asked_in_unlike_ways_is_named_and_not_compared() -> None:
    plans = [Plan(str(limit), Mode.MEASURE, (), (), parameters=Parameters(max_tokens=limit)) for limit in (256, 512)]
    times = steady(2, 8)
    sessions = [timed("one", plan=plans[0], a=times["a"]), timed("two", plan=plans[1], b=times["b"])]
    found = matched(*sessions)
    assert found.pairs == ()
    assert said_of_unlike(found.unlike, names_of(found.candidates)) == (
        "a and b: not comparable: max_tokens 256 against 512",
    )


def test_runs_of_one_model_in_unlike_ways_are_one_sentence_for_all_models() -> None:
    plans = [Plan(str(limit), Mode.MEASURE, (), (), parameters=Parameters(max_tokens=limit)) for limit in (256, 512)]
    times = steady(2, 8)
    found = matched(*(timed(plan.key, plan=plan, **times) for plan in plans))
    assert len(found.pairs) == 4  # Both times to first text and to the end, under either limit.
    assert said_of_unlike(found.unlike, names_of(found.candidates)) == (
        "runs of a, b: not comparable: max_tokens 256 against 512",
    )


@pytest.mark.parametrize("figure", ["overall", "ttft_ms"])
def test_pooled_rounds_and_their_means_by_prompt_give_one_verdict(figure: str) -> None:
    rounds = {"a": [(4, 5, 5, 4), (5, 5, 5, 5), (4, 4, 5, 5), (5, 4, 5, 4), (4, 5, 4, 5), (5, 5, 4, 4)],
              "b": [(3, 4, 4, 3), (4, 4, 3, 3), (2, 4, 3, 3), (4, 4, 4, 4), (3, 3, 4, 2), (3, 4, 3, 2)]}  # fmt: skip
    dice = random.Random(3)
    many = session_of(
        [
            make.request(
                f"{key}-{prompt}-{number}",
                model=key,
                prompt=f"p{prompt}",
                round=number,
                first_ms=dice.uniform(90, 110) * (1 + (key == "b")),
            )
            for key, prompts in rounds.items()
            for prompt, values in enumerate(prompts)
            for number, _ in enumerate(values)
        ]
    )
    for run in many.requests:
        key, prompt, number = run.split("-")
        many.scores.append(make.score(run, rounds[key][int(prompt)][int(number)]))
    (pooled,) = judged(many, figure=figure)
    firsts, seconds = zip(*pooled.pair.values, strict=True)
    if figure == "ttft_ms":
        (mean,) = judged(timed(a=[[value] for value in firsts], b=[[value] for value in seconds]), figure=figure)
        assert pooled.pair.counts.total == 24
    else:
        # Scores of one round each, on a scale four times as fine, have the same means.
        fine = scored(a=[round(4 * value) for value in firsts], b=[round(4 * value) for value in seconds])
        fine.scores = [replace(score, scale=17) for score in fine.scores]
        (mean,) = judged(fine)
        mean = replace(mean, effect=mean.effect / 4, low=(mean.low or 0) / 4, high=(mean.high or 0) / 4)
    assert pooled.outcome is mean.outcome is (Outcome.A_BETTER)
    assert pooled.n == mean.n == 6
    assert [pooled.effect, pooled.low, pooled.high, pooled.p] == pytest.approx(
        [mean.effect, mean.low, mean.high, mean.p], rel=1e-6
    )


def whole(dice: random.Random, prompts: int = 8) -> Session:
    """A session of three models with scores and times of two rounds."""
    requests = [
        make.request(
            f"{key}-{prompt}-{number}",
            model=key,
            prompt=f"p{prompt}",
            round=number,
            first_ms=dice.uniform(80, 400),
            gap_ms=dice.uniform(5, 50),
        )
        for key in ("a", "b", "c")
        for prompt in range(prompts)
        for number in (1, 2)
    ]
    session = session_of(requests)
    session.scores += [
        make.score(request.spec.id, dice.randint(1, 5), rater=rater) for request in requests for rater in ("ann", "bob")
    ]
    return session


def part_of(
    session: Session, session_id: str, prompts: set[str] | None = None, rounds: set[int] | None = None
) -> Session:
    kept = [
        one
        for one in session.requests.values()
        if (prompts is None or one.spec.prompt in prompts) and (rounds is None or one.spec.round in rounds)
    ]
    made = session_of(kept, session_id)
    made.scores += [score for score in session.scores if score.run in made.requests]
    return made


def all_sentences(*sessions: Session) -> list[str]:
    found = matched(*sessions)
    names = names_of(found.candidates)
    return [said(verdict, names).sentence for verdict in verdicts(found)]


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_files_and_of_runs_changes_nothing(seed: int) -> None:
    dice = random.Random(seed)
    session = whole(dice)
    parts = [part_of(session, str(number), {f"p{number}", f"p{number + 4}"}) for number in range(4)]
    expected = all_sentences(*parts)
    assert len(expected) == 12
    for _ in range(3):
        dice.shuffle(parts)
        for part in parts:
            items = list(part.requests.items())
            dice.shuffle(items)
            part.requests = dict(items)
        assert all_sentences(*parts) == expected


@pytest.mark.parametrize("seed", range(5))
def test_a_session_split_in_two_is_judged_like_the_whole(seed: int) -> None:
    session = whole(random.Random(seed))
    expected = all_sentences(session)
    assert (
        all_sentences(part_of(session, "1", {"p0", "p3"}), part_of(session, "2", {"p1", "p2", "p4", "p5", "p6", "p7"}))
        == expected
    )
    assert all_sentences(part_of(session, "1", rounds={1}), part_of(session, "2", rounds={2})) == expected


@pytest.mark.parametrize("seed", range(5))
def test_other_names_of_the_models_change_nothing_but_the_names(seed: int) -> None:
    session = whole(random.Random(seed))
    other = dict(zip("abc", ("zed", "mid", "abe"), strict=True))
    expected = {(sentence.split(":")[0], frozenset((one.pair.first.alias, one.pair.second.alias))): sentence
                for one, sentence in zip(verdicts(matched(session)), all_sentences(session), strict=True)}  # fmt: skip
    session.models = {key: make.target(key, other[key], id=other[key]) for key in session.models}
    back = {alias: key for key, alias in other.items()}
    for verdict, sentence in some(list(zip(verdicts(matched(session)), all_sentences(session), strict=True))):
        was = sentence
        for alias, key in back.items():
            was = was.replace(alias, key)
        pair = frozenset(back[who.alias] for who in (verdict.pair.first, verdict.pair.second))
        assert was == expected[sentence.split(":")[0], pair] or verdict.effect in (0, 1)


def test_a_figure_of_many_models_is_shown_for_the_one_that_is_ahead() -> None:
    values = {f"m{rank}": [rank + 1] * 9 + [max(rank, 1)] for rank in range(4)}
    found = judged(scored(**values))
    shown = leading(found)
    assert (len(found), len(shown)) == (6, 3)
    assert all("m3" in (one.pair.first.alias, one.pair.second.alias) for one in some(shown))
    assert remarks(found) == ["3 more comparisons of these models are in reports as JSON and as comparisons-csv."]
    assert leading(found, most=6) == found and remarks(shown) == []


def test_scores_come_first_then_the_metrics_in_their_own_order() -> None:
    found = leading(verdicts(matched(whole(random.Random(1)))))
    assert [one.pair.figure.name for one in found[::3]] == ["overall", "ttft_ms", "end_ms", "decode_tps"]


def test_on_another_scale_what_counts_as_the_same_is_in_proportion() -> None:
    session = scored(a=(5, 4, 5, 4, 5, 4), b=(5, 4, 5, 4, 5, 4))
    session.scores = [replace(score, scale=9, criterion="style") for score in session.scores]
    assert sentences(session, figure="style") == [
        "style (1-9): a and b equal on 6 of 6 prompts; same within ±1 points: n 6, 0.00 points (0.00 to 0.00), "
        "two one-sided tests"
    ]


def test_what_failed_is_counted_apart_and_in_no_time() -> None:
    session = timed(**steady(2, 3))
    for run in ("a-0-1", "b-1-1"):
        session.requests[run] = make.request(run, model=run[0], prompt=f"p{run[2]}", state=RequestState.FAILED)
    found = matched(session)
    assert [said_of_failures(one, names_of(found.candidates)) for one in found.failures] == [
        "failed: a 1 of 3, b 1 of 3"
    ]
    (verdict,) = judged(session, figure="ttft_ms")
    assert (verdict.n, verdict.pair.counts.total) == (1, 1)


def test_answers_for_which_a_model_was_loaded_are_left_out_and_that_is_said() -> None:
    session = timed(**steady(2, 3, rounds=2))
    for key in "ab":
        session.requests[f"{key}-0-1"].timestamps.load_start = make.ASKED
        session.requests[f"{key}-0-1"].timestamps.load_end = make.ASKED + 1
    (verdict,) = judged(session, figure="ttft_ms")
    assert (verdict.n, verdict.pair.counts.total, verdict.pair.cold_left_out) == (3, 5, 2)
    assert remarks([verdict]) == [LEFT_OUT_COLD]


def test_where_every_answer_is_cold_they_are_compared_and_called_so() -> None:
    session = timed(**steady(2, 3))
    for request in session.requests.values():
        request.timestamps.load_start, request.timestamps.load_end = make.ASKED, make.ASKED + 1
    (sentence,) = sentences(session, figure="ttft_ms")
    assert sentence.startswith("first text, cold: a faster than b in 3 of 3, 2.0 times; ")
    assert remarks(judged(session, figure="ttft_ms")) == []


@pytest.mark.parametrize(
    ("wins", "losses", "pairs", "sentence"),
    [
        (7, 0, 1, "go on: a ahead on 7 of 7 decisive prompts, E 16 of 20"),
        (8, 0, 1, "you may stop: a ahead on 8 of 8 decisive prompts, E 28 of 20"),
        (8, 0, 3, "go on: a ahead on 8 of 8 decisive prompts, E 28 of 60"),
        (2, 3, 1, "go on: b ahead on 3 of 5 decisive prompts, E 0.53 of 20"),
        (0, 0, 1, "go on: no decisive prompt yet, E 1 of 20"),
        (4, 4, 1, "go on: neither ahead on 8 decisive prompts, E 0.41 of 20"),
    ],
)
def test_whether_one_may_stop_is_said_with_what_it_rests_on(wins: int, losses: int, pairs: int, sentence: str) -> None:
    assert said_of_stop(stop_rule(wins, losses, pairs), "a", "b") == sentence


def test_while_more_is_to_come_the_verdict_is_one_for_stopping_here() -> None:
    (verdict,) = judged(scored(a=(5, 5, 4, 5, 5, 4), b=(3, 4, 2, 4, 3, 3)))
    words = said_so_far(verdict, {verdict.pair.first: "a", verdict.pair.second: "b"})
    assert words.counts == "a higher than b on 6 of 6 prompts"
    assert words.verdict == (
        "go on: a ahead on 6 of 6 decisive prompts, E 9.1 of 20; if you stop here: a better: n 6, 1.50 points "
        "(0.93 to 2.07), paired t, sign-flip p .031"
    )


HOSTILE = ["\x1b[31mred\x1b[0m", "two\nlines", "\u202eevil", "a" * 300, "| x |", "", "lone \ud83d half", "=1+1"]


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_names_are_cleaned_short_and_told_apart(name: str) -> None:
    candidates = [Candidate(name, name, "h", device) for device in ("CPU", "GPU")] + [Candidate("b", "b", "h")]
    names = names_of(candidates)
    assert len(set(names.values())) == 3
    for shown in some(list(names.values())):
        assert shown.isprintable() and shown.strip()
        shown.encode("utf-8")


@given(st.lists(st.tuples(*[st.text("ab /\n", min_size=1, max_size=4)] * 4), min_size=1, max_size=6, unique=True))
@settings(max_examples=100, deadline=None)
def test_any_two_models_have_different_names(facts: list[tuple[str, str, str, str]]) -> None:
    candidates = [Candidate(*fact) for fact in facts]
    names = names_of(candidates)
    assert names == names_of(reversed(candidates))
    assert len(set(names.values())) == len(facts)


@pytest.mark.parametrize("name", ["demo-large", "Phi-4-mini-instruct-generic-cpu:3"])
def test_each_part_of_a_sentence_is_broken_into_lines_of_a_terminal(name: str) -> None:
    session = scored(a=(5, 5, 4, 5, 5, 4), b=(3, 4, 2, 4, 3, 3))
    session.models = {key: make.target(key, f"{name} {key}", id=f"{name} {key}") for key in session.models}
    found = matched(session)
    for verdict in some(verdicts(found)):
        words = said(verdict, names_of(found.candidates))
        for part in (f"{words.figure}: {words.counts}", words.verdict):
            assert all(cell_width(line) <= 80 for line in some(wrapped(part, 80)))
            assert " ".join(wrapped(part, 80)) == part


@pytest.mark.parametrize(
    ("counts", "both", "sentence"),
    [
        (Counts(9, 1, 0), (1, 0), "preference: a preferred to b on 9 of 10 prompts, equal on 1; both good on 1; "
         "a better: n 10, win rate 95 % (71 to 100), adjusted Wald, sign test p .004"),
        (Counts(1, 0, 2), (0, 0), "preference: b preferred to a on 2 of 3 prompts, the other on 1; too few (about "
         "39 more prompts): n 3, win rate 67 % (17 to 100), adjusted Wald"),
        (Counts(0, 3, 0), (0, 2), "preference: a and b equal on 3 of 3 prompts; both bad on 2; too few"),
        (Counts(30, 20, 32), (0, 0), "preference: b preferred to a on 32 of 82 prompts, equal on 20, the other on 30; "
         "same within ±15 points of the win rate: n 82, win rate 51 % (42 to 61), two one-sided tests"),
    ],
)  # fmt: skip
def test_votes_are_judged_in_these_words(counts: Counts, both: tuple[int, int], sentence: str) -> None:
    (pair,) = [pair for pair in matched(scored(a=(4,), b=(5,))).pairs if pair.figure.kind is Kind.SCORE]
    figure = replace(pair.figure, kind=Kind.VOTE, name=PREFERENCE, label=PREFERENCE, scale=None)
    values = [(1.0, 0.0)] * counts.ahead + [(0.5, 0.5)] * counts.equal + [(0.0, 1.0)] * counts.behind
    voted = replace(pair, figure=figure, values=tuple(values), counts=counts, both_good=both[0], both_bad=both[1])
    (verdict,) = verdicts(Matches((voted,)))
    assert said(verdict, {pair.first: "a", pair.second: "b"}).sentence.startswith(sentence)
