"""The README says what the code says."""

from __future__ import annotations

from tools.docs import README, SECTIONS, rewritten


def test_the_generated_parts_are_fresh() -> None:
    text = README.read_text(encoding="utf-8")
    assert all(f"<!-- generated: {name} -->" in text for name in SECTIONS)
    assert rewritten(text) == text, "run `python -m tools.docs`"


def test_each_set_up_command_is_one_line_behind_its_marker() -> None:
    text = README.read_text(encoding="utf-8")
    for name in ("run", "test"):
        block = text.split(f"<!-- command: {name} -->\n```sh\n")[1].split("```")[0]
        assert len(block.splitlines()) == 1
        assert block.startswith("python -m pip install ")
