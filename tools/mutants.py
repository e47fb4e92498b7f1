"""Small changes to the program that its tests should notice: `python -m tools.mutants tui/core tui/report --sample 60`.

Each change is made in a copy of the checkout, and the tests nearest to the file are run there. A change that none of
them notices is shown: either a test is missing, or the change has no effect. Prints one line a change, then the counts.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PATIENCE_S = 300
"""Seconds after which tests that do not end have noticed the change."""

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Div,
    ast.Mod: ast.Mult, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
}  # fmt: skip
CALLS = {"min": "max", "max": "min", "any": "all", "all": "any", "sorted": "list"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: where and what."""

    file: Path
    """Relative to the checkout."""
    line: int
    what: str
    number: int
    """Which of the file's nodes it changes, and into which of its variants."""
    which: int

    def source(self) -> str:
        """The file's text with it."""
        module = ast.parse((ROOT / self.file).read_text("utf-8"))
        old = list(_places(module))[self.number]
        new, _ = list(variants(old))[self.which]
        return ast.unparse(ast.fix_missing_locations(_Replace(old, new).visit(module)))


def variants(node: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """What may stand in the place of a node, and how the change is called."""
    match node:
        case ast.Compare(ops=[operator]) if type(operator) in COMPARISONS:
            yield from _with(node, ops=[COMPARISONS[type(operator)]()])
        case ast.BoolOp(op=operator):
            yield from _with(node, op=ast.Or() if isinstance(operator, ast.And) else ast.And())
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand, f"{ast.unparse(node)} -> {ast.unparse(operand)}"
        case ast.BinOp(op=operator) if type(operator) in OPERATORS:
            yield from _with(node, op=OPERATORS[type(operator)]())
        case ast.Constant(value=bool(value)):
            yield from _with(node, value=not value)
        case ast.Constant(value=int(value) | float(value)):
            yield from _with(node, value=value + 1)
        case ast.Call(func=ast.Name(id=name), args=[_, *_]) if name in CALLS:
            yield from _with(node, func=ast.Name(CALLS[name], ast.Load()))
        case ast.IfExp(body=body, orelse=other):
            yield from _with(node, body=other, orelse=body)
        case ast.If(test=test):
            yield from _with(node, test=ast.UnaryOp(ast.Not(), test), named=f"if {ast.unparse(test)} -> if not")
        case ast.Expr(value=ast.Call() as call):
            yield ast.Pass(), f"{ast.unparse(call)} -> nothing"
        case ast.AugAssign() | ast.Break() | ast.Continue():
            yield ast.Pass(), f"{ast.unparse(node)} -> nothing"


def _with(node: ast.AST, named: str = "", **changes: object) -> Iterator[tuple[ast.AST, str]]:
    changed = copy.copy(node)
    for name, value in changes.items():
        setattr(changed, name, value)
    ast.fix_missing_locations(changed)
    yield changed, named or f"{ast.unparse(node)} -> {ast.unparse(changed)}"


class _Replace(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else self.generic_visit(node)


def mutants(file: Path) -> Iterator[Mutant]:
    """Every change to a file that this program knows to make."""
    for number, place in enumerate(_places(ast.parse((ROOT / file).read_text("utf-8")))):
        for which, (_, what) in enumerate(variants(place)):
            yield Mutant(file, getattr(place, "lineno", 0), what, number, which)


def _places(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a module in one order, but for annotations and decorators."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield child
                yield from _places(child)


def nearest(file: Path) -> list[str]:
    """The tests to run for a file: those of its name first, then those that import it, whole programs aside; else all
    of its package. There is always one at least: without any, pytest would run every test there is."""
    tests = [path.relative_to(ROOT) for path in sorted((ROOT / "tests").rglob("test_*.py"))]
    module, packages = ".".join(file.with_suffix("").parts), file.parts[1:-1]
    named = [path for path in tests if path.name == f"test_{file.stem}.py"]
    small = [path for path in tests if "e2e" not in path.parts]
    importing = [path for path in small if _imports((ROOT / path).read_text("utf-8"), module)]
    beside = [path for path in tests if any(package in path.parts for package in packages)]
    return [str(path) for path in dict.fromkeys([*named, *importing]) or beside or small]


def _imports(text: str, module: str) -> bool:
    package, _, name = module.rpartition(".")
    return module in text or any(name in line for line in text.splitlines() if f"from {package} import" in line)


def noticed(mutant: Mutant, place: Path, without: Collection[str]) -> bool:
    """Whether the nearest tests fail in this copy of the checkout when the change is made."""
    file = place / mutant.file
    before = file.read_bytes()
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-x",
        "-q",
        "-p",
        "no:cacheprovider",
        *(name for name in nearest(mutant.file) if name not in without),
    ]
    # Programs that the tests start are to be those of the copy too.
    environ = os.environ | {"PYTHONPATH": str(place)}
    try:
        file.write_text(mutant.source(), "utf-8")
        done = subprocess.run(command, cwd=place, capture_output=True, timeout=PATIENCE_S, env=environ)
    except subprocess.TimeoutExpired:
        return True
    finally:
        file.write_bytes(before)
    return done.returncode != 0


def files(names: Iterable[str]) -> list[Path]:
    """The modules of these files and folders, relative to the checkout."""
    found = (ROOT / name for name in names)
    inside = (sorted(path.rglob("*.py")) if path.is_dir() else [path] for path in found)
    return [path.relative_to(ROOT) for paths in inside for path in paths if path.name != "__init__.py"]


def main() -> None:
    """Try a sample of the changes to some files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", help="modules, or folders of modules")
    parser.add_argument("--sample", type=int, default=50)
    parser.add_argument("--without", nargs="*", default=[], metavar="FILE", help="test files that take too long")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    every = [mutant for file in files(asked.files) for mutant in mutants(file)]
    chosen = random.Random(asked.seed).sample(every, min(asked.sample, len(every)))
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as work:
        place = Path(work) / "checkout"
        ignored = shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache", ".hypothesis")
        shutil.copytree(ROOT, place, ignore=ignored)
        for mutant in sorted(chosen, key=lambda mutant: (mutant.file, mutant.line)):
            said = "noticed" if noticed(mutant, place, asked.without) else "NOT NOTICED"
            counts[said] += 1
            print(f"{said:12} {mutant.file}:{mutant.line}: {mutant.what[:160]}", flush=True)
    print(f"{len(every)} changes are known; of {len(chosen)} tried: {dict(counts)}")


if __name__ == "__main__":
    main()
