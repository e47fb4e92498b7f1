"""The style sheet: parsed once for each theme, and always that of the theme in use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from textual.css import stylesheet as textual_stylesheet

from tui.app.stylesheet import ParsedOnce

RED, BLUE = {"accent": "#ff0000"}, {"accent": "#0000ff"}


@contextmanager
def counting() -> Iterator[list[str]]:
    """What is parsed within the block."""
    parsed: list[str] = []
    parse = textual_stylesheet.parse

    def noted(scope: str, css: str, *args: object, **more: object) -> object:
        parsed.append(css)
        return parse(scope, css, *args, **more)

    with patch.object(textual_stylesheet, "parse", noted):
        yield parsed


def colours(sheet: ParsedOnce) -> list[str]:
    return [rule.styles.get_rule("color").hex for rule in sheet.rules]


def test_what_was_parsed_is_not_parsed_again_for_the_same_variables() -> None:
    with counting() as parsed:
        sheet = ParsedOnce(dict(RED))
        sheet.add_source("A { color: $accent; }", ("a", ""))
        assert colours(sheet) == ["#FF0000"]
        sheet.set_variables(dict(RED))
        sheet.reparse()
        sheet.add_source("B { color: $accent; }", ("b", ""))
        sheet.reparse()
        assert colours(sheet) == ["#FF0000", "#FF0000"]
    assert len(parsed) == 2


def test_other_variables_change_every_rule() -> None:
    sheet = ParsedOnce(dict(RED))
    sheet.add_source("A { color: $accent; }", ("a", ""))
    sheet.add_source("B { color: $accent; }", ("b", ""))
    for variables, colour in ((BLUE, "#0000FF"), (RED, "#FF0000")):
        sheet.set_variables(dict(variables))
        sheet.reparse()
        assert colours(sheet) == [colour, colour]
