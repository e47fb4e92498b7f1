"""A replay as lines of text: each as soon as it is complete, behind the name of the model whose answer it is of."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from tui.cli.run import summary
from tui.core.plans.questions import question_of
from tui.core.requests.outcome import COMPLETE, outcome
from tui.core.requests.request import Request
from tui.core.sessions.session import Session
from tui.core.sessions.session_model import titles_of
from tui.core.text.cell_width import cell_width, wrapped
from tui.core.text.clean import clean, clean_line

_NAME = 24
"""Cells of a model's name at most."""


class ReplayedLines:
    """What has come of answers since the last look. Warm-ups are not shown."""

    def __init__(self, session: Session, width: int) -> None:
        """`width` is that of a line, in cells."""
        self._session = session
        models = list(session.models.values())
        named = zip(models, titles_of(models), strict=True)
        self._names = {model.key: clean_line(title, _NAME) for model, title in named}
        self._room = max(map(cell_width, self._names.values()), default=0)
        self._width = max(width - self._room - 3, 20)
        self._shown: dict[str, int] = {}
        """How many lines of an answer were shown, by the request's id."""
        self._ended: set[str] = set()
        self._asked: set[object] = set()

    def take(self, changed: Collection[str]) -> Iterator[str]:
        """The lines that are complete by now, of the requests of these ids."""
        for run, request in self._session.requests.items():
            if run not in changed or request.spec.warmup or run in self._ended:
                continue
            question = question_of(request)
            if question not in self._asked:
                self._asked.add(question)
                asked = clean(self._session.prompts[request.spec.prompt].user)
                yield "\n".join(["", *(f"> {line}" for line in asked.splitlines())])
            yield from self._lines(run, request)

    def _lines(self, run: str, request: Request) -> Iterator[str]:
        # All but the last line stay as they are when more comes.
        lines = [part for line in clean(request.answer).splitlines() for part in wrapped(line, self._width) or [""]]
        known = self._shown.get(run, 0)
        complete = lines if request.state.final else lines[:-1]
        for line in complete[known:]:
            yield self._beside(request, line)
        self._shown[run] = max(known, len(complete))
        if request.state.final:
            self._ended.add(run)
            if outcome(request) != COMPLETE:
                yield self._beside(request, clean_line(outcome(request)))
            yield self._beside(request, f"[{clean_line(summary(request))}]")

    def _beside(self, request: Request, line: str) -> str:
        name = self._names[request.spec.model]
        return f"{name}{' ' * (self._room - cell_width(name))} | {line}".rstrip()
