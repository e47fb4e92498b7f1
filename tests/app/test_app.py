"""The program around its screens: modes, help, leaving, the host, what comes from outside, and a crash."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from textual.widgets import Static

from tests.hosts.models_server import serving
from tests.support import loopback_server
from tests.support.chatting import ANSWER
from tests.support.loopback_server import FINISH, LoopbackServer, Wire, text
from tests.support.recorded import RATER, answered, looking_at
from tests.support.replay_service import replaying
from tests.support.running import open_runner
from tests.support.screens import Play, asking, playing
from tests.support.sessions import WHEN
from tests.support.some import any_number_of, some
from tui.app.app import CompareApp
from tui.app.crash_log import CrashLog
from tui.app.host_questions import HostFailed
from tui.app.opened import Opened
from tui.core.catalog.model_card import ModelCard
from tui.core.errors import CompareError, NoHostError, StoreError
from tui.core.host_spec import HostSpec
from tui.core.requests.request import RequestState
from tui.core.scoring.rating import Note
from tui.hosts.base import HostInfo
from tui.hosts.foundry.service import ServiceHost
from tui.hosts.host_kind import Surroundings
from tui.hosts.openai.host import OpenAIHost
from tui.hosts.search.auto_host import AutoHost
from tui.net.secrets import REDACTED, remember_secret
from tui.storage.session_writer import TomlSessionWriter
from tui.ui import modes
from tui.ui.dialogs.help import HelpDialog
from tui.ui.widgets.phase_bar import GLYPHS, TIP
from tui.ui.widgets.row_table import RowTable

pytestmark = pytest.mark.slow

EVIL = "[@click=app.quit]x[/] \x1b[31mred\x9b1m \u202egnp"
SHOWN = "[@click=app.quit]x[/] ␛[31mred<U+009B>1m <U+202E>gnp"
"""How it looks when nothing of it is obeyed."""


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer().running() as running:
        yield running


# Screens and keys


async def test_modes_are_reached_by_name_and_by_the_keys_beside_the_letters() -> None:
    async with looking_at([answered(1)]) as play:
        for key, mode in (("f1", "models"), ("f2", "compare"), ("f2", "compare")):
            await play.press(key)
            assert play.app.current_mode == mode
        await play.type("a,b.c?")
        assert (play.app.current_mode, play.prompt.text) == ("compare", "a,b.c?")
        await play.press("escape")
        there = ((".", "history"), (".", "report"), (".", "models"), (".", "compare"), (",", "models"), (",", "report"))
        for key, mode in some(there):
            await play.press(key)
            assert play.app.current_mode == mode
        await play.press("f2", "n", "f1")
        assert play.app.current_mode == "compare"
        await play.press("escape", "f1", "/")
        await play.type(".,?")
        assert play.app.current_mode == "models"


async def test_h_tells_where_the_host_was_looked_for_and_what_it_can_do(server: LoopbackServer, tmp_path: Path) -> None:
    around = Surroundings(environ={}, home=tmp_path, data_dir=tmp_path)
    host = AutoHost(HostSpec("url", server.url), around)
    async with asking(host, size=(120, 40)) as play:
        await play.until(lambda: play.app.app_state.info is not None)
        await play.press("escape", "h")
        await play.sees(
            "Looked for a host", "ok --host", "Found", "kind               openai", "cannot             load"
        )
        await play.press("escape")
        await play.until(lambda: "Looked for" not in play.shown)


async def test_esc_puts_the_notices_away() -> None:
    async with looking_at() as play:
        play.app.notify("Something to know", timeout=60)
        await play.sees_notice("Something to know")
        await play.press("escape")
        await play.until(lambda: not play.notices)


async def test_the_help_tells_every_key_of_its_screen_and_many_keys_close_it() -> None:
    async with looking_at([answered(1)]) as play:
        await play.press("escape")
        for close in ("escape", "?", ":", "enter"):
            await play.press("?")
            assert isinstance(play.app.screen, HelpDialog)
            await play.press(close)
            assert not isinstance(play.app.screen, HelpDialog)
            await play.press("?", "4", "escape")
        assert play.here == 1
        assert not play.runner.session.scores
        for mode in some(modes.MODES):
            listed = [*modes.EVERYWHERE, *(action for group in mode.groups for action in group.actions)]
            await play.press(mode.key, "?")
            text = " ".join(str(play.app.screen.query_one(Static).content).split())
            assert all(" ".join((*item.shown.split(), *item.about.split())) in text for item in some(listed))
            lines = [line.split() for line in str(play.app.screen.query_one(Static).content).splitlines()]
            explained = [line[0] for line in lines if line and line[0] in {*GLYPHS.values(), TIP}]
            assert explained == ([*GLYPHS.values(), TIP] if mode.shows_answers else [])
            await play.press("escape")


@pytest.mark.parametrize(
    "way",
    ["", "escape", "escape n", "escape ?", "f1", "f1 /", "f1 ?", "ctrl+p", "f9"],
    ids=["prompt", "pane", "note", "help", "table", "filter", "help of models", "palette", "themes"],
)
async def test_ctrl_q_leaves_from_everywhere(way: str) -> None:
    async with looking_at([answered(1)]) as play:
        if way:
            await play.press(*way.split())
        await play.pilot.press("ctrl+q")
        await play.until(lambda: not play.app.is_running or play.app._exit)
    assert play.app.return_code == 0


async def test_it_may_be_left_in_any_moment_of_its_start(server: LoopbackServer) -> None:
    for after in (0.03, *(0.05 + 0.0005 * step for step in range(16)), *(0.08 + 0.02 * step for step in range(8))):
        async with asking(OpenAIHost(server.url)) as play:
            await asyncio.sleep(after)
        assert play.app._exception is None


@pytest.mark.parametrize("writable", [True, False])
async def test_who_is_asked_about_leaving_hears_of_what_is_kept_only_what_is_true(
    server: LoopbackServer, tmp_path: Path, writable: bool
) -> None:
    folder, spare = tmp_path / "sessions", tmp_path / "state"
    if not writable:
        for path in (folder, spare):
            path.write_text("a file where the folder should be")
    host = OpenAIHost(server.url)
    with open_runner(host, TomlSessionWriter(folder, "20261122T110301Z-7f3a", spare)) as runner:
        app = CompareApp(lambda: Opened(host, runner), models=["good"])
        async with playing(app, runner) as play:
            await play.sees("● ")
            await play.type("Hi", "enter")
            await play.until(lambda: runner.run is not None and not runner.busy)
            if not writable:
                await play.until(lambda: bool(play.notices))
            await play.press("ctrl+c")
            await play.sees("Leave the program?", "Answers and downloads that still run are stopped")
            told = " ".join(play.shown.translate(dict.fromkeys(map(ord, "│┃"), " ")).split())
            assert ("what arrived is kept." in told) == writable, told
            assert ("What is not saved is lost when the program ends." in told) == (not writable), told


# The host


async def test_while_a_host_is_looked_for_the_top_line_says_where(tmp_path: Path) -> None:
    with ExitStack() as servers:
        silent = servers.enter_context(serving(b"", hold=True))
        host = AutoHost(HostSpec("url", silent.url), Surroundings(tmp_path, environ={}, home=tmp_path))
        async with asking(host) as play:
            await play.sees(f"… connecting: {silent.url}")
            servers.close()
            await play.sees("✗ ")
            assert "connecting" not in play.shown


async def test_a_prompt_before_the_host_is_there_is_run_when_it_is(server: LoopbackServer) -> None:
    gate = threading.Event()

    class SlowHost(OpenAIHost):
        def connect(self) -> HostInfo:
            assert gate.wait(30)
            return super().connect()

    async with asking(SlowHost(server.url), ("good", "nonsuch")) as play:
        await play.sees("… connecting", "Waiting for the host …")
        await play.type("Hi there", "enter")
        await play.sees("Runs as soon as the host is there …")
        assert play.prompt.text == "Hi there"
        await play.until(lambda: play.app.check_action("host", ()) is True)
        await play.press("escape", "h")
        await play.sees("It is still being looked for.")
        await play.press("escape", "e")
        assert play.app.focused is play.prompt
        gate.set()
        await play.until(lambda: "One two three four five" in play.pane(1) if play.panes else False)
        assert server.talk("good").body["messages"][0]["content"] == "Hi there"
        await play.sees_notice("There is no model nonsuch on this host. Choose on the Models screen.")


async def test_a_prompt_given_on_the_command_line_is_run_and_stands_in_the_box(server: LoopbackServer) -> None:
    async with asking(OpenAIHost(server.url), ("good",), prompt="From outside?") as play:
        await play.sees("From outside?", "One two three four five")
        assert play.here == 1


async def test_without_a_host_it_says_so_and_f5_tries_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    async with asking(OpenAIHost(f"http://127.0.0.1:{port}/v1"), ("late",)) as play:
        await play.sees("There is no host. F1, then F5, asks for it again.", "✗")
        assert "Is the server running, and is this its address?" in play.notices[0]
        await play.type("Hi", "enter")
        await play.until(lambda: len(play.notices) == 2)
        assert play.notices[0] == play.notices[1]
        assert play.prompt.text == "Hi"
        await play.press("f1")
        await play.sees("F5 asks the host again.")
        with listing_models(port):
            await play.press("f5")
            await play.sees("[1]", "late", f"● 127.0.0.1:{port} · OpenAI-")
            assert "loaded" not in play.shown
            await play.pilot.resize_terminal(120, 30)
            await play.sees(f"● OpenAI-compatible server at 127.0.0.1:{port}")
        await play.press("f2")
        await play.sees("1 late", "Hi")


class _Models(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b'{"data": [{"id": "late"}]}'
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Not on the test's stderr."""


class listing_models:  # noqa: N801 - reads as a function
    """A server at this port that lists one model."""

    def __init__(self, port: int) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _Models)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()


# What comes from outside


def assert_harmless(play: Play) -> None:
    """Nothing on the screen controls a terminal, turns text around, or does something when it is clicked."""
    assert not any(
        ord(character) < 32 or 0x7F <= ord(character) < 0xA0 for character in some(play.shown.replace("\n", ""))
    )
    assert not any("\u202a" <= character <= "\u202e" for character in some(play.shown))
    for strip in some(play.app.screen._compositor.render_strips()):
        assert not any("@click" in (segment.style.meta if segment.style else {}) for segment in any_number_of(strip))


async def test_a_hostile_host_is_shown_and_not_obeyed(server: LoopbackServer, monkeypatch: pytest.MonkeyPatch) -> None:
    async def answer(wire: Wire) -> None:
        await wire.head()
        await wire.event(text(EVIL))
        await wire.event(FINISH)
        await wire.event("[DONE]")

    async def fail(wire: Wire) -> None:
        await wire.head()
        await wire.event({"error": {"message": EVIL, "type": EVIL}})

    monkeypatch.setitem(loopback_server.SCRIPTS, f"A {EVIL}", answer)
    monkeypatch.setitem(loopback_server.SCRIPTS, f"B {EVIL}", fail)
    async with asking(OpenAIHost(server.url), (f"A {EVIL}", f"B {EVIL}", EVIL), size=(160, 45)) as play:
        await play.sees(f"1 A {SHOWN}")
        await play.sees_notice(f"There is no model {SHOWN}")
        await play.type("Hi", "enter")
        await play.until(lambda: f"✗ The host reports: {SHOWN}." in play.pane(2))
        await play.until(lambda: play.pane(1).count(SHOWN) == 2)
        assert_harmless(play)
        row = next(y for y, line in enumerate(play.shown.splitlines()) if line.startswith(("│[@click", "┃[@click")))
        await play.pilot.click(offset=(18, row))
        await play.press("n")
        await play.sees(f"Note on A {SHOWN}")
        assert_harmless(play)
        await play.press("escape", "f1")
        await play.sees(f"A {SHOWN}"[:47])
        play.app.screen.query_one(RowTable).focus()
        await play.press("home")
        assert SHOWN in str(play.app.screen.query_one("#about", Static).content)
        assert_harmless(play)
        play.app.post_message(HostFailed(99, NoHostError(EVIL, EVIL, EVIL)))
        await play.until(lambda: play.notices.count(". ".join([SHOWN] * 3) + ".") == 1)
        await play.sees(f"✗ {SHOWN}")
        assert_harmless(play)
        assert play.app.is_running and not play.app._exit


async def test_what_was_recorded_is_shown_harmlessly_too() -> None:
    card = ModelCard("evil", EVIL, EVIL, EVIL, EVIL, 1.0, 1, EVIL, EVIL, publisher=EVIL, summary=EVIL)
    requests = [answered(1, EVIL, thinking=[EVIL]), answered(2, EVIL, state=RequestState.FAILED)]
    cards = [card, ModelCard("evil2", EVIL)]
    async with looking_at(requests, cards=cards, size=(160, 45), notes=[Note("r1", RATER, EVIL, WHEN)]) as play:
        await play.press("escape", "t")
        await play.until(lambda: play.pane(1).count(SHOWN) >= 2)
        assert_harmless(play)
        await play.press("n")
        await play.sees(f"Note on {SHOWN}", SHOWN)
        assert_harmless(play)
        await play.press("escape", "f1")
        await play.sees("[@click=app.quit]x[/] ␛[31mred<U+009B>1m")
        assert_harmless(play)


async def test_what_a_dead_program_left_is_completed_while_keys_are_keys(server: LoopbackServer) -> None:
    go_on = threading.Event()

    def recover(tell: Callable[[str | CompareError], object]) -> None:
        tell(f"A session is being completed: {EVIL}")
        assert go_on.wait(60)
        tell("It has been completed.")
        tell(StoreError("Another could not be", "The disk is full"))

    host = OpenAIHost(server.url)
    with open_runner(host) as runner:
        app = CompareApp(lambda: Opened(host, runner, recover=recover), models=["good"])
        async with playing(app, runner, (80, 40)) as play:
            await play.sees_notice(f"A session is being completed: {SHOWN}")
            await play.type("abc")
            assert play.prompt.text == "abc"
            go_on.set()
            await play.sees_notice("It has been completed.")
            await play.sees_notice("Another could not be. The disk is full.")


# Defects


async def test_a_crash_tells_where_and_why_and_no_secret() -> None:
    class DefectiveHost(OpenAIHost):
        def connect(self) -> HostInfo:
            key = "sk-very-secret"
            raise RuntimeError(f"a key of {len(key)} characters is not a host")

    host = DefectiveHost("http://127.0.0.1:9/v1")
    with open_runner(host) as runner:
        app = CompareApp(lambda: Opened(host, runner))
        with pytest.raises(RuntimeError, match="is not a host"):
            async with playing(app, runner) as play:
                await play.until(lambda: not app.is_running)
        told = app.crash_log.summary()
    assert told is not None
    assert "test_app.py" in told and "in connect" in told
    assert "RuntimeError: a key of 14 characters is not a host" in told
    assert "sk-very-secret" not in told


async def test_a_defect_in_completing_a_session_is_told_like_any_other(server: LoopbackServer) -> None:
    def recover(tell: Callable[[str | CompareError], object]) -> None:
        raise RuntimeError("a journal of another world")

    host = OpenAIHost(server.url)
    with open_runner(host) as runner:
        app = CompareApp(lambda: Opened(host, runner, recover=recover), models=["good"])
        with pytest.raises(RuntimeError, match="another world"):
            async with playing(app, runner) as play:
                await play.until(lambda: not app.is_running)
    assert "RuntimeError: a journal of another world" in (app.crash_log.summary() or "")


def test_a_crash_report_holds_no_key_that_the_program_knows() -> None:
    key = "sk-crash-0123456789"
    remember_secret(key)
    log = CrashLog()
    log.console.print(f"ValueError: the header holds {key}")
    assert log.summary() == f"ValueError: the header holds {REDACTED}"


async def test_aliases_that_a_service_tells_late_are_chosen_and_asked_all_the_same() -> None:
    with replaying() as service:
        models = ("phi-4-mini", "qwen2.5-0.5b", "Phi-4-cuda-gpu")
        async with asking(ServiceHost(service.url), models, prompt="Hi there") as play:
            await play.sees_notice("-openvino-npu:5 is not downloaded.")
            await play.until(lambda: len(play.panes) == 2 and all(ANSWER in play.pane(n) for n in (1, 2)))
            assert play.app.current_mode == "compare"
            assert [target.card.id for target in play.runner.session.models.values()] == [
                "Phi-4-mini-instruct-generic-cpu", "Phi-4-cuda-gpu",
            ]  # fmt: skip
        assert service.paths().count("/foundry/list") == 1
        async with asking(ServiceHost(service.url), ("Phi-4-cuda-gpu",), prompt="Hi there") as play:
            await play.until(lambda: ANSWER in play.pane(1) if play.panes else False)
        assert service.paths().count("/foundry/list") == 1, "its catalogue asks others: only when it has to be"
