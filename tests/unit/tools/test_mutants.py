"""Which tests look at a changed file: few of them, and never none, for which pytest would run them all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.some import some
from tools.mutants import ROOT, files, nearest


@pytest.mark.slow
def test_every_file_has_tests_near_to_it() -> None:
    for file in some(files(["tui"])):
        found = nearest(file)
        assert all((ROOT / name).is_file() for name in some(found)), file


def test_the_tests_of_its_name_come_first_and_programs_only_by_their_name() -> None:
    first, *others = nearest(Path("tui/storage/journal.py"))
    assert first == str(Path("tests/unit/storage/test_journal.py"))
    assert not any("e2e" in Path(name).parts for name in some(others))
    assert str(Path("tests/unit/storage/test_session_recovery.py")) in others
