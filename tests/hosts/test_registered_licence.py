"""What a registered folder says of its licence, where it is understood."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tui.hosts.embedded.bundle import bundle_root
from tui.hosts.embedded.folder_check import check_folder

APACHE = "                                 Apache License\n                           Version 2.0, January 2004\n"
MIT = "MIT License\n\nCopyright (c) 2025 Somebody\n\nPermission is hereby granted, free of charge, to any person"


@pytest.mark.parametrize(
    ("file", "content", "licence"),
    [
        ("README.md", "---\nlanguage: en\nlicense: apache-2.0\n---\n# A model", "apache-2.0"),
        ("README.md", "---\r\nlicense: 'mit'\r\n---\r\n", "mit"),
        ("model_card.md", "---\nlicence: other\n---\n", "other"),
        ("README.md", "# No head\nlicense: mit\n", None),
        ("README.md", "---\nlicense: [bold]x[/bold]\n---\n", None),
        ("LICENSE", APACHE, "apache-2.0"),
        ("LICENSE.txt", MIT, "mit"),
        ("LICENSE", "All rights reserved.", None),
        ("LICENSE", "\xff\xfe", None),
        ("README.md", f"---\nlicense: {'a' * 5000}\n---\n", "a" * 60),
    ],
)
def test_a_licence_is_taken_from_the_folder_s_own_words(
    tmp_path: Path, file: str, content: str, licence: str | None
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(bundle_root() / "demo-small", folder, ignore=shutil.ignore_patterns("*.md"))
    (folder / file).write_text(content, "latin-1", newline="")
    assert check_folder(folder).licence == licence
