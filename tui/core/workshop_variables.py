"""The variables of the environment by which the Foundry Local workshop's scripts are told what to do.

A flag counts before a variable, a variable before the configuration. To have one more read, enter it here and where it
is used, then `python -m tools.docs`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tui.core.errors import BadInputError


class WorkshopVariable(NamedTuple):
    """One variable."""

    name: str
    readers: tuple[str, ...]
    """Who reads it, in Markdown; empty for all that talk to a host."""
    stands_for: str
    """The flag whose place it takes, in Markdown, or what it does."""
    about: str = ""
    """What else there is to know, in Markdown."""


_COMMANDS = ("`run`", "`bench`")
_PLANS = (*_COMMANDS, "the screen")
_WHO_ASKS = (*_COMMANDS, "`smoke`", "the screen")
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
    WorkshopVariable(BENCH_MODELS, _WHO_ASKS, "`-m`", "ids or aliases, separated by commas; `auto` or `ALL` for every "
                     "chat model that the host has here"),
    WorkshopVariable("BENCH_ROUNDS", _PLANS, "`--rounds`"),
    WorkshopVariable(BENCH_PROMPT, _PLANS, "`-p`", "of `run` and the screen where `COMPARE_PROMPT` is not set"),
    WorkshopVariable(BENCH_STREAM, _COMMANDS, "nothing to choose", "answers are always streamed, so that the first "
                     "text is always timed; where it is `0` that is said"),
    WorkshopVariable("BENCH_MAX_TOKENS", _PLANS, "`--max-tokens`"),
    WorkshopVariable("BENCH_TEMPERATURE", _PLANS, "`--temperature`", "`--deterministic` counts before it"),
    WorkshopVariable(PAIR[0], _WHO_ASKS, "`-m`", "a small model, where `BENCH_MODELS` is not set"),
    WorkshopVariable(PAIR[1], _WHO_ASKS, "`-m`", "a large model, likewise"),
    WorkshopVariable(COMPARE_PROMPT, _PLANS, "`-p`", "of `bench` where `BENCH_PROMPT` is not set; on the screen it "
                     "stands in the prompt, and Enter asks it"),
    WorkshopVariable("COMPARE_RETRIES", _PLANS, "`--retries`"),
    WorkshopVariable(SHOW_USAGE, ("`run`",), "a line of tokens", "with `1`, below each answer: of the prompt, of the "
                     "answer, of both, as the host counts them"),
    WorkshopVariable("FOUNDRY_LOCAL_ENDPOINT", (), "`--host`", "with or without `/v1`; see "
                     "[hosts.md](hosts.md#which-host-is-taken)"),
    WorkshopVariable(ALIAS, _WHO_ASKS, "`-m`", "one model, where none of the others names any"),
    WorkshopVariable("API_KEY", (), "the API key", "where `FOUNDRY_COMPARE_API_KEY` is not set; see "
                     "[hosts.md](hosts.md#api-keys)"),
)  # fmt: skip
"""All of them."""


def prompt_variables(command: str) -> tuple[str, str]:
    """The variables that hold a question, in the order in which a command takes them: its own first."""
    return (BENCH_PROMPT, COMPARE_PROMPT) if command == "bench" else (COMPARE_PROMPT, BENCH_PROMPT)


def prompt_of(command: str, environ: Mapping[str, str]) -> str | None:
    """The question that the variables hold for a command."""
    return next((environ[name] for name in prompt_variables(command) if environ.get(name, "").strip()), None)


def switched(name: str, environ: Mapping[str, str]) -> bool | None:
    """What a variable says: yes, no, or nothing. Raises BadInputError for another word."""
    word = environ.get(name, "").strip().casefold()
    if word in ("1", "true", "yes", "on"):
        return True
    if word in ("", "0", "false", "no", "off"):
        return False if word else None
    raise BadInputError(f"The variable `{name}` should be 1 or 0")
