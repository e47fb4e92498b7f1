"""The same comparison of three models on every kind of host: without a screen, and on one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.program.kinds import KINDS, Place, skip_unless_possible
from tests.support.program import Done, call
from tests.support.screens import asking
from tests.support.some import some
from tui.hosts.registry import KINDS as REGISTERED
from tui.hosts.search.open import open_host
from tui.runner.open_session import surroundings
from tui.storage.session_files import load

QUESTION = "What is RAG?"
VERSIONS = {
    "service": r"0\.8\.\d+|0\.3 to 0\.8; the service does not say which$",
    "daemon": r"0\.10\.\d",
    "sdk": r"2\.x$",
    "openai": r"the server does not say$",
    "embedded": r"2\.\d+\.\d",
    "adapter": r"7\.1$",
}
"""What is told of each kind's version; a service that its command found tells its own."""
SIZES = {"80x24": (80, 24), "160x45": (160, 45)}


@pytest.fixture(scope="module", params=list(KINDS))
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Place, Path]]:
    """A host of each kind in turn, and the folder the program is started in."""
    kind = str(request.param)
    skip_unless_possible(kind)
    folder = tmp_path_factory.mktemp(kind)
    with KINDS[kind](folder) as running:
        yield running, folder


def test_no_kind_is_left_out() -> None:
    assert {kind.name for kind in REGISTERED} == {*KINDS, "demo"} - {"several"}


def ask(place: tuple[Place, Path], *args: str) -> Done:
    """Run the program as somebody who sits in that folder would."""
    there, folder = place
    return call(*args, cwd=folder, environ=there.environ)


def test_three_models_are_compared_without_a_screen(place: tuple[Place, Path], own_folders: Path) -> None:
    there, _ = place
    chosen = [part for model in there.models for part in ("-m", model)]
    done = ask(place, "run", *there.args, *chosen, "-p", QUESTION, "--json")
    assert done.code == 0, done.err
    runs = done.json["runs"]
    assert [run["model"] for run in runs] == list(there.models)
    assert all(run["state"] == "done" and run["answer"] for run in some(runs))
    if there.answer is not None:
        assert {run["answer"] for run in runs} == {there.answer}
    session = load(Path(done.json["session"]))
    assert all(request.metrics.ttft_ms for request in some(session.requests.values()))
    kinds = {facts["kind"] for facts in session.hosts.values()} or {session.host["kind"]}
    assert kinds == ({"service", "openai"} if there.kind == "several" else {there.kind})
    assert own_folders in Path(done.json["session"]).parents


def test_the_models_are_listed_and_a_smoke_check_is_good(place: tuple[Place, Path]) -> None:
    there, _ = place
    listed = ask(place, "models", *there.args)
    assert listed.code == 0, listed.err
    assert all(model in listed.out for model in some(there.models))
    smoke = ask(place, "smoke", *there.args, "-m", there.models[0])
    assert smoke.code == 0, smoke.out + smoke.err
    assert "FAIL" not in smoke.out


def test_doctor_names_the_kind_and_its_version(place: tuple[Place, Path]) -> None:
    there, _ = place
    done = ask(place, "doctor", *there.args, "--json")
    assert done.code == 0, done.err
    kinds = [found["host"]["kind"] for found in done.json["hosts"]]
    assert kinds == (["service", "openai"] if there.kind == "several" else [there.kind])
    told = ask(place, "doctor", *there.args)
    versions = [line.split(None, 1)[1] for line in told.out.splitlines() if line.startswith("  version ")]
    assert versions and all(
        re.match(VERSIONS[kind], version) for kind, version in some(zip(kinds, versions, strict=True))
    )


@pytest.mark.parametrize("size", list(SIZES))
async def test_three_panes_fill_and_end_on_the_screen(
    place: tuple[Place, Path], size: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, folder = place
    for name, value in there.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(folder)
    host = open_host(there.hosts, surroundings())
    try:
        async with asking(host, there.models, size=SIZES[size]) as play:
            await play.until(lambda: len(play.app.app_state.chosen) == 3)
            await play.type(QUESTION, "enter")
            await play.until(lambda: play.runner.run is not None and not play.runner.busy)
            run = play.runner.run
            assert run is not None
            states = {request.state.value for request in run.requests.values()}
            assert states == {"done"}, [request.fault for request in run.requests.values()]
            answers = [request.answer for request in run.requests.values()]
            # An answer that has ended is shown from its top. What is asked goes first, and is painted a moment later.
            first = [answer.split()[0].strip("*`.,:") for answer in answers]
            await play.until(lambda: all(word in play.pane(number) for number, word in enumerate(some(first), 1)))
    finally:
        host.close()
