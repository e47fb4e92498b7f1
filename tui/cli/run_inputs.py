"""Which prompts and models a run has: from flags first, then files, then the workshop's environment variables."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tui.core.catalog.model_card import ModelCard
from tui.core.errors import BadInputError
from tui.core.plans.prompt import Prompt
from tui.core.sessions.session_model import ModelChoice
from tui.runner.host_models import HostModels
from tui.storage.prompt_files import read_models, read_prompts

PROMPT_VARIABLES = ("COMPARE_PROMPT", "BENCH_PROMPT")
MODEL_VARIABLE = "BENCH_MODELS"
PAIR_VARIABLES = ("SLM_ALIAS", "LLM_ALIAS")
_ALL = ("auto", "all")
"""What the workshop's list of models says for every model there is."""


def prompts(
    given: Sequence[str], files: Sequence[Path], system: str | None, environ: Mapping[str, str]
) -> tuple[Prompt, ...]:
    """The prompts in the order given, those of files after those of flags; `system` is for those with none.

    Raises BadInputError when there is none, or one is empty or no text.
    """
    found = [Prompt(_question(text)) for text in given]
    found += [prompt for file in files for prompt in read_prompts(file)]
    if not found:
        named = next((environ[name] for name in PROMPT_VARIABLES if environ.get(name, "").strip()), None)
        if named is None:
            raise BadInputError("No question is given", hint="Ask with -p, or with --prompts and a file.")
        found = [Prompt(named)]
    return tuple(replace(prompt, system=system) if prompt.system is None else prompt for prompt in found)


def model_choices(
    models: HostModels, names: Sequence[str], file: Path | None, environ: Mapping[str, str]
) -> list[ModelChoice]:
    """The models in the order given, each with what is its own. Raises NoModelError, BadInputError or NoHostError."""
    found = [ModelChoice(card) for card in models.choose(names)] if names else []
    if file is not None:
        found += [ModelChoice(models.find(name), own) for name, own in read_models(file)]
    if not found:
        found = [ModelChoice(card) for card in _of_environment(models, environ)]
    return list(dict.fromkeys(found))


def _of_environment(models: HostModels, environ: Mapping[str, str]) -> list[ModelCard]:
    listed = [name for part in environ.get(MODEL_VARIABLE, "").split(",") if (name := part.strip())]
    if listed and listed[0].casefold() in _ALL:
        return list(models.cards)
    pair = [name for variable in PAIR_VARIABLES if (name := environ.get(variable, "").strip())]
    return models.choose(listed or pair)


def _question(prompt: str) -> str:
    """The prompt as given, or from stdin. Raises BadInputError when it is no text, or empty."""
    try:
        text = sys.stdin.read() if prompt == "-" else prompt
        text.encode("utf-8")
    except UnicodeError as error:
        raise BadInputError("The prompt is not text", "It holds bytes of another encoding", "Give UTF-8.") from error
    if not text.strip():
        raise BadInputError("The prompt is empty", hint="Give a question with -p.")
    return text
