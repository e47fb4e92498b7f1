"""Which prompts and models a run has: from flags first, then files, then the workshop's environment variables."""

from __future__ import annotations

import codecs
import io
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tui.cli.settings import who_names
from tui.cli.streams import WISH
from tui.core.catalog.model_card import ModelCard
from tui.core.catalog.model_filters import ALL_CACHED
from tui.core.errors import BadInputError, NoModelError, prose
from tui.core.plans.mode import MAX_MODELS
from tui.core.plans.prompt import Prompt, PromptSet
from tui.core.plans.variables import filled
from tui.core.scoring.rubric import Rubric
from tui.core.sessions.session_model import ModelChoice
from tui.core.settings import Effective
from tui.core.workshop_variables import prompt_of
from tui.files import text_of
from tui.runner.host_models import HostModels
from tui.storage.prompt_files import carries_prompts, read_models, read_prompts


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
        named = prompt_of(command, environ)
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
    usual: Effective,
) -> list[ModelChoice]:
    """The models in the order given, each with what is its own; `usual` are those of the environment or the
    configuration, where no others are named. Raises NoModelError, BadInputError or NoHostError."""
    found = [ModelChoice(card) for card in models.choose(names)] if names else []
    if file is not None:
        found += [ModelChoice(_of_models_file(models, name, file), own) for name, own in read_models(file)]
    if not found:
        found = [ModelChoice(card) for card in _usual(models, usual)]
    return list(dict.fromkeys(found))


def _of_models_file(models: HostModels, name: str, file: Path) -> ModelCard:
    try:
        return models.find(name)
    except NoModelError as error:
        raise NoModelError(error.title, prose(f"{file} names it", error.detail), error.hint) from error


def _usual(models: HostModels, usual: Effective) -> list[ModelCard]:
    """The models that are asked where none is named; without any, what the host has, if that is plain."""
    try:
        found = models.choose(usual.value or ())
    except NoModelError as error:
        raise NoModelError(error.title, error.detail, prose(who_names(usual), error.hint)) from error
    if usual.value == (ALL_CACHED,) and len(found) > MAX_MODELS:
        many = f"The host has {len(found)}, and {MAX_MODELS} are the most of one plan"
        raise BadInputError(f"{usual.place or '`default_models`'} means all chat models", many, "Name some with -m.")
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
