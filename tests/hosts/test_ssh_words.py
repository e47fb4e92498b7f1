"""What is read and written on the way to another machine, without going there."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.core.errors import BadInputError, NoHostError
from tui.hosts.openai.host import OpenAIHost
from tui.hosts.ssh.command import SshCommand, SshTarget, explain, parse_target
from tui.hosts.ssh.remote_probe import QUESTION, decode, says_stopped, served_at
from tui.hosts.ssh.tunnel_host import TunnelHost

STATUS = '{"running":true,"state":"ready","pid":23948,"webUrls":["http://127.0.0.1:48077"],"logFile":""}'
DOWN = '{"running":false,"state":"not_running"}'
DAEMON = '{"pid": 1, "web_urls": ["http://127.0.0.1:5001"], "daemon_version": "0.10.3", "ort_version": "1.23"}'
SERVICE = "🟢 Model management service is running on http://127.0.0.1:11223/openai/status\r\nValid EPs: CPU\r\n"
NO_SERVICE = "🔴 Model management service is not running!\r\nTo start it: foundry service start\r\n"
CLIXML = '#< CLIXML\r\n<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04"></Objs>\r\n'
NO_FOUNDRY = "foundry : The term 'foundry' is not recognized as the name of a cmdlet.\r\n"

noise = st.sampled_from(
    [
        "",
        "\ufeff",
        "\r\n",
        "\x1b[2K\r⠋ Asking…\r",
        "\x1b]0;title\x07",
        CLIXML,
        "Welcome {you}!\n",
        "{",
        '{"a": [1',
        "]}",
    ]
)
ports = st.integers(1, 65_535)


@pytest.mark.parametrize(
    ("text", "port"),
    [
        (STATUS, 48077),
        (json.dumps(json.loads(STATUS), indent=2), 48077),
        (f"⠋ Starting\r\x1b[2K{STATUS}", 48077),
        (SERVICE, 11223),
        (DAEMON, 5001),
        (DAEMON + STATUS + DAEMON, 48077),
        (DAEMON + SERVICE, 11223),
        (DOWN + SERVICE, 11223),
        (DAEMON + DOWN, None),
        (DOWN, None),
        (NO_SERVICE, None),
        (NO_FOUNDRY, None),
        (CLIXML, None),
        ("", None),
        ("Welcome! Help is at http://intranet.example:8080/help", None),
        ("is running on http://127.0.0.1:\x1b[32m5273\x1b[0m", 5273),
        ('{"webUrls": "http://127.0.0.1:7"}', 7),
        ('{"webUrls": ["http://[::1]:9", 4, null]}', 9),
        ('{"WebUrls": [null, "http://127.0.0.1", "http://x:y", "http://127.0.0.1:70000", "http://127.0.0.1:7"]}', 7),
        ('{"running": true, "webUrls": []}', None),
        ('{"running": "yes", "webUrls": {"a": 1}}', None),
        ("{" * 50_000, None),
        ('{"a":' * 50_000 + DAEMON, 5001),
    ],
)
def test_the_port_is_found_in_what_the_commands_print(text: str, port: int | None) -> None:
    assert served_at(text) == port


@given(st.text())
def test_any_text_is_read_without_complaint(text: str) -> None:
    assert served_at(text) is None or 0 < (served_at(text) or 0) < 65_536
    assert says_stopped(text) in (True, False)


@given(
    ports, noise, noise, st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]), st.sampled_from([STATUS, SERVICE, DAEMON])
)
def test_noise_and_encodings_hide_no_port(port: int, before: str, after: str, encoding: str, said: str) -> None:
    for shown in ("48077", "11223", "5001"):
        said = said.replace(f"127.0.0.1:{shown}", f"127.0.0.1:{port}")
    assert served_at(decode((before + said + after).encode(encoding))) == port


@pytest.mark.parametrize(("text", "stopped"), [(DOWN, True), (NO_SERVICE, True), (SERVICE, False), (NO_FOUNDRY, False)])
def test_a_stopped_server_is_told_from_a_missing_one(text: str, stopped: bool) -> None:
    assert says_stopped(text) is stopped


def test_the_question_needs_no_quoting_in_any_shell() -> None:
    assert set(QUESTION) <= set("abcdefghijklmnopqrstuvwxyzCNIP ./;-")


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("ssh://me@winbox", SshTarget("winbox", "me")),
        ("SSH://me@winbox:2222/", SshTarget("winbox", "me", 2222)),
        ("me@winbox.corp.example", SshTarget("winbox.corp.example", "me")),
        ("ssh://winbox", SshTarget("winbox")),
        (r"ssh://CORP\me@winbox", SshTarget("winbox", r"CORP\me")),
        ("ssh://CORP%5Cme@winbox", SshTarget("winbox", r"CORP\me")),
        ("me@corp.example@winbox", SshTarget("winbox", "me@corp.example")),
        ("jürgen@10.0.0.7", SshTarget("10.0.0.7", "jürgen")),
        ("ssh://me@[fe80::1%eth0]:22", SshTarget("fe80::1%eth0", "me", 22)),
    ],
)
def test_a_target_names_user_machine_and_port(text: str, target: SshTarget) -> None:
    assert parse_target(text) == target


@pytest.mark.parametrize(
    "text",
    [
        "", "ssh://", "me@", "-oProxyCommand=calc@winbox", "me@-oProxyCommand=calc", "ssh://-V", "me@win box",
        "me@winbox:0", "me@winbox:99999", "me@winbox:22:22", "me@winbox/5273", "me@winbox;calc", "me@$(calc)",
        "me me@winbox", "me%20-v@winbox", "me\n@winbox", "me@winbox\n-v", "me`calc`@winbox", "me@::1", "@winbox",
        "me@[winbox!]",
        "me@[fe80::1%$(calc)]", "me@w\u0000", "me%00@winbox",
    ],
)  # fmt: skip
def test_what_could_mean_something_else_on_a_command_line_is_refused(text: str) -> None:
    with pytest.raises(BadInputError) as caught:
        TunnelHost(text, OpenAIHost)
    assert "ssh://user@host" in caught.value.hint


@pytest.mark.parametrize("text", ["ssh://me:hunter2@winbox", "me%3Ahunter2@winbox", "hunter2 @winbox"])
def test_a_password_is_neither_taken_nor_repeated(text: str) -> None:
    with pytest.raises(BadInputError) as caught:
        TunnelHost(text, OpenAIHost)
    assert "hunter2" not in caught.value.sentence()


def test_the_commands_are_lists_that_end_their_options_before_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.hosts.ssh.command.find_ssh", lambda program: f"/bin/{program}")
    command = SshCommand(SshTarget("winbox", r"CORP\me", 2222), options=("-F", "my config"))
    ask, bring = command.question(), command.forward(4000, 5273)
    assert ask[:3] == bring[:3] == ["/bin/ssh", "-F", "my config"]
    assert ask[-7:] == ["-l", r"CORP\me", "-p", "2222", "--", "winbox", QUESTION]
    assert bring[-6:] == ["-l", r"CORP\me", "-p", "2222", "--", "winbox"]
    assert bring[bring.index("-L") + 1] == "127.0.0.1:4000:127.0.0.1:5273"
    assert {"BatchMode=yes", "ExitOnForwardFailure=yes", "-N"} <= set(bring)
    assert not any("StrictHostKeyChecking" in part for part in [*ask, *bring])


def test_a_machine_without_ssh_is_told_what_to_install() -> None:
    with pytest.raises(NoHostError) as caught:
        TunnelHost("me@winbox", OpenAIHost, ssh="no-such-ssh").connect()
    assert caught.value.title == "There is no no-such-ssh on this machine"
    assert "Install OpenSSH's client" in caught.value.hint


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("ssh: Could not resolve hostname winbox: Name or service not known\r\n", "There is no machine called winbox"),
        ("ssh: Could not resolve hostname winbox: No such host is known. \r\n", "There is no machine called winbox"),
        ("ssh: connect to host winbox port 22: Connection refused\r\n", "winbox takes no SSH connections"),
        ("ssh: connect to host winbox port 22: Connection timed out\r\n", "winbox cannot be reached"),
        ("ssh: connect to host winbox port 22: No route to host\r\n", "winbox cannot be reached"),
        ("me@winbox: Permission denied (publickey,password,keyboard-interactive).\r\n", "winbox does not let me in"),
        ("Host key verification failed.\r\n", "ssh does not know winbox yet"),
        (
            "@@@@@@\n@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\n@@@@@@\nHost key verification failed.\n",
            "winbox shows another host key than before",
        ),
        (
            "@@@\n@ WARNING: UNPROTECTED PRIVATE KEY FILE! @\nme@winbox: Permission denied (publickey).",
            "ssh refuses a ",
        ),
        ("bind [127.0.0.1]:8080: Address already in use\nCould not request local forwarding.\n", "A port of this "),
        ("Bad owner or permissions on C:\\\\Users\\\\me/.ssh/config\n", "ssh cannot use its configuration"),
        ("Unable to negotiate with 10.0.0.7 port 22: no matching host key type found.", "winbox ended the connection"),
        ("something new", "ssh to winbox failed"),
        ("", "ssh to winbox failed"),
    ],
)
def test_sshs_complaints_are_sentences_that_say_what_to_do(words: str, title: str) -> None:
    error = explain(words, SshTarget("winbox", "me"))
    assert error.title.startswith(title)
    assert error.detail and error.hint and "{" not in error.sentence()
