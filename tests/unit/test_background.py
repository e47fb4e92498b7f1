"""Blocking work is done in threads that nobody waits for."""

from __future__ import annotations

import ast
import asyncio
import gc
import subprocess
import sys
import threading
from contextlib import ExitStack
from functools import partial
from itertools import permutations
from pathlib import Path
from queue import SimpleQueue

import pytest

import tui
from tests.support.some import some
from tui.background import Questions, Wakeup, Worker, collector_off, in_thread, in_threads

PATIENCE_S = 30.0
SOURCES = sorted(Path(tui.__file__).parent.rglob("*.py"))
WAITED_FOR = {"ThreadPoolExecutor", "to_thread", "run_in_executor"}
"""What makes threads that the interpreter's end waits for."""


def fail() -> None:
    raise LookupError("no")


def test_what_is_done_and_what_went_wrong_are_in_the_future() -> None:
    assert in_thread(lambda: 6 * 7, "sum").result(PATIENCE_S) == 42
    with pytest.raises(LookupError):
        in_thread(fail, "fails").result(PATIENCE_S)


def test_several_are_asked_at_once_and_kept_apart() -> None:
    together = threading.Barrier(3, timeout=PATIENCE_S)

    def half(number: int) -> float:
        together.wait()
        return 6 / number

    answers = in_threads(half, (1, 2, 0), "half")
    assert list(answers) == [1, 2, 0]
    assert [answers[number].result(PATIENCE_S) for number in (1, 2)] == [6, 3]
    with pytest.raises(ZeroDivisionError):
        answers[0].result(PATIENCE_S)


def test_of_answers_that_come_in_any_order_the_newest_stays() -> None:
    questions = Questions()
    first, second, third, fourth = (questions.ask() for _ in range(4))
    came = (first, third, second, third, fourth)
    assert [questions.accept(number) for number in came] == [True, True, False, False, True]


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_whatever_overtakes_what_in_the_end_the_newest_answer_is_kept(order: tuple[int, ...]) -> None:
    """Three threads are asked one after the other and answer in every order."""
    questions, kept = Questions(), [-1]
    asked, go_on = threading.Semaphore(0), [threading.Event() for _ in range(3)]

    def ask(version: int) -> None:
        number = questions.ask()
        asked.release()
        assert go_on[version].wait(PATIENCE_S)
        if questions.accept(number):
            kept[0] = version

    threads = []
    for version in range(3):
        threads.append(in_thread(partial(ask, version), "ask"))
        assert asked.acquire(timeout=PATIENCE_S)
    seen = []
    for version in order:
        go_on[version].set()
        threads[version].result(PATIENCE_S)
        seen.append(kept[0])
    assert kept == [2] and seen == sorted(seen)


def test_a_wakeup_ends_one_wait_and_calls_its_listener() -> None:
    wakeup, heard = Wakeup(), SimpleQueue[str]()
    assert not wakeup.wait(0)
    wakeup.listener = lambda: heard.put(threading.current_thread().name)
    threading.Thread(target=wakeup.notify, name="finder").start()
    assert heard.get(timeout=PATIENCE_S) == "finder"
    assert wakeup.wait(PATIENCE_S)
    assert not wakeup.wait(0)


def test_a_worker_does_one_thing_after_another_and_goes_on_after_a_failure() -> None:
    worker, done, names = Worker("steady"), [], set()

    def note(number: int) -> None:
        done.append(number)
        names.add(threading.current_thread().name)

    futures = [worker.submit(lambda number=number: note(number)) for number in range(3)]  # type: ignore[misc]
    failed = worker.submit(fail)
    worker.submit(lambda: note(3)).result(PATIENCE_S)
    assert (done, names) == ([0, 1, 2, 3], {"steady"})
    assert all(future.done() for future in some(futures))
    assert isinstance(failed.exception(PATIENCE_S), LookupError)


def test_a_worker_that_is_closed_begins_nothing_more() -> None:
    worker, begun, go_on, done = Worker("closing"), threading.Event(), threading.Event(), []

    def wait() -> None:
        begun.set()
        assert go_on.wait(PATIENCE_S)

    first, second = worker.submit(wait), worker.submit(lambda: done.append("second"))
    assert begun.wait(PATIENCE_S)
    worker.close()
    assert worker.submit(lambda: done.append("third")).cancelled()
    go_on.set()
    first.result(PATIENCE_S)
    assert not second.done() and done == []


def test_a_program_ends_while_its_threads_are_at_work() -> None:
    script = (
        "import time, tui.background as t\n"
        "t.in_thread(lambda: time.sleep(600), 'one')\n"
        "t.Worker('two').submit(lambda: time.sleep(600))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=PATIENCE_S, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def offences(tree: ast.AST) -> set[str]:
    """Threads that would be waited for, by what makes them."""
    names = {node.id if isinstance(node, ast.Name) else node.attr
             for node in ast.walk(tree) if isinstance(node, ast.Name | ast.Attribute)}  # fmt: skip
    found = names & WAITED_FOR
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            given = {word.arg: word.value for word in node.keywords}
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            daemon, thread = given.get("daemon"), given.get("thread")
            if called in ("Thread", "Timer") and not (isinstance(daemon, ast.Constant) and daemon.value is True):
                found.add(called)
            if isinstance(thread, ast.Constant) and thread.value is True:
                found.add(f"{called}(thread=True)")
    return found


@pytest.mark.parametrize(
    "code", ["ThreadPoolExecutor(1)", "asyncio.to_thread(f)", "threading.Thread(target=f)", "w(f, thread=True)"]
)
def test_a_thread_that_would_be_waited_for_is_found(code: str) -> None:
    assert offences(ast.parse(code))


def test_threads_are_made_in_one_place() -> None:
    makers = [
        path.relative_to(Path(tui.__file__).parent).as_posix()
        for path in SOURCES
        if any(
            isinstance(node, ast.Call) and ast.unparse(node.func) in ("Thread", "threading.Thread")
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
        )
    ]
    assert makers == ["background.py"]


def test_no_part_of_the_program_makes_one() -> None:
    allowed = {
        # `daemon` is set on the object, or the thread is joined where it is made.
        "shutdown.py": {"Timer"},
    }
    assert len(SOURCES) > 100
    for path in some(SOURCES):
        found = offences(ast.parse(path.read_text("utf-8")))
        assert found <= allowed.get(path.name, set()), f"{path}: {found}"


async def test_whoever_waits_in_a_loop_may_leave_before_the_work_is_done() -> None:
    begun, goes_on = threading.Event(), threading.Event()

    def work() -> int:
        begun.set()
        goes_on.wait(PATIENCE_S)
        return 3

    future = in_thread(work, "left")
    waiting = asyncio.ensure_future(asyncio.wrap_future(future))
    assert begun.wait(PATIENCE_S)
    waiting.cancel()
    await asyncio.sleep(0)
    goes_on.set()
    assert future.result(PATIENCE_S) == 3, "no error in its thread"
    assert waiting.cancelled()


def test_nobody_looks_for_garbage_until_the_last_block_has_ended() -> None:
    assert gc.isenabled()
    try:
        with ExitStack() as longer:
            with collector_off():
                longer.enter_context(collector_off())
                assert not gc.isenabled()
            assert not gc.isenabled()
        assert gc.isenabled()
    finally:
        gc.unfreeze()


def test_where_nobody_looked_for_garbage_nobody_does_after_the_block() -> None:
    gc.disable()
    try:
        with collector_off():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
        gc.unfreeze()
