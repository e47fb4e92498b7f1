"""Votes: which of the answers in sight is the best, or that all of them are good, or bad."""

from __future__ import annotations

from tui.core.requests.request import Request
from tui.core.scoring.rating import VoteChoice
from tui.core.text.clean import clean_line
from tui.ui.compare.part import ScreenPart
from tui.ui.compare.presenter import PaneModel
from tui.ui.compare.scoring import Scoring

_NAME_SHOWN = 24


class Voting(ScreenPart):
    """A vote is on all answers that are in sight together: nobody chooses between what they do not see."""

    async def winner(self) -> None:
        """The focused answer is better than every other one in sight."""
        await self._vote(VoteChoice.WINNER, self.screen.focused_request())

    async def both_good(self) -> None:
        """All answers in sight are good alike."""
        await self._vote(VoteChoice.BOTH_GOOD)

    async def both_bad(self) -> None:
        """All answers in sight are bad alike."""
        await self._vote(VoteChoice.BOTH_BAD)

    async def _vote(self, choice: VoteChoice, winner: Request | None = None) -> None:
        commands, scoring = self.screen.ratings, self.screen.parts[Scoring]
        if commands is None:
            return
        panes, in_sight = self.screen.grid.keys, self.screen.grid.in_sight
        every = self.screen.presenter.requests(panes)
        places = {one.spec.id: panes.index(PaneModel(one.spec.model)) for one in every}
        shown = [one for one in every if places[one.spec.id] in in_sight]
        if choice is VoteChoice.WINNER and (refusal := scoring.sentences.why_not_scored(winner)):
            self.screen.say(refusal)
            return
        if running := [one for one in shown if not one.state.final]:
            left = f"{len(running)} {'is' if len(running) == 1 else 'are'} still to come"
            self.screen.say(f"Wait for the end of all answers in sight, then they can be compared: {left}.")
            return
        compared = [one for one in shown if not scoring.sentences.why_not_scored(one)]
        if len(compared) < 2:
            others = len(every) > len(shown)
            hint = " z or [ ] bring more into sight." if others else ""
            self.screen.say(f"A vote needs two answers in sight.{hint}")
            return
        runs = [one.spec.id for one in compared]
        chosen = winner.spec.id if winner is not None else ""
        before = self.screen.view.ratings.vote_on(runs)
        if before is not None and (before.choice, before.winner) == (choice, chosen):
            self.screen.say("That is your vote already; u takes the last thing back.")
            return
        positions = [places[run] + 1 for run in runs]
        commands.vote(runs, choice, chosen, positions=positions, took_ms=scoring.took_ms(runs))
        await self.screen.decided()
        said = self._meaning(choice, compared, winner)
        if before is not None and (change := commands.last) is not None:
            said = f"{scoring.sentences.replaced(change, panes)} {said}"
        self.screen.say(said)

    def _meaning(self, choice: VoteChoice, compared: list[Request], winner: Request | None) -> str:
        """What the vote says, and what it leaves open."""
        names = {one.spec.id: clean_line(self.screen.presenter.name_of(one), _NAME_SHOWN) for one in compared}
        if winner is None:
            how = "good" if choice is VoteChoice.BOTH_GOOD else "bad"
            return f"Both are {how}." if len(compared) == 2 else f"All {len(compared)} in sight are {how} alike."
        best, others = names[winner.spec.id], [names[one.spec.id] for one in compared if one is not winner]
        if len(others) == 1:
            return f"{best} is better than {others[0]}."
        among = " against ".join(others) if len(others) == 2 else f"the other {len(others)} among each other"
        return f"{best}: best of {len(compared)}. Nothing is said of {among}."
