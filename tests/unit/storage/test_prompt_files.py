"""A file that is no list of prompts or models is refused with one that is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tui.core.errors import BadInputError
from tui.storage.prompt_files import EXAMPLES, read_models, read_prompts


@pytest.mark.parametrize(("what", "read"), [("prompts", read_prompts), ("models", read_models)])
@pytest.mark.parametrize(
    ("name", "text"), [("p.txt", "What is RAG?\nWhy?\n"), ("p.json", "{}"), ("p.toml", "What is RAG?")]
)
def test_the_refusal_shows_a_file_that_can_be_read(
    what: str, read: Callable[[Path], Any], name: str, text: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(BadInputError) as caught:
        read(tmp_path / name)
    in_json, in_toml = EXAMPLES[what]
    shown = in_toml if name.endswith(".toml") else in_json
    assert caught.value.hint.startswith("Write ") and shown in caught.value.hint
    (tmp_path / name).write_text(shown, "utf-8")
    assert len(read(tmp_path / name)) == 2
