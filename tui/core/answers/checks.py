"""Checks of the user's own on the text of an answer: a part that it has, a pattern, its length, valid JSON.

A file of checks holds them under `check`, each a table with a `name` and one key or more of `CHECK_KEYS`; an answer
passes where all of them hold. Thinking is not looked at. Whether a pattern is found is asked of whoever made the
checks: some patterns take for ever, and a process that looks for one cannot stop itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tui.core.dict_reader import get, texts
from tui.core.plans.prompt import Prompt
from tui.core.requests.request import Request
from tui.core.text.nearest import unknown_name

MAX_CHECKS = 50
MAX_PATTERN = 1000
"""Characters of a pattern."""
LOOKED_AT = 50_000
"""Characters of an answer that a pattern is looked for in."""
Search = Callable[[str, str], bool]
"""Whether a pattern is found in a text. Raises TimeoutError where that took too long to say."""
CHECK_KEYS: Mapping[str, tuple[Any, str]] = {
    "name": ("cites", "what its column is called"),
    "contains": ("[1]", "a text that the answer has, or a list of texts that it has all of; letters as they stand"),
    "lacks": ("As an AI", "a text that it does not have, or a list"),
    "regex": (r"\bRAG\b", "a pattern of Python's `re` that is found in it"),
    "min_words": (5, "the fewest words"),
    "max_words": (120, "the most words"),
    "min_chars": (20, "the fewest characters"),
    "max_chars": (800, "the most characters"),
    "json": (True, "whether it is valid JSON, alone or in one block of code"),
    "prompt": ("rag", "only answers to the prompt of this id, or with this very text"),
    "tag": ("rag", "only answers to prompts with this tag"),
}
"""The keys of a check, each with a value that would be right and what it means."""
_TESTS = ("contains", "lacks", "regex", "min_words", "max_words", "min_chars", "max_chars", "json")
_FENCED = re.compile(r"\A```[^\n`]*\n(.*?)\n?```\Z", re.DOTALL)


def _no_pattern(pattern: str, text: str) -> bool:
    raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Check:
    """One check."""

    name: str
    contains: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    regex: str = ""
    min_words: int | None = None
    max_words: int | None = None
    min_chars: int | None = None
    max_chars: int | None = None
    json: bool | None = None
    prompt: str = ""
    tag: str = ""
    search: Search = field(default=_no_pattern, repr=False, compare=False)

    def passes(self, request: Request, prompt: Prompt) -> bool | None:
        """Whether an answer passes; None where it does not count, or the check is not of its prompt.

        Raises TimeoutError where the pattern ran out of time.
        """
        if not request.state.counts or (self.tag and self.tag not in prompt.tags):
            return None
        if self.prompt and self.prompt not in (prompt.id, prompt.key, prompt.user.strip()):
            return None
        return self.holds(request.answer)

    def holds(self, answer: str) -> bool:
        """Whether all of it holds for a text. Raises TimeoutError where only the pattern could say, and did not."""
        text = answer.strip()
        words, chars = len(text.split()), len(text)
        return (
            all(part in text for part in self.contains)
            and not any(part in text for part in self.lacks)
            and _within(words, self.min_words, self.max_words)
            and _within(chars, self.min_chars, self.max_chars)
            and (self.json is None or _is_json(text) is self.json)
            and (not self.regex or self.search(self.regex, text[:LOOKED_AT]))
        )


def checks_from(data: Any, search: Search) -> tuple[Check, ...]:
    """The checks of a file, in its order; `search` looks for their patterns. Raises ValueError that says what is
    wrong."""
    rows = data.get("check", data.get("checks")) if isinstance(data, dict) else None
    if not isinstance(rows, list) or not rows:
        raise ValueError("it should hold a list of tables under `check`")
    if len(rows) > MAX_CHECKS:
        raise ValueError(f"it holds {len(rows)} checks; {MAX_CHECKS} are the most")
    found: list[Check] = []
    for number, row in enumerate(rows, 1):
        try:
            found.append(_check(row, search))
        except ValueError as error:
            raise ValueError(f"check {number}: {error}") from error
    names = [check.name for check in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"two checks are called `{twice[:40]}`")
    return tuple(found)


def _check(row: Any, search: Search) -> Check:
    if not isinstance(row, dict):
        raise ValueError("it should be a table")
    for key in row:
        if key not in CHECK_KEYS:
            raise ValueError(unknown_name(key, CHECK_KEYS, "a key of a check"))
    name = get(row, "name", str).strip()
    if not name:
        raise ValueError("`name` is empty")
    if not any(key in row for key in _TESTS):
        raise ValueError(f"it checks nothing; give it one of {', '.join(_TESTS)}")
    numbers = {key: get(row, key, int, None) for key in _TESTS if key.startswith(("min_", "max_"))}
    return Check(
        name,
        contains=_several(row, "contains"),
        lacks=_several(row, "lacks"),
        regex=_pattern(get(row, "regex", str, "")),
        **numbers,
        json=get(row, "json", bool, None),
        prompt=get(row, "prompt", str, "").strip(),
        tag=get(row, "tag", str, ""),
        search=search,
    )


def _several(row: dict[str, Any], key: str) -> tuple[str, ...]:
    return (row[key],) if isinstance(row.get(key), str) else tuple(texts(row, key))


def _pattern(text: str) -> str:
    if len(text) > MAX_PATTERN:
        raise ValueError(f"`regex` has {len(text)} characters; {MAX_PATTERN} are the most")
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"`regex` is no pattern: {error}") from error
    return text


def _within(number: int, least: int | None, most: int | None) -> bool:
    return (least is None or number >= least) and (most is None or number <= most)


def _is_json(text: str) -> bool:
    fenced = _FENCED.match(text)
    try:
        json.loads(text if fenced is None else fenced[1])
    except (ValueError, RecursionError):
        return False
    return True
