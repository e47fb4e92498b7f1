"""A chat that the replayed hosts hold: the same words from every model, in the chunks of that host's generation."""

from __future__ import annotations

import json
import time
from http.server import BaseHTTPRequestHandler
from typing import Any

WORDS = ("Search", " first", ", then", " answer", " from", " what", " was", " found", ".")
ANSWER = "".join(WORDS)
GAP_S = 0.01


def chat(handler: BaseHTTPRequestHandler, *chunks: dict[str, Any]) -> None:
    """Stream the chunks, and the end."""
    handler.send_response(200)
    handler.send_header("Content-Type", "text/event-stream")
    handler.send_header("Transfer-Encoding", "chunked")
    handler.send_header("Connection", "close")
    handler.end_headers()
    for event in (*(json.dumps(chunk) for chunk in chunks), "[DONE]"):
        raw = f"data: {event}\n\n".encode()
        handler.wfile.write(f"{len(raw):x}\r\n".encode() + raw + b"\r\n")
        handler.wfile.flush()
        time.sleep(GAP_S)
    handler.wfile.write(b"0\r\n\r\n")
    handler.close_connection = True


def older(recorded: dict[str, Any], model: str) -> list[dict[str, Any]]:
    """As the service says it: every word twice, with a role each time, no finish reason and no usage."""
    chunks = []
    for word in WORDS:
        part = recorded["choices"][0]["delta"] | {"content": word}
        chunks.append(recorded | {"model": model, "choices": [{"delta": part, "message": part, "index": 0}]})
    return chunks


def newer(model: str) -> list[dict[str, Any]]:
    """As OpenAI's API has it, with a finish reason."""
    frame = {"id": "chat-1", "object": "chat.completion.chunk", "model": model}
    texts = [{"index": 0, "delta": {"content": word}} for word in WORDS]
    return [frame | {"choices": [choice]} for choice in (*texts, {"index": 0, "delta": {}, "finish_reason": "stop"})]
