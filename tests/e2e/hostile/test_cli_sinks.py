"""The command line: models, answers, errors, files, names and settings that are hostile."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.e2e.hostile.kept import said_by_somebody
from tests.e2e.hostile.payloads import PAYLOADS, SAMPLE, offences
from tests.hosts.models_server import as_json, serving
from tests.support.loopback_server import FINISH, SCRIPTS, LoopbackServer, refusing, text
from tests.support.odd_servers import saying
from tests.support.program import Done, call
from tests.support.some import some
from tui.cli.main import cli
from tui.cli.sessions import SUBCOMMANDS
from tui.core.scoring.rating import MAX_RATER
from tui.core.text.clean import join_surrogates
from tui.report.formats.registry import FORMATS
from tui.storage.session_files import load, save

every = pytest.mark.parametrize(
    "payloads", [pytest.param(SAMPLE, id="sample"), pytest.param(tuple(PAYLOADS), id="all", marks=pytest.mark.soak)]
)
"""One process shows many of them: to start one for each would take an hour."""
NOBODY = "http://127.0.0.1:9"
UNPAIRED = r"\\ud8..\\u....|\\ud[89ab]..\\u...."
REPORT_OPTIONS = ("--by", "--metric", "--without", "--weight", "--watts", "--checks")
CONDITIONS = ("--filter", "--require", "--fail-if")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackServer]:
    """Its models are called what is hostile, and answer, think, refuse and end with it; set up by `play`."""
    for name in list(SCRIPTS):
        monkeypatch.delitem(SCRIPTS, name)
    with LoopbackServer().running() as running:
        yield running


def play(monkeypatch: pytest.MonkeyPatch, payload: str) -> list[str]:
    """Models that bring the payload to every place of an answer; their names."""
    said = join_surrogates(payload)
    finish = {"choices": [{"index": 0, "delta": {}, "finish_reason": payload}]}
    thought = {"choices": [{"delta": {"reasoning_content": payload}}]}
    called = said[:200]  # No list holds a longer name.
    reason = "".join(char for char in said if 32 < ord(char) < 127)[:40]
    scripts = {
        f"a{called}": saying(text(payload)),
        f"b{called}": saying(*(text(char) for char in payload[:60]), end=(finish, "[DONE]")),
        f"c{called}": saying(thought, text(payload)),
        f"d{called}": refusing("400 Bad Request", {"error": {"message": payload, "type": payload, "code": payload}}),
        f"e{called}": refusing(f"500 {reason}", said),
        f"f{called}": saying(text("x"), {"error": {"message": payload}}, end=(FINISH,)),
        f"g{called}": refusing("404 Not Found", {"detail": payload}),
    }
    for name, script in scripts.items():
        monkeypatch.setitem(SCRIPTS, name, script)
    return list(scripts)


def harmless(done: Done) -> Done:
    for stream in (done.out, done.err):
        assert offences(stream, "\n\t") == []
    assert "Traceback" not in done.err
    return done


def here(capfd: pytest.CaptureFixture[str], *args: str) -> Done:
    """The command in this process, for what needs none of its own."""
    capfd.readouterr()
    with pytest.raises(SystemExit) as ended:
        cli.main(list(args), "foundry-compare")
    return Done(int(ended.value.code or 0), *capfd.readouterr())


@every
def test_models_answers_errors_and_what_is_kept_of_them(
    payloads: Sequence[str],
    server: LoopbackServer,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    own_folders: Path,
    tmp_path: Path,
) -> None:
    at = ("--host", server.url)
    files = [tmp_path / "models.json", tmp_path / "prompts.json"]
    for number, name in enumerate(some(payloads)):
        payload = PAYLOADS[name]
        said = join_surrogates(payload)
        files[0].write_text(json.dumps(play(monkeypatch, payload)))
        files[1].write_text(json.dumps([dict.fromkeys(("user", "system"), payload) | {"tags": [payload]}]))
        folder = own_folders / f"kept-{number}"
        monkeypatch.setenv("FOUNDRY_COMPARE_SESSIONS", str(folder))
        plan = ("--models", str(files[0]), "--prompts", str(files[1]), "--stop", "\x1b]0;PWN\x07")
        as_json_ = ("--json",) if number % 4 == 3 else ()
        done = harmless(call("run", *at, *plan, *as_json_, cwd=tmp_path))
        assert done.code == 5, done.err
        (kept,) = folder.iterdir()
        session = load(kept)
        assert session.prompts["p1"].user == said
        assert said in {request.answer for request in session.requests.values()}
        if as_json_:
            assert said in {join_surrogates(run["answer"]) for run in done.json["runs"]}
    models = list(SCRIPTS)
    for form in some(form.name for form in FORMATS):
        report = harmless(here(capfd, "report", "--format", form, *map(str, own_folders.glob("kept-*"))))
        assert (report.code, form != "json" or report.out.isascii()) == (0, True)
    kept = [str(file) for file in own_folders.glob("kept-*")]
    assert harmless(here(capfd, "report", *kept, "--fail-if", "failure_rate >= 0")).code == 8
    assert harmless(here(capfd, "report", *kept, "--fail-if", "quality > 0")).code == 9
    assert harmless(here(capfd, "report", *kept, "--require", "size_mb < 1")).code == 0
    assert harmless(here(capfd, "report", *kept, "--filter", "model = nobody")).code == 2
    for form in ("text", "md", "html", "json"):
        split = ("--by", "prompt,tag,session,model", "--select", "--wide", "--baseline", kept[0], "--format", form)
        assert harmless(here(capfd, "report", *kept, *split)).code in (0, 9)
    shown = [("show", str(file)) for folder in kept for file in Path(folder).iterdir()]
    (Path(kept[0]) / "\x9b31mbad.toml").write_text('a = "\x1b]0;PWN\x07')
    for args in (("list", *kept), ("list", "--json", *kept), ("check", *kept), *shown):
        assert harmless(here(capfd, "sessions", *args)).code == (args[0] == "check")
    for typed in ("a", "\x1b]0;PWN\x07 \u202e", *(PAYLOADS[name] for name in payloads)):
        assert harmless(here(capfd, "sessions", "search", "--sessions", kept[0], "--", typed)).code == 0
    harmless(here(capfd, "models", *at))
    harmless(here(capfd, "models", *at, "--json"))
    chosen = [part for model in models[:: len(models) // 7] if "\x00" not in model for part in ("-m", model)]
    harmless(call("smoke", *at, *chosen, cwd=tmp_path))
    harmless(call("doctor", *at, cwd=tmp_path))


@every
def test_what_is_typed(payloads: Sequence[str], capfd: pytest.CaptureFixture[str]) -> None:
    for name in some(payloads):
        typed = join_surrogates(PAYLOADS[name]).replace("\x00", "")
        for args in (
            ("run", "--host", typed, "-m", typed, "-p", typed),
            ("run", "--resume", typed),
            ("run", "-p", "x", "-m", "y", "--models", typed),
            ("run", typed),
            ("run", "--mode", typed),
            (f"--{typed}",),
            (typed,),
            ("--theme", typed),
            ("report", typed, "--format", "csv"),
            ("report", "--format", typed),
            *(("report", option, typed) for option in REPORT_OPTIONS),
            *(
                ("report", option, typing)
                for option in CONDITIONS
                for typing in (typed, f"model = {typed}", f"quality[{typed}")
            ),
            ("report", "--baseline", typed, "--fail-if", "ttft_ms > baseline"),
            ("models", "load", "a", typed),
            ("models", "load", typed, "--host", NOBODY),
        ):
            assert harmless(here(capfd, *args)).code in (1, 2, 3, 4, 9), args


@every
def test_what_is_set(
    payloads: Sequence[str], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in payloads:
        typed = join_surrogates(PAYLOADS[name]).replace("\x00", "")
        for variable in (
            "FOUNDRY_LOCAL_ENDPOINT",
            "BENCH_MODELS",
            "BENCH_PROMPT",
            "HTTP_PROXY",
            "TERM",
            "USER",
            "LANG",
            "FOUNDRY_COMPARE_RATER",
            "FOUNDRY_COMPARE_RUBRIC",
            "FOUNDRY_COMPARE_THEME",
        ):
            monkeypatch.setenv(variable, typed)
        harmless(here(capfd, "run", "--host", NOBODY))
        harmless(here(capfd, "doctor", "--host", NOBODY))
        harmless(here(capfd, "config", "show"))
        monkeypatch.setenv("BENCH_ROUNDS", typed)
        harmless(here(capfd, "run", "--host", NOBODY))
        harmless(here(capfd, "config", "show"))
        harmless(here(capfd, "config", "check"))
        monkeypatch.delenv("BENCH_ROUNDS")


@every
def test_files_and_their_names(
    payloads: Sequence[str],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    own_folders: Path,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FOUNDRY_LOCAL_ENDPOINT", NOBODY)
    sessions, config, themes = (own_folders / name for name in ("sessions", "config", "config/themes"))
    for folder in (sessions, config, themes):
        folder.mkdir()
    example = next((Path(__file__).parents[3] / "sessions" / "examples").glob("*.toml"))
    for name in payloads:
        payload = PAYLOADS[name]
        stem = join_surrogates(payload).replace("\x00", "").replace("/", "").encode()[:200].decode(errors="ignore")
        quoted = json.dumps(join_surrogates(payload), ensure_ascii=True)
        quoted = re.sub(UNPAIRED, "x", quoted)  # TOML has no pairs of halves.
        shutil.copy(example, sessions / f"{stem}.toml")
        (sessions / f"{stem}2.toml").write_text(f"schema = 1\nid = {quoted}\n[host]\nkind = {quoted}\n", "utf-8")
        (sessions / f"{stem}3.toml").write_bytes(b"\xff" + payload.encode("utf-8", "replace"))
        (themes / f"{stem}.toml").write_text(f"name = {quoted}\ndark = {quoted}\n", "utf-8")
        for text_ in (
            f"default_host = {quoted}\n",
            f"[hosts.{quoted}]\nurl = {quoted}\n",
            f"[hosts.a]\nssh = {quoted}\n",
            f"[hosts.a]\nurl = 'http://a'\n{quoted} = 3\n",
            f"{quoted} = 1\nplan.{quoted} = {quoted}\n",
            f'rater = {quoted[:30]}"\ntheme = {quoted[:30]}"\nrubric = {quoted}\nkeymap = {{{quoted} = {quoted}}}\n',
        ):
            (config / "config.toml").write_text(text_, "utf-8")
            harmless(here(capfd, "models"))
            for what in (("show",), ("show", "--json"), ("check",), ("check", "--json"), ("path",)):
                harmless(here(capfd, "config", *what))
        (config / "config.toml").unlink()
        for file, flag in ((f"{stem}.json", "--prompts"), (f"{stem}.toml", "--models")):
            (tmp_path / file).write_text(f"{{{quoted}", "utf-8")
            harmless(here(capfd, "run", "--host", NOBODY, "-p", "x", "-m", "y", flag, file))
        for criteria in (
            f"[{quoted}]",
            f'[{{"id": "a", {quoted}: 1}}]',
            f'[{{"id": "a", "name": {quoted}, "scale": 0}}]',
        ):
            (tmp_path / f"{stem}.json").write_text(criteria, "utf-8")
            harmless(here(capfd, "run", "--host", NOBODY, "-p", "x", "-m", "y", "--rubric", f"{stem}.json"))
        harmless(here(capfd, "--theme", "nosuch"))
    for form in some(form.name for form in FORMATS):
        assert harmless(here(capfd, "report", "--format", form)).code == 0


@pytest.mark.strange_sessions
@every
def test_sessions_and_score_sheets_of_others(
    payloads: Sequence[str],
    capfd: pytest.CaptureFixture[str],
    own_folders: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = own_folders / "sessions"
    for number, name in enumerate(some(payloads)):
        said = join_surrogates(PAYLOADS[name])
        typed = said.replace("\x00", "")
        one, other = (folder / f"{number}{letter}.toml" for letter in "ab")
        for file, rater in ((one, said), (other, f"x{said}"[:MAX_RATER])):
            save(said_by_somebody(PAYLOADS[name], f"{number}{said}"[:90], rater), file)
        damaged = folder / f"{number}d.toml"
        damaged.write_bytes(one.read_bytes().replace(b"value = 2", b"value = " + typed.encode()[:99])[:-30])
        sheets = [tmp_path / f"{number}{end}" for end in (".csv", "b.csv", ".toml")]
        row = "\n".join(
            f"{column} = {json.dumps(typed)}" for column in ("session", "run", "answer_hash", "criterion", "score")
        )
        hostile = tmp_path / f"{number}h.toml"
        hostile.write_text(f"[[row]]\n{re.sub(UNPAIRED, 'x', row)}\n", "utf-8")
        cells = tmp_path / f"{number}h.csv"
        cells.write_text(
            f"session,run,answer_hash,criterion,score,{typed}\n" + ",".join([json.dumps(typed)] * 9), "utf-8"
        )
        ways: dict[str, Sequence[Sequence[str]]] = {
            "list": [(), ("--json",)],
            "search": [("PWN",), (typed,), ("PWN", "--json"), ("--no-index", "PWN")],
            "show": [(one.name,), (one.name, "--json")],
            "check": [(), (damaged.name,)],
            "agreement": [(one.name, other.name), (one.name, "--rater", typed), (one.name, "--json")],
            "scores": [
                (one.name, "--template", sheets[0].name, "--rater", typed or "x"),
                (one.name, "--template", sheets[1].name, "--blind"),
                (one.name, "--template", sheets[2].name, "--differing"),
                (one.name, "--import", sheets[0].name),
                *((one.name, "--import", sheet.name, "--rater", typed or "x") for sheet in (*sheets, hostile, cells)),
            ],
            "merge": [(one.name, other.name, "-o", f"{number}m.toml"), (one.name, typed, "-o", f"{number}n.toml")],
            "repair": [(damaged.name,), (typed,)],
            "reveal": [(one.name,), (one.name, "--rater", typed or "x"), (typed,)],
            "trash": [(damaged.name,)],
            "restore": [(damaged.name,)],
            "forget": [(damaged.name,)],
        }
        for command in some(sorted(SUBCOMMANDS, key=list(ways).index)):
            for args in some(ways[command]):
                harmless(here(capfd, "sessions", command, *args))
        harmless(
            here(capfd, "doctor", "--host", NOBODY, "--bundle", f"{number}.txt", "--with", one.name, "--texts", "--yes")
        )
        for file in some([*sheets, tmp_path / f"{number}.txt"]):
            assert offences(file.read_text("utf-8-sig"), "\n\t\r") == [], file.name
        assert load(tmp_path / f"{number}m.toml").title == said


@pytest.mark.strange_sessions
@every
def test_judges_and_replays(
    payloads: Sequence[str],
    server: LoopbackServer,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    at = ("--host", server.url, "-m", "judge")
    for number, name in enumerate(some(payloads)):
        said = join_surrogates(PAYLOADS[name])
        file = tmp_path / f"{number}.toml"
        save(said_by_somebody(PAYLOADS[name], f"20261127T093106Z-{number:04x}", said[:MAX_RATER]), file)
        for verdict in (json.dumps({"score": 3, "reason": said}), json.dumps({"score": said}), PAYLOADS[name]):
            monkeypatch.setitem(SCRIPTS, "judge", saying(text(verdict)))
            for more in ((), ("--pairs",), ("--json",)):
                assert harmless(here(capfd, "judge", str(file), *at, *more)).code in (0, 6)
        assert said in {one.text for one in load(file).notes}
        assert 3 in {one.value for one in load(file).judgements}
        assert harmless(here(capfd, "replay", str(file), "--plain", "--speed", "100")).code == 0
        assert harmless(here(capfd, "report", str(file))).code == 0


@every
def test_a_list_of_models_and_what_else_a_server_says(
    payloads: Sequence[str], capfd: pytest.CaptureFixture[str]
) -> None:
    names = ("id", "owned_by", "alias", "licence", "device", "object", "displayName")
    rows = [dict.fromkeys(names, PAYLOADS[name]) for name in payloads]
    everything = "\t".join(PAYLOADS[name] for name in payloads)
    for body in ({"data": rows}, {"error": {"message": everything}}, {"data": everything}, everything):
        with serving(as_json(body)) as listing:
            harmless(here(capfd, "models", "--host", listing.url))
            harmless(here(capfd, "models", "--host", listing.url, "--json"))


def test_the_check_finds_what_it_is_for() -> None:
    told = {name for name, payload in PAYLOADS.items() if offences(payload)}
    assert told == set(PAYLOADS) - {"markup", "formulas and Markdown", "a long line"}
