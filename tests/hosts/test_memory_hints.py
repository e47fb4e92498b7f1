"""A full disk is told from other failures by the words of each kind of host."""

from __future__ import annotations

import pytest

from tui.hosts.memory_hints import make_space


@pytest.mark.parametrize(
    "words",
    [
        "FileWriter pwrite failed at offset 2097152 (errno 28)",  # the embedded runtime on a full disk
        "No space left on device",
        "There is not enough space on the disk. : 'C:\\Users\\me\\.foundry\\cache'",
        "Insufficient disk space",
        "The disk is full",
    ],
)
def test_a_full_disk_is_known_by_its_words(words: str) -> None:
    assert make_space(words, "Try again") == "Free some space where the models lie, then download it again"


@pytest.mark.parametrize("words", ["errno 280", "The namespace is unknown", "Bad gateway", ""])
def test_what_is_no_full_disk_keeps_its_own_advice(words: str) -> None:
    assert make_space(words, "Try again") == "Try again"
