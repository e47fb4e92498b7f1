"""Failures a user can meet, as sentences."""

from __future__ import annotations

_ENDS = (".", "!", "?", "…")


def prose(*parts: str) -> str:
    """The parts that are not empty as one line of prose: each ends with a stop, whoever wrote it."""
    texts = (part.strip() for part in parts)
    return " ".join(text if text.endswith(_ENDS) else f"{text}." for text in texts if text)


class CompareError(Exception):
    """What happened (`title`), the particulars (`detail`) and what to do now (`hint`).

    All three may hold text from outside: whoever shows them passes them through `clean()`.
    """

    def __init__(self, title: str, detail: str = "", hint: str = "") -> None:
        super().__init__(title)
        self.title = title
        self.detail = detail
        self.hint = hint

    def sentence(self) -> str:
        """The three parts as one line of prose."""
        return prose(self.title, self.detail, self.hint)


def reason_of(error: BaseException) -> str:
    """Why, in the system's own words: never empty, for some errors come without any."""
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return reason or type(error).__name__


class BadInputError(CompareError):
    """The request itself cannot be carried out as written: a flag, a prompt, a file."""


class NoHostError(CompareError):
    """The host cannot be started or does not answer."""


class NoModelError(CompareError):
    """The host answers and does not have the model."""


class ModelFailedError(CompareError):
    """The host has the model and could not load or run it."""


class StoreError(CompareError):
    """Something could not be kept on disk."""
