"""Under what conditions a session is held: what measures, and who answers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from tui.core.errors import BadInputError
from tui.core.plans.plan import Plan
from tui.core.sessions.resumption import ChangedCondition
from tui.core.sessions.session_model import SessionModel
from tui.core.text.clean import clean_line
from tui.hosts.base import HostInfo
from tui.runner.session_recorder import SessionRecorder


class SessionConditions:
    """Notes them in a new session. Those of a stored one that goes on stay as they were stored: once something is asked
    in it, what is another than before is noted."""

    def __init__(self, recorder: SessionRecorder) -> None:
        self.stored = bool(recorder.session.plans)
        """Whether it is a stored session that goes on."""
        self.asked: datetime | None = None
        """When this program asked something in the session first."""
        self.changed: tuple[ChangedCondition, ...] | None = None
        """Of a stored session: what is known to be another than before; None until that is known."""
        self._recorder = recorder
        self._session = recorder.session
        self._plan: Plan | None = None
        """What was asked last."""
        self._hosts: dict[str, dict[str, Any]] = {}
        """The tables of the hosts that answer, by name; under the empty name where there is one."""
        self._tool: dict[str, str] | None = None
        """What the engine says of what measures; None before it has greeted."""

    def connected(self, info: HostInfo) -> None:
        """This host answers, or these hosts."""
        members = {member.name: member for member in info.members} or {"": info}
        self._recorder.host_titles = {name: member.title for name, member in members.items()}
        self._hosts = {name: member.to_dict() for name, member in members.items()}
        if self.stored:
            self._note_changes()
        elif info.members:
            self._session.hosts |= self._hosts
        else:
            self._session.host = self._hosts[""]

    def greeted(self, tool: dict[str, str]) -> None:
        """The engine says what measures."""
        self._tool = tool
        if self.stored:
            self._note_changes()
        else:
            self._session.tool |= tool

    def note_asked(self, plan: Plan, at: datetime) -> None:
        """Something is asked."""
        self._plan, self.asked = plan, self.asked or at
        self._note_changes()

    def refuse_other_host(self, models: Iterable[SessionModel]) -> None:
        """Raises BadInputError where these models of a stored session were asked at another kind of host than the one
        that is here: what it answers would be kept, and counted, as theirs."""
        for model in models if self.stored else ():
            here = self._hosts.get(model.card.host) or self._hosts.get("")
            if here is None:
                raise BadInputError("Nobody is there to be asked", "The host has not answered yet")
            if here["kind"] != model.host:
                raise BadInputError(
                    f"{clean_line(model.name, 80)} was asked at another kind of host: {clean_line(model.host, 40)}",
                    f"This one is {here['kind']}",
                    "Name the same one with --host, or choose models of this one.",
                )

    def _note_changes(self) -> None:
        """Once, when it is known what measures, who answers and what goes on."""
        if not self.stored or self.changed is not None or self._tool is None or not self._hosts:
            return
        if self._plan is not None and self.asked is not None:
            made = self._recorder.add_resumption(self._plan, self.asked, self._tool, self._hosts)
            self.changed = made.differing
