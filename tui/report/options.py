"""What somebody wants of a report besides what every one has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from tui.core.answers.checks import Check
from tui.core.conditions.grammar import Conditions
from tui.core.conditions.names import Figure, figures
from tui.core.errors import BadInputError
from tui.core.metrics.registry import METRICS, Place, flags_in
from tui.core.text.clean import clean_line
from tui.core.text.nearest import unknown_name
from tui.report.reported_request import PEOPLE, ReportedRequest
from tui.report.running_costs import Running
from tui.report.subject import Subject

NONE = "-"
"""The key of answers of which a dimension is not known, or that have no tag."""
_SHOWN = 40
_METRICS = frozenset(metric.name for metric in METRICS)


@dataclass(frozen=True, slots=True, eq=False)
class By:
    """A dimension that rows are split by."""

    name: str
    title: str
    """The heading of its column."""
    meaning: str
    differs: bool = False
    """Whether models are compared with themselves across it."""

    def split(self, subject: Subject, run: ReportedRequest) -> Iterator[tuple[str, ReportedRequest]]:
        """The keys that an answer stands under, each with what of the answer does; none where it has no place."""
        match self.name:
            case "rater":
                scored = [score.rater for score in run.scores if score.raters == PEOPLE]
                voted = [vote.rater for vote in run.votes if vote.raters == PEOPLE]
                for rater in dict.fromkeys([*scored, *voted]):
                    yield (
                        rater,
                        run._replace(
                            scores=tuple(score for score in run.scores if score.rater == rater),
                            votes=tuple(vote for vote in run.votes if vote.rater == rater),
                        ),
                    )
            case "tag":
                for tag in run.tags or (NONE,):
                    yield tag, run
            case "prompt":
                yield run.prompt, run
            case "session":
                yield run.session, run
            case "model":
                yield subject.alias, run
            case name:
                yield getattr(subject, name) or NONE, run


BY = (
    By("model", "model", "the model's alias"),
    By("device", "device", "CPU, GPU or NPU; what else differs between two of a model is named", differs=True),
    By("variant", "variant", "the build of the model; what else differs is named", differs=True),
    By("prompt", "prompt", "the question; those that models differ most on come first"),
    By("host", "host", "the host's kind, or its name where several take part"),
    By("rater", "rater", "who scored or voted: answers without a score or vote are left out"),
    By("session", "session", "the session, in order of time"),
    By("tag", "tag", "the tags of prompt and session: an answer with two counts under both"),
)
"""What `--by` takes: read by the option, its errors and the documents."""


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """What is shown besides what every report has."""

    by: tuple[By, ...] = ()
    metrics: tuple[Figure, ...] = ()
    """The figures that are asked for by name; without any, those that every report has."""
    wide: bool = False
    select: bool = False
    requires: Conditions = ()
    """The must-haves of the selection."""
    weights: Mapping[str, float] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    """Flags by name."""
    checks: tuple[Check, ...] = ()
    running: Running | None = None

    @property
    def figure_names(self) -> frozenset[str]:
        """The names of the figures that are asked for; none where those are meant that every report has."""
        return frozenset(figure.name for figure in self.metrics)


def is_metric(figure: Figure) -> bool:
    """Whether a figure is a time or a rate, of which cold answers are kept apart."""
    return figure.name in _METRICS


def parse_by(texts: Iterable[str]) -> tuple[By, ...]:
    """Dimensions by name, several of one text separated by commas. Raises BadInputError."""
    known = {by.name: by for by in BY}
    return tuple(dict.fromkeys(known[_known("--by", name, known, "a dimension")] for name in _names(texts)))


def parse_metrics(texts: Iterable[str]) -> tuple[Figure, ...]:
    """Figures by name. Raises BadInputError."""
    known = {figure.name: figure for figure in figures()}
    return tuple(dict.fromkeys(known[_known("--metric", name, known, "a figure")] for name in _names(texts)))


def parse_without(texts: Iterable[str]) -> tuple[str, ...]:
    """Flags by name. Raises BadInputError."""
    known = [flag.name for flag in flags_in(Place.REPORT)]
    return tuple(dict.fromkeys(_known("--without", name, known, "a flag") for name in _names(texts)))


def _names(texts: Iterable[str]) -> Iterator[str]:
    return (name.strip() for text in texts for name in text.split(","))


def _known(option: str, name: str, known: Iterable[str], what: str) -> str:
    if name not in known:
        raise BadInputError(f"{option}: {unknown_name(clean_line(name, _SHOWN), known, what)}")
    return name
