"""`foundry-compare models`: the host's catalogue, and what can be done with its models."""

from __future__ import annotations

import sys
import time
from dataclasses import asdict
from pathlib import Path

import click

from tui.cli.exit_codes import ExitCode
from tui.cli.output import handles_errors, host_option, say, show, show_json
from tui.core.catalog.download import Download, Stage
from tui.core.catalog.model_card import ModelCard, find_model, merged, to_megabytes
from tui.core.errors import NoModelError
from tui.core.text.cell_width import table_rows
from tui.core.text.clean import clean_line
from tui.core.text.formatting import data_size
from tui.hosts.base import Host, HostInfo
from tui.hosts.unknown_model import missing_model
from tui.runner.downloads import Downloads
from tui.runner.open_session import connected_host

_COLUMNS = ("state", "id", "device", "ep", "size", "context", "licence", "task")
LOOK_S = 0.2
STEP = 10
"""Percent between two lines of progress, where lines are all there is."""

Hosts = tuple[str, ...]


@click.group(invoke_without_command=True)
@host_option
@click.option("--all", "everything", is_flag=True, help="Also what could be downloaded: takes seconds.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.pass_context
def models(context: click.Context, host: tuple[str, ...], everything: bool, as_json: bool) -> None:
    """List the models of the host."""
    if context.invoked_subcommand is None:
        _list(host, everything, as_json)


@handles_errors
def _list(host: tuple[str, ...], everything: bool, as_json: bool) -> ExitCode:
    with connected_host(host) as (opened, info):
        cards, stale = opened.catalogue(), ""
        if everything:
            offers = opened.offers()
            cards, stale = merged(cards, offers.cards), offers.stale
        elif not cards:
            stale = opened.offers().stale
    for note in (stale, info.unlisted, *(f"{name}: {why}" for name, why in info.away)):
        if note and (note is stale or note not in stale):
            say(f"foundry-compare: {note}")
    code = ExitCode.NO_HOST if info.unlisted and not cards else ExitCode.GOOD
    if as_json:
        data = {"host": asdict(info), "models": [_as_json(card) for card in cards]}
        show_json(data | {"stale": stale or None} if everything else data)
        return code
    say(info.title + (" - toy models, for trying the program out" if info.toys else ""))
    rows = [_COLUMNS, *(_row(card) for card in cards)]
    for row in table_rows(rows):
        show("  ".join(row).rstrip())
    if not cards:
        say("This host lists no models; name one with -m and it will be asked all the same.")
    return code


def _row(card: ModelCard) -> tuple[str, ...]:
    context = str(card.context) if card.context is not None else "-"
    facts = (
        card.state.value,
        card.key,
        card.device,
        card.ep,
        data_size(card.size_bytes),
        context,
        card.licence,
        card.task,
    )
    return tuple(clean_line(fact or "-", 60) for fact in facts)


def _as_json(card: ModelCard) -> dict[str, object]:
    return {
        "id": card.id,
        "host": card.host or None,
        "alias": card.alias,
        "variant": card.variant,
        "device": card.device,
        "ep": card.ep,
        "size_mb": to_megabytes(card.size_bytes),
        "context": card.context,
        "license": card.licence,
        "task": card.task,
        "state": card.state.value,
        "toy": card.toy,
    }


@models.command()
@host_option
@click.argument("path", type=click.Path(path_type=Path))
@click.pass_context
@handles_errors
def register(context: click.Context, host: Hosts, path: Path) -> ExitCode:
    """Let the host serve the ONNX Runtime GenAI folder PATH. Prints the model's id."""
    with connected_host(_hosts(context, host)) as (opened, _):
        show(opened.register(path))
    return ExitCode.GOOD


@models.command()
@host_option
@click.argument("model")
@click.pass_context
@handles_errors
def download(context: click.Context, host: Hosts, model: str) -> ExitCode:
    """Download MODEL, an id or an alias. Ctrl+C cancels; what has arrived is used the next time."""
    with connected_host(_hosts(context, host)) as (opened, info):
        key, downloads = _named(opened, model, info), Downloads(opened)
        downloads.add(ModelCard(key, key))
        progress = _Progress(model)
        try:
            while not (now := downloads.look()[key]).ended:
                progress.show(now)
                time.sleep(LOOK_S)
        except KeyboardInterrupt:
            downloads.cancel(key)
            while (late := downloads.look().get(key)) is not None and not late.ended:
                time.sleep(LOOK_S)
            raise
        progress.show(now)
    if now.error is not None:
        raise now.error
    say(f"{clean_line(model)} is here.")
    return ExitCode.GOOD


@models.command()
@host_option
@click.argument("model")
@click.pass_context
@handles_errors
def load(context: click.Context, host: Hosts, model: str) -> ExitCode:
    """Load MODEL, an id or an alias, so that its first answer does not wait for that."""
    with connected_host(_hosts(context, host)) as (opened, info):
        opened.load(_named(opened, model, info))
    # A runtime of this program's own has just ended, and the model with it.
    say(f"{clean_line(model)} {'can be loaded: it will be when it is asked' if info.ours else 'is loaded'}.")
    return ExitCode.GOOD


@models.command()
@host_option
@click.argument("model")
@click.pass_context
@handles_errors
def unload(context: click.Context, host: Hosts, model: str) -> ExitCode:
    """Free the memory of MODEL, an id or an alias."""
    with connected_host(_hosts(context, host)) as (opened, info):
        opened.unload(_named(opened, model, info))
    say(f"{clean_line(model)} is not loaded.")
    return ExitCode.GOOD


@models.command()
@host_option
@click.argument("model")
@click.pass_context
@handles_errors
def remove(context: click.Context, host: Hosts, model: str) -> ExitCode:
    """Delete MODEL, an id or an alias, from the cache. A registered folder is forgotten, and stays as it is."""
    with connected_host(_hosts(context, host)) as (opened, info):
        opened.remove(_named(opened, model, info))
    say(f"{clean_line(model)} is removed.")
    return ExitCode.GOOD


class _Progress:
    """How far a download is, on stderr: in one line on a terminal, else in a few of them."""

    def __init__(self, model: str) -> None:
        self._model = clean_line(model, 60)
        self._terminal = sys.stderr.isatty()
        self._shown = -1
        self._paused = 0

    def show(self, download: Download) -> None:
        """Say what is new of it."""
        if download.stage is Stage.PAUSED and download.attempt != self._paused:
            self._paused, self._shown = download.attempt, -1
            say(f"{self._model}: it came to a standstill; it is tried again in a moment")
        for sample in download.samples[-1:]:
            self._percent(sample.percent)

    def _percent(self, percent: float) -> None:
        now = int(percent) if self._terminal else int(percent) // STEP * STEP
        if now == self._shown:
            return
        self._shown = now
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
