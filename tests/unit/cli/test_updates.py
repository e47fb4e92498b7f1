"""What commands say of a session that goes on."""

from __future__ import annotations

import pytest

from tui.cli.updates import say_update
from tui.core.sessions.resumption import ChangedCondition
from tui.runner.updates import ConditionsChanged


def test_other_conditions_are_said_but_for_the_address_which_has_a_sentence_of_its_own(
    capsys: pytest.CaptureFixture[str],
) -> None:
    moved = ChangedCondition("host.endpoint", "http://a/v1", "http://b/v1")
    say_update(ConditionsChanged((moved,)))
    say_update(ConditionsChanged((moved, ChangedCondition("host.version", "0.9", "0.10\x1b[2J"))))
    assert capsys.readouterr().err == (
        "The session goes on under other conditions than before: host.version 0.9 → 0.10␛[2J.\n"
    )
