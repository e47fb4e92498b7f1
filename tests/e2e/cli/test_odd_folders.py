"""Folders that do less than a program expects: without locks, read-only, unmounted in the middle of an answer."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.odd_folders import in_own_mounts, why_no_locks_refused, why_no_mounts, without_locks
from tests.support.some import some

TOP = Path(__file__).parents[3]
EXAMPLES = TOP / "tests" / "data" / "recorded"
PROGRAM = (sys.executable, "-P", "-m", "tui")
PATIENCE_S = 120

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="POSIX, and of that Linux")


def environ(folder: Path) -> dict[str, str]:
    names = ("DATA", "STATE", "CONFIG", "CACHE", "SESSIONS")
    return os.environ | {f"FOUNDRY_COMPARE_{name}": str(folder / name.lower()) for name in names}


def begun(command: Sequence[str], folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command, cwd=TOP, env=environ(folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    shutil.copytree(EXAMPLES, tmp_path / "sessions")
    return tmp_path


def test_where_nothing_can_be_locked_sessions_are_listed_and_found(kept: Path) -> None:
    if why_not := why_no_locks_refused():
        pytest.skip(why_not)
    # Two at once, and then one that may lock: whatever they left behind does no harm.
    commands = [
        without_locks(errno.ENOLCK, [*PROGRAM, "sessions", "list", "--json"]),
        without_locks(errno.ENOLCK, [*PROGRAM, "sessions", "search", "thirty", "--json"]),
    ]
    running = [begun(command, kept) for command in commands]
    listed, found = (json.loads(process.communicate(timeout=PATIENCE_S)[0]) for process in running)
    assert [process.returncode for process in running] == [0, 0]
    assert len(listed["sessions"]) == 4 and len(found["hits"]) == 2

    unlocked = begun(commands[0], kept)
    out, said = unlocked.communicate(timeout=PATIENCE_S)
    assert json.loads(out) == listed and "cannot be used" in said and "Every file is read." in said
    locked = begun([*PROGRAM, "sessions", "list", "--json"], kept)
    out, said = locked.communicate(timeout=PATIENCE_S)
    assert json.loads(out) == listed and not said


MOUNTED = """
set -e
mount -t tmpfs none "$1"
cp -r "$2" "$1/sessions"
head -c 9000 "$1/sessions/20261127T093106Z-f41c.toml" >"$1/sessions/cut.toml"
mount -o remount,ro "$1"
cut=$1/sessions/cut.toml
shift 2
one=20261127T093106Z-f41c
for command in "list --json" "search thirty" "trash $one" "forget $one" "repair $cut"; do
    code=0
    "$@" sessions $command || code=$?
    echo "$command: $code" >&2
done
ls "$FOUNDRY_COMPARE_SESSIONS" >&2
"""


def test_what_lies_on_a_read_only_disk_is_listed_and_left_alone(tmp_path: Path) -> None:
    if why_not := why_no_mounts():
        pytest.skip(why_not)
    disk = tmp_path / "disk"
    disk.mkdir()
    script = in_own_mounts(["sh", "-c", MOUNTED, "sh", str(disk), str(EXAMPLES), *PROGRAM])
    done = begun(script, disk)
    out, said = done.communicate(timeout=PATIENCE_S)
    assert done.returncode == 0, said
    assert '"undecided"' in out and "answer r1: " in out
    codes = {name: code for name, _, code in (line.rpartition(": ") for line in said.splitlines()) if code.isdigit()}
    assert [codes["list --json"], codes["search thirty"]] == ["0", "0"]
    for command in some([name for name in codes if name.startswith(("trash", "forget", "repair"))]):
        assert codes[command] == "1", said
    assert "Read-only file system" in said and "Traceback" not in said
    assert all(file.name in said for file in some(list(EXAMPLES.glob("*.toml"))))
    assert not list(disk.iterdir()), "nothing was written where the disk had been"


UNMOUNTED = """
set -e
mount -t tmpfs none "$FOUNDRY_COMPARE_SESSIONS"
"$@" &
program=$!
until cat "$FOUNDRY_COMPARE_SESSIONS"/*.journal.jsonl 2>/dev/null | grep -q '"delta"'; do
    kill -0 $program
    sleep 0.05
done
umount -l "$FOUNDRY_COMPARE_SESSIONS"
sleep 2.5
kill -TERM $program
code=0
wait $program || code=$?
exit $code
"""


def test_a_folder_that_is_unmounted_loses_nothing(tmp_path: Path) -> None:
    from tests.support.loopback_server import LoopbackServer
    from tui.storage.session_files import load

    if why_not := why_no_mounts():
        pytest.skip(why_not)
    (tmp_path / "sessions").mkdir()
    with LoopbackServer().running() as server:
        asked = [*PROGRAM, "run", "--host", server.url, "-m", "endless", "-p", "hi"]
        done = begun(in_own_mounts(["sh", "-c", UNMOUNTED, "sh", *asked]), tmp_path)
        _, said = done.communicate(timeout=PATIENCE_S)
    assert done.returncode == 143, said
    assert "While the session ran it was deleted or moved, or its folder was." in said
    (file,) = (tmp_path / "sessions").glob("*.toml")
    (request,) = load(file).requests.values()
    assert request.answer.startswith("more more ")
    assert f"run --resume {file}" in said
