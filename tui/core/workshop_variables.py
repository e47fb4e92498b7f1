"""The variables of the environment by which the Foundry Local workshop's scripts are told what to do.

A flag counts before a variable, a variable before the configuration. To have one more read, enter it here and where it
is used, then `python -m tools.docs`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class WorkshopVariable(NamedTuple):
    """One variable."""

    name: str
    commands: tuple[str, ...]
    """The commands that read it; empty for all that talk to a host."""
    stands_for: str
    """The flag whose place it takes, in Markdown, or what it does."""
    about: str = ""
    """What else there is to know, in Markdown."""


_PLANS = ("run", "bench")
BENCH_MODELS = "BENCH_MODELS"
PAIR = ("SLM_ALIAS", "LLM_ALIAS")
ALIAS = "FOUNDRY_LOCAL_ALIAS"
BENCH_PROMPT = "BENCH_PROMPT"
COMPARE_PROMPT = "COMPARE_PROMPT"
BENCH_STREAM = "BENCH_STREAM"
SHOW_USAGE = "SHOW_USAGE"
EVERY_MODEL = ("auto", "all")
"""What `BENCH_MODELS` says for every model that can answer, in small letters."""

VARIABLES = (
    WorkshopVariable(BENCH_MODELS, _PLANS, "`-m`", "ids or aliases, separated by commas; `auto` or `ALL` for every "
                     "chat model that the host has here"),
    WorkshopVariable("BENCH_ROUNDS", _PLANS, "`--rounds`"),
    WorkshopVariable(BENCH_PROMPT, _PLANS, "`-p`", "of `run` where `COMPARE_PROMPT` is not set"),
    WorkshopVariable(BENCH_STREAM, _PLANS, "nothing to choose", "answers are always streamed, so that the first text "
                     "is always timed; where it is `0` that is said"),
    WorkshopVariable("BENCH_MAX_TOKENS", _PLANS, "`--max-tokens`"),
    WorkshopVariable("BENCH_TEMPERATURE", _PLANS, "`--temperature`", "`--deterministic` counts before it"),
    WorkshopVariable(PAIR[0], _PLANS, "`-m`", "a small model, where `BENCH_MODELS` is not set"),
    WorkshopVariable(PAIR[1], _PLANS, "`-m`", "a large model, likewise"),
    WorkshopVariable(COMPARE_PROMPT, _PLANS, "`-p`", "of `bench` where `BENCH_PROMPT` is not set"),
    WorkshopVariable("COMPARE_RETRIES", _PLANS, "`--retries`"),
    WorkshopVariable(SHOW_USAGE, ("run",), "a line of tokens", "with `1`, below each answer: of the prompt, of the "
                     "answer, of both, as the host counts them"),
    WorkshopVariable("FOUNDRY_LOCAL_ENDPOINT", (), "`--host`", "with or without `/v1`; see "
                     "[hosts.md](hosts.md#which-host-is-taken)"),
    WorkshopVariable(ALIAS, _PLANS, "`-m`", "one model, where none of the others names any"),
    WorkshopVariable("API_KEY", (), "the API key", "where `FOUNDRY_COMPARE_API_KEY` is not set; see "
                     "[hosts.md](hosts.md#api-keys)"),
)  # fmt: skip
"""All of them."""


def prompt_variables(command: str) -> tuple[str, str]:
    """The variables that hold a question, in the order in which a command takes them: its own first."""
    return (BENCH_PROMPT, COMPARE_PROMPT) if command == "bench" else (COMPARE_PROMPT, BENCH_PROMPT)


def is_on(name: str, environ: Mapping[str, str]) -> bool:
    """Whether a variable says yes, in the words that the workshop's scripts understand, and `true`, `yes`, `on`."""
    return environ.get(name, "").strip().casefold() in ("1", "true", "yes", "on")


def is_off(name: str, environ: Mapping[str, str]) -> bool:
    """Whether a variable is set and says no."""
    return environ.get(name, "").strip().casefold() in ("0", "false", "no", "off")
