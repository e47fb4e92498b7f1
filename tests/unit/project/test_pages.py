"""The README and the pages of docs/ say what the code says, lead where their links point, and are all in the index."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import click
import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.support.some import some
from tools.docs import BLOCKS, FILES, TOP, names_in, rewritten
from tui.cli.main import cli
from tui.core.plans.model_files import models_from
from tui.core.plans.plan_files import prompts_from
from tui.core.scoring.rubric_files import rubric_from
from tui.core.sessions.session_model import Overrides
from tui.hosts.config_entry import AT_ADDRESS, HOST_FORMAT
from tui.storage.config import read_config, read_hosts

DOCS = TOP / "docs"
INDEX = DOCS / "README.md"
PAGES = sorted(
    [
        *TOP.glob("*.md"),
        *DOCS.glob("*.md"),
        *TOP.glob("benchmarks/*.md"),
        *TOP.glob("sessions/*/*.md"),
        *TOP.glob("tools/*/*.md"),
    ]
)
"""Every page for people: at the top, in docs/, and those that stand beside what they are about."""
MANUAL = [page for page in PAGES if page.parent == DOCS or page == TOP / "README.md"]
FOLDERS = ("tui/", "tests/", "docs/", "tools/", "benchmarks/", "themes/", "sessions/examples")
MADE_BY_COMMANDS = ("tools/demo_models/work/",)
_VARIABLE = re.compile(r"\b(?:FOUNDRY|COMPARE|BENCH|SLM|LLM)_[A-Z_]*[A-Z]\b|\bAPI_KEY\b")
"""How the variables of the environment are called that set something here."""

_MODULE = re.compile(r" -m ((?:tui|tools|benchmarks)\b[\w.]*)")


def name_of(page: Path) -> str:
    """A page as it is named in a test's id."""
    return page.relative_to(TOP).as_posix()


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def tokens_of(page: Path) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(text_of(page))


def inline(tokens: list[Token]) -> Iterator[Token]:
    """What stands inside of paragraphs, headings and cells."""
    for token in tokens:
        yield from token.children or ()


def links(page: Path) -> list[str]:
    """Where the page's links and pictures point."""
    found = [token.attrGet("href") or token.attrGet("src") for token in inline(tokens_of(page))]
    return [str(target) for target in found if target]


def anchors(page: Path) -> list[str]:
    """The anchors of the page's headings as GitHub makes them: small letters, no signs, a hyphen for each blank."""
    made: Counter[str] = Counter()
    found = []
    for opening, heading in pairwise(tokens_of(page)):
        if opening.type == "heading_open":
            words = "".join(token.content for token in heading.children or ())
            slug = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
            found.append(f"{slug}-{made[slug]}" if made[slug] else slug)
            made[slug] += 1
    return found


def blocks(page: Path, language: str) -> list[str]:
    """The page's code blocks in one language."""
    return [token.content for token in tokens_of(page) if token.type == "fence" and token.info == language]


def section(page: Path, heading: str) -> str:
    """The page's text below one heading of the second level."""
    return text_of(page).split(f"\n## {heading}\n")[1].split("\n## ")[0]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_its_links_lead_somewhere(page: Path) -> None:
    wrong = []
    for link in links(page):
        address = urlsplit(link)
        if address.scheme:
            continue
        target = (page.parent / unquote(address.path)).resolve() if address.path else page
        if not target.exists() or (address.fragment and address.fragment not in anchors(target)):
            wrong.append(link)
    assert not wrong


def test_links_and_anchors_are_found(tmp_path: Path) -> None:
    """What the other tests stand on."""
    page = tmp_path / "page.md"
    page.write_text(
        "# A `--b c`: d, e\n[`x`](y.md#z) ![](p.png)\n\n| t |\n|---|\n| [c](d) |\n\n`[n](n)`\n## A\n## A\n## A\n"
    )
    assert links(page) == ["y.md#z", "p.png", "d"]
    assert anchors(page) == ["a---b-c-d-e", "a", "a-1", "a-2"]


@pytest.mark.parametrize("page", [page for page in PAGES if page.name != "CHANGELOG.md"], ids=name_of)
def test_the_files_that_it_names_are_there(page: Path) -> None:
    """Files of the checkout, named as code from the top of it: `tui/cli/main.py`, `themes/`."""
    named = [token.content for token in inline(tokens_of(page)) if token.type == "code_inline"]
    paths = [name.split()[0] for name in named if name.startswith(FOLDERS)]
    missing = [path for path in paths if path not in MADE_BY_COMMANDS and not any(TOP.glob(path.rstrip("/")))]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_modules_that_it_starts_are_there(page: Path) -> None:
    """As in `python -m tools.docs`."""
    missing = [name for name in _MODULE.findall(text_of(page)) if find_spec(name) is None]
    assert not missing


def test_the_index_lists_every_page_in_a_line_of_its_own() -> None:
    lines = [line for line in text_of(INDEX).splitlines() if line.startswith("- ")]
    listed = [Path(re.findall(r"^- \[[^\]]+\]\(([^)]+)\): \S.*\.$", line)[0]) for line in some(lines)]
    targets = [(DOCS / target).resolve() for target in listed]
    assert len(set(targets)) == len(targets)
    assert {*MANUAL} - {INDEX} <= {*targets}


def test_the_newest_release_in_the_changelog_is_this_version() -> None:
    version = tomllib.loads(text_of(TOP / "pyproject.toml"))["project"]["version"]
    released = [
        name for name in re.findall(r"^## (.+)$", text_of(TOP / "CHANGELOG.md"), re.MULTILINE) if name != "Unreleased"
    ]
    assert re.fullmatch(rf"{re.escape(version)} - \d{{4}}-\d\d-\d\d", released[0])


def test_the_readme_leads_to_the_index() -> None:
    assert "docs/README.md" in links(TOP / "README.md")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_its_generated_blocks_are_fresh(page: Path) -> None:
    assert rewritten(text_of(page)) == text_of(page), "run `python -m tools.docs`"


def test_each_generated_block_stands_once_in_its_page() -> None:
    found = [(name, name_of(page)) for page in PAGES for name in names_in(text_of(page))]
    assert sorted(found) == sorted((name, block.page) for name, block in BLOCKS.items())


COMMANDS = sorted(
    {line for page in MANUAL for block in blocks(page, "sh") for line in block.splitlines()
     if line.startswith("foundry-compare")}
)  # fmt: skip
"""What the pages tell people to type."""


@pytest.mark.parametrize("line", COMMANDS)
def test_the_program_takes_the_commands_of_the_pages(line: str) -> None:
    parse(shlex.split(line, comments=True))


def parse(words: list[str]) -> None:
    """Read a command line without doing what it asks for. Raises click.UsageError."""
    command: click.Command | None = cli
    context, words = None, words[1:]
    while command is not None:
        context = command.make_context(command.name, list(words), context)
        if not isinstance(command, click.Group):
            return
        _, rest, _ = command.make_parser(context).parse_args(list(words))
        if not rest:
            return
        _, command, words = command.resolve_command(context, rest)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_repeats_the_code_does(name: str) -> None:
    assert text_of(TOP / name) == FILES[name](), "run `python -m tools.docs`"


def test_a_wrong_command_would_be_seen() -> None:
    with pytest.raises(click.UsageError):
        parse(["foundry-compare", "run", "--promt", "x"])
    with pytest.raises(click.UsageError):
        parse(["foundry-compare", "rum"])


def test_every_variable_of_the_environment_is_described() -> None:
    code = "".join(text_of(file) for file in TOP.glob("tui/**/*.py"))
    described = {*_VARIABLE.findall(text_of(DOCS / "settings.md"))}
    assert {*_VARIABLE.findall(code)} - {"FOUNDRY_COMPARE_"} == described


def test_the_configuration_shown_can_be_read_and_all_its_keys_are_described(tmp_path: Path) -> None:
    for name in ("hosts.md", "config.md"):
        example, *more = blocks(DOCS / name, "toml")
        for text in (*more, example):
            (tmp_path / "config.toml").write_text(text, "utf-8")
            assert not read_config(tmp_path, HOST_FORMAT).problems
        assert set(read_hosts(tmp_path, HOST_FORMAT).hosts) == set(tomllib.loads(example)["hosts"])
    hosts = section(DOCS / "hosts.md", "Names for hosts: `config.toml`")
    assert all(f"`{key}`" in hosts for key in some([*HOST_FORMAT.keys, *AT_ADDRESS]))


@pytest.mark.parametrize(
    ("heading", "read"), [("Prompts", prompts_from), ("Models", models_from), ("Criteria", rubric_from)]
)
def test_the_files_of_prompts_and_models_shown_can_be_read(heading: str, read: Callable[[Any], object]) -> None:
    text = section(DOCS / "prompts-and-models.md", heading)
    for language, block in some(re.findall(r"```(json|toml)\n(.*?)```", text, re.DOTALL)):
        assert read(json.loads(block) if language == "json" else tomllib.loads(block))


def test_the_parameters_of_a_model_are_described() -> None:
    text = section(DOCS / "prompts-and-models.md", "Models")
    assert all(f"| `{name}`" in text for name in some(Overrides.__dataclass_fields__))
