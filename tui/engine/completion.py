"""One streamed chat completion, from the request to the last event."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx2
import openai

from tui.core.requests import events as ev
from tui.core.requests.answer_limits import HINT, TOO_LONG
from tui.engine import errors as faults
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
"""Seconds in which counts and the end may follow a finish reason."""

MAX_WORDS = 300
"""Characters of a body that is no stream which are taken for what the host has to say."""

Emit = Callable[[ev.Event], None]


async def converse(start: Start, emit: Emit, dialects: UnsupportedOptions) -> None:
    """Ask once, and emit what happens until one of Ended, Failed or Cancelled. Raises nothing of the network's.

    A request whose options the host refuses by name is made anew without them; every instant is that of the last.
    """
    watch, emit = Watch(start), without_key(start, emit)
    try:
        async with asyncio.timeout(None) as watch.timeout:
            left_out = dialects.known(start.endpoint)
            while more := await _attempt(start, left_out, watch, emit, dialects):
                left_out += more
    except asyncio.CancelledError:
        emit(ev.Cancelled(start.request, clock()))
    except TimeoutError:
        emit(watch.ended or faults.silent(start, watch.phase, watch.allowed, clock(), arrived=watch.arrived))
    except faults.BROKEN as error:
        emit(watch.ended or faults.failed(start, error, clock(), arrived=watch.arrived))
    except faults.EXPECTED as error:
        emit(faults.failed(start, error, clock(), arrived=watch.arrived))


async def _attempt(
    start: Start, left_out: tuple[str, ...], watch: Watch, emit: Emit, dialects: UnsupportedOptions
) -> tuple[str, ...]:
    """One request to its end. Returns the options that the host refuses; none when there is nothing more to try."""
    stamps = Stamps(lambda: _sent(start, stamps, watch, emit))
    request = without(_request(start), left_out)
    watch.enter("connect")
    try:
        async with _client(start, stamps) as client:
            completions: Any = client.chat.completions.with_streaming_response
            async with completions.create(**request, extra_headers={"Accept-Encoding": "identity"}) as response:
                dialects.learn(start.endpoint, left_out)
                if left_out:
                    emit(ev.OptionsDropped(start.request, stamps.read_at, left_out))
                emit(ev.Headers(start.request, stamps.read_at))
                watch.enter("first text")
                await read_answer(start, response.http_response, stamps, watch, emit)
    except openai.APIStatusError as error:
        more = refused(error.status_code, faults.body_of(error.response), request)
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


async def read_answer(start: Start, response: httpx2.Response, stamps: Stamps, watch: Watch, emit: Emit) -> None:
    """Read the stream to its end. `[DONE]` is the end, whether or not the server closes the connection."""
    stream, answer = EventStream(), Answer(start.request, stamps, emit)
    try:
        async for data in response.aiter_raw():
            for item in stream.take(data):
                if answer.take(item):
                    watch.enter("more text")
                if answer.finish_reason is not None:
                    watch.enter("end")
                if answer.done or answer.full:
                    break
            if answer.done or answer.full:
                break
        else:
            for item in stream.rest():
                answer.take(item)
            if not answer.recognized and answer.foreign:
                raise faults.OtherApiError(answer.foreign)
            if not answer.recognized:
                _explain_nothing(response.headers.get("content-type", ""), stream.loose)
    finally:
        answer.close()
        watch.arrived = answer.brought_text
        if answer.finish_reason is not None:
            watch.ended = ev.Ended(start.request, stamps.read_at, answer.finish_reason)
    if answer.full:
        # Neither a reason nor the end: it was cut, by us.
        emit(ev.Ended(start.request, stamps.read_at))
        emit(ev.FailureExplained(start.request, stamps.read_at, TOO_LONG, HINT))
        return
    at = stamps.read_at if answer.done else clock()
    emit(ev.Ended(start.request, at, answer.finish_reason, answer.done))
    if answer.finish_reason is None and not answer.done and stream.broken_words:
        why = faults.failed(start, _words(stream.broken_words), at, arrived=answer.brought_text)
        emit(ev.FailureExplained(start.request, at, why.message, why.hint))


def _explain_nothing(content_type: str, text: str) -> None:
    """Raise what is to be said of a body in which nothing of an answer was; of an empty stream there is nothing."""
    stream = content_type.startswith("text/event-stream")
    if text and (stream or _is_sentence(text)):
        raise _words(text)
    if not stream:
        raise faults.NotAStreamError(content_type, b"")


def _words(text: str) -> Exception:
    """What is to be said of text that is no part of a stream."""
    return faults.ServerSaidError(text) if _is_sentence(text) else faults.NonsenseError(text)


def _is_sentence(text: str) -> bool:
    return not text.startswith("<") and len(text) <= MAX_WORDS


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
    }


def _sent(start: Start, stamps: Stamps, watch: Watch, emit: Emit) -> None:
    emit(ev.Sent(start.request, stamps.sent or clock(), stamps.connect_ns))
    watch.enter("first byte")


class Watch:
    """How long the host may still be silent. Only what brings the answer forward is a sign of life."""

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
        """Whether any text of the answer was emitted: known when its reading has ended, however that was."""
        self.ended: ev.Ended | None = None
        """How the answer ended, when its server gave a reason: whatever becomes of the connection, it is whole."""
        self.timeout: asyncio.Timeout | None = None
        self._entered = 0.0

    @property
    def allowed(self) -> float:
        return self._allowed[self.phase]

    def enter(self, phase: str) -> None:
        if self.timeout is None:
            self.phase = phase
            return
        now = asyncio.get_running_loop().time()
        # Moving the limit with every chunk costs more than reading some of them; a tenth of it is close enough.
        if phase != self.phase or now - self._entered > self.allowed / 10:
            self.phase, self._entered = phase, now
            self.timeout.reschedule(now + self.allowed)
