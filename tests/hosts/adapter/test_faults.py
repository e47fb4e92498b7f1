"""What goes wrong in an adapter, as its user is told."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psutil
import pytest

from tests.hosts.adapter.conftest import (
    PATIENCE_S,
    POSIX,
    SCRIPTED,
    gone,
    put,
    told,
    until,
)
from tui.core.catalog.model_card import ModelState
from tui.core.errors import ModelFailedError, NoHostError
from tui.engine.engine_client import EngineClient
from tui.hosts.adapter.host import AdapterHost


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "answer", "sentence"),
    [
        ("falls_at_once", "", "ValueError: too long (adapters.py, line "),
        ("falls", "half", "ValueError: out of words (adapters.py, line "),
        ("leaves", "half", "SystemExit: I leave (adapters.py, line "),
        ("reads", "", "EOFError: EOF when reading a line (adapters.py, line "),
        ("number", "", 'generate() yielded int: it may yield text, and {"reasoning": text} for what is thought.'),
        ("whole", "", "generate() returned the whole text: it has to yield text, piece by piece."),
        ("async", "", "generate() returned async_generator: it has to yield text, piece by piece."),
        (
            "wrong_counts",
            "text",
            "generate() returned dict: it may return a dict with any of prompt_tokens, completion_tokens, "
            "reasoning_tokens, which are whole numbers, and finish_reason.",
        ),
    ],
)
def test_what_an_adapter_does_wrong_fails_its_answer_in_a_sentence_and_nothing_else(
    shared: AdapterHost, link: EngineClient, model: str, answer: str, sentence: str
) -> None:
    before = shared.connect()
    failed = put(shared, link, model)
    assert told(failed).startswith(f"The host reports: {sentence}")
    assert failed.answer == answer
    assert put(shared, link, "slow").answer == "slow"
    assert shared.connect() == before


def test_a_model_that_cannot_be_loaded_says_why_and_where(shared: AdapterHost) -> None:
    with pytest.raises(ModelFailedError) as caught:
        shared.load("cannot_load")
    assert caught.value.title == "cannot_load could not be loaded"
    assert caught.value.detail.startswith("FileNotFoundError: no weights here (adapters.py, line ")
    assert caught.value.hint == f"Mend {SCRIPTED}, and try again"
    assert {card.id: card.state for card in shared.catalogue()}["cannot_load"] is ModelState.CACHED


def test_a_model_that_fails_to_unload_is_gone_and_says_so(shared: AdapterHost) -> None:
    shared.load("cannot_unload")
    with pytest.raises(ModelFailedError, match="cannot_unload could not be unloaded") as caught:
        shared.unload("cannot_unload")
    assert caught.value.detail.startswith("RuntimeError: it clings (adapters.py, line ")
    assert {card.id: card.state for card in shared.catalogue()}["cannot_unload"] is ModelState.CACHED


def test_a_crash_under_load_is_told_as_one_and_the_process_started_again(own: AdapterHost, link: EngineClient) -> None:
    before = own.connect()
    with pytest.raises(NoHostError) as caught:
        own.load("dies_loading")
    assert caught.value.sentence() == (
        f"The adapter {SCRIPTED} crashed. It ended with code 7: the last words. Try again: it is started again."
    )
    assert gone(before.pid)
    assert put(own, link, "slow").answer == "slow"
    assert own.connect().pid != before.pid


@pytest.mark.parametrize("model", ["dies", pytest.param("segfault", marks=POSIX)])
def test_a_crash_in_an_answer_fails_it_and_the_next_question_starts_another_process(
    own: AdapterHost, link: EngineClient, model: str
) -> None:
    before = own.connect()
    failed = put(own, link, model)
    assert told(failed) == "The connection broke before the answer was complete."
    assert failed.answer == "half"
    until(lambda: gone(before.pid))
    assert {card.state for card in own.catalogue()} == {ModelState.CACHED}
    assert put(own, link, "slow").answer == "slow"


def waiting_on(own: AdapterHost, step: Callable[[], Any]) -> BaseException | None:
    """How a step fails whose process stands still, and is then killed."""
    process = psutil.Process(own.connect().pid)
    process.suspend()
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(step)
        until(lambda: any(c.status == psutil.CONN_ESTABLISHED for c in psutil.Process().net_connections()))
        process.kill()
        return asked.exception(PATIENCE_S)


@POSIX
def test_a_process_that_is_killed_under_a_load_names_the_signal(own: AdapterHost) -> None:
    failure = waiting_on(own, lambda: own.load("slow"))
    assert isinstance(failure, NoHostError)
    assert failure.detail == "It was ended by signal 9 (Killed)"


@POSIX
def test_a_process_that_dies_while_it_is_asked_what_is_there_is_replaced(own: AdapterHost) -> None:
    assert waiting_on(own, own.catalogue) is None
