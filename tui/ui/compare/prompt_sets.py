"""Sets of prompts on the screen: open one, step through it, ask one of it or all that is left, write one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial

from tui.background import in_thread
from tui.core.errors import CompareError
from tui.core.plans.opened_set import OpenedSet, asked_prompts, is_same, opened, variables_of
from tui.core.plans.prompt import Prompt
from tui.core.text.clean import clean_line
from tui.storage.prompt_library import PromptLibrary
from tui.ui.compare.asked import Asked
from tui.ui.compare.asking import Asking
from tui.ui.compare.part import ScreenPart, StatusNote
from tui.ui.compare.screen import CompareScreen
from tui.ui.compare.set_dialogs import OpenSetDialog, SaveSetDialog
from tui.ui.dialogs.choice import ChoiceDialog
from tui.ui.dialogs.text_input import TextInputDialog
from tui.ui.widgets.field_text import storable

_NAME = 24
"""Characters of a set's name in the status line."""


class PromptSets(ScreenPart):
    """The set that is open, if one is."""

    def __init__(self, screen: CompareScreen) -> None:
        super().__init__(screen)
        self._library = screen.library or PromptLibrary()
        self._left: tuple[object, list[Prompt]] = ((), [])
        self._busy = False
        """Whether a dialog of this part is open, or on its way."""

    @property
    def _set(self) -> OpenedSet | None:
        return self.screen.next_run.opened_set

    @_set.setter
    def _set(self, opened_set: OpenedSet) -> None:
        self.screen.next_run.opened_set = opened_set

    # Opening

    def open(self) -> None:
        """Ask for a file, and for what its prompts leave open."""
        self._alone(self._opening)

    async def _opening(self) -> None:
        app, screen = self.screen.app, self.screen
        found = await app.push_screen_wait(OpenSetDialog(self._library))
        if found is None:
            return
        path, prompts = found
        names, own = variables_of(prompts), dict(prompts.variables)
        values: dict[str, str] = {}
        if names:
            known = await asyncio.wrap_future(in_thread(self._library.values, "variables"))
            for number, name in enumerate(names, 1):
                title = f"{{{name}}} in {path.name}, {number} of {len(names)}"
                given = own.get(name, known.get(name, ""))
                value = await app.push_screen_wait(
                    TextInputDialog(title, given, "enter keeps it; left empty it stays as it stands")
                )
                if value is None:
                    screen.say("No set was opened.")
                    return
                values[name] = value
            in_thread(partial(self._library.remember_values, values), "variables")
        self._set = new = opened(path.stem, prompts, values)
        rubric, commands = prompts.rubric, screen.commands
        if rubric is not None and commands is not None:
            try:
                commands.score_for(rubric)
                await screen.rebuild()
            except CompareError as error:
                screen.show_error(error)
        self._show_current()
        name, count = clean_line(new.name, _NAME), len(new.prompts)
        screen.say(f"set {name} · 1 of {count}: e and enter ask it, > shows the next, ctrl+g asks all.")

    # Going through it

    def step(self, by: int) -> None:
        """To the prompt before or after this one."""
        if self._set is None:
            self.screen.say("No set is open: o opens one.")
            return
        place = self._set.place + by
        if not 0 <= place < len(self._set.prompts):
            which = "first" if by < 0 else "last"
            self.screen.say(f"This is the {which} prompt of {clean_line(self._set.name, _NAME)}.")
            return
        self._set = self._set.at(place)
        self._show_current()

    def _show_current(self) -> None:
        if self._set is not None:
            self.screen.prompt.put(self._set.current.user)
            self.screen.say("")

    async def ask_left(self) -> None:
        """Ask all prompts that were not asked in this session."""
        if self._set is None:
            self.screen.say("No set is open: o opens one.")
            return
        left = self._to_ask(self._set)
        name = clean_line(self._set.name, _NAME)
        if not left:
            self.screen.say(f"Every prompt of {name} was asked in this session.")
            return
        await self.screen.parts[Asking].ask(left)
        if self.screen.view.busy and self.screen.view.run is not None:
            count = len(self.screen.view.run.plan.prompts)
            self.screen.say(f"Asks {count} {'prompt' if count == 1 else 'prompts'} of {name}; X stops all of them.")

    def next_prompt(self) -> Prompt | None:
        """The prompt of the set that is next; None without a set."""
        return None if self._set is None else self._set.current

    def notes(self) -> Sequence[StatusNote]:
        """Where one stands in the set, and how many of its prompts are left."""
        if self._set is None:
            return ()
        left, count = len(self._to_ask(self._set)), len(self._set.prompts)
        name, place = clean_line(self._set.name, _NAME), self._set.place + 1
        short = clean_line(name, 9)
        return (
            (f"set {name} · {place} of {count}", *[f"set {short} {place}/{count}"] * 2, f"{short} {place}/{count}"),
            (f"{left} left" if left else "all asked", f"{left} left" if 0 < left < count else ""),
        )

    def wanted(self, asked: Asked) -> Asked:
        """What was typed is the set's prompt where it is the same text: with its facets, its tags and its system
        prompt."""
        if self._set is None or len(asked.prompts) != 1:
            return asked
        (typed,) = asked.prompts
        for one in (self._set.current, *self._set.prompts):
            if storable(one.user) == typed.user:
                own = one if one.system is not None else replace(one, system=typed.system)
                return replace(asked, prompts=[own])
        return asked

    def begun(self, asked: Asked) -> None:
        """The place is that of what was asked last, which then is in the prompt."""
        if self._set is not None and asked.prompts:
            last = asked.prompts[-1]
            places = [place for place, one in enumerate(self._set.prompts) if is_same(one, last)]
            if places and self._set.place not in places:
                self._set = self._set.at(places[0])
            if places and len(asked.prompts) > 1:
                self._show_current()

    def _to_ask(self, one: OpenedSet) -> list[Prompt]:
        """What is left of it; worked out when something was asked or has ended, for the status line wants it often."""
        view = self.screen.view
        key = (one.prompts, len(view.session.requests), view.busy)
        if self._left[0] != key:
            self._left = key, one.left(asked_prompts(view.session.prompts, view.session.requests))
        return self._left[1]

    # Writing

    def save(self) -> None:
        """Write what was asked in this session into a file of prompts."""
        self._alone(self._saving)

    async def _saving(self) -> None:
        app, session = self.screen.app, self.screen.view.session
        prompts = asked_prompts(session.prompts, session.requests)
        if not prompts:
            self.screen.say("Nothing has been asked yet that could be written.")
            return
        many = "1 prompt" if len(prompts) == 1 else f"{len(prompts)} prompts"
        typed = await app.push_screen_wait(SaveSetDialog(f"Write {many} of this session as a set"))
        if not typed:
            return
        path, replaces = self._library.path_of(typed), False
        while True:
            work = partial(self._library.save, path, prompts, replace=replaces)
            try:
                written = await asyncio.wrap_future(in_thread(work, "save set"))
            except FileExistsError:
                text = f"{path} is there already; its prompts would be gone."
                answer = await app.push_screen_wait(ChoiceDialog("Replace the file?", text, [("y", "replaces it")]))
                if answer is None:
                    self.screen.say("Nothing was written.")
                    return
                replaces = True
            except CompareError as error:
                self.screen.show_error(error)
                return
            else:
                self.screen.notify(clean_line(f"{many} in {written}", 300), timeout=10, markup=False)
                return

    def _alone(self, what: Callable[[], Awaitable[None]]) -> None:
        """One dialog of this part at a time, in a worker: what it waits for does not hold up the screen."""
        if self._busy or self.screen.commands is None:
            return
        self._busy = True
        self.screen.run_worker(self._in_turn(what))

    async def _in_turn(self, what: Callable[[], Awaitable[None]]) -> None:
        try:
            await what()
        finally:
            self._busy = False
