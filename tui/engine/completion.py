"""One streamed chat completion, from the request to the last event."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx2
import openai

from tui.core.requests import events as ev
from tui.core.requests.answer_limits import HINT, TOO_LONG
from tui.core.requests.dropped_options import ANSWER_FORMAT
from tui.engine import errors
from tui.engine.answer import Answer
from tui.engine.protocol import Start
from tui.engine.redaction import without_key
from tui.engine.sse_framing import EventStream
from tui.engine.stamps import Stamps, clock
from tui.engine.transport import StampingTransport
from tui.engine.unsupported_options import UnsupportedOptions, refused, without
from tui.net.proxies import proxy_for

NO_KEY = "none"
"""Sent where no key is configured, so that the library never looks for one in the environment."""

GRACE_S = 10.0
"""How many seconds counts and the end of the stream may follow a finish reason."""

MAX_SENTENCE_CHARS = 300
"""The most characters of a body without a stream that are read as a message of the host."""

Emit = Callable[[ev.Event], None]


async def stream_completion(start: Start, emit: Emit, unsupported: UnsupportedOptions) -> None:
    """Make one request, and emit its events up to Ended, Failed or Cancelled. Raises no error of the network.

    When the host refuses options by name, the request is repeated without them; all instants are those of the last one.
    """
    deadline, emit = Deadline(start), without_key(start, emit)
    try:
        async with asyncio.timeout(None) as deadline.timeout:
            left_out = unsupported.known(start.endpoint)
            while more := await _attempt(start, left_out, deadline, emit, unsupported):
                left_out += more
    except asyncio.CancelledError:
        emit(ev.Cancelled(start.request, clock()))
    except TimeoutError:
        emit(
            deadline.ended or errors.silent(start, deadline.phase, deadline.allowed, clock(), arrived=deadline.arrived)
        )
    except errors.BROKEN as error:
        emit(deadline.ended or errors.failed(start, error, clock(), arrived=deadline.arrived))
    except errors.EXPECTED as error:
        emit(errors.failed(start, error, clock(), arrived=deadline.arrived))


async def _attempt(
    start: Start, left_out: tuple[str, ...], deadline: Deadline, emit: Emit, unsupported: UnsupportedOptions
) -> tuple[str, ...]:
    """Make one request and read its answer. Returns the options that the host refuses, or none if it was answered."""
    stamps = Stamps(lambda: _sent(start, stamps, deadline, emit))
    request = without(_request(start), left_out)
    deadline.enter("connect")
    try:
        async with _client(start, stamps) as client:
            completions: Any = client.chat.completions.with_streaming_response
            async with completions.create(**request, extra_headers={"Accept-Encoding": "identity"}) as response:
                unsupported.learn(start.endpoint, left_out)
                if left_out:
                    emit(ev.OptionsDropped(start.request, stamps.read_at, left_out))
                emit(ev.Headers(start.request, stamps.read_at))
                deadline.enter("first text")
                await read_answer(start, response.http_response, stamps, deadline, emit)
    except openai.APIStatusError as error:
        more = refused(error.status_code, errors.body_of(error.response), request)
        if not more:
            raise
        return more
    return ()


def _client(start: Start, stamps: Stamps) -> openai.AsyncOpenAI:
    base_url = start.endpoint.base_url
    transport = StampingTransport(stamps, base_url, proxy_for(base_url))
    return openai.AsyncOpenAI(
        base_url=base_url,
        api_key=start.endpoint.api_key or NO_KEY,
        http_client=httpx2.AsyncClient(transport=transport, trust_env=False, follow_redirects=False, timeout=None),
        max_retries=0,
        timeout=None,
    )


async def read_answer(start: Start, response: httpx2.Response, stamps: Stamps, deadline: Deadline, emit: Emit) -> None:
    """Read the stream to its end, which `[DONE]` is even where the server keeps the connection open."""
    stream, answer = EventStream(), Answer(start.request, stamps, emit)
    try:
        async for data in response.aiter_raw():
            for item in stream.take(data):
                if answer.take(item):
                    deadline.enter("more text")
                if answer.finish_reason is not None:
                    deadline.enter("end")
                if answer.done or answer.full:
                    break
            if answer.done or answer.full:
                break
        else:
            for item in stream.rest():
                answer.take(item)
            if not answer.recognized and answer.foreign:
                raise errors.OtherApiError(answer.foreign)
            if not answer.recognized:
                _raise_for_no_answer(response.headers.get("content-type", ""), stream.loose)
    finally:
        answer.close()
        deadline.arrived = answer.brought_text
        if answer.finish_reason is not None:
            deadline.ended = ev.Ended(start.request, stamps.read_at, answer.finish_reason)
    if answer.full:
        # Without a finish reason and without an end marker the request counts as cut.
        emit(ev.Ended(start.request, stamps.read_at))
        emit(ev.FailureExplained(start.request, stamps.read_at, TOO_LONG, HINT))
        return
    at = stamps.read_at if answer.done else clock()
    emit(ev.Ended(start.request, at, answer.finish_reason, answer.done))
    if answer.finish_reason is None and not answer.done and stream.broken_words:
        why = errors.failed(start, _error_for(stream.broken_words), at, arrived=answer.brought_text)
        emit(ev.FailureExplained(start.request, at, why.message, why.hint))


def _raise_for_no_answer(content_type: str, text: str) -> None:
    """Raise the error for a body without any part of an answer. An empty stream is no error."""
    stream = content_type.startswith("text/event-stream")
    if text and (stream or _is_sentence(text)):
        raise _error_for(text)
    if not stream:
        raise errors.NotAStreamError(content_type, b"")


def _error_for(text: str) -> Exception:
    """The error for text that is no part of a stream."""
    return errors.ServerSaidError(text) if _is_sentence(text) else errors.NonsenseError(text)


def _is_sentence(text: str) -> bool:
    return not text.startswith("<") and len(text) <= MAX_SENTENCE_CHARS


def _request(start: Start) -> dict[str, Any]:
    p = start.parameters
    optional = {"temperature": p.temperature, "top_p": p.top_p, "seed": p.seed, "stop": list(p.stop) or None}
    return {
        "model": start.endpoint.model,
        "messages": start.messages,
        "max_tokens": p.max_tokens,
        "stream": True,
        "stream_options": {"include_usage": True},
        **{name: value for name, value in optional.items() if value is not None},
        **({ANSWER_FORMAT: _answer_format(start.answer_schema)} if start.answer_schema else {}),
    }


def _answer_format(schema: str) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": json.loads(schema)}}


def _sent(start: Start, stamps: Stamps, deadline: Deadline, emit: Emit) -> None:
    emit(ev.Sent(start.request, stamps.sent or clock(), stamps.connect_ns))
    deadline.enter("first byte")


class Deadline:
    """How long the host may stay silent in each phase. Only progress of the answer moves the deadline."""

    def __init__(self, start: Start) -> None:
        limits = start.timeouts
        self._allowed = {
            "connect": limits.connect,
            "first byte": limits.first_byte,
            "first text": limits.first_text,
            "more text": limits.idle,
            "end": min(limits.idle, GRACE_S),
        }
        self.phase = "connect"
        self.arrived = False
        """Whether any text of the answer was emitted; set when its reading has ended in any way."""
        self.ended: ev.Ended | None = None
        """How the answer ended, where the server gave a reason: the answer is whole, whatever the connection does."""
        self.timeout: asyncio.Timeout | None = None
        self._entered = 0.0

    @property
    def allowed(self) -> float:
        """Seconds of silence allowed in this phase."""
        return self._allowed[self.phase]

    def enter(self, phase: str) -> None:
        """Note progress: the request is in this phase, and its time begins again."""
        if self.timeout is None:
            self.phase = phase
            return
        now = asyncio.get_running_loop().time()
        # Moving the deadline with every chunk costs more than reading the chunk; a tenth of it is precise enough.
        if phase != self.phase or now - self._entered > self.allowed / 10:
            self.phase, self._entered = phase, now
            self.timeout.reschedule(now + self.allowed)
