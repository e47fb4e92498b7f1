"""Text on stdout and stderr whatever they can hold: nothing crashes, and no character is lost in silence."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from tui.cli import streams
from tui.cli.output import say, say_loss, show

ANSWER = "Grüße ☃ 漢字 ─"


class Terminal(io.TextIOWrapper):
    """A stream that is looked at."""

    def isatty(self) -> bool:
        return True


def opened(
    monkeypatch: pytest.MonkeyPatch, encoding: str, errors: str, *, kind: type[io.TextIOWrapper] = io.TextIOWrapper
) -> tuple[io.BytesIO, io.BytesIO]:
    """What stdout and stderr write to, both of this encoding."""
    out, err = io.BytesIO(), io.BytesIO()
    monkeypatch.setattr(sys, "stdout", kind(out, encoding=encoding, errors=errors, newline="\n"))
    monkeypatch.setattr(sys, "stderr", kind(err, encoding=encoding, errors="backslashreplace", newline="\n"))
    return out, err


def test_a_pipe_of_windows_gets_utf_8_whatever_its_code_page(monkeypatch: pytest.MonkeyPatch) -> None:
    # So CPython makes it there when nobody says anything.
    out, err = opened(monkeypatch, "cp1252", "surrogateescape")
    streams.prepare({}, "win32")
    show(f"── {ANSWER}")
    show(ANSWER, own=False)
    say(f"asking {ANSWER} …")
    say_loss()
    assert out.getvalue() == f"── {ANSWER}\n{ANSWER}\n".encode()
    assert err.getvalue() == f"asking {ANSWER} …\n".encode()


@pytest.mark.parametrize(
    ("system", "environ", "kind"),
    [
        ("win32", {"PYTHONIOENCODING": "cp1252"}, io.TextIOWrapper),
        ("win32", {}, Terminal),
        ("linux", {}, io.TextIOWrapper),
    ],
    ids=["asked for", "a terminal", "a locale"],
)
@pytest.mark.parametrize("errors", ["strict", "surrogateescape"])
def test_an_encoding_that_somebody_chose_stays_and_what_it_lacks_is_counted(
    system: str, environ: dict[str, str], kind: type[io.TextIOWrapper], errors: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, err = opened(monkeypatch, "cp1252", errors, kind=kind)
    streams.prepare(environ, system)
    show("── phi · cpu … ☃ ──")
    show(ANSWER, own=False)
    say("─ ☃")
    say_loss()
    say_loss()
    assert out.getvalue().decode("cp1252") == "-- phi · cpu … ? --\nGrüße ? ?? ?\n"
    assert err.getvalue().decode("cp1252") == (
        "- \\u2603\n"
        "foundry-compare: cp1252 lacks 5 characters of this, written as `?`. PYTHONIOENCODING=utf-8 keeps everything.\n"
    )


def test_the_programs_own_signs_are_no_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    out, err = opened(monkeypatch, "ascii", "strict")
    streams.prepare({"PYTHONIOENCODING": "ascii"}, "win32")
    show("── phi · cpu ──")
    say("asking phi …")
    say_loss()
    assert out.getvalue() == b"-- phi - cpu --\n"
    assert err.getvalue() == b"asking phi ...\n"


def test_a_way_to_write_the_rest_that_somebody_chose_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    out, err = opened(monkeypatch, "cp1252", "xmlcharrefreplace")
    streams.prepare({"PYTHONIOENCODING": "cp1252:xmlcharrefreplace"}, "linux")
    show("☃", own=False)
    say_loss()
    assert (out.getvalue(), err.getvalue()) == (b"&#9731;\n", b"")


def test_without_streams_nothing_is_written_and_nothing_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    streams.prepare({}, "win32")
    say(ANSWER)
    monkeypatch.setattr(os, "name", "nt")
    show(ANSWER, own=False)


@pytest.mark.parametrize("own", [True, False])
def test_only_the_processs_own_unbuffered_stdout_gets_a_buffer(
    own: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    raw = io.FileIO(str(tmp_path / "out"), "w")
    stdout = io.TextIOWrapper(raw, encoding="utf-8", write_through=True)  # type: ignore[type-var]  # as `python -u` has it
    monkeypatch.setattr(sys, "stdout", stdout)
    if own:
        monkeypatch.setattr(sys, "__stdout__", stdout)
    streams.prepare({})
    assert (sys.stdout is stdout) is not own
    show("é")
    assert (tmp_path / "out").read_bytes() == f"é{os.linesep}".encode()
    monkeypatch.undo()
    assert raw.closed is False or own, "of another's stream nothing is closed"
