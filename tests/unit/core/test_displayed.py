"""Tables for the eyes: on a terminal, in Rich, in IPython, in a notebook."""

from __future__ import annotations

import io
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from rich.console import Console

from tests.e2e.hostile.payloads import PAYLOADS, offences
from tests.support.sessions import request, score, session, target
from tests.support.some import some
from tui.api import report, verdict
from tui.core.displayed import Displayed, ShownTable
from tui.core.plans.mode import Mode
from tui.core.plans.prompt import Prompt
from tui.core.requests.request import RequestState
from tui.core.sessions.session_table import MOST
from tui.core.text.cell_width import cell_width
from tui.core.text.clean import join_surrogates

TABLE = ShownTable(
    "Title",
    ("name", "words", "long heading, ms", "answer"),
    [("a", "some words that are broken", "1,234", "an answer that is cut"), ("b", "模型模型模型模型", "-", "short")],
    ("A sentence below it.",),
    frozenset({2}),
    frozenset({3}),
)


class _Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def in_rich(value: object, width: int = 100) -> str:
    out = io.StringIO()
    Console(file=out, width=width, force_terminal=True, color_system="truecolor", legacy_windows=False).print(value)
    return out.getvalue()


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_a_table_fits_where_it_is_shown_and_numbers_are_whole(width: int) -> None:
    lines = TABLE.text(width).splitlines()
    assert max(map(cell_width, lines)) <= width
    whole = " ".join(lines)
    assert "1,234" in whole and "A sentence below it." in whole
    assert ("an answer that is cut" in whole) == (width >= 80)
    assert all(word in whole for word in ("some", "broken"))


def test_every_answer_of_a_session_has_a_row_with_what_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    requests = [
        request("r1", first_ms=123),
        request("r2", state=RequestState.FAILED, model="m2"),
        request("r3", source="estimate", prompt="p2"),
    ]
    shown = str(session(requests, models=[target("m1", "alpha"), target("m2", "beta")], scores=[score("r1", 4)]))
    first, failed, estimated = (line for line in shown.splitlines() if " Question" in line)
    assert "alpha" in first and "123" in first and "one two three" in first and "  4  " in first
    assert "failed" in failed and failed.split().count("-") == 4  # Three figures and the score.
    assert "~" in estimated and "~" not in first
    assert "race" not in shown and "race" in str(session([request(mode=Mode.RACE)]))


def test_of_a_long_session_it_is_said_how_much_is_not_shown() -> None:
    shown = str(session([request(f"r{number}", round=number) for number in range(1, MOST + 4)]))
    assert shown.endswith("3 more are not shown.") and "round" in shown
    assert "Nothing was asked." in str(session([]))


@pytest.mark.strange_sessions
@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=list(PAYLOADS))
def test_hostile_texts_reach_neither_a_terminal_nor_a_page(payload: str) -> None:
    said = join_surrogates(payload)
    pairs = [
        (request(f"r{n}", model=f"m{n}", answer=[payload], prompt="p1"), target(f"m{n}", f"{said}{n}")) for n in (1, 2)
    ]
    made = session(
        [one for one, _ in pairs],
        models=[replace(model, card=replace(model.card, id=f"{said}{model.key}")) for _, model in pairs],
        prompts=[Prompt(payload, key="p1")],
        scores=[score("r1", 5), score("r2", 1)],
    )
    made.title = made.id = payload
    values: list[Displayed] = [made, report([made]), verdict([made])]
    for value in some(values):
        assert not offences(str(value)) and not offences(repr(value))
        assert not offences(in_rich(value))
        page = value._repr_html_()
        assert not offences(page)
        assert _Tags(page).tags <= {"table", "caption", "thead", "tbody", "tr", "th", "td", "p"}


def test_markup_is_shown_as_it_stands() -> None:
    said = "[bold]x[/bold] :smile: [link=http://a.invalid]y"
    made = session([request(answer=[said])])
    assert said in in_rich(made, 160).replace("\x1b[0m", "")
    assert said in "".join(_Tags(made._repr_html_()).texts)


def test_ipython_on_a_terminal_is_given_the_table() -> None:
    class Printer:
        said = ""

        def text(self, text: str) -> None:
            self.said += text

    printer = Printer()
    made = session([request()])
    made._repr_pretty_(printer, cycle=False)
    assert printer.said == str(made)
