"""The screen in a browser: who is let in, what a page sees, and that nothing stays behind."""

from __future__ import annotations

import asyncio
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.loopback_server import LoopbackServer
from tests.support.program import PATIENCE_S, call, start, until

aiohttp = pytest.importorskip("aiohttp", reason="textual-serve is not installed")
pytest.importorskip("textual_serve", reason="textual-serve is not installed")
pytestmark = pytest.mark.slow
CHROMIUM = shutil.which("chromium")


@contextmanager
def serving(folder: Path, *more: str) -> Iterator[tuple[str, psutil.Process]]:
    """`serve` with this machine's loopback server as host: its address, and its process."""
    process = start("serve", *more, cwd=folder, environ={"FOUNDRY_COMPARE_SESSIONS": str(folder / "sessions")})
    try:
        assert process.stdout is not None
        yield process.stdout.readline().decode("ascii").strip(), psutil.Process(process.pid)
    finally:
        if process.poll() is None:
            for child in psutil.Process(process.pid).children(recursive=True):
                child.kill()
            process.kill()
        process.communicate()


def kept(folder: Path) -> str:
    """All that is in the session files."""
    return "".join(file.read_text("utf-8") for file in (folder / "sessions").glob("*.toml"))


def origin_of(url: str) -> str:
    return "/".join(url.split("/", 3)[:3])


async def status(session: Any, url: str, **headers: str) -> int:
    async with session.get(url, headers=headers) as response:
        return int(response.status)


async def status_of_socket(session: Any, url: str, **headers: str) -> int:
    try:
        async with session.ws_connect(url, headers=headers):
            return 101
    except aiohttp.WSServerHandshakeError as error:
        return int(error.status)


async def test_only_the_page_that_was_given_out_opens_a_screen_and_it_ends_with_its_page(tmp_path: Path) -> None:
    with LoopbackServer().running() as server, serving(tmp_path, "--host", server.url, "-m", "good") as (url, process):
        origin, socket = origin_of(url), url.replace("http:", "ws:") + "ws"
        async with aiohttp.ClientSession() as session:
            async with session.get(url) as page:
                text, policy = await page.text(), page.headers["Content-Security-Policy"]
            assert f'data-session-websocket-url="{socket}"' in text and "http" not in text.replace(socket, "")
            assert policy.startswith("default-src 'none'; script-src 'self';")
            assert await status(session, url + "textual.js") == await status(session, url + "roboto-mono.ttf") == 200
            assert await status(session, origin + "/") == await status(session, url + "../static/") == 404
            assert await status(session, url + "page.html") == 404
            assert await status(session, url, Host="evil.example") == 403
            assert await status_of_socket(session, socket, Origin="http://evil.example") == 403
            assert await status_of_socket(session, socket, Origin="null") == 403
            assert await status_of_socket(session, socket) == 403
            assert await status_of_socket(session, origin.replace("http:", "ws:") + "/ws", Origin=origin) == 404
            assert not process.children()
            async with session.ws_connect(f"{socket}?width=90&height=30", headers={"Origin": origin}) as screen:
                seen = asyncio.ensure_future(painted(screen, "good"))
                for strange in ("no JSON", "[1]", '["resize", {"width": -1, "height": 5}]', '["stdin", 5]'):
                    await screen.send_str(strange)
                await asyncio.wait_for(seen, PATIENCE_S)
                await screen.send_json(["stdin", "What is it?\r"])
                await asyncio.wait_for(asyncio.to_thread(until, lambda: 'state = "done"' in kept(tmp_path)), PATIENCE_S)
                await screen.send_json(["stdin", "\x1b"])
                await screen.send_json(["stdin", "4"])
                await asyncio.wait_for(asyncio.to_thread(until, lambda: "value = 4" in kept(tmp_path)), PATIENCE_S)
                (program,) = process.children()
            await asyncio.to_thread(until, lambda: not program.is_running())
            assert "What is it?" in kept(tmp_path) and 'state = "done"' in kept(tmp_path)


async def painted(screen: Any, text: str) -> str:
    """What came until this text was among it."""
    seen = ""
    async for message in screen:
        seen += message.data.decode("utf-8", "replace") if message.type == aiohttp.WSMsgType.BINARY else ""
        if text in seen:
            return seen
    raise AssertionError(f"the page was closed: {seen[-500:]}")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
async def test_a_server_that_is_killed_leaves_no_program_behind(tmp_path: Path) -> None:
    with LoopbackServer().running() as server, serving(tmp_path, "--host", server.url, "-m", "good") as (url, process):
        async with aiohttp.ClientSession() as session:
            socket = url.replace("http:", "ws:") + "ws"
            async with session.ws_connect(socket, headers={"Origin": origin_of(url)}) as screen:
                await asyncio.wait_for(painted(screen, "good"), PATIENCE_S)
                children = process.children(recursive=True)
                process.send_signal(signal.SIGKILL)
                await asyncio.to_thread(until, lambda: not any(child.is_running() for child in children))


def test_ctrl_c_ends_it_and_an_address_that_cannot_be_had_is_said(tmp_path: Path) -> None:
    with serving(tmp_path) as (url, process):
        taken = url.split("/")[2]
        refused = call("serve", "--listen", taken, cwd=tmp_path)
        assert refused.code == 1 and f"{taken} cannot be listened at" in refused.err
        assert call("serve", "--listen", "nonsense", cwd=tmp_path).code == 2
        if sys.platform != "win32":
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE_S) == 130


class Browser:
    """Headless Chromium, driven by its own protocol."""

    def __init__(self, socket: Any) -> None:
        self._socket, self._number = socket, 0

    async def do(self, method: str, **parameters: Any) -> Any:
        """Call a method of the protocol; what it returns."""
        self._number += 1
        await self._socket.send_json({"id": self._number, "method": method, "params": parameters})
        while True:
            answer = await self._socket.receive_json(timeout=PATIENCE_S)
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
async def test_in_chromium_a_prompt_is_typed_three_panes_answer_and_a_score_is_kept(tmp_path: Path) -> None:
    models = ("-m", "good", "-m", "split", "-m", "burst")
    with LoopbackServer().running() as server, serving(tmp_path, "--host", server.url, *models) as (url, _):
        profile = tmp_path / "profile"
        command = [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0",
                   f"--user-data-dir={profile}", "--window-size=1200,800", "about:blank"]  # fmt: skip
        chromium = subprocess.Popen(
            [str(word) for word in command], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        try:
            port_file = profile / "DevToolsActivePort"
            await asyncio.to_thread(until, lambda: port_file.exists() and bool(port_file.read_text().strip()))
            port = port_file.read_text().splitlines()[0]
            async with aiohttp.ClientSession() as session:
                async with session.get(f"http://127.0.0.1:{port}/json") as answer:
                    page = next(one for one in await answer.json() if one["type"] == "page")
                async with session.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                    await in_a_page(Browser(socket), url, tmp_path)
        finally:
            chromium.terminate()
            chromium.wait(PATIENCE_S)
    text = kept(tmp_path)
    assert text.count('state = "done"') == 3 and "value = 4" in text and "Typed in a browser" in text


async def in_a_page(browser: Browser, url: str, folder: Path) -> None:
    """Ask, and score the first answer."""
    await browser.do("Page.navigate", url=url)
    shown = 'document.body.classList.contains("-first-byte")'
    deadline = time.monotonic() + PATIENCE_S
    while not (await browser.do("Runtime.evaluate", expression=shown))["result"].get("value"):
        assert time.monotonic() < deadline, "nothing was painted"
        await asyncio.sleep(0.2)
    await browser.do("Runtime.evaluate", expression='document.querySelector("textarea").focus()')
    await browser.do("Input.insertText", text="Typed in a browser")
    while "Typed in a browser" not in kept(folder):  # Before the host has answered, enter does nothing.
        assert time.monotonic() < deadline, "it was not asked"
        await press(browser, "Enter", 13)
        await asyncio.sleep(1)
    await asyncio.to_thread(until, lambda: kept(folder).count('state = "done"') == 3)
    await press(browser, "Escape", 27)
    await browser.do("Input.insertText", text="4")
    await asyncio.to_thread(until, lambda: "value = 4" in kept(folder))


async def press(browser: Browser, key: str, code: int) -> None:
    for kind in ("rawKeyDown", "keyUp"):
        await browser.do("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)
