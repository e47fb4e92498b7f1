"""Which prompts and models a run has: from flags first, then files, then the workshop's environment variables."""

from __future__ import annotations

import codecs
import io
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tui.cli.streams import WISH
from tui.core.catalog.model_card import ModelCard, ModelState
from tui.core.catalog.model_filters import short_task
from tui.core.errors import BadInputError, NoModelError, prose
from tui.core.plans.mode import MAX_MODELS
from tui.core.plans.prompt import Prompt, PromptSet
from tui.core.plans.variables import filled
from tui.core.scoring.rubric import Rubric
from tui.core.sessions.session_model import ModelChoice
from tui.core.text.clean import clean_line
from tui.core.workshop_variables import ALIAS, BENCH_MODELS, EVERY_MODEL, PAIR, prompt_variables
from tui.files import text_of
from tui.runner.host_models import HostModels
from tui.storage.prompt_files import carries_prompts, read_models, read_prompts

_CHAT = (None, "chat")
"""The tasks of models that are taken for ones that chat: many hosts name none."""


def prompts(
    given: Sequence[str],
    files: Sequence[Path],
    system: str | None,
    environ: Mapping[str, str],
    rubric: Rubric | None = None,
    *,
    command: str = "run",
    models_file: Path | None = None,
) -> PromptSet:
    """The prompts in the order given, those of files after those of flags; `system` is for those with none. Where there
    are none, those that the file of models carries, else the one that the workshop's variables hold for `command`.

    What the answers are scored for is `rubric`, else what the files say, if one of them does. Raises BadInputError when
    there is no prompt, when one is empty or no text, and when the files bring unlike rubrics.
    """
    found = [Prompt(_question(text)) for text in given]
    if not given and not files and models_file is not None and carries_prompts(models_file):
        files = (models_file,)
    sets = [read_prompts(file) for file in files]
    found += [filled(prompt, dict(one.variables)) for one in sets for prompt in one.prompts]
    if not found:
        named = next((environ[name] for name in prompt_variables(command) if environ.get(name, "").strip()), None)
        if named is None:
            raise BadInputError("No question is given", hint="Ask with -p, or with --prompts and a file.")
        found = [Prompt(named)]
    asked = tuple(replace(prompt, system=system) if prompt.system is None else prompt for prompt in found)
    brought = {one.rubric: file for one, file in zip(sets, files, strict=True) if one.rubric is not None}
    if rubric is None and len(brought) > 1:
        names = " and ".join(str(file) for file in list(brought.values())[:2])
        raise BadInputError(
            f"{names} bring unlike criteria", "A session has one rubric", "Say with --rubric which is to be used."
        )
    return PromptSet(asked, rubric or next(iter(brought), None))


def model_choices(
    models: HostModels,
    names: Sequence[str],
    file: Path | None,
    environ: Mapping[str, str],
    defaults: Sequence[str] = (),
) -> list[ModelChoice]:
    """The models in the order given, each with what is its own; `defaults` are the configuration's, where no others are
    named. Raises NoModelError, BadInputError or NoHostError."""
    found = [ModelChoice(card) for card in models.choose(names)] if names else []
    if file is not None:
        found += [ModelChoice(_of_models_file(models, name, file), own) for name, own in read_models(file)]
    if not found:
        found = [ModelChoice(card) for card in _of_environment(models, environ) or _of_file(models, defaults)]
    return list(dict.fromkeys(found))


def _of_models_file(models: HostModels, name: str, file: Path) -> ModelCard:
    try:
        return models.find(name)
    except NoModelError as error:
        raise NoModelError(error.title, prose(f"{file} names it", error.detail), error.hint) from error


def _of_file(models: HostModels, defaults: Sequence[str]) -> list[ModelCard]:
    """The default models; without any, what the host has, if that is plain."""
    try:
        return models.choose(defaults)
    except NoModelError as error:
        whose = f"config.toml names it in `default_models`. {error.hint}".strip()
        raise NoModelError(error.title, error.detail, whose) from error


def _of_environment(models: HostModels, environ: Mapping[str, str]) -> list[ModelCard]:
    """The models that the workshop's variables name; none where they name none."""
    listed = [name for part in environ.get(BENCH_MODELS, "").split(",") if (name := part.strip())]
    if listed and listed[0].casefold() in EVERY_MODEL:
        return _every_model(models, listed[0])
    pair = [name for variable in PAIR if (name := environ.get(variable, "").strip())]
    alias = [name] if (name := environ.get(ALIAS, "").strip()) else []
    named = listed or pair or alias
    return models.choose(named) if named else []


def _every_model(models: HostModels, word: str) -> list[ModelCard]:
    """The models that can answer a chat. Raises BadInputError where they are more than one plan takes, or none."""
    found = [card for card in models.cards if card.state is not ModelState.CATALOG and short_task(card.task) in _CHAT]
    if not 0 < len(found) <= MAX_MODELS:
        many = f"The host has {len(found)}, and {MAX_MODELS} are the most of one plan" if found else "The host has none"
        raise BadInputError(f"{BENCH_MODELS}={clean_line(word, 8)} means all chat models", many, "Name some with -m.")
    return found


def _question(prompt: str) -> str:
    """The prompt as given, or from stdin. Raises BadInputError when it is no text, or empty."""
    try:
        text = _stdin() if prompt == "-" else prompt
        text.encode("utf-8")
    except UnicodeError as error:
        raise BadInputError("The prompt is not text", "It holds bytes of another encoding", "Give UTF-8.") from error
    except ValueError as error:
        raise BadInputError("The prompt is not text", str(error)) from error
    if not text.strip():
        raise BadInputError("The prompt is empty", hint="Give a question with -p.")
    return text


def _stdin() -> str:
    """All that comes on stdin, with line feeds as line ends. Raises ValueError, UnicodeError too, when it is no text.

    A pipe or a file says nothing of its encoding: it is what `PYTHONIOENCODING` says, else UTF-8 or UTF-16 as in files,
    else, where a locale names another encoding on purpose, that.
    """
    if sys.stdin is None:
        return ""
    if sys.stdin.isatty() or os.environ.get(WISH, "").partition(":")[0]:
        return sys.stdin.read()
    data = sys.stdin.buffer.read()
    try:
        text = text_of(data)
    except ValueError:
        if os.name == "nt" or codecs.lookup(sys.stdin.encoding).name in ("utf-8", "ascii"):
            raise
        text = data.decode(sys.stdin.encoding)
    return io.IncrementalNewlineDecoder(None, translate=True).decode(text, final=True)
