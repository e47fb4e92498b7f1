"""What the Models screen asks of the app. The keys are those of the models' cards."""

from __future__ import annotations

from typing import ClassVar

from textual.message import Message


class HostRequest(Message):
    """Something to have done by the host, or to ask it."""


class RefreshRequested(HostRequest):
    """The host should be asked for its models again, and for what could be had besides."""


class OffersRequested(HostRequest):
    """The host should be asked what could be had besides the models it has."""


class RegisterRequested(HostRequest):
    """A folder with a model should be added."""

    def __init__(self, folder: str) -> None:
        super().__init__()
        self.folder = folder


class ModelRequest(HostRequest):
    """Something to have done with one model."""

    action: ClassVar[str]
    """Its name in `model_actions`."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self.key = key


class LoadRequested(ModelRequest):
    """The model should be loaded into memory."""

    action = "load"


class UnloadRequested(ModelRequest):
    """The model's memory should be freed."""

    action = "unload"


class RemoveRequested(ModelRequest):
    """The model should be deleted from the cache."""

    action = "remove"


class DownloadRequested(ModelRequest):
    """The model should be downloaded."""

    action = "download"


class CancelRequested(ModelRequest):
    """The model's download should be stopped."""

    action = "cancel"


class ChoiceChanged(Message):
    """Another model has been chosen, or one no longer is."""


class CompareRequested(Message):
    """The chosen models should be compared."""
