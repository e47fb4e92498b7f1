"""`foundry-compare run --blind`: what it prints does not tell which model gave which answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.loopback_server import FINISH, SCRIPTS, LoopbackServer, Wire, late_text, refusing, text
from tests.support.program import call
from tests.support.some import some
from tui.core.blind.masks import MASK
from tui.core.blind.orders import is_unrevealed, shuffled
from tui.core.plans.questions import PlanQuestion
from tui.storage.session_files import load

MODELS = ("qwen2.5-0.5b", "phi-4-mini", "mistral-7b")
FIGURES = re.compile(r"tok|\d\.\d|\d s\b|first|failed|done")


async def itself(wire: Wire) -> None:
    await wire.head()
    await wire.event(text("I am Qwen, of qwen2.5-0.5b. To "))
    await wire.event(text(wire.talk.body["messages"][-1]["content"][-1]))
    await wire.event(FINISH)
    await wire.event("[DONE]")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackServer]:
    failing = refusing("500 Server Error", {"error": {"message": "mistral-7b ran out of memory"}})
    for name, script in zip(MODELS, (itself, late_text, failing), strict=True):
        monkeypatch.setitem(SCRIPTS, name, script)
    with LoopbackServer().running() as running:
        yield running


def test_answers_are_printed_together_in_the_order_that_was_drawn(server: LoopbackServer, tmp_path: Path) -> None:
    models = [part for model in MODELS for part in ("-m", model)]
    asked = ("-p", "Question A", "-p", "Question B", "--mode", "race")
    done = call("run", "--host", server.url, *models, *asked, "--blind", "--sessions", "kept", cwd=tmp_path)
    assert done.code == 5, done.err
    (file,) = (tmp_path / "kept").glob("*.toml")
    printed = done.out.replace(str(file), "").replace(file.name, "") + done.err
    for word in some((*MODELS, "qwen", "127.0.0.1", str(server.port), "memory", "500")):
        assert word not in printed.casefold(), printed
    assert not FIGURES.search(printed), printed
    assert "Asking 3 models, blind" in done.err and "V reveals which model gave which answer" in done.out
    kept = load(file)
    assert is_unrevealed(kept) and len(kept.orders) == 2
    titles = [f"answer {place} · Question {letter}" for letter in "AB" for place in (1, 2, 3)]
    assert re.findall(r"── (answer \d · Question .) ─", done.out) == titles
    for order, part in some(zip(kept.orders, re.split("answer 1", done.out)[1:], strict=True)):
        assert order.seed is not None
        assert order.models == shuffled(kept.plans["plan1"].models, order.seed, PlanQuestion("plan1", order.prompt))
        letter = kept.prompts[order.prompt].user[-1]
        said = {"m1": f"I am {MASK}, of {MASK}. To {letter}", "m2": "late", "m3": "There is no answer here."}
        places = [part.index(said[key]) for key in order.models]
        assert places == sorted(places)


def test_what_would_name_the_models_does_not_go_with_it(tmp_path: Path) -> None:
    for option in some(("--json", "--no-save")):
        done = call("run", "--blind", option, "-p", "hi", "--host", "http://127.0.0.1:9", cwd=tmp_path)
        assert (done.code, done.out) == (2, "") and f"--blind goes without {option}" in done.err
