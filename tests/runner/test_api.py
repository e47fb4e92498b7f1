"""The Python interface: what it gives back, what it says meanwhile, and how it fails."""

from __future__ import annotations

import ast
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

import foundry_compare as fc
import tui.api
from tests.support.loopback_server import WORDS, LoopbackServer
from tests.support.sessions import request, session
from tests.support.some import some
from tui.storage import paths
from tui.storage.file_lock import SessionLock, lock_path
from tui.storage.session_files import load, save

ANSWER = "".join(WORDS)


def test_the_public_package_is_the_interface_and_nothing_else() -> None:
    assert set(fc.__all__) == {*tui.api.__all__, "__version__"}
    assert all(getattr(fc, name) is getattr(tui.api, name) for name in some(tui.api.__all__))
    assert set(fc.__all__) <= set(dir(fc))
    with pytest.raises(AttributeError):
        fc.nothing  # type: ignore[attr-defined]  # noqa: B018
    tree = ast.parse(Path(fc.__file__).read_text(encoding="utf-8"))
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported == {"tui.api", "importlib.metadata", "typing"}


@pytest.mark.slow
def test_importing_it_loads_nothing_before_it_is_used() -> None:
    says = "import sys, foundry_compare as fc; print(sorted(name for name in sys.modules if name.startswith('tui')))"
    says += "; fc.compare; print(sorted({'textual', 'rich', 'click', 'openai', 'pandas'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-P", "-c", says], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["[]", "[]"]


@pytest.mark.slow
def test_a_question_to_two_models(server: LoopbackServer, own_folders: Path) -> None:
    updates: list[fc.Update] = []
    compared = fc.compare("hi", ["good", "burst"], host=server.url, progress=updates.append)
    assert compared.ok and compared.kept and compared.path is not None
    assert compared.path.parent == own_folders / "sessions"
    assert [compared.model(result).name for result in compared.results] == ["good", "burst"]
    good, _ = compared.results
    assert (good.answer, good.state, compared.prompt(good).user) == (ANSWER, fc.RequestState.DONE, "hi")
    assert good.metrics.ttft_ms is not None and good.usage is not None and good.usage.completion_tokens == 5
    kept = load(compared.path).requests
    assert kept.keys() == compared.session.requests.keys()
    # Whether the model named itself is known at once, and of the kept answer.
    for asked in (good, kept[good.spec.id]):
        assert asked.question is not None and (asked.question.asked, asked.question.card.id) == ("hi", "good")
        assert asked.findings is not None and asked.findings.named == ()
    first, *ended = updates
    assert isinstance(first, fc.ModelsChosen) and [choice.card.id for choice in first.models] == ["good", "burst"]
    assert {update.request.spec.id for update in ended if isinstance(update, fc.RequestEnded)} == {"r1", "r2"}


@pytest.mark.slow
def test_a_script_that_breaks_off_hears_what_was_never_asked_and_can_go_on(server: LoopbackServer) -> None:
    problems: list[str] = []
    ended: list[fc.RequestEnded] = []

    def progress(update: fc.Update) -> None:
        if isinstance(update, fc.ProblemFound):
            problems.append(update.error.sentence())
        if isinstance(update, fc.RequestEnded):
            ended.append(update)
            raise ZeroDivisionError

    options = fc.PlanOptions(mode=fc.Mode.MEASURE, rounds=4, warmup=0)
    with pytest.raises(ZeroDivisionError):
        fc.compare("hi", ["good", "burst"], host=server.url, options=options, progress=progress)
    session = ended[0].session
    never = sum(one.timestamps.sent is None for one in session.requests.values())
    assert 0 < never < 8 and session.state == "interrupted"
    path = paths.sessions_dir(None) / f"{session.id}.toml"
    (said,) = problems
    assert said == (
        f"The run was broken off. {never} of 8 requests were never asked. `run --resume {path.name}` asks them."
    )
    resumed = fc.resume(path, host=server.url)
    assert len(resumed.results) == 8 and resumed.ok


@pytest.mark.slow
def test_what_answers_will_be_scored_for_is_kept_and_checked(server: LoopbackServer) -> None:
    rubric = fc.Rubric((fc.Criterion("tone", "Tone of voice", weight=2), fc.Criterion("style", scale=3)))
    compared = fc.compare("hi", "burst", host=server.url, rubric=rubric)
    assert compared.session.rubric == rubric
    assert compared.path is not None and load(compared.path).rubric.hash == rubric.hash
    server.talks.clear()
    for wrong, says in (
        (fc.Criterion("two words"), "`id` should be"),
        (fc.Criterion("a", scale=1), "`scale` should be"),
    ):
        with pytest.raises(fc.BadInputError) as refused:
            fc.compare("hi", "burst", host=server.url, rubric=fc.Rubric((wrong,)))
        assert refused.value.title == "`rubric` cannot be used" and says in refused.value.detail
    assert not server.talks


@pytest.mark.slow
def test_options_prompts_and_parameters_of_a_models_own_are_sent(server: LoopbackServer) -> None:
    server.talks.clear()
    options = fc.PlanOptions(fc.Mode.MEASURE, rounds=2, warmup=0, parameters=fc.Parameters(9).deterministic())
    prompts = ["one", fc.Prompt("two", system="Be brief.")]
    models = ["burst", ("burst", fc.Overrides(temperature=0.5))]
    compared = fc.compare(prompts, models, host=[server.url], options=options, save=False)
    assert compared.ok and compared.path is None
    assert len(compared.results) == 8 and len(compared.session.models) == 2
    assert fc.verdict(compared) == fc.verdict([compared.session])
    assert str(fc.report([compared])) == str(fc.report(compared.session))
    bodies = [talk.body for talk in server.talks]
    assert {(body["temperature"], body["seed"], body["max_tokens"]) for body in bodies} == {(0.0, 42, 9), (0.5, 42, 9)}
    assert sorted({len(body["messages"]) for body in bodies}) == [1, 2]


@pytest.mark.slow
def test_a_function_chooses_among_the_models_of_the_host(server: LoopbackServer) -> None:
    def choose(models: fc.HostModels) -> list[fc.ModelCard]:
        return [card for card in models.cards if card.id.startswith("b") and card.id.endswith("t")]

    compared = fc.compare("hi", choose, host=server.url, save=False)
    assert [compared.model(result).card.id for result in compared.results] == ["burst"]


@pytest.mark.slow
def test_a_model_that_fails_raises_nothing_and_is_asked_again_as_often_as_wanted(server: LoopbackServer) -> None:
    updates: list[fc.Update] = []
    options = fc.PlanOptions(retries=1)
    compared = fc.compare("hi", ["e500", "good"], host=server.url, options=options, save=False, progress=updates.append)
    assert not compared.ok and compared.kept
    assert [result.state for result in compared.results] == [fc.RequestState.FAILED, fc.RequestState.DONE]
    fault = compared.results[0].fault
    assert fault is not None and "500" in fault.message
    assert [one.spec.launch for one in compared.requests] == [1, 1, 2]
    (pause,) = [update for update in updates if isinstance(update, fc.RetryPaused)]
    assert pause.models == ("e500",) and not pause.asked_by_host


@pytest.mark.slow
def test_it_can_be_called_from_any_thread(server: LoopbackServer) -> None:
    found: list[fc.Comparison] = []
    thread = Thread(target=lambda: found.append(fc.compare("hi", "good", host=server.url)))
    thread.start()
    thread.join(60)
    assert [result.answer for compared in found for result in compared.results] == [ANSWER]


@pytest.mark.slow
def test_answers_are_there_though_they_cannot_be_kept(
    server: LoopbackServer, own_folders: Path, tmp_path: Path
) -> None:
    for folder in (own_folders / "state", tmp_path / "sessions"):
        folder.write_text("in the way")
    updates: list[fc.Update] = []
    compared = fc.compare("hi", "good", host=server.url, sessions=tmp_path / "sessions", progress=updates.append)
    assert not compared.kept and not compared.ok
    assert [result.answer for result in compared.results] == [ANSWER]
    problems = [update.error.sentence() for update in updates if isinstance(update, fc.ProblemFound)]
    assert problems[-1].endswith("Nothing of it is kept.")


def _closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@pytest.mark.slow
@pytest.mark.parametrize(
    ("call", "kind", "sentence"),
    [
        (lambda url: fc.compare("hi", "nobody", host=url), fc.NoModelError, "nobody"),
        (lambda url: fc.compare("hi", "good", host=f"http://127.0.0.1:{_closed_port()}/v1"), fc.NoHostError, ""),
        (lambda url: fc.compare("hi", "good", host="http://"), fc.BadInputError, ""),
        (lambda url: fc.compare(" ", "good", host=url), fc.BadInputError, "The prompt is empty"),
        (lambda url: fc.compare([], "good", host=url), fc.BadInputError, "The prompt is empty"),
        (lambda url: fc.compare("hi", (), host=url), fc.BadInputError, "No model is chosen"),
        (lambda url: fc.resume("nothing.toml", host=url), fc.BadInputError, "nothing.toml cannot be read"),
        (lambda url: list(fc.load_sessions("nothing.toml")), fc.BadInputError, "nothing.toml cannot be read"),
        (lambda url: fc.report([]), fc.BadInputError, "There is no session to report on"),
        (lambda url: fc.report("dir"), fc.BadInputError, "There is a str among them. load_sessions() reads"),
        (lambda url: fc.verdict([Path("dir")]), fc.BadInputError, "`sessions` should be sessions. There is a "),
        (lambda url: fc.verdict(7), fc.BadInputError, "There is a int among them."),
        (lambda url: fc.verdict([]), fc.BadInputError, "There is no session to say anything of."),
        (lambda url: fc.report([], "pdf"), fc.BadInputError, "There is no report format pdf"),
    ],
)
def test_failures_are_sentences(
    call: Callable[[str], object], kind: type[fc.CompareError], sentence: str, server: LoopbackServer, own_folders: Path
) -> None:
    with pytest.raises(kind) as caught:
        call(server.url)
    assert sentence in caught.value.sentence()
    assert isinstance(caught.value, fc.CompareError)
    assert not (own_folders / "sessions").exists()


@pytest.mark.parametrize("where", ["sessions", "state"])
def test_a_session_that_another_program_has_open_is_not_gone_on_with(
    where: str, server: LoopbackServer, own_folders: Path
) -> None:
    file = own_folders / "sessions" / "open.toml"
    save(session([request("r1")]), file)
    lock = SessionLock(lock_path(own_folders / where, "open"))
    assert lock.acquire()
    server.talks.clear()
    with pytest.raises(fc.StoreError) as caught:
        fc.resume(file, host=server.url)
    assert caught.value.sentence() == (
        "open.toml cannot be gone on with. Another program has it open. Try again when it has ended."
    )
    assert not server.talks
    lock.release()
    with pytest.raises(fc.NoModelError):  # It is read then, and its models looked for.
        fc.resume(file, host=server.url)


@pytest.mark.slow
def test_what_was_not_known_of_a_session_before_is_no_change_of_it(server: LoopbackServer) -> None:
    """As of one that ended before the engine had said what measures, and nothing was asked."""
    file = fc.compare("hi", "good", host=server.url).path
    assert file is not None
    kept = load(file)
    (plan,) = kept.plans.values()
    kept.plans[plan.key] = replace(plan, rounds=2)
    del kept.tool["openai"]
    kept.tool["python"] = "3.0"
    save(kept, file)
    updates: list[fc.Update] = []
    fc.resume(file, host=server.url, progress=updates.append)
    (said,) = [update for update in updates if isinstance(update, fc.ConditionsChanged)]
    assert [one.name for one in said.changed] == ["tool.python"]
    again = load(file)
    (resumption,) = again.resumptions
    assert "tool.openai" in {one.name for one in resumption.changed}, "what is known from now on is kept"
    assert all("openai" in again.tool_at(one) for one in some(again.requests.values()) if one.spec.round == 2)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (fc.PlanOptions(rounds=0), "`rounds` is 0. It can be from 1 to 1000."),
        (fc.PlanOptions(warmup=-1), "`warmup` is -1. It can be from 0 to 1000."),
        (fc.PlanOptions(retries=101), "`retries` is 101. It can be from 0 to 100."),
        (fc.PlanOptions(alone=True), "`alone` goes with `Mode.MEASURE`. A race needs all models at once."),
        (fc.PlanOptions(parameters=fc.Parameters(0)), "`max_tokens` is 0. It can be from 1 to 1000000000."),
        (fc.PlanOptions(parameters=fc.Parameters(temperature=3)), "`temperature` is 3. It can be from 0 to 2."),
        (fc.PlanOptions(parameters=fc.Parameters(top_p=0)), "`top_p` is 0. It can be above 0, and at most 1."),
        (fc.PlanOptions(parameters=fc.Parameters(seed=1 << 64)), "`seed` is 18446744073709551616. It can be from"),
        (
            fc.PlanOptions(parameters=fc.Parameters(seed=1.5)),  # type: ignore[arg-type]
            f"`seed` is 1.5. It can be a whole number from -{(1 << 63) - 1} to {(1 << 63) - 1}.",
        ),
        (
            fc.PlanOptions(parameters=fc.Parameters(stop="end")),  # type: ignore[arg-type]
            "`stop` is 'end'. It can be a tuple of texts.",
        ),
        (
            fc.PlanOptions("measure"),  # type: ignore[arg-type]
            "`mode` is 'measure'. It can be `Mode.MEASURE` or `Mode.RACE`.",
        ),
    ],
)
def test_options_that_make_no_sense_are_refused_before_a_host_is_looked_for(
    options: fc.PlanOptions, sentence: str
) -> None:
    with pytest.raises(fc.BadInputError) as caught:
        fc.compare("hi", "good", host="http://", options=options)
    assert caught.value.sentence().startswith(sentence)


@pytest.mark.parametrize(
    ("own", "sentence"),
    [
        ({"max_tokens": -5}, "`max_tokens` is -5. It can be from 1 to 1000000000."),
        ({"temperature": 9}, "`temperature` is 9. It can be from 0 to 2."),
        ({"temperature": "hot"}, "`temperature` is hot. It can be from 0 to 2."),
        ({"seed": 10**30}, f"`seed` is {10**30}. It can be from"),
        ({"stop": ["end"]}, "`stop` is ['end']. It can be a tuple of texts."),
        ({"system": 5}, "`system` is 5. It can be a text."),
    ],
)
def test_what_makes_no_sense_of_a_models_own_is_refused_before_anything_is_asked(
    server: LoopbackServer, own_folders: Path, own: dict[str, Any], sentence: str
) -> None:
    server.talks.clear()
    with pytest.raises(fc.BadInputError) as caught:
        fc.compare("hi", ["good", ("burst", fc.Overrides(**own))], host=server.url)
    assert caught.value.sentence().startswith(sentence)
    assert not server.talks and not list(own_folders.glob("sessions/*"))


def test_sessions_are_loaded_from_files_and_folders_and_reported_on(tmp_path: Path) -> None:
    for name in ("a", "b"):
        save(session([request("r1")], session_id=name), tmp_path / f"{name}.toml")
    (tmp_path / "c.toml").write_text("no session")
    with pytest.raises(fc.BadInputError):
        list(fc.load_sessions(tmp_path))
    bad: list[Path] = []
    found = list(fc.load_sessions([tmp_path], skipped=lambda file, error: bad.append(file)))
    assert ([one.id for one in found], bad) == (["a", "b"], [tmp_path / "c.toml"])
    assert str(fc.report(found)).startswith("2 sessions")
    skipped = [("c.toml", "It is damaged.")]
    assert "It is damaged." in str(fc.report(found, skipped=skipped))
    assert fc.report(fc.load_sessions(str(tmp_path / "a.toml")), format="csv").count("\n") == 2


@pytest.mark.slow
def test_a_second_model_judges(server: LoopbackServer) -> None:
    compared = fc.compare("hi", "good", host=server.url)
    assert compared.path is not None
    judged = fc.judge(compared.path, "burst", host=server.url)
    # What it answers is no verdict, which is counted and never guessed.
    assert (judged.asked, judged.counts.scores, len(judged.undecided)) == (1, 0, 1)
    with pytest.raises(fc.NoModelError):
        fc.judge(compared.path, "nobody", host=server.url)
