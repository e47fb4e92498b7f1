"""Follow-up questions: each model goes on with its own conversation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tui.core.errors import BadInputError
from tui.core.plans.follow_up import followed
from tui.core.plans.questions import question_of
from tui.core.requests.request import Request
from tui.ui.compare.asked import Asked
from tui.ui.compare.part import ScreenPart, StatusNote
from tui.ui.compare.screen import CompareScreen
from tui.ui.widgets.answer.pane import PaneData


class FollowUp(ScreenPart):
    """What the next question follows, and what the answers that are shown followed."""

    def __init__(self, screen: CompareScreen) -> None:
        super().__init__(screen)
        self._follows: dict[str, str] = {}

    def begin(self) -> None:
        """The next question follows the answers in the panes; or no longer does."""
        if self._follows:
            self._follows = {}
            self.screen.say("The next question stands for itself again.")
            return
        requests = self.screen.painter.requests()
        if any(not request.state.final for request in requests):
            self.screen.say("Wait for the end of the answers, or stop them: then a question can follow.")
            return
        self._follows = followed(requests)
        if not self._follows:
            self.screen.say("There is no answer to go on from.")
            return
        self.screen.prompt.come_back()
        self.screen.prompt.select_all()
        left = len(requests) - len(self._follows)
        if left:
            were = "1 model is not asked" if left == 1 else f"{left} models are not asked"
            self.screen.say(f"{were}: no answer to go on from.")
        else:
            self.screen.say("")

    def leave(self) -> bool:
        """Esc ends it."""
        if not self._follows:
            return False
        self.begin()
        return True

    def notes(self) -> Sequence[StatusNote]:
        """Which question the next one follows."""
        if not self._follows:
            return ()
        number = self._number(next(iter(self._follows.values())))
        return ((f"next follows question {number}", f"follows {number}"),)

    def wanted(self, asked: Asked) -> Asked:
        """Put to the models whose conversations go on."""
        if not self._follows:
            return asked
        if len(asked.prompts) > 1:
            raise BadInputError("A follow-up is one question", hint="F ends it; then ctrl+g asks the set.")
        prompts = [replace(one, system=None) for one in asked.prompts]
        return replace(asked, prompts=prompts, follows=tuple(self._follows.values()))

    def begun(self, asked: Asked) -> None:
        """What comes after it stands for itself."""
        self._follows = {}

    def shown(self, data: PaneData, request: Request) -> PaneData:
        """An answer of a follow-up says what it goes on from."""
        before = self.screen.view.session.requests.get(request.spec.follows)
        if before is None:
            return data
        return replace(data, remark=f"Follows question {self._number(before.spec.id)}. {data.remark}".strip())

    def _number(self, run: str) -> int:
        request = self.screen.view.session.requests[run]
        return self.screen.presenter.questions.number(question_of(request))
