"""The program killed at random instants: a dozen times here, as often as wished with `python -m tools.random_kills`."""

from __future__ import annotations

import sys

import pytest

pytestmark = [pytest.mark.soak, pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")]


def test_whenever_it_is_killed_it_ends_as_it_should_and_loses_nothing() -> None:
    from tools.random_kills import kill

    findings = kill(12, seed=7)
    assert sum(findings.kills.values()) == 12 and findings.deltas > 0
    assert not findings.faults
