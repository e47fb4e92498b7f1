"""A session that is shown as it went: how fast, and where it stands still."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.message import Message

from tui.core.text.formatting import left
from tui.ui.compare.part import ScreenPart, StatusNote

if TYPE_CHECKING:
    from tui.core.sessions.replay import Replay


class ReplayEnded(Message):
    """A person has seen enough."""


class Replaying(ScreenPart):
    """Pause and speed of a replay; of anything else it does nothing."""

    @property
    def _replay(self) -> Replay | None:
        return self.screen.replay

    def pause(self) -> None:
        """Stand still, or go on; from its end, play it again."""
        if (replay := self._replay) is not None:
            again = not replay.busy
            replay.pause()
            if again:
                self.screen.presenter.questions.follow()
            self.screen.show_status()
            self.screen.wake()

    def change_speed(self, step: int) -> None:
        """Faster or slower."""
        if (replay := self._replay) is not None:
            replay.change_speed(step)
            self.screen.show_status()

    def leave(self) -> bool:
        """End the replay."""
        if self._replay is None:
            return False
        self.screen.post_message(ReplayEnded())
        return True

    def put_away(self) -> None:
        """What takes its place is there already."""

    def notes(self) -> Sequence[StatusNote]:
        """Where it is, how fast it goes, and its keys where there is room."""
        replay = self._replay
        if replay is None:
            return ()
        how, then = f"replay {replay.speed:g}x", "space pauses"
        if not replay.busy:
            how, then = "replay ended", "space begins again"
        elif replay.paused:
            how, then = "replay paused", "space goes on"
        return (
            (f"{how}: {then}, esc ends", how),
            f"{left(replay.now() / 1e9)} of {left(replay.length / 1e9)}",
        )
