"""What the catalog process says is heard up to a limit: whoever reads it slowly does not pay for it in memory."""

from __future__ import annotations

from queue import Empty

import pytest

from tui.hosts.embedded.catalog_process_client import MOST_WAITING, Inbox
from tui.hosts.embedded.protocol import DownloadPercent, encode


def test_a_process_that_talks_without_end_fills_no_memory_and_its_end_is_heard() -> None:
    inbox = Inbox()
    line = encode(DownloadPercent(1.0))
    for _ in range(2 * MOST_WAITING):
        inbox.hear([line])
    inbox.hear([b"x" * 65_536])
    inbox.end()
    heard = [inbox.next(1) for _ in range(MOST_WAITING + 1)]
    assert heard == [DownloadPercent(1.0)] * MOST_WAITING + [None]
    with pytest.raises(Empty):
        inbox.next(0)
