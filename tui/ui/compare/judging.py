"""Having a second model judge the answers: who does, how far it is, and stopping it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.message import Message

from tui.core.catalog.model_card import ModelCard, ModelState
from tui.core.catalog.model_filters import answers_questions
from tui.core.scoring.judge_questions import relation
from tui.core.scoring.rating import can_be_scored
from tui.core.text.clean import clean_line
from tui.ui.actions import REASONS, Need
from tui.ui.compare.asking import Asking
from tui.ui.compare.judge_dialog import Candidate, Choice, JudgeDialog
from tui.ui.compare.part import ScreenPart
from tui.ui.compare.screen import CompareScreen
from tui.ui.compare.standing import Standing
from tui.ui.widgets.key_bar import FirstKey

_PARTIAL = {"itself": "one of the judged", "family": "of the family of one judged", "": ""}


class JudgeWanted(Message):
    """A model should judge the answers of the session that is shown."""

    def __init__(self, card: ModelCard, *, pairs: bool) -> None:
        super().__init__()
        self.card = card
        self.pairs = pairs


class JudgeStopped(Message):
    """It should be asked nothing more; what it said is kept."""


class Judging(ScreenPart):
    """Asks who judges. What the judge says comes from the app, which asks it in a thread."""

    def __init__(self, screen: CompareScreen) -> None:
        super().__init__(screen)
        self._who = ""
        """The judge that is at work; empty for none."""
        self._far = ""
        self._stopping = False

    def choose(self) -> None:
        """Ask which model judges, and how; say why none can."""
        screen, view = self.screen, self.screen.view
        if refusal := self._why_not():
            screen.say(refusal)
            return
        if not screen.parts[Asking].finds_host():
            return
        judged = [view.session.model_of(one).card for one in view.session.requests.values() if can_be_scored(one)]
        found = self._candidates(list(dict.fromkeys(judged)))
        if not found:
            if screen.app_state.trouble is not None:
                screen.show_error(screen.app_state.trouble)
            else:
                screen.say("The host has no model that could judge: F1 shows what there is.")
            return

        def chosen(choice: Choice | None) -> None:
            if choice is not None:
                screen.post_message(JudgeWanted(choice[0], pairs=choice[1]))

        screen.app.push_screen(JudgeDialog(found), chosen)

    def _why_not(self) -> str:
        screen = self.screen
        if self._who:
            return "A judge is at work: esc stops it."
        if screen.commands is None:
            return REASONS[Need.RUNNER]
        if screen.view.busy:
            return "Answers are still coming: a judge would take their processor. Wait, or stop them with X."
        if not any(map(can_be_scored, screen.view.session.requests.values())):
            return "There is no answer to judge yet."
        return ""

    def _candidates(self, judged: Iterable[ModelCard]) -> Sequence[Candidate]:
        here = [one for one in self.screen.app_state.cards if one.state is not ModelState.CATALOG]
        return [Candidate(card, _PARTIAL[_closest(card, judged)]) for card in here if answers_questions(card)]

    def show(self, who: str, far: str) -> None:
        """Say who judges and how far that is, `7 of 24`; with an empty name nobody does any more."""
        begins_or_ends = bool(who) is not bool(self._who)
        self._who, self._far = who, far
        self._stopping = self._stopping and bool(who)
        if begins_or_ends:
            self.screen.refresh_bindings()
        self.screen.show_status()

    def heard(self, runs: Iterable[str]) -> None:
        """A judge has said something of the answers of these requests."""
        requests = self.screen.view.session.requests
        for run in runs:
            if run in requests:
                self.screen.repaint_one(requests[run])
        self.screen.parts[Standing].decided()

    def says(self) -> str:
        """How far the judge is."""
        if not self._who:
            return ""
        who = clean_line(self._who, 40)
        return f"Stopping {who} …" if self._stopping else f"{who}: {self._far} · esc stops it, and what it said is kept"

    def first_keys(self) -> Sequence[FirstKey]:
        """How it is stopped."""
        return ()

    def leave(self) -> bool:
        """Stop the judge."""
        if not self._who or self._stopping:
            return False
        self._stopping = True
        self.screen.post_message(JudgeStopped())
        self.screen.show_status()
        return True


def _closest(card: ModelCard, judged: Iterable[ModelCard]) -> str:
    """The closest that a model is to one of the judged."""
    found = {relation(card.id, card.alias, one) for one in judged}
    return next((one for one in ("itself", "family") if one in found), "")
