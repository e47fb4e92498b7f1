"""The configuration: which hosts it names, and a sentence for everything that is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.core.errors import BadInputError
from tui.core.host_spec import HostSpec, KnownHosts
from tui.hosts.config_entry import read_entry
from tui.hosts.registry import WORDS, find_host
from tui.storage.config import read_config


def read(folder: Path, text: str | bytes) -> KnownHosts:
    data = text.encode() if isinstance(text, str) else text
    (folder / "config.toml").write_bytes(data)
    return read_config(folder, read_entry, WORDS)


def test_without_a_file_no_host_is_named(tmp_path: Path) -> None:
    assert read_config(tmp_path, read_entry) == KnownHosts()
    assert read_config(tmp_path / "nowhere", read_entry) == KnownHosts()
    assert read(tmp_path, "") == KnownHosts()


def test_each_way_to_a_host_is_read(tmp_path: Path) -> None:
    known = read(
        tmp_path,
        """\ufeffdefault_host = "lab"
        [hosts.lab]
        ssh = "ssh://me@winbox:2222"
        kind = "service"
        remote_port = 5280
        [hosts.box]
        url = "HTTP://box:8000/v1/"
        api_key_env = "BOX_KEY"
        [hosts.mine]
        adapter = "my.module:MyHost"
        """,
    )
    assert known.default == "lab"
    assert known.hosts == {
        "lab": HostSpec("ssh", "me@winbox:2222", "lab", remote_port=5280, kind="service"),
        "box": HostSpec("url", "http://box:8000/v1", "box", "BOX_KEY"),
        "mine": HostSpec("adapter", "my.module:MyHost", "mine"),
    }


def test_the_only_host_is_the_default_and_of_several_none_is(tmp_path: Path) -> None:
    one = "[hosts.lab]\nurl = 'http://lab'\n"
    assert read(tmp_path, one).default == "lab"
    assert read(tmp_path, f"default_host = 'demo'\n{one}").default == "demo"
    assert read(tmp_path, f"{one}[hosts.box]\nurl = 'http://box'").default is None


@pytest.mark.parametrize("default", ["demo", "embedded"])
def test_a_host_that_is_always_there_may_be_the_default(tmp_path: Path, default: str) -> None:
    known = read(tmp_path, f'default_host = "{default}"')
    assert find_host(known.default or "", known) == HostSpec(default)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("hosts = 3", "`hosts` should be a table"),
        ("defualt_host = 'x'", "`defualt_host` is not a key"),
        ("default_host = 3", "`default_host` should be text"),
        ("default_host = 'lab'", "`default_host` names 'lab', which is not there"),
        (
            "default_host = 'lab'\n[hosts.b]\nurl = 'http://b'\n[hosts.a]\nurl = 'http://a'",
            "`default_host` names 'lab', which is not there; there are b, a, demo, embedded.",
        ),
        ("[hosts]\nlab = 'box'", "`lab` should be a table"),
        ("[hosts.lab]\n", "In `hosts.lab`: exactly one of `url`, `ssh`"),
        ("[hosts.lab]\nurl = 'http://box'\nssh = 'a@b'", "exactly one of `url`, `ssh`"),
        ("[hosts.lab]\nurl = 'http://box'\nurll = ''", "In `hosts.lab`: `urll` is not a key"),
        ("[hosts.lab]\nurl = 3", "`url` should be text"),
        ("[hosts.lab]\nurl = 'box.example'", "`hosts.lab`: 'box.example' is not an http or https address"),
        ("[hosts.lab]\nurl = 'http://me:secret@box'", "`hosts.lab`: The address holds a user name or a password"),
        ("[hosts.lab]\nssh = 'me:secret@box'", "`hosts.lab`: The SSH host holds a password"),
        ("[hosts.lab]\nssh = ''", "`hosts.lab`: The SSH host has no name"),
        ("[hosts.lab]\nadapter = 'my module'", "`adapter` should be written like module:Class"),
        ("[hosts.lab]\nurl = 'http://box'\nkind = 'ollama'", "`kind` should be one of service, daemon, sdk, openai"),
        ("[hosts.lab]\nadapter = 'a:B'\nkind = 'sdk'", "`kind` belongs beside `url` or `ssh`"),
        ("[hosts.lab]\nurl = 'http://box'\napi_key_env = 'sk-secret'", "the name of an environment variable"),
        ("[hosts.lab]\nssh = 'a@b'\napi_key_env = 'KEY'", "`api_key_env` belongs beside `url`"),
        ("[hosts.lab]\nssh = 'a@b'\nremote_port = 0", "`remote_port` should be a number from 1 to 65535"),
        ("[hosts.lab]\nurl = 'http://box'\nremote_port = 5273", "beside `ssh`"),
        ("[hosts.demo]\nurl = 'http://box'", "`hosts.demo`: a host is called by"),
        ("[hosts.'a/b']\nurl = 'http://box'", "`hosts.a/b`: a host is called by"),
        ("x = [", "It is not TOML"),
        ("x = " + "[" * 2000, "It is nested too deeply"),
        (b"default_host = '\xff'", "Byte 17 is not UTF-8 text"),
        ("#" * 8193, "It is larger than 8192 bytes"),
    ],
)
def test_what_is_wrong_is_a_sentence_with_the_file_and_the_key(tmp_path: Path, text: str | bytes, says: str) -> None:
    with pytest.raises(BadInputError) as caught:
        read(tmp_path, text)
    sentence = caught.value.sentence()
    assert says in sentence
    assert str(tmp_path / "config.toml") in sentence and "`--host demo` works without it" in sentence
    assert "secret" not in sentence


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.toml").mkdir()
    with pytest.raises(BadInputError, match=r"config\.toml cannot be used"):
        read_config(tmp_path, read_entry)


def test_an_unknown_name_is_refused_with_those_there_are(tmp_path: Path) -> None:
    known = read(tmp_path, "[hosts.lab]\nurl = 'http://box'\n[hosts.den]\nssh = 'den'")
    assert find_host("lab", known).value == "http://box"
    with pytest.raises(BadInputError) as caught:
        find_host("bal", known)
    assert "There is no host called bal." in caught.value.sentence()
    assert "lab, den" in caught.value.sentence()
    with pytest.raises(BadInputError, match="There is no host called bal"):
        find_host("bal", KnownHosts())
