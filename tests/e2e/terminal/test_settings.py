"""What the screen takes from the configuration, in a real terminal."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.terminal.terminal import terminal
from tests.support.loopback_server import LoopbackServer
from tests.support.some import some
from tui.core.plans.mode import Mode
from tui.storage.session_files import load

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")

PROGRAM = (sys.executable, "-P", "-m", "tui")
SIZE = (100, 30)
EXAMPLES = Path(__file__).parents[3] / "sessions" / "examples"
SETTINGS = """
default_models = ["good", "burst"]
rater = "ann"
theme = "light"
low_bandwidth = true
rubric = "rubric.json"

[plan]
mode = "measure"
warmup = 0
max_tokens = 7

[hosts.box]
url = "URL"
"""


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer().running() as running:
        yield running


@pytest.fixture
def file(own_folders: Path, server: LoopbackServer) -> Path:
    folder = own_folders / "config"
    folder.mkdir()
    (folder / "rubric.json").write_text('["accuracy", {"id": "style", "name": "Style", "scale": 3}]', "utf-8")
    (folder / "config.toml").write_text(SETTINGS.replace("URL", server.url), "utf-8")
    return folder / "config.toml"


def test_the_screen_has_what_the_configuration_says(
    file: Path, server: LoopbackServer, own_folders: Path, tmp_path: Path
) -> None:
    with terminal(PROGRAM, SIZE, tmp_path) as (window, _):
        window.sees("1 good", "2 burst", "measure", "low bandwidth")
        window.type("hi", "Enter")
        window.sees("2 unscored", "····· accuracy", "·/3 Style")
        window.press("5", "4")
        window.sees("Style is scored from 1 to 3.")
        window.press("3")
        window.sees("★★★★★ accuracy", "3/3 Style", "1 unscored")
        window.press("C-q")
        window.sees("exit code 0")
    (path,) = (own_folders / "sessions").glob("*.toml")
    session = load(path)
    (plan,) = session.plans.values()
    assert (plan.mode, plan.warmup, plan.parameters.max_tokens) == (Mode.MEASURE, 0, 7)
    assert [(score.rater, score.criterion, score.value, score.scale) for score in session.scores] == [
        ("ann", "accuracy", 5, 5), ("ann", "style", 3, 3),
    ]  # fmt: skip
    assert session.rubric.ids == ("accuracy", "style")
    assert {talk.body["max_tokens"] for talk in server.talks} == {7}


def test_flags_count_before_the_configuration_and_a_key_that_is_not_known_is_named(
    file: Path, server: LoopbackServer, own_folders: Path, tmp_path: Path
) -> None:
    file.write_text("them = 3\n" + file.read_text("utf-8"), "utf-8")
    (tmp_path / "own.toml").write_text('criteria = ["tone"]', "utf-8")
    flags = ("-m", "burst", "--rater", "bob", "--rubric", "own.toml", "--no-low-bandwidth")
    with terminal((*PROGRAM, *flags), SIZE, tmp_path) as (window, _):
        window.sees("1 burst", "measure", "did you mean `theme`?")
        assert "low bandwidth" not in window.text
        window.press("Escape", "e")
        window.type("hi", "Enter")
        window.sees("1 unscored", "····· tone")
        window.press("2")
        window.sees("★★☆☆☆ tone")
        window.press("C-q")
        window.sees("exit code 0")
    (path,) = (own_folders / "sessions").glob("*.toml")
    assert [(score.rater, score.criterion, score.value) for score in load(path).scores] == [("bob", "tone", 2)]


def test_the_workshop_s_variables_count_before_the_configuration_and_their_question_is_not_asked_by_itself(
    file: Path, server: LoopbackServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {
        "FOUNDRY_LOCAL_ALIAS": "late_text", "COMPARE_PROMPT": "Of compare?", "BENCH_PROMPT": "Of bench?",
        "BENCH_ROUNDS": "2", "BENCH_MAX_TOKENS": "9", "BENCH_TEMPERATURE": "0.4", "COMPARE_RETRIES": "1",
    }  # fmt: skip
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    with terminal(PROGRAM, SIZE, tmp_path) as (window, _):
        window.sees("1 late_text", "Of compare?", "rounds 2", "measure")
        assert "2 burst" not in window.text and not server.talks
        window.press("Enter")
        window.sees("answer 2 of 2")
        window.press("C-q")
        window.sees("exit code 0")
    facts = ("model", "max_tokens", "temperature")
    assert [[talk.body[fact] for fact in facts] for talk in server.talks] == [["late_text", 9, 0.4]] * 2
    assert {talk.body["messages"][-1]["content"] for talk in server.talks} == {"Of compare?"}


@pytest.mark.parametrize(
    ("name", "value", "sees"),
    [
        ("BENCH_ROUNDS", "many", ("The variable `BENCH_ROUNDS` should be a whole number", "exit code 2")),
        ("BENCH_MODELS", ",", ("The variable `BENCH_MODELS` names no model; 8 are the most.", "exit code 2")),
        ("LLM_ALIAS", "phi-9", ("There is no model phi-9", "LLM_ALIAS names it.")),
        ("BENCH_MODELS", "auto", ("models the first 8 are chosen.", "1 ")),
    ],
)  # fmt: skip
def test_what_the_workshop_s_variables_cannot_mean_is_said_on_the_screen(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, sees: tuple[str, ...]
) -> None:
    monkeypatch.setenv(name, value)
    with terminal(PROGRAM, (200, 30), tmp_path) as (window, _):
        window.sees(*sees)
        assert "Traceback" not in window.text


def test_a_theme_that_is_chosen_beside_the_configuration_s_is_said_to_last_until_the_end(
    file: Path, tmp_path: Path
) -> None:
    with terminal(PROGRAM, SIZE, tmp_path) as (window, _):
        window.sees("1 good")
        window.press("F9")
        window.sees("amber", "high-contrast")
        window.type("amber", "Down", "Enter")
        window.sees("The next start has the theme light again.", "`theme` in")
        window.press("C-q")
        window.sees("exit code 0")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("rater = 3\n", "`rater` should be text"),
        ("x = [\n", "It is not TOML"),
        ("rubric = 'nowhere.toml'\n", "cannot be read as a list of criteria"),
        ("theme = 'drak'\n", "There is no theme drak"),
    ],
)
def test_a_configuration_that_cannot_be_used_ends_the_program_with_a_sentence(
    file: Path, own_folders: Path, tmp_path: Path, wrong: str, says: str
) -> None:
    file.write_text(wrong, "utf-8")
    with terminal(PROGRAM, (200, 30), tmp_path) as (window, _):
        window.sees(says, "exit code 2")
        assert "Traceback" not in window.text
    assert not (own_folders / "sessions").exists()


@pytest.mark.slow
def test_the_report_screen_begins_with_the_must_haves_and_weights_of_the_configuration(
    file: Path, own_folders: Path, tmp_path: Path
) -> None:
    kept = Path(shutil.copytree(EXAMPLES, own_folders / "sessions"))
    first = min(kept.glob("*.toml")).relative_to(kept.parent)
    plain = file.read_text("utf-8").replace("rubric =", "#")
    file.write_text(f"{plain}\n[report]\nrequire = 'size_mb < 5'\nweight = 'quality=3, latency=1'\n", "utf-8")
    for more in some(((), ("open", str(own_folders / first)))):
        with terminal((*PROGRAM, *more), SIZE, tmp_path) as (window, _):
            window.sees("1 good" if not more else "demo-large")
            window.press("F4")
            window.sees("must-haves leave out 2: s")
            window.press("s")
            window.sees("Weights: quality 3, latency 1.")
            window.press("w", "C-u", "Enter")
            window.until(lambda: "Weights: " not in window.text)
            window.press("F2", "F4")
            window.sees("must-haves leave out 2: s")
            window.press("s")
            window.sees("Selection", "must-haves")
            assert "Weights: " not in window.text, "what was said on the screen counts for the rest of the sitting"
            window.press("C-q")
            window.sees("exit code 0")
    file.write_text(f"{plain}\n[report]\nrequire = 'size_mb < 5'\nweight = 'qualty=3'\n", "utf-8")
    with terminal(PROGRAM, SIZE, tmp_path) as (window, _):
        window.sees("`report.weight` of config.toml cannot be used", "did you mean `quality`?")
        window.press("Escape", "F4")
        window.sees("must-haves leave out 2: s")


@pytest.mark.slow
def test_keys_of_the_configuration_are_those_of_another_keyboard(file: Path, tmp_path: Path) -> None:
    """Letters beyond ASCII come from a terminal as they are, and what is wrong with the keymap is said at the start."""
    keys = '"pane.score" = "&,é"\n"pane.zoom" = "ß"\n"pane.note" = "ß"\n"app.quit" = "f10"\n"pane.zom" = "Z"\n'
    file.write_text(file.read_text("utf-8").replace("rubric =", "#") + f"\n[keymap]\n{keys}", "utf-8")
    with terminal(PROGRAM, SIZE, tmp_path) as (window, _):
        window.sees("1 good", "2 burst", "ß is given to `pane.zoom` too", "did you mean `pane.zoom`?")
        window.type("hi", "Enter")
        window.sees("2 unscored", "F10 Quit")
        window.press("é")
        window.sees("★★☆☆☆", "1 unscored", "2 burst")
        window.press("ß")
        window.until(lambda: "2 burst" not in window.text)
        window.press("F10")
        window.sees("exit code 0")
