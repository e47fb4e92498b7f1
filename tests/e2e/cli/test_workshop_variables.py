"""What the workshop's variables do, each by itself, without a flag; and what is said of a wrong one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import click.testing
import pytest

from tests.support.loopback_server import LoopbackServer, Talk
from tests.support.some import some
from tui.cli.main import cli
from tui.core.workshop_variables import VARIABLES

pytestmark = pytest.mark.slow

LISTED = ("burst", "e500", "good", "late_text")
WITHOUT_MODELS = ("run", "-p", "hi", "--no-save")
WITHOUT_PROMPT = ("run", "-m", "burst", "--no-save")
ASK = (*WITHOUT_MODELS, "-m", "burst")
AS_FEW = {"run": ("-p", "hi", "--no-save"), "smoke": ()} | {
    "bench": ("-p", "hi", "--no-save", "--rounds", "1", "--warmup", "0")
}
"""Of each command that asks models, what has it ask each of them once."""


class Asked(NamedTuple):
    """What a command did."""

    done: click.testing.Result
    talks: Sequence[Talk]

    @property
    def models(self) -> list[str]:
        return sorted(talk.body["model"] for talk in self.talks)

    @property
    def prompts(self) -> list[str]:
        return [talk.body["messages"][-1]["content"] for talk in self.talks]


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer().running() as running:
        running.listed = LISTED
        yield running


@pytest.fixture
def ask(server: LoopbackServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Asked]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FOUNDRY_LOCAL_ENDPOINT", server.url)

    def asked(*args: str, **environ: str) -> Asked:
        server.talks.clear()
        env = dict.fromkeys((variable.name for variable in VARIABLES if variable.name not in environ), None)
        env |= {"FOUNDRY_LOCAL_ENDPOINT": environ.get("FOUNDRY_LOCAL_ENDPOINT", server.url), **environ}
        done = click.testing.CliRunner(env=env).invoke(cli, list(args), prog_name="foundry-compare")
        assert "Traceback" not in done.output and not isinstance(done.exception, AssertionError), done.output
        return Asked(done, list(server.talks))

    return asked


Holds = Callable[[Asked], bool]
EFFECTS: dict[str, tuple[str, Sequence[str], Holds]] = {
    "BENCH_MODELS": ("burst, late_text", WITHOUT_MODELS, lambda one: one.models == ["burst", "late_text"]),
    "BENCH_ROUNDS": ("3", ASK, lambda one: one.models == ["burst"] * 3),
    "BENCH_PROMPT": ("Of bench?", WITHOUT_PROMPT, lambda one: one.prompts == ["Of bench?"]),
    "BENCH_STREAM": ("0", ASK, lambda one: "BENCH_STREAM=0 changes nothing" in one.done.stderr),
    "BENCH_MAX_TOKENS": ("7", ASK, lambda one: [talk.body["max_tokens"] for talk in one.talks] == [7]),
    "BENCH_TEMPERATURE": ("0.4", ASK, lambda one: [talk.body.get("temperature") for talk in one.talks] == [0.4]),
    "SLM_ALIAS": ("burst", WITHOUT_MODELS, lambda one: one.models == ["burst"]),
    "LLM_ALIAS": ("good", WITHOUT_MODELS, lambda one: one.models == ["good"]),
    "COMPARE_PROMPT": ("Of compare?", WITHOUT_PROMPT, lambda one: one.prompts == ["Of compare?"]),
    "COMPARE_RETRIES": ("1", ("run", "-m", "e500", "-p", "hi", "--no-save"), lambda one: one.models == ["e500"] * 2),
    "SHOW_USAGE": ("1", ASK, lambda one: "prompt 7, answer 9, total 16]" in one.done.stdout),
    "FOUNDRY_LOCAL_ALIAS": ("late_text", WITHOUT_MODELS, lambda one: one.models == ["late_text"]),
    "API_KEY": ("sk-mine", ASK, lambda one: one.talks[-1].headers.get("authorization") == "Bearer sk-mine"),
}  # fmt: skip
"""Of each variable a value, a command without flags for it, and what is so with the value and not without it."""


def test_every_variable_is_looked_at() -> None:
    assert {variable.name for variable in VARIABLES} == {*EFFECTS, "FOUNDRY_LOCAL_ENDPOINT"}


@pytest.mark.parametrize("name", list(EFFECTS))
def test_each_variable_does_what_its_flag_does_and_counts_after_it(name: str, ask: Callable[..., Asked]) -> None:
    value, command, holds = EFFECTS[name]
    assert holds(ask(*command, **{name: value}))
    assert not holds(ask(*command)), "it is so without the variable"


def test_the_address_of_the_host_is_taken_with_and_without_its_last_part(
    server: LoopbackServer, ask: Callable[..., Asked]
) -> None:
    for place in some([server.url, server.url.removesuffix("/v1"), f"{server.url}/"]):
        assert ask(*ASK, FOUNDRY_LOCAL_ENDPOINT=place).models == ["burst"]
    assert ask(*ASK, FOUNDRY_LOCAL_ENDPOINT="http://127.0.0.1:9/v1").done.exit_code == 3


@pytest.mark.parametrize("command", ["run", "bench", "smoke"])
def test_the_models_that_variables_name_are_asked_by_every_command(command: str, ask: Callable[..., Asked]) -> None:
    rest = AS_FEW[command]
    pair = {"SLM_ALIAS": "burst", "LLM_ALIAS": "good"}
    assert ask(command, *rest, FOUNDRY_LOCAL_ALIAS="late_text").models == ["late_text"]
    assert ask(command, *rest, FOUNDRY_LOCAL_ALIAS="late_text", **pair).models == ["burst", "good"]
    named = ask(command, *rest, FOUNDRY_LOCAL_ALIAS="late_text", BENCH_MODELS="good,late_text,good", **pair)
    assert named.models == ["good", "late_text"]
    assert ask(command, *rest, "-m", "burst", BENCH_MODELS="good").models == ["burst"], "the flag counts"
    missing = ask(command, *rest, FOUNDRY_LOCAL_ALIAS="phi-9")
    assert missing.done.exit_code == 4 and "There is no model phi-9" in missing.done.output
    assert "FOUNDRY_LOCAL_ALIAS names it." in missing.done.output and not missing.talks


@pytest.mark.parametrize(
    ("word", "command"), [("auto", "run"), ("ALL", "run"), ("Auto", "bench"), ("all", "bench"), ("AUTO", "smoke")]
)
def test_one_word_asks_every_model_that_is_here(
    word: str, command: str, server: LoopbackServer, ask: Callable[..., Asked]
) -> None:
    server.listed = ("burst", "good", "late_text")
    rest = AS_FEW[command]
    assert ask(command, *rest, BENCH_MODELS=word).models == ["burst", "good", "late_text"]


def test_of_more_models_than_one_plan_takes_none_is_asked_but_to_see_whether_they_answer(
    server: LoopbackServer, ask: Callable[..., Asked]
) -> None:
    server.listed = ("burst", "cut", "empty", "good", "late_text", "no_done", "reasoning", "split", "e500")
    many = ask("run", "-p", "hi", "--no-save", BENCH_MODELS="auto")
    assert (many.done.exit_code, many.talks) == (2, [])
    assert many.done.stderr.endswith(
        "BENCH_MODELS means all chat models. The host has 9, and 8 are the most of one plan. Name some with -m.\n"
    )
    assert ask("smoke", BENCH_MODELS="auto").models == sorted(server.listed)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("BENCH_ROUNDS", "many", "The variable `BENCH_ROUNDS` should be a whole number from 1 to 1000."),
        ("BENCH_MAX_TOKENS", "0", "The variable `BENCH_MAX_TOKENS` should be a whole number of 1 or more."),
        ("BENCH_TEMPERATURE", "warm", "The variable `BENCH_TEMPERATURE` should be a number from 0 to 2."),
        ("BENCH_TEMPERATURE", "nan", "The variable `BENCH_TEMPERATURE` should be a number from 0 to 2."),
        ("COMPARE_RETRIES", "-1", "The variable `COMPARE_RETRIES` should be a whole number from 0 to 100."),
        ("BENCH_STREAM", "maybe", "The variable `BENCH_STREAM` should be 1 or 0."),
        ("SHOW_USAGE", "maybe", "The variable `SHOW_USAGE` should be 1 or 0."),
        ("FOUNDRY_LOCAL_ENDPOINT", "foo", "The variable FOUNDRY_LOCAL_ENDPOINT cannot be used: 'foo' is not an http or "
         "https address. Write it like http://127.0.0.1:8000/v1."),
        ("API_KEY", "a\nb", "The API key holds characters that no server accepts. Look at how it was copied into "
         "API_KEY."),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_used_is_a_sentence_that_names_the_variable(
    name: str, value: str, says: str, ask: Callable[..., Asked]
) -> None:
    one = ask(*ASK, **{name: value})
    assert (one.done.exit_code, one.talks, one.done.stdout) == (2, [], "")
    assert one.done.stderr == f"foundry-compare: {says}\n"


@pytest.mark.parametrize("command", ["run", "bench", "smoke"])
def test_models_that_cannot_be_meant_are_a_sentence_in_every_command(command: str, ask: Callable[..., Asked]) -> None:
    rest = AS_FEW[command]
    for value, says in some([(",", "names no model"), (",".join("abcdefghi"), "names 9 models")]):
        one = ask(command, *rest, BENCH_MODELS=value)
        assert (one.done.exit_code, one.talks) == (2, [])
        assert one.done.stderr == f"foundry-compare: The variable `BENCH_MODELS` {says}; 8 are the most.\n"


def test_a_flag_takes_the_place_of_a_value_that_cannot_be_used(ask: Callable[..., Asked]) -> None:
    assert ask(*ASK, "--rounds", "2", BENCH_ROUNDS="many", BENCH_MODELS=",").models == ["burst"] * 2
