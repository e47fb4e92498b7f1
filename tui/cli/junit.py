"""Results as a JUnit file, which servers of continuous integration read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from xml.etree import ElementTree as Xml

from tui.core.text.clean import clean
from tui.storage.atomic_file import write_atomic

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write."""


class Outcome(Enum):
    """How a case came out. The value is the name of its element."""

    PASSED = ""
    FAILED = "failure"
    ERROR = "error"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Case:
    """One result. Texts may come from outside."""

    group: str
    name: str
    outcome: Outcome = Outcome.PASSED
    said: str = ""
    """What went wrong, as a sentence."""
    seconds: float | None = None
    output: str = ""
    """What it printed, such as an answer."""


def junit(suite: str, cases: Sequence[Case]) -> str:
    """The file's text: one suite. Cases of one group and name are numbered."""
    counts = {outcome: sum(case.outcome is outcome for case in cases) for outcome in Outcome}
    total = sum(case.seconds or 0 for case in cases)
    facts = {
        "name": _text(suite), "tests": str(len(cases)), "failures": str(counts[Outcome.FAILED]),
        "errors": str(counts[Outcome.ERROR]), "skipped": str(counts[Outcome.SKIPPED]), "time": f"{total:.3f}",
    }  # fmt: skip
    root = Xml.Element("testsuites", facts)
    held = Xml.SubElement(root, "testsuite", facts)
    seen: dict[tuple[str, str], int] = {}
    for case in cases:
        group, name = _text(case.group), _text(case.name)
        seen[group, name] = times = seen.get((group, name), 0) + 1
        element = Xml.SubElement(
            held, "testcase", classname=group, name=name if times == 1 else f"{name} ({times})",
            time=f"{case.seconds or 0:.3f}",
        )  # fmt: skip
        if case.outcome is not Outcome.PASSED:
            found = Xml.SubElement(element, case.outcome.value, message=_text(case.said))
            found.text = _text(case.said)
        if case.output:
            Xml.SubElement(element, "system-out").text = _text(case.output)
    Xml.indent(root)
    return Xml.tostring(root, encoding="unicode", xml_declaration=False) + "\n"


def write_junit(path: Path, suite: str, cases: Sequence[Case]) -> None:
    """Write the file. Raises StoreError."""
    data = ('<?xml version="1.0" encoding="utf-8"?>\n' + junit(suite, cases)).encode()
    write_atomic(path, data, lambda written: None, private=False)


def _text(text: str) -> str:
    return _NOT_IN_XML.sub("\ufffd", clean(text))
