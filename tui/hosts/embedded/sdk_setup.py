"""How the Foundry Local SDK is set up, the same in each process that uses it."""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from tui import private_files

if TYPE_CHECKING:
    from foundry_local_sdk import FoundryLocalManager

LOOPBACK = "http://127.0.0.1:0"
CATALOGUE = "FOUNDRY_COMPARE_CATALOGUE"
"""The environment variable with the address of a catalogue to use instead of the public one.

Its path ends with `/asset-gallery/v1.0/models`.
"""


def import_sdk() -> ModuleType:
    """The SDK, set up to report nothing to anybody. Raises ImportError or OSError where there is none."""
    # ONNX Runtime and its GenAI part report by themselves unless this is set, whatever the SDK's configuration says.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import foundry_local_sdk

    sdk: ModuleType = foundry_local_sdk
    return sdk


def open_runtime(
    folder: Path, *, serve: str | None = None, cache: Path | None = None, say_errors: bool = False
) -> FoundryLocalManager:
    """Start the SDK in this process, with its files in `folder` and downloads in `cache`.

    With `say_errors`, it writes its errors to stderr. Raises what the SDK raises, and OSError.
    """
    sdk = import_sdk()
    private_files.make_folder(folder)
    catalogue = os.environ.get(CATALOGUE)
    sdk.FoundryLocalManager.initialize(
        sdk.Configuration(
            app_name="foundry-compare",
            app_data_dir=str(folder),
            model_cache_dir=str(cache) if cache is not None else None,
            log_level=sdk.LogLevel.ERROR if say_errors else sdk.LogLevel.FATAL,
            disable_nonessential_telemetry=True,
            web=sdk.Configuration.WebService(urls=serve) if serve is not None else None,
            catalog_urls=[(catalogue, None)] if catalogue else None,
        )
    )
    manager: FoundryLocalManager | None = sdk.FoundryLocalManager.instance
    assert manager is not None
    return manager
