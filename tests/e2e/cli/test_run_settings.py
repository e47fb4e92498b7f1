"""What `foundry-compare run` takes from the configuration, and what counts before it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.loopback_server import LoopbackServer
from tests.support.program import Done, call
from tui.core.plans.mode import Mode
from tui.core.plans.plan import Plan
from tui.core.sessions.session_model import Parameters, Timeouts
from tui.storage.session_files import load

BARE = dict.fromkeys(
    ("BENCH_MODELS", "BENCH_ROUNDS", "BENCH_MAX_TOKENS", "COMPARE_RETRIES", "SLM_ALIAS", "LLM_ALIAS",
     "FOUNDRY_LOCAL_ENDPOINT"), "",
)  # fmt: skip
"""An environment that sets nothing."""
SETTINGS = """
default_host = "box"
default_models = ["burst"]

[plan]
mode = "measure"
rounds = 2
warmup = 0
retries = 1
max_tokens = 7
temperature = 0.5
stop = ["###"]
timeouts = {idle_s = 9}

[hosts.box]
url = "URL"
[hosts.other]
url = "http://127.0.0.1:9/v1"
"""


@pytest.fixture(autouse=True)
def nothing_asked_before(server: LoopbackServer) -> None:
    server.talks.clear()


@pytest.fixture
def configured(own_folders: Path, server: LoopbackServer) -> Path:
    """The configuration's file, with settings of a plan and the server as the default host."""
    (own_folders / "config").mkdir()
    file = own_folders / "config" / "config.toml"
    file.write_text(SETTINGS.replace("URL", server.url), "utf-8")
    return file


def the_plan(sessions: Path) -> Plan:
    (file,) = sessions.glob("*.toml")
    (plan,) = load(file).plans.values()
    return plan


def run(folder: Path, *args: str, **environ: str) -> Done:
    return call("run", "-p", "hi", *args, cwd=folder, environ=BARE | environ)


def test_host_models_and_plan_are_those_of_the_configuration(
    configured: Path, server: LoopbackServer, tmp_path: Path, sessions: Path
) -> None:
    done = run(tmp_path)
    assert done.code == 0, done.err
    assert [talk.body["model"] for talk in server.talks] == ["burst", "burst"]
    body = server.talks[0].body
    assert (body["max_tokens"], body["temperature"], body["stop"]) == (7, 0.5, ["###"])
    plan = the_plan(sessions)
    assert (plan.mode, plan.rounds, plan.warmup, plan.retries) == (Mode.MEASURE, 2, 0, 1)
    assert plan.parameters == Parameters(7, 0.5, stop=("###",)) and plan.timeouts == Timeouts(idle=9.0)


def test_variables_count_before_the_configuration_and_flags_before_variables(
    configured: Path, server: LoopbackServer, tmp_path: Path, sessions: Path
) -> None:
    done = run(tmp_path, BENCH_ROUNDS="1", BENCH_MAX_TOKENS="8", BENCH_MODELS="good", FOUNDRY_LOCAL_ENDPOINT=server.url)
    assert done.code == 0, done.err
    plan = the_plan(sessions)
    assert (plan.rounds, plan.parameters.max_tokens, plan.retries) == (1, 8, 1)
    assert [talk.body["model"] for talk in server.talks] == ["good"]
    flags = ("--rounds", "1", "--max-tokens", "9", "--mode", "race", "--stop", "!", "-m", "burst", "--no-save")
    done = run(tmp_path, *flags, BENCH_ROUNDS="5", BENCH_MAX_TOKENS="8", BENCH_MODELS="good")
    assert done.code == 0, done.err
    _, second = server.talks
    assert (second.body["model"], second.body["max_tokens"], second.body["stop"]) == ("burst", 9, ["!"])


def test_deterministic_counts_before_what_the_configuration_says_of_sampling(
    configured: Path, server: LoopbackServer, tmp_path: Path, sessions: Path
) -> None:
    assert run(tmp_path, "--deterministic").code == 0
    assert (the_plan(sessions).parameters.temperature, the_plan(sessions).parameters.seed) == (0.0, 42)
    assert run(tmp_path, "--deterministic", "--temperature", "0.7", "--no-save").code == 0
    assert server.talks[-1].body["temperature"] == 0.7


def test_what_is_on_by_the_configuration_can_be_off_for_once(
    configured: Path, server: LoopbackServer, tmp_path: Path, sessions: Path
) -> None:
    configured.write_text(
        configured.read_text("utf-8").replace("[plan]", "[plan]\nnonce = true\nalone = true"), "utf-8"
    )
    assert run(tmp_path).code == 0
    assert the_plan(sessions).nonce and the_plan(sessions).alone
    assert server.talks[-1].body["messages"][-1]["content"].startswith("[")
    done = run(tmp_path, "--no-nonce", "--mode", "race", "--no-save")
    assert done.code == 0, "a race goes without `alone`, which only the configuration has"
    assert server.talks[-1].body["messages"][-1]["content"] == "hi"


def test_a_default_model_that_the_host_does_not_have_is_named_with_who_names_it(
    configured: Path, tmp_path: Path
) -> None:
    configured.write_text(configured.read_text("utf-8").replace('["burst"]', '["burst", "phi-9"]'), "utf-8")
    done = run(tmp_path)
    assert done.code == 4
    assert "There is no model phi-9" in done.err and "config.toml names it in `default_models`" in done.err


def test_a_key_that_is_not_known_is_named_once_and_the_run_goes_on(configured: Path, tmp_path: Path) -> None:
    configured.write_text(configured.read_text("utf-8").replace("rounds", "round"), "utf-8")
    done = run(tmp_path)
    assert done.code == 0
    assert done.err.count("`plan.round` is not a setting that is known; did you mean `plan.rounds`?") == 1


@pytest.mark.parametrize(
    ("wrong", "says"), [("rounds = 0", "`plan.rounds` should be"), ("rounds = [", "It is not TOML")]
)
def test_a_value_that_cannot_be_used_ends_the_command_before_anything_is_asked(
    configured: Path, server: LoopbackServer, tmp_path: Path, wrong: str, says: str
) -> None:
    configured.write_text(configured.read_text("utf-8").replace("rounds = 2", wrong), "utf-8")
    done = run(tmp_path, "--rounds", "2")
    assert done.code == 2 and says in done.err and str(configured) in done.err
    assert "`foundry-compare config check` names all that is wrong" in done.err
    assert not server.talks and "Traceback" not in done.err
    assert call("config", "check", cwd=tmp_path, environ=BARE).code == 1
    done = call("doctor", "--host", server.url, cwd=tmp_path, environ=BARE)
    assert done.code == 0 and "1 thing is wrong: `foundry-compare config check` names it" in done.out
