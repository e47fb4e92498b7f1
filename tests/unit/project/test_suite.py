"""What the tests themselves hold to."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.some import any_number_of, some

ROOT = Path(__file__).parents[3]
SAID = ("some", "any_number_of")
"""What says of an iterable whether it may be empty."""
SAME_LENGTH = ("enumerate", "sorted", "list", "tuple", "set", "reversed", "permutations", "cycle", "map")


def called(node: ast.expr) -> str:
    """The last part of what is called: `items` in `table.items()`."""
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def is_seen_to_hold_something(node: ast.expr, constants: set[str]) -> bool:
    """Whether the source shows that there is something to loop over, or says that there may be nothing."""
    if called(node) in SAID:
        return True
    match node:
        case ast.List() | ast.Tuple() | ast.Set():
            return bool(node.elts)
        case ast.Dict():
            return bool(node.keys)
        case ast.Constant():
            return bool(node.value)
        case ast.Name():
            return node.id in constants
        case ast.BinOp():
            return any(is_seen_to_hold_something(side, constants) for side in (node.left, node.right))
        case ast.Call(func=ast.Attribute(attr="items" | "values" | "keys", value=table)):
            return is_seen_to_hold_something(table, constants)
        case ast.Call(func=ast.Name(id="range")):
            return all(isinstance(limit, ast.Constant) for limit in some(node.args))
        case ast.Call() if called(node) in SAME_LENGTH:
            return bool(node.args) and is_seen_to_hold_something(
                node.args[-1 if called(node) == "map" else 0], constants
            )
        case ast.Call(func=ast.Name(id="zip")) if any(word.arg == "strict" for word in node.keywords):
            return any(is_seen_to_hold_something(each, constants) for each in node.args)
    return False


def constants_of(module: ast.Module) -> set[str]:
    """The names of a module that are seen to hold something: written down in it, or its classes, such as enums."""
    names = {node.name for node in module.body if isinstance(node, ast.ClassDef)}
    for node in module.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if is_seen_to_hold_something(node.value, names):
                names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


def loops(module: ast.Module) -> Iterator[ast.expr]:
    """What is looped over by loops that assert, and by `all` and `not any` in assertions."""
    for node in ast.walk(module):
        if isinstance(node, ast.For | ast.AsyncFor) and any(isinstance(inner, ast.Assert) for inner in ast.walk(node)):
            yield node.iter
        elif isinstance(node, ast.Assert):
            for inner in ast.walk(node.test):
                inside = inner.operand if isinstance(inner, ast.UnaryOp) and isinstance(inner.op, ast.Not) else inner
                # A method of that name, as of a column of a table, has no loop.
                if (
                    isinstance(inside, ast.Call)
                    and inside.args
                    and called(inside) == ("all" if inside is inner else "any")
                ):
                    each = inside.args[0]
                    yield each.generators[0].iter if isinstance(each, ast.GeneratorExp | ast.ListComp) else each


def vacuous(source: str) -> list[int]:
    """The lines of loops that may assert nothing without saying so."""
    module = ast.parse(source)
    constants = constants_of(module)
    return [each.lineno for each in loops(module) if not is_seen_to_hold_something(each, constants)]


@pytest.mark.slow
def test_no_loop_asserts_nothing_without_saying_so() -> None:
    files = sorted((ROOT / "tests").rglob("*.py"))
    assert len(files) > 100
    found = [f"{file.relative_to(ROOT)}:{line}" for file in files for line in vacuous(file.read_text("utf-8"))]
    assert not found, "loop over some(...), or any_number_of(...) where there may be none (tests.support.some)"


@pytest.mark.parametrize(
    "line",
    [
        "for x in xs: assert x", "for x in f(): assert x", "for x in []: assert x", "assert all(x for x in xs)",
        "assert y and all(xs)", "assert not any(x for x in xs)",
        "assert all(map(f, xs))", "for n, x in enumerate(xs): assert x",
        "for x, y in zip(xs, (1, 2)): assert x", "for n in range(len(xs)): assert n", "for k in t.items(): assert k",
        "XS = []\nfor x in XS: assert x", "for y in (1, 2):\n for x in xs: assert x",
    ],
)  # fmt: skip
def test_the_check_sees_loops_over_what_may_be_nothing(line: str) -> None:
    assert vacuous(line)


@pytest.mark.parametrize(
    "line",
    [
        "for x in some(xs): assert x", "for x in any_number_of(xs): assert x", "for x in (1, 2): assert x",
        "assert all(x for x in some(xs))", "assert any(x for x in xs)",
        "assert not any(some(xs))", "assert all(map(f, some(xs)))", "XS = [1]\nfor x in XS: assert x",
        "for n, x in enumerate(some(xs)): assert x", "for x, y in zip(xs, (1, 2), strict=True): assert x",
        "for n in range(3): assert n", "for x in xs: print(x)", "T = {1: 2}\nfor k, v in T.items(): assert k",
        "class Mode(Enum):\n A = 1\nfor mode in Mode: assert mode",
    ],
)  # fmt: skip
def test_the_check_lets_other_loops_pass(line: str) -> None:
    assert not vacuous(line)


def test_some_of_nothing_fails() -> None:
    assert list(some(iter("ab"))) == ["a", "b"]
    assert list(any_number_of([])) == []
    with pytest.raises(AssertionError, match="there is nothing here to look at"):
        assert all(some([]))
    assert next(some(iter("ab"))) == "a"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_signals_that_the_shell_had_ignored_reach_the_programs_that_tests_start() -> None:
    signals = ["tests/e2e/cli/test_interrupts.py", "-k", "exit_code_says_so and (SIGINT or SIGHUP)"]
    pytest_run = [sys.executable, "-m", "pytest", "-q", *signals]
    shell = ["sh", "-c", 'trap "" INT HUP QUIT TERM; exec "$@"', "sh", *pytest_run]
    done = subprocess.run(shell, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0 and "2 passed" in done.stdout, done.stdout
