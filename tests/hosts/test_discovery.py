"""Which host is meant by what was asked for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tui.core.errors import BadInputError
from tui.hosts.discovery import open_host
from tui.hosts.embedded.host import EmbeddedHost
from tui.hosts.openai_api import OpenAIHost


@pytest.mark.parametrize("spec", [None, "", "demo", " Demo "])
def test_nothing_and_demo_mean_the_embedded_runtime(spec: str | None, tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert isinstance(open_host(spec, data_dir=data, environ={}), EmbeddedHost)
    assert not data.exists()


@pytest.mark.parametrize("spec", ["http://127.0.0.1:8000", "https://models.example/v1", " HTTP://box:5273 "])
def test_an_address_means_a_server(spec: str, tmp_path: Path) -> None:
    assert isinstance(open_host(spec, data_dir=tmp_path, environ={}), OpenAIHost)


@pytest.mark.parametrize("spec", ["foo", "demos", "localhost:8000", "ftp://box", "C:\\models", "http://", "127.0.0.1"])
def test_anything_else_is_refused_with_what_is_accepted(spec: str, tmp_path: Path) -> None:
    with pytest.raises(BadInputError) as caught:
        open_host(spec, data_dir=tmp_path, environ={})
    assert "demo" in caught.value.sentence()
    assert "http://127.0.0.1:8000/v1" in caught.value.sentence()


@pytest.mark.parametrize(
    ("environ", "key"),
    [
        ({}, None),
        ({"OPENAI_API_KEY": "k-0"}, None),
        ({"API_KEY": "k-1", "OPENAI_API_KEY": "k-0"}, "k-1"),
        ({"API_KEY": "k-1", "FOUNDRY_COMPARE_API_KEY": "k-2"}, "k-2"),
        ({"API_KEY": "k-1", "FOUNDRY_COMPARE_API_KEY": ""}, "k-1"),
    ],
)
def test_a_key_is_only_taken_from_where_it_was_meant_for_this(
    environ: dict[str, str], key: str | None, tmp_path: Path
) -> None:
    host = open_host("http://127.0.0.1:8000", data_dir=tmp_path, environ=environ)
    assert host.endpoint("m").api_key == key


def test_choosing_a_host_imports_nothing_heavy() -> None:
    program = (
        "import sys, tui.hosts.discovery, tui.hosts.embedded.bundle\n"
        "heavy = {'httpx2', 'openai', 'numpy', 'foundry_local_sdk', 'psutil', 'textual', 'asyncio'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
