"""How a request ended, as a sentence: the same on the screen, in a terminal and in JSON."""

from __future__ import annotations

from tui.core.requests.request import Request, RequestState

COMPLETE = "The model came to the end of its answer."

_SENTENCES: dict[RequestState, tuple[str, str]] = {
    RequestState.QUEUED: ("Waiting for its turn.",) * 2,
    RequestState.LOADING: ("The model is being loaded.",) * 2,
    RequestState.RUNNING: ("The model is reading the prompt.", "The model is answering."),
    RequestState.DONE: ("The model ended without an answer.", COMPLETE),
    RequestState.EMPTY: ("The model ended without a word.",) * 2,
    RequestState.CUT: ("The stream ended before anything arrived.", "The stream ended in the middle of the answer."),
    RequestState.FAILED: ("The request failed.", "The request failed in the middle of the answer."),
    RequestState.STOPPED: ("Stopped before anything arrived.", "Stopped; what arrived is kept."),
    RequestState.SKIPPED: ("Skipped: this model failed before.",) * 2,
}
"""For each state: the sentence without an answer, and with one or a part of one."""
_ENDS = {
    "length": (
        "The model ended without an answer: it reached the most tokens that were asked for.",
        "The answer is cut: it reached the most tokens that were asked for.",
    ),
    "content_filter": (
        "The host's content filter let no answer through.",
        "The host's content filter ended the answer.",
    ),
}
"""The same for finish reasons that matter."""


def retry_hint(request: Request) -> str:
    """What to do about a request whose host or engine ended: run it again; and whether a part of the answer is kept."""
    return "What arrived is kept. Run it again." if request.timestamps.chunks else "Run it again."


def outcome(request: Request) -> str:
    """The state of a request, or how it ended. The reason of a failure may hold text from outside."""
    if request.fault is not None:
        return request.fault.message
    bare, answered = _SENTENCES[request.state]
    if request.state is RequestState.DONE:
        bare, answered = _ENDS.get(request.finish_reason or "", (bare, answered))
    return answered if request.answer else bare
