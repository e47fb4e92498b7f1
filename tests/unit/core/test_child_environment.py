"""A child is given what it needs, and no key."""

from __future__ import annotations

import pytest

from tui.core.child_environment import ChildKind, environment_of

NEEDED = {"PATH": "/bin", "HOME": "/home/me", "TMPDIR": "/tmp", "LANG": "C.UTF-8", "LC_ALL": "C", "PYTHONPATH": "/x"}
WINDOWS = {"SystemRoot": "C:\\Windows", "PATHEXT": ".EXE", "USERPROFILE": "C:\\Users\\me", "LocalAppData": "C:\\x"}
NETWORK = {"https_proxy": "http://proxy:3128", "NO_PROXY": "box", "SSL_CERT_FILE": "/ca.pem"}
LOGIN = {"HTTP_PROXY": "http://me:pw@proxy:3128"}
KEYS = {"FOUNDRY_COMPARE_API_KEY": "k1", "API_KEY": "k2", "OPENAI_API_KEY": "k3", "BOX_KEY": "k4", "PYTHON_TOKEN": "k5",
        "AWS_SECRET_ACCESS_KEY": "k6", "HF_TOKEN": "k7", "CUDA_PASSWORD": "k8", "XDG_CREDENTIALS": "k9"}  # fmt: skip
OTHER = {
    "EDITOR": "vi",
    "SSH_AUTH_SOCK": "/agent",
    "FOUNDRY_COMPARE_SESSIONS": "/s",
    "FOUNDRY_LOCAL_ENDPOINT": "http://x",
}
DEVICES = {"CUDA_VISIBLE_DEVICES": "0", "OMP_NUM_THREADS": "2", "HF_HOME": "/hf"}
ALL = NEEDED | WINDOWS | NETWORK | LOGIN | KEYS | OTHER | DEVICES | {"FOUNDRY_COMPARE_CATALOGUE": "http://c"}


@pytest.mark.parametrize(
    ("child", "more"),
    [
        (ChildKind.ENGINE, LOGIN),
        (ChildKind.RUNTIME, LOGIN | DEVICES | {"FOUNDRY_COMPARE_CATALOGUE": "http://c"}),
        (ChildKind.ADAPTER, DEVICES),
    ],
)
def test_our_own_processes_are_given_what_is_listed_and_nothing_else(child: ChildKind, more: dict[str, str]) -> None:
    assert environment_of(child, ALL) == NEEDED | WINDOWS | NETWORK | more


def test_a_reader_of_files_is_given_nothing_of_the_network() -> None:
    assert environment_of(ChildKind.READER, ALL) == NEEDED | WINDOWS


def test_an_adapter_is_given_what_its_user_names() -> None:
    given = environment_of(ChildKind.ADAPTER, ALL, named=("HF_TOKEN", "EDITOR", "HTTP_PROXY", "NOT_SET"))
    assert given == environment_of(ChildKind.ADAPTER, ALL) | LOGIN | {"HF_TOKEN": "k7", "EDITOR": "vi"}


def test_where_variables_have_no_case_a_name_is_found_in_any() -> None:
    windows = {name.upper(): value for name, value in ALL.items()}
    given = environment_of(ChildKind.ADAPTER, windows, named=("Editor", "Hf_Token"), ignore_case=True)
    assert given == environment_of(ChildKind.ADAPTER, windows) | {"HF_TOKEN": "k7", "EDITOR": "vi"}
    assert environment_of(ChildKind.ADAPTER, ALL, named=("Editor",), ignore_case=False) == environment_of(
        ChildKind.ADAPTER, ALL
    )


def test_the_users_own_tools_are_given_everything_but_keys() -> None:
    given = environment_of(ChildKind.TOOL, ALL | {"ODD": " a-known-key "}, keys=("a-known-key", "k4"))
    gone = {"FOUNDRY_COMPARE_API_KEY", "API_KEY", "OPENAI_API_KEY", "BOX_KEY", "ODD"}
    assert set(ALL) - set(given) == gone - {"ODD"} and "ODD" not in given
    assert given["SSH_AUTH_SOCK"] == "/agent" and given["HTTP_PROXY"] == LOGIN["HTTP_PROXY"]
