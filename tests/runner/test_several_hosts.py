"""Models of several hosts in one run, and what the session says of each."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.loopback_host import LoopbackHost
from tests.support.loopback_server import LoopbackServer
from tests.support.running import RecordingWriter, open_runner, to_the_end
from tests.support.some import some
from tui.core.plans.mode import Mode
from tui.core.plans.plan import PlanOptions
from tui.core.requests.events import Loaded
from tui.core.requests.request import RequestState
from tui.core.sessions.session import Session
from tui.hosts.multi import MultiHost
from tui.hosts.openai.host import OpenAIHost
from tui.report.aggregate import aggregate
from tui.storage.session_files import load, save


@pytest.fixture
def several(server: LoopbackServer) -> MultiHost:
    loading = LoopbackHost(server.port, ["good", "burst"])
    return MultiHost({"lab": loading, "box:80": OpenAIHost(server.url), "gone": LoopbackHost(1, ["good"])})


@pytest.mark.slow
def test_the_same_model_on_two_hosts_is_two_columns_and_only_the_host_that_loads_is_asked_to(
    several: MultiHost, memory: RecordingWriter, tmp_path: Path
) -> None:
    with open_runner(several, memory) as runner:
        runner.connected(several.connect())
        cards = [card for card in several.catalogue() if card.key in ("lab/good", "box:80/good")]
        runner.begin(cards, "hi", PlanOptions(mode=Mode.MEASURE, warmup=0))
        run = to_the_end(runner)
        session = runner.session
    assert [request.state for request in run.requests.values()] == [RequestState.DONE] * 2
    models = [(target.card.key, target.host) for target in session.models.values()]
    assert models == [("lab/good", "loopback"), ("box:80/good", "openai")]
    for request in some(run.requests.values()):
        told = any(isinstance(event, Loaded) for event in memory.events(request.spec.id))
        assert told is (session.model_of(request).card.host == "lab")
    check_kept(session, tmp_path / "kept.toml")


def check_kept(session: Session, path: Path) -> None:
    """The file says of each model where it was, and comes back the same."""
    save(session, path)
    text = path.read_text("utf-8")
    assert text.count("[[host]]\n") == 2 and "[host]\n" not in text
    assert 'host_name = "box:80"' in text
    again = load(path)
    assert (again.hosts, again.host) == (session.hosts, {})
    assert set(again.hosts) == {"lab", "box:80"}
    assert again.hosts["box:80"]["endpoint"].endswith("/v1")
    kept = [(target.card.key, target.host) for target in again.models.values()]
    assert kept == [("lab/good", "loopback"), ("box:80/good", "openai")]
    # Two hosts are two rows, also where the model has the same name.
    assert sorted(row.subject.host for row in aggregate([again]).rows) == ["box:80", "lab"]


@pytest.mark.slow
def test_a_host_that_is_away_fails_its_own_models_alone(several: MultiHost) -> None:
    with open_runner(several) as runner:
        runner.connected(several.connect())
        lab = next(card for card in several.catalogue() if card.key == "lab/good")
        away = LoopbackHost(1, ["good"]).card("good")
        runner.begin([replace(away, host="gone"), lab], "hi")
        run = to_the_end(runner)
    assert [request.state for request in run.requests.values()] == [RequestState.FAILED, RequestState.DONE]


def test_the_facts_of_a_host_stay_when_it_goes_away(several: MultiHost, server: LoopbackServer) -> None:
    with open_runner(several) as runner:
        runner.connected(several.connect())
        lab = several.hosts["lab"]
        assert isinstance(lab, LoopbackHost)
        lab._port = 1
        runner.connected(several.connect())
        assert set(runner.session.hosts) == {"lab", "box:80"}
        assert runner.session.hosts["lab"]["kind"] == "loopback"
