"""Comparisons in asynchronous programs: the loop is never blocked, and what came is kept."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

import foundry_compare as fc
from tests.support.loopback_server import WORDS, LoopbackServer
from tests.support.some import some
from tui.storage.session_files import load

PATIENCE_S = 60.0
pytestmark = pytest.mark.slow


async def test_the_loop_goes_on_while_models_answer(server: LoopbackServer) -> None:
    turns, loop_thread = 0, threading.current_thread()
    threads: set[threading.Thread] = set()

    async def turn() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    other = asyncio.create_task(turn())
    compared = await fc.compare_async(
        "hi", ["good", "burst"], host=server.url, progress=lambda update: threads.add(threading.current_thread())
    )
    other.cancel()
    assert compared.ok and compared.results[0].answer == "".join(WORDS)
    assert turns > 100 and threads == {loop_thread}


async def test_two_at_once_and_failures_are_raised_where_they_are_awaited(server: LoopbackServer) -> None:
    one, other = await asyncio.gather(
        fc.compare_async("hi", "good", host=server.url, save=False),
        fc.compare_async("hi", "nobody", host=server.url, save=False),
        return_exceptions=True,
    )
    assert isinstance(one, fc.Comparison) and one.ok
    assert isinstance(other, fc.NoModelError)


async def test_text_comes_as_it_arrives_and_adds_up_to_the_answer(server: LoopbackServer) -> None:
    texts: list[str] = []
    ended: list[int] = []
    async with fc.comparing("hi", "good", host=server.url, save=False) as going:
        async for update in going:
            if isinstance(update, fc.TextArrived):
                texts.append(update.text)
            if isinstance(update, fc.RequestEnded):
                ended.append(len(texts))
        compared = await going.result()
    assert "".join(texts) == compared.results[0].answer == "".join(WORDS)
    assert ended == [len(texts)] and texts


async def test_leaving_early_stops_and_keeps_what_came(server: LoopbackServer) -> None:
    async with fc.comparing("hi", "endless", host=server.url) as going:
        async for update in going:
            if isinstance(update, fc.TextArrived):
                break
    compared = await going.result()
    assert compared.kept and compared.path is not None
    (result,) = compared.results
    assert result.state is fc.RequestState.STOPPED and result.answer
    assert load(compared.path).requests[result.spec.id].answer == result.answer


async def test_a_cancellation_ends_the_requests_and_keeps_what_came(server: LoopbackServer, own_folders: Path) -> None:
    heard = asyncio.Event()

    def progress(update: fc.Update) -> None:
        if isinstance(update, fc.TextArrived):
            heard.set()

    task = asyncio.create_task(fc.compare_async("hi", "endless", host=server.url, progress=progress))
    await asyncio.wait_for(heard.wait(), PATIENCE_S)
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()  # Impatience keeps nothing from being written.
    with pytest.raises(asyncio.CancelledError):
        await task
    (file,) = (own_folders / "sessions").glob("*.toml")
    (request,) = load(file).requests.values()
    assert request.state is fc.RequestState.STOPPED and "more" in request.answer
    assert not list((own_folders / "sessions").glob("*.jsonl"))


async def test_a_cancellation_before_anything_is_asked_waits_for_nothing(
    server: LoopbackServer, own_folders: Path
) -> None:
    choosing, go_on = threading.Event(), threading.Event()

    def choose(models: fc.HostModels) -> list[fc.ModelCard]:
        choosing.set()
        go_on.wait(PATIENCE_S)
        return models.named("good")

    server.talks.clear()
    going = fc.comparing("hi", choose, host=server.url)
    async with going:
        await asyncio.to_thread(choosing.wait, PATIENCE_S)
    go_on.set()
    with pytest.raises(fc.CompareError) as stopped:
        await going.result()
    assert stopped.value.sentence() == "Stopped before anything was asked."
    assert not server.talks and not (own_folders / "sessions").exists()


async def test_a_plan_that_was_stopped_is_gone_on_with(server: LoopbackServer) -> None:
    options = fc.PlanOptions(fc.Mode.MEASURE, rounds=3, warmup=0)
    ended: list[str] = []
    compared = await fc.compare_async(
        "hi",
        "good",
        host=server.url,
        options=options,
        enough=lambda: bool(ended),
        progress=lambda update: ended.append("r") if isinstance(update, fc.RequestEnded) else None,
    )
    assert compared.path is not None and len([one for one in compared.requests if one.answer]) < 3
    resumed = await fc.resume_async(compared.path, host=server.url)
    assert all(result.state is fc.RequestState.DONE for result in some(resumed.results))


async def test_it_is_begun_once_and_by_async_with(server: LoopbackServer) -> None:
    going = fc.comparing("hi", "good", host=server.url, save=False)
    with pytest.raises(RuntimeError):
        await going.result()
    async with going:
        await going.result()
    with pytest.raises(RuntimeError):
        await going.__aenter__()
