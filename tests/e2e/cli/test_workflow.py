"""Each step of the workflow in docs/ci.md is done as a runner does it, but for the installation, which is done here."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.program.conftest import needs_runtime
from tests.support.program import PATIENCE_S
from tests.support.some import some
from tools.docs import TOP

PAGE = (TOP / "docs" / "ci.md").read_text("utf-8")
_STEP = re.compile(
    r"^      - name: (?P<name>.+)\n(?:        if: .+\n)?        run: "
    r"(?:(?P<line>[^|\n].*)|\|\n(?P<lines>(?:          .*\n)+))",
    re.MULTILINE,
)


def steps() -> dict[str, str]:
    """The commands of each step that has some, by its name."""
    workflow = PAGE.split("```yaml\n")[1].split("```")[0]
    found = {
        step["name"]: step["line"] or re.sub(r"^ {10}", "", step["lines"], flags=re.MULTILINE)
        for step in _STEP.finditer(workflow)
    }
    assert len(found) == workflow.count(" run: "), "a step is written in another way"
    return found


@needs_runtime
@pytest.mark.skipif(sys.platform == "win32", reason="POSIX shell")
def test_the_workflow_ends_well_and_leaves_what_it_uploads(tmp_path: Path) -> None:
    shutil.copy(TOP / "tests" / "data" / "workshop" / "prompts.json", tmp_path)
    install, *others = some(list(steps().items()))
    assert install[0] == "Install" and install[1] in (TOP / "README.md").read_text("utf-8").replace(".venv/bin/", "")
    environ = {
        **os.environ,
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
        "FOUNDRY_COMPARE_SESSIONS": "sessions",
        "GITHUB_STEP_SUMMARY": "summary.md",
    }
    for name, commands in some(others):
        done = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", commands], cwd=tmp_path, env=environ, capture_output=True, text=True,
            timeout=4 * PATIENCE_S, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"
    assert {"smoke.xml", "bench.xml", "report.html", "report.json"} <= {file.name for file in tmp_path.iterdir()}
    assert "demo-large" in (tmp_path / "summary.md").read_text("utf-8")
    assert len(list((tmp_path / "sessions").glob("*.toml"))) == 1
