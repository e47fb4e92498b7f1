"""A real SSH server on loopback, with keys and a home of its own, and a Foundry Local that can be put there."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.hosts.models_server import free_port
from tui.hosts.ssh.process import SshProcess

SSHD = Path("/usr/sbin/sshd")
PRIVSEP = Path("/run/sshd")
"""Where sshd locks itself in when root starts it; Debian makes it together with the system's own server."""
PATIENCE_S = 10.0


def why_no_sshd() -> str:
    """Why the tests with a real SSH server cannot run here; empty when they can."""
    if not SSHD.exists():
        return f"no SSH server: {SSHD} is not installed"
    missing = [tool for tool in ("ssh", "ssh-keygen") if shutil.which(tool) is None]
    return f"no SSH client: {missing[0]} is not installed" if missing else ""


@dataclass
class Sshd:
    """A running server. `options` make ssh a client that it lets in and that knows it."""

    folder: Path
    port: int
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def target(self) -> str:
        return f"ssh://{getpass.getuser()}@127.0.0.1:{self.port}"

    @property
    def home(self) -> Path:
        """The home directory of whoever logs in."""
        return self.folder / "home"

    @property
    def options(self) -> tuple[str, str]:
        return ("-F", str(self.folder / "client"))

    @property
    def known_hosts(self) -> Path:
        return self.folder / "known"

    def install(self, name: str, script: str) -> None:
        """Put a program on the PATH over there; `script` is for sh."""
        program = self.folder / "bin" / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)

    def write_daemon_json(self, text: str) -> None:
        folder = self.home / ".foundry"
        folder.mkdir(exist_ok=True)
        (folder / "daemon.json").write_text(text)

    def use_key(self, name: str) -> None:
        """Have the client offer this key; `client_key` is let in, any other is made on the spot and is not."""
        make_key(self.folder / name)
        (self.folder / "client").write_text(
            f"IdentityFile {self.folder / name}\nIdentitiesOnly yes\nIdentityAgent none\n"
            f"UserKnownHostsFile {self.known_hosts}\nGlobalKnownHostsFile /dev/null\n"
        )

    def know(self, key: str) -> None:
        """Have the client take this key for the server's."""
        make_key(self.folder / key)
        kind, value = (self.folder / f"{key}.pub").read_text().split()[:2]
        self.known_hosts.write_text(f"[127.0.0.1]:{self.port} {kind} {value}\n")

    def sessions(self) -> list[psutil.Process]:
        """The server's processes, without the one that listens."""
        pid = int((self.folder / "pid").read_text())
        return psutil.Process(pid).children(recursive=True)

    def drop_lines(self) -> None:
        """End every session, as a machine that goes away would."""
        for process in self.sessions():
            try:
                process.kill()
            except psutil.NoSuchProcess:
                pass

    def prepare(self) -> None:
        for name in ("home", "bin"):
            (self.folder / name).mkdir()
        make_key(self.folder / "server_key")
        self.use_key("client_key")
        self.know("server_key")
        home, path = self.home, f"{self.folder / 'bin'}:{os.environ['PATH']}"
        # The server sets the directory to the real home: the forced command goes to the other one first.
        settings = {
            "Port": str(self.port),
            "ListenAddress": "127.0.0.1",
            "HostKey": str(self.folder / "server_key"),
            "PidFile": str(self.folder / "pid"),
            "AuthorizedKeysFile": str(self.folder / "client_key.pub"),
            "UsePAM": "no",
            "StrictModes": "no",
            "PasswordAuthentication": "no",
            "KbdInteractiveAuthentication": "no",
            "PermitRootLogin": "prohibit-password",
            "PrintMotd": "no",
            "SetEnv": f'HOME="{home}" PATH="{path}"',
            "ForceCommand": f'cd {home} && exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"',
        } | self.settings
        (self.folder / "server").write_text("".join(f"{name} {value}\n" for name, value in settings.items()))


def make_key(path: Path) -> None:
    """A key pair, unless it is there."""
    if not path.exists():
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", str(path)]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, timeout=PATIENCE_S)
        path.chmod(stat.S_IRUSR | stat.S_IWUSR)


@contextmanager
def running_sshd(folder: Path, **settings: str) -> Iterator[Sshd]:
    """A server with these settings besides its own. It ends with the test, even one that is killed."""
    made_here = os.getuid() == 0 and not PRIVSEP.exists()
    if made_here:
        PRIVSEP.mkdir(mode=0o755)
    server = Sshd(folder, free_port(), settings)
    server.prepare()
    process = SshProcess([str(SSHD), "-D", "-e", "-f", str(folder / "server")])
    try:
        deadline = time.monotonic() + PATIENCE_S
        while not _listens(server.port):
            assert process.alive and time.monotonic() < deadline, process.words
        yield server
        server.drop_lines()
    finally:
        process.end()
        if made_here:
            PRIVSEP.rmdir()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        time.sleep(0.02)
        return False
    return True
