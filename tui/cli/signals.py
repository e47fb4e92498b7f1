"""What ends a command from outside, as one exception at a moment that loses nothing."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from tui.signals import handled


class EndedError(KeyboardInterrupt):
    """A signal asks the command to end."""

    def __init__(self, number: int) -> None:
        """`number` is the signal's."""
        super().__init__(number)
        self.number = number


@contextmanager
def ended_politely() -> Iterator[None]:
    """Raise EndedError for Ctrl+C, a request to terminate and a dropped line: what is open is closed and kept.

    A second request to terminate changes nothing: a shell that loses its line signals its programs twice. A second
    Ctrl+C is from somebody who does not want to wait.
    """
    ending = False

    def interrupt(signum: int, frame: FrameType | None) -> None:
        nonlocal ending
        if not ending or signum == signal.SIGINT:
            ending = True
            raise EndedError(signum)

    with handled(interrupt):
        yield
