"""Answers as Markdown: what is shown of them, when, and that nothing hostile or odd gets through or gets lost."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.style import Style

from tests.app.widget_app import WidgetApp, rows
from tests.support.loopback_server import SCRIPTS, LoopbackServer, Wire, text
from tests.support.recorded import answered, bundled_themes, looking_at, words
from tests.support.screens import asking
from tests.support.sessions import request
from tests.support.some import some
from tui.core.plans.mode import Mode
from tui.core.requests.request import RequestState
from tui.hosts.openai.host import OpenAIHost
from tui.ui.cells import cells_needed
from tui.ui.terminal.column_widths import keep_columns
from tui.ui.widgets.answer.formatted import LONGEST, FormatJob, Formatted
from tui.ui.widgets.answer.markdown import formatted
from tui.ui.widgets.answer.rows import RowSpec, paint
from tui.ui.widgets.answer.styles import ROLES
from tui.ui.widgets.answer.view import AnswerView

STYLES = {role: Style(color="#e4e6eb", bgcolor="#191c22") for role in ROLES}
LONG = "# Title\n\n" + "\n\n".join(
    f"Paragraph **{number}** of many words, one after the other." for number in range(60)
)
MARKS = st.sampled_from(
    ["word ", "two words", "\n", "\n\n", "# ", "- ", "1. ", "> ", "    ", "*", "**", "_", "`", "```", "```py\n",
     "~~", "|", "|---|---|\n", "| a | b |\n", "[text](", "http://x.y)", "![", "<b>", "&lt;", "&#x202e;", "\\", "---\n",
     "\t", "你好", "👩\u200d👩\u200d👧", "e\u0301", "\u202e", "\x1b[31m", "x" * 80, "\ud83e", "[a]: b\n",
     "<!--", "\r\n", "  \n"]
)  # fmt: skip


def shown(answer: str, width: int = 40) -> Formatted:
    """The answer as Markdown."""
    made = formatted(FormatJob(answer, width, STYLES))
    assert made is not None
    return made


def read(answer: str, width: int = 40) -> str:
    """The words of it, as they are read."""
    return " ".join(" ".join(shown(answer, width).rows).split())


def test_marks_become_looks() -> None:
    made = formatted(FormatJob("# Big\n\nsome **bold** and `code`", 40, STYLES | {"code": Style(color="red")}))
    assert made is not None
    assert made.rows == ["Big", "", "some bold and code"]
    pieces = {piece.text: piece.style for piece in made.pieces[2]}
    assert pieces["bold"] is not None and pieces["bold"].bold
    assert pieces["code"] is not None and pieces["code"].color == Style(color="red").color


@pytest.mark.parametrize("part", ["markdown_it.MarkdownIt.parse", "tui.ui.widgets.answer.markdown._tamed"])
def test_an_answer_that_breaks_the_parser_stays_as_it_came(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*given: object) -> None:
        raise IndexError("a defect of the library")

    monkeypatch.setattr(part, broken)
    assert formatted(FormatJob("# Big", 40, STYLES)) is None


@pytest.mark.parametrize("term", ["dumb", "unknown", "xterm-256color"])
def test_every_letter_is_shown_whatever_the_terminal_calls_itself(term: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", term)
    for width in (24, 79, 80, 81, 118):
        made = shown(LONG, width)
        assert "".join("".join(made.rows).split()) == re.sub(r"[#*\s]", "", LONG)
        assert max(map(cell_len, made.rows)) <= width


def test_hindi_has_room_for_vowels_that_take_a_cell() -> None:
    words = "**हिन्दी** में उत्तर: क्षेत्र "
    for answer in (
        words * 12,
        f"- {words * 5}\n> {words * 7}",
        f"| {words} | {words * 3} |\n|---|---|\n| {words * 4} | b |",
    ):
        made = shown(answer)
        assert max(map(cells_needed, made.rows)) <= 40 < max(map(cells_needed, shown(answer, 60).rows))
        assert "".join(made.rows).count("हिन्दी") == answer.count("हिन्दी")


FAMILY, FLAG, THUMB = "👨‍👩‍👧‍👦", "🇩🇪", "👍🏽"


@pytest.mark.parametrize("width", [24, 25, 26, 39])
@pytest.mark.parametrize(
    "answer",
    [
        "Family: {} {} {} {} {} {} {} {} {} {} {} {} {}",
        "# {}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}",
        "- one {} **two {}** `{}` {} {} {}\n\n> {} {} quoted {} {} {} {} {}",
        "| a {} | b |\n|---|---|\n| {} | c {} |\n| words | words {} |",
        "```\nprint('{}{}{} {} {} {} {}')\n```",
        "```py\nprint('{}', '{}', '{}', '{}', '{}', '{}')\n```",
    ],
)
def test_an_emoji_at_the_end_of_a_row_is_seen(answer: str, width: int) -> None:
    """In the frame of one pane that is painted alone, as when its answer has settled."""
    for emoji in (FAMILY, FLAG, THUMB):
        made = formatted(FormatJob(answer.replace("{}", emoji), width, STYLES))
        assert made is not None
        strips = [
            paint(at, RowSpec(row, STYLES["text"], width, None, True, None, None, made.pieces[at]))
            for at, row in enumerate(made.rows)
        ]
        frame = keep_columns(
            "\n".join(
                f"\x1b[{at};2H{strip.render(Console(color_system='truecolor'))}" for at, strip in enumerate(strips, 1)
            )
        )
        assert "□" not in frame, made.rows
        assert frame.count(emoji) == answer.count("{}"), made.rows


@pytest.mark.parametrize(
    ("answer", "seen"),
    [
        ("see [here](https://x.y)", "see here (https://x.y)"),
        ("see [here](file:///etc/passwd)", "see [here](file:///etc/passwd)"),
        ("see <http://x.y/z> now", "see http://x.y/z now"),
        ("[http://x.y](http://x.y)", "http://x.y"),
        ("![cat](ms-msdt:x)", "![cat](ms-msdt:x)"),
        ("[@click=app.quit]x[/]", "[@click=app.quit]x[/]"),
        ("a \x1b]8;;http://x\x07b \x9b1m", "a ␛]8;;http://x␇b <U+009B>1m"),
        ("&#x202e;gnp &#x9b; &lt;b&gt;", "<U+202E>gnp � <b>"),
        ("<b>kept</b> <!-- this too -->", "<b>kept</b> <!-- this too -->"),
        ("<div>\nkept\n</div>", "<div> kept </div>"),
        ("[later]: http://x.y 'title'", "[later]: http://x.y 'title'"),
        ("``` all of this is behind a fence", "all of this is behind a fence"),
        ("```python\nnever closed", "code 1 · python never closed"),
        ("roses are red\nviolets are blue", "roses are red violets are blue"),
    ],
)
def test_nothing_is_hidden_obeyed_or_linked(answer: str, seen: str) -> None:
    assert read(answer) == seen
    styles = [piece.style for row in shown(answer).pieces for piece in row]
    assert all(style is not None and style.link is None and not style.meta for style in some(styles))


def test_lines_of_a_verse_stay_lines() -> None:
    assert shown("roses are red\nviolets are blue").rows == ["roses are red", "violets are blue"]


def test_tables_break_long_words_and_those_too_wide_or_long_stay_as_they_came() -> None:
    small = "| a | b |\n|---|---|\n| 1 | " + "x" * 60 + " |\n"
    assert read(small).count("x") == 60
    wide = "|" + " a |" * 30 + "\n|" + "---|" * 30 + "\n|" + " 1 |" * 30
    assert read(wide).count("|") == wide.count("|")
    long = "| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * 5_000
    assert read(long).count("1") == 5_000


@pytest.mark.parametrize(
    "answer", ["> " * 500 + "deep", "".join("  " * level + "- x\n" for level in range(100)), "```" * 30_000, "   "]
)
def test_what_does_not_lend_itself_is_left_as_it_came(answer: str) -> None:
    assert formatted(FormatJob(answer, 40, STYLES)) is None


@given(st.lists(MARKS, max_size=60).map("".join), st.integers(1, 90))
@settings(deadline=None)
def test_no_row_is_too_wide_and_no_control_character_gets_through(answer: str, width: int) -> None:
    made = formatted(FormatJob(answer, width, STYLES))
    if made is None:
        return
    assert [("".join(piece.text for piece in row)) for row in made.pieces] == made.rows
    for row in some(made.rows):
        assert cell_len(row) <= width
        assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", row)


@given(
    st.lists(st.sampled_from(["alpha ", "beta\n", "gamma\n\n", "- ", "# ", "> ", "**", "_", "~~", "1. "]), max_size=40)
)
@settings(deadline=None)
def test_every_letter_is_there(parts: list[str]) -> None:
    answer = "".join(parts)
    made = formatted(FormatJob(answer, 60, STYLES))
    if made is not None:
        letters = re.sub("[^a-z]", "", "".join(re.sub(r"\bcode \d+", "", row) for row in made.rows))
        assert letters == re.sub("[^a-z]", "", answer)


async def ready(view: AnswerView) -> None:
    """Have it format what it wishes, as its screen does."""
    job = view.format_job
    assert job is not None
    view.show_formatted(job, formatted(job))


async def test_a_view_shows_markdown_only_of_an_answer_that_ended_and_gives_back_what_came() -> None:
    view = AnswerView()
    app = WidgetApp(view)
    async with app.run_test(size=(40, 12)) as pilot:
        view.show("some **bold** text")
        await pilot.pause()
        assert view.format_job is None
        view.show("some **bold** text", ended=True)
        await pilot.pause()
        assert rows(view)[0] == "some **bold** text"
        await ready(view)
        assert rows(view)[0] == "some bold text"
        assert view.format_job is None
        view.markdown = False
        assert rows(view)[0] == "some **bold** text"
        assert view.format_job is None
        view.markdown = True
        assert rows(view)[0] == "some bold text"
        view.show("once more")
        assert rows(view)[0] == "once more"


async def test_what_was_made_for_another_width_or_another_answer_is_not_taken() -> None:
    view = AnswerView()
    app = WidgetApp(view)
    async with app.run_test(size=(40, 12)) as pilot:
        view.show("some **bold** text", ended=True)
        await pilot.pause()
        old = view.format_job
        assert old is not None
        await pilot.resize_terminal(30, 12)
        await pilot.pause()
        view.show_formatted(old, formatted(old))
        assert rows(view)[0] == "some **bold** text"
        await ready(view)
        assert rows(view)[0] == "some bold text"
        await pilot.resize_terminal(50, 12)
        await pilot.pause()
        assert rows(view)[0] == "some **bold** text"
        assert view.format_job is not None


async def test_the_reader_s_place_is_kept_and_the_end_stays_the_end() -> None:
    view = AnswerView()
    app = WidgetApp(view)
    async with app.run_test(size=(40, 12)) as pilot:
        view.show(LONG)
        await pilot.pause()
        view.scroll_to_fraction(0)
        view.go(view.max_scroll_y)
        view.show(LONG, ended=True)
        await pilot.pause()
        assert view.following
        await ready(view)
        await pilot.pause()
        assert view.scroll_offset.y == view.max_scroll_y
        view.markdown = False
        view.scroll_to_fraction(0.5)
        await pilot.pause()
        view.markdown = True
        await pilot.pause()
        assert abs(view.scroll_offset.y / view.max_scroll_y - 0.5) < 0.05
        assert not view.following


async def test_text_selected_in_markdown_has_the_answer_s_words() -> None:
    view = AnswerView()
    app = WidgetApp(view)
    async with app.run_test(size=(40, 12)) as pilot:
        view.show("# Title\n\nsome **bold** text", ended=True)
        await pilot.pause()
        await ready(view)
        await pilot.pause()
        await pilot.mouse_down(view, offset=(0, 0))
        await pilot.hover(view, offset=(9, 2))
        await pilot.mouse_up(view, offset=(9, 2))
        selected = app.screen.get_selected_text()
        assert selected is not None and selected.split() == ["Title", "some", "bold"]
        inverted = [strip for strip in view.render_lines(view.outer_size.region) if len({*strip.text}) > 1]
        assert inverted[1].text.rstrip() == "some bold text"


@pytest.mark.slow
async def test_answers_settle_after_the_run_and_m_shows_them_as_they_came() -> None:
    requests = [answered(number, f"**bold** {number}") for number in (1, 2, 3)]
    async with looking_at(requests) as play:
        await play.press("escape", "right")
        await play.until(lambda: all(f"{number}" in play.pane(number) for number in (1, 2, 3)))
        await play.until(lambda: not any("**" in play.pane(number) for number in (1, 2, 3)))
        await play.press("m")
        assert "**bold** 2" in play.pane(2)
        assert "**" not in play.pane(1) + play.pane(3)
        await play.pilot.resize_terminal(120, 30)
        await play.until(lambda: "**" not in play.pane(1) + play.pane(3))
        assert "**bold** 2" in play.pane(2)
        await play.press("m")
        await play.until(lambda: "**" not in play.pane(2))


@pytest.mark.slow
async def test_the_focused_answer_is_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[str] = []
    show_formatted = AnswerView.show_formatted

    def noted(self: AnswerView, job: FormatJob, made: Formatted | None) -> None:
        taken.append(job.text)
        show_formatted(self, job, made)

    monkeypatch.setattr(AnswerView, "show_formatted", noted)
    async with looking_at([answered(number, f"**bold** {number}") for number in (1, 2, 3)]) as play:
        await play.until(lambda: len(taken) >= 3)
        await play.press("escape", "right", "right")
        taken.clear()
        play.app.theme = "light"
        await play.until(lambda: len(taken) >= 3)
        assert taken[0] == "**bold** 3"
        assert sorted(taken) == [f"**bold** {number}" for number in (1, 2, 3)]


@pytest.mark.slow
async def test_while_a_request_is_timed_nothing_is_formatted() -> None:
    running = answered(2, "**still**", state=RequestState.RUNNING)
    async with looking_at([answered(1, "**bold**"), running]) as play:
        await play.sees("**bold**", "**still**")
        for _ in range(10):
            await play.pilot.pause(0.1)
        assert "**bold**" in play.pane(1)
        assert play.panes[0].view.format_job is not None


async def test_the_answers_of_another_question_come_into_sight_as_markdown_and_do_not_move_again() -> None:
    earlier = [
        request(f"q{number}", model="m1", mode=Mode.RACE, plan=f"race{number}", prompt=f"p{number}",
                answer=words(f"The **{number}th** answer."))
        for number in (1, 2)
    ]  # fmt: skip
    async with looking_at([answered(1, "The **last** answer.")], earlier=[[one] for one in earlier]) as play:
        await play.until(lambda: "The last answer." in play.pane(1))
        await play.press("escape")
        for key, said in [("{", "2th"), ("{", "1th"), ("}", "2th"), ("}", "last")]:
            await play.press(key)
            assert f"The {said} answer." in play.pane(1), "as soon as it is there"


async def test_an_answer_too_long_stays_as_it_came_and_says_so() -> None:
    async with looking_at([answered(1, "**bold** " * (LONGEST // 9 + 1))]) as play:
        await play.press("escape", "end")
        await play.sees("too long", "Markdown")
        assert "**bold**" in play.pane(1)
        assert play.panes[0].view.format_job is None


async def marked(wire: Wire) -> None:
    """Some Markdown, then more when the test lets it."""
    await wire.head()
    await wire.event(text("**bold**"))
    await wire.stall()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackServer]:
    monkeypatch.setitem(SCRIPTS, "marked", marked)
    with LoopbackServer().running() as running:
        yield running


@pytest.mark.slow
async def test_a_rerun_is_shown_as_it_comes_and_settles_again(server: LoopbackServer) -> None:
    async with asking(OpenAIHost(server.url), ("marked",), size=(80, 24)) as play:
        await play.sees("1 marked")
        await play.type("What is RAG?", "enter")
        await play.until(lambda: "**bold**" in play.pane(1))
        await play.press("m")
        await play.sees("as it comes")
        await play.press("m")
        await play.sees("as Markdown once the run is over")
        await play.press("x")
        await play.until(lambda: "bold" in play.pane(1) and "**" not in play.pane(1))
        await play.press("r")
        await play.until(lambda: "**bold**" in play.pane(1))
        await play.press("x")
        await play.until(lambda: "bold" in play.pane(1) and "**" not in play.pane(1))


@pytest.mark.parametrize("theme", [theme.name for theme in bundled_themes()])
async def test_every_theme_dresses_it_on_its_own_ground(theme: str) -> None:
    class Dressed(WidgetApp):
        def on_mount(self) -> None:
            for one in bundled_themes():
                self.register_theme(one)
            self.theme = theme

    view = AnswerView()
    app = Dressed(view)
    async with app.run_test(size=(60, 20)) as pilot:
        view.show("# Title\n\n`code` [a](b) > x\n\n```python\ndef f(): return 'x' # y\n```", ended=True)
        await pilot.pause()
        await ready(view)
        grounds = {
            segment.style.bgcolor for strip in view.render_lines(view.size.region) for segment in strip if segment.style
        }
        assert len(grounds) == 1
        colours = {
            segment.style.color for strip in view.render_lines(view.size.region) for segment in strip if segment.style
        }
        assert len(colours) >= 4
        app.theme = next(other.name for other in bundled_themes() if other.name != theme)
        await pilot.pause()
        assert view.format_job is not None
