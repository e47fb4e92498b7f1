"""What is entered in a registry appears wherever its like is listed, and nowhere is it named a second time.

Each test reads a registry and looks for its entries; the tests with a `fresh` one enter something nobody has heard of.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from tests.support import sessions as make
from tests.support.some import some
from tools import docs
from tui.cli import run as cli_run
from tui.cli import smoke as cli_smoke
from tui.cli.exit_codes import ExitCode
from tui.cli.main import cli
from tui.core.host_spec import HostSpec
from tui.core.metrics import registry
from tui.core.metrics.metrics import Metrics
from tui.core.metrics.registry import Flag, Metric, Place, flags_in, metrics_in
from tui.core.plans.mode import Mode
from tui.core.requests.events import Usage
from tui.core.requests.phases import live
from tui.core.requests.request import Request
from tui.hosts.base import HostInfo, able
from tui.hosts.host_kind import HostKind, Scheme
from tui.hosts.registry import ACCEPTED, KINDS, SCHEMES
from tui.hosts.search.describe import host_lines
from tui.report.aggregate import aggregate
from tui.report.formats import registry as formats
from tui.report.formats.registry import Format
from tui.report.report import Report
from tui.storage.session_files import save
from tui.ui.dialogs.help import HelpDialog
from tui.ui.widgets.metrics import lines, reading

# Metrics and flags

HELP_WIDTH = 65
"""Cells of a line of the help at 80 columns."""
EVERYWHERE = Place(0)
for _place in Place:
    EVERYWHERE |= _place


def everything() -> Request:
    """A request of which nearly all is known."""
    request = make.request("r1", mode=Mode.RACE, thinking=["Hm."], tokens=40, gap_ms=50)
    request.fold(Usage("r1", 300, 40, cached_tokens=12, source="tokenizer"))
    return request


def in_pane(request: Request) -> str:
    """The numbers of a pane that has all the space there is."""
    return "  ".join(lines(reading(request, live(request, make.SENT + 10**10)), 1000))


def in_help() -> list[str]:
    return str(HelpDialog("compare")._text).splitlines()


def in_json(request: Request) -> dict[str, Any]:
    found: dict[str, Any] = cli_run._as_json(make.session([request]), request)["metrics"]
    return found


def in_smoke(request: Request) -> dict[str, Any]:
    checked = cli_smoke._check(make.target().card, request, None)
    return checked.to_dict()


def report() -> Report:
    return aggregate([make.session([everything(), make.request("r2", mode=Mode.RACE)])])


def test_every_field_of_the_metrics_is_registered_in_its_order() -> None:
    """A metric may be read off the request instead, and is then no field."""
    names = [field.name for field in fields(Metrics)]
    derived = [metric for metric in registry.METRICS if metric.name in names]
    assert [metric.name for metric in derived] == names
    made = Metrics(**{name: float(number) for number, name in enumerate(names)})
    assert [metric.read(everything(), made) for metric in some(derived)] == [*range(len(names))]


def test_names_are_given_once_and_sentences_and_reasons_have_what_they_need() -> None:
    names = [entry.name for entry in (*registry.METRICS, *registry.FLAGS)]
    assert len(set(names)) == len(names)
    keys = [flag.json_key or flag.name for flag in flags_in(Place.JSON)]
    assert len({*keys, *names}) == len(names) + sum(key not in names for key in keys)
    for metric in some(registry.METRICS):
        assert metric.meaning and metric.formula and metric.label
        assert not metric.reasons or metric.noun
        assert (metric.why_unknown is None) == (not metric.reasons)
    for flag in some(registry.FLAGS):
        assert flag.shown_in
        assert flag.sign
        assert not flag.about or flag.about in names
    assert set(registry.PLACES) == set(Place)


def test_what_stands_beside_each_other_in_a_pane_is_told_apart() -> None:
    metrics = some(metrics_in(Place.PANE))
    signs = [flag.sign for flag in registry.FLAGS if flag.sign]
    names = [metric.short_label or metric.unit for metric in metrics]
    shortest = [metric.shortest or metric.short_label or metric.unit for metric in metrics]
    for shown in ([*names, *signs], [*shortest, *signs]):
        assert len(set(shown)) == len(shown)


def test_every_metric_and_flag_is_in_the_documents() -> None:
    page = (docs.TOP / "docs" / "measurement.md").read_text("utf-8")
    for entry in some((*registry.METRICS, *registry.FLAGS)):
        assert any(f"`{entry.name}`" in line for line in page.splitlines() if line.startswith("| "))


@pytest.fixture
def all_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every metric is known and every flag holds, whatever the request."""
    metrics = [
        replace(metric, read=lambda *_, value=number + 0.5: value, pane_shows_if=lambda _: True)
        for number, metric in enumerate(registry.METRICS, 1)
    ]
    monkeypatch.setattr(registry, "METRICS", tuple(metrics))
    monkeypatch.setattr(registry, "FLAGS", tuple(replace(flag, holds=lambda *_: True) for flag in registry.FLAGS))


@pytest.mark.usefixtures("all_known")
def test_every_metric_and_flag_of_a_pane_is_there_and_in_the_help() -> None:
    shown, explained = in_pane(everything()), in_help()
    for metric in some(metrics_in(Place.PANE)):
        assert (metric.short_label or metric.unit) in shown
        assert any(line.split()[:1] == [metric.short_label or metric.unit] for line in explained)
    for flag in some(flags_in(Place.PANE)):
        assert flag.sign in shown.split()
        assert any(line.split()[:1] == [flag.sign] for line in explained)
    numbers = explained[explained.index("Numbers") :]
    assert max(len(line) for line in numbers) <= HELP_WIDTH, "a line of the help is broken in two"
    for flag in some(flags_in(Place.NUMBERS)):
        assert f"{flag.sign}40 tok" in shown
        assert any(line.split()[:1] == [flag.sign] for line in explained)


@pytest.mark.usefixtures("all_known")
def test_every_metric_and_flag_of_run_and_smoke_is_there() -> None:
    request = everything()
    listed, line, checked = in_json(request), cli_run.summary(request), in_smoke(request)
    for metric in some(metrics_in(Place.JSON)):
        assert listed[metric.name] == metric.value(request)
    for flag in some(flags_in(Place.JSON)):
        assert (flag.json_key or flag.name) in listed
    for metric in some(metrics_in(Place.SUMMARY)):
        assert (metric.short_label or metric.unit) in line
    for flag in some(flags_in(Place.SUMMARY)):
        assert (flag.label if flag.words is None else flag.words(request)) in line
    for metric in some(metrics_in(Place.SMOKE)):
        assert checked[metric.name] == metric.value(request)


@pytest.mark.usefixtures("all_known")
def test_every_metric_and_flag_of_a_report_is_in_every_format() -> None:
    texts = {form.name: form.render(report()) for form in some(formats.FORMATS)}
    headings, cells = csv.reader(io.StringIO(texts["csv"]))
    (row,) = json.loads(texts["json"])["rows"]
    for metric in some(metrics_in(Place.REPORT)):
        assert f"{metric.name}_median" in headings and f"{metric.label}, {metric.unit}" in texts["md"]
        assert row[metric.name]["n"] == 2
    for flag in some(flags_in(Place.REPORT)):
        assert cells[headings.index(flag.name)] == str(row[flag.name]).lower() != "0"


@pytest.fixture
def fresh_metric(monkeypatch: pytest.MonkeyPatch) -> Metric:
    metric = Metric(
        "letters_per_s", "ltr/s", "lettering", "letters per second", "letters / seconds",
        lambda request, metrics: 1000 * len(request.answer) / metrics.end_ms if metrics.end_ms else None,
        shown_in=EVERYWHERE, short="letters",
    )  # fmt: skip
    monkeypatch.setattr(registry, "METRICS", (*registry.METRICS, metric))
    return metric


def test_a_fresh_metric_is_seen_everywhere(fresh_metric: Metric) -> None:
    request = everything()
    value = fresh_metric.value(request)
    assert value is not None
    assert f"letters {value:.1f} ltr/s" in in_pane(request)
    assert any(line.split() == ["letters", "Letters", "per", "second"] for line in in_help())
    assert f"letters {value:.1f} ltr/s" in cli_run.summary(request)
    assert in_json(request)["letters_per_s"] == in_smoke(request)["letters_per_s"] == value
    assert "| `letters_per_s` | ltr/s | letters / seconds | letters per second |" in docs.metrics()
    texts = {form.name: form.render(report()) for form in formats.FORMATS}
    markdown, spreadsheet, machine = (texts[name] for name in ("md", "csv", "json"))
    assert "lettering, ltr/s" in markdown
    assert "letters_per_s_median" in spreadsheet.splitlines()[0].split(",")
    assert json.loads(machine)["rows"][0]["letters_per_s"]["n"] == 2


def test_a_narrow_pane_gives_up_a_fresh_metric_first(fresh_metric: Metric) -> None:
    request = everything()
    shown = " ".join(lines(reading(request, live(request, 0)), 34))
    assert "total" in shown and "letters" not in shown


@pytest.fixture
def fresh_flag(monkeypatch: pytest.MonkeyPatch) -> Flag:
    flag = Flag(
        "terse", "terse", "The answer has few words", lambda request, _: len(request.answer.split()) < 10,
        shown_in=EVERYWHERE ^ Place.NUMBERS, sign="few", sentence=lambda _: "It is a terse answer.",
    )  # fmt: skip
    monkeypatch.setattr(registry, "FLAGS", (*registry.FLAGS, flag))
    return flag


def test_a_fresh_flag_is_seen_everywhere(fresh_flag: Flag) -> None:
    request = everything()
    assert "few" in in_pane(request).split()
    assert any(line.split() == ["few", "The", "answer", "has", "few", "words"] for line in in_help())
    assert list(registry.sentences(request, request.metrics, Place.REMARK))[-1] == "It is a terse answer."
    assert cli_run.summary(request).endswith(" · contended · terse")
    assert in_json(request)["terse"] is True
    assert "| `terse` | `few` | The answer has few words | `terse` |" in docs.flags()
    texts = {form.name: form.render(report()) for form in formats.FORMATS}
    markdown, spreadsheet, machine = (texts[name] for name in ("md", "csv", "json"))
    assert "2 of 2 runs terse" in markdown
    (row,) = csv.DictReader(io.StringIO(spreadsheet))
    assert (row["terse"], json.loads(machine)["rows"][0]["terse"]) == ("2", 2)


def test_without_the_flag_nothing_of_it_is_shown(fresh_flag: Flag) -> None:
    request = make.request("r1", answer=["word "] * 20)
    assert "few" not in in_pane(request).split() and "terse" not in cli_run.summary(request)
    assert in_json(request)["terse"] is False
    assert "terse" not in aggregate([make.session([request])]).rows[0].notes


# Formats of a report


def called(*words: str) -> Result:
    """A command, read from its module once more: what it offers is put together there."""
    for name in ("tui.cli.report", "tui.cli.report_output"):
        sys.modules.pop(name, None)
    return CliRunner().invoke(cli, words, env={"COLUMNS": "200"})


def test_every_format_is_offered_and_documented(tmp_path: Path) -> None:
    page = (docs.TOP / "docs" / "measurement.md").read_text("utf-8")
    save(make.session([make.request("r1")]), tmp_path / "a.toml")
    offered = called("report", "--help").output
    for form in some(formats.FORMATS):
        assert form.name in offered and form.suffix in offered
        assert f"| `{form.name}` | `{form.suffix}` | {form.purpose} |" in page
        file = tmp_path / f"out{form.suffix}"
        assert called("report", str(tmp_path), "-o", str(file)).exit_code == ExitCode.GOOD
        assert file.read_text("utf-8") == called("report", str(tmp_path), "--format", form.name).output


@pytest.fixture
def fresh_format(monkeypatch: pytest.MonkeyPatch) -> Iterator[Format]:
    form = Format("count", ".count", "for whoever counts", lambda report: f"{len(report.rows)} rows\n")
    monkeypatch.setattr(formats, "FORMATS", (*formats.FORMATS, form))
    yield form
    for name in ("tui.cli.report", "tui.cli.report_output"):
        sys.modules.pop(name, None)


def test_a_fresh_format_is_offered_and_taken_from_the_name_of_the_file(fresh_format: Format, tmp_path: Path) -> None:
    save(make.session([make.request("r1")]), tmp_path / "a.toml")
    offered = called("report", "--help").output
    assert "count" in offered and ".count" in offered
    assert called("report", str(tmp_path), "--format", "count").output == "1 rows\n"
    assert called("report", str(tmp_path), "-o", str(tmp_path / "x.COUNT")).exit_code == ExitCode.GOOD
    assert (tmp_path / "x.COUNT").read_text() == "1 rows\n"
    assert "| `count` | `.count` | for whoever counts |" in docs.report_formats()


# Kinds of hosts


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_of_host_is_in_the_documents_and_in_what_doctor_says(kind: HostKind) -> None:
    page = (docs.TOP / "docs" / "hosts.md").read_text("utf-8")
    assert f"| {kind.title} | {kind.found} |" in page
    said = list(host_lines(HostInfo(kind.name, kind.title), able(why_not="no"), "none"))
    assert any(line.split() == ["kind", kind.name] for line in said)
    assert any(line.split(None, 1) == ["version", kind.no_version] for line in said)


def test_every_scheme_is_in_the_help_of_host_wherever_that_is_an_option() -> None:
    context = click.Context(cli)
    commands = [cli, *filter(None, (cli.get_command(context, name) for name in cli.list_commands(context)))]
    options = [option for command in commands for option in command.params if "--host" in option.opts]
    assert len(options) > 3
    for scheme in some(SCHEMES.values()):
        assert scheme.example in ACCEPTED
        assert all(
            isinstance(option, click.Option) and scheme.example in (option.help or "") for option in some(options)
        )


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=lambda scheme: scheme.key)
def test_every_scheme_is_documented_with_its_settings(scheme: Scheme) -> None:
    page = (docs.TOP / "docs" / "hosts.md").read_text("utf-8")
    assert scheme.key in page
    if scheme.configured_as:
        assert f"| `{scheme.key}` |  | {scheme.configured_as} |" in page
    missing = [name for name in scheme.settings if f"| `{name}` | " not in page or name not in HostSpec.__slots__]
    assert missing == []


TOY = {
    "__init__.py": '"""A toy."""\n',
    "kinds.py": """
from tui.hosts.host_kind import HostKind, Scheme

def _open(spec, around, open_at):
    from tui.hosts.toy.host import ToyHost
    return ToyHost(spec.value)

TOY = HostKind(
    "toy", "What is said comes back", "`--host toy://WORD`", frozenset(), "a toy", no_version="as old as caves",
    scheme=Scheme(
        "toy", "toy://WORD", lambda text: text.startswith("toy://"), _open,
        value=lambda text: text.removeprefix("toy://"), configured_as="a word",
    ),
)
""",
    "host.py": """
from tui.core.catalog.model_card import ModelCard
from tui.hosts.base import BareHost, HostInfo

class ToyHost(BareHost):
    def __init__(self, word):
        self._word = word

    def connect(self):
        return HostInfo("toy", f"Echo of {self._word}")

    def catalogue(self):
        return (ModelCard(self._word, self._word),)
""",
}
"""All the files of a new kind of host, in a folder of its own."""


@pytest.mark.slow
def test_a_new_kind_of_host_is_one_folder_and_one_row(tmp_path: Path) -> None:
    """Tried on a copy of the program: beside the folder, the registry alone is touched."""
    copy = tmp_path / "tui"
    shutil.copytree(docs.TOP / "tui", copy, ignore=shutil.ignore_patterns("__pycache__", "*.onnx"))
    (copy / "hosts" / "toy").mkdir()
    for name, text in TOY.items():
        (copy / "hosts" / "toy" / name).write_text(text, "utf-8")
    registry = copy / "hosts" / "registry.py"
    text = registry.read_text("utf-8").replace(
        "\nfrom tui.hosts.", "\nfrom tui.hosts.toy.kinds import TOY\nfrom tui.hosts.", 1
    )
    text, rows = re.subn(r"^(KINDS: .* = \([^)]*)\)$", r"\1, TOY)", text, flags=re.MULTILINE)
    assert rows == 1
    registry.write_text(text, "utf-8")
    (tmp_path / "config.toml").write_text("[hosts.cave]\ntoy = 'hello'\n", "utf-8")
    environ = {**os.environ, "PYTHONPATH": str(tmp_path), "FOUNDRY_COMPARE_CONFIG": str(tmp_path), "COLUMNS": "200"}

    def program(*arguments: str) -> str:
        command = [sys.executable, "-m", "tui", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, env=environ, cwd=tmp_path, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "toy://WORD" in program("models", "--help")
    said = program("doctor", "--host", "toy://hello")
    assert "ok --host                  hello: Echo of hello" in said and "as old as caves" in said
    (found,) = json.loads(program("models", "--host", "cave", "--json"))["models"]
    assert found["id"] == "hello"
    script = "from tui.hosts.registry import KINDS; print([kind.name for kind in KINDS][-1])"
    assert subprocess.check_output([sys.executable, "-c", script], env=environ, cwd=tmp_path, text=True) == "toy\n"
