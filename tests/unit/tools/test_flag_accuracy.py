"""The tool that says how often flags are right: what is found, what is missed, what is taken for something else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.some import some
from tools import flag_accuracy
from tools.flag_accuracy import HEADINGS, TEXT_FLAGS, main, of_files, rows


@pytest.mark.slow
def test_there_is_a_row_for_each_flag() -> None:
    found = list(rows())
    assert [row[0] for row in found] == [f"`{name}`" for name in TEXT_FLAGS]
    assert all(len(row) == len(HEADINGS) for row in some(found))


def test_published_answers_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers = [
        {"instruction": "Hi", "output": "I'm sorry, but I can't help with that.", "generator": "phi-2"},
        {"instruction": "Hi", "output": "I am Phi.<|im_end|>", "generator": "phi-2"},
        {"instruction": "Hi", "output": None, "generator": "phi-2"},
    ]
    file = tmp_path / "model_outputs.json"
    file.write_text(json.dumps(answers), "utf-8")
    expected = {"looping": 0, "leaked_tokens": 1, "refused": 1, "names_itself": 1}
    assert of_files([file, file]) == (6, {name: 2 * count for name, count in expected.items()})
    main([str(file)])
    assert capsys.readouterr().out.splitlines()[1].split() == ["leaked_tokens", "1", "of", "3", "answers"]


@pytest.mark.slow
def test_what_is_missed_and_what_is_a_false_alarm_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "examples.toml"
    file.write_text(
        '[[example]]\nabout = "wrong"\nflags = ["looping"]\nanswer = "I cannot help with that."\n', encoding="utf-8"
    )
    monkeypatch.setattr(flag_accuracy, "EXAMPLES", file)
    main([])
    assert capsys.readouterr().out.splitlines()[-2:] == ["missed: looping: wrong", "false alarm: refused: wrong"]
