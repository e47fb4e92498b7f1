"""Adapters that a script gives itself: classes and objects that answer in its own process."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

import foundry_compare as fc
from tests.support.adapters import Facts, Plain
from tests.support.loopback_server import LoopbackServer


class Named:
    """An object answers for one model, whose name it may choose."""

    def __init__(self, name: str) -> None:
        self.models = name
        self.unloaded = 0

    def generate(self, prompt: str, max_tokens: int = 5) -> Iterator[str]:
        yield f"{self.models}: {prompt}"

    def unload(self) -> None:
        self.unloaded += 1


class Endless:
    def __init__(self) -> None:
        self.closed = self.unloaded = False

    def generate(self, prompt: str) -> Iterator[str]:
        try:
            while True:
                yield "on "
                time.sleep(0.01)
        finally:
            self.closed = True

    def unload(self) -> None:
        assert self.closed
        self.unloaded = True


class Failing:
    models = ("cannot load", "fails")

    def load(self, model: str) -> None:
        self.model = model
        if model == "cannot load":
            raise FileNotFoundError("no weights")

    def generate(self, prompt: str) -> Iterator[str]:
        yield "so far"
        raise RuntimeError("lost the thread")


class NoAdapter:
    """Has no `generate`."""


@pytest.mark.slow
def test_a_class_and_objects_answer_beside_a_server(server: LoopbackServer) -> None:
    one = Named("first")
    compared = fc.compare(
        "hello", lambda models: [card for card in models.cards if card.id in ("first", "second", "Plain", "good")],
        host=[server.url, Plain, one, Named("second")], save=False,
    )  # fmt: skip
    assert compared.ok
    answers = {compared.model(result).card.id: result.answer for result in compared.results}
    assert {name: answers[name] for name in ("Plain", "first", "second")} == {
        "Plain": "HELLO",
        "first": "first: hello",
        "second": "second: hello",
    }
    assert "good" in answers and one.unloaded == 1
    assert {host["kind"] for host in compared.session.hosts.values()} == {"adapter", "openai"}
    assert list(compared.session.hosts)[1:] == ["Plain", "Named", "Named-2"]


@pytest.mark.slow
def test_what_the_class_says_of_itself_is_kept() -> None:
    compared = fc.compare("hi", "one", host=Facts, save=False)
    card = compared.model(compared.results[0]).card
    assert (card.licence, card.device, card.context, compared.session.host["version"]) == ("MIT", "NPU", 4096, "3.1")
    assert '"name": "one"' in compared.results[0].answer


@pytest.mark.slow
def test_what_it_raises_is_the_models_failure(capsys: pytest.CaptureFixture[str]) -> None:
    compared = fc.compare("hi", ["cannot load", "fails"], host=Failing, save=False)
    first, second = compared.results
    assert first.fault is not None and "could not be loaded" in first.fault.message
    assert first.fault is not None and "no weights" in first.fault.message
    assert second.fault is not None and "lost the thread" in second.fault.message
    assert second.answer == "so far"
    assert "RuntimeError: lost the thread" in capsys.readouterr().err


@pytest.mark.slow
async def test_an_answer_that_is_stopped_is_closed_and_its_model_unloaded() -> None:
    endless = Endless()
    async with fc.comparing("hi", host=endless, save=False) as going:
        async for update in going:
            if isinstance(update, fc.TextArrived):
                break
    compared = await going.result()
    assert compared.results[0].answer.startswith("on ") and endless.unloaded


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (NoAdapter, "NoAdapter has no method generate."),
        (NoAdapter(), "NoAdapter has no method generate."),
        (Named, "Named cannot be made without arguments."),
        (Facts(), "Facts names 2 models, and an object of it can be one."),
    ],
)
def test_what_can_be_no_adapter_is_refused(given: object, sentence: str) -> None:
    with pytest.raises(fc.CompareError) as caught:
        fc.compare("hi", host=given)  # type: ignore[arg-type]
    assert caught.value.sentence().startswith(sentence)


def test_a_model_that_it_does_not_have_is_named() -> None:
    with pytest.raises(fc.NoModelError) as caught:
        fc.compare("hi", "three", host=Facts)
    assert "three" in caught.value.sentence()
