"""Every metric and every flag of an answer, in one table each.

Whatever lists, shows or explains them reads these tables: the numbers of a pane and the sentences below its answer, the
help, `run`, `smoke`, the reports, and the tables of `docs/measurement.md`. To add a metric, write its formula in
`metrics.py` and its entry here; a flag is an entry here.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from tui.core.metrics.metrics import CHUNKED_ABOVE, Metrics, NoRate
from tui.core.requests.dropped_options import dropped_sentence
from tui.core.requests.outcome import outcome
from tui.core.requests.request import Request, RequestState
from tui.core.text.clean import clean_line

if TYPE_CHECKING:
    from tui.core.answers.findings import Findings

MS = "ms"
TOKENS_PER_S = "tok/s"
CHARS_PER_S = "char/s"
TOKENS = "tok"

GIVEN_UP_FIRST = 9
"""The rank of what is left out before everything else where a pane is too narrow; see `Metric.rank`."""


class Place(enum.Flag):
    """Where a metric or a flag is shown."""

    PANE = enum.auto()
    """Among the numbers under an answer on the screen, and in the help that explains them."""
    NUMBERS = enum.auto()
    """As a sign before every number that is made of tokens. Flags only, like the sentences."""
    REMARK = enum.auto()
    """As a sentence below an answer on the screen."""
    SUMMARY = enum.auto()
    """In the line that `run` prints below an answer."""
    OUTPUT = enum.auto()
    """As a sentence that `run` prints above that line."""
    JSON = enum.auto()
    """Under `metrics` in `run --json`."""
    SMOKE = enum.auto()
    """In `smoke --json`."""
    REPORT = enum.auto()
    """In every format of a report, and compared there."""
    WIDE = enum.auto()
    """In the wide tables of a report, and wherever else one is asked for it by name. Metrics only."""


PLACES = {
    Place.PANE: "pane",
    Place.NUMBERS: "before the numbers themselves",
    Place.REMARK: "sentence in the pane",
    Place.SUMMARY: "`run`",
    Place.OUTPUT: "sentence of `run`",
    Place.JSON: "`run --json`",
    Place.SMOKE: "`smoke --json`",
    Place.REPORT: "reports",
    Place.WIDE: "wide reports",
}
"""What the documents call each place."""


class Better(enum.StrEnum):
    """Which of two values is the better one."""

    LOWER = "lower"
    HIGHER = "higher"


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """A number derived from one request."""

    name: str
    """The key in JSON and the beginning of a column's name in CSV."""
    unit: str
    label: str
    """The heading of its columns in a report."""
    meaning: str
    """What it is, as a phrase in plain text: for the help, where it has one line at 80 columns, and the documents."""
    formula: str
    """For the documents, in Markdown; see `docs/measurement.md` for the symbols."""
    read: Callable[[Request, Metrics], float | None]
    """The value, from a request and what `metrics.derive()` made of it. None where it is not known."""
    better: Better | None = None
    """None where neither more nor less is better."""
    grows_with_answer: bool = False
    """Whether a longer answer takes more of it, so that answers of different length say nothing of speed."""
    needs_tokens: bool = False
    """Whether it is unknown without a count of tokens, and only an estimate where the server did not count them."""
    shown_in: Place = Place.JSON
    short: str | None = None
    """Its name in a pane and in a summary, where the label is too long; empty where its unit says enough."""
    shortest: str | None = None
    """Its name in a narrow pane."""
    rank: int = GIVEN_UP_FIRST
    """How readily a narrow pane gives it up: the highest goes first."""
    pane_shows_unknown: bool = False
    """Whether a pane has a dash for it while it is unknown, instead of nothing."""
    pane_shows_if: Callable[[Metrics], bool] = lambda _: True
    """Whether it says anything, for a pane that has little space."""
    note: str = ""
    """What else there is to know, for the documents, in Markdown."""
    noun: str = ""
    """What a sentence calls it. Needed where `why_unknown` is given."""
    why_unknown: Callable[[Request], str | None] | None = None
    """Why a request does not have it, as half a sentence; None when it has it."""
    reasons: tuple[str, ...] = ()
    """All that `why_unknown` may say."""

    def value(self, request: Request) -> float | None:
        """The value for one request. Derives all metrics, which takes milliseconds for a long answer."""
        return self.read(request, request.metrics)

    @property
    def short_label(self) -> str:
        """Its name where the label is too long."""
        return self.label if self.short is None else self.short


class Tally(enum.Enum):
    """How a report puts a flag of many runs into one cell."""

    ANY = "whether it holds for any of the runs that ended"
    """For flags that all runs of a row have as a rule: a note says so only where some have it and some have not."""
    COUNT = "for how many of the runs that count it holds"
    ENDED = "for how many of the runs that ended it holds"
    """For flags of runs that do not count: their answers are incomplete."""


@dataclass(frozen=True, slots=True, eq=False)
class Flag:
    """Something that is so or not so of one request, and that changes how its numbers or its answer are read."""

    name: str
    """The key in JSON, unless `json_key` gives another, and the column in CSV."""
    label: str
    """In a summary and in a report's notes."""
    meaning: str
    """What it says, as a phrase in plain text: for the help and the documents."""
    holds: Callable[[Request, Metrics], bool | None]
    """Whether it is so, from a request and what `metrics.derive()` made of it. None where it is not known."""
    shown_in: Place
    sign: str
    """What stands for it where there is little space: in a pane or before a number, where the help explains it."""
    rank: int = GIVEN_UP_FIRST
    """How readily a narrow pane gives the sign up: the highest goes first."""
    amount: Callable[[Request], str] = lambda _: ""
    """How much it is, behind the sign in a pane that has the space."""
    words: Callable[[Request], str] | None = None
    """What a summary says, where the label is not enough."""
    about: str = ""
    """The metric that it qualifies: a summary has it right behind that."""
    sentence: Callable[[Request], str] = lambda _: ""
    """For `Place.REMARK` and `Place.OUTPUT`."""
    json_key: str = ""
    json_value: Callable[[Request], object] | None = None
    """What JSON has under the key, where that is not whether it holds."""
    tally: Tally = Tally.COUNT
    report_note: str = "{count} of {runs} runs {label}"
    """The note of a row in a report; `{label}` stands for the label. Empty where the report says it elsewhere."""
    legend: str = ""
    """The sentence below a report's table that explains the note."""
    note: str | Callable[[], str] = ""
    """When it holds, and where its limits come from, for the documents, in Markdown. Made when it is asked for where
    it has limits of modules that are only loaded when an answer has ended."""

    @property
    def when(self) -> str:
        """The note."""
        return self.note if isinstance(self.note, str) else self.note()

    def json(self, request: Request, metrics: Metrics) -> tuple[str, object]:
        """Key and value in JSON."""
        value = self.holds(request, metrics) if self.json_value is None else self.json_value(request)
        return self.json_key or self.name, value


METRICS: tuple[Metric, ...] = (
    Metric(
        "ttft_ms", MS, "first text", "time to first text of any kind", "e₁ - t0",
        lambda _, metrics: metrics.ttft_ms,
        better=Better.LOWER,
        shown_in=Place.PANE | Place.SUMMARY | Place.JSON | Place.SMOKE | Place.REPORT,
        short="first", shortest="1st", rank=2, pane_shows_unknown=True,
    ),
    Metric(
        "ttfo_ms", MS, "first output", "time to first output, after thinking", "first chunk that is not thinking - t0",
        lambda _, metrics: metrics.ttfo_ms,
        better=Better.LOWER,
        shown_in=Place.PANE | Place.JSON | Place.WIDE,
        short="answer", rank=4, pane_shows_if=lambda metrics: metrics.ttfo_ms != metrics.ttft_ms,
    ),
    Metric(
        "think_ms", MS, "thinking", "time spent thinking", "ttfo - ttft",
        lambda _, metrics: metrics.think_ms,
        shown_in=Place.JSON | Place.WIDE,
        note="only for answers that began with thinking",
    ),
    Metric(
        "last_ms", MS, "last text", "time to last text", "e_K - t0",
        lambda _, metrics: metrics.last_ms,
        better=Better.LOWER, grows_with_answer=True,
    ),
    Metric(
        "end_ms", MS, "whole answer", "time to the end of the stream", "end of stream - t0",
        lambda _, metrics: metrics.end_ms,
        better=Better.LOWER, grows_with_answer=True,
        shown_in=Place.PANE | Place.SUMMARY | Place.JSON | Place.SMOKE | Place.REPORT,
        short="total", rank=3, note="the end is `[DONE]` where the server sends it",
    ),
    Metric(
        "tpot_ms", MS, "time per token", "time per output token after the first", "(e_K - e₁) / (N - 1)",
        lambda _, metrics: metrics.tpot_ms,
        better=Better.LOWER, needs_tokens=True,
        note="needs N ≥ 2, 20 ms between first and last chunk, and at most one chunk or a tenth of them in the first "
        "read",
    ),
    Metric(
        "decode_tps", TOKENS_PER_S, "decoding", "tokens per second while decoding", "1000 / tpot_ms",
        lambda _, metrics: metrics.decode_tps,
        better=Better.HIGHER, needs_tokens=True,
        shown_in=Place.PANE | Place.SUMMARY | Place.JSON | Place.REPORT,
        short="", rank=0, noun="decode rate",
        why_unknown=lambda request: request.no_rate,
        reasons=tuple(NoRate),
    ),
    Metric(
        "e2e_tps", TOKENS_PER_S, "end to end", "tokens per second from the request on", "1000 · N / last_ms",
        lambda _, metrics: metrics.e2e_tps,
        better=Better.HIGHER, needs_tokens=True,
        shown_in=Place.JSON | Place.WIDE,
    ),
    Metric(
        "answer_chars_per_s", CHARS_PER_S, "answering", "characters of the answer per second",
        "answer characters / (last - ttfo)",
        lambda _, metrics: metrics.answer_chars_per_s,
        better=Better.HIGHER,
        shown_in=Place.JSON | Place.WIDE,
        note="compares models with different tokenizers",
    ),
    Metric(
        "icl_p50_ms", MS, "gap, median", "inter-chunk latency, median", "gaps between reads",
        lambda _, metrics: metrics.icl_p50_ms,
        better=Better.LOWER,
        note="a chunk is not a token",
    ),
    Metric(
        "icl_p95_ms", MS, "gap, p95", "inter-chunk latency, 95th percentile", "gaps between reads",
        lambda _, metrics: metrics.icl_p95_ms,
        better=Better.LOWER,
    ),
    Metric(
        "icl_max_ms", MS, "gap, longest", "inter-chunk latency, longest", "gaps between reads",
        lambda _, metrics: metrics.icl_max_ms,
        better=Better.LOWER,
    ),
    Metric(
        "tokens_per_chunk", TOKENS, "tokens per chunk", "tokens that came in one chunk", "N / K",
        lambda _, metrics: metrics.tokens_per_chunk,
        needs_tokens=True,
        note=f"above {CHUNKED_ABOVE}, chunks must not be read as tokens",
    ),
    Metric(
        "prefill_tps", TOKENS_PER_S, "reading the prompt", "tokens of the prompt evaluated per second",
        "(prompt tokens - cached ones) / ttft",
        lambda _, metrics: metrics.prefill_tps,
        better=Better.HIGHER, needs_tokens=True,
        note="includes whatever queueing and loading the server did unseen",
    ),
    Metric(
        "connect_ms", MS, "connecting", "setting up the connection", "connected - began to connect",
        lambda _, metrics: metrics.connect_ms,
        better=Better.LOWER,
        note="TLS and a proxy's tunnel included",
    ),
    Metric(
        "queue_ms", MS, "waiting", "waiting for its turn, and for the other models of a race to load",
        "t0 - asked, less loading and connecting",
        lambda _, metrics: metrics.queue_ms,
    ),
    Metric(
        "load_ms", MS, "loading", "the host's load call", "loaded - began to load",
        lambda _, metrics: metrics.load_ms,
        better=Better.LOWER,
        shown_in=Place.JSON | Place.WIDE,
        note="never part of `ttft_ms`",
    ),
)  # fmt: skip
"""All of them, in the order of the keys in JSON."""


def _from_cache(request: Request, _: Metrics) -> bool | None:
    usage = request.usage
    return None if usage is None or usage.cached_tokens is None else usage.from_cache


def _cached_share(request: Request) -> str:
    usage = request.usage
    if usage is None or usage.cached_tokens is None:
        return ""
    return f"{usage.cached_tokens}" + ("" if usage.prompt_tokens is None else f"/{usage.prompt_tokens}")


def _cached_words(request: Request) -> str:
    return f"{_cached_share(request).replace('/', ' of ')} prompt tokens from a cache"


def _ended_as(request: Request, finish_reason: str) -> bool:
    return request.state is RequestState.DONE and request.finish_reason == finish_reason


def _incomplete(request: Request, _: Metrics) -> bool:
    ended_early = request.state in (RequestState.CUT, RequestState.STOPPED, RequestState.FAILED)
    return ended_early and request.timestamps.chunks > 0


def _why_incomplete(request: Request) -> str:
    """What the pane has no other place for: it shows why a request failed or was cut as a fault."""
    return outcome(request) if request.fault is None and request.state is not RequestState.CUT else ""


def _shows(look: Callable[[Findings], bool | None]) -> Callable[[Request, Metrics], bool | None]:
    """Whether the text of an answer that has ended shows something."""

    def holds(request: Request, _: Metrics) -> bool | None:
        found = request.findings
        return None if found is None else look(found)

    return holds


def _repeated(request: Request) -> str:
    found = request.findings
    loop = None if found is None else found.loop
    return "" if loop is None else f"The answer repeats itself: “{clean_line(loop.phrase, 30)}”, {loop.copies} times."


def _leaked(request: Request) -> str:
    found = request.findings
    marks = () if found is None else found.leaked
    return f"The answer holds tokens of the chat template: {clean_line(', '.join(marks), 60)}."


def _when_looping() -> str:
    from tui.core.answers import looping

    return (
        f"{looping.LEAST_COPIES} copies of a phrase one after the other, {looping.LEAST_WORDS} words at least "
        f"(Chinese: characters); of {looping.LONG_PHRASE} words and more, {looping.LEAST_COPIES - 1} copies; of signs, "
        f"{looping.LEAST_COPIES_OF_CHARS} copies and {looping.LEAST_CHARS} characters at its end. Code in closed "
        "blocks and the numbers of list items are passed over. Servers end such answers at three copies or more"
    )


def _when_refused() -> str:
    from tui.core.answers import refusals

    return (
        "it begins by saying so, in English or with a usual phrase of seven other languages, and does not go on to "
        f"answer: it has at most {refusals.LONGEST} characters, and no “However, in most cases …”"
    )


FLAGS: tuple[Flag, ...] = (
    Flag(
        "from_cache", "with a prompt from a cache", "The host had a part of the prompt in a cache",
        _from_cache,
        shown_in=Place.PANE | Place.SUMMARY | Place.JSON | Place.REPORT,
        sign="cached", rank=1, amount=_cached_share,
        words=_cached_words, about="ttft_ms", json_key="ttft_from_cache",
        report_note="a part of the prompt from a cache in {count} of {runs} runs",
        legend="From a cache: the host had evaluated a part of these prompts before, so their first text came sooner "
        "than that of a fresh prompt. A marker ahead of each prompt does not keep the template before it out of a "
        "cache.",
        note="the host says how many tokens, above 0; unknown where it does not say",
    ),
    Flag(
        "estimated", "estimated", "Estimated: not counted by the host",
        lambda request, _: request.usage is not None and request.usage.source != "server",
        shown_in=Place.NUMBERS | Place.JSON,
        sign="~", json_key="usage_source",
        json_value=lambda request: "none" if request.usage is None else request.usage.source,
    ),
    Flag(
        "contended", "contended", "Asked with others: its times are those of a race",
        lambda request, _: request.spec.contended,
        shown_in=Place.PANE | Place.SUMMARY | Place.JSON | Place.REPORT,
        sign="race", rank=1, tally=Tally.ANY,
    ),
    Flag(
        "chunked", "chunked", "Several tokens come at once: a chunk is no token",
        lambda _, metrics: None if metrics.tokens_per_chunk is None else metrics.tokens_per_chunk > CHUNKED_ABOVE,
        shown_in=Place.PANE,
        sign="chunked", rank=6,
        note=f"more than {CHUNKED_ABOVE} tokens a chunk",
    ),
    Flag(
        "warmup", "warm-up", "A warm-up: it is in no statistic",
        lambda request, _: request.spec.warmup,
        shown_in=Place.REMARK,
        sign="warm-up", sentence=lambda _: "A warm-up: it is not counted.",
    ),
    Flag(
        "adjusted", "asked without refused options", "The host refused options of the plan, and was asked without them",
        lambda request, _: bool(request.adjusted),
        shown_in=Place.REMARK | Place.OUTPUT | Place.JSON | Place.REPORT,
        sign="adjusted", sentence=lambda request: dropped_sentence(request.adjusted),
        tally=Tally.ENDED,
    ),
    Flag(
        "truncated", "truncated", "The answer reached the most tokens that were asked for",
        lambda request, _: _ended_as(request, "length"),
        shown_in=Place.REMARK | Place.JSON | Place.REPORT,
        sign="length", sentence=outcome,
        note="the finish reason is `length`",
    ),
    Flag(
        "filtered", "filtered", "The host's content filter ended the answer, or let none through",
        lambda request, _: _ended_as(request, "content_filter"),
        shown_in=Place.REMARK | Place.JSON | Place.REPORT,
        sign="filter", sentence=outcome,
        note="the finish reason is `content_filter`",
    ),
    Flag(
        "unanswered", "without an answer", "The model thought and then ended without an answer",
        lambda request, _: request.state is RequestState.DONE and not request.answer,
        shown_in=Place.REMARK | Place.JSON | Place.REPORT,
        sign="no answer", sentence=outcome,
        note="there is thinking, and no text after it",
    ),
    Flag(
        "broken_off", "broken off", "It was cut, failed or was stopped in the middle of the answer",
        _incomplete,
        shown_in=Place.REMARK | Place.JSON | Place.REPORT,
        sign="cut", sentence=_why_incomplete, tally=Tally.ENDED, report_note="",
        note="the state is `cut`, `failed` or `stopped`, and some text came",
    ),
    Flag(
        "looping", "looping", "The answer repeats itself, word for word",
        _shows(lambda found: found.loop is not None),
        shown_in=Place.PANE | Place.REMARK | Place.OUTPUT | Place.SUMMARY | Place.JSON | Place.REPORT,
        sign="loops", rank=1, sentence=_repeated,
        note=_when_looping,
    ),
    Flag(
        "leaked_tokens", "with template tokens", "The answer holds tokens of the chat template",
        _shows(lambda found: bool(found.leaked)),
        shown_in=Place.PANE | Place.REMARK | Place.OUTPUT | Place.SUMMARY | Place.JSON | Place.REPORT,
        sign="template", rank=1, sentence=_leaked,
        note="such as `<|im_end|>`, outside of code and quotes, or last in the answer; not in its middle where the "
        "prompt has such a token. The list is `tui/core/answers/template_tokens.py`",
    ),
    Flag(
        "refused", "refused", "The answer declines what was asked",
        _shows(lambda found: found.refused),
        shown_in=Place.PANE | Place.SUMMARY | Place.JSON | Place.REPORT,
        sign="refused", rank=1,
        note=_when_refused,
    ),
    Flag(
        "names_itself", "naming the model", "The answer names its own model or maker",
        _shows(lambda found: None if found.named is None else bool(found.named)),
        shown_in=Place.PANE | Place.SUMMARY | Place.JSON | Place.REPORT,
        sign="named", rank=1,
        note="where it says who speaks (`I am Phi`, `a model developed by …`), or was asked for it; another model's "
        "name is none",
    ),
)  # fmt: skip
"""All of them, in the order of the keys in JSON and of the sentences below an answer."""


def metrics_in(place: Place) -> tuple[Metric, ...]:
    """The metrics that are shown there, in their order."""
    return _metrics_in(METRICS, place)


def flags_in(place: Place) -> tuple[Flag, ...]:
    """The flags that are shown there, in their order."""
    return _flags_in(FLAGS, place)


# Kept, because every pane asks with every frame.
@cache
def _metrics_in(metrics: tuple[Metric, ...], place: Place) -> tuple[Metric, ...]:
    return tuple(metric for metric in metrics if place in metric.shown_in)


@cache
def _flags_in(flags: tuple[Flag, ...], place: Place) -> tuple[Flag, ...]:
    return tuple(flag for flag in flags if place in flag.shown_in)


def values(request: Request, metrics: Metrics, place: Place) -> dict[str, float | None]:
    """By name, the metrics of a request that are shown there. `metrics` is what was derived of it."""
    return {metric.name: metric.read(request, metrics) for metric in metrics_in(place)}


def mark(request: Request, metrics: Metrics) -> str:
    """The signs before those numbers of a request that are made of tokens."""
    return "".join(flag.sign for flag in flags_in(Place.NUMBERS) if flag.holds(request, metrics))


def sentences(request: Request, metrics: Metrics, place: Place) -> Iterator[str]:
    """What the flags of a request say there, each sentence once."""
    found = (flag.sentence(request) for flag in flags_in(place) if flag.holds(request, metrics))
    yield from dict.fromkeys(sentence for sentence in found if sentence)


def unknown(request: Request, metrics: Metrics, place: Place) -> Iterator[tuple[Metric, str]]:
    """The metrics shown there that a request does not have, and why, where that is known."""
    for metric in metrics_in(place):
        why = metric.why_unknown
        if why is not None and metric.read(request, metrics) is None and (reason := why(request)) is not None:
            yield metric, reason
