"""The terminal program: screens, themes and the work on the host, put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.app import App
from textual.content import Content
from textual.theme import Theme

from tui.conductor import Conductor
from tui.conductor.downloads import Stage
from tui.core.clean import clean_line
from tui.core.errors import CompareError, NoModelError
from tui.core.fit import Verdict
from tui.core.plan import Mode
from tui.hosts.host import Ability, Host
from tui.hosts.telling import host_story
from tui.ui import actions
from tui.ui.crash import CrashLog
from tui.ui.figures import megabytes
from tui.ui.host_work import HostAnswered, HostFailed, HostOffered, HostWork, free_memory_mb
from tui.ui.leaving import Leaving
from tui.ui.model_deeds import DONE
from tui.ui.screens.ask import AskScreen
from tui.ui.screens.compare import CompareScreen
from tui.ui.screens.help import HelpScreen
from tui.ui.screens.models import ModelsScreen
from tui.ui.screens.page import PageScreen
from tui.ui.shelf import Shelf
from tui.ui.terminal.drivers import bounded_driver
from tui.ui.terminal.flow import Flow
from tui.ui.terminal.hold import Hold
from tui.ui.terminal.outlet import Outlet
from tui.ui.theming import DEFAULT_THEME, SIXTEEN_THEME, variable_defaults

MODES_IN_ORDER = ("models", "compare")
_DOWNLOADS_EVERY = 0.5
"""Seconds between two looks at the downloads."""


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
        remember_theme: Callable[[str], None] = lambda _: None,
        news: Sequence[str] = (),
        notices: Sequence[CompareError] = (),
        free_mb: Callable[[], float | None] = free_memory_mb,
        over_ssh: bool = False,
        low_bandwidth: bool = False,
    ) -> None:
        """`free_mb` tells the free memory of this machine, in megabytes. `remember_theme` is given the name of each
        theme that is chosen, and may raise StoreError. `low_bandwidth` asks for few bytes, whatever the terminal takes.
        """
        outlet = Outlet()
        super().__init__(driver_class=bounded_driver(outlet))
        self._hold = Hold(self, outlet)
        self.crash_log = CrashLog()
        self.error_console = self.crash_log.console
        self.shelf = Shelf()
        self._host = host
        self._conductor = conductor
        self._wanted = tuple(models)
        self._prompt = prompt
        self._news = news
        self._notices = notices
        flow = Flow(outlet, over_ssh=over_ssh, low_bandwidth=low_bandwidth)
        self._compare = CompareScreen(self.shelf, conductor, flow)
        self._models = ModelsScreen(self.shelf, lambda key: host.abilities_of(key) if key else host.abilities)
        self._work = HostWork(self, host, free_mb)
        self._remember_theme = remember_theme
        if themes:
            self._use_themes(themes, theme)

    def on_mount(self) -> None:
        """Paint first; then start what takes time."""
        self.add_mode("models", lambda: self._models)
        self.add_mode("compare", lambda: self._compare)
        self.switch_mode("compare")
        Leaving(self, self._keep).watch()
        self.theme_changed_signal.subscribe(self, self._theme_chosen)
        for told in self._news:
            self.notify(clean_line(told), timeout=10, markup=False)
        for notice in self._notices:
            self._tell(notice)
        self._beat = self.set_interval(_DOWNLOADS_EVERY, self._look_at_downloads, pause=True)
        self.call_after_refresh(self._begin)

    def on_unmount(self) -> None:
        """Nobody waits for downloads any more."""
        self._work.close()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own variables, for themes that do not set them."""
        return variable_defaults()

    def post_display_hook(self) -> None:
        """After each frame: see whether the terminal keeps up."""
        self._hold.look()

    def _begin(self) -> None:
        self._conductor.start()
        self._ask_host()

    # The host

    def _ask_host(self) -> None:
        """What is here at once; what could be had as well when its catalogue answers."""
        self._work.look()
        self.shelf.asking = not self._host.abilities.get(Ability.DOWNLOAD, "no")
        self._work.ask_offers()

    async def on_host_answered(self, message: HostAnswered) -> None:
        """Fill the shelf; the first time, choose the models and ask what was asked for on the command line."""
        if not self.is_running:
            return
        first = self.shelf.info is None
        self.shelf.answered(message.info, message.cards)
        self.shelf.free_mb = message.free_mb
        self.shelf.working.pop(message.key, None)
        if message.what:
            self.shelf.took[message.key] = (message.what, message.seconds)
            if message.what == "remove":
                self.shelf.unchoose(message.key)
            else:
                told = f"{message.key}: {DONE[message.what]} in {message.seconds:.1f} s"
                self.notify(clean_line(told, 200), timeout=4, markup=False)
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

    async def on_host_offered(self, message: HostOffered) -> None:
        """Show what could be had as well."""
        self.shelf.offered(message.offers)
        await self._shelf_changed()

    async def on_host_failed(self, message: HostFailed) -> None:
        """Say it, and keep what is known."""
        if message.key:
            self.shelf.working.pop(message.key, None)
        else:
            self.shelf.trouble = message.error
        self._tell(message.error)
        await self._shelf_changed()

    def _look_at_downloads(self) -> None:
        """Show how far they are; when one has ended, see what is here."""
        seen = self._work.downloads.look()
        failed = [one for key, one in seen.items() if one.error and self.shelf.downloads.get(key) != one]
        self.shelf.downloads = {key: one for key, one in seen.items() if one.error or not one.ended}
        self.shelf.paces = {key: self._work.downloads.pace_of(one) for key, one in seen.items()}
        for one in failed:
            if one.error:
                self._tell(one.error)
        if any(one.stage is Stage.DONE for one in seen.values()):
            self._work.look()
        if all(one.ended for one in seen.values()):
            self._beat.pause()
        if self._models.alive:
            self._models.refill()

    def _choose_first(self) -> None:
        for name in self.shelf.choose_first(self._wanted):
            self._tell(NoModelError(f"There is no model {name} on this host", hint="Choose on the Models screen."))
        if not self.shelf.chosen:
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
        """Have the host do something with a model, or be asked again."""
        what, key = message.what, message.key
        card = self.shelf.card(key)
        match what:
            case "refresh":
                self._ask_host()
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
                self.shelf.working[key] = what
                self._work.do(what, key)
        await self._shelf_changed()

    def on_models_screen_chosen(self, message: ModelsScreen.Chosen) -> None:
        """To the comparison when the choice is made; what does not fit into memory together is better asked in turn."""
        self.shelf.free_mb = self._work.free_mb()
        self._models.refill()
        if not message.done:
            return
        found = self.shelf.fit(self.shelf.chosen_cards())
        if found.verdict is not Verdict.ONE_BY_ONE or self._compare.mode is Mode.MEASURE:
            self.switch_mode("compare")
            return

        def answered(answer: str | None) -> None:
            if answer is not None:
                self._compare.use(Mode.MEASURE if answer == "m" else Mode.RACE, alone=answer == "m")
                self.switch_mode("compare")

        text = (
            f"They need about {megabytes(found.need_mb)} of memory together, and {megabytes(found.free_mb)} is free. "
            "Measured, each is loaded and asked alone, and the one before it is unloaded."
        )
        answers = [("m", "measures them, one at a time"), ("a", "asks them all at once all the same")]
        self.push_screen(AskScreen("These models do not fit into memory together", text, answers), answered)

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
        else:
            groups.insert(1, ("In the list", actions.LIST))
        self.push_screen(HelpScreen(groups))

    def action_quiet(self) -> None:
        """Put the notices away: on a small screen they hide what is under them."""
        self.clear_notifications()

    def action_host(self) -> None:
        """Where the host was looked for, and what was found."""
        told = host_story(self._host, self.shelf.info, self.shelf.cards)
        self.push_screen(PageScreen("The host", Content("\n".join(told))))

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

    def _theme_chosen(self, theme: Theme) -> None:
        try:
            self._remember_theme(theme.name)
        except CompareError as error:
            self._tell(error)

    def _keep(self) -> None:
        self._work.close()
        self._conductor.close()
        self._host.close()
