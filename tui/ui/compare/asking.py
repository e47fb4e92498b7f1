"""Asking: a question or several, once more, and stopping what is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from textual.content import Content

from tui.core.errors import BadInputError, CompareError
from tui.core.plans.prompt import Prompt
from tui.core.requests.outcome import outcome
from tui.core.requests.request import Request
from tui.core.sessions.view import Commands
from tui.core.text.clean import clean, clean_line
from tui.ui.compare.asked import Asked
from tui.ui.compare.messages import HostWanted
from tui.ui.compare.part import ScreenPart, StatusNote
from tui.ui.compare.questions import ONLY_NEWEST
from tui.ui.compare.replaying import Replaying
from tui.ui.compare.screen import REQUESTS_FIRST_S
from tui.ui.dialogs.text_page import TextPageDialog


class Asking(ScreenPart):
    """Begins runs, and acts on the one whose answers are shown."""

    async def ask(self, prompts: Sequence[Prompt]) -> None:
        """Begin a run that puts all of these to the chosen models, and move to its panes."""
        screen, commands = self.screen, self.screen.commands
        if commands is None or not self.finds_host():
            return
        cards = screen.app_state.chosen_cards()
        try:
            asked = self._as_parts_want(prompts)
            if asked.follows:
                requests = screen.view.session.requests
                self._check_here([requests[run].spec.model for run in asked.follows])
                commands.follow_up(asked.follows, asked.prompts, asked.options)
            elif not cards and any(prompt.user.strip() for prompt in prompts):
                trouble = screen.app_state.trouble
                screen.show_error(trouble or BadInputError("No model is chosen", hint="F1 shows the models."))
                return
            else:
                commands.begin(cards, asked.prompts, asked.options)
        except CompareError as error:
            self._refuse(error)
            return
        absent = [key for key in screen.app_state.chosen if screen.app_state.card(key) is None]
        if absent:
            names = ", ".join(clean_line(key, 40) for key in absent)
            screen.notify(f"The host does not have {names}: the others are asked.", markup=False)
        await self._show_run(asked)

    def _as_parts_want(self, prompts: Sequence[Prompt]) -> Asked:
        return self.screen.parts.wanted(Asked(prompts, self.screen.next_run.plan_options()))

    async def _show_run(self, asked: Asked) -> None:
        """Show the run that was begun and asks this, and move to its panes, once its requests have had a moment for
        themselves."""
        screen = self.screen
        screen.presenter.questions.follow()
        screen.begun()
        await asyncio.sleep(REQUESTS_FIRST_S)
        screen.say("")
        for part in screen.parts:
            part.begun(asked)
        screen.prompt.remember(asked.prompts[-1].user)
        screen.painter.unfolded.clear()
        await screen.rebuild()
        screen.grid.focus_index()

    def _refuse(self, error: CompareError) -> None:
        """Say why nothing new is asked; what is only true of a run that goes on, no longer than that goes on."""
        if self.screen.view.busy:
            self.screen.say(clean_line(error.sentence()))
        else:
            self.screen.show_error(error)

    def finds_host(self) -> bool:
        """Whether a host is there, or why not is known; where one is still to be looked for, that begins and is
        said."""
        screen = self.screen
        if screen.app_state.info is None and screen.app_state.trouble is None:
            screen.say("A host is being looked for: ask again when it is there.")
            screen.post_message(HostWanted())
            return False
        return True

    def _check_here(self, models: Iterable[str]) -> None:
        """Raises CompareError when one of these models of the session is not one of the host that is there. While they
        are hidden nobody knows here which they are: the runner refuses another kind of host."""
        view, app_state = self.screen.view, self.screen.app_state
        if view.concealed:
            return
        refusal = app_state.why_not_asked_here([view.session.models[key] for key in models])
        if refusal is not None:
            raise app_state.trouble or refusal

    def stop(self) -> None:
        """Stop the focused answer."""
        commands, request = self._commands_here(), self.screen.focused_request()
        if commands is not None and request is not None:
            commands.stop(request.spec.id)

    def stop_all(self) -> None:
        """Stop every answer."""
        if (commands := self._commands_here()) is not None:
            commands.stop_all()

    def rerun(self) -> None:
        """Ask the focused model again."""
        commands, request = self._commands_here(), self.screen.focused_request()
        if commands is not None and request is not None:
            self._begin(partial(commands.rerun, request.spec.model), [request.spec.model])

    def rerun_all(self) -> None:
        """Ask all models again."""
        run = self.screen.view.run
        if (commands := self._commands_here()) is not None:
            self._begin(commands.rerun_all, run.plan.models if run is not None else ())

    def pause(self) -> None:
        """Ask nothing more of what is still to be asked, or go on; a replay stands still, or goes on."""
        if self.screen.replay is not None:
            self.screen.parts[Replaying].pause()
            return
        commands, view = self.screen.commands, self.screen.view
        if commands is None:
            return
        if not view.busy:
            self.screen.say("Nothing is being asked.")
            return
        try:
            commands.pause(not view.paused)
        except CompareError as error:
            self._refuse(error)
        else:
            self.screen.say("")

    def answers(self) -> None:
        """Every answer of the focused model to the question that is shown, on a page."""
        requests = self._answers_here()
        if not requests:
            self.screen.say("There is no answer here yet.")
            return
        lines: list[Content] = []
        for number, request in enumerate(requests, 1):
            lines += [
                *([Content("")] if lines else []),
                Content.styled(clean_line(f"{number} · {_which(request)}"), "bold"),
            ]
            lines.append(Content(clean(request.answer) or outcome(request)))
        pane = list(self.screen.grid.panes.values())[self.screen.grid.focused_index or 0]
        title = pane.data.title if pane.data is not None else ""
        self.screen.app.push_screen(TextPageDialog(f"All answers of {title}", Content("\n").join(lines)))

    def notes(self) -> Sequence[StatusNote]:
        """Which of a model's answers to this question is shown, where there are several: rounds and reruns."""
        request = self.screen.focused_request()
        known = self._answers_here()
        if request is None or len(known) < 2 or request not in known:
            return ()
        place, count = known.index(request) + 1, len(known)
        return ((f"answer {place} of {count}", f"answer {place}/{count}"),)

    def _answers_here(self) -> list[Request]:
        """What the focused model was asked of the question that is shown, warm-ups left out, as far as it has begun."""
        request, run = self.screen.focused_request(), self.screen.presenter.questions.run
        if request is None or run is None:
            return []
        mine = (one for one in run.requests.values() if one.spec.model == request.spec.model and not one.spec.warmup)
        return [one for one in mine if one.timestamps.asked is not None or one.state.final]

    def _commands_here(self) -> Commands | None:
        """The commands, if the question that is shown is the one that is asked again and stopped; says so when it is
        not."""
        if self.screen.commands is not None and not self.screen.presenter.questions.can_rerun:
            self.screen.say(ONLY_NEWEST)
            return None
        return self.screen.commands

    def _begin(self, again: Callable[[], object], models: Sequence[str]) -> None:
        """Ask these models of the session once more, if they are those of the host that is there."""
        if not self.finds_host():
            return
        try:
            self._check_here(models)
            again()
        except CompareError as error:
            self._refuse(error)
        else:
            self.screen.begun()
            self.screen.say("")


def _which(request: Request) -> str:
    """Which answer it is, and how it ended."""
    spec = request.spec
    again = f", asked once more ({spec.launch})" if spec.launch > 1 else ""
    return f"round {spec.round}{again}: {outcome(request)}"
