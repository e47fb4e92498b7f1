"""What is kept between sittings of what a person asks with."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.support.some import some
from tui.core.errors import BadInputError
from tui.core.plans.prompt import Prompt
from tui.storage import prompt_history
from tui.storage.prompt_history import KEPT, LONGEST, MAX_BYTES, earlier_prompts, remember_prompt
from tui.storage.prompt_library import PromptLibrary

SEP = os.sep


def library(folder: Path) -> PromptLibrary:
    return PromptLibrary(folder / "state", folder / "own")


def test_prompts_are_offered_in_later_sittings_each_once_the_last_one_last(tmp_path: Path) -> None:
    one = library(tmp_path)
    for prompt in ("Why?", "Zwei\nZeilen \u202e\ud800", "Why?", " ", "x" * (LONGEST + 1)):
        one.remember(prompt)
    assert library(tmp_path).earlier() == ["Zwei\nZeilen \u202e\ud800", "Why?"]
    assert PromptLibrary().earlier() == []
    PromptLibrary().remember("Why?")


def test_what_is_no_prompt_in_the_history_is_passed_over(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    remember_prompt(folder, "Why?")
    with (folder / "prompts.jsonl").open("ab") as file:
        file.write(b'3\n[[]]\n\xff\n""\n"torn')
    assert earlier_prompts(folder) == ["Why?"]
    (folder / "prompts.jsonl").unlink()
    (folder / "prompts.jsonl").mkdir()
    remember_prompt(folder, "How?")
    assert earlier_prompts(folder) == [], "a folder of that name is no failure"


def test_a_history_that_has_grown_too_large_is_shortened_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompt_history, "MAX_BYTES", 40_000)
    for number in range(KEPT + 100):
        remember_prompt(tmp_path, f"{number} " + "y" * 80)
    path = tmp_path / "prompts.jsonl"
    assert path.stat().st_size > 40_000
    found = earlier_prompts(tmp_path)
    assert found[-1].startswith(f"{KEPT + 99} ") and path.stat().st_size <= 10_000 < MAX_BYTES
    assert earlier_prompts(tmp_path) == found[-len(earlier_prompts(tmp_path)) :]


def test_sets_that_were_opened_are_offered_first_and_those_that_are_gone_are_not(tmp_path: Path) -> None:
    one, names = library(tmp_path), ("a.json", "b.txt", "c.toml")
    texts = ('["a"]', "b\n", 'prompts = ["c"]')
    for name, text in some(zip(names, texts, strict=True)):
        (tmp_path / name).write_text(text, "utf-8")
        assert [prompt.user for prompt in one.open(tmp_path / name).prompts] == [name[0]]
    one.open(tmp_path / "a.json")
    (tmp_path / "b.txt").unlink()
    saved = one.save(Path("mine"), [Prompt("d")])
    assert saved == tmp_path / "own" / "mine.toml"
    assert library(tmp_path).recent() == [saved, tmp_path / "a.json", tmp_path / "c.toml"]
    with pytest.raises(BadInputError):
        one.open(tmp_path / "b.txt")
    assert PromptLibrary().recent() == []


def test_a_set_is_replaced_only_where_that_was_asked_about(tmp_path: Path) -> None:
    one, path = library(tmp_path), tmp_path / "s.json"
    one.save(path, [Prompt("a")])
    with pytest.raises(FileExistsError):
        one.save(path, [Prompt("b")])
    assert one.open(path).prompts == (Prompt("a"),)
    one.save(path, [Prompt("b")], replace=True)
    assert one.open(path).prompts == (Prompt("b"),)
    with pytest.raises(BadInputError, match=r"not written as s\.txt"):
        one.save(tmp_path / "s.txt", [Prompt("a")])


def test_a_path_goes_on_with_files_of_prompts_then_folders_hidden_ones_only_when_asked_for(tmp_path: Path) -> None:
    one = library(tmp_path)
    for name in ("Set.json", "set.toml", "set.txt", "set.md", ".set.json"):
        (tmp_path / name).write_text("", "utf-8")
    (tmp_path / "settings").mkdir()
    here = f"{tmp_path}{SEP}"
    files = [f"{here}{name}" for name in ("Set.json", "set.toml", "set.txt")]
    assert one.completions(here) == one.completions(f"{here}SE") == [*files, f"{here}settings{SEP}"]
    assert one.completions(f"{here}.s") == [f"{here}.set.json"]
    assert one.completions(f"{here}x") == one.completions(f"{here}nowhere{SEP}") == one.completions("\0") == []


def test_values_of_variables_are_offered_again_and_others_kinds_of_them_passed_over(tmp_path: Path) -> None:
    one = library(tmp_path)
    one.remember_values({"topic": "RAG", "language": "Hindi"})
    one.remember_values({"topic": "bits"})
    assert library(tmp_path).values() == {"topic": "bits", "language": "Hindi"}
    file = tmp_path / "state" / "prompt-sets.json"
    file.write_text(json.dumps({"variables": {"a": 3, "b": "c"}, "recent": 3}), "utf-8")
    assert library(tmp_path).values() == {"b": "c"} and library(tmp_path).recent() == []
    file.write_text("[", "utf-8")
    assert library(tmp_path).values() == {}
