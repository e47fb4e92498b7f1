"""A file that is no list of prompts or models is refused with one that is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tui.core.errors import BadInputError
from tui.core.plans.prompt import Prompt
from tui.storage.prompt_files import EXAMPLES, read_models, read_prompts, read_rubric, write_prompts

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)


@pytest.mark.parametrize(
    ("what", "read"),
    [("prompts", lambda path: read_prompts(path).prompts), ("models", read_models),
     ("criteria", lambda path: read_rubric(path).criteria)],
)  # fmt: skip
@pytest.mark.parametrize(
    ("name", "text"), [("p.md", "What is RAG?\nWhy?\n"), ("p.json", "{}"), ("p.toml", "What is RAG?")]
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


@pytest.mark.parametrize(
    ("name", "text", "says", "line"),
    [
        ("r.toml", '[[criteria]]\nid = "accuracy"\nwieght = 2\n', "did you mean `weight`?", "weight = 2"),
        ("r.json", '["style", {"id": "accuracy", "scale": 1}]', "Criterion 2 (`accuracy`): `scale`", '"scale": 5'),
        ("r.json", '["a", "a"]', "Criterion 2: `id` is `a` once more", '"id": "a-2"'),
    ],
)
@pytest.mark.parametrize("brought", [False, True])
def test_a_wrong_rubric_is_named_with_its_file_entry_and_key_and_a_line_that_would_be_right(
    name: str, text: str, says: str, line: str, brought: bool, tmp_path: Path
) -> None:
    file = tmp_path / name
    if brought:
        in_json = f'{{"prompts": ["Why?"], "criteria": {text}}}'
        text = f"prompts = ['Why?']\n{text}" if name.endswith(".toml") else in_json
    file.write_text(text, "utf-8")
    with pytest.raises(BadInputError) as caught:
        (read_prompts if brought else read_rubric)(file)
    assert str(file) in caught.value.title and says in caught.value.detail
    assert caught.value.hint == f"Right would be {line}"


def test_the_criteria_of_a_prompt_set_are_a_rubric(tmp_path: Path) -> None:
    file = tmp_path / "set.toml"
    file.write_text("prompts = ['Why?']\n[[criteria]]\nid = 'accuracy'\n", "utf-8")
    assert read_rubric(file) == read_prompts(file).rubric
    file.write_text("prompts = ['Why?']\n", "utf-8")
    with pytest.raises(BadInputError) as caught:
        read_rubric(file)
    assert caught.value.detail == "It holds prompts, and no criteria"


@pytest.mark.parametrize(
    ("name", "text", "says", "line"),
    [
        ("p.toml", '[[prompts]]\nid = "rag"\nsytem = "s"\nuser = "a"\n', "`sytem`", 'system = "Be brief."'),
        ("p.json", '["a", {"prompt": ""}]', "Prompt 2: `prompt` is empty", '"prompt": "What is RAG?"'),
        ("p.toml", 'prompts = ["a"]\nvariables = 3\n', "`variables` should be", 'variables = {topic = "RAG"}'),
    ],
)  # fmt: skip
def test_a_mistake_names_file_entry_and_key_and_shows_a_line_that_would_be_right(
    name: str, text: str, says: str, line: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(BadInputError) as caught:
        read_prompts(tmp_path / name)
    assert str(tmp_path / name) in caught.value.title and says in caught.value.detail
    assert caught.value.hint == f"Right would be {line}"


@pytest.mark.parametrize("name", ["p.toml", "p.JSON"])
@given(
    prompts=st.lists(
        st.builds(
            Prompt,
            TEXT.filter(lambda text: bool(text.strip())),
            st.none() | TEXT,
            st.lists(TEXT, max_size=2).map(tuple),
            st.lists(TEXT, max_size=2).map(tuple),
            id=TEXT,
            expected=TEXT,
        ),
        min_size=1,
        max_size=4,
    )
)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_prompts_that_are_written_are_read_as_they_were(name: str, prompts: list[Prompt], tmp_path: Path) -> None:
    write_prompts(tmp_path / name, prompts)
    assert list(read_prompts(tmp_path / name).prompts) == prompts


def test_a_text_file_has_a_prompt_a_line_in_whatever_way_windows_writes_it(tmp_path: Path) -> None:
    (tmp_path / "p.TXT").write_bytes("Warum?\r\nWie groß?\r\n".encode("utf-16"))
    assert [one.user for one in read_prompts(tmp_path / "p.TXT").prompts] == ["Warum?", "Wie groß?"]
    (tmp_path / "p.txt").write_text("\n\n", "utf-8")
    with pytest.raises(BadInputError) as caught:
        read_prompts(tmp_path / "p.txt")
    assert caught.value.hint == "Write one question a line"
