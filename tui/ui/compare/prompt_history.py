"""Earlier prompts, those of earlier sittings too, and the editor that a person is used to."""

from __future__ import annotations

import asyncio
import os
from functools import partial

from textual.app import SuspendNotSupported

from tui.background import Worker, in_thread
from tui.core.errors import CompareError
from tui.ui.compare.asked import Asked
from tui.ui.compare.part import ScreenPart
from tui.ui.compare.screen import CompareScreen
from tui.ui.widgets.field_text import storable


class PromptHistory(ScreenPart):
    """Reads what was asked in earlier sittings when there is a screen, and adds what is asked in this one."""

    def __init__(self, screen: CompareScreen) -> None:
        super().__init__(screen)
        self._worker = Worker("prompt history")
        if screen.library is not None and screen.commands is not None:
            screen.run_worker(self._offer())

    async def _offer(self) -> None:
        library = self.screen.library
        assert library is not None
        read = in_thread(lambda: [storable(prompt) for prompt in library.earlier()], "prompt history")
        earlier = await asyncio.wrap_future(read)
        if self.screen.alive:
            self.screen.prompt.offer(earlier)

    def begun(self, asked: Asked) -> None:
        """Keep it."""
        if self.screen.library is not None and len(asked.prompts) == 1:
            self._worker.submit(partial(self.screen.library.remember, asked.prompts[0].user))

    def editor(self) -> None:
        """Write the prompt in an editor: the screen makes room for it."""
        from tui.child.editor import edit, editor_command

        if self.screen.view.busy:
            # While the editor has the terminal, nothing that waits for its turn would be asked.
            self.screen.say("The editor opens when nothing is being asked.")
            return
        field = self.screen.prompt
        try:
            command = editor_command(os.environ)
            with self.screen.app.suspend():
                text = edit(field.text, command)
        except SuspendNotSupported:
            self.screen.show_error(CompareError("This terminal cannot be lent to an editor"))
            return
        except CompareError as error:
            self.screen.show_error(error)
            return
        finally:
            self.screen.refresh(layout=True)
        field.fill(text)
        self.screen.set_focus(field)
