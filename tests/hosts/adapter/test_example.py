"""The worked example of `docs/adapters.md`, in the whole program."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from tests.hosts.adapter.conftest import (
    ROOT,
    written,
)
from tests.support.program import call
from tests.support.running import open_runner, states, to_the_end
from tests.support.some import some
from tui.core.plans.plan import PlanOptions
from tui.core.requests.request import RequestState
from tui.core.sessions.session_model import Parameters
from tui.hosts.adapter.host import AdapterHost
from tui.hosts.adapter.interface import Adapter, Counts, WholeAdapter
from tui.hosts.adapter.server import PARAMETERS

pytestmark = pytest.mark.slow


def example() -> str:
    """The worked example of the documentation, as it stands there."""
    page = (ROOT / "docs" / "adapters.md").read_text("utf-8")
    return page.split("```python\n")[1].split("```")[0]


def test_the_page_names_everything_that_an_adapter_may_have_and_return() -> None:
    page = (ROOT / "docs" / "adapters.md").read_text("utf-8")
    assert all(
        f"`{method.__name__}(self" in page for method in (Adapter.generate, WholeAdapter.load, WholeAdapter.unload)
    )
    assert all(f"`{name}`" in page for name in some(WholeAdapter.__annotations__))
    assert all(f'"{name}": ' in page for name in some(Counts.__annotations__))
    assert all(f"`{name}`" in page for name in some(PARAMETERS))


def test_three_models_of_the_documented_example_are_compared(
    opened: Callable[..., AdapterHost], tmp_path: Path
) -> None:
    host = opened("babble:Babbler", written(tmp_path, "babble.py", example()))
    cards = host.catalogue()
    assert [card.id for card in cards] == ["babble-1", "babble-2", "babble-3"]
    assert {card.licence for card in cards} == {"MIT"}
    with open_runner(host) as runner:
        run = runner.begin(cards, "What is a model?", PlanOptions(parameters=Parameters(max_tokens=8, seed=1)))
        to_the_end(runner)
        assert states(run) == [RequestState.DONE] * 3
        requests = list(run.requests.values())
        assert all(
            request.usage is not None and request.usage.completion_tokens == request.timestamps.chunks
            for request in some(requests)
        )
        assert all(
            request.metrics.load_ms is not None and request.metrics.ttft_ms is not None for request in some(requests)
        )
        again = runner.begin(cards, "What is a model?", PlanOptions(parameters=Parameters(max_tokens=8, seed=1)))
        to_the_end(runner)
        assert [request.answer for request in again.requests.values()] == [request.answer for request in requests]
        assert all(request.metrics.load_ms is None for request in some(again.requests.values()))


def test_the_documented_command_compares_the_documented_example(tmp_path: Path) -> None:
    written(tmp_path, "babble.py", example())
    models = ("-m", "babble-1", "-m", "babble-2", "-m", "babble-3")
    done = call("run", "--host", "babble:Babbler", *models, "-p", "What is a model?", "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    assert [run["state"] for run in done.json["runs"]] == ["done"] * 3
    missing = call("run", "--host", "nowhere:Babbler", *models, "-p", "hi", cwd=tmp_path)
    assert missing.code == 3
    assert "There is no module called nowhere" in missing.err


def test_a_model_that_cannot_be_loaded_leaves_the_others_alone(own: AdapterHost) -> None:
    wanted = ("counted", "cannot_load", "thinking")
    cards = [card for name in wanted for card in own.catalogue() if card.id == name]
    with open_runner(own) as runner:
        run = runner.begin(cards, "hi")
        to_the_end(runner)
    assert states(run) == [RequestState.DONE, RequestState.FAILED, RequestState.DONE]
    failed = list(run.requests.values())[1]
    assert failed.fault is not None
    assert failed.fault.message.startswith("cannot_load could not be loaded. FileNotFoundError: no weights here")


def test_many_starts_at_once_make_one_process(own: AdapterHost) -> None:
    others = set(psutil.Process().children())
    with ThreadPoolExecutor(4) as pool:
        assert len({info.pid for info in pool.map(lambda _: own.connect(), range(4))}) == 1
    assert len(set(psutil.Process().children()) - others) == 1
