"""What tools can check: layers and imports, style, types, and what may reach a markup sink.

Textual reads markup in nearly every text it is handed: `[@click=app.quit]` in a model's name would be a link, and `[/]`
a crash. So whatever parses markup gets a literal, a `Content`, or `markup=False`.

`offences` reads the source only, so it catches the ways in which text gets there by carelessness, not by design:
a constructor, `notify` or `from_markup` handed anything but a literal or a `Content`; and text visibly put together on
the spot (an f-string, `+`, `%`, or a call such as `clean_line()`, `str()` or `"".join()`) handed to `update`, a table's
cells, an option list, or a border title or tooltip. Text that comes there through a variable is not seen.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TOOLS = Path(sys.executable).parent
BUILT = {
    "Static", "Label", "Button", "Checkbox", "RadioButton", "Option", "Selection", "Tab", "TabPane", "Tree", "Toast",
    "Collapsible", "notify", "from_markup",
}  # fmt: skip
HANDED = {
    "update",
    "add_row",
    "add_column",
    "add_columns",
    "add_option",
    "update_cell",
    "update_cell_at",
    "set_options",
}
ASSIGNED = {"border_title", "border_subtitle", "tooltip"}
TEXTS = {"content", "label", "title", "message", "prompt", "tooltip", "renderable"}
MAKES_TEXT = {"clean", "clean_line", "str", "repr", "format", "join", "sentence", "removesuffix", "replace", "strip"}


@pytest.mark.parametrize(
    "command",
    [
        ["lint-imports"],
        ["ruff", "check"],
        ["ruff", "format", "--check"],
        pytest.param(["mypy"], marks=pytest.mark.slow),
        pytest.param(["mypy", "--platform", "win32", "--cache-dir", ".mypy_cache/win32"], marks=pytest.mark.slow),
    ],
    ids=" ".join,
)
def test_the_checkout_passes(command: list[str]) -> None:
    tool, *args = command
    done = subprocess.run([str(TOOLS / tool), *args], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def name_of(node: ast.expr) -> str:
    """The last part of what is called or assigned to: `notify` in `self.app.notify`."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def is_content(node: ast.expr) -> bool:
    """Whether it is made by `Content` or one of its methods: `Content("\\n").join(lines)`."""
    while isinstance(node, ast.Call | ast.Attribute):
        node = node.func if isinstance(node, ast.Call) else node.value
    return isinstance(node, ast.Name) and node.id == "Content"


def is_put_together(node: ast.expr) -> bool:
    """Whether it is visibly a string made at run time."""
    if is_content(node):
        return False
    made = isinstance(node, ast.Call) and name_of(node.func) in MAKES_TEXT
    return made or isinstance(node, ast.JoinedStr | ast.BinOp)


def is_unsafe(node: ast.expr) -> bool:
    """Whether it is neither a literal nor a `Content`."""
    return not isinstance(node, ast.Constant) and not (is_content(node) and not is_from_markup(node))


def is_from_markup(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and name_of(node.func) == "from_markup" and is_unsafe(node.args[0])


def offences(source: str) -> Iterator[int]:
    """The lines of a module in which text that may hold markup is handed to what reads markup."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(name_of(target) in ASSIGNED for target in targets) and is_put_together(node.value):
                yield node.lineno
        if not isinstance(node, ast.Call):
            continue
        named = {word.arg: word.value for word in node.keywords}
        if isinstance(plain := named.get("markup"), ast.Constant) and plain.value is False:
            continue
        texts = [value for word, value in named.items() if word in TEXTS]
        if name_of(node.func) in BUILT and any(map(is_unsafe, [*node.args[:1], *texts])):
            yield node.lineno
        if name_of(node.func) in HANDED and any(map(is_put_together, [*node.args, *texts])):
            yield node.lineno


def test_no_text_made_at_run_time_is_read_as_markup() -> None:
    files = sorted((ROOT / "tui").rglob("*.py"))
    assert len(files) > 50
    found = [f"{file.relative_to(ROOT)}:{line}" for file in files for line in offences(file.read_text("utf-8"))]
    assert not found, "hand over a literal, Content(...), or markup=False"


@pytest.mark.parametrize(
    "line",
    [
        'Static(f"{name}")', "Label(name)", "Button(label=card.alias)", 'self.notify("no " + name)', "app.notify(said)",
        "pane.update(clean_line(name))", 'pane.update(f"{n} models")', 'table.add_row(card.id, f"{size} MB")',
        'pane.border_title = f"{name}"', 'pane.tooltip = "of %s" % name', "Content.from_markup(name)",
        'Static(Content.from_markup(f"[b]{name}"))', "Option(str(card))", "Static(name, markup=True)",
    ],
)  # fmt: skip
def test_the_check_sees_careless_text(line: str) -> None:
    assert list(offences(line)) in ([1], [1, 1])


@pytest.mark.parametrize(
    "line",
    [
        'Static("plain")', "Static()", "Static(Content(name))", 'Label(f"{name}", markup=False)', "Label(id=name)",
        'self.notify("There is nothing to undo.")', 'pane.update(Content("\\n").join(lines))', "seen.update(names)",
        'Content.from_markup("[b]$name[/b]", name=name)', "table.add_row(*cells, key=card.id)", "clean_line(name)",
        'pane.border_title = "Keys"', "notify(Content(name), markup=False)",
    ],
)  # fmt: skip
def test_the_check_lets_the_rest_pass(line: str) -> None:
    assert list(offences(line)) == []


def names_module(text: str, folder: str, name: str) -> bool:
    """Whether a file names the module: in an import, a table or a command, or its name alone beside its folder's."""
    naming = rf"\b{re.escape(folder)}(\.| import (\(\s*)?([\w ]+,\s+)*){name}\b"
    return folder in text and (re.search(naming, text) is not None or (f"{folder}.{{" in text and f'"{name}"' in text))


def unused(top: Path, package: str) -> list[str]:
    """The modules of a package that no other of its files names."""
    texts = {file: file.read_text("utf-8") for file in sorted((top / package).rglob("*.py"))}
    found = []
    for file in texts:
        folder, _, name = file.relative_to(top).with_suffix("").as_posix().replace("/", ".").rpartition(".")
        others = (text for other, text in texts.items() if other != file)
        if not name.startswith("__") and not any(names_module(text, folder, name) for text in others):
            found.append(f"{folder}.{name}")
    return found


def test_every_module_is_used_by_another() -> None:
    """So that a format, a kind of host or a screen that was not entered in its table is noticed."""
    assert unused(ROOT, "tui") == []


def test_the_check_sees_a_module_that_nobody_uses(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    main = """from a import b, c\nSCREEN = "a.d:Screen"\nNAMES = ("e",)\nimport_module(f"a.{name}")\n"""
    (tmp_path / "a" / "__main__.py").write_text(main)
    for name in "bcdef":
        (tmp_path / "a" / f"{name}.py").write_text("")
    assert unused(tmp_path, "a") == ["a.f"]
