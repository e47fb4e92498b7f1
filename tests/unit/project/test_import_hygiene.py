"""First paint must not wait for what it does not need: seen in a fresh interpreter, not believed."""

from __future__ import annotations

import pkgutil
import subprocess
import sys

import pytest

import tui.core
import tui.report

HEAVY = {
    "textual", "rich", "openai", "httpx2", "numpy", "psutil", "foundry_local_sdk", "click", "markdown_it", "pygments",
    "rapidfuzz", "plotext",
}  # fmt: skip
REPORT = [module.name for module in pkgutil.walk_packages(tui.report.__path__, "tui.report.")]
CORE = [module.name for module in pkgutil.iter_modules(tui.core.__path__, "tui.core.")]


def loaded_by(*modules: str) -> set[str]:
    """The top-level packages in memory after these imports."""
    script = f"import sys, {', '.join(modules)}\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.split())


def test_core_loads_nothing_heavy() -> None:
    assert len(CORE) > 10
    loaded = loaded_by(*CORE)
    assert "tui" in loaded
    assert not loaded & HEAVY


@pytest.mark.parametrize("module", REPORT)
def test_the_report_loads_numpy_only_when_it_counts(module: str) -> None:
    assert not loaded_by(module) & HEAVY


def test_what_looks_at_texts_is_loaded_when_an_answer_has_ended() -> None:
    script = "import sys, tui.core.metrics.registry, tui.core.requests.request\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    loaded = set(done.stdout.split())
    assert "tui.core.requests.question" in loaded
    assert not {name for name in loaded if name.startswith(("tui.core.answers", "tui.core.text.diff"))}


def test_the_screen_loads_nothing_that_it_does_not_paint_with() -> None:
    loaded = loaded_by("tui.cli.screen", "tui.app.app")
    assert "textual" in loaded
    assert not loaded & (HEAVY - {"textual", "rich", "click"})


def test_the_first_frame_waits_for_next_to_nothing() -> None:
    script = "import sys, tui.cli.main, tui.cli.screen, tui.app.app, tui.ui.themes\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    loaded = set(done.stdout.split())
    assert "tui.ui.compare.screen" in loaded
    packages = {".".join(name.split(".")[:2]) for name in loaded if name.startswith("tui.")}
    assert packages == {
        "tui.app",
        "tui.cli",
        "tui.core",
        "tui.files",
        "tui.held_files",
        "tui.private_files",
        "tui.signals",
        "tui.storage",
        "tui.ui",
    }
    later = {
        "tui.storage.session_writer",
        "tui.storage.session_recovery",
        "tui.app.host_controller",
        "tui.ui.models.screen",
        "tui.core.catalog.model_card",
        "tui.core.plans.plan",
        "tui.core.requests.request",
        "tui.core.sessions.session_model",
        "tui.core.metrics.registry",
    }
    assert not loaded & (later | {"importlib.metadata", "http.client", "urllib.request"})


def test_the_check_would_notice() -> None:
    assert "numpy" in loaded_by("tui.core.metrics.metrics", "numpy")
