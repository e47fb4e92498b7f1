"""The names of files of answers are taken by every system, and no two are one file."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from tests.support.some import some
from tui.cli.answer_files import file_names
from tui.storage.new_file import unusable_on_windows

HARD = ("CON", "con", "aux.txt", "NUL.", "a/b", "a-b", "A:B", "..", "", "模型", "x" * 300, "x" * 299 + "y", "lpt1.gguf")
MODELS = st.lists(st.one_of(st.sampled_from(HARD), st.text()), min_size=1, max_size=8)


@given(MODELS, st.integers(1, 3), st.integers(1, 3))
def test_any_model_has_a_name_of_its_own(models: list[str], prompts: int, rounds: int) -> None:
    names = file_names(models, prompts, rounds)
    assert len(names) == len(models) * prompts * rounds
    assert len({name.casefold() for name in names.values()}) == len(names), "capitals tell no files apart"
    assert all(
        re.fullmatch(r"p\d+-(r\d+-)?[A-Za-z0-9._-]+\.txt", name) and len(name) < 90 for name in some(names.values())
    )
    assert not any(unusable_on_windows(name) for name in some(names.values()))


def test_the_round_is_named_where_there_are_several() -> None:
    assert file_names(["qwen2.5-0.5b:4", "host/phi (seed 1)"], 1, 1) == {
        (0, 0, 1): "p1-qwen2.5-0.5b-4.txt",
        (0, 1, 1): "p1-host-phi-seed-1.txt",
    }
    assert file_names(["phi"], 2, 2)[1, 0, 2] == "p2-r2-phi.txt"
