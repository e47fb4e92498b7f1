"""Rewrites the parts of the README and the documents that repeat the code: `python -m tools.docs`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import click

from tools.demo_models import results
from tui.cli.exit_codes import MEANINGS
from tui.cli.main import cli
from tui.hosts.base import Ability
from tui.hosts.registry import KINDS, THROUGH_SSH, HostKind
from tui.ui import actions, widget_actions

TOP = Path(__file__).resolve().parent.parent
PAGES = (TOP / "README.md", TOP / "docs" / "demo-models.md")
_SECTION = re.compile(r"(<!-- generated: (?P<name>[a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def keys() -> str:
    """Every key, by the place where it works."""
    groups = (
        ("everywhere", actions.EVERYWHERE),
        ("in the prompt", widget_actions.PROMPT),
        ("in the panes", (*actions.COMPARE, *widget_actions.ANSWER)),
        ("on the Models screen", (*actions.MODELS, *widget_actions.LIST)),
    )
    rows = [(f"`{item.shown}`", item.about, _where(item, where)) for where, group in groups for item in group]
    return table(("key", "does", "where"), rows)


def _where(item: actions.Action, group: str) -> str:
    """A key without priority is text while a text field has the focus."""
    if group == "everywhere" and not item.priority:
        return "outside text fields"
    return "on the Compare screen" if group == "in the panes" and item.priority else group


def commands() -> str:
    """Every command in its own words."""
    context = click.Context(cli)
    found = [(name, cli.get_command(context, name)) for name in cli.list_commands(context)]
    rows = [(f"`foundry-compare {name}`", command.get_short_help_str(200)) for name, command in found if command]
    return table(("command", "does"), rows) + "\n`--help` after any of them lists its options.\n"


def exit_codes() -> str:
    """Every exit code."""
    return table(("code", "means"), [(str(int(code)), meaning) for code, meaning in MEANINGS.items()])


def hosts() -> str:
    """Every kind of host."""
    rows = [(kind.title, kind.found, _abilities(kind)) for kind in KINDS]
    return table(("host", "how it is found", "what it can do beyond answering"), rows) + f"\n{THROUGH_SSH}\n"


def _abilities(kind: HostKind) -> str:
    can = ", ".join(ability.name.lower() for ability in Ability if ability in kind.can)
    return "; ".join(part for part in (can, kind.but) if part)


SECTIONS: dict[str, Callable[[], str]] = {
    "keys": keys,
    "commands": commands,
    "exit-codes": exit_codes,
    "hosts": hosts,
    "demo-models": lambda: results.table(whole=False),
    "demo-models-whole": lambda: results.table(whole=True),
}


def rewritten(text: str) -> str:
    """A page's text with its generated parts made anew."""
    return _SECTION.sub(lambda found: f"{found[1]}{SECTIONS[found['name']]()}{found[3]}", text)


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(rewritten(page.read_text(encoding="utf-8")), encoding="utf-8")
