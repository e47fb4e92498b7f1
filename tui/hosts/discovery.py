"""Which host is meant by what was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tui.core.errors import BadInputError
from tui.hosts.embedded.host import EmbeddedHost
from tui.hosts.host import Host
from tui.hosts.openai_api import OpenAIHost
from tui.net.client import EXAMPLE, check_base_url

DEMO = "demo"
KEY_VARIABLES = ("FOUNDRY_COMPARE_API_KEY", "API_KEY")
"""Where an API key is looked for, in this order. OPENAI_API_KEY is not among them: it belongs to another host."""


def open_host(spec: str | None, *, data_dir: Path, environ: Mapping[str, str]) -> Host:
    """The host that `spec` names: `demo` or nothing for the embedded runtime, an http(s) address for a server.

    Touches neither disk nor network: `connect()` does. Raises BadInputError for anything else.
    """
    wanted = (spec or DEMO).strip()
    if wanted.casefold() in ("", DEMO):
        return EmbeddedHost(data_dir)
    try:
        address = check_base_url(wanted)
    except BadInputError as error:
        hint = f"A host is `{DEMO}`, or an address such as {EXAMPLE}"
        raise BadInputError(error.title, error.detail, hint) from error
    key = next((environ[name] for name in KEY_VARIABLES if environ.get(name)), None)
    return OpenAIHost(address, key)
