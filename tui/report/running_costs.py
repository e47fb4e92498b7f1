"""What answers cost by the workshop's heuristic: watts that somebody gives, times seconds; a price that somebody gives,
times tokens. Nothing of it is measured.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import fmean

from tui.core.errors import BadInputError
from tui.core.metrics.registry import Place, metrics_in
from tui.core.text.clean import clean_line
from tui.report.in_times import in_times
from tui.report.reported_request import ReportedRequest

HEURISTIC = (
    "Energy and cost: the workshop's heuristic, not measured. Watts as given times the seconds of the whole answer; "
    "prices as given for a million tokens of answers, or for a kilowatt-hour."
)
_MOST = 1e9


@dataclass(frozen=True, slots=True)
class Running:
    """What somebody says that models take."""

    watts: Mapping[str, float] = field(default_factory=dict)
    """By device in capitals; under the empty text for all others."""
    token_price: float | None = None
    """Of a million tokens of answers, in whatever money."""
    energy_price: float | None = None
    """Of a kilowatt-hour."""

    def watts_of(self, device: str | None) -> float | None:
        """The watts of a device; None where nobody said them."""
        return self.watts.get((device or "").upper(), self.watts.get(""))


@dataclass(frozen=True, slots=True)
class RunningCost:
    """Per answer; None is unknown."""

    watt_hours: float | None = None
    cost: float | None = None
    n: int = 0
    """Answers that it is the mean of."""


def running_cost(running: Running, device: str | None, runs: Iterable[ReportedRequest]) -> RunningCost:
    """What an answer of these takes on the average, cold ones left out where there are others."""
    end = [metric.name for metric in metrics_in(Place.REPORT)].index("end_ms")
    known = [run for run in runs if run.state.counts and run.values[end] is not None]
    known, _ = in_times(known, lambda run: run)
    if not known:
        return RunningCost()
    watts = running.watts_of(device)
    hours = fmean(run.values[end] or 0.0 for run in known) / 3_600_000
    energy = None if watts is None else watts * hours
    tokens = [run.tokens for run in known]
    by_tokens = (
        fmean(count or 0 for count in tokens) / 1e6 * running.token_price
        if running.token_price is not None and None not in tokens
        else None
    )
    by_energy = None if energy is None or running.energy_price is None else energy / 1000 * running.energy_price
    parts = [part for part in (by_tokens, by_energy) if part is not None]
    asked = (running.token_price is not None) + (running.energy_price is not None)
    return RunningCost(energy, sum(parts) if parts and len(parts) == asked else None, len(known))


def parse_running(
    watts: Iterable[str], token_price: float | None, energy_price: float | None
) -> Running | None:  # fmt: skip
    """Of texts like `65` or `GPU=220`, and of prices; None where nothing is given. Raises BadInputError."""
    found: dict[str, float] = {}
    for part in (part.strip() for text in watts for part in text.split(",")):
        device, equals, value = part.rpartition("=")
        found[device.strip().upper()] = _number("--watts", value if equals else part)
    for option, price in (("--token-price", token_price), ("--energy-price", energy_price)):
        if price is not None and not 0 <= price < _MOST:
            raise BadInputError(f"{option} needs a number from 0 on")
    if not found and token_price is None and energy_price is None:
        return None
    if energy_price is not None and not found:
        raise BadInputError("--energy-price needs --watts", hint="Say what the machine takes, as --watts 65.")
    return Running(found, token_price, energy_price)


def _number(option: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < _MOST:
        shown = clean_line(text.strip(), 40)
        raise BadInputError(f"{option}: {shown} is no number from 0 on", hint="Write --watts 65, or --watts GPU=220.")
    return value
