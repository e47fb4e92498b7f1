"""One session takes the place of another: each is written and let go before, and nobody asks a host for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import pytest

from tests.support.sessions import WHEN, request, session
from tests.support.some import some
from tui.core.catalog.model_card import ModelCard
from tui.core.errors import BadInputError
from tui.core.scoring.in_effect import in_effect
from tui.core.sessions.session import SessionState
from tui.hosts.base import Ability, BareHost, HostInfo
from tui.runner.sitting import Sitting
from tui.storage.file_lock import SessionLock, lock_path
from tui.storage.session_files import load, save

NAME = "20261122T110301Z-7f3a"


class UnaskedHost(BareHost):
    """A host that nobody may ask."""

    abilities: ClassVar[dict[Ability, str]] = {}

    def connect(self) -> HostInfo:
        raise AssertionError("nothing was asked of a model")

    def catalogue(self) -> tuple[ModelCard, ...]:
        raise AssertionError("nothing was asked of a model")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A kept session, which was broken off."""
    path = tmp_path / "kept" / f"{NAME}.toml"
    kept = session([request("r1"), request("r2", model="m2")])
    kept.state = SessionState.INTERRUPTED
    save(kept, path)
    return path


@pytest.fixture
def sitting(file: Path) -> Iterator[Sitting]:
    """A new session in the folder of the file."""
    made = Sitting(UnaskedHost(), file.parent, "ann")
    made.begin()
    yield made
    assert made.close()


def is_free(path: Path) -> bool:
    """Whether no program has a session."""
    lock = SessionLock(lock_path(path.parent, path.stem))
    free = lock.acquire()
    lock.release()
    return free


def test_a_kept_session_is_held_until_the_sitting_goes_on_and_what_is_only_read_stays_as_it_was(
    sitting: Sitting, file: Path
) -> None:
    before = file.read_bytes()
    assert not sitting.open(file) and sitting.is_open(file) and not is_free(file)
    assert sitting.runner is not None and sitting.runner.run is not None, "what it asked last can be asked again"
    with pytest.raises(BadInputError, match="is open here already"):
        sitting.open(file)
    assert not sitting.come_back() and not sitting.is_open(file) and is_free(file)
    assert file.read_bytes() == before
    assert [one.written for one in sitting.let_go] == [False, False]
    assert not sitting.own or not sitting.own.exists(), "nothing was asked"


def test_what_is_scored_is_in_the_file_when_another_session_is_open(sitting: Sitting, file: Path) -> None:
    sitting.open(file)
    assert sitting.runner is not None
    sitting.runner.ratings.score("r1", 4)
    sitting.come_back()
    found = load(file)
    assert [one.value for one in in_effect(found).scores.values()] == [4]
    assert found.state is SessionState.INTERRUPTED, "nothing was asked, so that the rest is still to be"
    assert not found.resumptions
    (left,) = [one for one in sitting.let_go if one.written]
    assert (left.path, left.kept) == (file, True)


def test_a_file_that_is_none_changes_nothing(sitting: Sitting, file: Path) -> None:
    damaged = file.with_name("damaged.toml")
    damaged.write_text("schema = \n", encoding="utf-8")
    runner = sitting.runner
    with pytest.raises(BadInputError, match="cannot be read as a session"):
        sitting.open(damaged)
    assert sitting.runner is runner and not sitting.let_go


def test_a_file_that_another_program_has_is_only_read(sitting: Sitting, file: Path) -> None:
    lock = SessionLock(lock_path(file.parent, file.stem))
    assert lock.acquire()
    try:
        (why,) = sitting.open(file)
        assert "Another program has it open" in why.sentence()
        assert sitting.runner is None and sitting.only_read is not None
    finally:
        lock.release()
    sitting.come_back()
    assert sitting.runner is not None


def test_a_sitting_that_began_with_a_file_comes_back_to_it(file: Path) -> None:
    other = file.with_name("20261123T110301Z-0001.toml")
    later = session([request("r1", answer=("other",))], session_id=other.stem)
    later.created = WHEN + timedelta(days=1)
    save(later, other)
    sitting = Sitting(UnaskedHost(), file.parent, "ann")
    sitting.open(file)
    sitting.open(other, rater="bea")
    assert sitting.runner is not None and sitting.runner.ratings.rater == "bea"
    sitting.come_back()
    assert sitting.is_open(file) and sitting.runner is not None and sitting.runner.ratings.rater == "ann"
    assert sitting.close() and is_free(file) and is_free(other)


def test_what_was_asked_at_one_kind_of_host_is_not_asked_again_at_another(sitting: Sitting, file: Path) -> None:
    """Its answers would be kept, and counted, as those of the models that were asked before."""
    sitting.open(file)
    before, runner = file.read_bytes(), sitting.runner
    assert runner is not None
    ways = (runner.rerun_all, lambda: runner.rerun("m1"), lambda: runner.follow_up(["r1"], "And then?"))
    for way in some(ways):
        with pytest.raises(BadInputError, match="Nobody is there to be asked"):
            way()
    sitting.connected(HostInfo("demo", "Demo models", "2.2.1", "embedded"))
    for way in some(ways):
        with pytest.raises(BadInputError, match="was asked at another kind of host: openai"):
            way()
    assert runner.session.requests.keys() == {"r1", "r2"} and not runner.busy
    sitting.come_back()
    assert file.read_bytes() == before
