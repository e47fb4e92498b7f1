"""What the History screen asks of the app. Paths are those of session files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from tui.core.scoring.disagreement import SharedAnswer


class HistoryRequest(Message):
    """Something to have done with what was kept, or to find out about it."""


class ListRequested(HistoryRequest):
    """The folder should be looked at again."""


class SearchRequested(HistoryRequest):
    """Sessions in which all these words stand should be found."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.words = words


class SessionRequest(HistoryRequest):
    """Something to have done with one session."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path


class PreviewRequested(SessionRequest):
    """What is in it should be shown beside the list. `size` is that of its file in bytes, `mtime_ns` when it was
    written."""

    def __init__(self, path: Path, size: int, mtime_ns: int) -> None:
        super().__init__(path)
        self.size = size
        self.mtime_ns = mtime_ns


class OpenRequested(SessionRequest):
    """It should be opened on the Compare screen, at the question of the request `run`, where that is not empty."""

    def __init__(self, path: Path, run: str = "") -> None:
        super().__init__(path)
        self.run = run


class ResumeRequested(SessionRequest):
    """It should be opened, and what it has still to ask be asked."""


class JudgeRequested(SessionRequest):
    """It should be opened, and a model be chosen to judge its answers."""


class ReplayRequested(SessionRequest):
    """It should be shown as it went."""


class SecondRaterRequested(SessionRequest):
    """It should be opened for somebody else to score it, who sees neither the models nor anybody's scores."""

    def __init__(self, path: Path, rater: str) -> None:
        super().__init__(path)
        self.rater = rater


class AgreementRequested(SessionRequest):
    """It should be shown how far those agree who scored it, and what they differ about."""


class DecisionRequested(SessionRequest):
    """It should be kept what was decided together on an answer; None takes it back."""

    def __init__(self, path: Path, answer: SharedAnswer, value: int | None) -> None:
        super().__init__(path)
        self.answer = answer
        self.value = value


class NameRequested(SessionRequest):
    """It should have this title and these tags; None leaves what is there."""

    def __init__(self, path: Path, *, title: str | None = None, tags: Sequence[str] | None = None) -> None:
        super().__init__(path)
        self.title = title
        self.tags = tags


class TrashRequested(HistoryRequest):
    """These sessions should be put into the trash."""

    def __init__(self, paths: Sequence[Path]) -> None:
        super().__init__()
        self.paths = tuple(paths)


class RestoreRequested(HistoryRequest):
    """What was put into the trash last should be brought back."""


class ReportRequested(HistoryRequest):
    """There should be a report on these sessions: a file of this format, or a page to read where it is empty."""

    def __init__(self, paths: Sequence[Path], format: str = "") -> None:  # noqa: A002 - what reports call it
        super().__init__()
        self.paths = tuple(paths)
        self.format = format
