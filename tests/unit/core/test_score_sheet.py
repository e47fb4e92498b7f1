"""Scores given in a spreadsheet come back to the answers they were given to, and to no other."""

from __future__ import annotations

from dataclasses import astuple, fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import sessions as make
from tests.support.some import some
from tui.core.plans.prompt import Prompt
from tui.core.requests.request import RequestState
from tui.core.scoring.rating import Note, Score
from tui.core.scoring.rubric import Criterion, Rubric
from tui.core.scoring.score_cells import FORMULA, cell, from_csv, heading, plain_note, score_of_cell, to_csv
from tui.core.scoring.score_sheet import (
    COLUMNS,
    LONGEST,
    FilledRow,
    SheetOptions,
    SheetRow,
    TakenIn,
    answer_hash,
    sheet_of,
    taken_in,
)
from tui.core.sessions.presentation import PaneOrder, Reveal
from tui.core.sessions.session import Session
from tui.core.text.clean import clean

TWO = Rubric((Criterion("accuracy", "How right"), Criterion("style", scale=3)))
NAMES = tuple(column.name for column in COLUMNS)


def session(rubric: Rubric | None = None, **more: object) -> Session:
    """Two questions to two models, and two answers that nobody scores."""
    requests = [
        make.request("r1", prompt="p1", model="m1", answer=("one",)),
        make.request("r2", prompt="p1", model="m2", answer=("- two",)),
        make.request("r3", prompt="p2", model="m1", answer=("three",)),
        make.request("r4", prompt="p2", model="m2", answer=("four",)),
        make.request("w1", prompt="p2", model="m2", warmup=True),
        make.request("e1", prompt="p2", model="m2", state=RequestState.EMPTY),
    ]
    return make.session(requests, **({"rubric": rubric} if rubric else {}), **more)  # type: ignore[arg-type]


def filled(rows: list[SheetRow], *scores: str, notes: tuple[str, ...] = ()) -> list[FilledRow]:
    """The rows with these scores and notes filled in, in order."""
    return [
        FilledRow(
            number + 2,
            replace(
                row,
                score=scores[number] if number < len(scores) else "",
                note=notes[number] if number < len(notes) else "",
            ),
        )
        for number, row in enumerate(rows)
    ]


def take(made: Session, rows: list[FilledRow], rater: str = "ann", *, whoever: bool = False) -> TakenIn:
    return taken_in([made], rows, rater, make.WHEN, whoever=whoever)


def reasons(found: TakenIn) -> dict[int, str]:
    return {one.number: one.reason for one in found.refused}


def test_the_columns_are_those_of_a_row() -> None:
    assert [field.name for field in fields(SheetRow)] == list(NAMES)


def test_each_answer_that_can_be_scored_has_a_row_for_each_criterion() -> None:
    rows = sheet_of(session(TWO), "x.toml", SheetOptions())
    assert [(row.run, row.criterion, row.scale) for row in rows] == [
        (run, criterion, scale)
        for run in ("r1", "r2", "r3", "r4")
        for criterion, scale in (("accuracy", "5"), ("style", "3"))
    ]
    assert (rows[2].prompt, rows[2].answer, rows[2].model) == ("Question p1?", "'- two", "model-m2")
    assert {(row.rater, row.score, row.note, row.given) for row in rows} == {("", "", "", "")}


def test_somebody_s_own_scores_are_in_their_sheet_and_nobody_else_s() -> None:
    made = session(TWO, scores=[make.score("r1", 2, criterion="accuracy"), make.score("r1", 1, rater="ben")],
                   notes=[Note("r1", "ann", "=1+1", make.WHEN), Note("r2", "ben", "his", make.WHEN)])  # fmt: skip
    rows = sheet_of(made, "x.toml", SheetOptions(rater="ann"))
    assert [(row.score, row.note) for row in rows[:4]] == [("2", "'=1+1"), ("", ""), ("", ""), ("", "")]
    found = take(made, [FilledRow(number, row) for number, row in enumerate(rows, 2)])
    assert (found.new, found.changed, found.same, found.ratings, found.refused) == (0, 0, 2, {}, ())


def test_what_is_filled_in_becomes_that_rater_s_scores_and_notes() -> None:
    made = session(TWO, scores=[make.score("r2", 2, criterion="accuracy")])
    rows = sheet_of(made, "x.toml", SheetOptions())
    found = take(made, filled(rows, "4", "3,0", "5.00", notes=("right", "short\r\nand dry")))
    assert (found.new, found.changed, found.same, found.refused) == (3, 1, 0, ())
    assert found.ratings == {
        (made.id, "ann"): [
            Score("r1", "ann", 4, make.WHEN, "accuracy", 5, rubric=TWO.hash),
            Score("r1", "ann", 3, make.WHEN, "style", 3, rubric=TWO.hash),
            Score("r2", "ann", 5, make.WHEN, "accuracy", 5, rubric=TWO.hash),
            Note("r1", "ann", "right\nshort\nand dry", make.WHEN),
        ]
    }


def test_each_mismatch_is_named_with_its_row_and_the_others_are_taken_in() -> None:
    made = session(TWO)
    rows = sheet_of(made, "x.toml", SheetOptions())
    sheet = filled(rows, *["3"] * 8)
    wrong = [
        replace(sheet[0].row, session="another"), replace(sheet[1].row, run="r9"),
        replace(sheet[2].row, answer_hash="sha-0"), replace(sheet[3].row, criterion="stlye"),
        replace(sheet[4].row, score="3,5"), replace(sheet[5].row, score="4"), replace(sheet[6].row, score="good"),
        replace(sheet[7].row, rater="ben"), replace(sheet[0].row, score="1", answer_hash=""), sheet[0].row,
        replace(sheet[0].row, score="2"), replace(sheet[4].row, run="w1"), replace(sheet[0].row, session=""),
    ]  # fmt: skip
    found = take(made, [FilledRow(number, row) for number, row in enumerate(wrong, 2)])
    assert reasons(found) == {
        2: "it is of session another, which is none of the files",
        3: "the session has no answer `r9`",
        4: f"it is about another answer: its hash is `sha-0`, and that of the answer {answer_hash('- two')}",
        5: "`stlye` is not a criterion that is known; did you mean `style`?",
        6: "3,5 is not on the scale: a score is a whole number from 1 to 5",
        7: "4 is not on the scale: a score is a whole number from 1 to 3",
        8: "`good` is no score; a score is a whole number from 1 to 5",
        9: "it is ben's, and the scores are to be ann's",
        10: f"it is about another answer: its hash is missing, and that of the answer {answer_hash('one')}",
        12: "row 11 gives the same answer 3",
        13: "the session has no answer `w1`",
        14: "it does not say of which session it is, which is none of the files",
    }
    assert (found.new, len(found.ratings[made.id, "ann"])) == (1, 1)


def test_a_sheet_may_hold_several_people_s_rows() -> None:
    made = session()
    rows = [
        replace(row, rater=rater)
        for row, rater in zip(sheet_of(made, "", SheetOptions()), ("ben", "cem", "", ""), strict=True)
    ]
    found = take(made, filled(rows, "1", "2", "3"), whoever=True)
    given = {rater: [one.value for one in all_ if isinstance(one, Score)] for (_, rater), all_ in found.ratings.items()}
    assert given == {"ben": [1], "cem": [2], "ann": [3]}


def test_a_blind_sheet_tells_neither_model_nor_order_and_comes_back_as_blind() -> None:
    made = session()
    made.requests["r1"].restore_text("I am model-m1, at your service.", "")
    rows = sheet_of(made, "x.toml", SheetOptions(blind=True))
    assert [row.model for row in rows] == ["A", "B", "A", "B"]
    assert [row.prompt for row in rows] == ["Question p1?"] * 2 + ["Question p2?"] * 2
    shown = " ".join(" ".join(astuple(row)) for row in rows)
    assert not [word for word in ("model-m1", "model-m2", "m1", "m2", "r1", "r2", "r3", "r4") if word in shown]
    assert "I am ▒▒▒▒, at your service." in shown
    found = take(made, filled(rows, "1", "2", "3", "4"))
    given = [one for one in found.ratings[made.id, "ann"] if isinstance(one, Score)]
    assert (
        not found.refused
        and all(one.blind for one in some(given))
        and {one.run for one in given} == {"r1", "r2", "r3", "r4"}
    )
    for row, one in some(zip(rows, given, strict=True)):
        assert row.answer_hash == answer_hash(made.requests[one.run].answer)


def test_which_label_a_model_has_differs_between_questions() -> None:
    requests = [
        make.request(f"r{p}{m}", prompt=f"p{p}", model=f"m{m}", answer=(f"{p}{m}",))
        for p in range(12)
        for m in range(2)
    ]
    rows = sheet_of(made := make.session(requests), "x", SheetOptions(blind=True))
    found = take(made, filled(rows, *["1"] * len(rows)))
    runs = [one.run for one in found.ratings[made.id, "ann"]]
    assert len({run[-1] for run, row in zip(runs, rows, strict=True) if row.model == "A"}) == 2


def test_an_answer_too_long_for_a_cell_is_named_where_it_is() -> None:
    made = session()
    made.requests["r1"].restore_text("x" * (LONGEST + 1), "")
    made.prompts["p2"] = Prompt("y" * (LONGEST + 9), key="p2")
    rows = sheet_of(made, "x.toml", SheetOptions())
    assert rows[0].answer == "(30,001 characters: x.toml, r1)" and len(rows[2].prompt) == LONGEST
    assert sheet_of(made, "x.toml", SheetOptions(answers=False))[2].answer == "(5 characters: x.toml, r3)"


def test_only_what_is_wanted_in_the_order_in_which_it_is_wanted() -> None:
    only = {("r4", "style"): "ann 1, ben 3", ("r1", "accuracy"): "ann 2, ben 3"}
    for blind in (False, True):
        rows = sheet_of(session(TWO), "", SheetOptions(only=only, blind=blind))
        assert [(row.criterion, row.given) for row in rows] == [("style", "ann 1, ben 3"), ("accuracy", "ann 2, ben 3")]


@pytest.mark.parametrize("text", ["4", " 4 ", "4,0", "4.000", "'4", "+4", "٤", "４"])
def test_a_four_is_a_four_however_it_is_typed(text: str) -> None:
    assert score_of_cell(text, 5) == 4


@pytest.mark.parametrize("text", ["0", "6", "-1", "4.5", "4,05", "1e3", "04. Mai", "4/5", "", "NaN", "9" * 400])
def test_what_is_no_score_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a whole number from 1 to 5"):
        score_of_cell(text, 5)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("first", ["", "sep={}{}"])
def test_a_table_is_read_whatever_parts_its_cells(separator: str, end: str, first: str) -> None:
    lines = [["Session", "run", "Answer-Hash", "score"], ["s", "r1", "h", "4,0"], ["s", "r2", "h", f'a{separator}\n"b']]
    quoted = [separator.join('"' + one.replace('"', '""') + '"' for one in row) for row in lines]
    rows = from_csv(first.format(separator, end) + end.join(quoted) + end, NAMES)
    assert rows == lines
    assert [heading(one) for one in rows[0]] == ["session", "run", "answer_hash", "score"]


@given(st.lists(st.lists(st.text(), min_size=2, max_size=2), min_size=1, max_size=5))
def test_what_is_written_is_read_back(rows: list[list[str]]) -> None:
    # A lone carriage return ends a line, and no cell has one: `cell` shows it.
    shown = [[cell(text) for text in row] for row in rows]
    assert from_csv(to_csv([["run", "score"], *shown]), NAMES)[1:] == shown
    for text in some(text for row in rows for text in row):
        assert not cell(text).lstrip().startswith(FORMULA)
        assert plain_note(cell(text)) == clean(text) or clean(text).startswith("'")


def test_a_session_in_the_middle_of_a_blind_review_gives_no_model_away() -> None:
    made = session()
    made.orders.append(PaneOrder("measure", "p1", ("m1", "m2"), make.WHEN, 1, blind=True, entry=1))
    rows = sheet_of(made, "x.toml", SheetOptions())
    assert {row.model for row in rows} == {"A", "B"} and all(row.run.startswith("blind-") for row in some(rows))
    made.reveals.append(Reveal("ann", make.WHEN, entry=2))
    assert {row.model for row in sheet_of(made, "x.toml", SheetOptions())} == {"model-m1", "model-m2"}
    # Who has seen the models scores knowing them, whatever the sheet.
    for rater, blind in some((("ann", False), ("ben", True))):
        given = take(made, filled(rows, "1"), rater).ratings[made.id, rater]
        assert [one.blind for one in given if isinstance(one, Score)] == [blind]
