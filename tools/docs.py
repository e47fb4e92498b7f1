"""Rewrites the blocks of the README and of the pages in docs/ that repeat the code: `python -m tools.docs`.

A block stands between `<!-- generated: NAME -->` and `<!-- end -->`. `BLOCKS` says what makes it and which page has it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from tools import flag_accuracy as accuracy
from tools.demo_models import results
from tools.report_schema import report_schema
from tui.cli.command_words import TABLE, described
from tui.cli.exit_codes import OF_EVERY_COMMAND, ExitCode
from tui.cli.main import cli
from tui.core.answers.checks import CHECK_KEYS
from tui.core.conditions import names
from tui.core.conditions.statistics import STATISTICS
from tui.core.metrics import registry
from tui.core.plans.mode import Mode
from tui.core.scoring.rubric_files import KEYS as CRITERION_KEYS
from tui.core.scoring.score_sheet import COLUMNS as SHEET_COLUMNS
from tui.core.sessions.schema import ROWS, file_schema
from tui.core.settings import SETTINGS, Setting
from tui.core.settings import TABLES as SETTING_TABLES
from tui.core.workshop_variables import VARIABLES
from tui.hosts.base import Ability
from tui.hosts.config_entry import CONFIGURABLE
from tui.hosts.config_entry import SETTINGS as HOST_SETTINGS
from tui.hosts.host_kind import HostKind
from tui.hosts.registry import KINDS
from tui.report.formats import registry as formats
from tui.report.model_verdicts import verdicts_on
from tui.report.options import BY
from tui.report.request_table import COLUMNS as REQUEST_COLUMNS
from tui.report.request_table import Kind as ColumnKind
from tui.report.selection import DIMENSIONS as SELECTION
from tui.storage.session_files import load_sessions
from tui.storage.theme_files import bundled_folder, load_themes
from tui.ui import modes
from tui.ui.actions import Action, Need

TOP = Path(__file__).resolve().parent.parent
_PLACE = re.compile(r"(<!-- generated: (?P<name>[a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def keys() -> str:
    """Every key, by the place where it works."""
    rows = [_key(item, "everywhere" if item.priority else "outside text fields") for item in modes.EVERYWHERE]
    for mode in modes.MODES:
        # A key without priority is text while a text field has the focus.
        anywhere = f"on the {mode.title} screen"
        for group in mode.groups:
            rows += [_key(item, anywhere if item.priority else group.place) for item in group.actions]
    rows += [_key(item, group.place) for group in modes.OVER_ALL for item in group.actions]
    return table(("key", "does", "where", "needs", "or", "id"), rows)


def _key(item: Action, where: str) -> tuple[str, ...]:
    shown = f"`{item.shown}`" if item.shown else "in the palette"
    needs = ", ".join(need.value for need in item.needs)
    about = item.about if item.shown else f"*{item.label}*: {item.about}"
    return shown, about, where, needs, " ".join(f"`{twin}`" for twin in item.twins), f"`{item.id}`"


def main_keys() -> str:
    """The keys of the first screen that work everywhere or stand in the key bar below it."""
    first = modes.mode_called(modes.FIRST).screen_class()
    chosen = [item for item in (*modes.EVERYWHERE, *first.ACTIONS) if item.priority or item.footer]
    chosen = [item for item in chosen if Need.REPLAY not in item.needs]
    return table(("key", "does"), [(f"`{item.shown}`", item.about) for item in chosen])


def commands() -> str:
    """Every command in its own words."""
    rows = [(f"`{context.command_path}`", command.get_short_help_str(200)) for context, command in every_command()]
    return table(("command", "does"), rows)


def every_command() -> Iterator[tuple[click.Context, click.Command]]:
    """Each command with the context that knows its full name: the program first, a group before its members."""
    waiting: list[click.Context] = [click.Context(cli, info_name="foundry-compare")]
    while waiting:
        context = waiting.pop(0)
        command = context.command
        yield context, command
        if isinstance(command, click.Group):
            found = [(name, command.get_command(context, name)) for name in command.list_commands(context)]
            waiting[:0] = [click.Context(inner, context, name) for name, inner in found if inner is not None]


_SEVERAL = 3
"""An option that so many commands have alike is described once for all of them."""


def options() -> str:
    """The options of every command, those that several commands have in common first."""
    found = [
        (context.command_path, option)
        for context, command in every_command()
        for option in command.params
        if isinstance(option, click.Option) and option.name != "version"
    ]
    users: dict[tuple[str, ...], list[str]] = {}
    for path, option in found:
        users.setdefault(_described(option), []).append(path)
    common = [row for row, paths in users.items() if len(paths) >= _SEVERAL]
    text = f"Several commands have these:\n\n{table(('option', 'does'), common)}"
    for path in dict.fromkeys(path for path, _ in found):
        rows = [row for where, option in found if where == path and (row := _described(option)) not in common]
        if rows:
            text += f"\n### {path}\n\n{table(('option', 'does'), rows)}"
    return text


def _described(option: click.Option) -> tuple[str, ...]:
    """An option as it is written, and what it does, with its default and its variable."""
    kind = option.type
    metavar = option.metavar or ("|".join(map(str, kind.choices)) if isinstance(kind, click.Choice) else "")
    written = ", ".join([*option.opts, *option.secondary_opts]) + (
        f" {metavar}" if metavar and not option.is_flag else ""
    )
    about = [option.help or ""]
    if option.show_default:
        about.append(f"Default: {option.default}.")
    if isinstance(option.envvar, str):
        about.append(f"Variable: `{option.envvar}`.")
    return f"`{written}`", " ".join(filter(None, about))


def exit_codes_by_command() -> str:
    """Every exit code below those of signals, and which commands may end with it."""
    ends = {context.command_path.partition(" ")[2]: _exit_codes(command) for context, command in every_command()}
    rows = []
    for code in ExitCode:
        its = [f"`{name}`" for name, codes in ends.items() if code in codes]
        if code in OF_EVERY_COMMAND:
            its = ["every command"]
        rows.append((str(int(code)), code.meaning, ", ".join(its)))
    return table(("code", "means", "commands"), rows)


def _exit_codes(command: click.Command) -> tuple[ExitCode, ...]:
    codes: tuple[ExitCode, ...] = getattr(command.callback, "exit_codes", ())
    return codes


def dimensions() -> str:
    """Every dimension of conditions."""
    rows = []
    for one in names.DIMENSIONS:
        example = f"`{one.name} {'=' if one.is_text else '<'} {one.example}`"
        rows.append((f"`{one.name}`", one.meaning, example, _uses(one.uses)))
    return table(("name", "what it is", "for example", "for"), rows)


def figures() -> str:
    """Every figure of conditions."""
    rows = [
        (f"`{one.name}`", one.unit, one.meaning, f"`{one.statistic}`" + " only" * bool(one.only), _uses(one.uses))
        for one in names.figures()
    ]
    return table(("name", "unit", "what it is", "statistic if none is named", "for"), rows)


def _uses(uses: names.Use) -> str:
    return "all" if uses == names.ANY else ", ".join(f"`{use.option}`" for use in names.Use if use in uses)


def statistics() -> str:
    """Every statistic of conditions."""
    rows = [
        (f"`{one.name}`" + (f", `{one.also}`" if one.also else ""), one.meaning, str(one.least)) for one in STATISTICS
    ]
    return table(("name", "what it is", "values that it needs"), rows)


def hosts() -> str:
    """Every kind of host."""
    rows = [(kind.title, kind.found, _abilities(kind)) for kind in KINDS]
    return table(("host", "how it is found", "what it can do beyond answering"), rows)


def host_settings() -> str:
    """Every key of a host in the configuration."""
    rows = [(f"`{scheme.key}`", "", scheme.configured_as) for scheme in CONFIGURABLE]
    rows += [(f"`{setting.key}`", setting.beside(), setting.about) for setting in HOST_SETTINGS]
    return table(("key", "beside", "what it is"), rows)


def settings() -> str:
    """Every setting of the configuration, table by table."""
    text = ""
    for name in ("", *SETTING_TABLES):
        rows = [_setting(setting, name) for setting in SETTINGS if setting.key.rpartition(".")[0] == name]
        heading = f"### `[{name}]`\n\n" if name else ""
        text += f"{heading}{table(('key', 'what it is', 'value', 'without it', 'counts before it'), rows)}\n"
    return text.rstrip("\n") + "\n"


def _setting(setting: Setting, within: str) -> tuple[str, ...]:
    before = [f"`{one}`" for one in (*setting.flags, *(name for names in setting.variables for name in names))]
    value = f"{setting.default:g}" if isinstance(setting.default, float) else f"{setting.default}"
    usual = setting.otherwise or f"`{value.lower()}`"
    return f"`{setting.key.removeprefix(f'{within}.')}`", setting.about, setting.kind.name, usual, ", ".join(before)


def workshop_variables() -> str:
    """Every variable of the workshop."""
    rows = [
        (
            f"`{one.name}`",
            ", ".join(one.readers) or "all that ask a host",
            one.stands_for,
            one.about,
        )
        for one in VARIABLES
    ]
    return table(("variable", "read by", "stands for", "and"), rows)


def criteria() -> str:
    """Every key of a criterion in a rubric."""
    return table(("key", "what it is"), [(f"`{key.name}`", key.about) for key in CRITERION_KEYS])


def _abilities(kind: HostKind) -> str:
    can = ", ".join(ability.name.lower() for ability in Ability if ability in kind.can)
    return "; ".join(part for part in (can, kind.but) if part)


def themes() -> str:
    """Every theme that comes with the program, with the first sentence of its file's opening comment."""
    found, _ = load_themes([bundled_folder()])
    return table(("theme", "what it is"), [(f"`{theme.name}`", _first_sentence(theme.path)) for theme in found])


def _first_sentence(file: Path) -> str:
    comment = file.read_text(encoding="utf-8").partition("\nname")[0].replace("\n#", " ").removeprefix("#")
    return " ".join(comment.partition(". ")[0].split()).removesuffix(".")


def metrics() -> str:
    """Every metric."""
    rows = [
        (
            f"`{metric.name}`",
            metric.unit,
            metric.formula,
            "; ".join(part for part in (metric.meaning, metric.note) if part),
            metric.better.value if metric.better is not None else "",
            "yes" if metric.needs_tokens else "",
            _places(metric.shown_in),
        )
        for metric in registry.METRICS
    ]
    return table(("name", "unit", "formula", "meaning", "better", "needs tokens", "shown in"), rows)


def flags() -> str:
    """Every flag."""
    rows = [
        (
            f"`{flag.name}`",
            f"`{flag.sign}`",
            flag.meaning,
            f"`{flag.json_key or flag.name}`" if registry.Place.JSON in flag.shown_in else "",
            _places(flag.shown_in),
            flag.when,
        )
        for flag in registry.FLAGS
    ]
    return table(("flag", "sign", "meaning", "key in `run --json`", "shown in", "when it holds"), rows)


def flag_accuracy() -> str:
    """How often the flags on an answer's text are right."""
    return table(accuracy.HEADINGS, accuracy.rows())


def _places(shown_in: registry.Place) -> str:
    return ", ".join(name for place, name in registry.PLACES.items() if place in shown_in)


def report_formats() -> str:
    """Every format of a report."""
    every = (*formats.FORMATS, *formats.FILE_FORMATS)
    rows = [(f"`{form.name}`", f"`{form.suffix}`", form.purpose) for form in every]
    return table(("`--format`", "a file's name ends in", "what it is"), rows)


def request_columns() -> str:
    """What is known of each request, in CSV and Parquet."""
    rows = [(f"`{column.name}`", _SQL_KINDS[column.kind], column.meaning) for column in REQUEST_COLUMNS]
    return table(("column", "what it is", "what it holds"), rows)


_SQL_KINDS = {
    ColumnKind.TEXT: "text",
    ColumnKind.WHOLE: "whole number",
    ColumnKind.NUMBER: "number",
    ColumnKind.TRUTH: "true or false",
    ColumnKind.INSTANT: "instant",
    ColumnKind.DATE: "day",
}


def sheet_columns() -> str:
    """The columns of a score sheet."""
    rows = [(f"`{column.name}`", column.about, "yes" if column.read_back else "") for column in SHEET_COLUMNS]
    return table(["column", "what it holds", "must come back"], rows)


def session_keys() -> str:
    """Every key of the session file, table by table."""
    schema = file_schema()
    top = {key: value for key, value in schema["properties"].items() if key not in (*ROWS, "tool", "host", "end")}
    parts = [("At the top", {"description": "What session it is.", "properties": top, "required": schema["required"]})]
    for name in ("tool", "host", *ROWS, "end"):
        value = schema["properties"][name]
        table_of = value["anyOf"][0] | {"description": value["description"]} if "anyOf" in value else value
        title = f"`[[{name}]]`" if name in ROWS else f"`[{name}]`"
        parts.append((title, table_of.get("items", table_of)))
    text = [
        f"### {title}\n\n{part['description']}\n\n{table(('key', 'holds', 'meaning'), _session_rows(part))}"
        for title, part in parts
    ]
    return "\n".join(["", *text, ""])


def _session_rows(part: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str, str]]:
    for name, value in part["properties"].items():
        inner = value.get("items", value)
        holds = "tables" if "properties" in value.get("items", {}) else _holds(value)
        always = ", always" if name in part.get("required", ()) else ""
        yield f"`{prefix}{name}`", holds + always, value["description"]
        if "properties" in inner:
            yield from _session_rows(inner, f"{prefix}{name}.")


def _holds(value: dict[str, Any]) -> str:
    """What a key holds, in words."""
    if "enum" in value:
        return ", ".join(f"`{one}`" for one in value["enum"])
    if "const" in value:
        return f"`{value['const']}`"
    if value["type"] == "array":
        return f"list of {_PLURALS[value['items']['type']]}"
    return "date and time" if value.get("format") == "date-time" else _KINDS[value["type"]]


_KINDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "table",
}
_PLURALS = {"string": "texts", "integer": "whole numbers", "array": "pairs"}


def session_schema() -> str:
    """The session file's format as a JSON Schema."""
    return json.dumps(file_schema(), indent=2, ensure_ascii=False) + "\n"


def report_schema_file() -> str:
    """A report as JSON, as a JSON Schema."""
    return json.dumps(report_schema(), indent=2, ensure_ascii=False) + "\n"


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a page that repeats the code."""

    page: str
    """The file that has it, from the top of the checkout."""
    text: Callable[[], str]
    """Makes it, as Markdown that ends with a line feed."""


def report_dimensions() -> str:
    """What `report --by` takes."""
    return table(("`--by`", "what stands together"), ((f"`{by.name}`", by.meaning) for by in BY))


def selection_dimensions() -> str:
    """What the choice of a model depends on."""
    rows = (
        (f"`{one.name}`", one.title, one.meaning, one.better.value)
        if one.value is not None
        else ("", one.title, one.meaning, "")
        for one in SELECTION
    )
    return table(("`--weight`", "column", "what it is", "better"), rows)


def check_keys() -> str:
    """The keys of a check of the user's own."""
    rows = ((f"`{key}`", f"`{json.dumps(right)}`", meaning) for key, (right, meaning) in CHECK_KEYS.items())
    return table(("key", "such as", "meaning"), rows)


def python_verdict() -> str:
    """What a script is told of two models of the example sessions, as a terminal of 100 columns shows it."""
    found = verdicts_on(load_sessions([TOP / "sessions" / "examples"]), ["demo-large", "demo-small"])
    measured = replace(found, found=tuple(one for one in found if one.mode is Mode.MEASURE))
    return f"```text\n{measured.text(100)}\n```\n"


BLOCKS = {
    "main-keys": Block("README.md", main_keys),
    "commands": Block("docs/commands.md", commands),
    "options": Block("docs/commands.md", options),
    "dimensions": Block("docs/conditions.md", dimensions),
    "figures": Block("docs/conditions.md", figures),
    "statistics": Block("docs/conditions.md", statistics),
    "exit-codes-by-command": Block("docs/exit-codes.md", exit_codes_by_command),
    "demo-models": Block("docs/demo-models.md", results.table),
    "hosts": Block("docs/hosts.md", hosts),
    "host-settings": Block("docs/hosts.md", host_settings),
    "settings": Block("docs/config.md", settings),
    "workshop-variables": Block("docs/settings.md", workshop_variables),
    "criteria": Block("docs/prompts-and-models.md", criteria),
    "python-verdict": Block("docs/python-api.md", python_verdict),
    "keys": Block("docs/keys.md", keys),
    "metrics": Block("docs/measurement.md", metrics),
    "flags": Block("docs/measurement.md", flags),
    "flag-accuracy": Block("docs/measurement.md", flag_accuracy),
    "report-formats": Block("docs/measurement.md", report_formats),
    "report-dimensions": Block("docs/reports.md", report_dimensions),
    "selection-dimensions": Block("docs/reports.md", selection_dimensions),
    "check-keys": Block("docs/reports.md", check_keys),
    "request-columns": Block("docs/report-data.md", request_columns),
    "sheet-columns": Block("docs/sessions.md", sheet_columns),
    "session-keys": Block("docs/sessions.md", session_keys),
    "themes": Block("docs/settings.md", themes),
}


def command_words() -> str:
    """What completing a command reads in place of the commands."""
    return json.dumps(described(cli), indent=1, ensure_ascii=False) + "\n"


FILES = {
    "docs/session.schema.json": session_schema,
    "docs/report.schema.json": report_schema_file,
    f"tui/cli/{TABLE}": command_words,
}
"""Whole files that repeat the code."""


def names_in(text: str) -> list[str]:
    """The names of the blocks that a page has, in its order."""
    return [found["name"] for found in _PLACE.finditer(text)]


def rewritten(text: str) -> str:
    """The page with every block as the code says today. Raises KeyError for a block that `BLOCKS` does not have."""
    return _PLACE.sub(lambda found: f"{found[1]}{BLOCKS[found['name']].text()}{found[3]}", text)


if __name__ == "__main__":
    for file in sorted({TOP / block.page for block in BLOCKS.values()}):
        file.write_text(rewritten(file.read_text(encoding="utf-8")), encoding="utf-8")
    for name, make in FILES.items():
        (TOP / name).write_text(make(), encoding="utf-8")
