"""Between the host and the screens: does what the screens ask for, and shows what the host answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from textual.app import App
from textual.content import Content

from tui.conductor import Conductor
from tui.conductor.downloads import Stage
from tui.core.clean import clean_line
from tui.core.errors import CompareError, NoModelError
from tui.core.figures import data_size, duration
from tui.core.fit import Verdict
from tui.core.model_card import find_model
from tui.core.plan import Mode
from tui.hosts.host import Ability, Host, HostInfo
from tui.hosts.memory import free_bytes
from tui.hosts.telling import host_story
from tui.ui.host_work import HostAnswered, HostFailed, HostOffered, HostWork, Newest
from tui.ui.model_deeds import DONE
from tui.ui.screens.ask import AskScreen
from tui.ui.screens.compare import CompareScreen
from tui.ui.screens.models import ModelsScreen
from tui.ui.screens.page import PageScreen
from tui.ui.shelf import Shelf

_DOWNLOADS_EVERY = 0.5
"""Seconds between two looks at the downloads."""


class Desk:
    """Changes the shelf, and nobody else does. The conductor and the host are closed by whoever made them."""

    def __init__(
        self,
        app: App[Any],
        shelf: Shelf,
        compare: CompareScreen,
        host: Host,
        conductor: Conductor,
        *,
        models: Sequence[str] = (),
        prompt: str | None = None,
        free: Callable[[], float | None] | None = None,
    ) -> None:
        """`models` and `prompt` are what was asked for on the command line. `free` tells the free memory of this
        machine, in bytes."""
        self._app = app
        self._shelf = shelf
        self._compare = compare
        self._host = host
        self._conductor = conductor
        self._wanted = tuple(models)
        self._prompt = prompt
        self._choice_waits = False
        self.models = ModelsScreen(shelf, lambda key: host.abilities_of(key) if key else host.abilities)
        """The screen of the host's models."""
        self._work = HostWork(app, host, free or free_bytes)
        self._shown, self._offers_shown = Newest(), Newest()
        self._beat = app.set_interval(_DOWNLOADS_EVERY, self._look_at_downloads, pause=True)

    def ask_host(self) -> None:
        """What is here. What could be had besides is asked when somebody wants to see it: it may take a process, and
        the network."""
        self._work.look()

    def _ask_offers(self) -> None:
        self._shelf.asking = not self._host.abilities.get(Ability.DOWNLOAD, "no")
        self._work.ask_offers()

    def close(self) -> None:
        """Nobody waits for downloads any more."""
        self._work.close()

    async def answered(self, message: HostAnswered) -> None:
        """Fill the shelf; the first time, choose the models and ask what was asked for on the command line."""
        shelf = self._shelf
        newer = self._shown.takes(message.number)
        first = newer and shelf.info is None
        if newer:
            shelf.answered(message.info, message.cards)
            shelf.free = message.free
            self.models.details(message.details)
            self._conductor.connected(message.info)
        shelf.working.pop(message.key, None)
        if message.what:
            shelf.took[message.key] = (message.what, message.seconds)
            if message.what == "remove":
                shelf.unchoose(message.key)
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
        shelf = self._shelf
        prompt = self._prompt if self._prompt is not None else self._compare.early_prompt
        if prompt is not None and shelf.chosen:
            if self._prompt is not None:
                self._compare.fill(prompt)
            if len(self._app.screen_stack) == 1 and self._app.current_mode != self._compare.MODE:
                self._app.switch_mode(self._compare.MODE)
            await self._compare.ask(prompt)

    async def offered(self, message: HostOffered) -> None:
        """Show what could be had as well."""
        if self._offers_shown.takes(message.number):
            self._shelf.offered(message.offers)
            waited, self._choice_waits = self._choice_waits, False
            if waited:
                self._choose_first()
            await self._shelf_changed()
            if waited:
                await self._ask_first()

    async def failed(self, message: HostFailed) -> None:
        """Say it, and keep what is known."""
        if message.key:
            self._shelf.working.pop(message.key, None)
        elif self._shown.takes(message.number):
            self._shelf.trouble = message.error
        else:
            return
        self._compare.tell(message.error)
        await self._shelf_changed()

    async def asked(self, message: ModelsScreen.Asked) -> None:
        """Have the host do something with a model, or be asked again."""
        what, key = message.what, message.key
        card = self._shelf.card(key)
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
                self._shelf.working[key] = what
                self._work.do(what, key)
        await self._shelf_changed()

    def chosen(self, message: ModelsScreen.Chosen) -> None:
        """To the comparison when the choice is made; what does not fit into memory together is better asked in turn."""
        self._shelf.free = self._work.free()
        self.models.refill()
        if not message.done:
            return
        found = self._shelf.fit(self._shelf.chosen_cards())
        if found.verdict is not Verdict.ONE_BY_ONE or self._compare.mode is Mode.MEASURE:
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
        self._app.push_screen(AskScreen("These models do not fit into memory together", text, answers), answered)

    def tell_of_host(self) -> None:
        """Where the host was looked for, and what was found."""
        told = host_story(self._host, self._shelf.info, self._shelf.cards)
        self._app.push_screen(PageScreen("The host", Content("\n".join(told))))

    def _look_at_downloads(self) -> None:
        """Show how far they are; when one has ended, see what is here."""
        shelf, seen = self._shelf, self._work.downloads.look()
        failed = [one for key, one in seen.items() if one.error and shelf.downloads.get(key) != one]
        shelf.downloads = {key: one for key, one in seen.items() if one.error or not one.ended}
        shelf.paces = {key: self._work.downloads.pace_of(one) for key, one in seen.items()}
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
        for name in self._shelf.choose_first(self._wanted):
            self._compare.tell(self._missing(name))
        if not self._shelf.chosen:
            self._app.switch_mode("models")

    def _lacks_aliases(self, info: HostInfo) -> bool:
        from tui.hosts.missing import aliases_come_late

        return aliases_come_late(info) and not all(find_model(self._shelf.cards, name) for name in self._wanted)

    def _missing(self, name: str) -> CompareError:
        """Why a name means no model. The names there are stand on the Models screen."""
        from tui.hosts.missing import missing_model, not_downloaded

        assert self._shelf.info is not None
        card = find_model(self._shelf.cards, name) if name.strip() else None
        if card is not None and (absent := not_downloaded(card)):
            return absent
        missing = missing_model(name, self._shelf.cards, self._shelf.info)
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
