"""Reports as JSON against their published schema, in which every key must be known."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from tests.support.session_schema import can_check, strict
from tools.report_schema import report_schema
from tui.core.metrics.registry import Place, flags_in, metrics_in
from tui.report.formats import json as to_json
from tui.report.report import Report


@cache
def _validator(listed: tuple[str, ...]) -> Any:
    """Of the schema with these metrics and flags."""
    from jsonschema import Draft202012Validator

    Draft202012Validator.check_schema(report_schema())
    return Draft202012Validator(strict(report_schema()))


def faults(text: str) -> list[str]:
    """What in a report as JSON is not as the schema says, as sentences with the place before them."""
    listed = tuple(one.name for one in (*metrics_in(Place.REPORT), *flags_in(Place.REPORT)))
    errors = _validator(listed).iter_errors(json.loads(text))
    return [f"{'.'.join(map(str, error.absolute_path))}: {error.message[:300]}" for error in errors]


@contextmanager
def every_report_checked() -> Iterator[None]:
    """Meanwhile no report is made as JSON that is not as the schema says."""
    if not can_check():
        yield
        return
    render: Callable[[Report], str] = to_json.render

    def checked(report: Report) -> str:
        text = render(report)
        assert faults(text) == []
        return text

    to_json.render = checked
    try:
        yield
    finally:
        to_json.render = render
