"""A name that means no model is told as what it is, and what was probably meant."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tui.core.catalog.model_card import ModelCard, ModelState
from tui.core.errors import BadInputError, NoHostError, NoModelError
from tui.hosts.base import HostInfo
from tui.hosts.unknown_model import missing_model, not_downloaded

HERE = HostInfo("openai", "Server")
CARDS = (ModelCard("phi-4-mini-instruct:5", "phi-4-mini"), ModelCard("qwen2.5-0.5b", "qwen2.5-0.5b"))
BOXES = HostInfo(
    "several", "a + b", members=(HostInfo("openai", "A", name="a"),), away=(("b", "Nobody answers at http://b."),)
)
OF_A = tuple(ModelCard(name, name, host="a") for name in ("good", "bad", "pings"))


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("phi4-mini", "Perhaps phi-4-mini is meant"),
        ("Phi-4-Mini-Instruct", "Perhaps phi-4-mini-instruct:5 is meant"),
        ("qwen", ""),
        ("something", ""),
    ],
)
def test_a_slip_is_answered_with_the_nearest_names(name: str, hint: str) -> None:
    said = missing_model(name, CARDS, HERE)
    assert isinstance(said, NoModelError)
    assert said.title == f"There is no model {name} on this host"
    assert said.detail == "It has: phi-4-mini-instruct:5, qwen2.5-0.5b."
    assert said.hint == hint


@pytest.mark.parametrize("name", ["", " ", "\n"])
def test_an_empty_name_is_a_slip_of_the_command(name: str) -> None:
    said = missing_model(name, CARDS, HERE)
    assert isinstance(said, BadInputError) and said.sentence() == "The name of a model is empty. Choose with -m MODEL."


@pytest.mark.parametrize("name", ["b/good", "B/good"])
def test_a_model_of_a_host_that_is_away_is_not_missing(name: str) -> None:
    said = missing_model(name, OF_A, BOXES)
    assert isinstance(said, NoHostError)
    assert said.sentence() == f"The host of {name} cannot be asked. b: Nobody answers at http://b."


def test_a_host_that_does_not_say_what_it_has_is_named() -> None:
    silent = HostInfo("openai", "C", name="c", unlisted="The server does not say which models it has.")
    said = missing_model("goood", OF_A, replace(BOXES, members=(*BOXES.members, silent))).sentence()
    assert "b: Nobody answers at http://b. c: The server does not say which models it has. Perhaps a/good" in said


def test_the_name_of_a_host_makes_no_models_alike() -> None:
    said = missing_model("a/godo", OF_A, BOXES)
    assert said.sentence() == (
        "There is no model a/godo on any of these hosts. They have: a/good, a/bad, a/pings. "
        "b: Nobody answers at http://b. Perhaps a/good is meant."
    )
    assert missing_model("goood", OF_A, BOXES).hint == "Perhaps a/good is meant"


def test_names_from_outside_are_cleaned_and_many_are_counted() -> None:
    cards = tuple(ModelCard(f"m\x1b{number}", f"m{number}") for number in range(30))
    said = missing_model("\x1b]0;x\x07", cards, HERE).sentence()
    assert "\x1b" not in said and said.endswith("m␛19, and 10 more.")


def test_what_could_be_downloaded_says_how() -> None:
    said = not_downloaded(ModelCard("m:1", "m", state=ModelState.CATALOG))
    assert said is not None
    assert said.sentence() == "m:1 is not downloaded. `foundry-compare models download m:1` does that."
    assert not_downloaded(ModelCard("m:1", "m", state=ModelState.CACHED)) is None
