"""The same bytes in any portions give the same answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from itertools import pairwise
from typing import Any

import httpx2
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.requests import new_request, start
from tui.core.requests import events as ev
from tui.core.requests.request import Request, RequestState
from tui.engine.completion import Deadline, read_answer
from tui.engine.stamps import Stamps, clock

many = settings(max_examples=150, deadline=None)
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
texts = st.lists(st.tuples(st.sampled_from(["content", "reasoning_content", "refusal"]), words), max_size=8)
cuts = st.lists(st.integers(0, 3000), max_size=25)


def stream(parts: Sequence[tuple[str, str]], tokens: int | None, line_end: str, *, escaped: bool) -> bytes:
    """A whole answer as a server writes it; with `escaped`, its JSON is in ASCII."""
    chunks: list[Any] = [{"choices": [{"delta": {"role": "assistant", "content": ""}}]}]
    chunks += [{"choices": [{"delta": {key: text}}]} for key, text in parts]
    chunks.append({"choices": [{"delta": {}, "finish_reason": "stop"}]})
    if tokens is not None:
        chunks.append({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": tokens}})
    lines = [json.dumps(chunk, ensure_ascii=escaped) for chunk in chunks] + ["[DONE]"]
    return "".join(f"data: {line}{line_end}{line_end}" for line in lines).encode()


class Reads(httpx2.AsyncByteStream):
    """A body that comes in these portions, each a read of the socket."""

    def __init__(self, stamps: Stamps, portions: Sequence[bytes]) -> None:
        self._stamps, self._portions = stamps, portions

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for portion in self._portions:
            self._stamps.read(clock())
            yield portion


def answered(portions: Sequence[bytes]) -> Request:
    """The request after these portions have been read."""
    asked, seen = start("r1", "http://127.0.0.1:9/v1", "m"), list[ev.Event]()
    stamps = Stamps(lambda: None)
    headers = {"content-type": "text/event-stream"}

    async def read() -> None:
        request = httpx2.Request("POST", asked.endpoint.base_url)
        response = httpx2.Response(200, headers=headers, stream=Reads(stamps, portions), request=request)
        await read_answer(asked, response, stamps, Deadline(asked), seen.append)

    asyncio.run(read())
    made = new_request()
    made.fold(ev.Sent("r1", 0))
    for event in seen:
        made.fold(event)
    return made


def split(data: bytes, at: Sequence[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(cut for cut in at if cut < len(data))})
    return [data[begin:end] for begin, end in pairwise(edges)]


@many
@given(texts, st.none() | st.integers(0, 500), st.sampled_from(["\n", "\r\n"]), st.booleans(), cuts)
def test_any_split_of_the_same_bytes_gives_the_same_text_and_count(
    parts: list[tuple[str, str]], tokens: int | None, line_end: str, escaped: bool, at: list[int]
) -> None:
    data = stream(parts, tokens, line_end, escaped=escaped)
    whole, pieces = answered([data]), answered(split(data, at))
    for one in (whole, pieces):
        assert one.state is (RequestState.DONE if any(text for _, text in parts) else RequestState.EMPTY)
        assert one.reasoning == "".join(text for key, text in parts if key == "reasoning_content")
        assert one.finish_reason == "stop"
        assert (one.usage.completion_tokens if one.usage else None) == (
            tokens if tokens or not (one.answer or one.reasoning) else None
        )
    assert pieces.answer == whole.answer
    assert pieces.timestamps.kinds == whole.timestamps.kinds
    assert pieces.timestamps.chunks == whole.timestamps.chunks == sum(bool(text) for _, text in parts)
    assert pieces.metrics.tokens_per_chunk == whole.metrics.tokens_per_chunk
    assert set(whole.timestamps.reads) <= {1}, "one read has one number"
    assert list(pieces.timestamps.reads) == sorted(pieces.timestamps.reads)
    assert list(pieces.timestamps.at) == sorted(pieces.timestamps.at)
    stamp_of_read = dict(zip(pieces.timestamps.reads, pieces.timestamps.at, strict=True))
    assert [stamp_of_read[read] for read in pieces.timestamps.reads] == list(pieces.timestamps.at), (
        "one read has one stamp"
    )


@many
@given(words, words, cuts, st.lists(st.integers(0, 40), max_size=6))
def test_thinking_in_tags_is_told_apart_however_it_was_cut(
    thought: str, said: str, at: list[int], chunk_ends: list[int]
) -> None:
    """Cut twice: the text into chunks by the server, and the bytes into reads on the way."""
    text = f"<think>x{thought}x</think>y{said}"
    edges = sorted({0, len(text), *(end for end in chunk_ends if end < len(text))})
    parts = [("content", text[begin:end]) for begin, end in pairwise(edges)]
    data = stream(parts, None, "\n", escaped=True)
    for portions in ([data], split(data, at)):
        made = answered(portions)
        assert (made.reasoning, made.answer) == (f"x{thought}x", f"y{said}")
        assert bytes(made.timestamps.kinds).lstrip(b"r").strip(b"a") == b""
