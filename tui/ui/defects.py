"""What a defect in a thread or a timer of our own does: it ends the app, as one in a worker of Textual's would."""

from __future__ import annotations

from typing import Any

from textual.app import App


def end_app(app: App[Any], error: BaseException) -> None:
    """Raise the error in the app's loop, from any thread."""
    app.call_later(_raise, error)


def _raise(error: BaseException) -> None:
    raise error
