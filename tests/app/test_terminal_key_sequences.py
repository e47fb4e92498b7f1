"""What comes with one read of the terminal, as keys."""

from __future__ import annotations

import os
import string
import sys
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.events import AppFocus, Key, MouseDown, Paste, Resize
from textual.message import Message

from tests.support.some import some
from tui.ui.terminal.key_sequences import ESC, KeyParser, KeysRead

KEYS = {
    "\x1b": "escape", "\x1b[A": "up", "\x1b[D": "left", "\x1bOH": "home", "\x1b[3~": "delete", "\x1bOP": "f1",
    "\r": "enter", "\x15": "ctrl+u", "\x7f": "backspace", "a": "a", "R": "R", "3": "3", "é": "é", "\t": "tab",
    "\x1b[1;5D": "ctrl+left",
}  # fmt: skip
"""What terminals send for keys. What begins with `[` or `O` after esc cannot be told from a sequence."""


def named(messages: list[Message]) -> list[str]:
    """The names of keys, and of what is no key."""
    return [one.key if isinstance(one, Key) else type(one).__name__ for one in messages]


def keys(messages: list[Message]) -> list[str]:
    """The names of keys alone: Textual has messages of its own for some answers."""
    return named([one for one in messages if isinstance(one, Key | Paste)])


def read(*texts: str) -> list[Message]:
    """What these reads mean when nothing comes after them."""
    reads = KeyParser()
    found = [message for text in texts for message in reads.take(text)]
    found += reads.give_up()
    assert not reads.waiting
    return found


@given(st.lists(st.sampled_from(sorted(KEYS)), min_size=1, max_size=12), st.data())
def test_however_keys_are_split_over_reads_they_are_the_same_keys(keys: list[str], data: st.DataObject) -> None:
    text = "".join(keys)
    cuts = sorted(data.draw(st.sets(st.integers(1, max(len(text) - 1, 1)), max_size=4)))
    parts = [text[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert named(read(*parts)) == [KEYS[key] for key in keys]


@pytest.mark.parametrize("key", sorted({*string.printable} - {*"[O"} | {*"£éß中\x15\x7f"}))
def test_esc_and_a_key_in_one_read_are_esc_and_the_key(key: str) -> None:
    escape, other = read(f"\x1b{key}")
    (alone,) = read(key)
    assert isinstance(escape, Key) and isinstance(other, Key) and isinstance(alone, Key)
    assert (escape.key, other.key, other.character) == ("escape", alone.key, alone.character)


@pytest.mark.parametrize("key", ["[", "O", "[4"])
def test_esc_and_what_may_begin_a_sequence_are_keys_when_nothing_comes_after_them(key: str) -> None:
    escape, *others = read(f"\x1b{key}")
    assert isinstance(escape, Key) and escape.key == "escape"
    assert named(others) == named(read(key))


def test_a_sequence_that_nobody_knows_is_swallowed_and_what_follows_it_is_not() -> None:
    assert named(read("a\x1b[5xb\x1b[?31;2cc\x1b[31md")) == ["a", "b", "c", "d"]


ANSWERS = {
    "its ground": "\x1b]11;rgb:1111/2222/3333\x1b\\",
    "its colour, ended by BEL": "\x1b]10;rgb:1111/2222/3333\x07",
    "a colour of its palette": "\x1b]4;1;rgb:ffff/0000/1234\x1b\\",
    "its name": "\x1bP>|xterm(370)\x1b\\",
    "a setting": "\x1bP1$r0 q\x1b\\",
    "a capability": "\x1bP1+r544e=787465726d\x1b\\",
    "a picture": "\x1b_Gi=31;OK\x1b\\",
    "its make": "\x1b[?64;1;2;6;9;15;18;21;22c",
    "its version": "\x1b[>41;370;0c",
    "its cursor": "\x1b[24;80R",
    "a mode": "\x1b[?2026;2$y",
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
def test_an_answer_of_the_terminal_is_no_key_wherever_it_is_cut(answer: str) -> None:
    assert keys(read(f"a{answer}3")) == ["a", "3"]
    for cut in some(range(1, len(answer))):
        assert keys(read(f"a{answer[:cut]}", f"{answer[cut:]}3")) == ["a", "3"]
    assert keys(read("a", *answer, "3")) == ["a", "3"]


@pytest.mark.parametrize("begin", ["\x1b^", "\x1bX", "\x1b_", "\x1bP", "\x1b]l"])
def test_a_string_of_any_kind_is_no_key(begin: str) -> None:
    assert named(read(f"a{begin}123 ab\x1b\\3")) == ["a", "3"]
    assert named(read(f"a{begin}123", " ab\x1b", "\\3")) == ["a", "3"]


@pytest.mark.parametrize("begun", [answer[:-1] for answer in ANSWERS.values() if answer[-1] != "y"])
def test_of_an_answer_that_never_ends_nothing_is_left_and_keys_act(begun: str) -> None:
    reads = KeyParser()
    assert reads.take(begun) == []
    assert reads.answered
    assert reads.give_up() == []
    assert named(reads.take("3")) == ["3"]
    reads = KeyParser()
    assert named(reads.take(begun.removesuffix(ESC)) + reads.take("\x11\x1b[A3")) == ["ctrl+q", "up", "3"]


def test_a_string_without_an_end_takes_no_more_than_a_bounded_number_of_keys() -> None:
    found = read("\x1b]52;c;", *["a" * 1000] * 70)
    assert 0 < len(found) < 5_000


@pytest.mark.parametrize("key", ["]", "P", "_", "^", "X"])
def test_esc_and_words_that_might_begin_a_string_are_keys_when_no_end_follows(key: str) -> None:
    assert named(read(f"\x1b{key}rom 3")) == ["escape", *named(read(f"{key}rom 3"))]
    assert named(read(f"\x1b{key}rom\x1b3")) == ["escape", *named(read(f"{key}rom")), "escape", "3"]
    assert named(read(f"\x1b{key}", "rom\r3")) == ["escape", *named(read(f"{key}rom\r3"))]


@pytest.mark.parametrize("typed", ["]12", "P1", "Pab", "X12", "^a", "P1\x1b", "]1\x1b[A"])
def test_what_only_begins_like_a_reply_is_keys(typed: str) -> None:
    alone = named(read(*typed)) if "[" not in typed else [*named(read(*typed[:2])), "up"]
    assert named(read(f"\x1b{typed}")) == ["escape", *alone]


@given(st.text("\x1b]P_X^\\\x07[12;>|Ga", max_size=30))
def test_nothing_of_what_is_typed_is_waited_for_without_end(typed: str) -> None:
    reads = KeyParser()
    reads.take(typed)
    reads.give_up()
    assert not reads.waiting


def test_what_the_terminal_tells_of_itself_comes_through_whole() -> None:
    told = read("x\x1b[<0;5;6M\x1b[<0;-", "5;-6M\x1b[I\x1b[48;24;80;480;800ty")
    assert [type(one) for one in told] == [Key, MouseDown, AppFocus, Resize, Key]


@given(st.data())
def test_pasted_text_is_one_text_wherever_it_is_cut(data: st.DataObject) -> None:
    pasted = "one\rtwo \x1b[31m\x1b\x00three"
    text = f"a\x1b[200~{pasted}\x1b[201~b"
    cuts = sorted(data.draw(st.sets(st.integers(2, len(text) - 1), max_size=5)))
    parts = [text[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    before, paste, after = read(*parts)
    assert isinstance(paste, Paste)
    assert (named([before, after]), paste.text) == (["a", "b"], pasted.replace("\0", ""))


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_the_keys_of_a_read_stay_together_and_bytes_that_are_no_text_end_nothing() -> None:
    from tui.ui.terminal.key_reader import read_terminal

    found: list[Message] = []
    ours, theirs = os.pipe()
    stop, stops = os.pipe()

    def hear(message: Message) -> None:
        found.append(message)
        if message.keys[-1].key == "escape":  # type: ignore[attr-defined]
            os.close(stops)

    thread = Thread(target=read_terminal, args=(ours, stop, hear))
    os.write(theirs, b"ab\xe9\xff\r")
    thread.start()
    os.write(theirs, b"\x1b")
    thread.join()
    assert all(isinstance(one, KeysRead) for one in some(found))
    keys = [key for one in found for key in named(list(one.keys))]  # type: ignore[attr-defined]
    assert keys[:2] + keys[-2:] == ["a", "b", "enter", "escape"]
    assert len(keys) == 6, "each byte that is no text is a character that says so"
    for file in (ours, theirs, stop):
        os.close(file)
