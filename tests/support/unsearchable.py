"""A folder that is out of reach, as on a network drive that goes away: for the superuser, too."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOBODY = 65534


@contextmanager
def unsearchable(folder: Path) -> Iterator[None]:
    """Nothing in `folder` can be looked at within the block, by no thread of this process. POSIX only."""
    mode = folder.stat().st_mode & 0o7777
    folder.chmod(0)
    try:
        with not_the_superuser():
            yield
    finally:
        folder.chmod(mode)


@contextmanager
def not_the_superuser() -> Iterator[None]:
    """Within the block this process is a user whom permissions bind. POSIX only."""
    assert sys.platform != "win32"
    user = os.geteuid()
    if user == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if user == 0:
            os.seteuid(user)
