"""The engine's process: commands in on stdin, events out on stdout, until stdin ends."""

from __future__ import annotations

import asyncio
import os
import platform
import sys
import threading
import time
from collections import deque
from functools import partial
from typing import BinaryIO

import openai

from tui.background import start
from tui.child.main_side import leave_signals_to_the_program
from tui.core.requests import events as ev
from tui.engine.completion import stream_completion
from tui.engine.priority import raise_priority
from tui.engine.protocol import Cancel, EngineCommand, Hello, Start, decode_command, encode_message
from tui.engine.stamps import clock
from tui.engine.unsupported_options import UnsupportedOptions
from tui.engine.warmup import warm_up
from tui.net.secrets import redacted

GATHER_S = 0.15
"""How long text may wait for more of it. Its instant is taken by then, and screens are painted ten times a second."""
ENOUGH = 6
"""Pieces of text that wait for no more."""
_SAME_MOMENT_S = 0.002
"""How long everything waits for what comes with it: an answer's end is several messages."""


class Outbox:
    """Messages on their way to the program. Text waits a little for more of it, but for a request's first: each message
    that is written wakes three threads, which cost more than the text itself where models are slow."""

    def __init__(self) -> None:
        self._messages: deque[ev.Event | Hello | None] = deque()
        self._texts = 0
        self._heard: set[str] = set()
        """Requests of which text has come."""
        self._some, self._urgent = threading.Event(), threading.Event()

    def put(self, message: ev.Event | Hello | None) -> None:
        """Add a message, from any thread; None is the end."""
        self._messages.append(message)
        self._texts += 1
        urgent = True
        if isinstance(message, ev.Delta):
            urgent = message.request not in self._heard or self._texts >= ENOUGH
            self._heard.add(message.request)
        # Whoever waits is woken at the cost of the loop that reads sockets: seldom, therefore.
        if not self._some.is_set():
            self._some.set()
        if urgent and not self._urgent.is_set():
            self._urgent.set()

    def take(self) -> list[ev.Event | Hello | None]:
        """What is to be written next, once it is time; oldest first."""
        self._some.wait()
        self._urgent.wait(GATHER_S)
        time.sleep(_SAME_MOMENT_S)
        self._some.clear()
        self._urgent.clear()
        self._texts = 0
        return [self._messages.popleft() for _ in range(len(self._messages))]


class Engine:
    """Runs requests side by side. Each request is one task, whose events go into `outbox`."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._unsupported = UnsupportedOptions()

    def obey(self, command: EngineCommand) -> None:
        """Carry out one command."""
        match command:
            case Start():
                task = asyncio.create_task(self._run(command))
                self._tasks[command.request] = task
                task.add_done_callback(lambda done: self._ended(command.request, done))
            case Cancel(request=request):
                if request in self._tasks:
                    self._tasks[request].cancel()

    def _ended(self, request: str, task: asyncio.Task[None]) -> None:
        self._tasks.pop(request, None)
        if task.cancelled():
            # Cancelled before its first step, it could not emit this itself.
            self._outbox.put(ev.Cancelled(request, clock()))

    async def _run(self, start: Start) -> None:
        try:
            await stream_completion(start, self._outbox.put, self._unsupported)
        except Exception as error:
            # A defect in one request must neither hang its pane nor touch the others; stderr keeps the trace.
            name = type(error).__name__
            what = redacted(f"The engine stumbled: {name}: {error}")
            self._outbox.put(ev.Failed(start.request, clock(), "engine", what, "Please report this.", name))
            raise

    async def close(self) -> None:
        """Close every stream."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def serve(commands: BinaryIO, outbox: Outbox) -> None:
    """Carry out commands until `commands` ends."""
    loop = asyncio.get_running_loop()
    engine = Engine(outbox)
    ended = asyncio.Event()
    await warm_up()

    def listen() -> None:
        # Not every platform's event loop can watch a pipe, so a thread reads this one.
        for line in commands:
            loop.call_soon_threadsafe(engine.obey, decode_command(line))
        loop.call_soon_threadsafe(ended.set)

    tool = {"openai": openai.__version__, "python": platform.python_version(), "priority": raise_priority()}
    outbox.put(Hello(clock(), tool))
    start(listen, "commands")
    await ended.wait()
    await engine.close()


def write(outbox: Outbox, out: BinaryIO) -> None:
    """Write messages until the end of `outbox`."""
    ended = False
    while not ended:
        messages = outbox.take()
        ended = None in messages
        lines = [encode_message(message) for message in messages if message is not None]
        try:
            out.write(b"".join(lines))
            out.flush()
        except OSError:
            return


def main() -> None:
    """Run the engine on this process's stdin and stdout."""
    leave_signals_to_the_program()
    outbox = Outbox()
    writer = start(partial(write, outbox, sys.stdout.buffer), "writer")
    asyncio.run(serve(sys.stdin.buffer, outbox))
    outbox.put(None)
    writer.join(2)
    # The thread on stdin may be in a read that never returns, and nothing is left to save.
    os._exit(0)


if __name__ == "__main__":
    main()
