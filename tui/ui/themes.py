"""From theme files to Textual's themes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from textual.color import Color, ColorParseError
from textual.theme import Theme

from tui.core.errors import StoreError
from tui.core.requests.phase import Phase
from tui.storage.theme_files import ThemeFile, bundled_folder, load_themes

DEFAULT_THEME = "dark"
SIXTEEN_THEME = "sixteen"
"""The theme for terminals with no more than sixteen colours."""

# For themes that name no colours of the phases, such as Textual's own: readable on dark and on light ground.
_PHASE_DEFAULTS = {
    Phase.QUEUE: "#777b85",
    Phase.LOAD: "#a36c1c",
    Phase.PREFILL: "#3b7fc4",
    Phase.THINK: "#a05fb8",
    Phase.ANSWER: "#2f8a4a",
}
# Variables that Textual's ANSI palette lacks, or that are unreadable in it on dark or on light ground.
_ANSI_VARIABLES = {
    "ansi-background": "ansi_default",
    "ansi-foreground": "ansi_default",
    "surface-active": "transparent",
    "foreground-disabled": "ansi_default",
    "block-cursor-foreground": "ansi_black",
    "block-cursor-background": "ansi_cyan",
    "input-selection-background": "ansi_cyan",
    "input-selection-foreground": "ansi_black",
    "scrollbar": "ansi_cyan",
    "scrollbar-hover": "ansi_cyan",
    "scrollbar-active": "ansi_bright_cyan",
    "scrollbar-background": "ansi_default",
    "scrollbar-background-hover": "ansi_default",
    "scrollbar-background-active": "ansi_default",
}


def variable_defaults() -> dict[str, str]:
    """Values for the app's `get_theme_variable_defaults()`: the variables that widgets use besides Textual's own."""
    return {_variable(phase): colour for phase, colour in _PHASE_DEFAULTS.items()}


def to_theme(file: ThemeFile) -> Theme:
    """The theme that a file describes. Raises StoreError, which names file and key, for a value that is no colour."""
    for section, colours in (("colours", file.colours), ("phases", file.phases)):
        for key, value in colours.items():
            _check(file, f"{section}.{key}", value)
    colour = file.colours.get
    variables = dict(_ANSI_VARIABLES) if file.ansi else {}
    variables |= {_variable(phase): value for phase, value in file.phases.items()}
    named = (("text-muted", "muted"), ("border-blurred", "secondary"))
    variables |= {variable: file.colours[key] for variable, key in named if key in file.colours}
    theme = Theme(
        name=file.name,
        dark=file.dark,
        ansi=file.ansi,
        primary=file.colours["primary"],
        secondary=colour("secondary"),
        accent=colour("accent"),
        background=colour("background"),
        surface=colour("surface"),
        panel=colour("panel"),
        foreground=colour("foreground"),
        warning=colour("warning"),
        error=colour("error"),
        success=colour("success"),
        variables=variables,
    )
    try:
        theme.to_color_system().generate()
    except ColorParseError as error:
        raise _bad(file, "Its colours do not go together", str(error)) from error
    return theme


def _check(file: ThemeFile, key: str, value: str) -> None:
    try:
        colour = Color.parse(value)
    except ColorParseError as error:
        raise _bad(file, f"`{key}` is {value!r}, which is not a colour", str(error)) from error
    if file.ansi != (colour.ansi is not None):
        wanted = "one of the terminal's own (ansi_red, …)" if file.ansi else "one with a value of its own (#rrggbb)"
        raise _bad(file, f"`{key}` is {value!r}, and the colours of this theme must each be {wanted}", "")


def _bad(file: ThemeFile, detail: str, reason: str) -> StoreError:
    detail = f"{detail} ({reason})" if reason else detail
    return StoreError(
        f"The theme {file.name} cannot be used", detail, f"Mend {file.path}; another theme is used meanwhile"
    )


def _variable(phase: str) -> str:
    return f"phase-{phase}"


def load_all(folders: Iterable[Path]) -> tuple[list[Theme], list[StoreError]]:
    """The bundled themes and those of the folders, by name, and why other files cannot be used."""
    files, errors = load_themes([bundled_folder(), *folders])
    themes: list[Theme] = []
    for file in files:
        try:
            themes.append(to_theme(file))
        except StoreError as error:
            errors.append(error)
    return themes, errors
