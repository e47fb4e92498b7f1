"""Hostile streams in random splits against the engine: `python -m tools.stream_fuzz --minutes 10`.

Every stream is read whole and in random splits by the engine's reader in this process; some of them also by a real
engine process, over a real connection. Of each:

- there is exactly one terminal event, and it is the last;
- the deltas, put together, are the texts of the request;
- text, state and counts do not depend on where the bytes were cut;
- the engine never stumbles over a defect of its own, never hangs, and its memory stays bounded.

It ends at the first stream of which this does not hold, and prints the bytes.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import httpx2
import psutil

from tui.core.plans.mode import Mode
from tui.core.requests import events as ev
from tui.core.requests.request import Request, RequestSpec, RequestState
from tui.core.sessions.session_dict import request_from_dict, request_to_dict
from tui.core.sessions.session_model import Endpoint
from tui.engine import errors as faults
from tui.engine.completion import Deadline, read_answer
from tui.engine.engine_client import EngineClient, EngineGone
from tui.engine.protocol import Hello, Start
from tui.engine.stamps import Stamps, clock

MOST_MB = 400
"""What a process may hold at any time."""
PATIENCE_S = 60.0
ENGINE_EVERY = 12
"""One of so many streams goes to the engine process as well, several side by side."""
BATCH = 8
TERMINAL = (ev.Ended, ev.Failed, ev.Cancelled)
QUESTION = [{"role": "user", "content": "hi"}]

WORDS = (
    "Hello",
    " ",
    "\n",
    "",
    "é",
    "🦊",
    "\u200c",
    "\ufeff",
    "\u2028",
    "<",
    ">",
    "`",
    '"',
    "a" * 300,
    "\x1b[2J",
    "\x00",
    "{",
    "}",
    "<think>",
    "</think>",
    "<thi",
    "nk>",
    "[THINK]",
    "[/THINK]",
    "</thinking>",
    "\n</think>\n",
    "◁think▷",
    "◁/think▷",
    "data:",
    "<|channel|>",
    "analysis",
    "final",
    "<|message|>",
    "<|end|>",
    "<|start|>",
    "assistant",
    "<|return|>",
    "<|",
    "|>",
    "[DONE]",
)
NUMBERS = (0, 1, 7, -5, 2**70, 1.5, 1e300, True, None, "12", [], {}, 3, 40)
REASONS = ("stop", "length", "abort", "error", "network_error", "tool_calls", "", None, 7, "x" * 400, ["stop"])
LINES = (
    "",
    "\n",
    "data:\n\n",
    "data\n\n",
    ": ping\n\n",
    ":\n",
    "event: ping\n\n",
    "event: error\n",
    "event: x\n",
    "retry: 3\n\n",
    "id: 1\n",
    "error: gone\n\n",
    'error: {"message": "gone"}\n',
    "data: [1]\n\n",
    'data: "x"\n\n',
    "data: 7\n\n",
    "[DONE]\n",
    "data: ping\n\n",
    "data: {\n",
    'data: "a": 1}\n\n',
    "{\n",
    "}\n",
    "<html>\n",
    "oops\n",
    "data: null\n\n",
    "\ufeff",
)
HARMLESS = ("\n", "data:\n\n", "data\n\n", ": ping\n\n", ":\n", "event: ping\n\n", "retry: 3\n\n", "id: 1\n", "x: y\n")
TYPES = (
    "text/event-stream",
    "text/event-stream",
    "text/plain",
    "application/json",
    "application/x-ndjson",
    "",
    "text/html",
)


@dataclass(frozen=True)
class Body:
    """A response: what it calls itself, and its bytes."""

    data: bytes
    content_type: str
    packed: bool = False


@dataclass
class Tally:
    """What was done so far."""

    streams: int = 0
    reads: int = 0
    engine: int = 0
    bytes: int = 0
    states: Counter[str] = field(default_factory=Counter)
    peak_mb: float = 0.0


def an_object(dice: random.Random, depth: int = 0, *, mean: bool = True) -> Any:
    """Something that may be a chunk; unless it is `mean`, no reason to end the stream."""
    kind = dice.random() if mean else dice.uniform(0, 0.7)
    if kind < 0.55:
        return {"choices": [a_choice(dice, mean=mean)], **({"usage": a_usage(dice)} if dice.random() < 0.1 else {})}
    if kind < 0.65:
        return {"choices": dice.choice(([], None, {}, [None], 7)), "usage": a_usage(dice)}
    if kind < 0.72:
        return {"choices": [{**a_choice(dice), "index": 1}, a_choice(dice, mean=mean)]}
    if kind < 0.80:
        words = dice.choice(("gone", {"message": "gone"}, {"code": 5}, ["a", {"msg": "b"}], True, 0, None, {}))
        return {dice.choice(("error", "detail", "message", "error_code", "errors", "msg")): words}
    if kind < 0.85:
        return {"object": "error", "message": dice.choice(WORDS)}
    if kind < 0.90 and depth < 3:
        return [an_object(dice, depth + 1) for _ in range(dice.randrange(3))]
    return dice.choice(({}, [], 7, "x", None, {"timings": {"cache_n": 3}}, {"type": "ping"}, {"choices": [[]]}))


def a_choice(dice: random.Random, *, mean: bool = True) -> dict[str, Any]:
    """One choice, with text where servers put it, or where none belongs."""
    text = (
        dice.choice(WORDS) if dice.random() < 0.9 else dice.choice((None, 7, [], [{"type": "text", "text": "x"}], {}))
    )
    name = dice.choice(("content",) * 12 + ("reasoning_content", "reasoning", "refusal", "thinking", "tool_calls"))
    if name == "tool_calls":
        text = dice.choice(([{"function": {"arguments": "{}"}}], [None], "x", {}))
    choice: dict[str, Any] = {dice.choice(("delta",) * 12 + ("message", "message", "other")): {name: text}}
    if dice.random() < 0.5:
        choice["index"] = dice.choice((0, 0, 0, 0, 0, None, False, "0", 1, -1))
    if dice.random() < 0.12:
        choice["finish_reason"] = dice.choice(REASONS if mean else ("stop", "length", None, ""))
    if mean and dice.random() < 0.02:
        choice["error"] = dice.choice(("gone", {"message": "gone"}, None, False))
    if dice.random() < 0.03:
        choice["text"] = dice.choice(WORDS)
    return choice


def a_usage(dice: random.Random) -> Any:
    """Counts, or what a server takes for them."""
    if dice.random() < 0.1:
        return dice.choice((None, [], 7, "x", {}))
    names = ("prompt_tokens", "completion_tokens", "cached_tokens", "prompt_cache_hit_tokens")
    counts: dict[str, Any] = {name: dice.choice(NUMBERS) for name in names if dice.random() < 0.7}
    counts["prompt_tokens_details"] = dice.choice((None, {}, {"cached_tokens": dice.choice(NUMBERS)}, 7))
    return counts


def a_body(dice: random.Random) -> Body:
    """One hostile response."""
    end = dice.choice(("\n\n", "\n\n", "\n\n", "\r\n\r\n", "\r\r", "\n", "\r\n", "\n\r\n"))
    mean = dice.random() < 0.3
    parts: list[str] = []
    for _ in range(dice.randrange(30)):
        if dice.random() < 0.07:
            parts.append(dice.choice(LINES if mean else HARMLESS))
            continue
        text = json.dumps(
            an_object(dice, mean=mean), ensure_ascii=dice.random() < 0.5, indent=dice.choice((None,) * 30 + (1,))
        )
        prefix = dice.choice(("data: ",) * 15 + ("data:", "", " data: ", "DATA: "))
        text = text.replace("\n", f"\n{prefix}") if dice.random() < 0.7 else text
        parts.append(f"{prefix}{text}{end}")
    if dice.random() < 0.6:
        parts.append(f"data: [DONE]{end}")
    data = "".join(parts).encode("utf-8", "surrogatepass")
    for _ in range(dice.choice((0, 0, 0, 0, 1, 1, 3))):
        data = mutated(dice, data)
    if dice.random() < 0.003:
        data += dice.choice((b"x", b"data: x\n", b"[", b"x\n", b'data: {"choices":[{}]}\n\n')) * 300_000
    packed = dice.random() < 0.05
    return Body(gzip.compress(data) if packed else data, dice.choice(TYPES), packed)


def mutated(dice: random.Random, data: bytes) -> bytes:
    """The bytes with one place spoilt."""
    at, size = dice.randrange(len(data) + 1), dice.randrange(1, 40)
    change = dice.randrange(4)
    if change == 0:
        return data[:at] + data[at + size :]
    if change == 1:
        return data[:at] + dice.randbytes(dice.randrange(1, 6)) + data[at:]
    if change == 2:
        return data[:at] + data[max(at - size, 0) :]
    return data[:at]


def split(dice: random.Random, data: bytes) -> list[bytes]:
    """The bytes cut in random places; now and then everywhere."""
    if len(data) < 2000 and dice.random() < 0.1:
        return [data[at : at + 1] for at in range(len(data))]
    edges = sorted({0, len(data), *(dice.randrange(len(data) + 1) for _ in range(dice.randrange(12)))})
    return [data[start:end] for start, end in pairwise(edges)]


class Portions(httpx2.AsyncByteStream):
    """A body that comes in these portions, each a read of the socket."""

    def __init__(self, stamps: Stamps, portions: Sequence[bytes]) -> None:
        self._stamps, self._portions = stamps, portions

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for portion in self._portions:
            self._stamps.read(clock())
            yield portion


async def read(portions: Sequence[bytes], content_type: str) -> list[ev.Event]:
    """What the engine's reader makes of these portions."""
    start, seen = Start("r1", Endpoint("http://127.0.0.1:9/v1", "m"), QUESTION), list[ev.Event]()
    stamps = Stamps(lambda: None)
    stamps.sent = clock()
    response = httpx2.Response(
        200,
        headers={"content-type": content_type},
        stream=Portions(stamps, portions),
        request=httpx2.Request("POST", "http://127.0.0.1:9/v1"),
    )
    seen.append(ev.Sent("r1", stamps.sent))
    try:
        await read_answer(start, response, stamps, Deadline(start), seen.append)
    except faults.EXPECTED as error:
        arrived = any(isinstance(event, ev.Delta) for event in seen)
        seen.append(faults.failed(start, error, clock(), arrived=arrived))
    return seen


def folded(events: Sequence[ev.Event]) -> Request:
    """The request of these events, which keep to the rules. Raises AssertionError when they do not."""
    request = Request(RequestSpec("r1", "plan1", Mode.RACE, "m1", "p1"))
    for event in events:
        request.fold(event)
    ends = [event for event in events if isinstance(event, TERMINAL)]
    last = [event for event in events if not isinstance(event, ev.FailureExplained)][-1]
    assert len(ends) == 1 and last is ends[0], f"terminal events: {ends}"
    failed = ends[0]
    assert not isinstance(failed, ev.Failed) or failed.kind != "engine", f"the engine stumbled: {failed}"
    deltas = [event for event in events if isinstance(event, ev.Delta)]
    assert all(delta.text for delta in deltas), "a delta without text"
    thought = "".join(delta.text for delta in deltas if delta.kind is ev.Kind.REASONING)
    said = "".join(delta.text for delta in deltas if delta.kind is not ev.Kind.REASONING)
    found = [event for event in events if isinstance(event, ev.ThinkingFound)]
    if found:
        (again,) = found
        assert not thought and again.thought_chars <= again.answer_from <= len(said)
        thought, said = said[: again.thought_chars].strip(), said[again.answer_from :]
    assert (request.reasoning, request.answer) == (thought, said), "deltas and texts differ"
    assert request.timestamps.chunks == len(deltas) == len(request.timestamps.kinds)
    table = request_to_dict(request)
    assert request_to_dict(request_from_dict(table)) == table, "the file gives back something else"
    return request


def outcome(request: Request) -> tuple[Any, ...]:
    """What may not depend on where the bytes were cut."""
    usage, fault = request.usage, request.fault
    counts = (usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens) if usage else None
    # Why an answer was cut is told after its end, for which nobody waits here.
    why = fault.message if fault and request.state is RequestState.FAILED else ""
    return request.state, request.answer, request.reasoning, request.finish_reason, counts, why


class Server:
    """Serves each body to the request whose model is its number."""

    def __init__(self) -> None:
        self.bodies: dict[str, tuple[Body, list[bytes]]] = {}
        self.port = 0
        self._up = threading.Event()
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),), daemon=True).start()
        assert self._up.wait(10)

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._up.set()
        await asyncio.Event().wait()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = int(head.partition("content-length:")[2].split("\r\n")[0])
            body, portions = self.bodies[json.loads(await reader.readexactly(length))["model"]]
            lines = ["HTTP/1.1 200 OK", "connection: close"]
            lines += [f"content-type: {body.content_type}"] * bool(body.content_type)
            lines += ["content-encoding: gzip"] * body.packed
            writer.write("\r\n".join([*lines, "", ""]).encode())
            for portion in portions:
                writer.write(portion)
                await writer.drain()
                await asyncio.sleep(0)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the engine has heard enough
        finally:
            writer.close()


def through_the_engine(link: EngineClient, server: Server, count: int) -> dict[str, list[ev.Event]]:
    """The events of all bodies that the server holds. Raises AssertionError when the engine dies or hangs."""
    seen: dict[str, list[ev.Event]] = {str(number): [] for number in range(count)}
    for name in seen:
        link.send(Start(name, Endpoint(f"http://127.0.0.1:{server.port}/v1", name), QUESTION))
    waiting, deadline = set(seen), time.monotonic() + PATIENCE_S
    while waiting:
        assert time.monotonic() < deadline, f"the engine hangs: {waiting}"
        link.wait(0.1)
        for message in link.drain():
            assert not isinstance(message, EngineGone), f"the engine died: {message}"
            if not isinstance(message, Hello):
                seen[message.request].append(message)
                if isinstance(message, TERMINAL):
                    waiting.discard(message.request)
    return seen


def check(dice: random.Random, body: Body, tally: Tally) -> tuple[Any, ...]:
    """Read one body here, whole and cut. Returns its outcome."""
    data = gzip.decompress(body.data) if body.packed else body.data
    whole = outcome(folded(asyncio.run(read([data] if data else [], body.content_type))))
    for _ in range(3):
        portions = split(dice, data)
        cut = outcome(folded(asyncio.run(read(portions, body.content_type))))
        assert cut == whole, f"cut as {[len(part) for part in portions]}:\n{cut}\nwhole:\n{whole}"
        tally.reads += len(portions)
    tally.streams += 1
    tally.bytes += len(data)
    tally.states[whole[0].value] += 1
    return whole


def fuzz(seconds: float, seed: int, most: int = sys.maxsize) -> Tally:
    """Try streams for this long, `most` at most. Raises AssertionError with the bytes of the first that fails."""
    dice, tally, server, link = random.Random(seed), Tally(), Server(), EngineClient()
    until = time.monotonic() + seconds
    begun = psutil.Process().memory_info().rss
    batch: list[tuple[Body, tuple[Any, ...]]] = []
    body: Body | None = None
    try:
        while time.monotonic() < until and tally.streams < most:
            body = a_body(dice)
            result = check(dice, body, tally)
            if tally.streams % ENGINE_EVERY == 0:
                batch.append((body, result))
            if len(batch) == BATCH:
                server.bodies = {str(n): (one, split(dice, one.data)) for n, (one, _) in enumerate(batch)}
                for name, events in through_the_engine(link, server, BATCH).items():
                    body, expected = batch[int(name)]
                    found = outcome(folded(events))
                    assert found == expected, f"in the engine:\n{found}\nhere:\n{expected}"
                assert link.pid is not None
                tally.engine += BATCH
                held = psutil.Process(link.pid).memory_info().rss, psutil.Process().memory_info().rss - begun
                tally.peak_mb = max(tally.peak_mb, max(held) / 1e6)
                assert tally.peak_mb < MOST_MB, f"{tally.peak_mb:.0f} MB"
                batch = []
    except Exception as error:
        raise AssertionError(f"{error}\nseed {seed}, stream {tally.streams}:\n{body}") from error
    finally:
        link.close()
    return tally


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    asked = parser.parse_args()
    tally = fuzz(asked.minutes * 60, asked.seed)
    states = ", ".join(f"{count} {state}" for state, count in tally.states.most_common())
    print(f"seed {asked.seed}: {tally.streams} streams ({states}), {tally.bytes / 1e6:.1f} MB in {tally.reads} reads;")
    print(f"{tally.engine} of them through the engine process; {tally.peak_mb:.0f} MB at most; every rule held")


if __name__ == "__main__":
    main()
