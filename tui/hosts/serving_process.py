"""A process of the program's own that serves models: started, waited for until it serves, talked to, ended."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Collection, Sequence
from typing import Generic, TypeVar

from tui.child.process import MAX_LINE, ChildProcess, how_it_ended, python_module
from tui.core.child_environment import ChildKind
from tui.core.errors import BadInputError

DEATH_S = 0.5
"""How long after a broken connection the process may take to be seen as ended."""
LOOK_S = 0.5
"""How often a sign of life is looked for, in seconds."""
_Message = TypeVar("_Message")


class ServingProcess(Generic[_Message]):
    """One run of a module that says first where it serves, or why it does not. Any thread may call its methods."""

    def __init__(
        self,
        module: str,
        *arguments: str,
        kind: ChildKind,
        decode: Callable[[bytes], _Message],
        hear: Callable[[_Message], None] = lambda message: None,
        over: Callable[[], None] = lambda: None,
        named: Collection[str] = (),
        leave: float = 0.5,
        max_line: int = MAX_LINE,
    ) -> None:
        """Start it. `hear` is called in a thread with each message after the first, `over` when there are no more.

        `decode` raises ValueError or BadInputError for a line that is no message: such a line is passed over. The
        others are as for `ChildProcess`. Raises OSError when no process can be started.
        """
        self._decode = decode
        self._hear = hear
        self._over = over
        self._first: _Message | None = None
        self._begun = threading.Event()
        self._process = ChildProcess(
            python_module(module, *arguments),
            kind,
            hear=self._take,
            over=self._say_over,
            named=named,
            leave=leave,
            max_line=max_line,
        )

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.alive

    @property
    def code(self) -> int | None:
        """Its exit code, or the negative number of the signal that ended it; None while it runs."""
        return self._process.code

    def first(self, timeout: float, quiet: float = math.inf) -> _Message | None:
        """What it said first, at most `timeout` seconds from now; None when it did not, or said no message.

        It is given up sooner when it shows no sign of life for `quiet` seconds.
        """
        now = time.monotonic()
        end, last, active = now + timeout, now, self._process.activity() if quiet < timeout else None
        while not self._begun.wait(max(min(end - now, quiet, LOOK_S), 0.0)) and now < end and now - last < quiet:
            now = time.monotonic()
            if active is not None and (current := self._process.activity()).much_since(active):
                last, active = now, current
        return self._first

    @property
    def silent(self) -> bool:
        """Whether it has not said anything yet, and may still do so."""
        return not self._begun.is_set()

    def say(self, line: bytes) -> None:
        """Write a line to it. Raises OSError or ValueError when nobody reads there any more."""
        self._process.say(line)

    def died(self) -> bool:
        """Whether the process has ended, or does so in this moment."""
        return self._process.ended(DEATH_S)

    def end(self) -> str:
        """End the process, and return what it last wrote on stderr. Ending it again is harmless."""
        self._process.end()
        return self._process.last_words()

    def how_it_ended(self) -> str:
        """Its end in words."""
        return how_it_ended(self._process.code)

    def _take(self, lines: Sequence[bytes]) -> None:
        for line in lines:
            try:
                message = self._decode(line)
            except (ValueError, BadInputError):
                self._begun.set()  # a line that is no message is no answer either
                continue
            if not self._begun.is_set():
                self._first = message
                self._begun.set()
            else:
                self._hear(message)

    def _say_over(self, process: ChildProcess) -> None:
        self._begun.set()
        self._over()
