"""Between the host and the screens: does what the screens ask for, and shows what the host answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from textual.app import App
from textual.content import Content

from tui.app.host_questions import HostAnswered, HostFailed, HostOffered, HostWork, Newest
from tui.core.catalog.download import Stage
from tui.core.catalog.memory_fit import MemoryVerdict
from tui.core.catalog.model_card import find_model
from tui.core.errors import CompareError, NoModelError
from tui.core.plans.plan import Mode
from tui.core.text.clean import clean_line
from tui.core.text.formatting import data_size, duration
from tui.hosts.base import Ability, Host, HostInfo
from tui.hosts.free_memory import free_bytes
from tui.hosts.search.describe import host_story
from tui.runner import Runner
from tui.ui.compare.screen import CompareScreen
from tui.ui.dialogs.choice import ChoiceDialog
from tui.ui.dialogs.text_page import TextPageDialog
from tui.ui.models.model_actions import DONE
from tui.ui.models.screen import ModelsScreen
from tui.ui.state import AppState

_DOWNLOADS_EVERY = 0.5
"""Seconds between two looks at the downloads."""


class HostController:
    """Changes the shelf, and nobody else does. The runner and the host are closed by whoever made them."""

    def __init__(
        self,
        app: App[Any],
        app_state: AppState,
        compare: CompareScreen,
        host: Host,
        runner: Runner,
        *,
        models: Sequence[str] = (),
        prompt: str | None = None,
        free: Callable[[], float | None] | None = None,
    ) -> None:
        """`models` and `prompt` are what was asked for on the command line. `free` tells the free memory of this
        machine, in bytes."""
        self._app = app
        self._app_state = app_state
        self._compare = compare
        self._host = host
        self._runner = runner
        self._wanted = tuple(models)
        self._prompt = prompt
        self._choice_waits = False
        self.models = ModelsScreen(app_state, lambda key: host.abilities_of(key) if key else host.abilities)
        """The screen of the host's models."""
        self._work = HostWork(app, host, free or free_bytes)
        self._shown, self._offers_shown = Newest(), Newest()
        self._beat = app.set_interval(_DOWNLOADS_EVERY, self._look_at_downloads, pause=True)

    def ask_host(self) -> None:
        """What is here. What could be had besides is asked when somebody wants to see it: it may take a process, and
        the network."""
        self._work.look()

    def _ask_offers(self) -> None:
        self._app_state.asking = not self._host.abilities.get(Ability.DOWNLOAD, "no")
        self._work.ask_offers()

    def close(self) -> None:
        """Nobody waits for downloads any more."""
        self._work.close()

    async def answered(self, message: HostAnswered) -> None:
        """Fill the shelf; the first time, choose the models and ask what was asked for on the command line."""
        app_state = self._app_state
        newer = self._shown.takes(message.number)
        first = newer and app_state.info is None
        if newer:
            app_state.answered(message.info, message.cards)
            app_state.free = message.free
            self.models.details(message.details)
            self._runner.connected(message.info)
        app_state.working.pop(message.key, None)
        if message.what:
            app_state.took[message.key] = (message.what, message.seconds)
            if message.what == "remove":
                app_state.unchoose(message.key)
            else:
                told = f"{message.key}: {DONE[message.what]} in {duration(message.seconds, digits=1)}."
                self._app.notify(clean_line(told, 200), timeout=4, markup=False)
        # Some hosts know aliases from their offers alone: then the choice waits for them.
        self._choice_waits = self._choice_waits or (first and self._lacks_aliases(message.info))
        if first and not self._choice_waits:
            self._choose_first()
        await self._shelf_changed()
        if first and self._choice_waits:
            self._ask_offers()
        elif first:
            await self._ask_first()

    async def _ask_first(self) -> None:
        """Ask the models that were chosen first, if a prompt was given by then."""
        app_state = self._app_state
        prompt = self._prompt if self._prompt is not None else self._compare.early_prompt
        if prompt is not None and app_state.chosen:
            if self._prompt is not None:
                self._compare.fill(prompt)
            if len(self._app.screen_stack) == 1 and self._app.current_mode != self._compare.MODE:
                self._app.switch_mode(self._compare.MODE)
            await self._compare.ask(prompt)

    async def offered(self, message: HostOffered) -> None:
        """Show what could be had as well."""
        if self._offers_shown.takes(message.number):
            self._app_state.offered(message.offers)
            waited, self._choice_waits = self._choice_waits, False
            if waited:
                self._choose_first()
            await self._shelf_changed()
            if waited:
                await self._ask_first()

    async def failed(self, message: HostFailed) -> None:
        """Say it, and keep what is known."""
        if message.key:
            self._app_state.working.pop(message.key, None)
        elif self._shown.takes(message.number):
            self._app_state.trouble = message.error
        else:
            return
        self._compare.tell(message.error)
        await self._shelf_changed()

    async def asked(self, message: ModelsScreen.Asked) -> None:
        """Have the host do something with a model, or be asked again."""
        what, key = message.what, message.key
        card = self._app_state.card(key)
        match what:
            case "refresh":
                self.ask_host()
                self._ask_offers()
            case "offers":
                self._ask_offers()
            case "register":
                self._work.register(key)
            case "download" if card is not None:
                self._work.downloads.add(card)
                self._beat.resume()
                self._look_at_downloads()
            case "cancel":
                self._work.downloads.cancel(key)
                self._look_at_downloads()
            case "load" | "unload" | "remove":
                self._app_state.working[key] = what
                self._work.do(what, key)
        await self._shelf_changed()

    def chosen(self, message: ModelsScreen.Chosen) -> None:
        """To the comparison when the choice is made; what does not fit into memory together is better asked in turn."""
        self._app_state.free = self._work.free()
        self.models.refill()
        if not message.done:
            return
        found = self._app_state.fit(self._app_state.chosen_cards())
        if found.verdict is not MemoryVerdict.ONE_BY_ONE or self._compare.mode is Mode.MEASURE:
            self._app.switch_mode("compare")
            return

        def answered(answer: str | None) -> None:
            if answer is not None:
                self._compare.use(Mode.MEASURE if answer == "m" else Mode.RACE, alone=answer == "m")
                self._app.switch_mode("compare")

        text = (
            f"They need about {data_size(found.need)} of memory together, and {data_size(found.free)} is free. "
            "Measured, each is loaded and asked alone, and the one before it is unloaded."
        )
        answers = [("m", "measures them, one at a time"), ("a", "asks them all at once all the same")]
        self._app.push_screen(ChoiceDialog("These models do not fit into memory together", text, answers), answered)

    def tell_of_host(self) -> None:
        """Where the host was looked for, and what was found."""
        told = host_story(self._host, self._app_state.info, self._app_state.cards)
        self._app.push_screen(TextPageDialog("The host", Content("\n".join(told))))

    def _look_at_downloads(self) -> None:
        """Show how far they are; when one has ended, see what is here."""
        app_state, seen = self._app_state, self._work.downloads.look()
        failed = [one for key, one in seen.items() if one.error and app_state.downloads.get(key) != one]
        app_state.downloads = {key: one for key, one in seen.items() if one.error or not one.ended}
        app_state.paces = {key: self._work.downloads.pace_of(one) for key, one in seen.items()}
        for one in failed:
            if one.error:
                self._compare.tell(one.error)
        if any(one.stage is Stage.DONE for one in seen.values()):
            self._work.look()
        if all(one.ended for one in seen.values()):
            self._beat.pause()
        if self.models.alive:
            self.models.refill()

    def _choose_first(self) -> None:
        for name in self._app_state.choose_first(self._wanted):
            self._compare.tell(self._missing(name))
        if not self._app_state.chosen:
            self._app.switch_mode("models")

    def _lacks_aliases(self, info: HostInfo) -> bool:
        from tui.hosts.unknown_model import aliases_come_late

        return aliases_come_late(info) and not all(find_model(self._app_state.cards, name) for name in self._wanted)

    def _missing(self, name: str) -> CompareError:
        """Why a name means no model. The names there are stand on the Models screen."""
        from tui.hosts.unknown_model import missing_model, not_downloaded

        assert self._app_state.info is not None
        card = find_model(self._app_state.cards, name) if name.strip() else None
        if card is not None and (absent := not_downloaded(card)):
            return absent
        missing = missing_model(name, self._app_state.cards, self._app_state.info)
        if isinstance(missing, NoModelError):
            return NoModelError(missing.title, missing.hint, "Choose on the Models screen.")
        return missing

    async def _shelf_changed(self) -> None:
        for screen in (self.models, self._compare):
            if screen.alive:
                screen.show_top()
        if self.models.alive:
            self.models.refill()
        if self._compare.alive:
            await self._compare.rebuild()
