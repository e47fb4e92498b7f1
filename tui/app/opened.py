"""What the program works with, as whoever starts it opens it: a host and a runner, or a session file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tui.core.errors import CompareError

if TYPE_CHECKING:
    from tui.core.plans.plan import PlanOptions
    from tui.core.sessions.view import Commands, ComparisonView, RatingCommands
    from tui.hosts.base import Host
    from tui.runner import Runner
    from tui.runner.sitting import Sitting
    from tui.storage.prompt_library import PromptLibrary
    from tui.ui.keymap import Keymap
    from tui.ui.report.wanted import Wanted


@dataclass(frozen=True)
class Opened:
    """What the program works with."""

    host: Host
    runner: Runner
    notices: Sequence[CompareError] = ()
    """What went wrong and stops nothing."""
    recover: Callable[[Callable[[str | CompareError], object]], None] | None = None
    """Completes what a program that died left behind, and reports to the function it is given. It may take long."""
    view: ComparisonView | None = None
    """What the Compare screen shows; None for what the runner runs."""
    models: Sequence[str] = ()
    """Which models are chosen first where none was named."""
    named_by: str = ""
    """Who names these, as a sentence without its stop."""
    prompt: str = ""
    """What stands in the prompt at first, without being asked."""
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What a person's file of models calls them; see `AppState.tags`."""
    options: PlanOptions | None = None
    """How plans are carried out; None for the usual."""
    keymap: Keymap | None = None
    """The keys that actions have instead of the usual ones; None for the usual ones."""
    library: PromptLibrary | None = None
    """What is kept between sittings of what is asked; None to keep nothing."""
    sitting: Sitting | None = None
    """What has another session take the place of the runner's; None where none can."""
    choosing: Wanted | None = None
    """The must-haves and weights that the Report screen begins with; None for none."""

    def close(self) -> bool:
        """Write the last of it, and end what runs. Returns whether everything is kept."""
        kept = self.runner.close() if self.sitting is None else self.sitting.close()
        self.host.close()
        return kept


@dataclass(frozen=True)
class OpenedFile:
    """A session file that is shown; a host is looked for when something is asked. Whoever opened it closes it."""

    name: str
    """The file's name, which is shown where a host would be."""
    view: ComparisonView
    ratings: RatingCommands | None
    """What rates the answers; None when the file is only read."""
    close: Callable[[], bool]
    """Writes the last of it, and returns whether everything is kept."""
    notices: Sequence[CompareError] = ()
    """What there is to say of it at first."""
    keymap: Keymap | None = None
    """As of what is `Opened`."""
    commands: Commands | None = None
    """What asks; None where nothing can be asked."""
    options: PlanOptions | None = None
    """How plans are carried out; None for the usual."""
    sitting: Sitting | None = None
    """What has another session take its place; None where none can."""
    library: PromptLibrary | None = None
    """What is kept between sittings of what is asked; None to keep nothing."""
    choosing: Wanted | None = None
    """As of what is `Opened`."""
