"""One column of a comparison: a model on a host, and how it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tui.core.catalog.model_card import ModelCard
from tui.core.catalog.model_names import titles
from tui.core.errors import BadInputError
from tui.core.text.clean import clean_line

DEFAULT_MAX_TOKENS = 512
"""Always sent: some hosts cut silently, others reserve thousands of tokens, when no maximum is given."""

MAX_TOKENS = 1_000_000_000
MAX_INTEGER = (1 << 63) - 1
"""The largest number that a session file holds."""
DETERMINISTIC_SEED = 42
"""The sampling seed of a plan that is to give the same answers again."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """How a model is asked. None leaves the choice to the host."""

    max_tokens: int = DEFAULT_MAX_TOKENS
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()

    def deterministic(self) -> Parameters:
        """The same with temperature 0 and a seed, where these are not given."""
        return replace(
            self,
            temperature=0.0 if self.temperature is None else self.temperature,
            seed=DETERMINISTIC_SEED if self.seed is None else self.seed,
        )

    def check(self) -> None:
        """Raises BadInputError naming the first one that makes no sense, or that no session file can hold."""
        check_numbers(
            ("max_tokens", self.max_tokens, 1, MAX_TOKENS),
            ("temperature", self.temperature, 0.0, 2.0),
            ("top_p", self.top_p, 0.0, 1.0),
            ("seed", self.seed, -MAX_INTEGER, MAX_INTEGER),
        )
        if self.top_p == 0:
            raise BadInputError("`top_p` is 0", "It can be above 0, and at most 1")
        stop: object = self.stop
        if not (isinstance(stop, tuple) and all(isinstance(text, str) for text in stop)):
            raise BadInputError(f"`stop` is {stop!r}", "It can be a tuple of texts")


def check_numbers(*ranges: tuple[str, Any, float, float]) -> None:
    """Raises BadInputError for the first number out of its range, given as a name, a value or None, the least and the
    most. Where the limits are whole numbers the value has to be one."""
    for name, value, least, most in ranges:
        kind = int if isinstance(least, int) else (int, float)
        if value is not None and not (isinstance(value, kind) and least <= value <= most):
            whole = "a whole number " if isinstance(value, float) and isinstance(least, int) else ""
            raise BadInputError(f"`{name}` is {value}", f"It can be {whole}from {int(least)} to {int(most)}")


@dataclass(frozen=True, slots=True)
class Overrides:
    """What one model is asked in another way than its plan says. None leaves it as the plan has it."""

    system: str | None = None
    """Its own system prompt; empty for none at all."""
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] | None = None

    def check(self) -> None:
        """Raises BadInputError naming the first one that makes no sense, or that no session file can hold."""
        system: object = self.system
        if not (system is None or isinstance(system, str)):
            raise BadInputError(f"`system` is {system!r}", "It can be a text")
        self.over(Parameters()).check()

    def known(self) -> dict[str, Any]:
        """Those that are given, by name."""
        return {name: value for name in _NAMES if (value := getattr(self, name)) is not None}

    def over(self, parameters: Parameters) -> Parameters:
        """The plan's parameters with these in their place."""
        return replace(parameters, **{name: value for name, value in self.known().items() if name != "system"})

    def in_words(self) -> str:
        """What differs, as a phrase; empty when nothing does."""
        return ", ".join(f"{name} {value!r}" for name, value in self.known().items())


_NAMES = tuple(Overrides.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model to be put into a plan, and what it is asked in its own way."""

    card: ModelCard
    own: Overrides = field(default_factory=Overrides)
    arm: str = ""
    """Which arm of a measurement of one model against itself (A/A) it is: A or B; empty for none."""

    @property
    def name(self) -> str:
        """What names it among a plan's models: the card's key, and what is its own."""
        return _name(self.card, self.own, self.arm)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds after which a silent host is given up. A comment line from the server is still silence."""

    connect: float = 10.0
    first_byte: float = 180.0
    first_text: float = 300.0
    idle: float = 60.0


@dataclass(frozen=True, slots=True)
class SessionModel:
    """A model that takes part. `key` names it within its session: m1, m2, …"""

    key: str
    card: ModelCard
    host: str
    """The host's kind: demo, openai, …"""
    own: Overrides = field(default_factory=Overrides)
    arm: str = ""
    """As `ModelChoice.arm`."""

    @property
    def name(self) -> str:
        """What names it among a plan's models: the card's key, and what is its own."""
        return _name(self.card, self.own, self.arm)


def _name(card: ModelCard, own: Overrides, arm: str) -> str:
    differs = ", ".join(part for part in (f"arm {arm}" if arm else "", own.in_words()) if part)
    return f"{card.key} ({differs})" if differs else card.key


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where, and under which name, a prepared model answers."""

    base_url: str
    model: str
    api_key: str | None = field(default=None, repr=False)
    """Given only to the host it was configured for; never stored."""
    key_name: str = "FOUNDRY_COMPARE_API_KEY"
    """The environment variable that the key comes from, or would; empty where none is meant for this host."""


_OWN_LENGTH = 40
"""Characters of what tells two parameter sets apart."""


def titles_of(models: Sequence[SessionModel]) -> list[str]:
    """A title for each of these models: as `titles` has it, and before it what tells parameter sets of one model apart.

    It comes first because titles are cut from their end.
    """
    cards = {model.card.key: model.card for model in models}
    named = dict(zip(cards, titles(list(cards.values())), strict=True))
    made = []
    for model in models:
        others = [other.own.known() for other in models if other.card.key == model.card.key and other is not model]
        own = {name: value for name, value in model.own.known().items() if any(o.get(name) != value for o in others)}
        differs = clean_line(", ".join(f"{name} {value!r}" for name, value in own.items()), _OWN_LENGTH)
        arm = f"arm {model.arm}" if model.arm else ""
        made.append(" · ".join(part for part in (arm, differs, named[model.card.key]) if part))
    return made
