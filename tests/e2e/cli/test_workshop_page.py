"""The commands of docs/workshop.md and docs/own-models.md are done, and print what the pages say, but for figures."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.e2e.program.conftest import needs_runtime
from tests.support.page_commands import Doing
from tests.support.replay_service import BARE_500, STALL, ReplayService, replaying
from tools.docs import TOP
from tui.cli import models
from tui.hosts.embedded.bundle import bundle_root
from tui.runner.downloads import Downloads

PAGE = TOP / "docs" / "workshop.md"
SERVICE = "http://127.0.0.1:5273"
"""How the page calls Foundry Local's service."""


@pytest.fixture
def service() -> Iterator[ReplayService]:
    with replaying() as running:
        yield running


@needs_runtime
def test_every_step_of_the_workshop_prints_what_the_page_says(
    tmp_path: Path,
    own_folders: Path,
    service: ReplayService,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    for file in (TOP / "tests" / "data" / "workshop").iterdir():
        shutil.copy(file, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    # A download that falls silent is given up after a minute, which is too long here; then it goes on.
    monkeypatch.setattr(models, "Downloads", partial(Downloads, stall=0.5))
    whole = service.lines

    def before(command: str) -> None:
        if "models load" in command:
            service.faults["/openai/load/"], service.loaded = BARE_500, service.cached[:1]
        if "models download" in command:
            service.faults["/openai/download"], service.lines = STALL, whole[:1]
            threading.Thread(target=heal, daemon=True).start()

    def heal() -> None:
        service.hung_up.wait(30)
        service.lines = whole
        service.faults.pop("/openai/download", None)

    doing = Doing(tmp_path, {SERVICE: service.url}, {"FOUNDRY_COMPARE_SESSIONS": "sessions"}, before)
    as_it_says(PAGE, doing, request)


@needs_runtime
def test_a_folder_goes_the_way_that_the_page_of_own_models_says(
    tmp_path: Path, own_folders: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("my-model", "unfinished"):
        shutil.copytree(bundle_root() / "demo-small", tmp_path / name)
    (tmp_path / "unfinished" / "chat_template.jinja").unlink()
    graph = tmp_path / "unfinished" / "model.onnx"
    graph.write_bytes(b"\x0a\x08location\x12\x0fmodel.onnx.data" + graph.read_bytes())
    (tmp_path / "my-model" / "README.md").write_text("---\nlicense: mit\n---\n", "utf-8")
    (tmp_path / "published").mkdir()
    for name in ("config.json", "model.safetensors"):
        (tmp_path / "published" / name).touch()
    as_it_says(TOP / "docs" / "own-models.md", Doing(tmp_path, {}, {"FOUNDRY_COMPARE_SESSIONS": "sessions"}), request)


def as_it_says(page: Path, doing: Doing, request: pytest.FixtureRequest) -> None:
    text = page.read_text("utf-8")
    done = doing.do(text)
    if request.config.getoption("--update-snapshots"):
        page.write_text(done, "utf-8", newline="\n")
        return
    assert not doing.wrong, "look at it, then: pytest --update-snapshots"
