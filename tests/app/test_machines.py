"""What the screen says of the hosts' machines: GPUs beside a model, room before a download."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from unittest import mock

from tests.support import recorded
from tests.support.recorded import CARDS, LookedAtHost, answered, looking_at
from tui.core.catalog.machine import Gpu, Machine
from tui.core.catalog.model_card import ModelState
from tui.hosts.base import Ability
from tui.ui.dialogs.choice import ChoiceDialog

GPU = Gpu("NVIDIA L4", 24_000_000_000, 1_500_000_000, 35.0)


@contextmanager
def machine_says(say: Callable[[], Machine]) -> Iterator[list[str]]:
    """The host of recorded runs is asked for its machine; returns the models that are downloaded."""
    downloaded: list[str] = []

    class Known(LookedAtHost):
        def __init__(self, *given: object, **more: object) -> None:
            super().__init__(*given, **more)  # type: ignore[arg-type]
            self.abilities = {**self.abilities, Ability.DOWNLOAD: ""}

        def machine(self, model_id: str) -> Machine:
            return say()

        def download(self, model_id: str, *more: object) -> bool:
            downloaded.append(model_id)
            return True

    with mock.patch.object(recorded, "LookedAtHost", Known):
        yield downloaded


async def test_a_model_for_gpus_is_shown_with_what_they_have_free_and_a_driver_that_hangs_holds_nothing_up() -> None:
    answers = threading.Event()

    def slowly() -> Machine:
        assert answers.wait(30)
        return Machine((GPU,), disk_free=4_000_000_000)

    with machine_says(slowly):
        async with looking_at([answered(1)], size=(100, 30)) as play:
            await play.press("f1", "down")
            await play.sees("phi-4-mini-instruct-cuda-gpu:5", "chosen")
            assert "NVIDIA" not in play.shown, "it is still being asked, and keys act"
            answers.set()
            await play.sees("GPU NVIDIA L4: 1.5 GB of 24.0 GB in use, 35 % busy")
            await play.press("up")
            await play.sees("needs" if CARDS[0].state is not ModelState.LOADED else "on disk")
            assert "NVIDIA" not in play.shown, "this one is for the CPU"
            await play.press("h")
            await play.sees(
                "gpu                NVIDIA L4: 1.5 GB of 24.0 GB", "disk               4.0 GB free for models"
            )


async def test_what_seems_too_large_for_the_disk_is_asked_about() -> None:
    large = replace(CARDS[4], state=ModelState.CATALOG)
    with machine_says(
        lambda: Machine(no_gpus="There is no nvidia-smi on this machine.", disk_free=4_000_000_000)
    ) as got:
        async with looking_at(size=(100, 30), cards=[CARDS[0], large]) as play:
            await play.until(lambda: play.in_models)
            await play.press("end")
            await play.sees("4.0 GB free for models", "GPU -: there is no nvidia-smi on this machine")
            await play.press("d")
            await play.sees("too little room for gpt-oss-20b-cuda-gpu:1", "It takes 9.9 GB, and 4.0 GB is free")
            await play.press("escape")
            assert not isinstance(play.app.screen, ChoiceDialog) and got == []
            await play.press("d", "y")
            await play.until(lambda: got == [large.key])
