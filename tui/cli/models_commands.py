"""What can be done with a host's models: register, download, load, unload, remove."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from tui.cli.exit_codes import ExitCode
from tui.cli.open_session import connected
from tui.cli.output import host_option, say, show, told
from tui.core.catalog.download import Download, Stage
from tui.core.catalog.model_card import ModelCard, find_model
from tui.core.errors import NoModelError
from tui.core.text.clean import clean_line
from tui.hosts.base import Host, HostInfo
from tui.hosts.unknown_model import missing_model
from tui.runner.downloads import Downloads

LOOK_S = 0.2
STEP = 10
"""Percent between two lines of progress, where lines are all there is."""

Hosts = tuple[str, ...]


@click.command()
@host_option
@click.argument("path", type=click.Path(path_type=Path))
@click.pass_context
@told
def register(context: click.Context, host: Hosts, path: Path) -> ExitCode:
    """Let the host serve the ONNX Runtime GenAI folder PATH. Prints the model's id."""
    with connected(_hosts(context, host)) as (opened, _):
        show(opened.register(path))
    return ExitCode.GOOD


@click.command()
@host_option
@click.argument("model")
@click.pass_context
@told
def download(context: click.Context, host: Hosts, model: str) -> ExitCode:
    """Download MODEL, an id or an alias. Ctrl+C cancels; what has arrived is used the next time."""
    with connected(_hosts(context, host)) as (opened, info):
        key, downloads = _named(opened, model, info), Downloads(opened)
        downloads.add(ModelCard(key, key))
        progress = _Progress(model)
        try:
            while not (now := downloads.look()[key]).ended:
                progress.tell(now)
                time.sleep(LOOK_S)
        except KeyboardInterrupt:
            downloads.cancel(key)
            while (late := downloads.look().get(key)) is not None and not late.ended:
                time.sleep(LOOK_S)
            raise
        progress.tell(now)
    if now.error is not None:
        raise now.error
    say(f"{clean_line(model)} is here.")
    return ExitCode.GOOD


@click.command()
@host_option
@click.argument("model")
@click.pass_context
@told
def load(context: click.Context, host: Hosts, model: str) -> ExitCode:
    """Load MODEL, an id or an alias, so that its first answer does not wait for that."""
    with connected(_hosts(context, host)) as (opened, info):
        opened.load(_named(opened, model, info))
    # A runtime of this program's own has just ended, and the model with it.
    say(f"{clean_line(model)} {'can be loaded: it will be when it is asked' if info.ours else 'is loaded'}.")
    return ExitCode.GOOD


@click.command()
@host_option
@click.argument("model")
@click.pass_context
@told
def unload(context: click.Context, host: Hosts, model: str) -> ExitCode:
    """Free the memory of MODEL, an id or an alias."""
    with connected(_hosts(context, host)) as (opened, info):
        opened.unload(_named(opened, model, info))
    say(f"{clean_line(model)} is not loaded.")
    return ExitCode.GOOD


@click.command()
@host_option
@click.argument("model")
@click.pass_context
@told
def remove(context: click.Context, host: Hosts, model: str) -> ExitCode:
    """Delete MODEL, an id or an alias, from the cache. A registered folder is forgotten, and stays as it is."""
    with connected(_hosts(context, host)) as (opened, info):
        opened.remove(_named(opened, model, info))
    say(f"{clean_line(model)} is removed.")
    return ExitCode.GOOD


class _Progress:
    """How far a download is, on stderr: in one line on a terminal, else in a few of them."""

    def __init__(self, model: str) -> None:
        self._model = clean_line(model, 60)
        self._terminal = sys.stderr.isatty()
        self._told = -1
        self._paused = 0

    def tell(self, download: Download) -> None:
        """Say what is new of it."""
        if download.stage is Stage.PAUSED and download.attempt != self._paused:
            self._paused, self._told = download.attempt, -1
            say(f"{self._model}: it came to a standstill; it is tried again in a moment")
        for sample in download.samples[-1:]:
            self._percent(sample.percent)

    def _percent(self, percent: float) -> None:
        now = int(percent) if self._terminal else int(percent) // STEP * STEP
        if now == self._told:
            return
        self._told = now
        if self._terminal:
            click.echo(f"\r{self._model}: {now} %", err=True, nl=now >= 100)
        else:
            say(f"{self._model}: {now} %")


def _hosts(context: click.Context, host: Hosts) -> Hosts:
    """The hosts named after the command, else those before it."""
    before: Hosts = context.parent.params.get("host", ()) if context.parent is not None else ()
    return host or before


def _named(host: Host, model: str, info: HostInfo) -> str:
    """What the host calls a model that is here; the name as it was given for any other, for the host to judge.

    Raises BadInputError for an empty name, NoHostError for a model of a host that does not answer.
    """
    cards = host.catalogue()
    card = find_model(cards, model) if model.strip() else None
    if card is not None:
        return card.key
    missing = missing_model(model, cards, info)
    if isinstance(missing, NoModelError):
        return model
    raise missing
