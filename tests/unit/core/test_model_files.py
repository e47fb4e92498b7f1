"""What files say of models: the workshop's shapes read, and written so that they are read as they were."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.some import some
from tui.core.catalog.model_card import ModelCard
from tui.core.dict_reader import EntryError
from tui.core.errors import BadInputError
from tui.core.plans.model_files import MODEL_KEYS, ModelEntry, entries_of, model_entries_from, models_to_dict
from tui.core.sessions.session_model import Overrides
from tui.storage.prompt_files import read_model_file, read_prompts, write_models

WORKSHOP = Path(__file__).parents[2] / "data" / "workshop"
NAME = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12).filter(
    lambda text: bool(text.strip()) and text not in ("prompts", "prompt", "variables", "criteria", "models", "model")
)
WORDS = st.lists(NAME.map(str.strip), max_size=3, unique=True).map(tuple)


def test_the_workshops_file_has_models_by_name_and_prompts_beside_them() -> None:
    entries, beside = read_model_file(WORKSHOP / "models.json")
    assert entries == (
        ModelEntry("demo-small", Overrides(temperature=0.0), ("chat",), 0.4, ("fast",)),
        ModelEntry("demo-large", Overrides(), ("chat",), 22, ("good", "slow"), "32M"),
    )
    assert list(beside) == ["prompts"]
    assert [one.user for one in read_prompts(WORKSHOP / "models.json").prompts] == [
        "What is RAG?", "What is quantization?",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "says", "key"),
    [
        (["a", {"alias": "phi", "tag": ["x"]}], "Model 2 (`phi`): `tag` is not a key of a model that is known; did "
         "you mean `tags`?", "tags"),
        ({"phi": {"temprature": 1}}, "Model 1 (`phi`): `temprature` is not a key of a model that is known; did you "
         "mean `temperature`?", "temperature"),
        ({"phi": {"params": {"top_k": 1}}}, "Model 1 (`phi`): `params`: `top_k` is not a key of a model that is known; "
         "did you mean `top_p`?", "top_p"),
        ({"phi": {"params": {"seed": "x"}}}, "Model 1 (`phi`): `seed` should be a whole number", "seed"),
        ({"phi": {"capabilities": "chat"}}, "Model 1 (`phi`): `capabilities` should be a list", "capabilities"),
        ({"phi": {"tags": [" "]}}, "Model 1 (`phi`): `tags` has a text that is empty or longer than 60 characters",
         "tags"),
        ({"phi": {"size_mb": -1}}, "Model 1 (`phi`): `size_mb` should be a number of megabytes", "size_mb"),
        ({"phi": {"params": []}}, "Model 1 (`phi`): `params` should be a table of sampling parameters, or the number "
         "of parameters", "params"),
        ([{"alias": " "}], "Model 1 (` `): `alias` is empty", "alias"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_by_its_entry_and_its_key(data: Any, says: str, key: str) -> None:
    with pytest.raises(EntryError) as caught:
        model_entries_from(data)
    assert (str(caught.value), caught.value.key) == (says, key)
    assert model_entries_from([{"alias": "phi", caught.value.key: caught.value.right}])


def test_a_model_that_is_no_table_is_named() -> None:
    with pytest.raises(EntryError, match=r"^Model 1 \(`phi`\): it should be a table$"):
        model_entries_from({"phi": 3})


@pytest.mark.parametrize("key", list(MODEL_KEYS))
def test_what_is_shown_as_right_is_right(key: str) -> None:
    named = {} if key in ("alias", "id", "model") else {"alias": "phi"}
    assert len(model_entries_from([named | {key: MODEL_KEYS[key]}])) == 1


@pytest.mark.parametrize("name", ["m.toml", "m.json"])
@given(
    entries=st.lists(
        st.builds(
            ModelEntry,
            NAME,
            st.builds(Overrides, temperature=st.none() | st.floats(0, 2), seed=st.none() | st.integers(0, 99)),
            WORDS,
            st.none() | st.floats(0, 1e6),
            WORDS,
        ),
        min_size=1,
        max_size=4,
        unique_by=lambda entry: entry.name,
    )
)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_models_that_are_written_are_read_as_they_were(name: str, entries: list[ModelEntry], tmp_path: Path) -> None:
    assert model_entries_from(models_to_dict(entries)) == tuple(entries)
    write_models(tmp_path / name, entries, {"prompts": ["Why?"]})
    assert read_model_file(tmp_path / name) == (tuple(entries), {"prompts": ["Why?"]})


def test_what_a_person_wrote_stays_when_the_hosts_models_are_written_over_it() -> None:
    card = ModelCard("phi-cpu:1", "phi", size_bytes=2_000_000, task="chat-completion", tools=True)
    other = replace(card, id="qwen-cpu:1", alias="qwen", size_bytes=None)
    both = (card, other, replace(other, id="qwen-gpu:1"))
    assert [entry.name for entry in entries_of(both)] == ["phi", "qwen-cpu:1", "qwen-gpu:1"]
    known = (
        ModelEntry("gone", tags=("old",)),
        ModelEntry("phi", Overrides(seed=3), ("code",), 9, ("small",), "4B"),
        ModelEntry("qwen-cpu:1", size_mb=5),
    )
    assert entries_of(both, known) == (
        ModelEntry("phi", Overrides(seed=3), ("chat", "tools", "code"), 2.0, ("small",), "4B"),
        ModelEntry("qwen-cpu:1", capabilities=("chat", "tools"), size_mb=5),
        ModelEntry("qwen-gpu:1", capabilities=("chat", "tools")),
        ModelEntry("gone", tags=("old",)),
    )


def test_a_file_names_itself_the_model_the_key_and_a_line_that_would_be_right(tmp_path: Path) -> None:
    for name, text, line in some([
        ("m.json", json.dumps({"phi": {"sise_mb": 3}}), '"size_mb": 2300'),
        ("m.toml", "[models.phi]\nsise_mb = 3\n", "size_mb = 2300"),
    ]):  # fmt: skip
        (tmp_path / name).write_text(text, "utf-8")
        with pytest.raises(BadInputError) as caught:
            read_model_file(tmp_path / name)
        assert name in caught.value.title and "Model 1 (`phi`): `sise_mb`" in caught.value.detail
        assert caught.value.hint == f"Right would be {line}"
