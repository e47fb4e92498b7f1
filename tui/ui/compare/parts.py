"""The parts of the Compare screen, by the names under which the table of actions knows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tui.ui.compare.asking import Asking
from tui.ui.compare.blind import Blind
from tui.ui.compare.copying import Copying
from tui.ui.compare.difference import Difference
from tui.ui.compare.facets import Facets
from tui.ui.compare.figures import Figures
from tui.ui.compare.follow_up import FollowUp
from tui.ui.compare.judging import Judging
from tui.ui.compare.parameters import RunParameters
from tui.ui.compare.part import PartGroup, ScreenPart
from tui.ui.compare.prompt_history import PromptHistory
from tui.ui.compare.prompt_sets import PromptSets
from tui.ui.compare.reading import Reading
from tui.ui.compare.replaying import Replaying
from tui.ui.compare.score_pass import ScorePass
from tui.ui.compare.scoring import Scoring
from tui.ui.compare.scrolling import Scrolling
from tui.ui.compare.search import Search
from tui.ui.compare.standing import Standing
from tui.ui.compare.voting import Voting

if TYPE_CHECKING:
    from tui.ui.compare.screen import CompareScreen

PARTS: Mapping[str, type[ScreenPart]] = {
    "search": Search,
    "difference": Difference,
    "blind": Blind,
    "score_pass": ScorePass,
    "reading": Reading,
    "scrolling": Scrolling,
    "figures": Figures,
    "copying": Copying,
    "scoring": Scoring,
    "voting": Voting,
    "parameters": RunParameters,
    "asking": Asking,
    "history": PromptHistory,
    "prompts": PromptSets,
    "facets": Facets,
    "follow": FollowUp,
    "replaying": Replaying,
    "standing": Standing,
    "judging": Judging,
}
"""In the order in which a key is offered to them, and esc; in which they say what is asked next, a set after the
parameters, and a follow-up after both; and in which their notes stand in the status line, what matters most first."""


def parts_of(screen: CompareScreen) -> PartGroup:
    """All of them, for a screen."""
    return PartGroup({name: part(screen) for name, part in PARTS.items()})
