"""What came of a request, as a sentence: the same on the screen, on paper and in JSON."""

from __future__ import annotations

from tui.core.lane import Lane, LaneState

COMPLETE = "The model came to the end of its answer."

_SENTENCES: dict[LaneState, tuple[str, str]] = {
    LaneState.QUEUED: ("Waiting for its turn.",) * 2,
    LaneState.LOADING: ("The model is being loaded.",) * 2,
    LaneState.RUNNING: ("The model is reading the prompt.", "The model is answering."),
    LaneState.DONE: ("The model ended without an answer.", COMPLETE),
    LaneState.EMPTY: ("The model ended without a word.",) * 2,
    LaneState.CUT: ("The stream ended before anything arrived.", "The stream ended in the middle of the answer."),
    LaneState.FAILED: ("The request failed.", "The request failed in the middle of the answer."),
    LaneState.STOPPED: ("Stopped before anything arrived.", "Stopped; what arrived is kept."),
    LaneState.SKIPPED: ("Skipped: this model failed before.",) * 2,
}
"""For each state: while there is no answer, and with one, or a part of one."""
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
"""The same by finish reason, where that is news."""


def asked_again(lane: Lane) -> str:
    """What to do about a request whose host or engine is gone: what is kept, if anything came, and to ask again."""
    return "What arrived is kept. Run it again." if lane.marks.chunks else "Run it again."


def outcome(lane: Lane) -> str:
    """Where a request is or how it ended. The reason of a failure may hold text from outside."""
    if lane.fault is not None:
        return lane.fault.message
    bare, answered = _SENTENCES[lane.state]
    if lane.state is LaneState.DONE:
        bare, answered = _ENDS.get(lane.finish_reason or "", (bare, answered))
    return answered if lane.answer else bare
