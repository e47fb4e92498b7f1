"""`foundry-compare config`: what is set, where the file is, and what is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.support.some import some
from tui.cli.main import cli
from tui.core.settings import SETTINGS


@pytest.fixture(autouse=True)
def no_settings_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for setting in SETTINGS:
        for name in (name for names in setting.variables for name in names):
            monkeypatch.delenv(name, raising=False)


@pytest.fixture
def file(own_folders: Path) -> Path:
    folder = own_folders / "config"
    folder.mkdir()
    return folder / "config.toml"


def call(*args: str) -> Result:
    result = CliRunner().invoke(cli, args)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def rows(result: Result) -> dict[str, str]:
    """What stands behind each key."""
    return {key: rest.strip() for key, _, rest in (line.partition(" ") for line in result.stdout.splitlines())}


def settings(*args: str) -> dict[str, Any]:
    done = call(*args, "config", "show", "--json")
    assert done.exit_code == 0, done.output
    return {row["key"]: row for row in json.loads(done.stdout)["settings"]}


FILE = """default_host = "lab"
default_models = ["phi-4-mini", "qwen2.5-0.5b"]
theme = "light"
[plan]
rounds = 3
[hosts.lab]
url = "http://127.0.0.1:5273/v1"
api_key_env = "LAB_KEY"
"""


def test_path_says_where_the_file_is_whether_it_is_there_or_not(file: Path) -> None:
    done = call("config", "path")
    assert (done.exit_code, done.stdout, "not there yet" in done.stderr) == (0, f"{file}\n", True)
    file.write_text(FILE, "utf-8")
    done = call("config", "path")
    assert (done.exit_code, done.stdout, done.stderr) == (0, f"{file}\n", "")


def test_show_has_every_setting_and_says_what_is_done_without_it() -> None:
    shown = rows(call("config", "show"))
    for setting in some(SETTINGS):
        assert " default" in f" {shown[setting.key]}"
        assert setting.otherwise in shown[setting.key]


def test_show_says_where_each_value_comes_from(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text(FILE, "utf-8")
    monkeypatch.setenv("FOUNDRY_COMPARE_RATER", "bob")
    monkeypatch.setenv("BENCH_ROUNDS", "5")
    monkeypatch.setenv("LAB_KEY", "sk-secret")
    done = call("--low-bandwidth", "config", "show")
    shown = {key: " ".join(rest.split()) for key, rest in rows(done).items()}
    assert shown["default_host"] == "lab file, line 1"
    assert shown["default_models"] == "phi-4-mini, qwen2.5-0.5b file, line 2"
    assert shown["plan.warmup"].startswith("- default")
    assert shown["theme"] == "light file, line 3"
    assert shown["rater"] == "bob environment FOUNDRY_COMPARE_RATER"
    assert shown["low_bandwidth"] == "true flag --low-bandwidth"
    assert shown["plan.rounds"] == "5 environment BENCH_ROUNDS"
    assert shown["hosts.lab"] == "url http://127.0.0.1:5273/v1 file, line 6; api_key_env LAB_KEY"
    assert "sk-secret" not in done.output


def test_show_as_json_has_the_same_for_programs(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text(FILE, "utf-8")
    monkeypatch.setenv("FOUNDRY_COMPARE_THEME", "amber")
    monkeypatch.setenv("BENCH_MODELS", "a,b")
    done = call("config", "show", "--json")
    data = json.loads(done.stdout)
    assert (data["path"], data["exists"]) == (str(file), True)
    assert data["hosts"] == [
        {"name": "lab", "url": "http://127.0.0.1:5273/v1", "api_key_env": "LAB_KEY", "line": 6}
    ]  # fmt: skip
    found = {row["key"]: row for row in data["settings"]}
    assert list(found) == [setting.key for setting in SETTINGS]
    theme, models = found["theme"], found["default_models"]
    assert (theme["value"], theme["source"], theme["from"]) == ("amber", "environment", "FOUNDRY_COMPARE_THEME")
    assert (models["value"], models["source"], models["from"]) == (["a", "b"], "environment", "BENCH_MODELS")
    assert models["line"] is None
    assert (found["plan.seed"]["value"], found["plan.seed"]["source"]) == (None, "default")
    theme = settings("--theme", "dark")["theme"]
    assert (theme["value"], theme["source"], theme["from"]) == ("dark", "flag", "--theme")


def test_no_password_of_an_address_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOUNDRY_LOCAL_ENDPOINT", "http://me:secret@box:8000/v1?key=secret")
    done = call("config", "show")
    assert done.exit_code == 0 and "http://box:8000/v1" in done.stdout and "secret" not in done.output


def test_a_key_that_is_not_known_is_named_and_the_rest_counts(file: Path) -> None:
    file.write_text("them = 'light'\nrater = 'ann'\n", "utf-8")
    done = call("config", "show")
    assert done.exit_code == 0 and rows(done)["rater"].startswith("ann")
    assert "Line 1: `them` is not a setting that is known; did you mean `theme`?" in done.stderr


@pytest.mark.parametrize("text", ["rater = 3", "[hosts.lab]\nurl = 3", "x = ["])
def test_show_refuses_what_other_commands_refuse(file: Path, text: str) -> None:
    file.write_text(text, "utf-8")
    done = call("config", "show")
    assert (done.exit_code, done.stdout) == (2, "")
    assert str(file) in done.stderr and "`foundry-compare config check` names all that is wrong" in done.stderr


def test_check_finds_nothing_wrong_with_what_is_right(file: Path) -> None:
    done = call("config", "check")
    assert done.exit_code == 0 and "is not there: nothing is set, and nothing is wrong" in done.stderr
    (file.parent / "r.toml").write_text('criteria = ["accuracy"]', "utf-8")
    file.write_text(
        "rubric = 'r.toml'\nreport = {require = 'device = GPU', weight = 'quality=1'}\n"
        f"keymap = {{'pane.zoom' = 'Z'}}\n{FILE}",
        "utf-8",
    )
    done = call("config", "check")
    assert (done.exit_code, done.stdout) == (0, "") and f"{file}: nothing is wrong." in done.stderr


def test_check_names_all_that_is_wrong_with_its_line_and_ends_with_1(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCH_ROUNDS", "three")
    (file.parent / "themes").mkdir()
    (file.parent / "themes" / "odd.toml").write_text("name = 3", "utf-8")
    file.write_text(
        "theme = 'drak'\n"
        "rubric = 'nowhere.toml'\n"
        "rater = 3\n"
        "xyz = 1\n"
        "[plan]\nround = 2\n"
        "[keymap]\n'pane.zom' = 'Z'\n"
        "[report]\nweight = 'qualty=1'\nrequire = 'modle = phi'\n"
        "[hosts.lab]\nurl = 'http://me:secret@box'\n"
        "[hosts.den]\nssh = ''\n[hosts.odd]\nssh = '-oProxyCommand=x'\n",
        "utf-8",
    )
    done = call("config", "check")
    assert done.exit_code == 1
    expected = [
        "The theme file odd.toml cannot be used: `name` should be text",
        "The variable `BENCH_ROUNDS` should be a whole number from 1 to 1000",
        "Line 1: `theme`: `drak` is not a theme that is known; did you mean `dark`?",
        f"Line 2: `rubric`: {file.parent / 'nowhere.toml'} cannot be read as a list of criteria",
        "Line 3: `rater` should be text",
        "Line 4: `xyz` is not a setting that is known",
        "Line 6: `plan.round` is not a setting that is known; did you mean `plan.rounds`?",
        "Line 8: `keymap`: `pane.zom` is not an action that is known; did you mean `pane.zoom`?",
        "Line 10: `report.weight`: `qualty` is not a dimension that is known; did you mean `quality`?",
        "Line 11: `report.require`: ",
        "Line 12: `hosts.lab`: The address holds a user name or a password",
        "Line 14: `hosts.den`: The SSH host has no name",
        "Line 16: `hosts.odd`: '-oProxyCommand=x' is not an SSH host",
    ]
    lines = sorted(done.stdout.splitlines(), key=lambda line: (line.startswith("Line"), len(line.split(":")[0]), line))
    for line, start in some(zip(lines, expected, strict=True)):
        assert line.startswith(start)
    assert "secret" not in done.output
    data = json.loads(call("config", "check", "--json").stdout)
    assert (data["ok"], data["exit_code"], len(data["problems"])) == (False, 1, len(expected))
    assert {"key": "rater", "line": 3, "problem": "`rater` should be text"} in data["problems"]


@pytest.mark.parametrize(("text", "says"), [("x = [", "It is not TOML"), ("#" * 20_000, "It is larger than")])
def test_check_says_why_a_file_cannot_be_read_at_all(file: Path, text: str, says: str) -> None:
    file.write_text(text, "utf-8")
    done = call("config", "check")
    assert done.exit_code == 1 and says in done.stdout and str(file) in done.stdout


def test_a_variable_that_names_what_is_not_there_is_wrong_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOUNDRY_COMPARE_THEME", "ambr")
    done = CliRunner().invoke(cli, ["config", "check"])
    assert done.exit_code == 1
    assert "The variable FOUNDRY_COMPARE_THEME: `theme`: `ambr` is not a theme" in " ".join(done.stdout.split())
