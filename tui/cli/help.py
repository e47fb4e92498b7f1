"""`foundry-compare help TOPIC`: the pages of the documentation, on the terminal."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from tui.cli.exit_codes import ExitCode, ends_with
from tui.cli.output import Command, handles_errors, show, show_lines
from tui.core.errors import BadInputError, StoreError, reason_of
from tui.core.text.clean import clean
from tui.core.text.nearest import unknown_name
from tui.files import read_regular

TOPICS = {
    "measurement": "what each number means, and when it is not shown",
    "statistics": "what may be said of two models",
    "sessions": "the session files: format, commands, recovery",
    "history": "sessions on the screen: found, opened, scored, replayed",
    "keys": "every key of the screens",
    "exit-codes": "what each command's exit code says",
    "commands": "every command with its options",
    "hosts": "where models are: kinds of hosts and how to name them",
    "remote": "a Windows machine over SSH",
    "prompts-and-models": "prompts.json, models.json and rubrics",
    "asking": "parameters, prompt sets, follow-ups",
    "reading": "differences, search, copying",
    "scoring": "scores, votes, notes, raters",
    "judge": "a second model that scores or compares",
    "blind": "judging without knowing which model answers",
    "reports": "what many sessions add up to",
    "conditions": "what can be written after --filter, --require and --fail-if",
    "workshop": "the workshop's session 3 with this program",
    "shell": "Tab in bash, zsh, fish and PowerShell",
    "serve": "the screen in a browser",
    "adapters": "models of your own behind a Python class",
    "config": "config.toml and the keys in it",
    "windows": "what is known of Windows",
    "safety": "what is read, written and sent",
    "settings": "environment variables, folders, themes",
    "ci": "a workflow for GitHub Actions",
    "python-api": "import foundry_compare",
    "report-data": "reports as CSV, Excel, JSON and Parquet",
}
"""The topics, each a page of docs/, with what it is about."""
_MAX_BYTES = 1 << 20
_WIDEST = 100
"""Cells of a line that is still read with ease."""


class _Topic(click.types.StringParamType):
    """A topic as it is typed, whose names Tab offers."""

    name = "topic"
    choices = tuple(TOPICS)


@click.command("help", cls=Command)
@click.argument("topic", required=False, type=_Topic())
@handles_errors
@ends_with()
def help(topic: str | None) -> ExitCode:  # noqa: A001 - a command is called as its module is
    """Print a page of the documentation; without a TOPIC, which there are. "exit codes" is exit-codes."""
    if topic is None:
        width = max(map(len, TOPICS))
        for name, about in TOPICS.items():
            show(f"{name:{width}}  {about}")
        return ExitCode.GOOD
    name = topic.strip().lower().replace(" ", "-").replace("_", "-")
    if name not in TOPICS:
        raise BadInputError("There is no such page", unknown_name(topic, TOPICS, "a topic"))
    from tui.ui.page_text import page_lines

    page = _folder() / f"{name}.md"
    try:
        text = read_regular(page, _MAX_BYTES).decode("utf-8")
    except (OSError, ValueError) as error:
        raise StoreError(f"{page.name} cannot be read", reason_of(error)) from error
    show_lines(clean(line) for line in page_lines(text, min(shutil.get_terminal_size().columns, _WIDEST)))
    return ExitCode.GOOD


def _folder() -> Path:
    """Where the pages are: in the package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "pages"
    return inside if inside.is_dir() else package.parent / "docs"
