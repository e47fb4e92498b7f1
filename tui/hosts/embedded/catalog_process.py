"""The catalog process: asks the public catalogue, and downloads from it, until it is done or its stdin ends.

Arguments: the folder for the runtime's own files, the folder for downloads, then `offers`, or `download` and a model's
id or alias. It sends its rows, or how much has arrived, and at last that it is done, or why not (`protocol.py`).

It is apart from the serving process because the SDK takes a catalogue that could not be reached for an empty one, and
does so for hours; and because a download that hangs can be ended with it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tui import private_files
from tui.child.main_side import MainSide
from tui.core.catalog.model_card import ModelCard, ModelState
from tui.core.errors import reason_of
from tui.hosts.embedded.protocol import CatalogRow, Done, DownloadPercent, RuntimeRefused, encode
from tui.hosts.embedded.sdk_setup import import_sdk, open_runtime
from tui.hosts.foundry.model_ids import card_from_id
from tui.hosts.json_fields import count, size_in_mb

if TYPE_CHECKING:
    from foundry_local_sdk import Catalog, IModel

GRACE_S = 0.3
"""How long a download may take to notice that it is no longer wanted."""
MAX_TEXT = 8000
"""Characters of a licence that are passed on: a message is one line of bounded length."""


def main() -> None:
    """Do what the arguments say. Never returns: the runtime's own way out takes two seconds."""
    main_side = MainSide(GRACE_S)
    folder, cache, wish, *names = sys.argv[1:]
    try:
        sdk = import_sdk()
    except (ImportError, OSError) as error:
        main_side.leave(encode(RuntimeRefused(reason_of(error), no_sdk=True)), 1)
    try:
        private_files.make_folder(Path(cache))
        manager = open_runtime(Path(folder), cache=Path(cache), say_errors=True)
    except (sdk.FoundryLocalException, OSError, ValueError) as error:
        main_side.leave(encode(RuntimeRefused(reason_of(error))), 1)
    end: Done | RuntimeRefused = Done()
    try:
        if wish == "offers":
            for entry in manager.catalog.list_models():
                for variant in entry.variants:
                    main_side.say(encode(CatalogRow(_card(variant))))
        else:
            end = _download(manager.catalog, names[0], main_side)
    except (sdk.FoundryLocalException, OSError, RuntimeError, ValueError) as error:
        end = RuntimeRefused(reason_of(error))
    if wish == "offers" or end != Done():
        # What went wrong with the catalogue the SDK says on stderr alone, in a thread that an orderly end waits for.
        manager.close()
    main_side.leave(encode(end))


def _download(catalog: Catalog, name: str, main_side: MainSide) -> Done | RuntimeRefused:
    variant = catalog.get_model_variant(name) if ":" in name else None
    if variant is None:
        entry = catalog.get_model(name)
        # An entry stands for the variant that suits this machine best, and has its id.
        variant = next((each for each in entry.variants if each.id == entry.id), None) if entry is not None else None
    if variant is None:
        return RuntimeRefused(f"The catalogue has no model called {name}", unknown=True)
    reported = -1

    def progress(percent: float) -> None:
        nonlocal reported
        if int(percent * 2) != reported:  # in steps of half a percent: there may be thousands of chunks
            reported = int(percent * 2)
            main_side.say(encode(DownloadPercent(min(max(percent, 0.0), 100.0))))

    variant.download(progress, main_side.gone)
    main_side.say(encode(CatalogRow(_card(variant))))
    return Done()


def _card(variant: IModel) -> ModelCard:
    info = variant.info
    known = card_from_id(info.id, ModelState.CATALOG)
    runtime = info.runtime
    return ModelCard(
        id=info.id,
        alias=info.alias or info.id,
        variant=known.variant,
        device=str(runtime.device_type) if runtime is not None and runtime.device_type is not None else known.device,
        ep=(runtime.execution_provider if runtime is not None else "") or known.ep,
        size_bytes=size_in_mb(info.file_size_mb),
        context=count(info.context_length),
        licence=_short(info.license),
        task=info.task or None,
        state=ModelState.CATALOG,
        publisher=info.publisher or None,
        summary=info.display_name or None,
        tools=info.supports_tool_calling,
        licence_text=_short(info.license_description),
    )


def _short(text: str | None) -> str | None:
    return text[:MAX_TEXT] if text else None


if __name__ == "__main__":
    main()
