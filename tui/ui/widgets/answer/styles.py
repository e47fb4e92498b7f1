"""The styles of an answer's view, as it came and as Markdown."""

from __future__ import annotations

ROLES = (
    "text", "muted", "heading", "code", "keyword", "string", "number", "name", "link", "bullet", "added", "removed",
)  # fmt: skip
"""What has a style of its own within an answer."""


def component(role: str) -> str:
    """The component class of a role."""
    return f"answer-view--{role}"


TEXT, MUTED, ERROR = map(component, ("text", "muted", "error"))
CLASSES = {ERROR, *map(component, ROLES)}
CSS = """
AnswerView {
    background: $surface;
    color: $foreground;
    overflow-x: hidden;
    overflow-y: auto;
    scrollbar-size: 0 0;
    & .answer-view--text { color: $foreground; }
    & .answer-view--muted { color: $text-muted; }
    & .answer-view--error { color: $error; text-style: bold; }
    & .answer-view--heading { color: $primary; text-style: bold; }
    & .answer-view--code { color: $accent; }
    & .answer-view--keyword { color: $primary; }
    & .answer-view--string { color: $success; }
    & .answer-view--number { color: $warning; }
    & .answer-view--name { color: $foreground; text-style: bold; }
    & .answer-view--link { color: $primary; text-style: underline; }
    & .answer-view--bullet { color: $accent; text-style: bold; }
    & .answer-view--added { color: $success; text-style: underline; }
    & .answer-view--removed { color: $error; text-style: strike; }
    &:ansi .answer-view--muted { color: ansi_default; text-style: dim; }
}
"""
