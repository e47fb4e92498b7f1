"""What conditions may be about: one table, read by the grammar, its errors, `--help`, the documents and the tests.

A dimension says which answer or which row of a report it is; a figure is a number of an answer, of which a row has many
and a statistic. Every metric of `tui.core.metrics.registry` is a figure.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from tui.core.catalog.model_card import ModelCard, to_megabytes
from tui.core.metrics.metrics import Metrics
from tui.core.metrics.registry import METRICS, MS, Better, Metric
from tui.core.plans.mode import Mode
from tui.core.plans.prompt import Prompt
from tui.core.requests.request import Request, RequestState
from tui.core.scoring.rating import Score

MB = "MB"
SHARE = "share"
"""The unit of a number from 0 to 1, which may be written in per cent."""
POINTS = "points"
UNITS: dict[str, dict[str, float]] = {
    MS: {"ms": 1, "s": 1_000, "min": 60_000},
    MB: {"MB": 1, "GB": 1_000, "kB": 0.001},
    SHARE: {"%": 0.01},
}
"""By the unit of a name, what may be written behind a number, and how many of the unit it is."""


class Use(enum.Flag):
    """What a condition is for."""

    FILTER = enum.auto()
    """Which answers are counted."""
    REQUIRE = enum.auto()
    """What a row must have."""
    FAIL_IF = enum.auto()
    """What a row must not have."""

    @property
    def option(self) -> str:
        """The option of the command line that takes such conditions."""
        return f"--{(self.name or '').lower().replace('_', '-')}"


OF_ROWS = Use.REQUIRE | Use.FAIL_IF
ANY = Use.FILTER | OF_ROWS


@dataclass(frozen=True, slots=True)
class About:
    """Which answer it is, or which row of a report: that has no prompt."""

    card: ModelCard
    host: str
    """The host's kind."""
    mode: Mode
    prompt: Prompt | None = None
    raters: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    """Those of the prompt and of the session."""


Texts = tuple[str, ...]
Said = Texts | float | None
"""What a dimension says of an answer or a row: texts of which one must be the condition's, or a number; None where it
is not known."""


@dataclass(frozen=True, slots=True, eq=False)
class Dimension:
    """A fact that tells answers or rows apart: a text, or a number with a unit."""

    name: str
    meaning: str
    example: str
    """A value, as it is written in a condition."""
    texts: Callable[[About], Texts | None] = lambda _: None
    """The texts of which one must be the condition's; None where it is not known."""
    number: Callable[[About], float | None] | None = None
    """The number, for a dimension that is one; None where it is not known."""
    unit: str = ""
    values: Texts = ()
    """All texts there can be, where they are known."""
    uses: Use = ANY

    @property
    def is_text(self) -> bool:
        """Whether its values are texts: then there is no more and no less."""
        return self.number is None

    def said(self, about: About) -> Said:
        """What it says of an answer or a row."""
        return self.texts(about) if self.number is None else self.number(about)


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """A number of an answer."""

    name: str
    meaning: str
    unit: str
    example: str
    """A value, as it is written in a condition."""
    read: Callable[[Request, Metrics, Sequence[Score]], float | None]
    """The number of one answer, of the metrics that count of it and the scores that it has."""
    statistic: str = "p50"
    """The one that is meant where none is named."""
    better: Better | None = Better.LOWER
    only: str = ""
    """The one statistic that it has, where it has no other."""
    criteria: bool = False
    """Whether it may name a criterion in brackets."""
    uses: Use = ANY


Name = Dimension | Figure


def _names_of(about: About) -> Texts:
    """Everything that `-m` takes for a model."""
    card = about.card
    names = [card.id, card.alias, card.id.rpartition(":")[0]]
    names = [name for name in names if name]
    if card.host:
        names += [f"{card.host}/{name}" for name in names]
    return tuple(names + [f"{name}@{card.device}" for name in names if card.device])


def _known(text: str | None) -> Texts | None:
    return None if text is None else (text,)


def _prompts(about: About) -> Texts | None:
    return None if about.prompt is None else (about.prompt.user.strip(), about.prompt.key)


DIMENSIONS = (
    Dimension("model", "its id, with or without version, or its alias, as after `-m`", "phi-4-mini", _names_of),
    Dimension("device", "CPU, GPU or NPU", "GPU", lambda about: _known(about.card.device)),
    Dimension("variant", "the build of the model", "generic-cpu", lambda about: _known(about.card.variant)),
    Dimension(
        "host", "the host's kind, or its name where several take part", "openai",
        lambda about: (about.card.host or about.host,),
    ),
    Dimension("prompt", "the question, or its key in the session", '"What is RAG?"', _prompts, uses=Use.FILTER),
    Dimension("rater", "who scored: the scores of others are left out", "ann", lambda about: about.raters,
              uses=Use.FILTER),
    Dimension("mode", "measure or race", "measure", lambda about: (about.mode.value,),
              values=tuple(mode.value for mode in Mode)),
    Dimension("tag", "a tag of the prompt or of the session", "rag", lambda about: about.tags, uses=Use.FILTER),
    Dimension("licence", "the model's licence, as its host names it", "MIT", lambda about: _known(about.card.licence)),
    Dimension("size_mb", "what the model takes on disk", "4000",
              number=lambda about: to_megabytes(about.card.size_bytes), unit=MB),
)  # fmt: skip


def _figure(metric: Metric) -> Figure:
    example = {MS: "500"}.get(metric.unit, "20")
    return Figure(
        metric.name,
        metric.meaning,
        metric.unit,
        example,
        lambda request, metrics, _: metric.read(request, metrics),
        better=metric.better,
    )


def _quality(request: Request, metrics: Metrics, scores: Sequence[Score]) -> float | None:
    return mean_score([score.value for score in scores if score.value is not None])


def mean_score(values: Sequence[int]) -> float | None:
    """The figure `quality` of an answer with these scores."""
    return sum(values) / len(values) if values else None


def _failed(request: Request, metrics: Metrics, scores: Sequence[Score]) -> float | None:
    return float(request.state is not RequestState.DONE) if request.state.final else None


def _memory(request: Request, metrics: Metrics, scores: Sequence[Score]) -> float | None:
    peak = request.memory.resident_peak if request.memory is not None else None
    return to_megabytes(peak)


def _gpu_memory(request: Request, metrics: Metrics, scores: Sequence[Score]) -> float | None:
    return to_megabytes(request.memory.gpu_peak if request.memory is not None else None)


@cache
def figures() -> tuple[Figure, ...]:
    """Every figure, the metrics first."""
    return (
        *map(_figure, METRICS),
        Figure(
            "quality", "the scores that people gave, from 1 on", POINTS, "3.5", _quality,
            statistic="mean", better=Better.HIGHER, criteria=True,
        ),
        Figure(
            "failure_rate", "the share of runs that ended without a complete answer", SHARE, "5%", _failed,
            statistic="mean", only="mean", uses=OF_ROWS,
        ),
        Figure(
            "memory_mb", "the most that the serving process was seen to hold", MB, "8000", _memory, statistic="max",
        ),
        Figure(
            "gpu_memory_mb", "the most that all GPUs of its machine were seen to have in use", MB, "6000",
            _gpu_memory, statistic="max",
        ),
    )  # fmt: skip


@cache
def known_names() -> dict[str, Name]:
    """Everything that a condition may be about, by its name."""
    every: tuple[Name, ...] = (*DIMENSIONS, *figures())
    return {one.name: one for one in every}
