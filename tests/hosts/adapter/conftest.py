"""Hosts of the adapters in `tests/support/adapters.py`, and ways to ask them with the real engine."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.requests import folded
from tui.core.errors import NoHostError
from tui.core.requests.request import Request, RequestState
from tui.core.sessions.session_model import Parameters
from tui.engine.engine_client import EngineClient
from tui.engine.protocol import Start
from tui.hosts.adapter.host import AdapterHost

ROOT = Path(__file__).parents[3]
SCRIPTED = "tests.support.adapters:Scripted"
PATIENCE_S = 20.0
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")


@pytest.fixture(scope="module")
def link() -> Iterator[EngineClient]:
    made = EngineClient()
    yield made
    made.close()


@pytest.fixture(scope="module")
def shared() -> Iterator[AdapterHost]:
    """A host whose process the module's tests share."""
    made = AdapterHost(SCRIPTED, folder=ROOT)
    yield made
    made.close()


@pytest.fixture
def own() -> Iterator[AdapterHost]:
    """A host with a process of its own, to be ill-treated."""
    made = AdapterHost(SCRIPTED, folder=ROOT)
    yield made
    made.close()


@pytest.fixture
def opened() -> Iterator[Callable[..., AdapterHost]]:
    """Makes hosts that are closed at the end."""
    made: list[AdapterHost] = []

    def open_(reference: str, folder: Path = ROOT, **more: Any) -> AdapterHost:
        made.append(AdapterHost(reference, folder=folder, **more))
        return made[-1]

    yield open_
    for host in made:
        host.close()


def put(host: AdapterHost, link: EngineClient, model: str) -> Request:
    """Load a model and ask it."""
    host.load(model)
    return folded(link, Start("r1", host.endpoint(model), [{"role": "user", "content": "hi"}]))


def told(request: Request) -> str:
    """What a failed request says."""
    assert request.state is RequestState.FAILED and request.fault is not None
    return request.fault.message


def gone(pid: int | None) -> bool:
    """Whether a process has ended."""
    assert pid is not None
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def until(holds: Callable[[], bool]) -> None:
    """Wait until it holds; fail after a long time."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.02)


def written(folder: Path, name: str, text: str) -> Path:
    """A folder with this file in it."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, "utf-8")
    return folder


def refused(host: AdapterHost) -> NoHostError:
    """Why there is no such host. Nothing of it may be left running."""
    others = set(psutil.Process().children())
    with pytest.raises(NoHostError) as caught:
        host.connect()
    assert set(psutil.Process().children()) == others
    return caught.value


def asking(host: AdapterHost, model: str, name: str = "r1", parameters: Parameters | None = None) -> Start:
    """A question with a system message before it."""
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hi"}]
    return Start(name, host.endpoint(model), messages, parameters or Parameters())
