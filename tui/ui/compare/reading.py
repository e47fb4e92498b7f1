"""Going through panes and questions, and how an answer is shown."""

from __future__ import annotations

from textual import events

from tui.ui.compare.part import ScreenPart
from tui.ui.compare.screen import CompareScreen


class Reading(ScreenPart):
    """Focus, pages, zoom, questions; thinking and Markdown."""

    def __init__(self, screen: CompareScreen) -> None:
        super().__init__(screen)
        self._jumping = False

    def focus_pane(self, step: int) -> None:
        """To the pane beside this one."""
        self.screen.grid.step(step)

    def jump(self) -> None:
        """The next digit names a pane."""
        self._jumping = True
        self.screen.show_status()

    def asks(self) -> str:
        """Which pane to jump to."""
        return "Which pane? Press its number." if self._jumping else ""

    def on_key(self, event: events.Key) -> bool:
        """The digit after a jump; any other key ends it, and does nothing else: a digit is no score here."""
        if not self._jumping:
            return False
        self._jumping = False
        number = event.character if event.character is not None and event.character in "0123456789" else ""
        if number and 1 <= int(number) <= len(self.screen.grid.panes):
            self.screen.grid.focus_index(int(number) - 1)
        elif number:
            self.screen.say(f"There is no pane {number}.")
        self.screen.show_status()
        return True

    def ask_no_more(self) -> None:
        """No digit names a pane."""
        self._jumping = False

    def page(self, step: int) -> None:
        """The panes before or after these."""
        if not self.screen.grid.turn(step):
            where = ("last" if step > 0 else "first") if self.screen.grid.page else ""
            self.screen.say(f"These are the {where} panes." if where else "All panes are in sight.")

    def zoom(self) -> None:
        """The focused pane alone, and back."""
        self.screen.grid.zoom()

    def leave(self) -> bool:
        """All panes again."""
        if not self.screen.grid.zoomed:
            return False
        self.screen.grid.zoom()
        return True

    def thinking(self) -> None:
        """Show or fold what the focused model thought."""
        request = self.screen.focused_request()
        if request is None or not request.reasoning:
            self.screen.say("There is no thinking here." if request is not None else "Nothing has been asked here yet.")
            return
        self.screen.painter.unfolded ^= {request.spec.model}
        self.screen.repaint_one(request)

    def markdown(self) -> None:
        """The focused answer as Markdown, or as it came."""
        self.screen.say(self.screen.markdown_formatter.toggle())
        self.screen.wake()

    async def question(self, step: int) -> None:
        """To the question before or after this one; what goes on is not disturbed."""
        if sentence := self.screen.presenter.questions.turn(step, self.screen.app_state):
            self.screen.say(sentence)
        else:
            await self.screen.show_current_question()
