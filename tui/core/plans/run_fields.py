"""What a person may set of the next run: one table, read by its dialog, the status line, the pages and the tests."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from tui.core.plans.plan import PlanOptions
from tui.core.sessions.session_model import DEFAULT_MAX_TOKENS, Parameters
from tui.core.settings import BY_KEY
from tui.core.text.clean import clean_line

_MOST_STOPS = 16
_QUOTED = 16
"""Characters of a text that is quoted in a few words."""
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "s": " ", ",": ",", "\\": "\\"}
_SPELLED = {text: f"\\{sign}" for sign, text in _ESCAPES.items() if sign != "s"}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_STOP = re.compile(r"(?:\\.|[^,\\]|\\\Z)+", re.DOTALL)


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How the next run goes."""

    plan: PlanOptions = field(default_factory=PlanOptions)
    system: str = ""
    """The system prompt of prompts that have none of their own; empty for none."""

    def in_words(self) -> list[tuple[str, str]]:
        """What differs from what is usual, each in a few words, and in fewer: those do not quote texts."""
        return [
            (f"{one.short} {one.shown(self)}", one.short if one.quoted else f"{one.short} {one.shown(self)}")
            for one in RUN_FIELDS
            if one.text_of(self)
        ]


class RunField(NamedTuple):
    """One of them. All are given as text; empty text is what is usual."""

    name: str
    label: str
    short: str
    """In the status line."""
    usual: str
    """What holds without it."""
    text_of: Callable[[RunOptions], str]
    """The text that would be typed for it; empty where it is as usual."""
    put: Callable[[RunOptions, str], RunOptions]
    """The options with what this text says. Raises ValueError with the middle of a sentence."""

    def shown(self, options: RunOptions) -> str:
        """Its value in a few words, harmless."""
        text = self.text_of(options)
        return f"“{clean_line(text, _QUOTED)}”" if self.quoted else clean_line(text)

    @property
    def quoted(self) -> bool:
        """Whether its value is a text, and no number."""
        return self.name in ("system", "stop")


def stops_of(text: str) -> tuple[str, ...]:
    r"""The texts of a line, parted by commas; `\n`, `\t`, `\r`, `\s` (a space), `\,` and `\\` stand for what cannot be
    typed there. Spaces around a text are not part of it, unless there is nothing else."""
    found = _STOP.findall(text)
    return tuple(_unescaped(part.strip(" ") or part) for part in found if part)


def spell_stops(stops: tuple[str, ...]) -> str:
    """The line for these texts, which `stops_of` reads."""
    return ", ".join(map(_spelled, stops))


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: _ESCAPES.get(found[1], found[0]), text)


def _spelled(stop: str) -> str:
    inside = stop.strip(" ")
    before = len(stop) - len(stop.lstrip(" ")) if inside else len(stop)
    after = len(stop) - before - len(inside)
    return "\\s" * before + "".join(_SPELLED.get(sign, sign) for sign in inside) + "\\s" * after


def _system(options: RunOptions, text: str) -> RunOptions:
    return replace(options, system=text if text.strip() else "")


def _stop(options: RunOptions, text: str) -> RunOptions:
    stops = stops_of(text) if text.strip() else ()
    if len(stops) > _MOST_STOPS:
        raise ValueError(f"has {len(stops)} texts; {_MOST_STOPS} are the most")
    return replace(options, plan=replace(options.plan, parameters=replace(options.plan.parameters, stop=stops)))


def _sampling(name: str, label: str, short: str, usual: str) -> RunField:
    default = getattr(Parameters(), name)

    def text_of(options: RunOptions) -> str:
        return _text(getattr(options.plan.parameters, name), default)

    def put(options: RunOptions, text: str) -> RunOptions:
        value = _parsed(name, text, default)
        return replace(
            options, plan=replace(options.plan, parameters=replace(options.plan.parameters, **{name: value}))
        )

    return RunField(name, label, short, usual, text_of, put)


def _plan(name: str, label: str, short: str, usual: str) -> RunField:
    default = getattr(PlanOptions(), name)

    def text_of(options: RunOptions) -> str:
        return _text(getattr(options.plan, name), default)

    def put(options: RunOptions, text: str) -> RunOptions:
        return replace(options, plan=replace(options.plan, **{name: _parsed(name, text, default)}))

    return RunField(name, label, short, usual, text_of, put)


def _text(value: Any, default: Any) -> str:
    return "" if value == default else repr(value).removesuffix(".0")


def _parsed(name: str, text: str, default: Any) -> Any:
    return BY_KEY[f"plan.{name}"].kind.parse(text.strip()) if text.strip() else default


RUN_FIELDS: tuple[RunField, ...] = (
    RunField("system", "System prompt", "system", "none", lambda options: options.system, _system),
    _sampling("temperature", "Temperature", "temp", "left to the host"),
    _sampling("top_p", "Top p", "top p", "left to the host"),
    _sampling("max_tokens", "Max tokens", "max", str(DEFAULT_MAX_TOKENS)),
    _sampling("seed", "Seed", "seed", "left to the host"),
    RunField("stop", "Stop", "stop", "nowhere", lambda options: spell_stops(options.plan.parameters.stop), _stop),
    _plan("rounds", "Rounds", "rounds", "1"),
    _plan("warmup", "Warm-ups", "warm-ups", "1 measured, 0 raced"),
)
"""In the order of the dialog."""
