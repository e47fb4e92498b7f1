"""One column of a comparison: a model on a host, and how it is asked."""

from __future__ import annotations

from dataclasses import dataclass, field

from tui.core.model_card import ModelCard

DEFAULT_MAX_TOKENS = 512
"""Always sent: some hosts cut silently, others reserve thousands of tokens, when no maximum is given."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """How a model is asked. None leaves the choice to the host."""

    max_tokens: int = DEFAULT_MAX_TOKENS
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds after which a silent host is given up. A comment line from the server is still silence."""

    connect: float = 10.0
    first_byte: float = 180.0
    first_text: float = 300.0
    idle: float = 60.0


@dataclass(frozen=True, slots=True)
class Target:
    """A model that takes part. `key` names it within its session: m1, m2, …"""

    key: str
    card: ModelCard
    host: str
    """The host's kind: demo, openai, …"""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where, and under which name, a prepared model answers."""

    base_url: str
    model: str
    api_key: str | None = field(default=None, repr=False)
    """Given only to the host it was configured for; never stored."""
    key_name: str = "FOUNDRY_COMPARE_API_KEY"
    """The environment variable that the key comes from, or would."""
