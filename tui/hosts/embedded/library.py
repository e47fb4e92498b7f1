"""The library process: asks the public catalogue, and downloads from it, until it is done or its stdin ends.

Arguments: the folder for the runtime's own files, the folder for downloads, then `offers`, or `download` and a model's
id or alias. It says its rows, or how far it is, and at last that it is done, or why not (`protocol.py`).

It is apart from the serving process because the SDK takes a catalogue that could not be reached for an empty one, and
does so for hours; and because a download that hangs can be ended with it.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui.core.model_card import ModelCard, ModelState
from tui.hosts.embedded.__main__ import Answers
from tui.hosts.embedded.protocol import Done, Percent, Refused, Row
from tui.hosts.embedded.runtime import import_sdk, open_runtime
from tui.hosts.service_rows import ByModel, card_of

if TYPE_CHECKING:
    from foundry_local_sdk import Catalog, IModel

GRACE_S = 0.3
"""How long a download may take to notice that it is no longer wanted."""
MAX_TEXT = 8000
"""Characters of a licence that are passed on: a message is one line of bounded length."""


def main() -> None:
    """Do what the arguments say. Never returns: the runtime's own way out takes two seconds."""
    unwanted = threading.Event()
    threading.Thread(target=_leave_with_stdin, args=(unwanted,), daemon=True).start()
    answers = Answers()
    folder, cache, wish, *names = sys.argv[1:]
    try:
        sdk = import_sdk()
    except (ImportError, OSError) as error:
        answers.refuse(str(error), no_sdk=True)
    try:
        Path(cache).mkdir(parents=True, exist_ok=True)
        manager = open_runtime(Path(folder), cache=Path(cache), say_errors=True)
    except (sdk.FoundryLocalException, OSError, ValueError) as error:
        answers.refuse(str(error))
    end: Done | Refused = Done()
    try:
        if wish == "offers":
            for entry in manager.catalog.list_models():
                for variant in entry.variants:
                    answers.say(Row(_card(variant)))
        else:
            end = _download(manager.catalog, names[0], unwanted, answers)
    except (sdk.FoundryLocalException, OSError, RuntimeError, ValueError) as error:
        end = Refused(str(error))
    if wish == "offers" or end != Done():
        # What went wrong with the catalogue is only told on stderr, by a thread that is heard out in an orderly end.
        manager.close()
    answers.say(end)
    os._exit(0)


def _leave_with_stdin(unwanted: threading.Event) -> None:
    try:
        while os.read(0, 4096):
            pass
    finally:
        unwanted.set()
        time.sleep(GRACE_S)
        os._exit(0)


def _download(catalog: Catalog, name: str, unwanted: threading.Event, answers: Answers) -> Done | Refused:
    variant = catalog.get_model_variant(name) if ":" in name else None
    if variant is None:
        entry = catalog.get_model(name)
        # An entry stands for the variant that suits this machine best, and has its id.
        variant = next((each for each in entry.variants if each.id == entry.id), None) if entry is not None else None
    if variant is None:
        return Refused(f"The catalogue has no model called {name}", unknown=True)
    told = -1

    def progress(percent: float) -> None:
        nonlocal told
        if int(percent * 2) != told:  # in steps of half a percent: there may be thousands of chunks
            told = int(percent * 2)
            answers.say(Percent(min(max(percent, 0.0), 100.0)))

    variant.download(progress, unwanted)
    answers.say(Row(_card(variant)))
    return Done()


def _card(variant: IModel) -> ModelCard:
    info = variant.info
    known = card_of(info.id, ByModel(()), ModelState.CATALOG)
    runtime = info.runtime
    return ModelCard(
        id=info.id,
        alias=info.alias or info.id,
        variant=known.variant,
        device=str(runtime.device_type) if runtime is not None and runtime.device_type is not None else known.device,
        ep=(runtime.execution_provider if runtime is not None else "") or known.ep,
        size_mb=_positive(info.file_size_mb),
        context=_positive(info.context_length),
        licence=_short(info.license),
        task=info.task or None,
        state=ModelState.CATALOG,
        publisher=info.publisher or None,
        summary=info.display_name or None,
        tools=info.supports_tool_calling,
        licence_text=_short(info.license_description),
    )


def _positive(value: Any) -> Any:
    return value if isinstance(value, int) and value > 0 else None


def _short(text: str | None) -> str | None:
    return text[:MAX_TEXT] if text else None


if __name__ == "__main__":
    main()
