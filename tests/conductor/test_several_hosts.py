"""Models of several hosts in one run, and what the session says of each."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.conducting import RecordingKeeper, conducting, to_the_end
from tests.support.loopback_host import LoopbackHost
from tests.support.loopback_server import LoopbackServer
from tests.support.some import some
from tui.core.events import Loaded
from tui.core.lane import LaneState
from tui.core.plan import Mode
from tui.core.session import Session
from tui.hosts.openai_api import OpenAIHost
from tui.hosts.several import SeveralHosts
from tui.report.aggregate import aggregate
from tui.store.sessions import load, save


@pytest.fixture
def several(server: LoopbackServer) -> SeveralHosts:
    loading = LoopbackHost(server.port, ["good", "burst"])
    return SeveralHosts({"lab": loading, "box:80": OpenAIHost(server.url), "gone": LoopbackHost(1, ["good"])})


def test_the_same_model_on_two_hosts_is_two_columns_and_only_the_host_that_loads_is_asked_to(
    several: SeveralHosts, memory: RecordingKeeper, tmp_path: Path
) -> None:
    with conducting(several, memory) as conductor:
        conductor.connected(several.connect())
        cards = [card for card in several.catalogue() if card.key in ("lab/good", "box:80/good")]
        conductor.begin(cards, "hi", mode=Mode.MEASURE, warmup=0)
        run = to_the_end(conductor)
        session = conductor.session
    assert [lane.state for lane in run.lanes.values()] == [LaneState.DONE] * 2
    targets = [(target.card.key, target.host) for target in session.targets.values()]
    assert targets == [("lab/good", "loopback"), ("box:80/good", "openai")]
    for lane in some(run.lanes.values()):
        told = any(isinstance(event, Loaded) for event in memory.events(lane.spec.id))
        assert told is (session.target_of(lane).card.host == "lab")
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
    kept = [(target.card.key, target.host) for target in again.targets.values()]
    assert kept == [("lab/good", "loopback"), ("box:80/good", "openai")]
    # Two hosts are two rows, also where the model has the same name.
    assert sorted(row.subject.host for row in aggregate([again]).rows) == ["box:80", "lab"]


def test_a_host_that_is_away_fails_its_own_models_alone(several: SeveralHosts) -> None:
    with conducting(several) as conductor:
        conductor.connected(several.connect())
        lab = next(card for card in several.catalogue() if card.key == "lab/good")
        away = LoopbackHost(1, ["good"]).card("good")
        conductor.begin([replace(away, host="gone"), lab], "hi")
        run = to_the_end(conductor)
    assert [lane.state for lane in run.lanes.values()] == [LaneState.FAILED, LaneState.DONE]


def test_the_facts_of_a_host_stay_when_it_goes_away(several: SeveralHosts, server: LoopbackServer) -> None:
    with conducting(several) as conductor:
        conductor.connected(several.connect())
        lab = several.hosts["lab"]
        assert isinstance(lab, LoopbackHost)
        lab._port = 1
        conductor.connected(several.connect())
        assert set(conductor.session.hosts) == {"lab", "box:80"}
        assert conductor.session.hosts["lab"]["kind"] == "loopback"
