"""Where a host is looked for, in which order, and what is said of each place."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.hosts.models_server import as_json, free_port, serving
from tests.support.fake_foundry import Books
from tests.support.replay_daemon import ReplayDaemon, daemon_in
from tests.support.replay_service import HTML, ReplayService, replaying
from tests.support.some import some
from tui.core.errors import BadInputError, CompareError, NoHostError
from tui.core.host_spec import HostSpec, KnownHosts
from tui.hosts.base import Ability
from tui.hosts.foundry import kinds as foundry_kinds
from tui.hosts.foundry.daemon import DaemonHost
from tui.hosts.foundry.service import ServiceHost
from tui.hosts.host_kind import Surroundings
from tui.hosts.openai.host import OpenAIHost
from tui.hosts.registry import parse_host
from tui.hosts.search.search import Found, Search, with_key

LISTS = as_json({"data": [{"id": "a"}]})
Around = Callable[..., Surroundings]


@pytest.fixture
def around(tmp_path: Path) -> Around:
    """Surroundings in which there is nothing, but for what a test puts there."""

    def make(*, environ: dict[str, str] | None = None, usual: str | None = None, **known: object) -> Surroundings:
        # An empty PATH: a `foundry` command of the machine that runs the tests is not asked.
        variables = {"PATH": ""} | (environ or {})
        place = usual or f"http://127.0.0.1:{free_port()}"
        return Surroundings(tmp_path / "data", variables, tmp_path / "home", **known, usual_root=place)  # type: ignore[arg-type]

    return make


@pytest.fixture
def service() -> Iterator[ReplayService]:
    with replaying() as running:
        yield running


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[ReplayDaemon]:
    with daemon_in(tmp_path) as running:
        yield running


def on_path(books: Books) -> dict[str, str]:
    return {"PATH": str(books.path.parent)}


def searched(surroundings: Surroundings, spec: HostSpec | None = None) -> tuple[Search, Found | CompareError]:
    """A search without the last resort, and what came of it."""
    search = Search(spec, surroundings, lambda host: None)
    try:
        return search, search.look(last_resort=False)
    except CompareError as error:
        return search, error


def outcomes(search: Search) -> dict[str, str]:
    return {attempt.source: attempt.outcome for attempt in search.attempts}


def host_of(found: Found | CompareError) -> object:
    assert isinstance(found, Found), found
    return found.host


def test_where_there_is_nothing_every_place_is_named_with_its_reason(around: Around) -> None:
    search, failed = searched(around())
    assert isinstance(failed, NoHostError)
    told = outcomes(search)
    assert list(told) == [
        "FOUNDRY_LOCAL_ENDPOINT", "config.toml", "~/.foundry/daemon.json", "foundry command", "usual port",
    ]  # fmt: skip
    assert told["FOUNDRY_LOCAL_ENDPOINT"] == "It is not set."
    assert told["foundry command"] == "It is not installed."
    assert told["usual port"].startswith("Nobody answers at http://127.0.0.1:")
    assert failed.sentence().startswith("No host was found.") and "It is not installed." in failed.sentence()
    assert [attempt.seconds is None for attempt in search.attempts] == [True, True, True, True, False]


@pytest.mark.parametrize("suffix", ["", "/", "/v1", "/v1/"])
def test_the_environment_names_a_host_with_or_without_its_version(
    around: Around, service: ReplayService, suffix: str
) -> None:
    search, found = searched(around(environ={"FOUNDRY_LOCAL_ENDPOINT": f" {service.url}{suffix} "}))
    assert isinstance(host_of(found), ServiceHost)
    assert [(attempt.source, attempt.found) for attempt in search.attempts] == [("FOUNDRY_LOCAL_ENDPOINT", True)]


@pytest.mark.parametrize("value", ["", "  "])
def test_a_blank_variable_is_not_set(around: Around, service: ReplayService, value: str) -> None:
    search, found = searched(around(environ={"FOUNDRY_LOCAL_ENDPOINT": value}, usual=service.url))
    assert isinstance(host_of(found), ServiceHost)
    assert outcomes(search)["FOUNDRY_LOCAL_ENDPOINT"] == "It is not set."


def test_a_variable_that_holds_no_address_is_named(around: Around) -> None:
    _, failed = searched(around(environ={"FOUNDRY_LOCAL_ENDPOINT": "localhost 5273"}))
    assert isinstance(failed, BadInputError)
    assert failed.title.startswith("The variable FOUNDRY_LOCAL_ENDPOINT cannot be used: 'localhost 5273'")


def test_a_host_that_was_named_is_not_replaced_by_another_one(around: Around, service: ReplayService) -> None:
    gone = f"http://127.0.0.1:{free_port()}"
    known = KnownHosts({"lab": HostSpec("url", gone, "lab")}, "lab")
    for surroundings in (
        around(environ={"FOUNDRY_LOCAL_ENDPOINT": gone}, usual=service.url),
        around(known=lambda: known, usual=service.url),
    ):
        search, failed = searched(surroundings)
        assert isinstance(failed, NoHostError) and failed.title == f"Nobody answers at {gone}/v1"
        assert search.attempts[-1].outcome == failed.sentence()
    assert service.asked == []


def test_the_default_of_the_configuration_comes_after_the_environment(around: Around, service: ReplayService) -> None:
    known = KnownHosts({"lab": HostSpec("url", service.url, "lab")}, "lab")
    search, found = searched(around(known=lambda: known))
    assert isinstance(host_of(found), ServiceHost)
    assert (search.attempts[-1].source, search.attempts[-1].place) == ("config.toml", service.url)
    with serving(LISTS) as server:
        _, found = searched(around(environ={"FOUNDRY_LOCAL_ENDPOINT": server.url}, known=lambda: known))
        assert isinstance(host_of(found), OpenAIHost)


def test_several_hosts_of_which_none_is_the_default_are_named_and_passed_over(
    around: Around, service: ReplayService
) -> None:
    hosts = {name: HostSpec("url", "http://127.0.0.1:9", name) for name in ("lab", "box")}
    search, found = searched(around(known=lambda: KnownHosts(hosts), usual=service.url))
    assert isinstance(host_of(found), ServiceHost)
    assert outcomes(search)["config.toml"] == "It names lab, box, and no `default_host`."


def test_a_broken_configuration_ends_the_search_with_its_sentence(around: Around, service: ReplayService) -> None:
    def broken() -> KnownHosts:
        raise BadInputError("The configuration cannot be used")

    search, failed = searched(around(known=broken, usual=service.url))
    assert isinstance(failed, BadInputError)
    assert outcomes(search)["config.toml"] == "The configuration cannot be used."
    _, found = searched(around(known=broken), HostSpec("url", service.url))
    assert isinstance(host_of(found), ServiceHost)


def test_the_daemons_own_file_comes_before_its_command(around: Around, daemon: ReplayDaemon) -> None:
    daemon.write_file()
    search, found = searched(around(environ=on_path(daemon.books)))
    host = host_of(found)
    assert isinstance(host, DaemonHost) and not host.abilities[Ability.DOWNLOAD]
    assert (search.attempts[-1].source, search.attempts[-1].place) == ("~/.foundry/daemon.json", daemon.root)
    assert isinstance(found, Found) and found.may_move


def test_a_file_that_a_daemon_left_behind_leads_on_to_the_command(around: Around, daemon: ReplayDaemon) -> None:
    daemon.write_file(web_urls=[f"http://127.0.0.1:{free_port()}"])
    search, found = searched(around(environ=on_path(daemon.books)))
    assert isinstance(host_of(found), DaemonHost)
    assert outcomes(search)["~/.foundry/daemon.json"].startswith("Nobody answers at")
    assert (search.attempts[-1].source, search.attempts[-1].place) == ("foundry command", daemon.root)


def test_a_file_that_holds_nonsense_is_said_to(around: Around, tmp_path: Path, service: ReplayService) -> None:
    (tmp_path / "home" / ".foundry").mkdir(parents=True)
    (tmp_path / "home" / ".foundry" / "daemon.json").write_text("{", "utf-8")
    search, found = searched(around(usual=service.url))
    assert isinstance(host_of(found), ServiceHost)
    assert "daemon.json cannot be read" in outcomes(search)["~/.foundry/daemon.json"]


def test_the_older_command_leads_to_the_service(around: Around, daemon: ReplayDaemon, service: ReplayService) -> None:
    daemon.books.write(generation="0.8", root=service.url)
    search, found = searched(around(environ=on_path(daemon.books)))
    assert isinstance(host_of(found), ServiceHost)
    assert search.attempts[-1].source == "foundry command"


def test_a_command_whose_service_does_not_run_leads_on_to_the_usual_port(
    around: Around, daemon: ReplayDaemon, service: ReplayService
) -> None:
    daemon.stop()
    search, found = searched(around(environ=on_path(daemon.books), usual=service.url))
    assert isinstance(host_of(found), ServiceHost)
    assert outcomes(search)["foundry command"] == "It says that nothing is running."
    assert search.attempts[-1].source == "usual port"


@pytest.mark.slow
def test_a_command_that_does_not_end_is_given_up(
    around: Around, daemon: ReplayDaemon, service: ReplayService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foundry_kinds, "COMMAND_S", 0.3)
    daemon.books.write(trouble="silent")
    search, found = searched(around(environ=on_path(daemon.books), usual=service.url))
    assert isinstance(host_of(found), ServiceHost)
    assert "did not end within 0.3 s" in outcomes(search)["foundry command"]


def test_something_else_at_the_usual_port_is_not_taken_for_a_host(around: Around, service: ReplayService) -> None:
    service.faults["/"] = HTML
    search, failed = searched(around(usual=service.url))
    assert isinstance(failed, NoHostError)
    assert outcomes(search)["usual port"] == "Something answers there that is no host of models."


def test_an_address_that_was_named_may_be_chatted_with_whatever_it_tells(
    around: Around, service: ReplayService
) -> None:
    service.faults["/"] = HTML
    _, found = searched(around(), HostSpec("url", service.url))
    host = host_of(found)
    assert isinstance(host, OpenAIHost)
    assert host.endpoint("m").base_url == f"{service.url}/v1"


def test_the_daemon_at_a_named_address_has_its_command_only_where_it_is_this_machines_own(
    around: Around, daemon: ReplayDaemon
) -> None:
    surroundings = around(environ=on_path(daemon.books))
    named = HostSpec("url", f"{daemon.root}/v1")
    _, found = searched(surroundings, named)
    host = host_of(found)
    assert isinstance(host, DaemonHost) and host.abilities[Ability.DOWNLOAD]
    daemon.write_file()
    _, found = searched(surroundings, named)
    host = host_of(found)
    assert isinstance(host, DaemonHost) and not host.abilities[Ability.DOWNLOAD]


def test_a_kind_that_is_known_is_not_asked_for(around: Around) -> None:
    with serving(LISTS) as server:
        spec = HostSpec("url", f"{server.url}/v1", "box", kind="openai")
        _, found = searched(around(), spec)
        assert isinstance(host_of(found), OpenAIHost)
        assert not any("/openai/status" in request for request in some(server.requests))


def test_a_key_comes_from_the_variable_that_the_host_names(around: Around) -> None:
    with serving(LISTS) as server:
        spec = HostSpec("url", server.url, "box", api_key_env="BOX_KEY")
        environ = {"BOX_KEY": "k-1", "API_KEY": "k-2", "FOUNDRY_COMPARE_API_KEY": "k-3"}
        _, found = searched(around(environ=environ), spec)
        assert isinstance(found, Found) and found.host.endpoint("a").api_key == "k-1"
        assert not any("k-2" in request or "k-3" in request for request in some(server.requests))


@pytest.mark.parametrize("written", ["k-1\n", "k-1\r\n", " k-1 ", "\tk-1"])
def test_blanks_and_line_ends_around_a_key_are_not_of_it(around: Around, written: str) -> None:
    with serving(LISTS) as server:
        spec = with_key(HostSpec("url", server.url), {"FOUNDRY_COMPARE_API_KEY": " \n", "API_KEY": written})
        _, found = searched(around(environ={"API_KEY": written}), spec)
        assert isinstance(found, Found) and found.host.endpoint("a").api_key == "k-1"
        assert all("authorization: bearer k-1\r\n" in request.lower() for request in some(server.requests))


@pytest.mark.parametrize(
    "written", ["\u201ck-1-01234567\u201d", "k-1-0123\u200b4567", "k-1-0123 4567", "k-1-0123\n4567"]
)
def test_a_key_that_no_header_can_hold_is_refused_before_anybody_is_asked(around: Around, written: str) -> None:
    with serving(LISTS) as server:
        spec = HostSpec("url", server.url, "box", api_key_env="BOX_KEY")
        _, refused = searched(around(environ={"BOX_KEY": written}), spec)
        assert isinstance(refused, BadInputError)
        assert refused.title == "The API key holds characters that no server accepts"
        assert "BOX_KEY" in refused.hint and "0123" not in refused.sentence()
        assert not server.requests


def test_a_host_found_by_looking_around_gets_no_key(around: Around) -> None:
    with serving(LISTS) as server:
        _, found = searched(around(environ={"API_KEY": "k-2"}, usual=server.url))
        assert isinstance(found, Found) and found.host.endpoint("a").api_key is None
        assert not any("k-2" in request for request in some(server.requests))


def test_a_search_may_be_ended_before_a_host_is_connected_to(around: Around, service: ReplayService) -> None:
    def leaving(host: object) -> None:
        raise NoHostError("The program is leaving")

    with pytest.raises(NoHostError, match="leaving"):
        Search(HostSpec("url", service.url), around(), leaving).look()
    assert "/openai/models" not in service.paths()


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (" Demo ", HostSpec("demo")),
        ("embedded", HostSpec("embedded")),
        ("ssh://me@winbox", HostSpec("ssh", "me@winbox")),
        ("me@winbox", HostSpec("ssh", "me@winbox")),
        ("SSH://me@winbox:2222/", HostSpec("ssh", "me@winbox:2222")),
        ("my.module:MyHost", HostSpec("adapter", "my.module:MyHost")),
        ("lab-2", HostSpec("ssh", "me@lab", "lab-2")),
        ("http://box:5273/v1", HostSpec("url", "http://box:5273/v1")),
        ("box:8000", HostSpec("url", "http://box:8000")),
    ],
)
def test_what_is_written_says_which_way_leads_to_the_host(text: str, meant: HostSpec) -> None:
    known = KnownHosts({"lab-2": HostSpec("ssh", "me@lab", "lab-2")})
    assert parse_host(text, lambda: known) == meant


@pytest.mark.parametrize("text", ["127.0.0.1", "C:\\models"])
def test_what_looks_like_nothing_else_is_refused_as_an_address(text: str) -> None:
    with pytest.raises(BadInputError, match="is not an ") as caught:
        parse_host(text, KnownHosts)
    assert caught.value.hint.startswith("A host is http://127.0.0.1:8000/v1, ")


def test_a_password_for_ssh_is_refused_and_not_repeated() -> None:
    with pytest.raises(BadInputError) as caught:
        parse_host("ssh://me:secret@winbox", KnownHosts)
    assert "password" in caught.value.title and "secret" not in caught.value.sentence()


def test_choosing_a_host_imports_nothing_heavy() -> None:
    program = (
        "import json, sys, tui.hosts.search.open, tui.hosts.registry, tui.cli.main, tui.cli.doctor\n"
        "heavy = {'httpx2', 'openai', 'numpy', 'foundry_local_sdk', 'psutil', 'textual', 'asyncio'}\n"
        "print(json.dumps(sorted(heavy & set(sys.modules))))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
