"""`foundry-compare prompts`: begin a file of prompts, and say what is wrong with one."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import click

from tui.cli.exit_codes import ExitCode, ends_with, worst
from tui.cli.output import Group, handles_errors, say, show_json, show_sentence
from tui.cli.output_file import OR_FORCE
from tui.core.errors import BadInputError
from tui.core.plans.plan_files import unknown_prompt_keys
from tui.core.plans.prompt import Prompt, PromptSet
from tui.core.plans.variables import variables_in
from tui.core.text.clean import clean_line
from tui.storage.new_file import check_free
from tui.storage.prompt_files import TEXT, parsed, read_prompts, write_prompts, wrong_in

_SHOWN = 300
EXAMPLES = (
    Prompt(
        "What is retrieval augmented generation?",
        facets=("finds passages in documents", "gives them to the model with the question"),
        tags=("rag",),
        id="rag",
    ),
    Prompt(
        "Why do models with fewer bits need less memory?",
        system="Be brief.",
        expected="Each weight takes fewer bits, so that all of them take less room.",
        tags=("quantization",),
        id="bits",
    ),
    Prompt("Name two things that {audience} should not ask a small model.", id="limits"),
)
"""What a new file holds: each key that a prompt may have at least once."""


@click.group(cls=Group)
@ends_with()
def prompts() -> None:
    """Files of prompts: begin one, check one."""


@prompts.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
@handles_errors
@ends_with()
def new(file: Path, force: bool) -> ExitCode:
    """Write three questions to FILE, with facets, tags and an expected answer, to be changed: JSON, or TOML."""
    if file.suffix.casefold() not in (".json", ".toml"):
        raise BadInputError(f"A file of prompts is not called {file.name}", "Its name should end in .json or .toml")
    check_free(file, force=force, or_else=OR_FORCE)  # A TOML file that is there may be a session, and stays.
    write_prompts(file, EXAMPLES, {"audience": "a beginner"})
    say(f"Written to {file}: change it, then `foundry-compare prompts check {file}`.")
    return ExitCode.GOOD


@prompts.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@handles_errors
@ends_with()
def check(files: tuple[Path, ...], as_json: bool) -> ExitCode:
    """Name all that is wrong with FILES of prompts, and say what they hold."""
    found = [_checked(file) for file in files]
    code = worst(ExitCode.DAMAGED if one["problems"] else ExitCode.GOOD for one in found)
    if as_json:
        show_json({"ok": not code, "exit_code": int(code), "files": found})
        return code
    for one in found:
        for problem in one["problems"]:
            show_sentence(f"{one['file']}: {problem}")
        if not one["problems"]:
            show_sentence(f"{one['file']}: {_in_words(one)}")
        for note in one["notes"]:
            show_sentence(f"  {note}")
    return code


def _checked(file: Path) -> dict[str, Any]:
    """What there is to say of a file."""
    facts: dict[str, Any] = {"file": str(file), "problems": [], "notes": []}
    try:
        one = read_prompts(file)
    except BadInputError as error:
        facts["problems"] = wrong_in(file) or [error.sentence()]
        return facts
    tags = Counter(tag for prompt in one.prompts for tag in prompt.tags)
    facts |= {
        "prompts": len(one.prompts),
        "with_facets": sum(bool(prompt.facets) for prompt in one.prompts),
        "with_expected": sum(bool(prompt.expected) for prompt in one.prompts),
        "with_system": sum(prompt.system is not None for prompt in one.prompts),
        "tags": dict(tags.most_common()),
        "criteria": [criterion.id for criterion in one.rubric.criteria] if one.rubric is not None else [],
        "notes": _notes(file, one),
    }
    return facts


def _notes(file: Path, one: PromptSet) -> list[str]:
    """What is not wrong, and may not be what was meant."""
    notes = []
    if file.suffix.casefold() != TEXT and (unknown := unknown_prompt_keys(parsed(file))):
        notes.append(f"Passed over: {', '.join(clean_line(f'`{key}`', 60) for key in unknown[:20])}.")
    values = dict(one.variables)
    notes += [
        f"`{{{name}}}` has no value: `run` asks it as it stands, the screen asks for the value."
        for name in variables_in(one.prompts)
        if name not in values
    ]
    for what, names in (("question", [p.user for p in one.prompts]), ("id", [p.id for p in one.prompts if p.id])):
        for text, count in Counter(names).items():
            if count > 1:
                notes.append(f"The {what} {clean_line(text, 60)!r} stands there {count} times.")
    return notes


def _in_words(one: dict[str, Any]) -> str:
    parts = [f"{one['prompts']} prompts" if one["prompts"] != 1 else "1 prompt"]
    parts += [f"{one[f'with_{what}']} with {what}" for what in ("facets", "expected", "system") if one[f"with_{what}"]]
    if one["tags"]:
        parts.append("tags: " + ", ".join(f"{tag} {count}" for tag, count in one["tags"].items()))
    if one["criteria"]:
        parts.append("criteria: " + ", ".join(one["criteria"]))
    return clean_line("; ".join(parts), _SHOWN)
