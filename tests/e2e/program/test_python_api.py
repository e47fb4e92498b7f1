"""Scripts that say `import foundry_compare`, as processes of their own, and what a type checker makes of them."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.program.conftest import NO_RUNTIME
from tests.e2e.program.test_notebook import CELLS
from tests.support.loopback_server import WORDS, LoopbackServer
from tests.support.program import call, finish, start, until
from tui.storage.session_files import load

TOP = Path(__file__).parents[3]
PAGE = (TOP / "docs" / "python-api.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
PYTHON = (sys.executable, "-P")
SCRIPT = """
import json
import sys

import foundry_compare as fc

ended: list[str] = []


def progress(update: fc.Update) -> None:
    if isinstance(update, fc.RequestEnded):
        ended.append(update.request.spec.id)


compared = fc.compare("hi", sys.argv[2:], host=sys.argv[1], progress=progress)
metrics = [result.metrics.ttft_ms for result in compared.results]
print(json.dumps({
    "answers": {compared.model(result).name: result.answer for result in compared.results},
    "first_text_came": [ttft is not None for ttft in metrics],
    "ended": sorted(ended),
    "path": str(compared.path),
    "report": fc.report(fc.load_sessions(compared.path), format="csv").splitlines()[0],
    "screen_loaded": sorted({"textual", "rich", "click", "openai"} & set(sys.modules)),
    "version": fc.__version__,
}))
"""
WRONG = """
import foundry_compare as fc

fc.compare("hi", host=7).results[0].answer.real
"""


@pytest.fixture(scope="module")
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer().running() as running:
        yield running


def test_a_script_compares_in_a_process_of_its_own(tmp_path: Path, server: LoopbackServer) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    done = call("script.py", server.url, "good", "burst", cwd=tmp_path, program=PYTHON)
    assert (done.code, done.err) == (0, "")
    assert done.json["answers"]["good"] == "".join(WORDS)
    assert (done.json["ended"], done.json["first_text_came"]) == (["r1", "r2"], [True, True])
    assert done.json["report"].startswith("mode,")
    assert done.json["screen_loaded"] == []
    assert len(load(Path(done.json["path"])).requests) == 2


def test_a_failure_ends_a_script_with_its_sentence(tmp_path: Path, server: LoopbackServer) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    done = call("script.py", server.url, "nobody", cwd=tmp_path, program=PYTHON)
    assert done.code == 1 and done.out == ""
    assert "NoModelError: " in done.err.splitlines()[-1]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_an_interrupted_script_has_kept_what_arrived(tmp_path: Path, own_folders: Path, server: LoopbackServer) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    process = start("script.py", server.url, "endless", cwd=tmp_path, program=PYTHON)
    journals = own_folders / "sessions"
    until(lambda: any("more " in journal.read_text() for journal in journals.glob("*.jsonl")))
    process.send_signal(signal.SIGINT)
    done = finish(process)
    assert done.code != 0 and done.err.splitlines()[-1] == "KeyboardInterrupt"
    (file,) = journals.iterdir()
    (request,) = load(file).requests.values()
    assert request.state == "stopped" and "more" in request.answer


def test_the_page_has_its_examples() -> None:
    assert len(EXAMPLES) == 8


@pytest.mark.skipif(bool(NO_RUNTIME), reason=NO_RUNTIME or "never")
@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_the_examples_of_the_page_run_as_they_stand(number: int, tmp_path: Path) -> None:
    (tmp_path / "example.py").write_text(EXAMPLES[number], encoding="utf-8")
    done = call("example.py", cwd=tmp_path, program=PYTHON)
    assert (done.code, done.err) == (0, "")
    assert done.out.strip()


def test_a_strict_type_checker_agrees_with_scripts(tmp_path: Path) -> None:
    for number, text in enumerate([SCRIPT, *EXAMPLES, "\n".join(CELLS)]):
        (tmp_path / f"sample_{number}.py").write_text(text, encoding="utf-8")
    (tmp_path / "wrong.py").write_text(
        "import foundry_compare as fc\nfc.compare('hi', host=7).results[0].answer.real\n"
    )
    mypy = [sys.executable, "-m", "mypy", "--strict", "--config-file", "", "--cache-dir", str(tmp_path / "cache")]
    good = subprocess.run([*mypy, *map(str, tmp_path.glob("sample_*.py"))], capture_output=True, text=True, cwd=TOP)
    assert good.returncode == 0, good.stdout + good.stderr
    wrong = subprocess.run([*mypy, str(tmp_path / "wrong.py")], capture_output=True, text=True, cwd=TOP)
    assert "arg-type" in wrong.stdout and 'has no attribute "real"' in wrong.stdout
