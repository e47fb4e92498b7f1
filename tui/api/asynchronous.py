"""The same for asynchronous programs: a thread runs the comparison, and the event loop is never blocked by it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from types import TracebackType

from tui.api.comparison import Chooser, Comparison, HostName, NamedModel, PathName, Stop, compare, resume
from tui.background import in_thread
from tui.core.plans.plan import PlanOptions
from tui.core.plans.prompt import Prompt
from tui.core.scoring.rubric import Rubric
from tui.runner.updates import Listener, Update

_Work = Callable[[Listener, Stop], Comparison]


class Comparing:
    """A comparison that goes on: `async with` begins it, `async for` has its updates, `result()` what came of it.

    When the block is left before the end, by an error or a cancellation too, what is being answered is stopped; what
    has arrived is kept before the block is over. The session in the updates is written meanwhile by another thread.
    """

    def __init__(self, work: _Work) -> None:
        self._work = work
        self._stop = Stop()
        self._updates: asyncio.Queue[Update | None] = asyncio.Queue()
        self._done: Future[Comparison] | None = None

    async def __aenter__(self) -> Comparing:
        if self._done is not None:
            raise RuntimeError("it can be begun once")
        loop = asyncio.get_running_loop()

        def pass_on(update: Update | None) -> None:
            try:
                loop.call_soon_threadsafe(self._updates.put_nowait, update)
            except RuntimeError:
                pass  # The loop has ended, and nobody waits any more.

        self._done = in_thread(partial(self._work, pass_on, self._stop), "comparison")
        self._done.add_done_callback(lambda done: pass_on(None))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stop.stop():
            await self._end()

    def __aiter__(self) -> Comparing:
        return self

    async def __anext__(self) -> Update:
        """Raises what the comparison raises, when it ends so."""
        done = self._begun()
        if done.done() and self._updates.empty():
            update = None
        else:
            update = await self._updates.get()
        if update is None:
            done.result()
            raise StopAsyncIteration
        return update

    async def result(self) -> Comparison:
        """What came of it, when it has ended. Raises as `compare` does."""
        done = self._begun()
        await asyncio.wait([asyncio.wrap_future(done)])
        return done.result()

    def _begun(self) -> Future[Comparison]:
        if self._done is None:
            raise RuntimeError("`async with` begins it")
        return self._done

    async def _end(self) -> None:
        """Wait for the end, also when somebody cancels that: what arrived is being written."""
        ended, cancelled = asyncio.Event(), None
        loop = asyncio.get_running_loop()
        self._begun().add_done_callback(lambda done: loop.call_soon_threadsafe(ended.set))
        while not ended.is_set():
            try:
                await ended.wait()
            except asyncio.CancelledError as error:
                cancelled = error
        if cancelled is not None:
            raise cancelled


def comparing(
    prompts: str | Prompt | Sequence[str | Prompt],
    models: str | Sequence[NamedModel] | Chooser = (),
    *,
    host: HostName | Sequence[HostName] = (),
    options: PlanOptions = PlanOptions(),
    rubric: Rubric | None = None,
    sessions: PathName | None = None,
    save: bool = True,
    enough: Callable[[], bool] = lambda: False,
) -> Comparing:
    """`compare`, to be followed while it goes on; the arguments are the same."""

    def work(progress: Listener, stop: Stop) -> Comparison:
        return compare(
            prompts,
            models,
            host=host,
            options=options,
            rubric=rubric,
            sessions=sessions,
            save=save,
            progress=progress,
            enough=enough,
            stop=stop,
        )

    return Comparing(work)


async def compare_async(
    prompts: str | Prompt | Sequence[str | Prompt],
    models: str | Sequence[NamedModel] | Chooser = (),
    *,
    host: HostName | Sequence[HostName] = (),
    options: PlanOptions = PlanOptions(),
    rubric: Rubric | None = None,
    sessions: PathName | None = None,
    save: bool = True,
    progress: Listener | None = None,
    enough: Callable[[], bool] = lambda: False,
) -> Comparison:
    """`compare` without blocking the event loop, in whose thread `progress` is called.

    A cancellation stops what is being answered, and passes on once what has arrived is kept.
    """
    going = comparing(
        prompts, models, host=host, options=options, rubric=rubric, sessions=sessions, save=save, enough=enough
    )
    return await _to_the_end(going, progress)


async def resume_async(
    file: PathName,
    *,
    host: HostName | Sequence[HostName] = (),
    save: bool = True,
    progress: Listener | None = None,
    enough: Callable[[], bool] = lambda: False,
) -> Comparison:
    """`resume` without blocking the event loop; otherwise as `compare_async`."""

    def work(progress: Listener, stop: Stop) -> Comparison:
        return resume(file, host=host, save=save, progress=progress, enough=enough, stop=stop)

    return await _to_the_end(Comparing(work), progress)


async def _to_the_end(going: Comparing, progress: Listener | None) -> Comparison:
    async with going:
        async for update in going:
            if progress is not None:
                progress(update)
        return await going.result()
