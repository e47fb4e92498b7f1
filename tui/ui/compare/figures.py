"""All figures of one answer, what each means, and why one is not known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from textwrap import wrap

from textual.content import Content

from tui.core.metrics.registry import FLAGS, METRICS, Metric, mark
from tui.core.requests.request import Request
from tui.core.text.clean import clean_line
from tui.core.text.formatting import UNKNOWN, data_size, quantity
from tui.ui.compare.part import ScreenPart
from tui.ui.dialogs.text_page import TextPageDialog

_NAME, _VALUE = 19, 12
"""Cells of a name and of a value."""
_PAGE, _FRAME = 0.96, 6
"""How much of the screen's width a page has, and the cells of its frame."""
_REASONS: Mapping[str, str] = {
    "ttfo_ms": "no text but thinking came",
    "think_ms": "the answer does not begin with thinking",
    "answer_chars_per_s": "too little text came for a rate",
    "icl_p50_ms": "the text came in one piece",
    "icl_p95_ms": "the text came in one piece",
    "icl_max_ms": "the text came in one piece",
    "prefill_tps": "the host does not say how many tokens the prompt has",
    "connect_ms": "the connection was not timed",
    "queue_ms": "it is not known when it was asked",
    "load_ms": "nothing had to be loaded for it",
    "end_ms": "it has not come to its end",
}
"""Why a figure is not known, where it is none of the usual reasons."""


class Figures(ScreenPart):
    """A page with the figures of the focused answer."""

    def show(self) -> None:
        """Show them, if they may be seen: a blind review hides them."""
        request, index = self.screen.focused_request(), self.screen.grid.focused_index
        data = self.screen.painter.data_of(index) if index is not None else None
        if request is None or data is None:
            self.screen.say("Nothing has been asked in this pane yet.")
        elif data.reading is None:
            self.screen.say("The figures are hidden.")
        else:
            title = f"{data.position} {data.title}"
            width = min(int(self.screen.size.width * _PAGE), 92) - _FRAME
            self.screen.app.push_screen(TextPageDialog(title, Content("\n").join(_lines(request, width))))


def _lines(request: Request, width: int) -> Iterator[Content]:
    begin = _NAME + _VALUE + 2
    for name, value, meaning in figures(request):
        rows = wrap(meaning, max(width - begin, 10)) or [""]
        yield Content.assemble(f"{name:<{_NAME}}", (f"{value:>{_VALUE}}", "bold"), f"  {rows[0]}")
        for row in rows[1:]:
            yield Content(" " * begin + row)
    derived = request.metrics
    held = [flag for flag in FLAGS if flag.holds(request, derived)]
    if held:
        yield Content("")
        yield Content.styled("What is so of it", "bold")
        for flag in held:
            yield Content(f"{flag.sign:<{_NAME}}{flag.meaning}")
    yield Content("")
    yield Content.styled("Signs", "bold")
    yield Content(f"{UNKNOWN:<{_NAME}}Not known")
    yield Content(f"{'~':<{_NAME}}Estimated: not counted by the host")
    yield Content(f"{'?':<{_NAME}}The bar, and every key")


def figures(request: Request) -> Iterator[tuple[str, str, str]]:
    """Name, value, and what it is or, of what is not known, why, of every figure of a request."""
    usage, derived = request.usage, request.metrics
    counted = "counted by the host" if usage is not None and usage.source == "server" else "estimated from the pieces"
    estimate = mark(request, derived)
    for name, count, meaning in (
        ("answer tokens", usage.completion_tokens if usage else None, counted),
        ("of thinking", usage.reasoning_tokens if usage else None, "tokens that it thought"),
        ("prompt tokens", usage.prompt_tokens if usage else None, "tokens that it read"),
        ("of a cache", usage.cached_tokens if usage else None, "tokens of the prompt that were read before"),
    ):
        known = f"{estimate if name == 'answer tokens' else ''}{count:,}" if count is not None else UNKNOWN
        yield name, known, meaning if count is not None else "not known: the host does not say"
    yield "pieces of text", f"{request.timestamps.chunks:,}", "chunks, as the host sent them"
    reason = clean_line(request.finish_reason or UNKNOWN, _VALUE)
    yield "finish reason", reason, "what the host said of its end" if request.finish_reason else "not known: none came"
    peak = request.memory.resident_peak if request.memory else None
    yield "memory", data_size(peak), "the most that the host was seen to hold" if peak else "not known: not seen"
    used, why = (request.memory.gpu_peak, request.memory.no_gpu) if request.memory else (None, None)
    in_use = "the most that all GPUs of the machine were seen to have in use, by whatever ran there"
    yield (
        "GPU memory",
        data_size(used),
        in_use if used is not None else f"not known: {clean_line(why or 'not seen from here', 200)}",
    )
    for metric in METRICS:
        value = metric.read(request, derived)
        sign = estimate if metric.needs_tokens and value is not None else ""
        meaning = metric.meaning if value is not None else f"not known: {_why_unknown(request, metric)}"
        yield metric.label, f"{sign}{quantity(value, metric.unit)}", meaning


def _why_unknown(request: Request, metric: Metric) -> str:
    if metric.why_unknown is not None and (why := metric.why_unknown(request)) is not None:
        return why
    if not request.timestamps.chunks and metric.name not in ("queue_ms", "load_ms", "connect_ms"):
        return "no text came"
    if metric.needs_tokens and (request.usage is None or request.usage.completion_tokens is None):
        return "nobody counted its tokens"
    if metric.name == "tpot_ms" and (why := request.no_rate) is not None:
        return why
    return _REASONS.get(metric.name, "what it is made of is not known")
