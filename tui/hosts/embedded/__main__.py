"""The runtime's process: serves the bundled models on 127.0.0.1 until its stdin ends.

Arguments: the folder for the runtime's own files, and the folder of the bundle. It says one line on stdout
(`protocol.py`) and nothing more; whatever native code prints goes to stderr, which the program keeps to itself.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from tui.core.errors import CompareError
from tui.hosts.embedded.bundle import DemoModel, read_bundle
from tui.hosts.embedded.protocol import Ready, Refused, encode

if TYPE_CHECKING:
    from foundry_local_sdk import Catalog, IModel

REGISTER_TRIES = 3


def main() -> None:
    """Serve until stdin ends. Never returns: the runtime's own way out takes two seconds."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform != "win32":
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    # From the first moment, so that a program that dies while the runtime starts leaves nothing behind.
    lifeline = threading.Thread(target=_leave_with_stdin, daemon=True)
    lifeline.start()
    answers = os.dup(1)
    os.dup2(2, 1)
    message = _serve(Path(sys.argv[1]), Path(sys.argv[2]))
    os.write(answers, encode(message))
    os.close(answers)
    if isinstance(message, Refused):
        os._exit(1)
    lifeline.join()


def _leave_with_stdin() -> None:
    try:
        while os.read(0, 4096):
            pass
    finally:
        os._exit(0)


def _serve(folder: Path, bundle: Path) -> Ready | Refused:
    # ONNX Runtime and its GenAI part report by themselves unless told not to, whatever the SDK's configuration says.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    try:
        import foundry_local_sdk as sdk
    except (ImportError, OSError) as error:
        return Refused(str(error), no_sdk=True)
    try:
        models = read_bundle(bundle)
        folder.mkdir(parents=True, exist_ok=True)
        sdk.FoundryLocalManager.initialize(
            sdk.Configuration(
                app_name="foundry-compare",
                app_data_dir=str(folder),
                log_level=sdk.LogLevel.FATAL,
                disable_nonessential_telemetry=True,
                web=sdk.Configuration.WebService(urls="http://127.0.0.1:0"),
            )
        )
        manager = sdk.FoundryLocalManager.instance
        catalog = manager.get_catalog(sdk.CatalogType.LOCAL)
        _register(catalog, models)
        manager.start_web_service()
        return Ready(manager.urls[0].rstrip("/"), version("foundry-local-sdk"), os.getpid())
    except (sdk.FoundryLocalException, CompareError, OSError) as error:
        return Refused(error.sentence() if isinstance(error, CompareError) else str(error))


def _register(catalog: Catalog, models: tuple[DemoModel, ...]) -> None:
    """See to it that exactly these models are registered, from where they lie.

    Registrations outlive the process, with the paths they had, and another program may be registering the same
    models at this very moment: whoever is second looks again and finds it done.
    """
    import foundry_local_sdk as sdk

    for attempt in range(1, REGISTER_TRIES + 1):
        try:
            _register_once(catalog, models)
            return
        except sdk.FoundryLocalException:
            if attempt == REGISTER_TRIES:
                raise


def _register_once(catalog: Catalog, models: tuple[DemoModel, ...]) -> None:
    import foundry_local_sdk as sdk

    wanted = {model.card.id: model for model in models}
    known = [variant for entry in catalog.list_models() for variant in entry.variants]
    right = {variant.id for variant in known if variant.id in wanted and _lies_right(variant, wanted[variant.id])}
    for variant in known:
        if variant.id not in right:
            catalog.unregister_model(variant.id)
    for model in models:
        if model.card.id not in right:
            metadata = sdk.ModelInfoBuilder().set_string_property("task", model.card.task or "chat-completion")
            catalog.register_model(str(model.folder), model.card.id, metadata)


def _lies_right(variant: IModel, model: DemoModel) -> bool:
    # A path that no longer exists is reported as an empty one.
    return Path(variant.get_path()) == model.folder


if __name__ == "__main__":
    main()
