"""The terminal program: screens, themes, signals and the work on the host, put together."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Sequence

from textual import work
from textual.app import App
from textual.message import Message
from textual.theme import Theme

from tui.conductor import Conductor
from tui.core.clean import clean_line
from tui.core.errors import CompareError, NoModelError
from tui.core.model_card import ModelCard, find_or_believe
from tui.core.plan import MAX_MODELS
from tui.hosts.embedded.bundle import model_card_text
from tui.hosts.host import Host, HostInfo
from tui.ui import actions
from tui.ui.crash import CrashLog
from tui.ui.screens.compare import CompareScreen
from tui.ui.screens.help import HelpScreen
from tui.ui.screens.models import ModelsScreen
from tui.ui.shelf import Shelf
from tui.ui.theming import DEFAULT_THEME, SIXTEEN_THEME, variable_defaults

MODES_IN_ORDER = ("models", "compare")
_HANGUP_CODE, _TERMINATED_CODE = 129, 143
_PATIENCE = 2.0
"""Seconds a terminated program has for an orderly end."""


class HostAnswered(Message):
    """The host is there, with these models; `details` holds longer texts about some of them, by id.

    `model_id` is set when it was asked after something was done to that model.
    """

    def __init__(
        self, info: HostInfo, cards: tuple[ModelCard, ...], details: dict[str, str], model_id: str = ""
    ) -> None:
        super().__init__()
        self.model_id = model_id
        self.info = info
        self.cards = cards
        self.details = details


class HostFailed(Message):
    """Something asked of the host failed; `model_id` is set when it was about one model."""

    def __init__(self, error: CompareError, model_id: str = "") -> None:
        super().__init__()
        self.error = error
        self.model_id = model_id


class CompareApp(App[None]):
    """Owns the shelf. The conductor and the host are handed in, and closed by whoever made them."""

    TITLE = "foundry-compare"
    CSS_PATH = "app.tcss"
    BINDINGS = actions.bindings(actions.EVERYWHERE)

    def __init__(
        self,
        host: Host,
        conductor: Conductor,
        *,
        models: Sequence[str] = (),
        prompt: str | None = None,
        themes: Sequence[Theme] = (),
        theme: str | None = None,
        news: Sequence[str] = (),
        notices: Sequence[CompareError] = (),
    ) -> None:
        super().__init__()
        self.crash_log = CrashLog()
        self.error_console = self.crash_log.console
        self.shelf = Shelf()
        self._host = host
        self._conductor = conductor
        self._wanted = tuple(models)
        self._prompt = prompt
        self._news = news
        self._notices = notices
        self._compare = CompareScreen(self.shelf, conductor)
        self._models = ModelsScreen(self.shelf, host.abilities)
        if themes:
            self._use_themes(themes, theme)

    def on_mount(self) -> None:
        """Paint first; then start what takes time."""
        self.add_mode("models", lambda: self._models)
        self.add_mode("compare", lambda: self._compare)
        self.switch_mode("compare")
        self._watch_signals()
        for told in self._news:
            self.notify(clean_line(told), timeout=10, markup=False)
        for notice in self._notices:
            self._tell(notice)
        self.call_after_refresh(self._begin)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own variables, for themes that do not set them."""
        return variable_defaults()

    def _begin(self) -> None:
        self._conductor.start()
        self._ask_host()

    # The host

    @work(thread=True, exclusive=True, group="host")
    def _ask_host(self) -> None:
        try:
            self.post_message(self._look())
        except CompareError as error:
            self.post_message(HostFailed(error))

    def _look(self, model_id: str = "") -> HostAnswered:
        info, cards = self._host.connect(), self._host.catalogue()
        details = {card.id: text for card in cards if (text := model_card_text(card))}
        return HostAnswered(info, cards, details, model_id)

    @work(thread=True, group="model")
    def _work_on(self, what: str, model_id: str) -> None:
        try:
            (self._host.load if what == "load" else self._host.unload)(model_id)
            self.post_message(self._look(model_id))
        except CompareError as error:
            self.post_message(HostFailed(error, model_id))

    async def on_host_answered(self, message: HostAnswered) -> None:
        """Fill the shelf; the first time, choose the models and ask what was asked for on the command line."""
        first = self.shelf.info is None
        # A host that lists nothing takes nothing away: the models named on the command line stay.
        self.shelf.info, self.shelf.cards, self.shelf.trouble = message.info, message.cards or self.shelf.cards, None
        self.shelf.working.pop(message.model_id, None)
        self._models.details(message.details)
        self._conductor.connected(message.info)
        if first:
            self._choose_first()
        await self._shelf_changed()
        prompt = self._prompt if self._prompt is not None else self._compare.early_prompt
        if first and prompt is not None and self.shelf.chosen:
            if self._prompt is not None:
                self._compare.fill(prompt)
            self.action_show("compare")
            await self._compare.ask(prompt)

    async def on_host_failed(self, message: HostFailed) -> None:
        """Say it, and keep what is known."""
        if message.model_id:
            self.shelf.working.pop(message.model_id, None)
        else:
            self.shelf.trouble = message.error
        self._tell(message.error)
        await self._shelf_changed()

    def _choose_first(self) -> None:
        shelf = self.shelf
        listed = shelf.cards
        for name in self._wanted[:MAX_MODELS]:
            card = find_or_believe(listed, name)
            if card is None:
                self._tell(NoModelError(f"There is no model {name} on this host", hint="Choose on the Models screen."))
                continue
            if card not in shelf.cards:
                shelf.cards = (*shelf.cards, card)
            if card.id not in shelf.chosen:
                shelf.chosen.append(card.id)
        if not self._wanted and shelf.info is not None and shelf.info.toys:
            shelf.chosen = [card.id for card in shelf.cards[:MAX_MODELS]]
        if not shelf.chosen:
            self.switch_mode("models")

    async def _shelf_changed(self) -> None:
        for screen in (self._models, self._compare):
            if screen.alive:
                screen.show_top()
        if self._models.alive:
            self._models.refill()
        if self._compare.alive:
            await self._compare.rebuild()

    async def on_models_screen_asked(self, message: ModelsScreen.Asked) -> None:
        """Have the host load or unload a model, or be asked again."""
        if message.what == "refresh":
            self._ask_host()
            return
        self.shelf.working[message.model_id] = message.what
        await self._shelf_changed()
        self._work_on(message.what, message.model_id)

    def on_models_screen_chosen(self, message: ModelsScreen.Chosen) -> None:
        """To the comparison, when the choice is made."""
        if message.done:
            self.switch_mode("compare")

    def on_compare_screen_rested(self, message: CompareScreen.Rested) -> None:
        """See what is loaded after a run."""
        self._ask_host()

    # Everywhere

    def action_show(self, mode: str) -> None:
        """To a screen by its name."""
        if len(self.screen_stack) == 1 and self.current_mode != mode:
            self.switch_mode(mode)

    def action_step(self, step: int) -> None:
        """To the screen before or after this one."""
        here = MODES_IN_ORDER.index(self.current_mode)
        self.action_show(MODES_IN_ORDER[(here + step) % len(MODES_IN_ORDER)])

    def action_help(self) -> None:
        """Every key of this screen."""
        here = actions.MODELS if self.current_mode == "models" else actions.COMPARE
        groups: list[tuple[str, Sequence[actions.Action]]] = [
            (self.current_mode.capitalize(), here),
            ("Everywhere", actions.EVERYWHERE),
        ]
        if self.current_mode == "compare":
            groups.insert(0, ("In the prompt", actions.PROMPT))
            groups.insert(2, ("In an answer", actions.ANSWER))
        self.push_screen(HelpScreen(groups))

    def _tell(self, error: CompareError) -> None:
        self.notify(clean_line(error.sentence()), severity="error", timeout=10, markup=False)

    def _use_themes(self, themes: Sequence[Theme], wanted: str | None) -> None:
        for theme in themes:
            self.register_theme(theme)
        ours = {theme.name for theme in themes}
        few_colours = self.console.color_system in (None, "standard")
        fitting = SIXTEEN_THEME if few_colours else DEFAULT_THEME
        self.theme = next((name for name in (wanted, fitting) if name in ours), themes[0].name)
        for name in set(self.available_themes) - ours:
            self.unregister_theme(name)

    # Signals

    def _watch_signals(self) -> None:
        if sys.platform == "win32":
            # There is no loop handler here; console close and Ctrl+Break arrive as SIGBREAK.
            signal.signal(signal.SIGBREAK, lambda *_: self._terminate())
        else:
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGHUP, self._leave_at_once, _HANGUP_CODE)
            loop.add_signal_handler(signal.SIGTERM, self._terminate)

    def _terminate(self) -> None:
        """Leave in order; if that takes too long, keep everything and leave all the same."""
        watchdog = threading.Timer(_PATIENCE, self._give_up_waiting)
        watchdog.daemon = True
        watchdog.start()
        self.exit(return_code=_TERMINATED_CODE)

    def _give_up_waiting(self) -> None:
        if self.is_running:
            self._leave_at_once(_TERMINATED_CODE)

    def _leave_at_once(self, code: int) -> None:
        """The terminal is gone or stuck: painting one more frame could hang. Keep everything, and go."""
        self._conductor.close()
        self._host.close()
        os._exit(code)
