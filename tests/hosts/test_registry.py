"""The table of hosts promises what the hosts themselves say that they can do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.some import some
from tui.core.errors import BadInputError
from tui.hosts.adapter.host import AdapterHost
from tui.hosts.base import Host
from tui.hosts.embedded.host import EmbeddedHost
from tui.hosts.foundry.cli import FoundryCli
from tui.hosts.foundry.daemon import DaemonHost
from tui.hosts.foundry.sdk_web import SdkWebHost
from tui.hosts.foundry.service import ServiceHost
from tui.hosts.openai.host import OpenAIHost
from tui.hosts.registry import KINDS
from tui.storage.config import KINDS as NAMEABLE
from tui.storage.config import read_config

ROOT = "http://127.0.0.1:9"


def hosts(folder: Path) -> dict[str, Host]:
    """One of each kind, at its best. Making one touches nothing."""
    return {
        "service": ServiceHost(ROOT, cli=FoundryCli("foundry")),
        "daemon": DaemonHost(ROOT, cli=FoundryCli("foundry")),
        "sdk": SdkWebHost(ROOT),
        "openai": OpenAIHost(ROOT),
        "embedded": EmbeddedHost(folder, demo_only=False),
        "demo": EmbeddedHost(folder),
        "adapter": AdapterHost("my.module:MyHost"),
    }


def test_every_kind_is_in_the_table_and_can_what_it_says(tmp_path: Path) -> None:
    made = hosts(tmp_path)
    assert [kind.kind for kind in KINDS] == list(made)
    for kind in some(KINDS):
        can = {ability for ability, reason in made[kind.kind].abilities.items() if not reason}
        assert can == kind.can, kind.kind


def test_each_kind_that_answers_at_an_address_may_be_named_in_the_configuration(tmp_path: Path) -> None:
    assert {kind.kind for kind in KINDS if "at an address" in kind.found} == set(NAMEABLE)
    (tmp_path / "config.toml").write_text("[hosts.x]\nurl = 'http://box'\nkind = 'demo'", "utf-8")
    with pytest.raises(BadInputError, match="cannot be used"):
        read_config(tmp_path)
