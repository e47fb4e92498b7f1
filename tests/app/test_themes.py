"""Themes: the bundled ones, people's own, and bad ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.color import Color

from tests.app.widget_app import WidgetApp
from tests.support.loopback_server import LoopbackServer
from tests.support.screens import asking
from tests.support.some import some
from tui.core.errors import StoreError
from tui.hosts.openai.host import OpenAIHost
from tui.storage import theme_files as themes_module
from tui.storage.theme_files import ThemeFile, bundled_folder, load_themes, remember_theme, remembered_theme
from tui.ui.themes import DEFAULT_THEME, SIXTEEN_THEME, load_all, to_theme, variable_defaults
from tui.ui.widgets.answer.pane import AnswerPane
from tui.ui.widgets.prompt import PromptField

BUNDLED = [file.name for file in load_themes([bundled_folder()])[0]]
COLOURED = [file.name for file in load_themes([bundled_folder()])[0] if not file.ansi]
GOOD = """
name = "mine"
dark = true
[colours]
primary = "#4080c0"
background = "black"
foreground = "rgb(250,250,250)"
"""


def bundled(name: str) -> ThemeFile:
    files, errors = load_themes([bundled_folder()])
    assert errors == []
    return next(file for file in files if file.name == name)


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2.2, from 1 to 21."""

    def luminance(colour: str) -> float:
        parts = [part / 255 for part in Color.parse(colour).rgb]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_the_bundled_themes_are_found_in_the_checkout_and_complete() -> None:
    files, errors = load_themes([bundled_folder()])
    assert errors == []
    assert {file.path for file in files} == set(bundled_folder().iterdir())
    assert {DEFAULT_THEME, SIXTEEN_THEME} < {file.name for file in files}
    for file in some(files):
        assert file.colours.keys() == set(themes_module.COLOURS)
        assert len(set(file.phases.values())) == len(file.phases) == 5


def test_an_installed_package_brings_its_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "site" / "tui" / "themes").mkdir(parents=True)
    monkeypatch.setattr(themes_module, "__file__", str(tmp_path / "site" / "tui" / "storage" / "theme_files.py"))
    assert bundled_folder() == (tmp_path / "site" / "tui" / "themes").resolve()


@pytest.mark.parametrize("name", COLOURED)
def test_text_stands_out_from_its_ground(name: str) -> None:
    colours = bundled(name).colours
    for text in ("foreground", "muted", "primary", "accent", "warning", "error", "success"):
        for ground in ("background", "surface", "panel"):
            assert contrast(colours[text], colours[ground]) >= 4.5, f"{text} on {ground}"


@pytest.mark.parametrize("name", COLOURED)
def test_frames_and_phases_can_be_seen(name: str) -> None:
    file = bundled(name)
    assert contrast(file.colours["secondary"], file.colours["surface"]) >= 3
    for phase, colour in some(file.phases.items()):
        assert contrast(colour, file.colours["surface"]) >= 4.5, f"{phase}: its name is written in it"


def test_high_contrast_is_higher() -> None:
    colours = bundled("high-contrast").colours
    for text in ("foreground", "muted", "primary", "accent", "warning", "error", "success"):
        assert contrast(colours[text], colours["surface"]) >= 7, text


@pytest.mark.parametrize("ground", ["#121212", "#e0e0e0"])
def test_phases_can_be_seen_in_themes_that_do_not_know_of_them(ground: str) -> None:
    for variable, colour in some(variable_defaults().items()):
        assert contrast(colour, ground) >= 3, variable


def test_sixteen_uses_the_terminal_s_own_colours_alone_and_its_own_text_on_its_own_ground() -> None:
    theme = to_theme(bundled("sixteen"))
    assert theme.ansi
    assert (theme.foreground, theme.background, theme.surface) == ("ansi_default",) * 3
    colours = {key: value for key, value in theme.to_color_system().generate().items() if "style" not in key}
    for key, value in some(colours.items()):
        assert value.startswith(("ansi_", "transparent")), f"{key} is {value}"


@pytest.mark.parametrize("name", BUNDLED)
async def test_a_bundled_theme_can_be_worn(name: str) -> None:
    class Dressed(WidgetApp):
        def on_mount(self) -> None:
            self.register_theme(to_theme(bundled(name)))
            self.theme = name

    pane = AnswerPane()
    app = Dressed(PromptField(), pane)
    async with app.run_test() as pilot:
        await pilot.pause()
        assert app.theme == name
        phase = app.get_css_variables()["phase-answer"]
        assert Color.parse(phase) == Color.parse(bundled(name).phases["answer"])


def test_a_theme_needs_three_colours_only_and_replaces_one_of_the_same_name(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(GOOD)
    (tmp_path / "dark.toml").write_text(GOOD.replace('"mine"', '"dark"'))
    files, errors = load_themes([bundled_folder(), tmp_path, tmp_path / "nowhere"])
    assert errors == []
    assert [file.name for file in files] == sorted([*BUNDLED, "mine"])
    assert next(file for file in files if file.name == "dark").path == tmp_path / "dark.toml"
    assert to_theme(next(file for file in files if file.name == "mine")).name == "mine"


def test_a_theme_may_have_8192_bytes(tmp_path: Path) -> None:
    (tmp_path / "long.toml").write_bytes((GOOD + "#" * (8192 - len(GOOD))).encode())
    files, errors = load_themes([tmp_path])
    assert ([file.name for file in files], errors) == (["mine"], [])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("name = ", "Invalid value"),
        (GOOD.replace("mine", "Mine [/]"), "`name` should be"),
        (GOOD.replace('foreground = "rgb(250,250,250)"', ""), "`colours.foreground` is missing"),
        (GOOD.replace('"black"', "7"), "`colours.background` should be a colour"),
        (GOOD.replace("dark = true", 'dark = "yes"'), "`dark` should be true or false"),
        (GOOD + 'acent = "red"', "`colours.acent` is not a key of a theme"),
        (GOOD + '[phases]\nthinking = "red"', "`phases.thinking` is not a key of a theme"),
        (GOOD + "#" * (8193 - len(GOOD)), "It is larger than 8192 bytes"),
        ("a = " + "[" * 3000 + "]" * 3000, "nested too deeply"),
        (b'name = "\xff"', "not UTF-8"),
    ],
)
def test_a_bad_file_is_left_out_with_a_sentence_that_says_why(text: str | bytes, reason: str, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    (tmp_path / "good.toml").write_text(GOOD)
    files, errors = load_themes([tmp_path])
    assert [file.name for file in files] == ["mine"]
    (error,) = errors
    assert reason in error.sentence()
    assert "bad.toml" in error.title


def test_what_cannot_be_read_and_what_comes_twice_is_reported(tmp_path: Path) -> None:
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "one.toml").write_text(GOOD)
    (tmp_path / "two.toml").write_text(GOOD)
    files, errors = load_themes([tmp_path])
    assert [file.path.name for file in files] == ["one.toml"]
    assert ["cannot be read" in error.detail or "same name as one.toml" in error.detail for error in errors] == [
        True
    ] * 2


@pytest.mark.parametrize("value", ["#12345", "nocolour", "red; } * { display: none", "$primary", "auto", ""])
@pytest.mark.parametrize("section", ["colours", "phases"])
def test_a_colour_that_is_none_is_named_with_its_file_and_key(value: str, section: str, tmp_path: Path) -> None:
    key = "accent" if section == "colours" else "think"
    extra = f'{key} = "{value}"' if section == "colours" else f'[phases]\n{key} = "{value}"'
    (tmp_path / "mine.toml").write_text(GOOD + extra)
    (file,), _ = load_themes([tmp_path])
    with pytest.raises(StoreError) as caught:
        to_theme(file)
    assert f"`{section}.{key}`" in caught.value.detail
    assert "mine.toml" in caught.value.sentence()


def test_a_theme_does_not_mix_the_terminal_s_colours_with_others(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(GOOD + 'accent = "ansi_red"')
    (file,), _ = load_themes([tmp_path])
    with pytest.raises(StoreError, match="cannot be used") as caught:
        to_theme(file)
    assert "`colours.accent`" in caught.value.detail


async def test_a_chosen_theme_is_worn_the_next_time(tmp_path: Path) -> None:
    themes, _ = load_all([])

    def remember(name: str) -> None:
        remember_theme(name, tmp_path)

    with LoopbackServer().running() as server:
        host = OpenAIHost(server.url)
        async with asking(host, themes=themes, theme=remembered_theme(tmp_path), remember_theme=remember) as play:
            assert play.app.theme != "light"
            assert remembered_theme(tmp_path) is None
            play.app.theme = "light"
            await play.until(lambda: remembered_theme(tmp_path) == "light")
        async with asking(host, themes=themes, theme=remembered_theme(tmp_path)) as play:
            assert play.app.theme == "light"


async def test_a_theme_that_cannot_be_kept_is_worn_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    themes, _ = load_all([])

    def remember(name: str) -> None:
        remember_theme(name, tmp_path / "file")

    with LoopbackServer().running() as server:
        async with asking(OpenAIHost(server.url), themes=themes, remember_theme=remember) as play:
            play.app.theme = "light"
            await play.sees_notice("theme.txt could not be saved")
            assert play.app.theme == "light"
