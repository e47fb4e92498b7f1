"""Options of `report` that say what it shows besides what every report has."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Concatenate, TypeVar

import click

from tui.child.pattern_search import PatternSearch
from tui.cli.output import say
from tui.cli.settings import configuration
from tui.report.options import BY, ReportOptions, parse_by, parse_metrics, parse_without
from tui.report.running_costs import parse_running
from tui.report.selection import parse_weights
from tui.storage.prompt_files import read_checks

R = TypeVar("R")

_OPTIONS = (
    click.option("--by", multiple=True, metavar="|".join(by.name for by in BY),
                 help="Split the rows, as `--by tag,model`; repeat, or give several with commas."),
    click.option("--metric", "metrics", multiple=True, metavar="NAME",
                 help="Only these figures, as ttfo_ms or quality; a wrong name is answered with all there are."),
    click.option("--without", multiple=True, metavar="FLAG",
                 help="Leave out answers with this flag, as looping or truncated; repeat for more."),
    click.option("--wide", is_flag=True, help="All columns, however wide that is."),
    click.option("--select", is_flag=True,
                 help="What the choice of a model depends on, in one table; --require says what it must have. "
                 "What is not given, config.toml may have."),
    click.option("--weight", "weights", multiple=True, metavar="NAME=NUMBER",
                 help="What weighs how much in --select, as quality=3,latency=1."),
    click.option("--checks", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
                 help="Checks of your own on each answer, in TOML: a text, a pattern, a length, valid JSON."),
    click.option("--watts", multiple=True, metavar="[DEVICE=]NUMBER",
                 help="What the machine takes: estimates energy. As 65, or GPU=220,CPU=65."),
    click.option("--token-price", type=float, metavar="NUMBER", help="Of a million tokens of answers: estimates cost."),
    click.option("--energy-price", type=float, metavar="NUMBER", help="Of a kilowatt-hour, with --watts."),
)  # fmt: skip


def _choice(requires: tuple[str, ...], weights: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Must-haves and weights of a choice: those that are given, else those of the configuration, which is said. Raises
    BadInputError."""
    values, said = configuration().values, []
    if not requires and "report.require" in values:
        requires = (values["report.require"],)
        said.append(f"--require '{requires[0]}'")
    if not weights and "report.weight" in values:
        weights = (values["report.weight"],)
        said.append(f"--weight '{weights[0]}'")
    _say(said)
    return requires, weights


def _running(watts: tuple[str, ...], energy_price: float | None) -> tuple[tuple[str, ...], float | None]:
    """Watts and the price of energy: those that are given, else those of the configuration, which is said."""
    values, said = configuration().values, []
    if not watts and "energy.watts" in values:
        watts = (f"{values['energy.watts']:g}",)
        said.append(f"--watts {watts[0]}")
    if watts and energy_price is None and "energy.price_per_kwh" in values:
        energy_price = values["energy.price_per_kwh"]
        said.append(f"--energy-price {energy_price:g}")
    _say(said)
    return watts, energy_price


def _say(taken: Sequence[str]) -> None:
    """Which options the configuration gave."""
    if taken:
        say(f"config.toml says {' and '.join(taken)}.")


def report_options(command: Callable[Concatenate[ReportOptions, ...], R]) -> Callable[..., R]:
    """The command with these options, which it is given together as `options`."""

    @functools.wraps(command)
    def with_options(
        by: tuple[str, ...],
        metrics: tuple[str, ...],
        without: tuple[str, ...],
        wide: bool,
        select: bool,
        weights: tuple[str, ...],
        checks: Path | None,
        watts: tuple[str, ...],
        token_price: float | None,
        energy_price: float | None,
        **rest: Any,
    ) -> R:
        select = select or bool(weights)
        if select:
            rest["requires"], weights = _choice(rest["requires"], weights)
        watts, energy_price = _running(watts, energy_price)
        options = ReportOptions(
            by=parse_by(by),
            metrics=parse_metrics(metrics),
            wide=wide,
            select=select,
            weights=parse_weights(weights),
            without=parse_without(without),
            checks=() if checks is None else read_checks(checks, PatternSearch()),
            running=parse_running(watts, token_price, energy_price),
        )
        return command(options, **rest)

    for option in reversed(_OPTIONS):
        with_options = option(with_options)
    return with_options
