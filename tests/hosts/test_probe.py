"""What answers at an address is told by what it says, never by what it might be."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.hosts.models_server import as_json, free_port, http, serving
from tests.support.replay_daemon import daemon_in
from tests.support.replay_service import HTML, NOT_FOUND, SIGN_IN, SILENCE, Fault, ReplayService, replaying
from tests.support.some import some
from tui.core.errors import BadInputError, NoHostError
from tui.hosts.http import root_of
from tui.hosts.search.probe import identify

SHORT_S = 0.4


def answering(value: Any) -> Fault:
    return Fault(200, json.dumps(value).encode(), "application/json")


def only(service: ReplayService, **answers: Any) -> None:
    """Let nothing answer but these paths; `__` stands for a slash."""
    service.faults = {"/" + path.replace("__", "/"): answering(value) for path, value in answers.items()}
    service.faults["/"] = NOT_FOUND


def test_a_service_is_known_by_its_status_in_both_spellings() -> None:
    with replaying() as service:
        recorded = identify(service.url)
        service.status = {key[0].upper() + key[1:]: value for key, value in service.status.items()}
        documented = identify(f"{service.url}/v1/")
    assert recorded.kind == "service"
    assert (documented.kind, documented.root) == ("service", recorded.root)


def test_a_runtime_is_known_by_its_status_even_where_it_lists_what_is_loaded() -> None:
    with replaying() as service:
        only(service, status={"endpoints": [], "modelCachePath": "/x", "pid": 7}, models__loaded=[], v1__models=[])
        assert identify(service.url).kind == "sdk"


def test_a_daemon_is_known_by_what_it_says_of_its_models(tmp_path: Any) -> None:
    with daemon_in(tmp_path) as daemon:
        assert identify(daemon.root).kind == "daemon"
        daemon.faults["/v1/models"] = answering({"data": []})
        assert identify(daemon.root).kind == "daemon"
        # The first version of the SDK's web service answers at the same place, and knows of no parents.
        daemon.faults["/v1/models"] = answering({"data": [{"id": "a:1", "owned_by": "Microsoft"}]})
        assert identify(daemon.root).kind == "sdk"


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["", "/", "/v1", "/v1/"])
def test_what_lists_models_and_nothing_else_is_an_openai_server(suffix: str) -> None:
    with replaying() as service:
        only(service, v1__models={"data": [{"id": "m"}]})
        found = identify(service.url + suffix)
        assert (found.kind, found.root, found.complete) == ("openai", service.url, True)


def test_an_address_with_a_path_is_asked_below_that_path() -> None:
    with replaying() as service:
        only(service, openai__v1__models={"data": [{"id": "m"}]})
        assert identify(f"{service.url}/openai/v1").kind == "openai"
        assert set(service.paths()) >= {"/openai/v1/models", "/openai/status"}


def test_a_server_that_answers_every_path_with_an_error_in_a_200_is_taken_by_its_list_alone() -> None:
    with replaying() as service:
        only(service, v1__models={"data": []})
        service.faults["/"] = answering({"error": "Unexpected endpoint or method. (GET /openai/status)"})
        assert identify(service.url).kind == "openai"


@pytest.mark.parametrize("fault", [HTML, NOT_FOUND, SIGN_IN, answering({}), answering({"endpoints": "none"})])
def test_what_tells_nothing_of_itself_is_not_guessed(fault: Fault) -> None:
    with replaying() as service:
        service.faults["/"] = fault
        found = identify(service.url)
    assert (found.kind, found.complete) == (None, True)


def test_nobody_there_is_a_sentence_about_the_place_of_the_chat() -> None:
    port = free_port()
    with pytest.raises(NoHostError) as caught:
        identify(f"http://127.0.0.1:{port}")
    assert caught.value.sentence().startswith(f"Nobody answers at http://127.0.0.1:{port}/v1.")


@pytest.mark.slow
def test_a_silent_server_is_given_up() -> None:
    with serving(b"", hold=True) as server, pytest.raises(NoHostError, match="is silent"):
        identify(server.url, timeout=SHORT_S)


@pytest.mark.slow
def test_a_question_that_came_to_nothing_is_noted() -> None:
    with replaying() as service:
        only(service, v1__models={"data": []})
        service.faults = {"/openai/status": SILENCE, **service.faults}
        found = identify(service.url, timeout=SHORT_S)
    assert (found.kind, found.complete) == ("openai", False)


def test_something_that_is_no_web_server_is_said_to_be_none() -> None:
    with serving(b"SSH-2.0-OpenSSH_9.9\r\n") as server, pytest.raises(NoHostError, match="does not answer properly"):
        identify(server.url)


def test_a_key_goes_with_the_questions_and_nowhere_else() -> None:
    away = http("307 Temporary Redirect", b"", "text/plain", "Location: http://192.0.2.7/v1/models")
    with serving(away) as server:
        assert identify(server.url, api_key="k-1").kind is None
        assert all("authorization: bearer k-1" in request.lower() for request in some(server.requests))
    with serving(as_json({"data": []})) as server:
        identify(server.url)
        assert not any("authorization" in request.lower() for request in some(server.requests))


def test_an_address_that_cannot_be_is_refused() -> None:
    with pytest.raises(BadInputError, match="not an address"):
        identify("http://\u2603.example")


@pytest.mark.parametrize(
    ("address", "root"),
    [("http://box", "http://box"), ("http://box/v1", "http://box"), ("http://box/openai/v1/", "http://box/openai")],
)
def test_the_root_is_the_address_without_its_version(address: str, root: str) -> None:
    assert root_of(address) == root
