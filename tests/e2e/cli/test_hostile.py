"""What a server says never reaches the terminal raw."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.hosts.models_server import as_json, serving
from tests.support.odd_servers import HOSTILE
from tests.support.program import Done, call
from tests.support.some import some
from tui.cli.main import cli, say_crash
from tui.core.text.clean import HIDDEN, clean
from tui.storage.session_files import load

At = tuple[str, str]
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


BAD = "\x1b]0;owned\x07\x1b[2J\x9b31m \u202egnp.exe \U000e0041"


def nothing_raw(done: Done) -> None:
    for text in (done.out, done.err):
        assert not RAW.search(text) and not HIDDEN.search(text)


def test_answers_and_reasons_are_printed_with_their_controls_spelled_out(
    at: At, tmp_path: Path, sessions: Path
) -> None:
    done = call("run", *at, "-m", "hostile", "-m", "hostile_error", "-p", "hi", cwd=tmp_path)
    assert done.code == 5
    nothing_raw(done)
    assert clean(HOSTILE) in done.out
    assert "␛]52;c;" in done.out and "<U+202E>" in done.out
    assert "failed: The host refused with 400: no ␛" in done.out
    (file,) = sessions.iterdir()
    answered, _ = load(file).requests.values()
    assert answered.answer == HOSTILE
    assert not HIDDEN.search(file.read_text("utf-8"))


def test_json_holds_them_as_they_are_in_ascii(at: At, tmp_path: Path) -> None:
    done = call("run", *at, "-m", "hostile", "-m", "hostile_error", "-p", "hi", "--json", "--no-save", cwd=tmp_path)
    assert done.code == 5
    nothing_raw(done)
    answered, failed = done.json["runs"]
    assert answered["answer"] == HOSTILE
    assert HOSTILE[:7] in failed["error"]["message"]


def test_smoke_prints_a_hosts_reason_cleaned(at: At, tmp_path: Path) -> None:
    done = call("smoke", *at, "-m", "hostile_error", cwd=tmp_path)
    assert done.code == 5
    nothing_raw(done)
    assert len(done.out.splitlines()) == 3


def test_a_models_name_is_cleaned_wherever_it_is_listed(tmp_path: Path) -> None:
    with serving(as_json({"data": [{"id": HOSTILE, "owned_by": HOSTILE}, {"id": "other"}]})) as server:
        listed = call("models", "--host", server.url, cwd=tmp_path)
        as_data = call("models", "--host", server.url, "--json", cwd=tmp_path)
        missing = call("run", "--host", server.url, "-m", "nosuch", "-p", "hi", cwd=tmp_path)
        none = call("run", "--host", server.url, "-p", "hi", cwd=tmp_path)
    for done in (listed, as_data, missing, none):
        nothing_raw(done)
    assert len(listed.out.splitlines()) == 3
    assert as_data.json["models"][0]["id"] == HOSTILE
    assert (missing.code, none.code) == (4, 2)


def test_what_is_typed_on_the_command_line_is_cleaned_too(at: At, nobody: At, tmp_path: Path) -> None:
    typed = HOSTILE.replace("\x00", "")
    for args in (("run", *at, "-m", typed, "-p", "hi"), ("run", "--host", typed, "-p", "hi"), ("report", typed)):
        done = call(*args, cwd=tmp_path)
        assert done.code in (2, 4)
        nothing_raw(done)


def test_columns_line_up_whatever_letters_a_models_name_has(tmp_path: Path) -> None:
    names = ("通义千问", "モデル-0.5b", "plain", "🙂")
    with serving(as_json({"data": [{"id": name} for name in names]})) as server:
        listed = call("models", "--host", server.url, cwd=tmp_path)
    head, *rows = listed.out.splitlines()
    at = head.index("device")
    assert len(rows) == len(names)
    for row in some(rows):
        before = re.match(r"\S+ +\S+ +", row)
        assert before is not None and cell_len(before.group()) == at


@pytest.mark.parametrize(
    "args",
    [
        ("run", BAD),
        ("run", f"--{BAD}"),
        ("run", "--mode", BAD),
        ("run", "--rounds", BAD),
        ("run", "--models", BAD),
        ("run", "--prompts", BAD, "-m", "good"),
        ("run", "--resume", BAD),
        ("run", "--json", "--temperature", BAD),
        ("models", "load", "a", BAD),
        ("models", BAD),
        ("doctor", BAD),
        ("smoke", "--slow-ms", BAD),
        ("report", "--format", BAD),
        ("report", "-o", BAD),
        ("--theme", BAD),
        ("--keep-warm", BAD),
        (BAD,),
    ],
    ids=lambda args: " ".join(args).replace(BAD, "BAD"),
)
def test_a_command_that_makes_no_sense_is_repeated_harmless(args: tuple[str, ...], tmp_path: Path) -> None:
    done = call(*args, cwd=tmp_path)
    assert done.code == 2
    nothing_raw(done)
    assert "foundry-compare" in done.err and done.out == ""


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
@pytest.mark.parametrize(
    "option",
    [("replay", "s.toml", "--speed"), ("smoke", "--slow-ms"), ("run", "--temperature"), ("run", "--top-p"),
     ("bench", "--pause"), ("--keep-warm",)],
    ids=" ".join,
)  # fmt: skip
def test_what_is_no_finite_number_is_refused_as_usage(option: tuple[str, ...], number: str) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([*option, number], "foundry-compare")
    assert ended.value.code == 2


def test_a_limit_beyond_all_measure_is_no_limit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["sessions", "search", "hi", "--sessions", str(tmp_path), "--limit", "9" * 20], "foundry-compare")
    assert ended.value.code == 0 and "Nothing was found" in capsys.readouterr().err


def test_an_environment_that_makes_no_sense_is_repeated_harmless(tmp_path: Path) -> None:
    for name in ("BENCH_ROUNDS", "BENCH_MAX_TOKENS", "COMPARE_RETRIES"):
        done = call("run", "-m", "a", "-p", "hi", cwd=tmp_path, environ={name: BAD})
        assert done.code == 2
        nothing_raw(done)


def test_an_error_that_nobody_foresaw_is_told_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        raise RuntimeError(BAD)
    except RuntimeError as error:
        say_crash(RuntimeError, error, error.__traceback__)
    told = capsys.readouterr().err
    assert "RuntimeError: ␛" in told and "test_hostile" in told
    assert not RAW.search(told) and not HIDDEN.search(told)
