"""Driving the screens from a test, and reading what they show."""

from __future__ import annotations

import asyncio
import time
import unicodedata
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from textual import events
from textual.app import App
from textual.keys import KEY_NAME_REPLACEMENTS
from textual.message import Message
from textual.message_pump import MessagePump
from textual.pilot import Pilot

from tests.app.widget_app import rows, screen_text
from tests.support.running import open_runner
from tui.app.app import CompareApp
from tui.app.opened import Opened
from tui.hosts.base import Host
from tui.runner import Runner
from tui.ui.terminal.key_sequences import KeyParser, KeysRead
from tui.ui.terminal.keys_in_turn import KeysInTurn
from tui.ui.widgets.answer.pane import AnswerPane
from tui.ui.widgets.prompt import PromptField
from tui.ui.widgets.row_table import RowTable

PATIENCE_S = 30.0
"""After this a test gives up waiting; only ever reached by a failure."""


@dataclass(frozen=True)
class Play:
    """A program on a screen that only the test sees, and the hands on its keyboard."""

    app: CompareApp
    pilot: Pilot[None]
    runner: Runner

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until it holds; fail after a long time."""
        deadline = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < deadline, f"it never came to hold:\n{self.shown}"
            await self.pilot.pause(0.02)

    async def sees(self, *texts: str) -> None:
        """Wait until all of these are on the screen."""
        await self.until(lambda: all(text in self.shown for text in texts))

    async def sees_notice(self, text: str) -> None:
        """Wait until a notification says this."""
        await self.until(lambda: any(text in notice for notice in self.notices))

    async def press(self, *keys: str) -> None:
        """Press keys, by their names or as they are, each after the program has taken in the one before."""
        for key in keys:
            self.app.post_message(_key(key))
            await self.settle()

    async def type(self, text: str, *keys: str) -> None:
        """Type this text and press keys, faster than anybody can: all of them are there at once."""
        for key in (*text, *keys):
            self.app.post_message(_key(key))
        await self.settle()

    async def read(self, *texts: str) -> None:
        """Have the driver read these from the terminal, one straight after the other."""
        reads = KeyParser()
        for text in texts:
            self._read(reads.take(text))
        self._read(reads.give_up())
        await self.settle()

    def _read(self, messages: Sequence[Message]) -> None:
        keys = [message for message in messages if isinstance(message, events.Key | events.Paste)]
        assert len(keys) == len(messages), messages
        if keys:
            self.app.post_message(KeysRead(keys, at_once=False))

    async def settle(self) -> None:
        """Let the program take in what happened."""
        await acted(self.app)
        await all_is_done(self.app)

    @property
    def shown(self) -> str:
        """All that is on the screen."""
        return screen_text(self.app)

    @property
    def notices(self) -> list[str]:
        """The notifications that are shown, the oldest first."""
        return [note.message for note in self.app._notifications]

    @property
    def in_models(self) -> bool:
        """Whether the models are shown, and their table is there."""
        return self.app.current_mode == "models" and len(self.app.screen.query(RowTable)) == 1

    @property
    def prompt(self) -> PromptField:
        return self.app.screen.query_one(PromptField)

    @property
    def panes(self) -> list[AnswerPane]:
        """All panes, those of other pages too."""
        return list(self.app.screen.query(AnswerPane))

    @property
    def page(self) -> list[int]:
        """The panes that are on the screen, counted from 1."""
        return [number for number, pane in enumerate(self.panes, 1) if pane.display]

    @property
    def here(self) -> int | None:
        """The pane that has the focus, counted from 1."""
        return next((number for number, pane in enumerate(self.panes, 1) if pane is self.app.focused), None)

    def pane(self, number: int) -> str:
        """What a pane paints, its words parted by single spaces."""
        return painted_in(self.panes[number - 1])


def painted_in(pane: AnswerPane) -> str:
    """What a pane paints within its frame, whether it has the focus or not; its words parted by single spaces."""
    if not pane.children:
        return ""  # It has just been made.
    title, body = pane.children
    painted = [row[1:].rstrip("╮┓").replace("━", "─") for row in rows(title)]
    painted += [row for part in body.children for row in rows(part)]
    return " ".join(" ".join(painted).split())


async def acted(app: KeysInTurn[None]) -> None:
    """Wait until the keys that were sent have acted."""
    await _passed(app)
    while app._turn is not None:
        await asyncio.sleep(0.001)
    if app.is_running and app.focused is not None:
        await _passed(app.focused)


async def all_is_done(app: App[Any]) -> None:
    """Wait until everything that was sent is acted on, laid out and painted, and the program waits for more.

    What threads and other processes are at is not waited for, nor any timer but the one that resizing starts. While
    widgets come and go Textual holds its painting back.
    """
    await _loop_is_idle()
    while app.is_running and (app._resize_timer is not None or app._batch_count):
        await asyncio.sleep(0.001)
    # What is painted may have something else painted: each time what was put off to the next frame is done at once.
    for _ in range(3):
        await _loop_is_idle()
        if app._screen_stack:
            app.screen._on_timer_update()
    await _loop_is_idle()


async def _loop_is_idle() -> None:
    """Wait until no callback of the running loop is ready to be called."""
    ready = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]
    await asyncio.sleep(0)
    while ready:
        await asyncio.sleep(0)


async def _passed(refresh_loop: MessagePump) -> None:
    """Wait until what has been sent to an app or a widget has been taken in."""
    taken = asyncio.Event()
    if refresh_loop.call_later(taken.set):
        await asyncio.wait_for(taken.wait(), PATIENCE_S)


@asynccontextmanager
async def playing(
    app: CompareApp, runner: Runner, size: tuple[int, int] = (80, 24), *, notices: bool = False
) -> AsyncIterator[Play]:
    """The app up and running; its notices are on the screen only where they are asked for."""
    async with app.run_test(size=size, notifications=notices) as pilot:
        yield Play(app, pilot, runner)


@asynccontextmanager
async def asking(
    host: Host, models: Sequence[str] = (), *, size: tuple[int, int] = (80, 24), **more: Any
) -> AsyncIterator[Play]:
    """The whole program but its command line: a real runner and its engine, with this host."""
    with open_runner(host) as runner:
        app = CompareApp(lambda: Opened(host, runner), models=models, **more)
        async with playing(app, runner, size) as play:
            yield play


def _key(key: str) -> events.Key:
    """The event that a terminal's driver makes of a key."""
    if len(key) == 1:
        name = key if key.isalnum() else unicodedata.name(key).lower().replace("-", "_").replace(" ", "_")
        return events.Key(KEY_NAME_REPLACEMENTS.get(name, name), key)
    return events.Key(key, {"space": " ", "enter": "\r", "tab": "\t", "backspace": "\x7f"}.get(key))
