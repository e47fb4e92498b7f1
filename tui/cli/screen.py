"""Opens the screen: themes first, then host and session; when it closes, says where the session is kept."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from tui.cli.exit_codes import ExitCode, of_signal
from tui.cli.output import say
from tui.core.errors import BadInputError
from tui.core.terminal import colours, over_ssh
from tui.core.text.clean import clean_line
from tui.files import is_there
from tui.storage import paths

if TYPE_CHECKING:
    from tui.runner import Runner


def open_screen(
    models: Sequence[str],
    prompt: str | None,
    host: Sequence[str],
    sessions: Path | None,
    theme: str | None,
    keep_warm: float | None = None,
    low_bandwidth: bool = False,
) -> ExitCode:
    """Run the terminal program until it is left; says where the session is kept. `keep_warm` is in minutes.

    Raises BadInputError where there is no terminal, or what was asked for makes no sense; else the app's failure.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise BadInputError(
            "The screen needs a terminal", hint="Use `foundry-compare run`, or `ssh -t` when this is a remote command."
        )
    if prompt is not None and not prompt.strip():
        raise BadInputError("The prompt is empty", hint="Give a question with -p, or none at all.")
    gc.disable()  # What start-up makes stays, and looking for garbage in it takes longer than painting the first frame.
    if low_bandwidth and (colours(os.environ) or 0) > 256:
        os.environ.setdefault("TEXTUAL_COLOR_SYSTEM", "256")  # Read once, when Textual is imported.
    from tui.app.app import CompareApp, Opened
    from tui.storage.theme_files import remember_theme, remembered_theme
    from tui.ui.themes import load_all

    state = paths.state_dir()
    themes, notices = load_all([paths.config_dir() / "themes"])
    if theme is not None and theme not in [known.name for known in themes]:
        known = ", ".join(known.name for known in themes)
        wrong = " ".join(notice.sentence() for notice in notices)
        raise BadInputError(f"There is no theme {clean_line(theme, 40)}", f"There are: {known}", wrong)
    session: tuple[Runner, Path | None] | None = None
    stack = ExitStack()

    def open_up() -> Opened:
        nonlocal session
        gc.freeze()
        gc.enable()
        from tui.cli.updates import recovering, say_update
        from tui.hosts.search.open import open_host
        from tui.runner.open_session import open_session, surroundings

        opened = open_host(host, surroundings())
        # Closed after the runner, whose streams would break off otherwise.
        stack.callback(opened.close)
        session = stack.enter_context(
            open_session(opened, None, sessions, save=True, on_update=say_update, keep_alive=keep_warm)
        )
        return Opened(opened, session[0], notices, recovering(paths.sessions_dir(sessions)))

    app = CompareApp(
        open_up,
        models=models,
        prompt=prompt,
        themes=themes,
        theme=theme or remembered_theme(state),
        remember_theme=lambda name: remember_theme(name, state),
        over_ssh=over_ssh(os.environ),
        low_bandwidth=low_bandwidth,
    )
    with app.shutdown.listening(), stack:
        app.run()
    if app.failure is not None:
        raise app.failure
    if app.crash_log.summary():
        say(f"foundry-compare: The screen broke. Please report this:\n{app.crash_log.summary()}")
    code = ExitCode(app.return_code or 0) if app.shutdown.number is None else of_signal(app.shutdown.number)
    if session is None:
        return code
    runner, path = session
    if not runner.kept:
        return ExitCode.NOT_KEPT
    if path is not None and is_there(path):
        say(f"Kept in {path}")
    return code
