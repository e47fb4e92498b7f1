"""What the mouse does: a click focuses, the wheel scrolls, a click on a star scores."""

from __future__ import annotations

from textual.events import MouseScrollDown, MouseScrollUp

from tests.support.recorded import ANSWER, answered, looking_at
from tui.core.scoring.rubric import DEFAULT_RUBRIC, Criterion, Rubric
from tui.ui.widgets.key_bar import KeyBar
from tui.ui.widgets.scores import ScoreRow


async def test_a_click_focuses_the_wheel_scrolls_and_a_star_scores() -> None:
    long = "\n\n".join([ANSWER] * 12)
    async with looking_at([answered(1, long), answered(2, long)]) as play:
        await play.press("escape")
        assert play.here == 1
        await play.pilot.click(play.panes[1].view)
        assert play.here == 2
        pane = play.panes[0].view
        await play.pilot.pause()
        top = pane.scroll_offset.y
        await play.pilot._post_mouse_events([MouseScrollDown], pane, (3, 3))
        await play.until(lambda: pane.scroll_offset.y > top)
        await play.pilot._post_mouse_events([MouseScrollUp], pane, (3, 3))
        await play.until(lambda: pane.scroll_offset.y == top)
        assert play.here == 2, "the wheel moves no focus"
        # The fourth of the first pane's stars.
        await play.pilot.click(play.panes[0].query_one(ScoreRow), offset=(3, 0))
        await play.until(lambda: "★★★★☆" in play.pane(1))
        assert play.here == 1 and "★" not in play.pane(2)
        await play.pilot.click(play.panes[0].query_one(ScoreRow), offset=(20, 0))
        await play.settle()
        assert play.runner.ratings.scores_of("r1")["overall"].value == 4
        hint = next(one for one in play.app.screen.query_one(KeyBar)._hints if one.word == "Zoom")
        await play.pilot.click(KeyBar, offset=(hint.start + 1, 0))
        await play.until(lambda: play.page == [1])


async def test_each_criterion_has_stars_of_its_own() -> None:
    rubric = Rubric((*DEFAULT_RUBRIC, Criterion("tone", "Tone", scale=3), Criterion("style", "Style")))
    async with looking_at([answered(1)], size=(100, 24), rubric=rubric) as play:
        await play.press("escape")
        row = play.panes[0].query_one(ScoreRow)
        await play.until(lambda: "Style" in play.pane(1))
        text = "".join(piece for piece, _ in row._rows[0])
        await play.pilot.click(row, offset=(text.rindex("·····") + 1, 0))
        await play.until(lambda: play.runner.ratings.scores_of("r1").keys() == {"style"})
        assert play.runner.ratings.scores_of("r1")["style"].value == 2
