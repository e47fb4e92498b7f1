"""What controllers share that do in threads what a screen asks for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from textual.message import Message

from tui.background import Worker
from tui.core.errors import CompareError
from tui.core.text.clean import clean_line
from tui.ui.defects import end_app

if TYPE_CHECKING:
    from tui.app.app import CompareApp


class DoneInThread(Message):
    """Something has been found out or done in a thread; `show` shows it, on the app's loop."""

    def __init__(self, show: Callable[[], object]) -> None:
        super().__init__()
        self.show = show


class ThreadedController:
    """Says what went wrong in a thread; a defect there ends the app."""

    def __init__(self, app: CompareApp, *workers: Worker) -> None:
        self._app = app
        self._workers = workers

    def close(self) -> None:
        """Begin nothing more. Waits for nothing."""
        for worker in self._workers:
            worker.close()

    def _do(self, worker: Worker, work: Callable[[], object]) -> None:
        worker.submit(partial(self._run, work))

    def _run(self, work: Callable[[], object]) -> None:
        """In a thread."""
        try:
            work()
        except CompareError as error:
            self._show(partial(self._app.show_error, error))
        except Exception as error:
            end_app(self._app, error)
            raise

    def _show(self, show: Callable[[], object]) -> None:
        self._app.post_message(DoneInThread(show))

    def _say(self, text: str) -> None:
        self._show(partial(self._app.notify, clean_line(text, 300), timeout=6, markup=False))
