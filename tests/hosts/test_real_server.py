"""Servers that nobody here wrote: llama.cpp's and that of Hugging Face's transformers, with models of our making."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest

from tests.hosts.models_server import free_port
from tests.support.program import call
from tests.support.some import some
from tests.support.tiny_model import CONTEXT, write_gguf, write_hugging_face
from tui.hosts.openai.host import OpenAIHost

pytestmark = pytest.mark.slow

LLAMA_CPP = Path(__file__).parents[1] / "support" / "llama_cpp_server.py"
PATIENCE_S = 120.0
"""A server that is not up by then is not coming."""
SENTENCES = (
    "Small models answer at once, and say nothing twice.",
    "The second one is of another opinion.",
    "Third comes last.",
)


@dataclass(frozen=True)
class Real:
    """A running server, and what each of its models always says."""

    kind: str
    url: str
    says: dict[str, str]


@pytest.fixture(scope="module", params=["llama.cpp", "transformers"])
def real(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    folder = tmp_path_factory.mktemp("models")
    with (llama_cpp if request.param == "llama.cpp" else transformers)(folder) as running:
        yield running


@contextmanager
def llama_cpp(folder: Path) -> Iterator[Real]:
    """One model under three names. FOUNDRY_COMPARE_TEST_LLAMA_CPP may name a Python that has xllamacpp."""
    names = ("first", "second", "third")
    write_gguf(folder / "tiny.gguf", SENTENCES[0])
    with serving_llama_cpp(folder / "tiny.gguf", names, folder) as url:
        yield Real("llama.cpp", url, dict.fromkeys(names, SENTENCES[0]))


@contextmanager
def serving_llama_cpp(model: Path, names: Sequence[str], folder: Path) -> Iterator[str]:
    """llama.cpp's server with a model under these names: its base URL. `folder` is for what it has to say."""
    python = os.environ.get("FOUNDRY_COMPARE_TEST_LLAMA_CPP")
    if python is None and importlib.util.find_spec("xllamacpp") is None:
        pytest.skip("xllamacpp is not installed: `pip install '.[real-servers]'` brings it")
    with process([python or sys.executable, str(LLAMA_CPP), str(model), *names], folder) as server:
        url, deadline = "", time.monotonic() + PATIENCE_S
        while not url:
            time.sleep(0.1)
            assert time.monotonic() < deadline, f"llama.cpp does not come up: {said(folder)[-500:]}"
            words = said(folder)
            assert server.poll() is None, f"llama.cpp ended by itself: {words[-500:]}"
            url = next((line.split()[-1] for line in words.splitlines() if line.startswith("listening at ")), "")
        yield f"{url}/v1"


@contextmanager
def transformers(folder: Path) -> Iterator[Real]:
    """Three models. FOUNDRY_COMPARE_TEST_TRANSFORMERS may name the `transformers` command."""
    command = os.environ.get("FOUNDRY_COMPARE_TEST_TRANSFORMERS") or shutil.which("transformers")
    if command is None:
        pytest.skip("no transformers server: the command `transformers` is not installed")
    says = {str(folder / f"model{number}"): sentence for number, sentence in enumerate(SENTENCES)}
    for name, sentence in says.items():
        write_hugging_face(Path(name), sentence)
    port = free_port()
    serve = [command, "serve", "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    with process(serve, folder) as server:
        url, deadline = f"http://127.0.0.1:{port}/v1", time.monotonic() + PATIENCE_S
        while not answers(f"{url}/models"):
            if server.poll() is not None or time.monotonic() > deadline:
                pytest.skip(f"no transformers server: it does not start here: {said(folder)[-300:]}")
            time.sleep(0.5)
        yield Real("transformers", url, says)


@contextmanager
def process(command: Sequence[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A server that writes what it has to say into a file, and is ended with the block."""
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "HF_HOME": str(folder / "hf")}
    with (folder / "said").open("wb") as words:
        server = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=words, stderr=subprocess.STDOUT, env=environment
        )
        try:
            yield server
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
            assert server.stdin is not None
            server.stdin.close()


def said(folder: Path) -> str:
    return (folder / "said").read_text("utf-8", "replace")


def answers(url: str) -> bool:
    """Whether anything of HTTP comes back, an error included."""
    try:
        urlopen(url, timeout=5).close()
    except HTTPError as refusal:
        refusal.close()
    except (URLError, OSError):
        return False
    return True


def test_the_server_says_what_it_is_and_what_it_has(real: Real) -> None:
    host = OpenAIHost(real.url)
    info, cards = host.connect(), host.catalogue()
    assert (info.kind, info.endpoint, info.local) == ("openai", real.url, True)
    if real.kind == "transformers":
        assert info.title == f"OpenAI-compatible server at {real.url.split('/')[2]}"
        assert (info.version, cards) == (None, ()), "offline, its list is an error"
        return
    assert info.version and info.title == f"llama.cpp {info.version} at {real.url.split('/')[2]}"
    assert {card.id for card in cards} == set(real.says)
    for card in some(cards):
        assert (card.context, card.publisher, card.licence) == (CONTEXT, None, None)
        assert card.size_bytes is not None and 200_000 < card.size_bytes < 300_000
        assert card.parameters is not None and 60_000 < card.parameters < 70_000


@pytest.mark.parametrize("mode", ["race", "measure"])
def test_three_models_are_compared_without_a_screen(real: Real, mode: str, tmp_path: Path) -> None:
    models = [part for name in real.says for part in ("-m", name)]
    options = ("--mode", mode, "--temperature", "0", "--seed", "3", "--json")
    done = call("run", "--host", real.url, *models, "-p", "Is anybody there?", *options, cwd=tmp_path)
    assert done.code == 0, done.err
    runs = done.json["runs"]
    assert {run["model"]: run["answer"].strip() for run in runs} == real.says
    for run in some(runs):
        metrics = run["metrics"]
        assert (run["state"], run["finish_reason"], run["reasoning"]) == ("done", "stop", None)
        assert metrics["completion_tokens"] == len(run["answer"].split()) + 1, "the words, and the end"
        assert metrics["prompt_tokens"] > 0
        assert 0 < metrics["ttft_ms"] <= metrics["last_ms"] <= metrics["end_ms"]
        assert metrics["decode_tps"] is None or metrics["decode_tps"] > 0
        assert metrics["contended"] is (mode == "race")


def test_a_prompt_that_it_has_evaluated_before_is_told_from_a_fresh_one(real: Real, tmp_path: Path) -> None:
    if real.kind != "llama.cpp":
        pytest.skip("it says nothing of a cache")
    model = next(iter(real.says))
    question = "Is anybody there who knows this question by now?"
    asked = ("run", "--host", real.url, "-m", model, "-p", question, "--warmup", "1", "--mode", "measure", "--no-save")
    (run,) = call(*asked, "--json", cwd=tmp_path).json["runs"]
    metrics = run["metrics"]
    cached, prompt = metrics["cached_tokens"], metrics["prompt_tokens"]
    assert 0 < cached < prompt and metrics["ttft_from_cache"] is True
    assert metrics["prefill_tps"] == pytest.approx(1000 * (prompt - cached) / metrics["ttft_ms"])
    assert f"{cached} of {prompt} prompt tokens from a cache" in call(*asked, cwd=tmp_path).out


def test_an_answer_that_is_too_long_says_so(real: Real, tmp_path: Path) -> None:
    model = next(iter(real.says))
    done = call(
        "run", "--host", real.url, "-m", model, "-p", "hi", "--max-tokens", "3", "--no-save", "--json", cwd=tmp_path
    )
    (run,) = done.json["runs"]
    assert (run["answer"].strip(), run["finish_reason"]) == ("Small models answer", "length")
    assert run["metrics"]["completion_tokens"] == 3


def test_a_model_that_is_not_there_is_a_sentence(real: Real, tmp_path: Path) -> None:
    done = call("run", "--host", real.url, "-m", "no-such-model", "-p", "hi", "--no-save", "--json", cwd=tmp_path)
    if OpenAIHost(real.url).catalogue():  # older versions of transformers list nothing without a network
        assert (done.code, done.out) == (4, "")
        assert "There is no model no-such-model on this host. It has: " in done.err
        return
    assert done.code == 5
    (run,) = done.json["runs"]
    assert run["state"] == "failed"
    assert run["error"]["message"].startswith("The host refused with ")
