"""The embedded runtime when its files moved, are spoiled or missing."""

from __future__ import annotations

import shutil
from pathlib import Path

import httpx2
import pytest

from tests.hosts.conftest import why_no_runtime
from tests.support.some import some
from tui.core.catalog.model_card import ModelCard
from tui.core.errors import NoHostError
from tui.hosts.embedded.bundle import bundle_root, model_card_text, read_bundle
from tui.hosts.embedded.host import EmbeddedHost
from tui.hosts.embedded.runtime_process import RuntimeProcess

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(why_no_runtime()), reason=why_no_runtime() or "never")]

PATIENCE_S = 20.0


def serves(folder: Path, bundle: Path) -> list[str]:
    """The models that a runtime on this bundle can load."""
    process = RuntimeProcess(folder, bundle)
    try:
        root = process.ready(PATIENCE_S).root
        with httpx2.Client(base_url=f"{root}/catalogs/local", trust_env=False, timeout=30.0) as client:
            for model in some(read_bundle(bundle)):
                assert client.get(f"models/load/{model.card.alias}").status_code == 200
            listed = client.get("v1/models").json()["data"]
            assert {row["id"] for row in listed} == set(client.get("models/loaded").json())
            return sorted(row["id"] for row in listed)
    finally:
        process.end()


def copy_bundle(to: Path, *, version: int) -> Path:
    """A bundle with the smallest demo model alone, in another version."""
    shutil.copytree(bundle_root() / "demo-small", to / "demo-small")
    text = f'[[model]]\nid = "demo-small:{version}"\nalias = "demo-small"\nfolder = "demo-small"\n'
    (to / "catalog.toml").write_text(text)
    return to


def test_a_bundle_that_moved_or_changed_is_served_from_where_it_lies(tmp_path: Path) -> None:
    folder, old, new = tmp_path / "data", tmp_path / "old", tmp_path / "new \u2603"
    assert serves(folder, copy_bundle(old, version=1)) == ["demo-small:1"]
    copy_bundle(new, version=1)
    assert serves(folder, new) == ["demo-small:1"]
    shutil.rmtree(old)
    assert serves(folder, new) == ["demo-small:1"]
    assert serves(folder, copy_bundle(tmp_path / "next", version=2)) == ["demo-small:2"]
    shutil.rmtree(new)
    assert serves(folder, bundle_root()) == sorted(model.card.id for model in read_bundle(bundle_root()))


def test_a_platform_without_the_runtime_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "foundry_local_sdk.py").write_text("raise ImportError('no wheel for this platform')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(NoHostError) as caught:
        EmbeddedHost(tmp_path / "data").connect()
    assert caught.value.title == "The embedded runtime is not available on this platform"
    assert "no wheel for this platform" in caught.value.detail
    assert "--host http://" in caught.value.hint


def test_a_process_that_dies_at_once_is_reported_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "foundry_local_sdk.py").write_text("import os; os.write(2, b'no luck today'); os._exit(7)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(NoHostError) as caught:
        EmbeddedHost(tmp_path / "data").connect()
    assert "code 7" in caught.value.detail and "no luck today" in caught.value.detail


def test_a_process_that_never_gets_ready_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "foundry_local_sdk.py").write_text("import time; time.sleep(60)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    process = RuntimeProcess(tmp_path / "data", bundle_root())
    with pytest.raises(NoHostError, match="did not start"):
        process.ready(0.5)
    assert not process.alive


def test_a_process_without_a_sign_of_life_is_given_up_sooner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "foundry_local_sdk.py").write_text("import time; time.sleep(60)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    process = RuntimeProcess(tmp_path / "data", bundle_root())
    with pytest.raises(NoHostError) as caught:
        process.ready(50.0, quiet=2.0)
    assert caught.value.detail.endswith("and showed no sign of life for 2 s.")
    assert not process.alive


@pytest.mark.parametrize(
    "work",
    ["os.write(2, b'.'); time.sleep(0.3)", "[0 for _ in range(10**6)]", "open(__file__, 'rb').read(1 << 22)"],
    ids=["writes", "computes", "reads"],
)
def test_a_process_that_is_seen_to_work_is_waited_for(
    work: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = f"import os, time\nend = time.monotonic() + 5\nwhile time.monotonic() < end: {work}\n"
    (tmp_path / "foundry_local_sdk.py").write_text(f"{script}raise ImportError('as was meant')\n#{'x' * (1 << 22)}")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    process = RuntimeProcess(tmp_path / "data", bundle_root())
    with pytest.raises(NoHostError) as caught:
        process.ready(50.0, quiet=3.0)
    assert "as was meant" in caught.value.detail


def test_what_is_printed_on_stdout_does_not_disturb_the_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "foundry_local_sdk.py").write_text(
        "import os; print('{}', flush=True); os.write(1, b'native noise\\n'); raise ImportError('as was meant')"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(NoHostError) as caught:
        EmbeddedHost(tmp_path / "data").connect()
    assert "as was meant" in caught.value.detail
    assert capfd.readouterr() == ("", "")


def test_a_data_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file in the way")
    with pytest.raises(NoHostError) as caught:
        EmbeddedHost(tmp_path / "data").connect()
    assert str(tmp_path / "data" / "embedded") in caught.value.sentence()


def test_a_spoiled_registration_is_an_error_that_says_what_to_delete(tmp_path: Path) -> None:
    host = EmbeddedHost(tmp_path)
    host.connect()
    host.close()
    (folder,) = (tmp_path / "embedded").iterdir()
    (index,) = folder.rglob("*.json")
    index.write_text('{"catalog_name": "lo')
    with pytest.raises(NoHostError) as caught:
        host.connect()
    assert f"delete the folder {folder}" in caught.value.hint
    assert caught.value.detail.startswith("failed to parse")
    shutil.rmtree(folder)
    assert host.connect().pid
    host.close()


def test_a_bundled_model_has_its_card_as_text() -> None:
    for model in some(read_bundle(bundle_root())):
        text = model_card_text(model.card)
        assert text is not None and model.card.id in text
    assert model_card_text(ModelCard("phi-4-mini:5", alias="phi-4-mini")) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[[model]]",
        "model = 7",
        "[[model]]\nid = 'x:1'\nalias = 'x'\nfolder = 'nowhere'",
        "[[model]]\nid = 'x:1'\nalias = 'x'\nfolder = ",
    ],
)
def test_a_bundle_that_cannot_be_read_is_a_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "catalog.toml").write_text(text)
    with pytest.raises(NoHostError, match="demo models"):
        read_bundle(tmp_path)
