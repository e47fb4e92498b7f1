"""The style sheet of the program, parsed once for each theme."""

from __future__ import annotations

from textual.css.stylesheet import Stylesheet


class ParsedOnce(Stylesheet):
    """Parses what it has parsed before only when the theme's variables have changed.

    Textual asks for all of it whenever a theme is set or a screen with styles of its own is shown: twice before the
    first frame. What is added is parsed when the rules are next needed, as `Stylesheet` has it.
    """

    def __init__(self, variables: dict[str, str]) -> None:
        super().__init__(variables=variables)
        self._parsed_with = dict(variables)
        self._stale = False

    def set_variables(self, variables: dict[str, str]) -> None:
        """Take the variables of a theme."""
        if variables != self._parsed_with:
            self._parsed_with, self._stale = dict(variables), True
            super().set_variables(variables)

    def reparse(self) -> None:
        """Parse all of it if the variables have changed. Raises StylesheetError, and is then to be done again."""
        if self._stale:
            super().reparse()
            self._stale = False
