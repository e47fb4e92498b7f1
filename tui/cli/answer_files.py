"""`--out-dir DIR`: each answer in a file of its own, under a name that every system takes."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from tui import api
from tui.cli.output import say
from tui.core.errors import BadInputError, CompareError, StoreError, reason_of
from tui.core.plans.plan_run import PlanRun
from tui.core.requests.request import Request, RequestState
from tui.core.sessions.session import Session
from tui.storage.atomic_file import write_atomic
from tui.storage.new_file import check_free, unusable_on_windows

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 60
"""Characters of a model's part of a name."""
_LONGEST_PATH = 259
"""Characters of a whole path that every Windows takes."""
_OR_FORCE = "Name another folder, or --force to replace what is there."


def file_names(models: Iterable[str], prompts: int, rounds: int) -> dict[tuple[int, int, int], str]:
    """The names of the files of a plan, by the places of prompt and model, from 0, and the round, from 1.

    `p1-r1-phi-4-mini.txt`: ASCII letters, digits, `.`, `_` and `-`; the round where there are several. No two are the
    same where capitals count for nothing, and none is a name that Windows keeps for itself.
    """
    parts: list[str] = []
    for name in models:
        safe = _UNSAFE.sub("-", name)[:_LONGEST].strip(".-_") or "model"
        part, number = safe, 2
        while part.casefold() in {other.casefold() for other in parts}:
            part, number = f"{safe}-{number}", number + 1
        parts.append(part)
    return {
        (prompt, place, round_): f"p{prompt + 1}-" + (f"r{round_}-" if rounds > 1 else "") + f"{part}.txt"
        for prompt in range(prompts)
        for round_ in range(1, rounds + 1)
        for place, part in enumerate(parts)
    }


class AnswerFiles:
    """Writes each answer when it has come. Without a folder nothing is written."""

    def __init__(self, folder: Path | None, *, force: bool = False) -> None:
        self._folder = folder
        self._force = force
        self._count = 0
        self.complete = True
        """Whether all that came was written."""

    def check(self, choices: Sequence[api.ModelChoice], prompts: int, rounds: int) -> None:
        """Make the folder ahead of a plan. Raises BadInputError when it cannot be used, or holds a file of the plan's
        names that is not to be replaced."""
        folder = self._folder
        if folder is None:
            return
        names = file_names([choice.name for choice in choices], prompts, rounds).values()
        if os.name == "nt":
            for part in folder.parts:
                if part not in (folder.anchor, ".", "..") and (why := unusable_on_windows(part)):
                    raise BadInputError(f"{folder} cannot be written to", why, "Name another folder.")
            if len(os.path.abspath(folder)) + 1 + max(map(len, names)) > _LONGEST_PATH:  # noqa: PTH100 - never raises
                raise BadInputError(f"The path of {folder} is too long for Windows", hint="Name a shorter folder.")
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInputError(f"{folder} cannot be made a folder", reason_of(error), "Name another one.") from error
        for name in names:
            check_free(folder / name, force=self._force, or_else=_OR_FORCE)

    def beside(self, progress: Callable[[api.Update], object]) -> Callable[[api.Update], object]:
        """What is told of a plan, with each answer written too."""

        def told(update: api.Update) -> None:
            if isinstance(update, api.RequestEnded) and self._folder is not None:
                self._write(update.session, update.run, update.request)
            progress(update)

        return told

    def close(self) -> None:
        """Say what was written."""
        if self._folder is not None:
            say(f"{self._count} answer{'s' * (self._count != 1)} written to", whole=str(self._folder))

    def _write(self, session: Session, run: PlanRun, request: Request) -> None:
        assert self._folder is not None
        if request.spec.warmup or not request.answer:
            return
        plan = run.plan
        names = file_names((session.models[key].name for key in plan.models), len(plan.prompts), plan.rounds)
        place = plan.prompts.index(request.spec.prompt), plan.models.index(request.spec.model), request.spec.round
        file = self._folder / names[place]
        if request.state is not RequestState.DONE:
            # What is not whole must not pass for an answer.
            file = file.with_name(f"{request.state.value}-{file.name}")
        try:
            self._put(file, request.answer.encode("utf-8", "replace"))
        except CompareError as error:
            self.complete = False
            say(f"foundry-compare: {error.sentence()}")
        else:
            self._count += 1

    def _put(self, file: Path, data: bytes) -> None:
        check_free(file, force=self._force, or_else=_OR_FORCE)
        if self._force:
            write_atomic(file, data, lambda written: None, private=False)
            return
        try:
            with file.open("xb") as opened:
                opened.write(data)
        except OSError as error:
            raise StoreError(f"{file} cannot be written", reason_of(error), "The session has the answer.") from error
