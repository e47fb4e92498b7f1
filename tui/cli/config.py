"""`foundry-compare config`: what is set and where that comes from, where the file is, and what is wrong with it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from tui.cli.exit_codes import ExitCode, ends_with
from tui.cli.output import Group, handles_errors, say, show, show_json, show_sentence, show_table
from tui.cli.settings import is_given
from tui.core.errors import BadInputError, CompareError, prose
from tui.core.host_spec import KnownHosts
from tui.core.settings import HOSTS, SETTINGS, Effective, Problem, Setting, Source, effective
from tui.core.text.clean import clean_line
from tui.core.text.nearest import unknown_name
from tui.hosts.config_entry import CONFIGURABLE, HOST_FORMAT
from tui.hosts.config_entry import SETTINGS as HOST_SETTINGS
from tui.net.addresses import public_url
from tui.storage import paths
from tui.storage.config import check_hosts, lines_of, read_config, read_hosts

_VALUE_WIDTH = 40
_json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")


@click.group(cls=Group)
@ends_with()
def config() -> None:
    """The settings of config.toml."""


@config.command()
@handles_errors
@ends_with()
def path() -> ExitCode:
    """Print where the configuration is."""
    file = paths.config_file(paths.config_dir())
    show(str(file))
    if read_config(file.parent, HOST_FORMAT).text is None:
        say("It is not there yet: nothing is set.")
    return ExitCode.GOOD


@config.command("show")
@_json_option
@click.pass_context
@handles_errors
@ends_with()
def show_settings(context: click.Context, as_json: bool) -> ExitCode:
    """Print every setting with the value that counts, and where that comes from.

    Flags before the command count too: `foundry-compare --theme light config show`.
    """
    folder = paths.config_dir()
    found = read_config(folder, HOST_FORMAT).check()
    for warning in found.warnings():
        say(f"foundry-compare: {warning.sentence()}")
    hosts = read_hosts(folder, HOST_FORMAT)
    lines = lines_of(found.text or "")
    flags = _flags(context)
    rows = [_row(setting, found.values, flags, lines) for setting in SETTINGS]
    if as_json:
        facts = {"path": str(found.path), "exists": found.text is not None}
        show_json(facts | {"settings": rows, "hosts": [_host(name, hosts, lines) for name in hosts.hosts]})
        return ExitCode.GOOD
    shown = [_in_words(row) for row in rows]
    shown += [_host_in_words(_host(name, hosts, lines)) for name in hosts.hosts]
    show_table(shown, alike=False)
    return ExitCode.GOOD


@config.command()
@_json_option
@handles_errors
@ends_with()
def check(as_json: bool) -> ExitCode:
    """Name all that is wrong with the configuration, its themes and the variables that stand for settings."""
    file = paths.config_file(paths.config_dir())
    problems = sorted(_problems(file), key=lambda found: found[1] or 0)
    code = ExitCode.DAMAGED if problems else ExitCode.GOOD
    there = os.path.lexists(file)
    if as_json:
        rows = [{"key": key or None, "line": line, "problem": reason} for key, line, reason in problems]
        show_json({"ok": not code, "exit_code": int(code), "path": str(file), "exists": there, "problems": rows})
        return code
    for _, line, reason in problems:
        show_sentence(prose(reason if line is None else f"Line {line}: {reason}"))
    if not problems:
        say(f"{file}: nothing is wrong." if there else f"{file} is not there: nothing is set, and nothing is wrong.")
    return code


Found = tuple[str, int | None, str]
"""A key, its line and what is wrong with it."""


def _problems(file: Path) -> Iterator[Found]:
    from tui.storage.theme_files import bundled_folder, load_themes

    known, errors = load_themes([bundled_folder(), file.parent / "themes"])
    themes = [theme.name for theme in known]
    try:
        found = read_config(file.parent, HOST_FORMAT)
    except CompareError as error:
        yield "", None, f"{error.title}: {error.detail}"
        yield from _of_environment(themes)
        return
    lines = lines_of(found.text or "")
    of_themes = (Problem("", f"{error.title}: {error.detail}") for error in errors)
    values = _of_values(found.values, themes)
    for problem in (*found.problems, *check_hosts(found, HOST_FORMAT), *of_themes, *values):
        yield problem.key, lines.get(problem.key), problem.reason
    yield from _of_environment(themes)


def _of_values(values: Mapping[str, Any], themes: Sequence[str]) -> Iterator[Problem]:
    """What is wrong with values that are what they should be, and name what is not there, such as one of the themes."""
    from tui.core.conditions.grammar import parse
    from tui.core.conditions.names import Use
    from tui.report.selection import parse_weights
    from tui.storage.prompt_files import read_models, read_rubric

    theme = values.get("theme")
    if theme is not None and theme not in themes:
        yield Problem("theme", f"`theme`: {unknown_name(theme, themes, 'a theme')}")
    if keymap := values.get("keymap"):
        from tui.ui.keymap import keymap_of
        from tui.ui.modes import placed_actions

        for wrong in keymap_of(placed_actions(), keymap).problems:
            yield Problem(f"keymap.{wrong.id}", f"`keymap`: {wrong.reason}")
    checks: dict[str, Callable[[Any], object]] = {
        "rubric": read_rubric,
        "models_file": read_models,
        "report.require": lambda text: parse(text, Use.REQUIRE),
        "report.weight": lambda text: parse_weights([text]),
    }
    for key, check_value in checks.items():
        if key in values:
            try:
                check_value(values[key])
            except CompareError as error:
                yield Problem(key, f"`{key}`: {error.sentence().removeprefix('--weight: ').rstrip('.')}")


def _of_environment(themes: Sequence[str]) -> Iterator[Found]:
    values: dict[str, Any] = {}
    variables: dict[str, str] = {}
    for setting in SETTINGS:
        try:
            found = effective(setting, {}, os.environ)
        except ValueError as error:
            yield setting.key, None, f"The variable {error}"
            continue
        if found.source is Source.ENVIRONMENT:
            values[setting.key], variables[setting.key] = found.value, found.place
    for problem in _of_values(values, themes):
        yield problem.key, None, f"The variable {variables.get(problem.key, '')}: {problem.reason}"


def _flags(context: click.Context) -> Mapping[str, tuple[str, Any]]:
    """What the flags before the command set, by key."""
    program = context.find_root()
    options = {option: one for one in program.command.params if isinstance(one, click.Option) for option in one.opts}
    found: dict[str, tuple[str, Any]] = {}
    with program.scope(cleanup=False):
        for setting in SETTINGS:
            for flag in setting.flags:
                option = options.get(flag)
                if option is not None and is_given(option.name or "", by_hand=True):
                    found[setting.key] = flag, program.params[option.name or ""]
    return found


def _row(
    setting: Setting, file: Mapping[str, Any], flags: Mapping[str, tuple[str, Any]], lines: Mapping[str, int]
) -> dict[str, Any]:
    """A setting as in the output of `--json`."""
    try:
        found = effective(setting, file, os.environ, flags)
    except ValueError as error:
        raise BadInputError(f"The variable {error}") from error
    return {
        "key": setting.key,
        "about": setting.about,
        **_counts(setting, found),
        "line": lines.get(setting.key) if found.source is Source.FILE else None,
        "default": _plain(setting.default),
        "otherwise": setting.otherwise or None,
    }


def _counts(setting: Setting, found: Effective) -> dict[str, Any]:
    # An address may hold a password, and then is not used either: nobody is to read it here.
    value = public_url(str(found.value)) if setting.key == "default_host" and found.value else _plain(found.value)
    return {"value": value, "source": found.source.value, "from": found.place or None}


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, Path) else value


def _host(name: str, hosts: KnownHosts, lines: Mapping[str, int]) -> dict[str, Any]:
    spec = hosts.hosts[name]
    more = {one.key: _plain(value) for one in HOST_SETTINGS if (value := getattr(spec, one.key))}
    return {"name": name, spec.scheme: spec.value, **more, "line": lines.get(f"{HOSTS}.{name}")}


def _in_words(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return row["key"], _shown(row["value"]), _source_in_words(row)


def _source_in_words(row: Mapping[str, Any]) -> str:
    if row["source"] == Source.DEFAULT:
        return f"default: {row['otherwise']}" if row.get("otherwise") else "default"
    place = row["from"] or (f"line {row['line']}" if row.get("line") else "")
    return f"{row['source']}, {place}" if row["source"] == Source.FILE and place else f"{row['source']} {place}".strip()


def _shown(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, dict):
        return clean_line(", ".join(f"{key} = {keys}" for key, keys in value.items()), _VALUE_WIDTH)
    return clean_line(", ".join(map(str, value)) if isinstance(value, list) else str(value), _VALUE_WIDTH)


def _host_in_words(row: Mapping[str, Any]) -> tuple[str, str, str]:
    facts = {key: value for key, value in row.items() if key not in ("name", "line")}
    scheme = next(one.key for one in CONFIGURABLE if one.key in facts)
    others = ", ".join(f"{key} {_shown(value)}" for key, value in facts.items() if key != scheme)
    place = f"file, line {row['line']}" if row["line"] else "file"
    return f"{HOSTS}.{row['name']}", f"{scheme} {_shown(facts[scheme])}", "; ".join(filter(None, (place, others)))
