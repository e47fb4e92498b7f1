"""Why nothing came back, in the same words whatever the system's event loop calls it."""

from __future__ import annotations

import errno

import pytest

from tui.net.failures import no_connection


def windows(kind: type[OSError], code: int) -> OSError:
    """What the event loop of Windows raises: an error of its own, under a number that says little."""
    error = kind(errno.EINVAL, "Der Remotecomputer hat die Netzwerkverbindung abgelehnt")
    error.winerror = code  # type: ignore[attr-defined, unused-ignore]
    return error


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), "The connection was refused"),
        (windows(ConnectionRefusedError, 1225), "The connection was refused"),
        (ConnectionRefusedError(errno.EINVAL, "The remote computer refused"), "The connection was refused"),
        (windows(OSError, 64), "The connection was reset"),
        (ConnectionResetError(errno.EINVAL, "The network name is gone"), "The connection was reset"),
        (windows(OSError, 121), "The connection was not accepted in time"),
        (windows(OSError, 1231), "There is no way to that network"),
        (windows(OSError, 1232), "There is no way to that machine"),
        (OSError(errno.EPIPE, "Broken pipe"), "Broken pipe"),
    ],
)
def test_the_reason_is_in_the_programs_words_where_it_knows_them(error: OSError, why: str) -> None:
    assert no_connection("http://127.0.0.1:9/v1", error, "Check it").detail == why
