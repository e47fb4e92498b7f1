"""Opens the screen: themes first, then host and session; when it closes, says where the session is kept."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tui.cli.exit_codes import ExitCode, of_signal
from tui.cli.output import say
from tui.cli.streams import is_terminal
from tui.core.errors import BadInputError, CompareError, prose
from tui.core.terminal import colours, over_ssh
from tui.core.text.clean import clean_line
from tui.files import read_toml
from tui.storage import paths

if TYPE_CHECKING:
    from tui.app.opened import Opened, OpenedFile
    from tui.runner.sitting import Sitting
    from tui.storage.config import Configuration
    from tui.ui.keymap import Keymap
    from tui.ui.report.wanted import Wanted


def painting(folder: Path) -> tuple[str | None, bool]:
    """The theme, and whether bandwidth is low, as the configuration in this folder says: what the first frame needs.

    All that reads and checks the whole of the file is loaded after the frame, and says what is wrong with it.
    """
    try:
        table = read_toml(paths.config_file(folder), paths.MAX_CONFIG_BYTES)
    except (OSError, ValueError):
        return None, False
    theme = table.get("theme")
    return theme if isinstance(theme, str) else None, table.get("low_bandwidth") is True


def open_screen(
    *,
    models: Sequence[str],
    prompt: str | None,
    host: Sequence[str],
    sessions: Path | None,
    rubric: Path | None = None,
    rater: str | None = None,
    blind: bool = False,
    theme: str | None = None,
    keep_warm: float | None = None,
    low_bandwidth: bool | None = None,
) -> ExitCode:
    """Run the terminal program until it is left; says where the session is kept. `keep_warm` is in minutes; `blind`
    hides which model answers. What is None, or empty, the configuration may say.

    Raises BadInputError where there is no terminal, or what was asked for makes no sense; else the app's failure.
    """
    _check_terminal()
    if prompt is not None and not prompt.strip():
        raise BadInputError("The prompt is empty", hint="Give a question with -p, or none at all.")
    folder = paths.config_dir()
    sitting: Sitting | None = None
    stack = ExitStack()

    def open_up(notices: Sequence[CompareError]) -> Opened:
        nonlocal sitting
        gc.freeze()
        gc.enable()
        from tui.app.opened import Opened
        from tui.cli.settings import usual, usual_plan, who_names
        from tui.cli.updates import recovering
        from tui.core.workshop_variables import prompt_of
        from tui.hosts.config_entry import HOST_FORMAT
        from tui.hosts.search.open import open_host
        from tui.runner.open_session import surroundings
        from tui.runner.sitting import Sitting
        from tui.storage.config import read_config
        from tui.storage.prompt_files import read_rubric, read_tags
        from tui.storage.prompt_library import PromptLibrary

        configuration = read_config(folder, HOST_FORMAT).check()
        values = configuration.values
        options, otherwise = usual_plan(values), None if models else usual("default_models", values)
        file = rubric or values.get("rubric")
        scored_for = read_rubric(file) if file is not None else None
        listed = os.environ.get("FOUNDRY_COMPARE_MODELS", "").strip() or values.get("models_file")
        tags = read_tags(Path(listed)) if listed else {}
        opened = open_host(host, surroundings())
        # Closed after the runner, whose streams would break off otherwise.
        stack.callback(opened.close)
        sitting = Sitting(
            opened,
            sessions,
            rater or values.get("rater"),
            scored_for,
            keep_warm or values.get("keep_warm"),
        )
        stack.callback(sitting.close)
        keymap, wrong_keys = _keymap(configuration)
        choosing, wrong_choice = _choosing(configuration)
        return Opened(
            opened,
            sitting.begin(),
            [*notices, *configuration.warnings(), *wrong_keys, *wrong_choice],
            recovering(paths.sessions_dir(sessions)),
            keymap=keymap,
            models=(otherwise and otherwise.value) or (),
            named_by=who_names(otherwise) if otherwise else "",
            prompt=prompt_of("run", os.environ) or "",
            tags=tags,
            options=options,
            library=PromptLibrary(paths.state_dir(), paths.data_dir() / "prompts"),
            sitting=sitting,
            choosing=choosing,
        )

    code = _run_app(open_up, stack, theme=theme, low_bandwidth=low_bandwidth, models=models, prompt=prompt, blind=blind)
    return code if sitting is None else _say_kept(sitting, code)


def _say_kept(sitting: Sitting, code: ExitCode) -> ExitCode:
    """Say where what was written is kept, and what could not be. Returns the exit code."""
    for problem in sitting.problems():
        say(f"foundry-compare: {problem.sentence()}")
    for path in dict.fromkeys(one.path for one in sitting.let_go if one.written and one.kept):
        say("Kept in", whole=str(path))
    return code if all(one.kept for one in sitting.let_go) else ExitCode.NOT_KEPT


def open_file(
    file: Path,
    *,
    rater: str | None,
    blind: bool = False,
    host: Sequence[str],
    theme: str | None,
    low_bandwidth: bool | None,
) -> ExitCode:
    """Show a session file until the screen is left: to read and score it, and to ask on; says where it is kept.
    `blind` hides which model answered, as far as this rater has not seen that.

    No host is looked for before something is asked. Raises BadInputError where there is no terminal, or the file is no
    session; else the app's failure.
    """
    from tui.hosts.config_entry import HOST_FORMAT
    from tui.runner.kept_session import open_kept_session
    from tui.storage.config import read_config

    configuration = read_config(paths.config_dir(), HOST_FORMAT).check()
    values = configuration.values
    whose = rater or values.get("rater")
    # Before the screen: what is wrong with the file is a sentence of the command.
    kept = open_kept_session(file, whose, blind=blind)
    sitting: Sitting | None = None
    stack = ExitStack()
    stack.callback(lambda: kept.close() if sitting is None else None)

    def open_up(notices: Sequence[CompareError]) -> OpenedFile:
        nonlocal sitting
        from tui.app.opened import OpenedFile
        from tui.cli.settings import usual_plan
        from tui.hosts.search.open import open_host
        from tui.runner.open_session import surroundings
        from tui.runner.sitting import Sitting
        from tui.storage.prompt_library import PromptLibrary

        options = usual_plan(values)
        opened = open_host(host, surroundings())
        stack.callback(opened.close)
        sitting = Sitting(opened, None, whose, keep_alive=values.get("keep_warm"))
        stack.callback(sitting.close)
        keymap, wrong_keys = _keymap(configuration)
        choosing, wrong_choice = _choosing(configuration)
        every = [*notices, *configuration.warnings(), *wrong_keys, *wrong_choice, *sitting.take_up(kept)]
        runner = sitting.runner
        return OpenedFile(
            kept.path.name,
            runner if runner is not None else kept.view,
            runner.ratings if runner is not None else None,
            sitting.close,
            every,
            keymap,
            runner,
            options,
            sitting,
            PromptLibrary(paths.state_dir(), paths.data_dir() / "prompts"),
            choosing,
        )

    try:
        _check_terminal()
        code = _run_app(open_up, stack, theme=theme, low_bandwidth=low_bandwidth)
    finally:
        stack.close()
    return code if sitting is None else _say_kept(sitting, code)


def replay_file(file: Path, *, speed: float, theme: str | None, low_bandwidth: bool | None) -> ExitCode:
    """Show a session file as it went, until the screen is left; nothing of it is changed.

    Raises BadInputError where there is no terminal, or the file is no session; else the app's failure.
    """
    from tui.cli.own_rater import own_rater
    from tui.core.sessions.replay import Replay, why_not_replayed
    from tui.runner.kept_session import load_kept

    session = load_kept(file)
    if (error := why_not_replayed(session, own_rater())) is not None:
        raise error
    _check_terminal()

    def open_up(notices: Sequence[CompareError]) -> OpenedFile:
        from tui.app.opened import OpenedFile

        replay = Replay(session, time.monotonic_ns)
        replay.speed = speed
        return OpenedFile(file.name, replay, None, lambda: True, notices)

    return _run_app(open_up, ExitStack(), theme=theme, low_bandwidth=low_bandwidth)


def _choosing(configuration: Configuration) -> tuple[Wanted | None, list[CompareError]]:
    """What the configuration says of the choice of a model, and what is wrong with it."""
    if not {"report.require", "report.weight"} & configuration.values.keys():
        return None, []
    from tui.ui.report.wanted import Wanted
    from tui.ui.report.wanted_options import asked_of

    wanted, wrong = Wanted(), list[CompareError]()
    for key, name in (("report.require", "requires"), ("report.weight", "weights")):
        if key in configuration.values:
            try:
                asked_of(Wanted(**{name: configuration.values[key]}))
            except BadInputError as error:
                title = f"`{key}` of {configuration.path.name} cannot be used"
                wrong.append(BadInputError(title, prose(error.title, error.detail), error.hint))
            else:
                wanted = replace(wanted, **{name: configuration.values[key]})
    return wanted, wrong


def _keymap(configuration: Configuration) -> tuple[Keymap | None, list[CompareError]]:
    """The keys that the configuration gives to actions, and what is wrong with them."""
    wanted = configuration.values.get("keymap")
    if not wanted:
        return None, []
    from tui.ui.keymap import keymap_of
    from tui.ui.modes import placed_actions

    keymap = keymap_of(placed_actions(), wanted)
    title = f"The keys of {configuration.path.name}"
    return keymap, [BadInputError(title, wrong.reason) for wrong in keymap.problems]


def _check_terminal() -> None:
    if os.environ.get("TEXTUAL_DRIVER"):
        return  # Its terminal is elsewhere, as that of `serve`.
    if not (is_terminal(sys.stdin) and is_terminal(sys.stdout)):
        raise BadInputError(
            "The screen needs a terminal", hint="Use `foundry-compare run`, or `ssh -t` when this is a remote command."
        )


def _run_app(
    open_up: Callable[[Sequence[CompareError]], Opened | OpenedFile],
    stack: ExitStack,
    *,
    theme: str | None,
    low_bandwidth: bool | None,
    models: Sequence[str] = (),
    prompt: str | None = None,
    blind: bool = False,
) -> ExitCode:
    """Run the app until it is left, then close what is on the stack. `open_up` is given what went wrong before.

    Raises the app's failure, and BadInputError when there is no such theme.
    """
    folder = paths.config_dir()
    usual_theme, usually_low = painting(folder)
    low_bandwidth = usually_low if low_bandwidth is None else low_bandwidth
    if low_bandwidth and (colours(os.environ) or 0) > 256:
        os.environ.setdefault("TEXTUAL_COLOR_SYSTEM", "256")  # Read once, when Textual is imported.
    from tui.app.app import CompareApp
    from tui.storage.theme_files import remember_theme, remembered_theme
    from tui.ui.themes import load_all

    state = paths.state_dir()
    themes, notices = load_all([folder / "themes"])
    wanted = theme or usual_theme
    if wanted is not None and wanted not in [known.name for known in themes]:
        known = ", ".join(known.name for known in themes)
        named = "" if theme else f"`theme` in {paths.config_file(folder)} names it"
        wrong = " ".join(notice.sentence() for notice in notices)
        raise BadInputError(f"There is no theme {clean_line(wanted, 40)}", prose(f"There are: {known}", named), wrong)

    def remember(name: str) -> None:
        remember_theme(name, state)
        if usual_theme not in (None, name):
            raise BadInputError(
                f"The next start has the theme {usual_theme} again",
                f"`theme` in {paths.config_file(folder)} names it",
            )

    app = CompareApp(
        partial(open_up, notices),
        models=models,
        prompt=prompt,
        blind=blind,
        themes=themes,
        theme=wanted or remembered_theme(state),
        remember_theme=remember,
        over_ssh=over_ssh(os.environ),
        low_bandwidth=low_bandwidth,
    )
    with app.shutdown.listening(), stack:
        app.run()
    if app.failure is not None:
        raise app.failure
    if app.crash_log.summary():
        say("foundry-compare: The screen broke. Please report this:", whole=f"\n{app.crash_log.summary()}")
    return ExitCode(app.return_code or 0) if app.shutdown.number is None else of_signal(app.shutdown.number)
