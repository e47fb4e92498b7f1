"""A host of which much is only known when a request is over: token counts, and why an answer broke off."""

from __future__ import annotations

import os
from dataclasses import replace

from tests.support.loopback_host import LoopbackHost
from tui.hosts.base import Ability, HostInfo, able

WHY = "The machine of the host ran out of memory."


class LearningHost(LoopbackHost):
    """Counts a word as a token, knows why it is gone, and lets this process be looked at for its memory."""

    def __init__(self, port: int) -> None:
        names = ("delta_and_message", "good", "cut", "error_in_stream", "huge", "reasoning", "empty", "e500", "endless")
        super().__init__(port, names)
        self.abilities = able(Ability.LOAD, Ability.UNLOAD, Ability.COUNT, why_not="It is a test")

    def connect(self) -> HostInfo:
        return replace(super().connect(), pid=os.getpid())

    def count_tokens(self, model_id: str, text: str) -> int:
        return len(text.split())

    def why_gone(self, model_id: str) -> str:
        return "" if model_id == "huge" else WHY
