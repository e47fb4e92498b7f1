"""Text in files, in the encodings that Windows' editors and shells write."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.files import read_json, read_toml


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16"], ids=["plain", "marked, as by Notepad", "UTF-16, as by PowerShell 5.1"]
)
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_a_file_is_read_in_whatever_windows_writes(encoding: str, end: str, tmp_path: Path) -> None:
    toml = end.join(["# 漢字", 'a = "Grüße ☃"', 'b = """', "two", 'lines"""', ""])
    (tmp_path / "a.toml").write_bytes(toml.encode(encoding))
    assert read_toml(tmp_path / "a.toml", 1 << 20) == {"a": "Grüße ☃", "b": "two\nlines"}
    (tmp_path / "a.json").write_bytes(end.join(["[", '"Grüße ☃"', "]"]).encode(encoding))
    assert read_json(tmp_path / "a.json", 1 << 20) == ["Grüße ☃"]


def test_what_begins_with_the_other_byte_order_is_read_as_well(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"\xfe\xff" + '["☃"]'.encode("utf-16-be"))
    assert read_json(tmp_path / "a.json", 1 << 20) == ["☃"]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ('["Grüße"]'.encode("cp1252"), "Byte 5 is not UTF-8 text; in Windows-1252 it would be 'ü'. Save it as UTF-8"),
        (b'["\x81"]', "Byte 3 is not UTF-8 text"),
        (b"\xff\xfe[\x00\x00\xd8", "Byte 5 is not UTF-16 text"),
    ],
    ids=["Windows-1252", "no text at all", "half a UTF-16 character"],
)
def test_text_of_another_encoding_is_named_and_never_guessed(data: bytes, says: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(data)
    with pytest.raises(ValueError) as caught:
        read_json(tmp_path / "a.json", 1 << 20)
    assert str(caught.value) == says
