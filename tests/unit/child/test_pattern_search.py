"""Patterns are looked for in a process of its own, which is ended when one takes too long."""

from __future__ import annotations

from collections.abc import Iterator

import psutil
import pytest

from tests.support.some import some
from tui.child import pattern_search
from tui.child.pattern_search import GIVEN_UP_AFTER, PatternSearch
from tui.core.errors import BadInputError

pytestmark = pytest.mark.slow

CATASTROPHIC = r"(a+)+$"
NEVER = "a" * 5000 + "!"


@pytest.fixture
def search() -> Iterator[PatternSearch]:
    made = PatternSearch(limit_s=0.3)
    yield made
    made.close()


def test_a_pattern_is_found_or_not_in_any_text(search: PatternSearch) -> None:
    for pattern, text, found in some((
        (r"\bRAG\b", "What RAG is", True),
        (r"\bRAG\b", "dRAGon", False),
        (r"^b$", "a\nb", False),
        (r"(?m)^b$", "a\nb\x85\udcff", False),
        (r"ä.\ud800", "xä\n\ud800", False),
        (r"(?s)ä.\ud800", "xä\n\ud800", True),
        ("x", "y" * 200_000 + "x", True),
    )):  # fmt: skip
        assert search(pattern, text) is found, pattern


def test_one_that_takes_for_ever_is_given_up_and_the_next_is_looked_for(search: PatternSearch) -> None:
    others = set(psutil.Process().children())
    assert search("a", NEVER)
    (child,) = set(psutil.Process().children()) - others
    with pytest.raises(TimeoutError):
        search(CATASTROPHIC, NEVER)
    assert not child.is_running()
    assert search("a!$", NEVER) and not search("b", NEVER)


def test_one_that_ran_out_of_time_often_is_looked_for_in_no_more_texts(search: PatternSearch) -> None:
    others = set(psutil.Process().children())
    for _ in range(GIVEN_UP_AFTER):
        with pytest.raises(TimeoutError):
            search(CATASTROPHIC, NEVER)
    search.close()
    with pytest.raises(TimeoutError):
        search(CATASTROPHIC, "a")
    assert set(psutil.Process().children()) <= others
    assert search("a+$", "a")


def test_a_process_that_cannot_be_started_is_said_to_be(search: PatternSearch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pattern_search, "python_module", lambda *words: ["/nowhere/python"])
    with pytest.raises(BadInputError, match="patterns cannot be looked for") as raised:
        search("a", "a")
    assert raised.value.detail
