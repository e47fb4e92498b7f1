"""`foundry-compare models`: the host's catalogue, and what can be done with its models."""

from __future__ import annotations

from dataclasses import asdict

import click

from tui.cli.exit_codes import ExitCode
from tui.cli.models_commands import download, load, register, remove, unload
from tui.cli.open_session import connected
from tui.cli.output import host_option, say, show, show_json, told
from tui.core.catalog.model_card import ModelCard, merged
from tui.core.text.cell_width import table_rows
from tui.core.text.clean import clean_line
from tui.core.text.formatting import data_size

_COLUMNS = ("state", "id", "device", "ep", "size", "context", "licence", "task")


@click.group(invoke_without_command=True)
@host_option
@click.option("--all", "everything", is_flag=True, help="Also what could be downloaded: takes seconds.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.pass_context
def models(context: click.Context, host: tuple[str, ...], everything: bool, as_json: bool) -> None:
    """List the models of the host."""
    if context.invoked_subcommand is None:
        _list(host, everything, as_json)


for command in (register, download, load, unload, remove):
    models.add_command(command)


@told
def _list(host: tuple[str, ...], everything: bool, as_json: bool) -> ExitCode:
    with connected(host) as (opened, info):
        cards, stale = opened.catalogue(), ""
        if everything:
            offers = opened.offers()
            cards, stale = merged(cards, offers.cards), offers.stale
        elif not cards:
            stale = opened.offers().stale
    for said in (stale, info.unlisted, *(f"{name}: {why}" for name, why in info.away)):
        if said and (said is stale or said not in stale):
            say(f"foundry-compare: {said}")
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
        "size_mb": card.size_mb,
        "context": card.context,
        "license": card.licence,
        "task": card.task,
        "state": card.state.value,
        "toy": card.toy,
    }
