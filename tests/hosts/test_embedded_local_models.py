"""Models that the user registered with the embedded runtime: real folders, the real runtime, real answers."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import httpx2
import pytest

from tests.hosts.conftest import why_no_runtime
from tests.support.some import some
from tui.core.catalog.model_card import ModelCard, ModelState, find_model
from tui.core.errors import BadInputError, ModelFailedError, NoModelError
from tui.hosts.base import Ability
from tui.hosts.embedded import host as host_module
from tui.hosts.embedded.bundle import bundle_root
from tui.hosts.embedded.folder_check import FolderPart, parts_of
from tui.hosts.embedded.host import EmbeddedHost

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(why_no_runtime()), reason=why_no_runtime() or "never")]


@pytest.fixture
def make() -> Iterator[Callable[[Path], EmbeddedHost]]:
    """Makes hosts that are closed at the end."""
    made: list[EmbeddedHost] = []

    def one(data_dir: Path) -> EmbeddedHost:
        made.append(EmbeddedHost(data_dir, demo_only=False))
        return made[-1]

    yield one
    for host in made:
        host.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model folder of the user's."""
    return copy_to(tmp_path / "mine" / "Tiny model (int4) \u2603")


def copy_to(folder: Path) -> Path:
    shutil.copytree(bundle_root() / "demo-small", folder)
    return folder


def tensor(offset: int, size: int) -> bytes:
    """Where a tensor is, as a graph says it of one that is in a file of its own."""
    facts = {b"location": b"w.data", b"offset": str(offset).encode(), b"length": str(size).encode()}
    entries = (b"\x0a%c%b\x12%c%b" % (len(key), key, len(value), value) for key, value in facts.items())
    return b"".join(b"j%c%b" % (len(entry), entry) for entry in entries)


GRAPH = tensor(0, 100_000) + tensor(100_000, 2_000_000) + tensor(50_000, 8)


def cut_weights(folder: Path, size: int) -> None:
    """Have the graph's weights in a file beside it, of which so many bytes are there."""
    (folder / "model.onnx").write_bytes(GRAPH)
    (folder / "w.data").write_bytes(bytes(size))


def card_of(host: EmbeddedHost, model: str) -> ModelCard:
    card = find_model(host.catalogue(), model)
    assert card is not None
    return card


def answers(host: EmbeddedHost, model: str) -> bool:
    endpoint = host.endpoint(model)
    body = {"model": endpoint.model, "messages": [{"role": "user", "content": "What is RAG?"}], "max_tokens": 4}
    reply = httpx2.post(f"{endpoint.base_url}/chat/completions", json=body, trust_env=False, timeout=30.0)
    return reply.status_code == 200 and bool(reply.json()["choices"][0]["message"]["content"])


def test_a_folder_is_registered_used_kept_and_forgotten(
    make: Callable[[Path], EmbeddedHost], folder: Path, tmp_path: Path
) -> None:
    host = make(tmp_path)
    assert host.connect().toys
    model = host.register(folder)
    assert model == "Tiny-model-int4:1"
    assert not host.connect().toys
    card = card_of(host, model)
    assert (card.state, card.device, card.ep, card.task) == (
        ModelState.CACHED, "CPU", "CPUExecutionProvider", "chat-completion",
    )  # fmt: skip
    assert (card.context, card.toy) == (4096, False)
    assert card.summary == f"Registered from {folder}"
    assert card.size_bytes is not None and card.size_bytes > 100_000
    host.load(model)
    assert card_of(host, model).state is ModelState.LOADED
    assert answers(host, model)
    host.close()

    again = make(tmp_path)
    assert card_of(again, model).state is ModelState.CACHED
    again.load("tiny-MODEL-int4")
    assert answers(again, model)
    files = sorted(path.name for path in folder.iterdir())
    again.remove(model)
    assert find_model(again.catalogue(), model) is None
    assert sorted(path.name for path in folder.iterdir()) == files
    with pytest.raises(NoModelError, match="no model called Tiny-model-int4:1 here"):
        again.load(model)
    assert again.register(folder) == model
    again.load(model)
    assert answers(again, model)


def test_registering_twice_changes_nothing(
    make: Callable[[Path], EmbeddedHost], folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = make(tmp_path)
    model = host.register(folder)
    before = host.catalogue()
    monkeypatch.chdir(folder.parent)
    assert host.register(Path(folder.name)) == model
    assert host.register(folder / ".." / folder.name) == model
    assert host.catalogue() == before


def test_each_folder_gets_a_name_of_its_own(make: Callable[[Path], EmbeddedHost], tmp_path: Path) -> None:
    host = make(tmp_path)
    names = [("a", "demo-small"), ("b", "demo-small"), ("c", "Demo-Small"), ("d", "\u2603")]
    models = [host.register(copy_to(tmp_path / parent / name)) for parent, name in names]
    assert models == ["demo-small-2:1", "demo-small-3:1", "Demo-Small-4:1", "model:1"]
    for model in models:
        host.load(model)
    assert card_of(host, "demo-small").id == "demo-small:1"
    states = {card.id: card.state for card in host.catalogue()}
    assert {states[model] for model in models} == {ModelState.LOADED}
    assert states["demo-small:1"] is ModelState.CACHED


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda f: shutil.rmtree(f), "There is no folder"),
        (lambda f: (f / "genai_config.json").unlink(), "genai_config.json is missing"),
        (lambda f: (f / "model.onnx").unlink(), "Missing: its model file model.onnx."),
        (lambda f: (f / "tokenizer.json").unlink(), "Missing: a tokenizer (tokenizer.json)."),
        (
            lambda f: (f / "tokenizer_config.json").unlink(),
            "Missing: what there is to know of the tokenizer (tokenizer_",
        ),
        (
            lambda f: (f / "model.onnx").write_bytes(GRAPH),
            "Missing: the weights of model.onnx, which are in a file w.data.",
        ),
        (lambda f: cut_weights(f, 1_999_999), "Missing: the end of w.data, of which 2.0 MB of 2.1 MB are here."),
        (lambda f: (f / "chat_template.jinja").unlink(), "Missing: a chat template (chat_template.jinja, or in"),
        (lambda f: (f / "genai_config.json").write_text("{"), "cannot be read"),
        (lambda f: (f / "genai_config.json").write_text("[]"), "holds no table"),
        (lambda f: (f / "genai_config.json").write_text('{"model": 7}'), "`model` should be a table"),
        (lambda f: (f / "tokenizer_config.json").write_text("{") and (f / "chat_template.jinja").unlink(), "read"),
    ],
)
def test_what_a_folder_lacks_is_said(
    tmp_path: Path, folder: Path, spoil: Callable[[Path], object], sentence: str
) -> None:
    spoil(folder)
    with pytest.raises(BadInputError) as caught:
        EmbeddedHost(tmp_path, demo_only=False).register(folder)
    assert sentence in caught.value.sentence()
    assert str(folder) in caught.value.sentence()


def test_weights_that_are_all_there_are_not_found_wanting(folder: Path) -> None:
    cut_weights(folder, 2_100_000)
    (part,) = [part for part in parts_of(folder) if part.name == "weights"]
    assert part == FolderPart("weights", True, "w.data, 2.1 MB")


@pytest.mark.parametrize("name", sorted(path.name for path in (bundle_root() / "demo-small").iterdir()))
def test_of_a_folder_without_one_of_its_files_the_check_says_whether_it_can_be_served(
    make: Callable[[Path], EmbeddedHost], folder: Path, tmp_path: Path, name: str
) -> None:
    (folder / name).unlink()
    lacking = [part.missing for part in parts_of(folder) if part.needed and part.missing]
    host = make(tmp_path)
    if lacking:
        with pytest.raises(BadInputError):
            host.register(folder)
    else:
        model = host.register(folder)
        host.load(model)
        assert answers(host, model)
    assert bool(lacking) == (name != "model_card.md")


def test_everything_that_is_missing_is_said_at_once_and_the_right_folder_is_guessed(
    tmp_path: Path, folder: Path
) -> None:
    host = EmbeddedHost(tmp_path, demo_only=False)
    with pytest.raises(BadInputError) as caught:
        host.register(folder.parent)
    assert f"Perhaps {folder} is meant" in caught.value.hint
    (folder / "model.onnx").unlink()
    (folder / "tokenizer.json").unlink()
    with pytest.raises(BadInputError) as caught:
        host.register(folder)
    assert "its model file model.onnx, a tokenizer" in caught.value.detail


def test_a_folder_that_went_away_is_listed_as_gone_and_can_be_forgotten(
    make: Callable[[Path], EmbeddedHost], folder: Path, tmp_path: Path
) -> None:
    host = make(tmp_path)
    model = host.register(folder)
    host.load(model)
    host.unload(model)
    moved = folder.rename(folder.with_name("elsewhere"))
    card = card_of(host, model)
    assert card.state is ModelState.UNKNOWN and card.size_bytes is None
    assert f"There is no folder {folder}" in (card.summary or "")
    with pytest.raises(ModelFailedError, match="could not be loaded") as caught:
        host.load(model)
    assert f"There is no folder {folder}" in caught.value.sentence()
    host.remove(model)
    assert find_model(host.catalogue(), model) is None
    host.load(host.register(moved))


def test_a_load_that_fails_names_what_else_is_loaded(
    make: Callable[[Path], EmbeddedHost], folder: Path, tmp_path: Path
) -> None:
    host = make(tmp_path)
    model = host.register(folder)
    (folder / "model.onnx").write_bytes(b"no model")
    hints = []
    for others in ((), ("demo-small", "demo-medium")):
        for other in others:
            host.load(other)
        with pytest.raises(ModelFailedError) as caught:
            host.load(model)
        assert caught.value.title == f"{model} could not be loaded" and caught.value.detail
        hints.append(caught.value.hint)
    assert hints[0] == "If memory is short, try a smaller model"
    assert hints[1] == "If memory is short, unload what else is loaded (demo-small:1, demo-medium:1) and try again"


def test_registrations_survive_a_new_bundle(
    make: Callable[[Path], EmbeddedHost], folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = make(tmp_path).register(folder)
    bundle = tmp_path / "next"
    shutil.copytree(bundle_root(), bundle, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    monkeypatch.setattr(host_module, "bundle_root", lambda: bundle)
    host = make(tmp_path)
    for name in (model, host.catalogue()[0].id):
        host.load(name)
        assert answers(host, name)


def test_two_programs_share_what_was_registered(
    make: Callable[[Path], EmbeddedHost], folder: Path, tmp_path: Path
) -> None:
    first = make(tmp_path)
    second = make(tmp_path)
    second.connect()
    model = first.register(folder)
    first.load(model)
    second.load(model)
    assert answers(second, model)
    third = make(tmp_path)
    third.connect()
    demo = EmbeddedHost(tmp_path)
    assert find_model(demo.catalogue(), model) is None
    demo.close()
    assert answers(first, model)
    third.remove(model)
    assert find_model(second.catalogue(), model) is None


def test_a_registration_that_was_half_written_is_none(make: Callable[[Path], EmbeddedHost], tmp_path: Path) -> None:
    store = tmp_path / "embedded" / "registered"
    store.mkdir(parents=True)
    (store / "own-half.json").write_text('{"folder": "/wh')
    (store / "own-other.json").write_text(json.dumps({"folder": 7}))
    assert [card.toy for card in make(tmp_path).catalogue()] == [True] * 3


def test_bundled_models_stay(make: Callable[[Path], EmbeddedHost], tmp_path: Path) -> None:
    host = make(tmp_path)
    assert host.connect().kind == "embedded"
    model = host.catalogue()[0].id
    assert host.abilities[Ability.REMOVE] == ""
    reason = host.abilities_of(model)[Ability.REMOVE]
    with pytest.raises(ModelFailedError) as caught:
        host.remove(model)
    assert caught.value.sentence() == f"{model} cannot be removed. {reason}."


def test_the_demo_alone_takes_nothing_in_and_gives_nothing_away(embedded: EmbeddedHost, folder: Path) -> None:
    model = embedded.catalogue()[0].id
    steps: dict[Ability, Callable[[], object]] = {
        Ability.REGISTER: lambda: embedded.register(folder),
        Ability.REMOVE: lambda: embedded.remove(model),
        Ability.DOWNLOAD: lambda: embedded.download("phi-4-mini", lambda _: None, Event()),
    }
    for ability, step in some(steps.items()):
        with pytest.raises(ModelFailedError, match=f"this host cannot {ability.value} it") as caught:
            step()
        assert embedded.abilities[ability] in caught.value.sentence()
    assert embedded.offers().cards == embedded.catalogue()
