"""What was written to name an adapter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hosts.adapter.conftest import (
    put,
    refused,
    written,
)
from tui.core.errors import BadInputError
from tui.engine.engine_client import EngineClient
from tui.hosts.adapter.find import installed_adapters
from tui.hosts.adapter.host import AdapterHost

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("reference", ["", "a b", "../x:Y", "x:", "x:Y:Z", "x:Y()", "-x", "x\n:Y"])
def test_what_names_no_adapter_is_refused_before_anything_is_started(reference: str) -> None:
    with pytest.raises(BadInputError, match="names no adapter") as caught:
        AdapterHost(reference)
    assert "Write module:Class" in caught.value.sentence()


WRONG: list[tuple[str, str, str]] = [
    ("missing:Model", "", "There is no module called missing. missing:Model names it. It is looked for among"),
    ("json.missing:M", "", "There is no module called json.missing. json.missing:M names it. It is looked for among"),
    ("mine:Other", "class Model: pass", "There is no Other in the module mine. The module is "),
    ("json:Model", "", "There is no Model in the module json. The module is "),
    ("mine:Model", "class Model: pass", "mine:Model has no method generate. It is a class with `generate("),
    ("mine:Model", "def Model(): pass", "mine:Model is no class. It is of type function. It is a class with `gen"),
    ("mine:Model", "import nowhere", "The module mine cannot be imported. ModuleNotFoundError: No module named 'now"),
    ("mine:Model", "\n\n1 / 0", "cannot be imported. ZeroDivisionError: division by zero (mine.py, line 3). Mend it"),
    ("mine:Model", "def :", "The module mine cannot be imported. SyntaxError: invalid syntax (mine.py, line 1). Mend"),
    ("mine:Model", "raise SystemExit(3)", "The module mine cannot be imported. SystemExit: 3 (mine.py, line 1). Mend"),
    (
        "mine:Model",
        "class Model:\n def __init__(self, path): ...\n def generate(self, prompt): ...",
        "mine:Model cannot be made without arguments. missing a required argument: 'path'. Give its parameters def",
    ),
    (
        "mine:Model",
        "class Model:\n models = 3\n def generate(self, prompt): ...",
        "`models` of mine:Model is no list of names. TypeError: 'int' object is not iterable.",
    ),
    (
        "mine:Model",
        "class Model:\n models = ['a', 'A']\n def generate(self, prompt): ...",
        "`models` of mine:Model should be 1 to 500 different names.",
    ),
    (
        "mine:Model",
        "class Model:\n models = ['a\\x1b']\n def generate(self, prompt): ...",
        "`models` of mine:Model holds 'a\\x1b', which is no name of a model.",
    ),
    (
        "mine:Model",
        "class Model:\n context = 'long'\n def generate(self, prompt): ...",
        "`context` of mine:Model should be a whole number. It is of type str.",
    ),
    (
        "mine:Model",
        "class Model:\n load = 3\n def generate(self, prompt): ...",
        "mine:Model has no method load. It is a class with",
    ),
    ("mine:Model", "import os\nos._exit(9)", "The adapter mine:Model did not start. It ended with code 9. Import its"),
    ("greeter", "", "There is no adapter called greeter. No installed package offers one. A class of your own"),
]


@pytest.mark.parametrize(("reference", "module", "sentence"), WRONG)
def test_what_is_no_adapter_is_told_in_a_sentence(
    opened: Callable[..., AdapterHost], tmp_path: Path, reference: str, module: str, sentence: str
) -> None:
    error = refused(opened(reference, written(tmp_path, "mine.py", module)))
    assert sentence in error.sentence()
    assert "Traceback" not in error.sentence()


def test_an_import_that_takes_too_long_is_given_up(opened: Callable[..., AdapterHost], tmp_path: Path) -> None:
    folder = written(tmp_path, "mine.py", "import time; time.sleep(60)")
    error = refused(opened("mine:Model", folder, timeout=0.3))
    assert error.sentence() == (
        "The adapter mine:Model did not start. It was not ready after 0.3 s. "
        "Do in load() what takes long, not on import."
    )


def test_the_users_folder_hides_neither_the_program_nor_what_is_installed(
    opened: Callable[..., AdapterHost], link: EngineClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("tui/__init__.py", "json.py", "socketserver.py"):
        written(tmp_path, name, "raise SystemExit('the wrong one')")
    written(tmp_path, "pkg/mine.py", "class Model:\n def generate(self, prompt):\n  yield 'here'")
    monkeypatch.chdir(tmp_path)
    host = AdapterHost("pkg.mine:Model")
    try:
        assert put(host, link, "Model").answer == "here"
    finally:
        host.close()


def test_an_installed_package_offers_its_adapter_by_name(
    opened: Callable[..., AdapterHost], link: EngineClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = "greeter-1.0.dist-info"
    written(tmp_path, f"{info}/METADATA", "Metadata-Version: 2.1\nName: greeter\nVersion: 1.0\n")
    written(
        tmp_path, f"{info}/entry_points.txt", "[foundry_compare.adapters]\ngreeter = hello:Greeter\nbad = hello:X\n"
    )
    written(tmp_path, "hello.py", "class Greeter:\n def generate(self, prompt):\n  yield 'hello'")
    host = opened("greeter", tmp_path)
    assert put(host, link, "Greeter").answer == "hello"
    assert host.connect().version == "1.0"
    error = refused(opened("bad", tmp_path))
    assert error.title == "The adapter bad (hello:X) cannot be imported"
    assert "Installed are bad, greeter" in refused(opened("other", tmp_path)).sentence()
    monkeypatch.syspath_prepend(tmp_path)
    assert {"bad", "greeter"} <= set(installed_adapters())
