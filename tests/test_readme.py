"""The README and the documents say what the code says."""

from __future__ import annotations

import pytest

from tools.docs import PAGES, SECTIONS, rewritten

README = PAGES[0].read_text(encoding="utf-8")
"""The README comes first."""


@pytest.mark.parametrize("number", range(len(PAGES)))
def test_the_generated_parts_are_fresh(number: int) -> None:
    text = PAGES[number].read_text(encoding="utf-8")
    assert "<!-- generated: " in text
    assert rewritten(text) == text, "run `python -m tools.docs`"


def test_each_generated_part_has_its_place() -> None:
    texts = [page.read_text(encoding="utf-8") for page in PAGES]
    for name in SECTIONS:
        assert sum(f"<!-- generated: {name} -->" in text for text in texts) == 1


def test_each_set_up_command_is_one_line_behind_its_marker() -> None:
    for name in ("run", "test"):
        block = README.split(f"<!-- command: {name} -->\n```sh\n")[1].split("```")[0]
        assert len(block.splitlines()) == 1
        assert block.startswith("python -m pip install ")
