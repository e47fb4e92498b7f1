"""The pages of the documentation as `foundry-compare help` prints them."""

from __future__ import annotations

import tomllib

import click.shell_completion
import pytest

from tests.support.some import some
from tools.docs import TOP
from tui.cli.command_words import command_of, read_table
from tui.cli.help import TOPICS
from tui.core.text.cell_width import cell_width
from tui.ui.page_text import page_lines

PAGE = """# A title

<!-- generated: names -->
| key | does |
|---|---|
| `a` | one **thing** that takes more than a line of so few cells |
<!-- end -->

[![A picture](a.png)](a.png)

See [the other page](other.md), or <https://example.org/a>.
"""


def test_a_page_fits_its_width_without_what_only_a_browser_shows() -> None:
    lines = page_lines(PAGE, 40)
    text = " ".join(" ".join(lines).split())
    assert all(cell_width(line) <= 40 for line in some(lines))
    assert "See the other page, or https://example.org/a." in text
    assert all(word not in text for word in some(("generated", "picture", "other.md", "**", "\x1b")))


def test_tab_offers_every_topic() -> None:
    (help_of,) = (row for name, row in read_table()["commands"].items() if name == "help")
    offered = click.shell_completion.ShellComplete(command_of("help", help_of), {}, "", "").get_completions([], "re")
    assert [one.value for one in offered] == [topic for topic in TOPICS if topic.startswith("re")] != []


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_is_a_page_that_the_wheel_has(topic: str) -> None:
    project = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))
    inside = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert inside[f"docs/{topic}.md"] == f"tui/pages/{topic}.md"
    lines = page_lines((TOP / "docs" / f"{topic}.md").read_text("utf-8"), 80)
    assert len(lines) > 5 and all(cell_width(line) <= 80 for line in some(lines))
