"""The service of Foundry Local 0.3 to 0.8, as it was recorded, and whatever may go wrong with it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from threading import Event, Timer
from typing import Any

import pytest

from tests.hosts.models_server import free_port, http, serving
from tests.support import replay_service as replay
from tests.support.replay_service import Fault, ReplayService, replaying
from tui.core.catalog.model_card import ModelState, find_model, merged
from tui.core.errors import CompareError, ModelFailedError, NoHostError, NoModelError
from tui.hosts.base import Ability
from tui.hosts.foundry.service import ServiceHost
from tui.hosts.foundry.service_replies import DownloadTalk
from tui.hosts.http import MAX_LINE, post_lines

PATIENCE_S = 0.4
DEEPSEEK, PHI_GPU, PHI_MINI = replay.RECORDED["models"]
NPU = "qwen2.5-0.5b-instruct-openvino-npu:5"


@pytest.fixture
def service() -> Iterator[ReplayService]:
    with replaying() as running:
        yield running


@pytest.fixture
def host(service: ReplayService) -> ServiceHost:
    return ServiceHost(service.url)


def ignore(percent: float) -> None:
    pass


def states(host: ServiceHost) -> dict[str, ModelState]:
    return {card.id: card.state for card in host.catalogue()}


def sentence(error: type[CompareError], ask: Callable[..., object], *args: Any) -> str:
    with pytest.raises(error) as caught:
        ask(*args)
    assert type(caught.value) is error
    return caught.value.sentence()


# Who it is


@pytest.mark.parametrize("spelling", [str, lambda key: key[0].upper() + key[1:]], ids=["recorded", "manual"])
def test_it_is_known_by_its_status_in_both_spellings(service: ReplayService, spelling: Callable[[str], str]) -> None:
    service.status = {spelling(key): value for key, value in service.status.items()}
    info = ServiceHost(service.url + "/").connect()
    assert (info.kind, info.endpoint, info.local, info.pid) == ("service", f"{service.url}/v1", True, None)
    assert info.title == f"Foundry Local service at {service.url.removeprefix('http://')}"
    assert not info.ours and not info.toys


def test_it_says_which_abilities_it_lacks_and_why(host: ServiceHost) -> None:
    assert {ability for ability, reason in host.abilities.items() if reason} == {Ability.REMOVE, Ability.REGISTER}
    assert "`foundry cache rm` on that machine does it" in sentence(ModelFailedError, host.remove, PHI_MINI)


# What it has


def test_what_is_here_is_told_at_once_from_the_ids_alone(service: ReplayService, host: ServiceHost) -> None:
    service.loaded = [PHI_MINI]
    deepseek, phi, mini = host.catalogue()
    assert (deepseek.id, deepseek.alias, deepseek.variant) == (DEEPSEEK, DEEPSEEK, "cuda-gpu")
    assert (phi.device, phi.ep, phi.size_bytes, phi.licence) == ("GPU", "CUDAExecutionProvider", None, None)
    assert (mini.device, mini.ep, mini.state) == ("CPU", "CPUExecutionProvider", ModelState.LOADED)
    assert deepseek.state is phi.state is ModelState.CACHED
    assert "/foundry/list" not in service.paths()


def test_the_last_list_seen_gives_old_ids_without_a_version_their_facts(host: ServiceHost) -> None:
    host.offers()
    mini = find_model(host.catalogue(), "phi-4-mini")
    assert mini is not None
    assert (mini.id, mini.size_bytes, mini.licence, mini.tools) == (PHI_MINI, 4_915_000_000, "MIT", True)
    assert (mini.publisher, mini.task, mini.state) == ("Microsoft", "chat-completion", ModelState.CACHED)
    assert mini.context is None


def test_another_version_lends_all_facts_but_its_size(service: ReplayService, host: ServiceHost) -> None:
    service.cached = ["Phi-4-mini-instruct-generic-cpu:2"]
    host.offers()
    (card,) = host.catalogue()
    assert (card.id, card.alias, card.licence, card.size_bytes) == (service.cached[0], "phi-4-mini", "MIT", None)


@pytest.mark.parametrize(
    ("cached", "loaded", "state"),
    [
        ("phi", "phi", ModelState.LOADED),
        ("phi:3", "phi", ModelState.LOADED),
        ("phi", "phi:3", ModelState.LOADED),
        ("Phi:3", "phi:3", ModelState.LOADED),
        ("phi:3", "phi:2", ModelState.CACHED),
        ("phi:3", "phi:33", ModelState.CACHED),
        ("phi", "phi-4", ModelState.CACHED),
    ],
)
def test_a_loaded_model_is_recognised_with_and_without_its_version(
    service: ReplayService, host: ServiceHost, cached: str, loaded: str, state: ModelState
) -> None:
    service.cached, service.loaded = [cached], [loaded]
    assert states(host) == {cached: state}


@pytest.mark.parametrize("wrap", [list, lambda rows: {"models": rows}, lambda rows: {"Models": rows}])
def test_offers_hold_what_is_here_and_what_could_be(
    service: ReplayService, host: ServiceHost, wrap: Callable[[Any], Any]
) -> None:
    service.listed = wrap(service.listed)
    offers = host.offers()
    assert offers.stale == ""
    assert [card.id for card in offers.cards] == [DEEPSEEK, PHI_GPU, PHI_MINI, "Phi-4-generic-gpu:1", NPU]
    phi = offers.cards[3]
    assert (phi.alias, phi.variant, phi.device, phi.ep) == ("phi-4", "generic-gpu", "GPU", "WebGpuExecutionProvider")
    assert (phi.size_bytes, phi.licence, phi.licence_text, phi.tools) == (8_570_000_000, "MIT", "...", False)
    assert [card.state for card in offers.cards] == [ModelState.CACHED] * 3 + [ModelState.CATALOG] * 2
    assert len(merged(host.catalogue(), offers.cards)) == 5


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (replay.BARE_500, "It answered with HTTP status 500"),
        (replay.BUSY, "Too many requests"),
        (replay.HTML, "It answered with a web page"),
        (Fault(200, b"[]"), "the public catalogue may be out of reach"),
        (replay.CUT, "does not answer properly"),
        (replay.SIGN_IN, "wants a sign-in"),
    ],
    ids=["500", "429", "html", "empty", "cut", "401"],
)
def test_a_catalogue_that_is_away_leaves_what_is_known_and_says_why(
    service: ReplayService, host: ServiceHost, fault: Fault, why: str
) -> None:
    service.faults["/foundry/list"] = fault
    first = host.offers()
    assert [card.id for card in first.cards] == service.cached
    assert why in first.stale
    del service.faults["/foundry/list"]
    whole = host.offers()
    service.faults["/foundry/list"] = fault
    again = host.offers()
    assert again.cards == whole.cards and why in again.stale


@pytest.mark.parametrize(
    "row",
    [None, 7, [], {}, {"name": None}, {"name": " "}, {"name": "x" * 600}],
)
def test_rows_that_make_no_sense_are_left_out(service: ReplayService, host: ServiceHost, row: Any) -> None:
    service.cached = []
    service.listed = [
        row,
        {"name": "a\ud83d:1", "fileSizeMb": "big", "runtime": 3, "alias": 5, "license": [], "uri": 1},
    ]
    (card,) = host.offers().cards
    assert (card.id, card.alias, card.size_bytes, card.device, card.licence) == (
        "a\ufffd:1",
        "a\ufffd:1",
        None,
        None,
        None,
    )


@pytest.mark.parametrize("path", ["/openai/models", "/openai/loadedmodels"])
@pytest.mark.parametrize("fault", [replay.HTML, replay.NOT_FOUND, replay.BARE_500, Fault(200, b'{"a": 1}')])
def test_a_service_that_does_not_tell_its_models_says_so(
    service: ReplayService, host: ServiceHost, path: str, fault: Fault
) -> None:
    service.faults[path] = fault
    assert "The service does not say which models are " in sentence(NoHostError, host.catalogue)


# Nobody, or somebody else, at the address


def test_a_refused_connection_is_a_sentence_that_says_how_to_start_it() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    said = sentence(NoHostError, ServiceHost(url).connect)
    assert f"Nobody answers at {url}" in said and "refused" in said and "`foundry service start`" in said


def test_a_name_that_is_not_found_is_a_sentence() -> None:
    said = sentence(NoHostError, ServiceHost("http://no-such-host.invalid:5273").connect)
    assert "The name no-such-host.invalid leads to no host." in said


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (replay.NOT_FOUND, "There is no Foundry Local service at {url}. It answered with HTTP status 404."),
        (replay.HTML, "There is no Foundry Local service at {url}. It answered with a web page."),
        (Fault(200, b"[]"), "There is no Foundry Local service at {url}."),
        (replay.SIGN_IN, "{url} wants a sign-in, which Foundry Local never does. Who are you?"),
        (
            replay.ELSEWHERE,
            "{url} points to another address, which is not followed. It points to http://192.0.2.7/login",
        ),
        (replay.BUSY, "{url} answers with an error. Too many requests. Wait a moment"),
        (replay.BARE_500, "{url} answers with an error. It answered with HTTP status 500."),
        (replay.CUT, "{url} takes connections and does not answer properly."),
        (replay.SILENCE, "{url} is silent. No whole answer came within 0.4 s."),
    ],
    ids=["404", "html", "list", "401", "302", "429", "500", "cut", "silence"],
)
def test_whatever_else_answers_is_told_apart(service: ReplayService, fault: Fault, said: str) -> None:
    service.faults["/openai/status"] = fault
    heard = sentence(NoHostError, ServiceHost(service.url, timeout=PATIENCE_S).connect)
    assert heard.casefold().startswith(said.format(url=service.url).casefold())


# Loading


def test_a_model_is_loaded_for_ten_minutes_and_really_unloaded(service: ReplayService, host: ServiceHost) -> None:
    host.load(PHI_MINI)
    assert service.last("/openai/load/").query == {"ttl": "600"}
    assert states(host)[PHI_MINI] is ModelState.LOADED
    host.unload(PHI_MINI)
    assert states(host)[PHI_MINI] is ModelState.CACHED


def test_a_model_may_be_called_by_its_alias_and_with_a_version(service: ReplayService, host: ServiceHost) -> None:
    host.load(f"{PHI_GPU}:2")
    host.offers()
    host.load("phi-4-mini")
    assert service.loaded == sorted([PHI_GPU, PHI_MINI])


def test_a_name_from_outside_stays_within_its_path(service: ReplayService, host: ServiceHost) -> None:
    name = "a?ttl=1/../b c#d%41:2"
    service.cached = [name]
    service.faults["/openai/load/"] = Fault(200)
    host.load(name)
    asked = service.last("/openai/load/")
    assert asked.path == f"/openai/load/{name}" and asked.query == {"ttl": "600"}


def test_a_model_of_the_list_that_is_not_here_is_to_be_downloaded_first(host: ServiceHost) -> None:
    host.offers()
    assert sentence(ModelFailedError, host.load, NPU) == f"{NPU} is not downloaded. Download it first."


def test_a_model_that_nobody_knows_is_answered_with_what_there_is(service: ReplayService, host: ServiceHost) -> None:
    said = sentence(NoModelError, host.load, "gpt-9")
    assert said == f"The service has no model called gpt-9. There are: {', '.join(service.cached)}."
    service.cached = []
    assert sentence(NoModelError, host.unload, "gpt-9").endswith("No model is downloaded; download one first.")


@pytest.mark.parametrize(
    ("fault", "error", "said"),
    [
        (
            Fault(400, b"No OpenAIService provider found for modelName:x"),
            ModelFailedError,
            "{model} could not be loaded: it is not downloaded. No OpenAIService provider found for modelName:x. "
            "Download it first.",
        ),
        (replay.NOT_FOUND, NoModelError, "{model} could not be loaded: the service does not know it."),
        (replay.BUSY, ModelFailedError, "{model} could not be loaded: the service is busy. Too many requests. Wait"),
        (replay.BROKEN, ModelFailedError, "{model} could not be loaded. The configuration file could not be read."),
        (replay.SIGN_IN, NoHostError, "{url} wants a sign-in"),
        (replay.BARE_500, ModelFailedError, "{model} could not be loaded, probably for lack of memory. It answered"),
    ],
    ids=["not downloaded", "404", "429", "500 with words", "401", "500 alone"],
)
def test_a_load_that_fails_says_why(
    service: ReplayService, host: ServiceHost, fault: Fault, error: type[CompareError], said: str
) -> None:
    service.faults["/openai/load/"] = fault
    heard = sentence(error, host.load, PHI_MINI)
    assert heard.startswith(said.format(model=PHI_MINI, url=service.url))


@pytest.mark.parametrize("body", [b"", b"bad allocation", b'{"error": "CUDA failure 2: Out of memory"}'])
def test_a_model_that_finds_no_memory_names_what_else_is_loaded(
    service: ReplayService, host: ServiceHost, body: bytes
) -> None:
    service.loaded = [DEEPSEEK, PHI_GPU]
    service.faults["/openai/load/"] = Fault(500, body)
    said = sentence(ModelFailedError, host.load, PHI_MINI)
    assert f"{PHI_MINI} could not be loaded, probably for lack of memory beside {DEEPSEEK} and {PHI_GPU}." in said
    assert said.endswith(f"Unload {DEEPSEEK} or {PHI_GPU} first, or try a smaller model.")


def test_an_unload_that_fails_is_a_sentence_only_while_the_model_stays(
    service: ReplayService, host: ServiceHost
) -> None:
    service.faults["/openai/unload/"] = replay.BROKEN
    host.unload(PHI_MINI)
    service.loaded = [PHI_MINI]
    said = sentence(ModelFailedError, host.unload, PHI_MINI)
    assert said.startswith(f"{PHI_MINI} could not be unloaded.") and "Stop its answers first" in said


# Downloading


@pytest.mark.parametrize(
    ("lines", "percents"),
    [
        (replay.TOTAL, [0.0, 45.67]),
        (replay.SHARES, [1.0, 50.0, 100.0]),
        (("Total 99.5% Downloading a", "Total 99.5% Downloading b", "[DONE]", '{"success": true}'), [99.5]),
        (("Total 12.00 % Downloading x", "All Completed", '{"Success":true}', "[DONE]"), [12.0]),
        (("data: Total 7% Downloading {x}", "data: [DONE]", 'data: {"success": true}'), [7.0]),
    ],
    ids=["recorded", "manual", "done", "all completed", "events"],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_download_reports_its_progress_and_brings_the_model(
    service: ReplayService, host: ServiceHost, lines: tuple[str, ...], percents: list[float], line_end: str
) -> None:
    service.lines, service.line_end = lines, line_end
    heard: list[float] = []
    assert host.download(NPU, heard.append, Event())
    assert heard == pytest.approx(percents)
    assert states(host)[NPU] is ModelState.CACHED


def test_the_request_repeats_what_the_list_says(service: ReplayService, host: ServiceHost) -> None:
    host.download("qwen2.5-0.5b", ignore, Event())
    body = service.last("/openai/download").body
    assert body == {
        "model": {
            "Name": NPU,
            "Uri": "azureml://registries/azureml/models/qwen2.5-0.5b-instruct-openvino-npu/versions/5",
            "Publisher": "Microsoft",
            "ProviderType": "AzureFoundryLocal",
            "PromptTemplate": None,
        },
        "token": None,
        "IgnorePipeReport": True,
    }


def test_what_is_here_is_not_downloaded_again(service: ReplayService, host: ServiceHost) -> None:
    assert host.download(PHI_MINI, ignore, Event())
    assert "/openai/download" not in service.paths()


def test_a_model_that_is_not_in_the_list_is_refused_with_what_is(host: ServiceHost) -> None:
    said = sentence(NoModelError, host.download, "gpt-9", ignore, Event())
    assert said == "The service has no model called gpt-9. There are: phi-4, phi-4-mini, deepseek-r1-14b, qwen2.5-0.5b."


def test_without_a_list_nothing_can_be_downloaded_and_it_says_so(service: ReplayService, host: ServiceHost) -> None:
    service.faults["/foundry/list"] = replay.BARE_500
    said = sentence(ModelFailedError, host.download, NPU, ignore, Event())
    assert said.startswith(f"{NPU} cannot be downloaded at the moment. The service does not tell what")


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (('{"Success": false,', '"ErrorMessage": "Bad gateway"}'), "Bad gateway."),
        (('{"success": false, "errorMessage": null}',), "The service ended the download without saying why."),
        (("Total 12% Downloading x", "[DONE]"), "The service ended the download without saying why."),
        (("{nonsense",), "The service ended the download without saying why."),
        ((), "The service ended the download without saying why."),
    ],
)
def test_a_failed_download_is_told_in_the_services_words(
    service: ReplayService, host: ServiceHost, lines: tuple[str, ...], why: str
) -> None:
    service.lines, service.appears = lines, False
    said = sentence(ModelFailedError, host.download, NPU, ignore, Event())
    assert said == f"{NPU} could not be downloaded. {why} Try again, or try another model."


@pytest.mark.parametrize("words", ["No space left on device", "There is not enough space on the disk. : 'C:\\\\x'"])
def test_a_download_for_which_there_is_no_space_says_what_to_do(
    service: ReplayService, host: ServiceHost, words: str
) -> None:
    service.lines, service.appears = (f'{{"success": false, "errorMessage": "{words}"}}',), False
    said = sentence(ModelFailedError, host.download, NPU, ignore, Event())
    assert said.startswith(f"{NPU} could not be downloaded. {words[:20]}")
    assert said.endswith(" Free some space where the models lie, then download it again.")


def test_a_download_without_a_verdict_counts_when_the_model_is_there(service: ReplayService, host: ServiceHost) -> None:
    service.lines = ("Total 100.00% Downloading x", "All Completed")
    assert host.download(NPU, ignore, Event())


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (replay.NOT_FOUND, "could not be downloaded: the service does not know it."),
        (replay.BUSY, "could not be downloaded: the service is busy. Too many requests."),
        (replay.BROKEN, "could not be downloaded. The configuration file could not be read."),
        (replay.SIGN_IN, "wants a sign-in"),
        (replay.ELSEWHERE, "points to another address"),
    ],
    ids=["404", "429", "500", "401", "302"],
)
def test_a_refused_download_says_why(service: ReplayService, host: ServiceHost, fault: Fault, said: str) -> None:
    service.faults["/openai/download"] = fault
    with pytest.raises(CompareError) as caught:
        host.download(NPU, ignore, Event())
    assert said in caught.value.sentence()


@pytest.mark.slow
@pytest.mark.parametrize("fault", [replay.SILENCE, replay.STALL], ids=["no headers", "no more lines"])
def test_a_download_of_which_nothing_is_heard_is_given_up(service: ReplayService, fault: Fault) -> None:
    service.faults["/openai/download"] = fault
    service.lines = replay.TOTAL[:2]
    host = ServiceHost(service.url, silence=PATIENCE_S)
    said = sentence(NoHostError, host.download, NPU, ignore, Event())
    assert said == f"{service.url} is silent. Nothing more came within 0.4 s. Download {NPU} again."


@pytest.mark.slow
def test_a_verdict_counts_even_when_the_connection_then_stays_open(service: ReplayService) -> None:
    service.faults["/openai/download"] = replay.STALL
    assert ServiceHost(service.url, silence=PATIENCE_S).download(NPU, ignore, Event())


def test_a_download_that_breaks_off_says_so(service: ReplayService, host: ServiceHost) -> None:
    service.faults["/openai/download"] = Fault(200, b"Total 5%\n", head={"Content-Length": "5000"})
    heard: list[float] = []
    said = sentence(NoHostError, host.download, NPU, heard.append, Event())
    assert said.startswith(f"{service.url} takes connections and does not answer properly.")
    assert said.endswith(f"Download {NPU} again.")
    assert heard == [5.0]


def test_cancelling_closes_the_connection(service: ReplayService, host: ServiceHost) -> None:
    service.faults["/openai/download"] = replay.STALL
    service.lines = replay.TOTAL[:2]
    cancelled = Event()
    heard: list[float] = []

    def progress(percent: float) -> None:
        heard.append(percent)
        if percent > 0:
            cancelled.set()

    assert host.download(NPU, progress, cancelled) is False
    assert heard == [0.0, 45.67]
    assert service.hung_up.wait(replay.PATIENCE_S)
    assert not [thread for thread in threading.enumerate() if thread.name == "cancel"]


def test_cancelling_works_before_the_service_has_answered(service: ReplayService, host: ServiceHost) -> None:
    service.faults["/openai/download"] = replay.SILENCE
    cancelled = Event()
    timer = Timer(0.2, cancelled.set)
    timer.start()
    assert host.download(NPU, ignore, cancelled) is False
    assert service.hung_up.wait(replay.PATIENCE_S)
    timer.join()


def test_a_download_that_was_cancelled_before_it_began_is_never_asked_for(
    service: ReplayService, host: ServiceHost
) -> None:
    cancelled = Event()
    cancelled.set()
    assert host.download(NPU, ignore, cancelled) is False
    assert "/openai/download" not in service.paths()


def test_a_line_without_an_end_is_not_swallowed_whole(service: ReplayService, host: ServiceHost) -> None:
    service.faults["/openai/download"] = Fault(200, b"x" * (MAX_LINE * 4))
    assert "does not answer properly" in sentence(NoHostError, host.download, NPU, ignore, Event())


@pytest.mark.slow
def test_lines_are_put_together_whole_wherever_the_stream_was_cut() -> None:
    lines: list[str] = []
    answer = http("200 OK", "Grüße 12%\r\n\n🦊 (\r\nend".encode())
    with serving(answer, drip=b"\r\n\r\n") as server:
        reply = post_lines(
            server.url, "x", {}, on_line=lines.append, cancelled=Event(), silence=replay.PATIENCE_S, hint=""
        )
    assert reply is not None and reply.ok
    assert lines == ["Grüße 12%", "🦊 (", "end"]


@pytest.mark.parametrize(
    ("line", "percent"),
    [
        ("Total 45.67% Downloading model.onnx.data", 45.67),
        ("Total 450% Downloading x", 100.0),
        ('("model (1).onnx", 0.5)', 50.0),
        ("('it''s', 1e-2)", 1.0),
        ('("", 7)', 100.0),
        ("Downloading 3 files", None),
        ("[DONE]", None),
        ('("x", -1)', None),
        ("(" * 10_000, None),
        ("9" * 10_000, None),
    ],
)
def test_a_line_means_this_progress(line: str, percent: float | None) -> None:
    heard: list[float] = []
    DownloadTalk(heard.append).hear(line)
    assert heard == ([] if percent is None else [pytest.approx(percent)])


# Counting


def test_tokens_are_counted_without_those_of_the_chat_template(service: ReplayService, host: ServiceHost) -> None:
    assert host.count_tokens(PHI_MINI, "one two three") == 3
    assert host.count_tokens(PHI_MINI, "") == 0
    assert service.last("/v1/chat").body["model"] == PHI_MINI


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (
            Fault(400, json.dumps({"error": {"message": f"Model {PHI_MINI} is not loaded"}}).encode()),
            f"could not be asked for its tokens: it is not loaded. Model {PHI_MINI} is not loaded. Load it first.",
        ),
        (replay.NOT_FOUND, "the service does not know it"),
        (replay.HTML, "the service does not say how many tokens a text has"),
        (Fault(200, b'{"tokenCount": -1}'), "the service does not say how many tokens a text has"),
        (Fault(200, b'{"tokenCount": true}'), "the service does not say how many tokens a text has"),
    ],
)
def test_a_count_that_fails_says_why(service: ReplayService, host: ServiceHost, fault: Fault, said: str) -> None:
    service.faults["/v1/chat/completions/tokenizer"] = fault
    with pytest.raises(CompareError) as caught:
        host.count_tokens(PHI_MINI, "one")
    assert PHI_MINI in caught.value.title and said in caught.value.sentence()


def test_a_model_is_asked_under_the_name_that_the_service_gave_it(service: ReplayService, host: ServiceHost) -> None:
    endpoint = host.endpoint(host.catalogue()[0].id)
    assert (endpoint.base_url, endpoint.model, endpoint.api_key) == (f"{service.url}/v1", DEEPSEEK, None)


def test_the_execution_providers_are_those_it_calls_valid(host: ServiceHost, service: ReplayService) -> None:
    assert host.machine("").providers == (
        "CPUExecutionProvider", "WebGpuExecutionProvider", "OpenVINOExecutionProvider", "CUDAExecutionProvider",
    )  # fmt: skip
    service.status = {**service.status, "autoRegistrationStatus": None}
    assert host.machine("").providers == ()
