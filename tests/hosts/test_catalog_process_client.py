"""What the library process says is heard up to a limit: whoever reads it slowly does not pay for it in memory."""

from __future__ import annotations

from queue import SimpleQueue

from tui.hosts.embedded.catalog_process_client import MOST_WAITING, _hearer
from tui.hosts.embedded.protocol import Message, Percent, encode


def test_a_process_that_talks_without_end_fills_no_memory_and_its_end_is_heard() -> None:
    messages: SimpleQueue[Message | None] = SimpleQueue()
    hear = _hearer(messages)
    line = encode(Percent(1.0))
    for _ in range(2 * MOST_WAITING):
        hear(line)
    hear(b"x" * 65_536)
    assert messages.qsize() == MOST_WAITING
    hear(b"")
    heard = [messages.get_nowait() for _ in range(messages.qsize())]
    assert len(heard) == MOST_WAITING + 1 and heard[-1] is None
