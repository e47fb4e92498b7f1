"""Rewrites the blocks of the README and of the pages in docs/ that repeat the code: `python -m tools.docs`.

A block stands between `<!-- generated: NAME -->` and `<!-- end -->`. `BLOCKS` says what makes it and which page has it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from tools.demo_models import results
from tui.cli.exit_codes import MEANINGS
from tui.cli.main import cli
from tui.core.metrics import registry
from tui.hosts.base import Ability
from tui.hosts.config_entry import CONFIGURABLE, SETTINGS
from tui.hosts.host_kind import HostKind
from tui.hosts.registry import KINDS
from tui.report.formats import registry as formats
from tui.storage.theme_files import bundled_folder, load_themes
from tui.ui import modes
from tui.ui.actions import Action

TOP = Path(__file__).resolve().parent.parent
_PLACE = re.compile(r"(<!-- generated: (?P<name>[a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def keys() -> str:
    """Every key, by the place where it works."""
    rows = [_key(item, "everywhere" if item.priority else "outside text fields") for item in modes.EVERYWHERE]
    for mode in modes.MODES:
        # A key without priority is text while a text field has the focus.
        anywhere = f"on the {mode.title} screen"
        for group in mode.groups:
            rows += [_key(item, anywhere if item.priority else group.place) for item in group.actions]
    return table(("key", "does", "where", "needs"), rows)


def _key(item: Action, where: str) -> tuple[str, str, str, str]:
    return f"`{item.shown}`", item.about, where, ", ".join(need.value for need in item.needs)


def main_keys() -> str:
    """The keys of the first screen that work everywhere or stand in the key bar below it."""
    first = modes.mode_called(modes.FIRST).screen_class()
    chosen = [item for item in (*modes.EVERYWHERE, *first.ACTIONS) if item.priority or item.footer]
    return table(("key", "does"), [(f"`{item.shown}`", item.about) for item in chosen])


def commands() -> str:
    """Every command in its own words."""
    rows = [(f"`{context.command_path}`", command.get_short_help_str(200)) for context, command in _commands()]
    return table(("command", "does"), rows)


def _commands() -> Iterator[tuple[click.Context, click.Command]]:
    """Each command with the context that knows its full name: the program first, a group before its members."""
    waiting: list[click.Context] = [click.Context(cli, info_name="foundry-compare")]
    while waiting:
        context = waiting.pop(0)
        command = context.command
        yield context, command
        if isinstance(command, click.Group):
            found = [(name, command.get_command(context, name)) for name in command.list_commands(context)]
            waiting[:0] = [click.Context(inner, context, name) for name, inner in found if inner is not None]


_SEVERAL = 3
"""An option that so many commands have alike is described once for all of them."""


def options() -> str:
    """The options of every command, those that several commands have in common first."""
    found = [
        (context.command_path, option)
        for context, command in _commands()
        for option in command.params
        if isinstance(option, click.Option) and option.name != "version"
    ]
    users: dict[tuple[str, ...], list[str]] = {}
    for path, option in found:
        users.setdefault(_described(option), []).append(path)
    common = [row for row, paths in users.items() if len(paths) >= _SEVERAL]
    text = f"Several commands have these:\n\n{table(('option', 'does'), common)}"
    for path in dict.fromkeys(path for path, _ in found):
        rows = [row for where, option in found if where == path and (row := _described(option)) not in common]
        if rows:
            text += f"\n### {path}\n\n{table(('option', 'does'), rows)}"
    return text


def _described(option: click.Option) -> tuple[str, ...]:
    """An option as it is written, and what it does, with its default and its variable."""
    kind = option.type
    metavar = option.metavar or ("|".join(map(str, kind.choices)) if isinstance(kind, click.Choice) else "")
    written = ", ".join(option.opts) + (f" {metavar}" if metavar and not option.is_flag else "")
    about = [option.help or ""]
    if option.show_default:
        about.append(f"Default: {option.default}.")
    if isinstance(option.envvar, str):
        about.append(f"Variable: `{option.envvar}`.")
    return f"`{written}`", " ".join(filter(None, about))


def exit_codes() -> str:
    """Every exit code."""
    return table(("code", "means"), [(str(int(code)), meaning) for code, meaning in MEANINGS.items()])


def hosts() -> str:
    """Every kind of host."""
    rows = [(kind.title, kind.found, _abilities(kind)) for kind in KINDS]
    return table(("host", "how it is found", "what it can do beyond answering"), rows)


def host_settings() -> str:
    """Every key of a host in the configuration."""
    rows = [(f"`{scheme.key}`", "", scheme.configured_as) for scheme in CONFIGURABLE]
    rows += [(f"`{setting.key}`", setting.beside(), setting.about) for setting in SETTINGS]
    return table(("key", "beside", "what it is"), rows)


def _abilities(kind: HostKind) -> str:
    can = ", ".join(ability.name.lower() for ability in Ability if ability in kind.can)
    return "; ".join(part for part in (can, kind.but) if part)


def themes() -> str:
    """Every theme that comes with the program, with the first sentence of its file's opening comment."""
    found, _ = load_themes([bundled_folder()])
    return table(("theme", "what it is"), [(f"`{theme.name}`", _first_sentence(theme.path)) for theme in found])


def _first_sentence(file: Path) -> str:
    comment = file.read_text(encoding="utf-8").partition("\nname")[0].replace("\n#", " ").removeprefix("#")
    return " ".join(comment.partition(". ")[0].split()).removesuffix(".")


def metrics() -> str:
    """Every metric."""
    rows = [
        (
            f"`{metric.name}`",
            metric.unit,
            metric.formula,
            "; ".join(part for part in (metric.meaning, metric.note) if part),
            metric.better.value if metric.better is not None else "",
            "yes" if metric.needs_tokens else "",
            _places(metric.shown_in),
        )
        for metric in registry.METRICS
    ]
    return table(("name", "unit", "formula", "meaning", "better", "needs tokens", "shown in"), rows)


def flags() -> str:
    """Every flag."""
    rows = [
        (
            f"`{flag.name}`",
            f"`{flag.sign}`" if flag.sign else "",
            flag.meaning,
            f"`{flag.json_key or flag.name}`" if registry.Place.JSON in flag.shown_in else "",
            _places(flag.shown_in),
        )
        for flag in registry.FLAGS
    ]
    return table(("flag", "sign", "meaning", "key in `run --json`", "shown in"), rows)


def _places(shown_in: registry.Place) -> str:
    return ", ".join(name for place, name in registry.PLACES.items() if place in shown_in)


def report_formats() -> str:
    """Every format of a report."""
    rows = [(f"`{form.name}`", f"`{form.suffix}`", form.purpose) for form in formats.FORMATS]
    return table(("`--format`", "a file's name ends in", "what it is"), rows)


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a page that repeats the code."""

    page: str
    """The file that has it, from the top of the checkout."""
    text: Callable[[], str]
    """Makes it, as Markdown that ends with a line feed."""


BLOCKS = {
    "main-keys": Block("README.md", main_keys),
    "demo-models": Block("README.md", lambda: results.table(whole=False)),
    "commands": Block("docs/commands.md", commands),
    "options": Block("docs/commands.md", options),
    "exit-codes": Block("docs/commands.md", exit_codes),
    "demo-models-whole": Block("docs/demo-models.md", lambda: results.table(whole=True)),
    "hosts": Block("docs/hosts.md", hosts),
    "host-settings": Block("docs/hosts.md", host_settings),
    "keys": Block("docs/keys.md", keys),
    "metrics": Block("docs/measurement.md", metrics),
    "flags": Block("docs/measurement.md", flags),
    "report-formats": Block("docs/measurement.md", report_formats),
    "themes": Block("docs/settings.md", themes),
}


def names_in(text: str) -> list[str]:
    """The names of the blocks that a page has, in its order."""
    return [found["name"] for found in _PLACE.finditer(text)]


def rewritten(text: str) -> str:
    """The page with every block as the code says today. Raises KeyError for a block that `BLOCKS` does not have."""
    return _PLACE.sub(lambda found: f"{found[1]}{BLOCKS[found['name']].text()}{found[3]}", text)


if __name__ == "__main__":
    for file in sorted({TOP / block.page for block in BLOCKS.values()}):
        file.write_text(rewritten(file.read_text(encoding="utf-8")), encoding="utf-8")
