"""Between the host and the screens: does what the screens ask for, and has them show what the host answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from tui.app.host_questions import HostAnswered, HostFailed, HostMachines, HostOffered, HostQuestions, ModelActionFailed
from tui.core.catalog.download import Stage
from tui.core.catalog.memory_fit import MemoryVerdict
from tui.core.catalog.model_card import find_model
from tui.core.catalog.model_filters import ALL_CACHED
from tui.core.errors import BadInputError, CompareError, NoModelError, prose
from tui.core.plans.mode import MAX_MODELS, Mode
from tui.core.text.clean import clean_line
from tui.core.text.formatting import data_size, duration
from tui.hosts.base import Ability, Host, HostInfo
from tui.hosts.free_memory import free_bytes
from tui.hosts.search.describe import host_story, looking_at
from tui.runner import Runner
from tui.ui.dialogs.choice import ChoiceDialog
from tui.ui.dialogs.text_page import TextPageDialog
from tui.ui.models.messages import (
    CancelRequested,
    DownloadRequested,
    HostRequest,
    ModelRequest,
    OffersRequested,
    RefreshRequested,
    RegisterRequested,
)
from tui.ui.models.model_actions import MODEL_ACTIONS
from tui.ui.models.screen import ModelsScreen

if TYPE_CHECKING:
    from tui.app.app import CompareApp

_DOWNLOADS_EVERY = 0.5
"""Seconds between two looks at the downloads."""


_SEARCH_EVERY = 0.5
"""Seconds between two looks at where the host is looked for."""


class HostController:
    """Changes the state that the screens share; nothing else does. The app closes the runner and the host."""

    def __init__(
        self,
        app: CompareApp,
        host: Host,
        runner: Runner,
        *,
        models: Sequence[str] = (),
        named_by: str = "",
        prompt: str | None = None,
        free: Callable[[], float | None] | None = None,
    ) -> None:
        """`models` and `prompt` are what was asked for on the command line; of models that something else names,
        `named_by` says what, as a sentence without its stop. `free` returns the free memory of this
        machine in bytes, or None when it is not known."""
        self._app = app
        self._state = app.app_state
        self._state.abilities_of = lambda key: host.abilities_of(key) if key else host.abilities
        self._host = host
        self.runner = runner
        self._wanted = tuple(models)
        self._named_by = named_by
        self._prompt = prompt
        self._choice_waits = False
        """Whether the models named on the command line can only be chosen when the offers are known."""
        self._questions = HostQuestions(app, host, free or free_bytes)
        self._download_timer = app.set_interval(_DOWNLOADS_EVERY, self._show_downloads, pause=True)
        self._search_timer = app.set_interval(_SEARCH_EVERY, self._show_search)

    def ask_models(self) -> None:
        """Ask what is here. What could be had besides is asked when somebody wants to see it: it may take a process,
        and the network."""
        self._questions.ask_models()

    def _ask_offers(self) -> None:
        self._state.asking = not self._host.abilities.get(Ability.DOWNLOAD, "no")
        self._questions.ask_offers()

    def _ask_machines(self) -> None:
        """What is free on the hosts' machines is asked for when somebody looks at models: it may take a process, and an
        SSH connection."""
        if (info := self._state.info) is not None:
            self._questions.ask_machines([member.name for member in info.members] or [""])

    async def machines(self, message: HostMachines) -> None:
        """Show what is known of them."""
        if self._questions.machines.accept(message.number):
            self._state.machines = message.machines
            await self._app.host_changed()

    async def _show_search(self) -> None:
        """Say which place is being looked at, as long as there is neither a host nor a reason why there is none."""
        state, place = self._state, looking_at(self._host)
        if state.info is not None or state.trouble is not None:
            self._search_timer.stop()
        elif place != state.looking_at:
            state.looking_at = place
            await self._app.host_changed()

    def close(self) -> None:
        """Stop the downloads, and ask nothing more. Waits for nothing."""
        self._questions.close()

    async def answered(self, message: HostAnswered) -> None:
        """Show the host's models; the first time, choose some and ask what was asked for on the command line."""
        state = self._state
        newer = self._questions.models.accept(message.number)
        first = newer and state.info is None
        if newer:
            state.answered(message.info, message.cards)
            state.free = message.free
            state.details = message.details
            self.runner.connected(message.info)
        state.working.pop(message.key, None)
        if message.action is not None or (first and self._app.current_mode == ModelsScreen.MODE):
            self._ask_machines()
        if message.action is not None:
            state.last_actions[message.key] = message.action
            if message.action.name == "remove":
                state.unchoose(message.key)
            else:
                done = MODEL_ACTIONS[message.action.name].done
                text = f"{message.key}: {done} in {duration(message.action.seconds, digits=1)}."
                self._app.say_of_model(clean_line(text, 200))
        # Some hosts know aliases from their offers alone: then the choice waits for them.
        self._choice_waits = self._choice_waits or (first and self._lacks_aliases(message.info))
        if first and not self._choice_waits:
            self._choose_first()
        await self._app.host_changed()
        if first and self._choice_waits:
            self._ask_offers()
        elif first:
            await self._ask_first()

    async def offered(self, message: HostOffered) -> None:
        """Show what could be had as well."""
        if self._questions.offers.accept(message.number):
            self._state.offered(message.offers)
            waited, self._choice_waits = self._choice_waits, False
            if waited:
                self._choose_first()
            await self._app.host_changed()
            if waited:
                await self._ask_first()

    async def failed(self, message: HostFailed) -> None:
        """Say it, and keep what is known."""
        if self._questions.models.accept(message.number):
            self._state.trouble = message.error
            self._app.show_error(message.error)
            await self._app.host_changed()

    async def action_failed(self, message: ModelActionFailed) -> None:
        """Say it; the model is as it was."""
        self._state.working.pop(message.key, None)
        self._app.show_error(message.error)
        await self._app.host_changed()

    async def request(self, request: HostRequest) -> None:
        """Have the host do something, or ask it again."""
        match request:
            case RefreshRequested():
                self.ask_models()
                self._ask_offers()
                self._ask_machines()
            case OffersRequested():
                self._ask_offers()
                self._ask_machines()
            case RegisterRequested():
                self._questions.register(request.folder)
            case DownloadRequested():
                self._download(request.key)
            case CancelRequested():
                self._questions.downloads.cancel(request.key)
                self._show_downloads()
            case ModelRequest():
                self._state.working[request.key] = request.action
                self._questions.act(request.action, request.key)
        await self._app.host_changed()

    def _download(self, key: str) -> None:
        """Begin a download; where there seems to be too little room for it, after asking."""
        if (card := self._state.card(key)) is None:
            return

        def begin(answer: str | None) -> None:
            if answer is not None:
                self._questions.downloads.add(card)
                self._download_timer.resume()
                self._show_downloads()

        room = self._state.machines.get(card.host)
        if room is None or room.disk_free is None or card.size_bytes is None or card.size_bytes <= room.disk_free:
            begin("")
            return
        text = (
            f"It takes {data_size(card.size_bytes)}, and {data_size(room.disk_free)} is free on the disk that the host "
            "keeps its models on. Part of it may have been downloaded before."
        )
        title = f"There is too little room for {key}"
        self._app.push_screen(ChoiceDialog(title, text, [("y", "downloads it all the same")]), begin)

    def choice_changed(self) -> None:
        """Show what the choice needs of the memory that is free at this moment."""
        self._state.free = self._questions.free()
        self._app.models_changed()

    def compare(self) -> None:
        """To the comparison. Models that do not fit into memory together are better asked one at a time."""
        self.choice_changed()
        compare = self._app.compare
        found = self._state.fit(self._state.chosen_cards())
        if found.verdict is not MemoryVerdict.ONE_BY_ONE or compare.next_run.mode is Mode.MEASURE:
            self._app.switch_mode(compare.MODE)
            return

        def answered(answer: str | None) -> None:
            if answer is not None:
                compare.use(Mode.MEASURE if answer == "m" else Mode.RACE, alone=answer == "m")
                self._app.switch_mode(compare.MODE)

        text = (
            f"They need about {data_size(found.need)} of memory together, and {data_size(found.free)} is free. "
            "Measured, each is loaded and asked alone, and the one before it is unloaded."
        )
        answers = [("m", "measures them, one at a time"), ("a", "asks them all at once all the same")]
        self._app.push_screen(ChoiceDialog("These models do not fit into memory together", text, answers), answered)

    def describe_host(self) -> None:
        """Show where the host was looked for, and what was found."""
        story = host_story(self._host, self._state.info, self._state.cards, self._state.machines)
        self._app.push_screen(TextPageDialog("The host", Content("\n".join(story))))

    def _show_downloads(self) -> None:
        """Show how far they are; when one has ended, ask what is here."""
        state, seen = self._state, self._questions.downloads.look()
        failed = [one for key, one in seen.items() if one.error and state.downloads.get(key) != one]
        state.downloads = {key: one for key, one in seen.items() if one.error or not one.ended}
        state.speeds = {key: self._questions.downloads.pace_of(one) for key, one in seen.items()}
        for one in failed:
            if one.error:
                self._app.show_error(one.error)
        if any(one.stage is Stage.DONE for one in seen.values()):
            self.ask_models()
        if all(one.ended for one in seen.values()):
            self._download_timer.pause()
        self._app.models_changed()

    def _choose_first(self) -> None:
        for name in self._state.choose_first(self._wanted):
            self._app.show_error(self._missing(name))
        many = len(self._state.answering())
        if self._wanted == (ALL_CACHED,) and many > MAX_MODELS:
            title = f"Of {many} models the first {MAX_MODELS} are chosen"
            self._app.show_error(BadInputError(title, "No more are asked at once", "Choose on the Models screen."))
        if not self._state.chosen:
            self._app.switch_mode(ModelsScreen.MODE)

    async def _ask_first(self) -> None:
        """Ask the models that were chosen first, if a prompt was given by then."""
        compare = self._app.compare
        prompt = self._prompt if self._prompt is not None else compare.early_prompt
        if prompt is not None and self._state.chosen:
            if self._prompt is not None:
                compare.prompt.fill(prompt)
            if len(self._app.screen_stack) == 1 and self._app.current_mode != compare.MODE:
                self._app.switch_mode(compare.MODE)
            await compare.ask(prompt)

    def _lacks_aliases(self, info: HostInfo) -> bool:
        from tui.hosts.unknown_model import aliases_come_late

        return aliases_come_late(info) and not all(find_model(self._state.cards, name) for name in self._wanted)

    def _missing(self, name: str) -> CompareError:
        """Why a name means no model. The names that there are stand on the Models screen."""
        from tui.hosts.unknown_model import missing_model, not_downloaded

        assert self._state.info is not None
        card = find_model(self._state.cards, name) if name.strip() else None
        if card is not None and (absent := not_downloaded(card)):
            return absent
        missing = missing_model(name, self._state.cards, self._state.info)
        if isinstance(missing, NoModelError):
            return NoModelError(missing.title, prose(self._named_by, missing.hint), "Choose on the Models screen.")
        return missing
