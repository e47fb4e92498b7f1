"""The README's moving picture: what makes it, and what it must hold to wherever it is shown."""

from __future__ import annotations

import io
import re
from xml.etree import ElementTree

from rich.console import Console
from rich.text import Text

from tests.support.some import some
from tools.docs import TOP
from tools.moving_picture import moving

PICTURE = (TOP / "docs" / "streaming.svg").read_text("utf-8")


def screen(text: str) -> str:
    console = Console(record=True, width=20, file=io.StringIO())
    console.print(Text("the same"), Text(text, style="on red"), sep="\n")
    return console.export_svg(title="t")


def texts_of(svg: str) -> list[str]:
    found = ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
    return ["".join(element.itertext()).replace("\u00a0", " ").strip() for element in found]


def test_what_frames_share_is_there_once_and_what_they_differ_in_takes_turns() -> None:
    made = moving([(screen("one"), 1.0), (screen("two"), 1.0), (screen("one"), 2.0)])
    assert texts_of(made) == ["t", "the same", "one", "two"]
    (one,) = re.findall(r'<g class="(k\d+)"><text[^>]*>one', made)
    (two,) = re.findall(r'<g class="h (k\d+)"><text[^>]*>two', made)
    assert f"{one}{{0.00%{{visibility:visible}}25.00%{{visibility:hidden}}50.00%{{visibility:visible}}}}" in made
    assert f"{two}{{0.00%{{visibility:hidden}}25.00%{{visibility:visible}}50.00%{{visibility:hidden}}}}" in made
    assert made.count("4.00s step-end infinite") >= 2


def test_the_picture_is_small_moves_and_needs_nothing_from_elsewhere() -> None:
    assert len(PICTURE.encode()) < 1_000_000
    assert len(set(re.findall(r"[\d.]+%", PICTURE))) > 20
    for outside in some(("script", "url(", "href", "http://", "https://", "@font-face")):
        assert outside not in PICTURE.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert "prefers-reduced-motion" in PICTURE


def test_the_picture_shows_three_answers_and_their_scores() -> None:
    texts = " ".join(texts_of(PICTURE))
    assert all(name in texts for name in some(("smollm2", "demo-large", "demo-medium", "★★★★★", "★★★★☆")))
