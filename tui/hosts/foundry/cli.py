"""The `foundry` command line, of both its generations: `service …` up to 0.8, `server …` from 0.10 on.

What it prints is taken apart with care: coloured lines and spinners come before the JSON, some commands do not exit
when they are done, and names in it are other people's.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from threading import Event
from typing import Any

from tui.child.command import Command
from tui.core.catalog.model_card import ModelCard, ModelState
from tui.core.errors import ModelFailedError, NoHostError, NoModelError, reason_of
from tui.core.text.clean import without_escapes
from tui.core.text.formatting import data_size
from tui.hosts.foundry.daemon_file import local_root, roots_in
from tui.hosts.foundry.model_ids import ByModel
from tui.hosts.json_fields import MAX_NAME, MAX_ROWS, count, size_in_mb, text_in
from tui.hosts.memory_hints import make_space
from tui.net.error_body import error_message

ASK_S = 20.0
LINGER_S = 0.5
"""How long a command may take to exit with its code after its whole answer has come."""
STEP_S = 0.05
MAX_BYTES = 4_000_000
"""Longest output that is read: a catalogue of thousands of variants fits."""
MAX_WORDS = 300
HEARD = 4000
"""Characters of a download's output that are kept."""
_PATIENCE = 2
"""How often, on average, each character is looked at for the beginning of JSON: brackets without end cost no more."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+@-]{0,255}")
_URL = re.compile(r"https?://[^\s/\"'<>]+:\d+")
_VERSION = re.compile(r"(?<!\d)\d+\.\d+(?:\.\d+)*(?:[-+][\w.+-]+)?")
_PERCENT = re.compile(r"(\d{1,3}(?:[.,]\d+)?)\s?%")
_COMPLAINT = re.compile(r"error|exception|fail|not found", re.IGNORECASE)
_MEANT = re.compile(r"--(?:yes|force)\b")
_BRACKETS = re.compile(r'[{}\[\]]|"(?:[^"\\]|\\.)*"?', re.DOTALL)


class FoundryCli:
    """The `foundry` command of this machine or another. Any method may be called from any thread."""

    def __init__(self, path: str, before: Sequence[str] = ()) -> None:
        """`before` are words that have it run elsewhere. Nothing is run yet."""
        self.path = path
        self._before = before

    def json(self, *args: str, timeout: float = ASK_S) -> Any:
        """The JSON object or list that a command prints, as soon as it is whole, whether the command exits or not.

        `timeout` is in seconds. Raises NoHostError when the command cannot be run, fails, or prints anything else.
        """
        with self._run(args) as command:
            deadline = time.monotonic() + timeout
            text = ""
            while True:
                code = command.wait(STEP_S)
                new = command.read(MAX_BYTES + 1)
                text += new
                if len(text) > MAX_BYTES:
                    raise self._failed(args, f"printed more than {data_size(MAX_BYTES)}", "That is no answer")
                value = find_json(text, ended=code is not None) if new or code is not None else None
                if value is not None and code is None:
                    code = command.wait(LINGER_S) or 0
                if code:
                    words = error_message(value) or _words(command.complaints(), text)
                    raise self._failed(args, f"failed with code {code}", words)
                if value is not None:
                    return value
                if code == 0:
                    raise self._failed(args, "did not print the JSON that it was asked for", _words(text))
                if time.monotonic() > deadline:
                    words = _words(command.complaints(), text)
                    raise self._failed(args, f"gave no whole answer within {timeout:g} s", words)

    def text(self, *args: str, timeout: float = ASK_S) -> str:
        """All that a command prints until it exits, with whatever code.

        `timeout` is in seconds. Raises NoHostError when the command cannot be run or does not exit in time.
        """
        with self._run(args) as command:
            if command.wait(timeout) is None:
                raise self._failed(args, f"did not end within {timeout:g} s", _words(command.complaints()))
            return without_escapes(command.read(MAX_BYTES))

    def where_served(self, timeout: float = ASK_S) -> str | None:
        """The root address, such as `http://127.0.0.1:11223`, where Foundry Local serves now; None when it does not.

        `timeout` is in seconds and counts for each of two questions. Only an address of this machine is believed.
        Raises NoHostError when neither generation's question could be asked.
        """
        try:
            status = self.json("server", "status", "-o", "json", timeout=timeout)
        except NoHostError:
            # Generation 0.8 does not know the command. What is really wrong, the next question meets as well.
            output = self.text("service", "status", timeout=timeout)
            return next((root for url in _URL.findall(output) if (root := local_root(url))), None)
        if not isinstance(status, dict) or status.get("running") is False:
            return None
        return next(iter(roots_in(status.get("webUrls"))), None)

    def version(self, timeout: float = ASK_S) -> str | None:
        """Its version, such as `0.10.3`; None when it prints none. Raises NoHostError as `text` does."""
        found = _VERSION.search(self.text("--version", timeout=timeout))
        return found.group()[:MAX_NAME] if found else None

    def models(self, which: str, timeout: float = ASK_S) -> tuple[ModelCard, ...]:
        """The rows of `model list` with a flag: `--variants` or `--cached`. Raises NoHostError as `json` does."""
        body = self.json("model", "list", which, "-o", "json", timeout=timeout)
        if isinstance(body, dict):
            body = body.get("variants", body.get("models"))
        cards: dict[str, ModelCard] = {}
        for row in body[:MAX_ROWS] if isinstance(body, list) else []:
            card = _card(row, cached=which == "--cached")
            if card is not None:
                cards.setdefault(card.id, card)
        return tuple(cards.values())

    def download(self, model_id: str, progress: Callable[[float], None], cancelled: Event) -> bool:
        """Download a model; True when it is there, False soon after `cancelled` is set, which ends the command.

        `progress` is called with percentages from 0 to 100, and never when the command prints none.
        Raises NoModelError for a name that cannot be a model's, ModelFailedError when the command fails.
        """
        args = ("model", "download", _checked(model_id))
        with self._run(args) as command:
            line, heard, last = "", "", -1.0
            while not cancelled.is_set():
                code = command.wait(STEP_S)
                new = command.read(MAX_BYTES)
                heard = (heard + new)[-HEARD:]
                line += new
                for percent in _percentages(line):
                    if percent != last:
                        progress(percent)
                    last = percent
                if code is None:
                    # The line that is still being written is looked at again when more of it is there.
                    line = re.split(r"[\r\n]", line)[-1][-HEARD:]
                    continue
                if code == 0:
                    return True
                words = _words(command.complaints(), heard)
                hint = f"Try it again; in a terminal, {self._shown(args)} says more"
                raise ModelFailedError(f"{model_id} could not be downloaded", words, make_space(words, hint))
        return False

    def remove(self, model_id: str, timeout: float = ASK_S) -> str:
        """Ask for a model to be deleted from the cache. Returns what was said; whether it is gone, only a list tells.

        `timeout` is in seconds. Raises NoModelError for a name that cannot be a model's, NoHostError when the command
        cannot be run.
        """
        args: tuple[str, ...] = ("cache", "rm", _checked(model_id))
        while True:
            with self._run(args, "y\n") as command:
                if command.wait(timeout) is None:
                    return f"{self._shown(args)} did not end within {timeout:g} s"
                heard = command.read(MAX_BYTES)
                output = _words(command.complaints(), heard)
            # Where nobody can be asked whether it is meant, some versions want that said on the command line.
            wanted = _MEANT.search(output)
            if wanted is None or wanted.group() in args:
                return output
            args = (*args, wanted.group())

    def _run(self, args: tuple[str, ...], typed: str = "") -> Command:
        try:
            return Command([*self._before, self.path, *args], typed)
        except (OSError, ValueError) as error:
            why = reason_of(error)
            hint = "Is Foundry Local installed as it should be?"
            raise NoHostError(f"The command {self.path} cannot be run", why, hint) from error

    def _failed(self, args: tuple[str, ...], what: str, words: str) -> NoHostError:
        return NoHostError(f"{self._shown(args)} {what}", words, "Try it in a terminal of your own")

    def _shown(self, args: tuple[str, ...]) -> str:
        return f"`{' '.join(('foundry', *args))}`"


def _checked(model_id: str) -> str:
    if _NAME.fullmatch(model_id) is None:
        raise NoModelError(f"{model_id!r} cannot be the name of a model", "", "Take a name from the list")
    return model_id


def find_cli(environ: Mapping[str, str], system: str = sys.platform) -> FoundryCli | None:
    """The `foundry` command on the PATH of this environment; None when there is none.

    On Windows also the alias that its installer makes for a user. It is a file of no bytes that only the system can
    follow, in a folder that the PATH of an SSH session may lack.
    """
    path = shutil.which("foundry", path=environ.get("PATH", ""))
    folder = environ.get("LOCALAPPDATA", "")
    if path is None and system == "win32" and folder:
        alias = os.path.join(folder, "Microsoft", "WindowsApps", "foundry.exe")  # noqa: PTH118 - as it is started
        path = alias if os.path.lexists(alias) else None
    return FoundryCli(path) if path is not None else None


def remove_with(cli: FoundryCli, here: Callable[[], Sequence[ModelCard]], model_id: str) -> None:
    """Have a command delete a model that the host lists as being `here`, and see that it is gone.

    Raises NoModelError, ModelFailedError or NoHostError.
    """
    # The command calls a model removed that was never there.
    state = ByModel((card.id, card.state) for card in here()).find(model_id)
    if state is None:
        raise NoModelError(f"{model_id} is not downloaded", "", "Take a name from the list")
    if state is ModelState.LOADED:
        raise ModelFailedError(f"{model_id} could not be removed", "It is loaded", "Unload it first")
    output = cli.remove(model_id)
    if ByModel((card.id, card.state) for card in here()).find(model_id) is not None:
        hint = f"In a terminal, `foundry cache rm {model_id}` says more"
        raise ModelFailedError(f"{model_id} could not be removed", output, hint)


def find_json(text: str, *, ended: bool) -> Any:
    """The first whole JSON object, or list of objects or texts, in what a command printed; None when there is none.

    Until the command has `ended`, a bracket that does not close yet may be the beginning of the answer.
    """
    text = without_escapes(text)
    effort = _PATIENCE * len(text)
    for opening in re.finditer(r"[{\[]", text):
        end = _closing(text, opening.start())
        effort -= (end or len(text)) - opening.start()
        if end is None:
            if not ended or effort < 0:
                return None
            continue
        try:
            value = json.loads(text[opening.start() : end])
        except (ValueError, RecursionError):
            if effort < 0:
                return None
            continue
        # A spinner's `[1]` or `[   ]` is JSON as well, and no answer; an empty list is one in its own line alone.
        if isinstance(value, dict) or (value and isinstance(value[0], dict | str)):
            return value
        if value == [] and text[opening.start() :].strip() == "[]":
            return value
    return None


def _closing(text: str, start: int) -> int | None:
    """Where the bracket at `start` is closed; None when it is not."""
    depth = 0
    for found in _BRACKETS.finditer(text, start):
        if found.group() in ("{", "["):
            depth += 1
        elif found.group() in ("}", "]"):
            depth -= 1
            if depth == 0:
                return found.end()
    return None


def _percentages(text: str) -> list[float]:
    """The last percentage of each line, where the line is about a model."""
    found = []
    for line in re.split(r"[\r\n]", without_escapes(text)):
        percents = _PERCENT.findall(line)
        # Before the first download, execution providers may be fetched too: their 100 % is not the model's.
        if percents and "ExecutionProvider" not in line:
            found.append(min(float(percents[-1].replace(",", ".")), 100.0))
    return found


def _words(*outputs: str) -> str:
    """What a command says went wrong: the first line that sounds like it, else the last line of all."""
    lines = [line.strip() for text in outputs for line in without_escapes(text).splitlines() if line.strip()]
    complaint = next((line for line in lines if _COMPLAINT.search(line)), lines[-1] if lines else "")
    return complaint[:MAX_WORDS] or "It said nothing"


def _card(row: Any, *, cached: bool) -> ModelCard | None:
    model_id = text_in(row, "variantId", "id", "variantName", "alias") if isinstance(row, dict) else None
    if model_id is None:
        return None
    device, task, tools = text_in(row, "device"), text_in(row, "type"), row.get("supportsToolCalling")
    return ModelCard(
        model_id,
        alias=text_in(row, "alias") or model_id,
        variant=text_in(row, "variantName"),
        device=device.upper() if device else None,
        ep=text_in(row, "executionProvider"),
        size_bytes=size_in_mb(row.get("fileSizeMb")),
        context=count(row.get("contextLength")),
        licence=text_in(row, "license"),
        task=task.lower() if task else None,
        state=ModelState.CACHED if cached or row.get("cached") is True else ModelState.CATALOG,
        tools=tools if isinstance(tools, bool) else None,
    )
