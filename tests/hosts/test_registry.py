"""The table of hosts promises what the hosts themselves say that they can do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.some import some
from tui.core.host_spec import HostSpec, KnownHosts
from tui.hosts.base import Host
from tui.hosts.config_entry import HOST_FORMAT, SETTINGS, read_entry
from tui.hosts.host_kind import HostKind, Scheme, Server, Surroundings
from tui.hosts.registry import KINDS, LAST_RESORT, SCHEMES, WORDS, find_kind, parse_host
from tui.hosts.search.at_address import AddressOpener

VALUES = {"url": "http://127.0.0.1:9", "ssh": "me@winbox", "adapter": "my.module:MyHost"}
"""A value for each scheme that is more than a word."""


@pytest.fixture
def around(tmp_path: Path) -> Surroundings:
    """Surroundings with a `foundry` command, which is never run."""
    command = tmp_path / "foundry"
    command.write_text("#!/bin/sh\nexit 1\n", "utf-8")
    command.chmod(0o755)
    return Surroundings(tmp_path / "data", {"PATH": str(tmp_path), "PATHEXT": ""}, tmp_path / "home")


def at_its_best(kind: HostKind, around: Surroundings) -> Host:
    """A host of this kind with everything it may need. Making one touches nothing."""
    if kind.at_address is not None:
        return kind.at_address.open(Server("http://127.0.0.1:9", "http://127.0.0.1:9", commands=()), around)
    assert kind.scheme is not None
    spec = HostSpec(kind.scheme.key, VALUES.get(kind.scheme.key, ""))
    return kind.scheme.open(spec, around, AddressOpener(around))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_can_what_the_table_says(kind: HostKind, around: Surroundings) -> None:
    can = {ability for ability, reason in at_its_best(kind, around).abilities.items() if not reason}
    assert can == kind.can
    assert find_kind(kind.name) is kind


def test_every_kind_can_be_named_or_is_found_at_an_address() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS)
    assert all(kind.scheme is not None or kind.at_address is not None for kind in some(KINDS))
    assert sum(bool(kind.last_resort) for kind in KINDS) == 1 and LAST_RESORT.name in WORDS


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=lambda scheme: scheme.key)
def test_a_scheme_takes_what_its_help_shows_and_no_other_does(scheme: Scheme) -> None:
    assert parse_host(scheme.example, KnownHosts).scheme == scheme.key
    text = scheme.example if scheme.word else VALUES[scheme.key]
    assert [other.key for other in SCHEMES.values() if other.recognises(text)] == [scheme.key]


def test_each_kind_that_answers_at_an_address_may_be_named_in_the_configuration() -> None:
    for kind in some([kind for kind in KINDS if kind.at_address is not None]):
        assert read_entry("x", {"url": "http://box", "kind": kind.name}).kind == kind.name
    for name in some(WORDS):
        with pytest.raises(ValueError, match="`kind` should be one of"):
            read_entry("x", {"url": "http://box", "kind": name})


def test_what_an_entry_holds_is_what_its_scheme_takes() -> None:
    for scheme in some([scheme for scheme in SCHEMES.values() if scheme.configured_as]):
        assert read_entry("x", {scheme.key: VALUES[scheme.key]}) == HostSpec(scheme.key, VALUES[scheme.key], "x")
        assert scheme.key in HOST_FORMAT.keys
        for setting in SETTINGS:
            if setting.key not in scheme.settings:
                with pytest.raises(ValueError, match=r"belongs beside|should"):
                    read_entry("x", {scheme.key: VALUES[scheme.key], setting.key: "x"})
