"""The page in Chromium: it asks for nothing, fits its window, and axe-core finds nothing in it.

It takes playwright, Chromium, and axe-core (`npm install axe-core`), whose `axe.min.js` FOUNDRY_COMPARE_AXE names.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.support.some import some

TOP = Path(__file__).parents[3]
AXE = Path(os.environ.get("FOUNDRY_COMPARE_AXE") or TOP / "node_modules/axe-core/axe.min.js")
PAGE = TOP / "tests/data/golden/report.html"
WIDTHS = (400, 1000, 1800)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("playwright") is None, reason="playwright is not installed"),
    pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        opened = started.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND"]
        )
        yield opened
        opened.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_it_asks_for_nothing_says_nothing_and_fits_its_window(browser: Any, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(PAGE.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(folded => { folded.open = true })")
    assert (asked, said) == ([PAGE.as_uri()], [])
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser: Any, scheme: str) -> None:
    context = browser.new_context(bypass_csp=True, color_scheme=scheme, viewport={"width": 1000, "height": 900})
    page = context.new_page()
    page.goto(PAGE.as_uri())
    page.evaluate("[...document.querySelectorAll('details')].slice(0, 12).forEach(folded => { folded.open = true })")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document)")
    assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found["violations"]] == []
    assert len(list(some(found["passes"]))) > 20
    context.close()
