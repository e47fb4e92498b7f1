"""One model of an adapter: made, loaded, asked, let go. Runs in the adapter's process."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tui.core.errors import ModelFailedError
from tui.hosts.adapter.guard import guarded
from tui.hosts.adapter.interface import Adapter

COUNTS = ("prompt_tokens", "completion_tokens", "reasoning_tokens")
TURN_S = 0.1
"""How long a caller who has left may still stand in line, in seconds."""


class InUseError(ModelFailedError):
    """The model is answering, so it cannot be unloaded."""


class NotLoadedError(ModelFailedError):
    """The model is not loaded, so it cannot answer."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a model is asked. `params` holds only what was asked for."""

    messages: Sequence[Mapping[str, str]]
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class End:
    """How an answer ended. Counts hold what the adapter counted, and nothing else."""

    finish_reason: str = "stop"
    counts: Mapping[str, int] = field(default_factory=dict)


class Listener:
    """Who hears an answer. Either method may raise OSError when there is nobody."""

    def gone(self) -> bool:
        """Whether nobody listens any more."""
        raise NotImplementedError

    def hear(self, kind: str, text: str) -> None:
        """Take a piece; `kind` is `content` or `reasoning_content`."""
        raise NotImplementedError


class LoadedModel:
    """A model by name. Its methods may be called from any thread; the adapter sees one call at a time."""

    def __init__(self, adapter: Callable[[], Adapter], name: str) -> None:
        """`adapter` makes the object that answers; it is called when the model is loaded."""
        self.name = name
        self._make = adapter
        self._turn = threading.Lock()
        self._adapter: Any = None

    @property
    def loaded(self) -> bool:
        """Whether it can answer."""
        return self._adapter is not None

    def load(self) -> None:
        """Make it ready; a model that is ready stays so. Raises ModelFailedError."""
        if self.loaded:
            return
        with self._turn:
            if not self.loaded:
                with guarded():
                    adapter = self._make()
                    load = getattr(adapter, "load", None)
                    if load is not None:
                        load(**_taken_by(load, {"model": self.name}))
                self._adapter = adapter

    def unload(self) -> None:
        """Let it go; one that is not loaded stays so. Raises InUseError, or ModelFailedError: it is gone then too."""
        if not self._turn.acquire(blocking=False):
            raise InUseError(f"{self.name} is answering, or being loaded")
        try:
            adapter, self._adapter = self._adapter, None
            unload = getattr(adapter, "unload", None)
            if unload is not None:
                with guarded():
                    unload()
        finally:
            self._turn.release()

    def answer(self, question: Question, listener: Listener) -> End | None:
        """Have it answer. Returns None when `listener` was gone before the end. Raises ModelFailedError, OSError."""
        while not self._turn.acquire(timeout=TURN_S):
            if listener.gone():
                return None
        try:
            if not self.loaded:
                raise NotLoadedError(f"{self.name} is not loaded")
            return _told(self._pieces(question), listener)
        finally:
            self._turn.release()

    def _pieces(self, question: Question) -> Iterator[Any]:
        generate: Callable[..., Any] = self._adapter.generate
        params = {"messages": [dict(message) for message in question.messages], "model": self.name, **question.params}
        with guarded():
            pieces = generate(question.messages[-1]["content"], **_taken_by(generate, params))
        if isinstance(pieces, str) or not hasattr(pieces, "__iter__"):
            what = "the whole text" if isinstance(pieces, str) else type(pieces).__name__
            raise ModelFailedError(f"generate() returned {what}: it has to yield text, piece by piece")
        with guarded():
            return iter(pieces)


def _told(pieces: Iterator[Any], listener: Listener) -> End | None:
    try:
        while not listener.gone():
            with guarded():
                try:
                    piece = next(pieces)
                except StopIteration as over:
                    return _end(over.value)
            kind, text = _read(piece)
            if text:
                listener.hear(kind, text)
        return None
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            with guarded():
                close()


def _read(piece: Any) -> tuple[str, str]:
    if isinstance(piece, str):
        return "content", piece
    if isinstance(piece, dict) and list(piece) == ["reasoning"] and isinstance(piece["reasoning"], str):
        return "reasoning_content", piece["reasoning"]
    raise ModelFailedError(
        f'generate() yielded {type(piece).__name__}: it may yield text, and {{"reasoning": text}} for what is thought'
    )


def _end(report: Any) -> End:
    if report is None:
        return End()
    counts = dict(report) if isinstance(report, dict) else {"": report}
    reason = counts.pop("finish_reason", "stop")
    good = all(key in COUNTS and type(count) is int and count >= 0 for key, count in counts.items())
    if not good or not isinstance(reason, str):
        raise ModelFailedError(
            f"generate() returned {type(report).__name__}: it may return a dict with any of {', '.join(COUNTS)}, "
            "which are whole numbers, and finish_reason"
        )
    return End(reason, counts)


def _taken_by(function: Callable[..., Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the parameters that the function takes by name."""
    parameters = inspect.signature(function).parameters.values()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return dict(given)
    named = {item.name for item in parameters if item.kind in (item.POSITIONAL_OR_KEYWORD, item.KEYWORD_ONLY)}
    return {key: value for key, value in given.items() if key in named}
