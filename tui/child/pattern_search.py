"""Looking for a user's patterns in texts, in a process that is ended when one takes too long.

Python's `re` goes back over a text again and again for some patterns, `(a+)+$` for one, and nothing in its own process
can stop it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from queue import Empty, SimpleQueue
from typing import Any

from tui.child.line_protocol import decode_line, encode_line
from tui.child.process import ChildProcess, python_module
from tui.core.child_environment import ChildKind
from tui.core.errors import BadInputError, reason_of

LIMIT_S = 2.0
"""How long a pattern may be looked for in one text, in seconds."""
GIVEN_UP_AFTER = 3
"""A pattern that ran out of time in so many texts is looked for in no more."""
START_S = 30.0
"""How long the process may take to start, in seconds."""


class PatternSearch:
    """Says whether a pattern is found in a text. For one thread; its process is started when it is first needed, and
    ends with this program."""

    def __init__(self, limit_s: float = LIMIT_S) -> None:
        self._limit_s = limit_s
        self._process: ChildProcess | None = None
        self._heard: SimpleQueue[bytes | None] = SimpleQueue()
        self._late: Counter[str] = Counter()

    def __call__(self, pattern: str, text: str) -> bool:
        """Whether the pattern is found.

        Raises TimeoutError when that is not known in time, or when this pattern has run out of time too often before,
        and BadInputError where no process can be started.
        """
        if self._late[pattern] >= GIVEN_UP_AFTER:
            raise TimeoutError
        process = self._process or self._started()
        try:
            process.say(encode_line({"pattern": pattern, "text": text}))
            if (line := self._heard.get(timeout=self._limit_s)) is not None:
                return bool(decode_line(line)["found"])
        except (Empty, OSError, ValueError):
            pass  # it is late, or it is gone: so much memory does a pattern take
        self._late[pattern] += 1
        self.close()
        raise TimeoutError

    def close(self) -> None:
        """End the process; the next text has a new one."""
        if self._process is not None:
            self._process.end(0)
        self._process = None

    def _started(self) -> ChildProcess:
        heard = self._heard = SimpleQueue()

        def hear(lines: Sequence[bytes]) -> None:
            for line in lines:
                heard.put(line)

        try:
            self._process = ChildProcess(
                python_module("tui.child.pattern_process", str(self._limit_s)),
                ChildKind.READER,
                hear=hear,
                over=lambda process: heard.put(None),
            )
            ready = heard.get(timeout=START_S)
        except (OSError, Empty) as error:
            raise BadInputError("The checks' patterns cannot be looked for", reason_of(error)) from error
        if ready is None:
            raise BadInputError("The checks' patterns cannot be looked for", self._process.last_words())
        return self._process


def answer(line: bytes) -> bytes:
    """What the process says to a line."""
    asked: dict[str, Any] = decode_line(line)
    return encode_line({"found": re.search(asked["pattern"], asked["text"]) is not None})
