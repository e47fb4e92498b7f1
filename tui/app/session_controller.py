"""Which session the Compare screen shows: that of the sitting, one that was opened, or a replay."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual.message import Message

from tui.background import in_thread
from tui.core.blind.orders import is_anything_hidden
from tui.core.errors import BadInputError, CompareError
from tui.core.plans.questions import question_of
from tui.core.sessions.entry_dict import copied
from tui.core.sessions.replay import Replay, why_not_replayed
from tui.core.sessions.resumption import said_of
from tui.core.text.clean import clean_line
from tui.runner.kept_session import load_kept
from tui.runner.resumed_session import check_host
from tui.runner.sitting import Sitting
from tui.storage.rater_name import rater_name
from tui.ui.defects import end_app

if TYPE_CHECKING:
    from tui.app.app import CompareApp
    from tui.core.scoring.disagreement import SharedAnswer
    from tui.core.sessions.session import Session
    from tui.hosts.base import HostInfo

_CONDITIONS_EVERY = 0.5
"""Seconds between two looks at whether a session goes on under other conditions."""

Then = Callable[[], Awaitable[None]]


class SessionTurned(Message):
    """What was done in a thread is done; `show` goes on from there, on the app's loop."""

    def __init__(self, show: Then) -> None:
        super().__init__()
        self.show = show


class SessionController:
    """Has one session take the place of another, never while something runs. The app closes the sitting."""

    def __init__(self, app: CompareApp, sitting: Sitting, *, began_with_file: bool = False) -> None:
        """`began_with_file` says that the program was begun to show a file."""
        self._app = app
        self._sitting = sitting
        self._began_with_file = began_with_file
        self._turning = False
        """Whether a session is about to take the place of another."""
        self._back_to: str | None = None
        """The mode from which a replay was begun; None when none is shown."""
        self._choice: list[str] | None = None
        """The models that were chosen in the sitting, while another session is open."""
        self._draft = ""
        """What stood in the prompt of the session that the program began with."""
        self._when_host: Then | None = None
        """What waits for the host."""
        self._conditions_timer = app.set_interval(_CONDITIONS_EVERY, self._say_conditions, pause=True)

    @property
    def is_away(self) -> bool:
        """Whether something else is shown than the session that the program began with."""
        return self._back_to is not None or self._choice is not None

    def hidden(self) -> str:
        """The id of the session that is open, as long as its models are hidden from who scores it; else empty. May be
        called from any thread."""
        runner, kept = self._sitting.runner, self._sitting.only_read
        view = runner if runner is not None else kept.view if kept is not None else None
        return view.session.id if view is not None and is_anything_hidden(view.session, view.ratings.rater) else ""

    def is_open(self, path: Path) -> bool:
        """Whether this file is that of the session that is open."""
        return self._sitting.is_open(path)

    def name(self, title: str | None, tags: Sequence[str] | None) -> None:
        """Give the session that is open a title and tags, None for what it has. Raises BadInputError when its file is
        only read."""
        runner = self._sitting.runner
        if runner is None:
            raise BadInputError("The session has no other title", "Its file is only read")
        session = runner.session
        runner.name(session.title if title is None else title, session.tags if tags is None else tags)

    def session_of(self, path: Path) -> Session | None:
        """A copy of the session that is open, where this is its file: what is asked or scored meanwhile does not change
        it. Else None."""
        runner, kept = self._sitting.runner, self._sitting.only_read
        view = runner if runner is not None else kept.view if kept is not None else None
        return copied(view.session) if view is not None and self.is_open(path) else None

    def scores_blind(self) -> str:
        """Who is in the middle of scoring the session that is open without knowing its models; empty for nobody."""
        runner, kept = self._sitting.runner, self._sitting.only_read
        view = runner if runner is not None else kept.view if kept is not None else None
        return view.ratings.rater if view is not None and self.hidden() else ""

    def decide(self, answer: SharedAnswer, value: int | None) -> None:
        """Keep in the session that is open what was decided together on an answer. Raises BadInputError when its file
        is only read, and ValueError as `Ratings.decide`."""
        runner = self._sitting.runner
        if runner is None:
            raise BadInputError("Nothing was decided", "The session's file is only read")
        runner.ratings.decide(answer, value)

    # One session in the place of another

    def open(self, path: Path, rater: str | None = None, then: Then | None = None) -> None:
        """Show a kept session, then do `then`. `rater` is somebody else who scores it, blind."""
        if self._sitting.is_open(path) and rater is None:
            self._app.call_later(self._show_open, then)
        elif self._may_turn():
            self._turn(partial(self._sitting.open, path, rater), partial(self._opened, then))

    def read(self, path: Path, run: str) -> None:
        """Show a kept session, at the question of this request where that is not empty."""
        self.open(path, then=partial(self._show_request, run) if run else None)

    def resume(self, path: Path) -> None:
        """Show a kept session, and ask what it has still to ask."""
        self.open(path, then=self._resume)

    def judge(self, path: Path) -> None:
        """Show a kept session, and ask which model judges it."""
        self.open(path, then=self._judge)

    def replay(self, path: Path) -> None:
        """Show a kept session as it went. The one that is open stays open."""
        if self._may_turn():
            self._turn(partial(load_kept, path), self._replay)

    def come_back(self) -> None:
        """Back to the session that the program began with, or from a replay to what was shown before."""
        if self._back_to is not None:
            self._app.call_later(self._end_replay)
        elif self._choice is not None and self._may_turn():
            self._turn(self._sitting.come_back, self._came_back)

    async def host_answered(self, info: HostInfo, *, first: bool) -> None:
        """The host has answered; what waits for it is done the first time."""
        self._sitting.info = info
        then = self._when_host if first else None
        if then is not None:
            self._when_host = None
            await then()

    def _may_turn(self) -> bool:
        """Whether nothing runs; says so when something does."""
        judges = self._app.controllers.judges
        if judges is not None and (refusal := judges.why_not_left) is not None:
            self._app.show_error(refusal)
            return False
        if self._turning or not self._app.compare.busy:
            return not self._turning
        error = BadInputError("Answers are still coming", hint="Wait for their end, or stop them on F2 with X.")
        self._app.show_error(error)
        return False

    def _keep_draft(self) -> None:
        if not self.is_away:
            self._draft = self._app.compare.prompt.text

    def _turn(self, work: Callable[[], object], then: Callable[[object], Awaitable[None]]) -> None:
        """Do work in a thread while the screen stands still, then go on with what it returns."""
        self._turning = True
        self._app.compare.stand_still()
        in_thread(work, "session").add_done_callback(partial(self._turned, then))

    def _turned(self, then: Callable[[object], Awaitable[None]], done: Future[object]) -> None:
        error = done.exception()
        if error is None:
            self._app.post_message(SessionTurned(partial(then, done.result())))
        elif isinstance(error, CompareError):
            self._app.post_message(SessionTurned(partial(self._refused, error)))
        else:
            end_app(self._app, error)

    async def _refused(self, error: CompareError) -> None:
        """What was shown goes on being shown."""
        self._turning = False
        self._app.show_error(error)
        await self._show()

    async def _opened(self, then: Then | None, notices: object) -> None:
        self._keep_draft()
        self._back_to = None
        if self._choice is None:
            self._choice = list(self._app.app_state.chosen)
        await self._show_and_say(notices)
        self._app.switch_to(self._app.compare.MODE)
        if then is not None:
            await then()

    async def _came_back(self, notices: object) -> None:
        self._app.app_state.chosen, self._choice = self._choice or [], None
        self._back_to = None
        # Whoever has gone to another screen meanwhile stays there.
        await self._show_and_say(notices)

    async def _show_and_say(self, notices: object) -> None:
        self._turning = False
        await self._show()
        said = [*(notices if isinstance(notices, Sequence) else ()), *self._sitting.problems()]
        for notice in said:
            self._app.notify(clean_line(notice.sentence()), timeout=10, markup=False)

    async def _show_open(self, then: Then | None) -> None:
        self._app.switch_to(self._app.compare.MODE)
        if then is not None:
            await then()

    async def _show(self) -> None:
        """Show the session that is open."""
        app, sitting, path = self._app, self._sitting, self._sitting.path
        opened = self._choice is not None or self._began_with_file
        app.app_state.opened_file = path.name if opened and path is not None else ""
        if sitting.runner is not None:
            if app.controllers.host is not None:
                app.controllers.host.runner = sitting.runner
            session = sitting.runner.session
            if opened and session.plans:
                app.app_state.chosen = _asked_last(session)
            await app.compare.show_comparison(sitting.runner, sitting.runner, opened=opened)
            self._conditions_timer.resume()
            if not opened:
                app.compare.write_again(self._draft)
        elif sitting.only_read is not None:
            await app.compare.show_comparison(sitting.only_read.view, opened=True)
        app.compare.show_top()
        app.refresh_bindings()

    # What is done with it

    async def _show_request(self, run: str) -> None:
        compare = self._app.compare
        request = compare.view.session.requests.get(run)
        if request is not None:
            await compare.show_question(question_of(request))
            compare.focus_answer(request)

    async def _resume(self) -> None:
        if self._app.app_state.info is None:
            self._when_host = self._resume
            self._app.controllers.find_host()
            return
        runner, info = self._sitting.runner, self._app.app_state.info
        if runner is None:
            return  # Why its file is only read has been said.
        try:
            check_host(runner.session, info, self._app.app_state.cards)
            runner.resume()
        except CompareError as error:
            self._app.show_error(error)
        else:
            await self._app.compare.rebuild()
            self._app.compare.begun()

    async def _judge(self) -> None:
        if self._app.app_state.info is None and self._app.app_state.trouble is None:
            self._when_host = self._judge
            self._app.controllers.find_host()
            return
        await self._app.compare.action_part("judging.choose")

    async def _replay(self, session: object) -> None:
        kept: Session = session  # type: ignore[assignment]
        if (
            error := why_not_replayed(kept, rater_name(self._sitting.rater), hidden=kept.id == self.hidden())
        ) is not None:
            await self._refused(error)
            return
        self._turning = False
        self._keep_draft()
        if self._back_to is None:
            self._back_to = self._app.current_mode
        await self._app.compare.show_comparison(Replay(kept, time.monotonic_ns))
        self._app.app_state.opened_file = f"{kept.id}.toml"
        self._app.switch_to(self._app.compare.MODE)
        self._app.compare.show_top()
        self._app.refresh_bindings()

    async def _end_replay(self) -> None:
        back, self._back_to = self._back_to, None
        await self._show()
        if back is not None:
            self._app.switch_to(back)

    def _say_conditions(self) -> None:
        """Say once that a session goes on under other conditions than before."""
        runner = self._sitting.runner
        if runner is None or runner.changed_conditions is not None:
            self._conditions_timer.pause()
        if runner is not None and runner.changed_conditions:
            text = f"The session goes on under other conditions than before: {said_of(runner.changed_conditions)}."
            self._app.notify(clean_line(text, 300), timeout=10, markup=False)


def _asked_last(session: Session) -> list[str]:
    """The keys of the models that were asked last."""
    plan = next(reversed(session.plans.values()))
    return list(dict.fromkeys(session.models[key].card.key for key in plan.models))
