"""How much is painted and how often, by what the terminal takes."""

from __future__ import annotations

from tui.ui.terminal.writer import TerminalWriter

BEAT, SSH_BEAT, LOW_BEAT = 0.1, 0.125, 0.25
"""Seconds between two paintings of what came: here, over SSH, and with low bandwidth, where panes take turns."""
WORTH, CALM_BEAT = 3, 0.5
"""Pieces of text of each answer that are worth a painting, and the most seconds to wait for them: beside a model that
writes a few words a second, painting each as it comes would cost several times what reading them does."""
BARS_EVERY, LOW_BARS_EVERY = 0.25, 1.0
"""Seconds between two paintings of bars and counters; while answers come slowly, with every second painting."""


class RefreshRate:
    """Low bandwidth is what somebody asked for, or what a terminal gets that was seen to read slowly."""

    def __init__(self, terminal_writer: TerminalWriter, *, over_ssh: bool = False, low_bandwidth: bool = False) -> None:
        self._terminal_writer = terminal_writer
        self._over_ssh = over_ssh
        self._forced = low_bandwidth

    @property
    def low(self) -> bool:
        """Whether to paint with few bytes."""
        return self._forced or self._terminal_writer.slow

    @property
    def clear(self) -> bool:
        """Whether the last frame has gone: a frame that waited behind it would be old when it is seen."""
        return self._terminal_writer.clear

    @property
    def beat(self) -> float:
        """Seconds between two paintings."""
        return LOW_BEAT if self.low else SSH_BEAT if self._over_ssh else BEAT

    @property
    def bars_every(self) -> float:
        """Seconds between two paintings of bars and counters."""
        return LOW_BARS_EVERY if self.low else BARS_EVERY

    @staticmethod
    def calm_beat(pieces_per_s: float) -> float:
        """Seconds between two paintings that answers are worth which get so many pieces of text a second each."""
        return min(WORTH / pieces_per_s, CALM_BEAT)
