"""What the service of Foundry Local 0.3 to 0.8 says while it downloads a model."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from tui.hosts.foundry.service_rows import lowered
from tui.net.failures import MAX_WORDS

MAX_VERDICT = 100_000

_PERCENT = re.compile(r"(\d{1,3}(?:\.\d+)?)\s?%")
_SHARE = re.compile(r"""\(\s*["'].*["']\s*,\s*(\d(?:\.\d+)?(?:[eE]-?\d+)?)\s*\)$""")


class DownloadTalk:
    """Listens to a download's lines: percentages in one of two spellings, then a verdict in JSON.

    `Total 45.67% Downloading model.onnx.data` is what services send, `("model.onnx.data", 0.4567)` is what their manual
    says. A line such as `[DONE]` or `All Completed` may come before the verdict, and says nothing.
    """

    def __init__(self, progress: Callable[[float], None]) -> None:
        """`progress` is called with each new percentage."""
        self._progress = progress
        self._percent: float | None = None
        self._verdict = ""

    def hear(self, line: str) -> None:
        """The next line of the answer."""
        line = line.strip().removeprefix("data:").lstrip()
        if self._verdict or line.startswith("{"):
            self._verdict = (self._verdict + line)[:MAX_VERDICT]
            return
        percent = _percent(line)
        if percent is not None and percent != self._percent:
            self._percent = percent
            self._progress(percent)

    def succeeded(self) -> bool | None:
        """What the service says became of it; None when it did not say."""
        said = self._said().get("success")
        return said if isinstance(said, bool) else None

    def words(self) -> str:
        """The service's reason for a failure; empty when it gave none."""
        reason = self._said().get("errormessage")
        return reason.strip()[:MAX_WORDS] if isinstance(reason, str) else ""

    def _said(self) -> dict[str, object]:
        # Whatever follows the object is let go.
        try:
            return lowered(json.JSONDecoder().raw_decode(self._verdict)[0])
        except (ValueError, RecursionError):
            return {}


def _percent(line: str) -> float | None:
    found = _PERCENT.search(line)
    if found is not None:
        return min(float(found[1]), 100.0)
    share = _SHARE.match(line)
    return min(float(share[1]), 1.0) * 100 if share is not None else None
