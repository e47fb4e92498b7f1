"""What can be typed after `foundry-compare`, as the table `command_words.json` has it.

Completing a command is waited for at each press of Tab. The table spares the import of the commands and of what they
work with; `python -m tools.docs` makes it from them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import click
from click import Option as CommandOption
from click.shell_completion import CompletionItem

Kind = Literal["", "model", "host", "theme", "session", "file", "dir"]
"""What a word stands for; nothing when it cannot be known."""
TABLE = "command_words.json"
_MOST_SESSIONS = 200


def described(command: click.Command, above: click.Context | None = None) -> dict[str, Any]:
    """A command, its parameters and the commands below it, as the table has them."""
    context = click.Context(command, above, **command.context_settings)
    table: dict[str, Any] = {
        # The library makes the option of the help when it is asked for, and keeps it as it was then.
        "parameters": [*map(_parameter, command.params), {"options": ["-h", "--help"], "flag": True, "help": "Help."}],
        "help": command.get_short_help_str(60),
    }
    if isinstance(command, click.Group):
        below = ((name, command.get_command(context, name)) for name in command.list_commands(context))
        table["commands"] = {name: described(one, context) for name, one in below if one is not None and not one.hidden}
    return table


def _parameter(parameter: click.Parameter) -> dict[str, Any]:
    kind: Kind = ""
    if parameter.name in ("models", "model", "host", "theme"):
        kind = "model" if parameter.name == "models" else parameter.name  # type: ignore[assignment]
    elif isinstance(parameter.type, click.Path):
        kind = "file" if parameter.type.file_okay else "dir"
        if isinstance(parameter, click.Argument) or parameter.name == "resume":
            kind = "session"
    choices = list(getattr(parameter.type, "choices", ()))
    row: dict[str, Any] = {"kind": kind, "many": parameter.multiple or parameter.nargs == -1}
    if isinstance(parameter, click.Option):
        flag = parameter.is_flag or parameter.count or (parameter.is_eager and parameter.expose_value is False)
        row |= {"options": [*parameter.opts, *parameter.secondary_opts], "flag": bool(flag)}
        row["help"] = "" if parameter.name == "host" else (parameter.help or "").split(". ")[0][:60]
    return {key: value for key, value in (row | {"choices": choices}).items() if value}


def read_table() -> dict[str, Any]:
    """The table that comes with the program."""
    table: dict[str, Any] = json.loads(resources.files("tui.cli").joinpath(TABLE).read_text("utf-8"))
    return table


def command_of(name: str, table: dict[str, Any]) -> click.Command:
    """A command that only completes: it has the words of the real one, and does nothing."""
    parameters = [parameter for number, row in enumerate(table["parameters"]) for parameter in _rebuilt(row, number)]
    if "commands" in table:
        below = {inner: command_of(inner, row) for inner, row in table["commands"].items()}
        return click.Group(
            name, params=parameters, commands=below, short_help=table["help"], add_help_option=False,
            invoke_without_command=True,
        )  # fmt: skip
    return click.Command(name, params=parameters, short_help=table["help"], add_help_option=False)


def _rebuilt(row: dict[str, Any], number: int) -> Iterator[click.Parameter]:
    kind = click.Choice(row["choices"]) if "choices" in row else None
    complete = partial(_words, kind=row["kind"]) if "kind" in row else None
    many = row.get("many", False)
    if "options" not in row:
        yield click.Argument([f"a{number}"], nargs=-1 if many else 1, type=kind, shell_complete=complete)
        return
    flag = row.get("flag", False)
    off = [option for option in row["options"] if option.startswith("--no-")]
    on = [option for option in row["options"] if option not in off]
    for name, options in ((f"p{number}", on), (f"off{number}", off)):
        if options:
            yield CommandOption(
                [*options, name], type=kind, multiple=many and not flag, is_flag=flag, help=row.get("help"),
                shell_complete=complete,
            )  # fmt: skip


def _words(context: click.Context, parameter: click.Parameter, incomplete: str, *, kind: Kind) -> list[CompletionItem]:
    """What the word that was begun may become. Nothing is asked of any host; only what is kept here is read."""
    if kind in ("file", "dir"):
        return [CompletionItem(incomplete, type=kind)]
    if kind == "session":
        names = [name for name in _sessions() if name.startswith(incomplete)]
        return [CompletionItem(name) for name in names] or [CompletionItem(incomplete, type="file")]
    known = {"model": _models, "host": _hosts, "theme": _themes}[kind]
    return [CompletionItem(name) for name in known() if name.startswith(incomplete)]


def _models() -> list[str]:
    from tui.storage.known_models import known_models
    from tui.storage.paths import cache_dir

    return known_models(cache_dir())


def _hosts() -> list[str]:
    from tui.files import read_toml
    from tui.hosts.registry import WORDS
    from tui.storage.known_models import SHELL_SAFE
    from tui.storage.paths import MAX_CONFIG_BYTES, config_dir, config_file

    try:
        own = read_toml(config_file(config_dir()), MAX_CONFIG_BYTES).get("hosts", {})
    except (OSError, ValueError):
        own = {}
    return [*WORDS, *(name for name in own if SHELL_SAFE.fullmatch(name))]


def _themes() -> list[str]:
    from tui.storage.paths import config_dir
    from tui.storage.theme_files import bundled_folder

    return sorted(
        {file.stem for folder in (bundled_folder(), config_dir() / "themes") for file in folder.glob("*.toml")}
    )


def _sessions() -> list[str]:
    """Those of the usual folder, the newest first: their names begin with the date."""
    from tui.storage.known_models import SHELL_SAFE
    from tui.storage.paths import sessions_dir

    names = sorted((file.stem for file in Path(sessions_dir()).glob("*.toml")), reverse=True)
    return [name for name in names if SHELL_SAFE.fullmatch(name)][:_MOST_SESSIONS]
