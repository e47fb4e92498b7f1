"""The configuration: its settings, the hosts it names, and a sentence with the line for everything that is wrong."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.support.some import any_number_of
from tui.cli.screen import painting
from tui.core.errors import BadInputError
from tui.core.host_spec import HostSpec, KnownHosts
from tui.hosts.config_entry import HOST_FORMAT
from tui.hosts.registry import find_host
from tui.storage.config import Configuration, check_hosts, lines_of, read_config, read_hosts


def written(folder: Path, text: str | bytes) -> Path:
    (folder / "config.toml").write_bytes(text.encode() if isinstance(text, str) else text)
    return folder


def read(folder: Path, text: str | bytes) -> KnownHosts:
    return read_hosts(written(folder, text), HOST_FORMAT)


def config(folder: Path, text: str | bytes) -> Configuration:
    return read_config(written(folder, text), HOST_FORMAT)


def test_without_a_file_nothing_is_set_and_no_host_is_named(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        assert read_hosts(folder, HOST_FORMAT) == KnownHosts()
        found = read_config(folder, HOST_FORMAT)
        assert (found.values, found.problems, found.text) == ({}, (), None)
        assert painting(folder) == (None, False)
    assert read(tmp_path, "") == KnownHosts()
    assert read_config(tmp_path, HOST_FORMAT).text == ""


def test_settings_are_read_and_a_path_begins_at_the_folder_of_the_file(tmp_path: Path) -> None:
    found = config(
        tmp_path,
        """\ufeffdefault_host = "lab"
        default_models = ["phi-4-mini", "qwen2.5-0.5b"]
        rubric = "class/rubric.toml"
        rater = " ann "
        low_bandwidth = true
        keymap = {"pane.zoom" = "Z"}
        plan.timeouts.idle_s = 9
        [hosts.lab]
        url = "http://lab"
        [energy]
        watts = 45
        """,
    )
    assert found.check() is found and not found.warnings()
    assert found.values == {
        "default_host": "lab",
        "default_models": ("phi-4-mini", "qwen2.5-0.5b"),
        "rubric": tmp_path / "class" / "rubric.toml",
        "rater": "ann",
        "low_bandwidth": True,
        "keymap": {"pane.zoom": "Z"},
        "plan.timeouts.idle_s": 9.0,
        "energy.watts": 45.0,
    }
    elsewhere = tmp_path.parent / "rubric.toml"
    assert config(tmp_path, tomli_w.dumps({"rubric": str(elsewhere)})).values == {"rubric": elsewhere}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("\n\ndefualt_host = 'x'", "Line 3: `defualt_host` is not a setting that is known; did you mean `default_h"),
        ("[plan]\nround = 3", "Line 2: `plan.round` is not a setting that is known; did you mean `plan.rounds`?"),
        ("plan.timeouts = {idle = 3}", "Line 1: `plan.timeouts.idle` is not a setting that is known; did you mean"),
        ("[plans]\nrounds = 3", "Line 1: `plans` is not a setting that is known; did you mean `plan`?"),
        ("xyzzy = 1", "`xyzzy` is not a setting that is known; known are default_host, default_models"),
        (
            "[hosts.lab]\nurl = 'http://box'\nurll = ''",
            "Line 3: In `hosts.lab`: `urll` is not a key that is known; did you",
        ),
    ],
)
def test_a_key_that_is_not_known_is_named_with_its_line_and_passed_over(tmp_path: Path, text: str, says: str) -> None:
    found = config(tmp_path, text).check()
    (warning,) = found.warnings()
    assert says in warning.sentence() and str(tmp_path / "config.toml") in warning.sentence()
    assert not found.values


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("theme = 'dark'\n# one\n\nrater = 3", "Line 4: `rater` should be text"),
        ("theme = ''", "Line 1: `theme` is empty"),
        ("rater = '" + "a" * 41 + "'", "`rater` has 41 characters; 40 are the most"),
        ("default_models = 'phi'", "`default_models` should be a list of texts"),
        ("default_models = [\n'a',\n'b',\n3\n]", "Line 1: `default_models` should be a list of texts"),
        ("default_models = ['a','a','a','a','a','a','a','a','a']", "has 9 texts; 8 are the most"),
        ("low_bandwidth = 1", "`low_bandwidth` should be `true` or `false`"),
        ("plan = 3", "`plan` should be a table"),
        ("[plan]\nmode = 'fast'", "Line 2: `plan.mode` should be one of `measure`, `race`"),
        ("[plan]\nrounds = 0", "`plan.rounds` should be a whole number from 1 to 1000"),
        ("[plan]\nrounds = true", "`plan.rounds` should be a whole number"),
        ("[plan]\nrounds = 2.0", "`plan.rounds` should be a whole number"),
        ("[plan]\ntemperature = 2.5", "`plan.temperature` should be a number from 0 to 2"),
        ("[plan]\ntemperature = nan", "`plan.temperature` should be a number from 0 to 2"),
        ("[plan]\ntop_p = 0", "`plan.top_p` should be a number above 0, and at most 1"),
        ("[plan.timeouts]\nidle_s = inf", "`plan.timeouts.idle_s` should be a number above 0"),
        ("keymap = ['Z']", "`keymap` should be a table of keys by the ids of actions"),
        ("[keymap]\n'pane.zoom' = 3", "`keymap` should be a table of keys"),
        ("[energy]\nwatts = -1", "`energy.watts` should be a number above 0"),
        ("x = [", "It is not TOML"),
        ("x = " + "[" * 2000, "It is nested too deeply"),
        (b"default_host = '\xff'", "Byte 17 is not UTF-8 text"),
        ("#" * 16_385, "It is larger than 16384 bytes"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_with_the_file_the_line_and_the_key(
    tmp_path: Path, text: str | bytes, says: str
) -> None:
    with pytest.raises(BadInputError) as caught:
        config(tmp_path, text).check()
    sentence = caught.value.sentence()
    assert says in sentence and str(tmp_path / "config.toml") in sentence
    assert "`foundry-compare config check` names all that is wrong" in sentence


def test_every_problem_of_a_file_is_named_and_what_is_right_is_read_all_the_same(tmp_path: Path) -> None:
    found = config(tmp_path, "theme = 3\nxyz = 1\nrater = 'ann'\n[plan]\nrounds = 'x'\nseed = 5\n")
    assert [(problem.key, problem.unknown) for problem in found.problems] == [
        ("theme", False), ("xyz", True), ("plan.rounds", False),
    ]  # fmt: skip
    assert [found.said(problem).partition(":")[0] for problem in found.problems] == ["Line 1", "Line 2", "Line 5"]
    assert found.values == {"rater": "ann", "plan.seed": 5}


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
        ("hosts = 3", "Line 1: `hosts` should be a table"),
        ("default_host = 3", "Line 1: `default_host` should be text"),
        ("default_host = 'lab'", "`default_host` names 'lab', which is not there"),
        (
            "default_host = 'lab'\n[hosts.b]\nurl = 'http://b'\n[hosts.a]\nurl = 'http://a'",
            "`default_host` names 'lab', which is not there; there are b, a, demo, embedded.",
        ),
        ("[hosts]\nlab = 'box'", "Line 2: `hosts.lab`: it should be a table"),
        ("\n[hosts.lab]\n", "Line 2: `hosts.lab`: exactly one of `url`, `ssh`"),
        ("[hosts.lab]\nurl = 'http://box'\nssh = 'a@b'", "exactly one of `url`, `ssh`"),
        ("[hosts.lab]\nurll = 'http://box'", "should be there; `urll` is not a key that is known; did you mean `url`?"),
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
    ],
)
def test_what_is_wrong_with_a_host_is_a_sentence_with_the_file_and_the_key(
    tmp_path: Path, text: str | bytes, says: str
) -> None:
    with pytest.raises(BadInputError) as caught:
        read(tmp_path, text)
    sentence = caught.value.sentence()
    assert says in sentence and str(tmp_path / "config.toml") in sentence
    assert ("`--host demo` works without it" in sentence) is ("not TOML" not in sentence)
    assert "secret" not in sentence


def test_all_hosts_that_are_wrong_are_named(tmp_path: Path) -> None:
    text = "default_host = 'x'\n[hosts.a]\nurl = 3\n[hosts.b]\nurl = 'http://b'\n[hosts.c]\nssh = ''"
    problems = check_hosts(config(tmp_path, text), HOST_FORMAT)
    assert [problem.key for problem in problems] == ["hosts.a", "hosts.c", "default_host"]
    assert check_hosts(config(tmp_path, "[hosts.b]\nurl = 'http://b'"), HOST_FORMAT) == []
    assert check_hosts(read_config(tmp_path / "nowhere", HOST_FORMAT), HOST_FORMAT) == []


def test_what_is_wrong_with_a_setting_is_no_reason_to_have_no_host(tmp_path: Path) -> None:
    assert read(tmp_path, "theme = 3\nxyz = 1\n[hosts.lab]\nurl = 'http://lab'").default == "lab"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.toml").mkdir()
    for reading in (read_config, read_hosts):
        with pytest.raises(BadInputError, match=r"config\.toml cannot be used"):
            reading(tmp_path, HOST_FORMAT)
    assert painting(tmp_path) == (None, False)


def test_an_unknown_name_is_refused_with_those_there_are(tmp_path: Path) -> None:
    known = read(tmp_path, "[hosts.lab]\nurl = 'http://box'\n[hosts.den]\nssh = 'den'")
    assert find_host("lab", known).value == "http://box"
    with pytest.raises(BadInputError) as caught:
        find_host("bal", known)
    assert "There is no host called bal." in caught.value.sentence()
    assert "lab, den" in caught.value.sentence()
    with pytest.raises(BadInputError, match="There is no host called bal"):
        find_host("bal", KnownHosts())


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("theme = 'amber'\nlow_bandwidth = true", ("amber", True)),
        ("theme = 3\nlow_bandwidth = 1", (None, False)),
        ("theme = 'amber'\nx = 1", ("amber", False)),
        ("theme = [", (None, False)),
    ],
)
def test_what_the_first_frame_needs_is_read_without_a_word_on_what_is_wrong(
    tmp_path: Path, text: str, seen: tuple[str | None, bool]
) -> None:
    assert painting(written(tmp_path, text)) == seen


# Lines


def test_a_key_s_line_is_that_in_which_its_statement_begins() -> None:
    text = '# "x = 1"\na = """\nb = 2\u2028\n"""\n\nlist = [ # [c]\n  1,\n\n  2]\n[t]\nx.y = 1\n'
    text += '[t.u."v.w"]\r\nz = {k = 1}\r\n[[r]]\nq = 1\n'
    assert lines_of(text) == {
        "a": 2, "list": 6, "t": 10, "t.x": 11, "t.x.y": 11, "t.u": 12, "t.u.v.w": 12, "t.u.v.w.z": 13,
        "t.u.v.w.z.k": 13, "r": 14, "r.q": 15,
    }  # fmt: skip


NAMES = st.text("abc-_. ä", min_size=1, max_size=4)


def test_what_follows_a_statement_of_many_lines_is_found_without_its_line(tmp_path: Path) -> None:
    many = "\n".join(["rater = 3", "stop = [", *["1,"] * 4000, "]", "theme = 3"])
    assert lines_of(many) == {"rater": 1}
    found = config(tmp_path, many)
    assert [found.said(problem).partition(" ")[0] for problem in found.problems] == ["Line", "`stop`", "`theme`"]


TEXTS = st.text("a\"\n'=[#\u2028", max_size=6)
VALUES = st.one_of(st.integers(0, 9), TEXTS, st.lists(TEXTS, max_size=3))


@given(st.dictionaries(NAMES, st.one_of(VALUES, st.dictionaries(NAMES, VALUES, max_size=3)), max_size=6), st.booleans())
def test_every_key_of_any_file_is_found_in_a_line_that_begins_with_it(table: dict[str, Any], several: bool) -> None:
    inner_names = [f"{key}.{inner}" for key, value in table.items() if isinstance(value, dict) for inner in value]
    # A name may have a dot itself: `"a.b" = 1` beside `a.b = 1` are two keys with one path.
    assume(len({*table, *inner_names}) == len(table) + len(inner_names))
    text = tomli_w.dumps(table, multiline_strings=several)
    lines, found = text.split("\n"), lines_of(text)
    for key, value in any_number_of(table.items()):
        assert lines[found[key] - 1].lstrip(" [").startswith((key, f'"{key}', tomli_w.dumps({key: 0}).split(" = ")[0]))
        if isinstance(value, dict):
            assert all(found[f"{key}.{inner}"] >= found[key] for inner in any_number_of(value))
    assert tomllib.loads(text) == table
