"""Bodies of streamed chat completions, as servers and gateways send them, and what must become of each.

The kinds are those of `docs/servers.md`; each stands here in several shapes.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from tests.support.loopback_server import SSE, Wire
from tui.core.requests.request import RequestState

DONE, FAILED, CUT, EMPTY = RequestState.DONE, RequestState.FAILED, RequestState.CUT, RequestState.EMPTY
END = "data: [DONE]\n\n"


@dataclass(frozen=True)
class Case:
    """One body, in one or more writes, and what the request must hold after it."""

    name: str
    body: str | bytes | tuple[bytes, ...]
    answer: str = "Hello"
    state: RequestState = DONE
    reasoning: str = ""
    says: str = ""
    """A part of the sentence that tells of the failure."""
    finish: str | None = None
    """The finish reason, where it matters."""
    counts: tuple[int | None, int | None, int | None] | None = None
    """Prompt, completion and cached tokens, where they matter."""
    kinds: str | None = None
    content_type: str | None = SSE
    headers: tuple[str, ...] = field(default=())

    @property
    def parts(self) -> tuple[bytes, ...]:
        """The writes."""
        body = self.body.encode() if isinstance(self.body, str) else self.body
        return (body,) if isinstance(body, bytes) else body


def script(case: Case) -> Callable[[Wire], Awaitable[None]]:
    """Serves a case."""

    async def serve(wire: Wire) -> None:
        typed = [] if case.content_type is None else [f"content-type: {case.content_type}"]
        await wire.send("\r\n".join(["HTTP/1.1 200 OK", "connection: close", *typed, *case.headers, "", ""]).encode())
        for number, part in enumerate(case.parts):
            # Apart from each other, so that they are different reads.
            await asyncio.sleep(0.005 if number else 0)
            await wire.send(part)

    return serve


def data(value: Any, end: str = "\n\n") -> str:
    return f"data: {value if isinstance(value, str) else json.dumps(value)}{end}"


def said(text: str, **more: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {"content": text}}], **more}


def choice(**parts: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {}, **parts}]}


def usage(**counts: Any) -> dict[str, Any]:
    return {"choices": [], "usage": counts}


STOP = choice(finish_reason="stop")


def stream(*values: Any, end: str = "\n\n", last: str = END) -> str:
    """Events with these objects, a finish reason and the end."""
    return "".join(data(value, end) for value in (*values, STOP)) + last


HEL, LO = data(said("Hel")), data(said("lo"))
WHOLE = stream(said("Hel"), said("lo"))
ENDING = data(STOP) + END
MESSAGE = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}]}


def between(text: str) -> str:
    """A good stream with this in its middle."""
    return HEL + text + LO + ENDING


WORDS = "The host reports: "
FRAMING = (
    Case("retry field alone", "retry: 3000\n\n" + WHOLE),
    Case("id alone", between("id: 7\n\n")),
    Case("named event without data", between("event: ping\n\n")),
    Case("bare data line", between("data:\n\n")),
    Case("bare data word", between("data\n\n")),
    Case("data of blanks", between("data:   \n\n")),
    Case("comment", between(": OPENROUTER PROCESSING\n\n")),
    Case("comment with an object", between(': {"error": "no"}\n\n')),
    Case("comment within an event", HEL + ": hm\n" + LO + ENDING),
    Case("ping with data", between('event: ping\ndata: {"type": "ping"}\n\n')),
    Case("ping with a message", between('event: ping\ndata: {"message": "still here"}\n\n')),
    Case("ping with a word", between("event: ping\ndata: 12:31:07\n\n")),
    Case("ping as data", between("data: ping\n\ndata: keep-alive\n\n")),
    Case("empty object", between("data: {}\n\n")),
    Case("chunk with a name", f"event: chunk\n{HEL}event: message\n{LO}event: end\n{ENDING}"),
    Case("name after data", HEL.replace("\n\n", "\nevent: message\n\n") + LO + ENDING),
    *(
        Case(f"{before!r} before each event", "".join(f"{before}{event}" for event in (HEL, LO, data(STOP), END)))
        for before in ("\ufeff", " ", "\t ", "\ufeff ")
    ),
    Case("fields in capitals", WHOLE.replace("data", "DATA")),
    Case("an event's name in capitals", HEL + "Event: error\nData: too hot\n\n", "Hel", FAILED, says="too hot"),
    Case("pings as data and nothing else", data({"type": "ping"}) + data({}) + data({"status": "queued"}), "", CUT),
    *(
        Case(
            f"another API{', named' if name else ''}",
            name + data(first) + name + data({"type": "x"}),
            "",
            FAILED,
            says=says,
        )
        for name in ("", "event: message_start\n")
        for first, says in (
            ({"type": "message_start", "message": {}}, 'completions, but {"type": "message_start", "mess'),
        )
    ),
    Case("plain words after text", HEL + "upstream connect error\n", "Hel", CUT),
    Case("plain words that end nothing", HEL + LO + data(STOP) + "bye\n", finish="stop"),
    Case("plain words in the middle", between("oops\n\n")),
    Case("a page after text", HEL + "<html>Bad</html>\n", "Hel", CUT),
    *(
        Case(f"torn in {torn!r}", HEL + LO + torn, state=CUT)
        for torn in ("d", "dat", "ev", '{"choices": [{"ind', "[DON")
    ),
    Case("unknown field", between("x-request: 7\n\n")),
    Case("byte order mark", "\ufeff" + WHOLE),
    Case("byte order mark cut", (b"\xef", b"\xbb", b"\xbf" + WHOLE.encode())),
    Case("byte order mark inside a text", stream(said("Hel\ufefflo")), answer="Hel\ufefflo"),
    Case("no space after the colon", WHOLE.replace("data: ", "data:")),
    Case("text/plain", WHOLE, content_type="text/plain"),
    Case("text/plain with a charset", WHOLE, content_type="text/plain; charset=iso-8859-1"),
    Case("no content type", WHOLE, content_type=None),
    Case("application/json with a stream", WHOLE, content_type="application/json"),
    Case("application/octet-stream", WHOLE, content_type="application/octet-stream"),
    Case("text/html with a stream", WHOLE, content_type="text/html"),
    Case("a charset that is a codec of another kind", WHOLE, content_type=f"{SSE}; charset=zlib_codec"),
    Case(
        "JSON lines",
        "\n".join(json.dumps(value) for value in (said("Hel"), said("lo"), STOP)) + "\n",
        content_type="application/x-ndjson",
    ),
    Case("JSON lines in an event stream", "".join(f"{json.dumps(v)}\n" for v in (said("Hel"), said("lo"), STOP))),
    Case("JSON lines with a bare end", f"{json.dumps(said('Hello'))}\n[DONE]\n", content_type="application/x-ndjson"),
    Case("completion that is not streamed", json.dumps(MESSAGE), content_type="application/json", finish="stop"),
    Case("completion over several lines", json.dumps(MESSAGE, indent=2), content_type="application/json"),
    Case("one line feed", WHOLE.replace("\n\n", "\n")),
    Case("one line feed and pings", WHOLE.replace("\n\n", "\nevent: ping\n: hm\n")),
    Case("CRLF", WHOLE.replace("\n", "\r\n")),
    Case("CR", WHOLE.replace("\n", "\r")),
    Case("mixed line ends", HEL.replace("\n\n", "\r\n\n") + LO.replace("\n\n", "\r\r\n") + ENDING),
    Case(
        "CRLF cut in two",
        (*(part + b"\r" for part in WHOLE.replace("\n", "\r\n").encode().split(b"\r")[:-1]), b"\n"),
    ),
    Case("one CRLF and one line feed", WHOLE.replace("\n\n", "\r\n")),
    Case("every byte by itself", tuple(bytes([byte]) for byte in WHOLE.replace("\n", "\r\n").encode())),
    Case("last event without its blank line", WHOLE.removesuffix("\n")),
    Case("last line without its end", WHOLE.removesuffix("\n\n")),
    Case("finish without its blank line and no end", HEL + LO + data(STOP, ""), finish="stop"),
    Case("torn last line", HEL + LO + 'data: {"choices": [{"index": 0, "del', state=CUT),
    Case("torn after the finish", HEL + LO + data(STOP) + "data: [DO", finish="stop"),
    *(
        Case(f"the end as {end}", WHOLE.replace("[DONE]", end) + data(said("!")))
        for end in ('"[DONE]"', "[done]", "[Done]")
    ),
    Case("more promised than sent", HEL + LO + data(STOP), headers=("content-length: 5000",), finish="stop"),
    Case(
        "no last chunk",
        f"{len(HEL + LO + data(STOP)):x}\r\n{HEL}{LO}{data(STOP)}\r\n",
        headers=("transfer-encoding: chunked",),
        finish="stop",
    ),
    Case("text after the end", WHOLE + data(said(" again")) + data({"error": "late"})),
    Case(
        "data over several lines",
        'data: {"choices": [{"index": 0,\ndata: "delta": {"content":\ndata: "Hello"}}]}\n\n' + ENDING,
    ),
    Case(
        "data over several lines, as printed",
        "".join(f"data: {line}\n" for line in json.dumps(said("Hello"), indent=1).split("\n")) + "\n" + ENDING,
    ),
    Case(
        "line separators inside of text",
        stream({"choices": [{"delta": {"content": "a\u2028b\x85c"}}]})
        .replace("\\u2028", "\u2028")
        .replace("\\u0085", "\x85"),
        answer="a\u2028b\x85c",
    ),
    Case("gzip, unasked", gzip.compress(WHOLE.encode()), headers=("content-encoding: gzip",)),
    Case("deflate, unasked", zlib.compress(WHOLE.encode()), headers=("content-encoding: deflate",)),
    Case(
        "brotli, unasked",
        b"\x0b\x02\x80",
        answer="",
        state=FAILED,
        says="packed (br)",
        headers=("content-encoding: br",),
    ),
    Case(
        "damaged gzip",
        gzip.compress(WHOLE.encode())[:20] + b"\0" * 40,
        answer="",
        state=FAILED,
        says="damaged",
        headers=("content-encoding: gzip",),
    ),
    Case("nothing at all", "", answer="", state=CUT),
    Case("pings and nothing else", ": hm\n\nevent: ping\n\n", answer="", state=CUT),
    Case("nothing at all of no type", "", answer="", state=FAILED, says="instead of a stream", content_type=None),
    Case(
        "an object of something else",
        '{"status": "ok"}',
        answer="",
        state=FAILED,
        says="application/json instead",
        content_type="application/json",
    ),
    Case(
        "a page",
        "<html>\n<p>Welcome</p>\n</html>",
        answer="",
        state=FAILED,
        says="text/html instead",
        content_type="text/html",
    ),
    Case(
        "a page without a type",
        "<html>\n<p>Welcome</p>\n</html>",
        answer="",
        state=FAILED,
        says="instead of a stream",
        content_type=None,
    ),
    Case(
        "a sentence",
        "no healthy upstream",
        answer="",
        state=FAILED,
        says="The host reports: no healthy upstream.",
        content_type="text/plain",
    ),
    Case("a sentence in an event stream", "no healthy upstream\n", answer="", state=FAILED, says="no healthy upstream"),
)

BARE = json.dumps({"error": {"message": "gone"}}, indent=2)
NO_ERRORS: tuple[Any, ...] = ({}, {"code": 0, "message": ""}, {"code": None, "message": None}, 0, "", [])
ERRORS = (
    Case(
        "error event", HEL + "event: error\ndata: out of memory\n\n" + END, "Hel", FAILED, says=f"{WORDS}out of memory."
    ),
    Case(
        "error event with an object",
        HEL + 'event: error\ndata: {"error": {"message": "too hot"}}\n\n',
        "Hel",
        FAILED,
        says="too hot",
    ),
    Case("error event with bare words", 'event: error\ndata: {"message": "too hot"}\n\n', "", FAILED, says="too hot"),
    Case("error event named last", HEL + "data: too hot\nevent: error\n\n", "Hel", FAILED, says="too hot"),
    Case("error event without data", HEL + "event: error\n\n" + END, "Hel", FAILED, says="an error without a message"),
    Case("error event without its blank line", HEL + "event: error\ndata: too hot", "Hel", FAILED, says="too hot"),
    Case(
        "error inside the choice",
        HEL + data(choice(finish_reason="error", error={"code": 502, "message": "upstream went away"})) + END,
        "Hel",
        FAILED,
        says="upstream went away",
    ),
    Case(
        "error inside the choice, without a reason",
        HEL + data(choice(error="gone")) + ENDING,
        "Hel",
        FAILED,
        says="gone",
    ),
    Case("error beside text", data({**said("Hel"), "error": {"message": "gone"}}), "Hel", FAILED, says="gone"),
    Case(
        "error inside another choice",
        HEL + data({"choices": [{"index": 1, "delta": {}, "error": "gone"}]}) + LO + ENDING,
    ),
    Case("error with choices null", data({"choices": None, "error": {"message": "gone"}}), "", FAILED, says="gone"),
    Case("error null", HEL + data({**said("lo"), "error": None}) + ENDING),
    *(Case(f"error that is none: {error}", HEL + data({**said("lo"), "error": error}) + ENDING) for error in NO_ERRORS),
    Case("error field null", between("error: null\n\n")),
    Case("error event that is none", HEL + "event: error\n" + data({**said("lo"), "error": None}) + ENDING),
    Case("success in words", data({"code": 0, "message": "Success", "choices": []}) + WHOLE),
    Case("success in words alone", data({"code": 200, "msg": "Success"}) + WHOLE),
    Case("a place in a queue", data({"status": "queued", "message": "position 1"}) + WHOLE),
    *(
        Case(f"words alone: {json.dumps(words)}", data(words) + END, "", FAILED, says=f"{WORDS}rate limit.")
        for words in (
            {"code": 429, "msg": "rate limit"},
            {"success": False, "errors": [{"message": "rate limit"}]},
            {"error_description": "rate limit"},
            {"object": "error", "message": "rate limit", "usage": {"prompt_tokens": 3}},
        )
    ),
    Case("error as a code alone", data({"error": {"code": 502}}), "", FAILED, says="code 502"),
    Case("error that is true", data({"error": True}), "", FAILED, says="an error without a message"),
    Case(
        "error in a list",
        data([{"error": {"code": 400, "message": "no such model"}}]),
        "",
        FAILED,
        says="no such model",
    ),
    Case(
        "bare error",
        '{"error":{"code":400,"message":"request exceeds the context size"}}',
        "",
        FAILED,
        says="request exceeds the context size",
    ),
    Case(
        "bare error over several lines",
        json.dumps({"error": {"message": "too long"}}, indent=2),
        "",
        FAILED,
        says="too long",
    ),
    Case("bare error after text", HEL + '{"error": {"message": "too long"}}\n', "Hel", FAILED, says="too long"),
    Case(
        "bare error over several lines after text",
        HEL + json.dumps({"error": {"message": "gone"}}, indent=2),
        "Hel",
        FAILED,
        says="gone",
    ),
    Case(
        "bare error as JSON",
        '{"error": {"message": "too long"}}',
        "",
        FAILED,
        says="too long",
        content_type="application/json",
    ),
    Case(
        "bare error in a list as JSON",
        json.dumps([{"error": {"message": "too long"}}], indent=1),
        "",
        FAILED,
        says="too long",
        content_type="application/json",
    ),
    Case(
        "error field",
        HEL + 'error: {"code":500,"message":"context shift is disabled"}\n\n' + END,
        "Hel",
        FAILED,
        says="context shift is disabled",
    ),
    Case("error field with words", HEL + "error: out of memory\n\n", "Hel", FAILED, says="out of memory"),
    Case("error field without its end", HEL + "error: out of memory", "Hel", FAILED, says="out of memory"),
    *(
        Case(f"{end!r} after a bare error over several lines", f"{HEL}{BARE}\n\n{end}\n\n", "Hel", FAILED, says="gone")
        for end in ("data: [DONE]", "[DONE]", ": hm\n\ndata: [DONE]", LO)
    ),
    Case("junk before JSON lines", f"ok\n{json.dumps(said('Hel'))}\n{json.dumps(said('lo'))}\n{json.dumps(STOP)}\n"),
    Case("junk before a bare error", f"oops\n{BARE}", "", FAILED, says="gone"),
    Case("failure event with words", HEL + "event: Failure\ndata: gone\n\n" + END, "Hel", FAILED, says="gone"),
    Case(
        "error_code",
        data({"text": "the prompt is too long", "error_code": 50001}) + END,
        "",
        FAILED,
        says="the prompt is too long",
    ),
    Case("error_code and error_msg", data({"error_code": 336, "error_msg": "no quota"}), "", FAILED, says="no quota"),
    Case("error_code of no error", HEL + data({"error_code": 0, "message": "ok"}) + LO + ENDING),
    Case("detail", HEL + data({"detail": "worker died"}), "Hel", FAILED, says="worker died"),
    Case(
        "detail as a list",
        data({"detail": [{"loc": ["body", "seed"], "msg": "not a number"}]}),
        "",
        FAILED,
        says="body.seed: not a number",
    ),
    Case("message", data({"message": "rate limited", "code": 429}) + END, "", FAILED, says="rate limited"),
    Case(
        "object error",
        data({"object": "error", "code": 40303, "message": "too long"}) + END,
        "",
        FAILED,
        says="too long",
    ),
    Case("object error without words", data({"object": "error"}) + END, "", FAILED, says="an error without a message"),
    Case(
        "error in an event of its own name",
        HEL + 'event: failure\ndata: {"error": "gone"}\n\n',
        "Hel",
        FAILED,
        says="gone",
    ),
    *(
        Case(
            f"finish_reason {reason}",
            data(said("half an ans")) + data(choice(finish_reason=reason)) + END,
            "half an ans",
            FAILED,
            says=f"finish reason {reason}",
        )
        for reason in (
            "abort",
            "error",
            "network_error",
            "ABORT",
            "cancelled",
            "timeout",
            "insufficient_system_resource",
            "cancel",
            "interrupted",
            "exception",
            "upstream_error",
        )
    ),
    *(
        Case(
            f"finish_reason {reason}",
            HEL + data(choice(delta={"content": "lo"}, finish_reason=reason)) + END,
            finish=reason,
        )
        for reason in ("stop", "length", "content_filter", "tool_calls", "eos_token")
    ),
    Case(
        "abort beside text", data(choice(delta={"content": "Hel"}, finish_reason="abort")), "Hel", FAILED, says="abort"
    ),
    *(
        Case(f"{word!r} for no reason", data(choice(delta={"content": "Hello"}, finish_reason=word)), state=CUT)
        for word in ("null", "None", "undefined", "", " ")
    ),
    Case("a reason as an object", HEL + LO + data(choice(finish_reason={"type": "stop"})), finish="stop"),
    Case("abort of another choice", HEL + data({"choices": [{"index": 1, "finish_reason": "abort"}]}) + LO + ENDING),
    *(
        Case(
            f"nonsense {nonsense[:20]}",
            HEL + f"data: {nonsense}\n\n" + ENDING,
            "Hel",
            FAILED,
            says="not part of an answer",
        )
        for nonsense in ("[1]", '"x"', "7", "{not json", "[" * 5000, "9" * 5000)
    ),
    Case("a line without an end", b"data: " + b"x" * 3_000_000, "", FAILED, says="more without a break"),
    Case("an event without an end", (b"data: x\n" * 8000,) * 50, "", FAILED, says="more without a break"),
    Case("lines without a field and an end", (b"x\n" * 30_000,) * 50, "", FAILED, says="more without a break"),
)


def counted(**counts: Any) -> str:
    return HEL + LO + data(STOP) + data(usage(**counts)) + END


CACHED = {"prompt_tokens": 8000, "completion_tokens": 2}
ZERO = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
NOTHING = (None, None, None)
SHAPES = (
    Case(
        "the whole repeated as a message",
        HEL
        + LO
        + data(
            {
                "choices": [
                    {
                        "index": 0,
                        "delta": {"role": "assistant", "content": ""},
                        "message": {"role": "assistant", "content": "Hello"},
                        "finish_reason": "stop",
                    }
                ]
            }
        )
        + END,
    ),
    Case("the whole repeated as a message alone", HEL + LO + data(MESSAGE) + END),
    Case("the whole repeated as text", HEL + LO + data(choice(text="Hello", finish_reason="stop")) + END),
    Case(
        "messages alone",
        "".join(data({"choices": [{"message": {"content": word}}]}) for word in ("Hel", "lo")) + ENDING,
    ),
    Case(
        "delta and message the same",
        "".join(
            data({"choices": [{"delta": {"content": word}, "message": {"content": word}}]}) for word in ("Hel", "lo")
        )
        + END,
    ),
    Case(
        "thinking in deltas, the answer as a message",
        data({"choices": [{"delta": {"reasoning_content": "Hm."}}]}) + data(MESSAGE) + END,
        reasoning="Hm.",
    ),
    Case(
        "thinking in deltas, the whole as a message",
        data({"choices": [{"delta": {"reasoning_content": "Hm."}}]})
        + data({"choices": [{"message": {"reasoning_content": "Hm.", "content": "Hello"}, "finish_reason": "stop"}]})
        + END,
        reasoning="Hm.",
    ),
    Case("texts alone", "".join(data({"choices": [{"text": word}]}) for word in ("Hel", "lo")) + ENDING),
    Case("another index", HEL + data({"choices": [{"index": 1, "delta": {"content": "Bye"}}]}) + LO + ENDING),
    Case(
        "another index first",
        data({"choices": [{"index": 1, "delta": {"content": "Bye"}}, {"index": 0, "delta": {"content": "Hello"}}]})
        + ENDING,
    ),
    Case(
        "another index ends first",
        HEL + data({"choices": [{"index": 1, "finish_reason": "length"}]}) + LO + ENDING,
        finish="stop",
    ),
    Case("no index", "".join(data({"choices": [{"delta": {"content": word}}]}) for word in ("Hel", "lo")) + ENDING),
    Case("index null", data({"choices": [{"index": None, "delta": {"content": "Hello"}}]}) + ENDING),
    Case("choices null", data({"choices": None}) + WHOLE),
    Case("choices empty", data({"choices": [], "prompt_filter_results": []}) + WHOLE),
    Case(
        "choices null beside usage",
        WHOLE.replace(END, data({"choices": None, "usage": {"completion_tokens": 2}}) + END),
        counts=(None, 2, None),
    ),
    Case("choices of other things", data({"choices": [None, 7, "x"]}) + data({"choices": {"delta": 1}}) + WHOLE),
    Case("delta null", data({"choices": [{"index": 0, "delta": None}]}) + WHOLE),
    Case(
        "zeros in every chunk", "".join(data(said(word, usage=ZERO)) for word in ("Hel", "lo")) + ENDING, counts=NOTHING
    ),
    Case("zeros at the end", counted(**ZERO), counts=NOTHING),
    Case(
        "zeros after counts",
        HEL + LO + data(usage(prompt_tokens=5, completion_tokens=2)) + data({**STOP, "usage": ZERO}) + END,
        counts=(5, 2, None),
    ),
    Case("counts", counted(prompt_tokens=5, completion_tokens=2), counts=(5, 2, None)),
    Case(
        "counts in named events",
        "".join(
            f"event: chunk\n{event}"
            for event in (HEL, LO, data(STOP), data(usage(prompt_tokens=5, completion_tokens=2)))
        )
        + END,
        counts=(5, 2, None),
    ),
    Case("counts as text", counted(prompt_tokens="12", completion_tokens="2"), counts=NOTHING),
    Case(
        "counts as floats",
        HEL + LO + data('{"choices": [], "usage": {"prompt_tokens": 12.0, "completion_tokens": 1e3}}') + ENDING,
        counts=NOTHING,
    ),
    Case("counts below zero", counted(prompt_tokens=-5, completion_tokens=-1), counts=NOTHING),
    Case("counts of true", counted(prompt_tokens=True, completion_tokens=True), counts=NOTHING),
    Case("counts beyond measure", counted(prompt_tokens=2**70, completion_tokens=2**41), counts=NOTHING),
    Case("counts in a list", HEL + LO + data({"choices": [], "usage": [1, 2]}) + ENDING, counts=NOTHING),
    Case("one good count", counted(prompt_tokens="x", completion_tokens=2), counts=(None, 2, None)),
    Case("prompt cache", counted(**CACHED, prompt_tokens_details={"cached_tokens": 7990}), counts=(8000, 2, 7990)),
    Case("prompt cache, DeepSeek", counted(**CACHED, prompt_cache_hit_tokens=7990), counts=(8000, 2, 7990)),
    Case("prompt cache, Moonshot", counted(**CACHED, cached_tokens=7990), counts=(8000, 2, 7990)),
    Case("prompt cache, Anthropic", counted(**CACHED, cache_read_input_tokens=7990), counts=(8000, 2, 7990)),
    Case(
        "prompt cache, newer details",
        counted(**CACHED, input_tokens_details={"cached_tokens": 7990}),
        counts=(8000, 2, 7990),
    ),
    Case(
        "prompt cache, llama.cpp",
        HEL + LO + data({**usage(**CACHED), "timings": {"cache_n": 7990}}) + END,
        counts=(8000, 2, 7990),
    ),
    Case("prompt cache, empty", counted(**CACHED, prompt_tokens_details={"cached_tokens": 0}), counts=(8000, 2, 0)),
    Case("prompt cache, null", counted(**CACHED, prompt_tokens_details=None), counts=(8000, 2, None)),
    Case("prompt cache, more than the prompt", counted(**CACHED, cached_tokens=8001), counts=(8000, 2, None)),
    Case(
        "half counted", counted(prompt_tokens=8000, completion_tokens=0, cached_tokens=7990), counts=(8000, None, 7990)
    ),
    Case(
        "prompt cache, no count",
        counted(**CACHED, prompt_tokens_details={"cached_tokens": "7990"}),
        counts=(8000, 2, None),
    ),
)


def spoken(*words: str) -> str:
    return stream(*(said(word) for word in words))


THOUGHT = "The user greets me."
LATE: dict[str, Any] = {"answer": "Hello!", "reasoning": THOUGHT}
FINAL = "<|start|>assistant<|channel|>final<|message|>"
THINKING = (
    Case("never opened", spoken(THOUGHT, "\n</think>\n\n", "Hello!"), **LATE, kinds="rra"),
    Case("never opened, in one chunk", spoken(f"{THOUGHT}\n</think>\n\nHello!"), **LATE, kinds="a"),
    Case("never opened, in pieces", spoken(*f"{THOUGHT}\n</think>\n\nHello!"), **LATE, kinds="r" * 30 + "a" * 6),
    Case("never opened, glued", spoken(f"{THOUGHT}</thi", "nk>Hello!"), **LATE, kinds="ra"),
    Case("never opened, another tag", spoken(THOUGHT, "\n</thinking>\n", "Hello!"), **LATE),
    Case("never opened, brackets", spoken(THOUGHT, "[/THINK]", "Hello!"), **LATE),
    Case("never opened and cut", HEL + data(said("\n</think>\n")) + LO, "lo", CUT, reasoning="Hel", kinds="rra"),
    Case(
        "never opened and failed",
        HEL + data(said("\n</think>\n")) + LO + data({"error": "gone"}),
        "lo",
        FAILED,
        reasoning="Hel",
        says="gone",
    ),
    Case("never opened, nothing thought", spoken("\n</think>\n\n", "Hello!"), answer="Hello!", kinds="ra"),
    Case("never opened, nothing said", spoken(THOUGHT, "\n</think>\n"), answer="", reasoning=THOUGHT, kinds="rr"),
    Case(
        "never opened, then a tool",
        spoken(THOUGHT, "\n</think>\n").replace(
            ENDING, data({"choices": [{"delta": {"tool_calls": [{"function": {"arguments": "{}"}}]}}]}) + ENDING
        ),
        answer="{}",
        reasoning=THOUGHT,
        kinds="rrt",
    ),
    Case(
        "spoken of after it was closed",
        spoken("Hm.\n</think>\nUse ", "</think> well"),
        answer="Use </think> well",
        reasoning="Hm.",
    ),
    Case(
        "spoken of in thinking",
        spoken("I end with `</think>` then.\n</think>\nHello!"),
        answer="Hello!",
        reasoning="I end with `</think>` then.",
    ),
    Case("spoken of in backticks", spoken("Use `", "</think>", "` to close."), answer="Use `</think>` to close."),
    Case("spoken of in quotes", spoken('The tag "</think>" closes.'), answer='The tag "</think>" closes.'),
    Case("spoken of in a sentence", spoken("The tag </think> closes it."), answer="The tag </think> closes it."),
    Case("spoken of at the end", spoken("It is closed by </think>"), answer="It is closed by </think>"),
    Case(
        "spoken of in a block",
        spoken("So:\n```\nHm\n</think>\nYes\n```\n"),
        answer="So:\n```\nHm\n</think>\nYes\n```\n",
    ),
    Case(
        "spoken of with its opening",
        spoken("Use\n<think>\nthis\n</think>\nonly."),
        answer="Use\n<think>\nthis\n</think>\nonly.",
    ),
    Case("think", spoken("<think>", f"\n{THOUGHT}", "</think>", "\n\nHello!"), **LATE),
    Case("thinking", spoken("<thin", f"king>{THOUGHT}</thinking>", "\nHello!"), **LATE),
    Case("brackets", spoken(f"[THINK]{THOUGHT}[/TH", "INK]Hello!"), **LATE),
    Case("seed", spoken(f"<seed:think>{THOUGHT}</seed:think>Hello!"), **LATE),
    Case("triangles", spoken("◁", f"think▷{THOUGHT}", "◁/think▷Hello!"), **LATE),
    Case("thinking closed by another tag", spoken("<thinking>Hm. </think>"), answer="", reasoning="Hm. </think>"),
    Case(
        "harmony", spoken(f"<|channel|>analysis<|message|>{THOUGHT}<|end|>{FINAL}Hello!<|return|>"), **LATE, kinds="ra"
    ),
    Case(
        "harmony in pieces", spoken(*f"<|channel|>analysis<|message|>{THOUGHT}<|end|>{FINAL}Hello!<|return|>"), **LATE
    ),
    Case(
        "harmony with its start",
        spoken(
            "<|start|>",
            "assistant",
            "<|channel|>",
            "analysis",
            "<|message|>",
            THOUGHT,
            "<|end|>",
            "<|start|>",
            "assistant",
            "<|channel|>",
            "final",
            "<|message|>",
            "Hello!",
        ),
        **LATE,
    ),
    Case("harmony without thinking", spoken("<|channel|>final<|message|>", "Hello!"), answer="Hello!"),
    Case("harmony without an end", spoken("<|channel|>analysis<|message|>", THOUGHT), answer="", reasoning=THOUGHT),
    Case(
        "harmony, twice thought",
        spoken(
            "<|channel|>analysis<|message|>The user <|end|><|start|>assistant<|channel|>analysis"
            f"<|message|>greets me.<|end|>{FINAL}Hello!"
        ),
        **LATE,
    ),
    Case(
        "harmony with a preamble", spoken("<|channel|>commentary<|message|>Hel<|end|>", f"{FINAL}lo!"), answer="Hello!"
    ),
    Case(
        "harmony calling a function",
        spoken("<|channel|>commentary to=functions.f <|constrain|>json<|message|>{}<|call|>"),
        answer="{}",
        kinds="t",
    ),
    Case(
        "harmony with text between",
        spoken("<|channel|>analysis<|message|>Hm.<|end|>", "Hello!"),
        answer="Hello!",
        reasoning="Hm.",
    ),
    Case("harmony spoken of", spoken("<|start|> is a token."), answer="<|start|> is a token."),
    Case(
        "harmony with a marker unknown",
        spoken("<|channel|>final<|message|>a <|foo|> b <", "| c"),
        answer="a <|foo|> b <| c",
    ),
    Case(
        "no harmony later", spoken("Use <|channel|>analysis<|message|>x"), answer="Use <|channel|>analysis<|message|>x"
    ),
)

CASES = {case.name: case for case in (*FRAMING, *ERRORS, *SHAPES, *THINKING)}
assert len(CASES) == len(FRAMING) + len(ERRORS) + len(SHAPES) + len(THINKING), "two cases of one name"
MODELS = {name: f"case_{number}_" + re.sub(r"\W+", "_", name)[:40] for number, name in enumerate(CASES)}
"""The id of the model that answers so."""
