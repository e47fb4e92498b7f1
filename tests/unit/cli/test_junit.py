"""A JUnit file can be read whatever the answers in it hold, and says what passed and what did not."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as Xml

from hypothesis import given
from hypothesis import strategies as st
from junitparser import Error, Failure, JUnitXml, Skipped

from tui.cli.junit import Case, Outcome, junit, write_junit


def test_what_passed_failed_erred_and_was_skipped_is_told_apart(tmp_path: Path) -> None:
    cases = [
        Case("phi", "What is RAG?", seconds=1.25, output="It looks things up."),
        Case("phi", "What is RAG?", Outcome.FAILED, "too slow"),
        Case("qwen", "What is RAG?", Outcome.ERROR, "no answer"),
        Case("qwen", "Why?", Outcome.SKIPPED, "its model had failed"),
    ]
    write_junit(tmp_path / "out.xml", "bench", cases)
    root = Xml.parse(tmp_path / "out.xml").getroot()
    assert (root.tag, root.get("tests"), root.get("failures"), root.get("errors"), root.get("skipped")) == (
        "testsuites", "4", "1", "1", "1",
    )  # fmt: skip
    found = root.findall("./testsuite/testcase")
    assert [(case.get("classname"), case.get("name")) for case in found] == [
        ("phi", "What is RAG?"), ("phi", "What is RAG? (2)"), ("qwen", "What is RAG?"), ("qwen", "Why?"),
    ]  # fmt: skip
    assert [child.tag for case in found for child in case] == ["system-out", "failure", "error", "skipped"]
    (suite,) = JUnitXml.fromfile(str(tmp_path / "out.xml"))
    assert (suite.name, suite.tests, suite.failures, suite.errors, suite.skipped) == ("bench", 4, 1, 1, 1)
    read = [(case.classname, case.time, *((type(one), one.message) for one in case.result)) for case in suite]
    assert read == [
        ("phi", 1.25), ("phi", 0.0, (Failure, "too slow")), ("qwen", 0.0, (Error, "no answer")),
        ("qwen", 0.0, (Skipped, "its model had failed")),
    ]  # fmt: skip
    assert found[0].get("time") == "1.250" and found[0].findtext("system-out") == "It looks things up."


@given(st.text(), st.text(), st.text())
def test_any_text_makes_a_file_that_can_be_read(name: str, said: str, output: str) -> None:
    text = junit("s", [Case(name, name, Outcome.FAILED, said, output=output), Case("\x00\x1b[31m]]>", "&<\ud800")])
    assert len(Xml.fromstring(text).findall("./testsuite/testcase")) == 2
