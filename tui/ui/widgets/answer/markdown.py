"""Making rows of Markdown. Imported when the first answer is to be formatted, not before: it brings parsers along."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from pygments.token import Comment, Keyword, Name, Number, Operator, String
from rich.console import Console, ConsoleOptions, JustifyMethod, OverflowMethod, RenderResult
from rich.containers import Lines
from rich.markdown import CodeBlock, Heading, Markdown, MarkdownContext, Paragraph, TableDataElement, TableElement
from rich.measure import Measurement
from rich.padding import Padding
from rich.segment import Segment
from rich.style import Style
from rich.syntax import ANSISyntaxTheme, Syntax
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

from tui.core.text.clean import clean
from tui.core.text.code_blocks import code_blocks
from tui.ui.cells import cells_needed, clusters, unsure
from tui.ui.widgets.answer.formatted import FormatJob, Formatted
from tui.ui.widgets.answer.wrapping import breaks

_CELLS_A_LEVEL = 6
"""Cells that one level of nesting needs at least: deeper text would stand in columns too narrow to read, or none."""
_CELLS_A_COLUMN, _TABLE_ROWS = 5, 400
"""Tables with less room a column, or more rows, are shown as they came."""
_COLOURED = 20_000
"""Characters of code in one block, above which it has one colour."""
_LANGUAGES = {
    "bash", "c", "c#", "c++", "cpp", "cs", "csharp", "css", "diff", "go", "html", "ini", "java", "javascript", "js",
    "json", "kotlin", "lua", "php", "powershell", "ps1", "py", "python", "r", "ruby", "rust", "sh", "sql", "swift",
    "toml", "ts", "typescript", "xml", "yaml", "yml", "zsh",
}  # fmt: skip
"""What is coloured. A language is not looked for by a name that a model made up."""
_UNCOLOURED = {"", "console", "markdown", "md", "output", "plain", "plaintext", "text", "txt"}
"""What else may stand behind a fence without being a part of the answer, which would be shown."""


def formatted(job: FormatJob) -> Formatted | None:
    """The answer as Markdown; None when it does not lend itself to that. Takes its time: not for the app's loop."""
    text = clean(job.text)
    levels = max(job.width // _CELLS_A_LEVEL, 1)
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": levels * 4})
    try:
        # Without references: a line that only says where others lead would be left out.
        tokens = parser.enable(["table", "strikethrough"]).disable("reference").parse(text)
        if _depth(tokens) > levels:
            return None
        answer = _Answer(job.styles)
        answer.numbers = {block.line: block.number for block in code_blocks(text)}
        answer.parsed = list(_tamed(tokens, text.split("\n"), job.width))
        pieces = _rows(answer, job)
    except Exception:  # noqa: BLE001 - whatever a text brings a formatter to, the text is still there as it came
        return None
    while pieces and not pieces[-1]:
        pieces.pop()
    if not any(pieces):
        return None  # All of it was marks: better to see them than nothing.
    return Formatted(["".join(piece.text for piece in row) for row in pieces], pieces)


def _rows(answer: _Answer, job: FormatJob) -> list[list[Segment]]:
    """The answer's rows, with room enough for vowels that take a cell of their own in some terminals."""
    base, width = job.styles["text"], job.width
    while True:
        # The height says nothing here; without one, Rich takes a terminal that calls itself dumb for 80 cells wide.
        console = Console(
            file=io.StringIO(), width=width, height=25, color_system="truecolor", force_terminal=True,
            legacy_windows=False, theme=_theme(job.styles), markup=False, emoji=False, highlight=False, no_color=False,
        )  # fmt: skip
        lines = console.render_lines(answer, console.options, pad=False)
        rows = [_trimmed(Segment.adjust_line_length(line, width, pad=False), base) for line in lines]
        needed = max((sum(cells_needed(piece.text) for piece in row) for row in rows), default=0)
        if needed <= job.width or width <= job.width // 2:
            return rows
        width -= max((needed - job.width) // 2, 1)


class _Words(Text):
    """Text that breaks as an answer does that is shown as it came: what may take more cells in some terminal stands
    where there is room for them."""

    @classmethod
    def of(cls, text: Text) -> _Words:
        """The same text in the same styles."""
        made = cls(justify=text.justify, overflow=text.overflow)
        made.append_text(text)
        return made

    def wrap(
        self,
        console: Console,
        width: int,
        *,
        justify: JustifyMethod | None = None,
        overflow: OverflowMethod | None = None,
        tab_size: int = 8,
        no_wrap: bool | None = None,
    ) -> Lines:
        """The rows of the text, as Rich's own method has them where all terminals agree."""
        if not unsure(self.plain):
            return super().wrap(console, width, justify=justify, overflow=overflow, tab_size=tab_size, no_wrap=no_wrap)
        rows = Lines()
        for line in self.split(allow_blank=True):
            line.expand_tabs(tab_size)
            broken = line.divide(breaks(line.plain, width)[1:])
            for row in broken:
                row.rstrip()
            broken.justify(console, width, justify=justify or self.justify or "left", overflow="fold")
            rows.extend(broken)
        return rows

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        if not unsure(self.plain):
            return super().__rich_measure__(console, options)
        return Measurement(
            *(max(map(_needed, parts), default=0) for parts in (self.plain.split(), self.plain.split("\n")))
        )


def _needed(text: str) -> int:
    """Cells in which a text may stand without being broken."""
    column = most = 0
    for cluster in clusters(text):
        most = max(most, column + max(cluster.needed, cluster.most - 1))
        column += cluster.needed
    return most


class _Paragraph(Paragraph):
    """A paragraph of our own words."""

    def on_enter(self, context: MarkdownContext) -> None:
        super().on_enter(context)
        self.text = _Words.of(self.text)


class _Cell(TableDataElement):
    """A table's cell of our own words."""

    def __init__(self, justify: JustifyMethod) -> None:
        super().__init__(justify)
        self.content = _Words.of(self.content)


class _Code(CodeBlock):
    """Code in the theme's own colours, set in a little."""

    @classmethod
    def create(cls, markdown: Markdown, token: Token) -> _Code:
        code = cls(token.info.strip(), "")
        code.colours = markdown.colours if isinstance(markdown, _Answer) else {}
        code.number = markdown.numbers.get(token.map[0], 0) if isinstance(markdown, _Answer) and token.map else 0
        return code

    colours: dict[Any, Style]
    number = 0
    """Counted from 1; 0 where it is no block that can be copied by its number."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        code = str(self.text).rstrip()
        language = self.lexer_name.casefold()
        if self.number or language not in _LANGUAGES | _UNCOLOURED:
            label = f"code {self.number}" if self.number else ""
            named = " · ".join(filter(None, (label, self.lexer_name)))
            yield Text(named, console.get_style("markdown.block_quote"), overflow="fold")
        if language in _LANGUAGES and len(code) <= _COLOURED:
            coloured = Syntax(code, language, theme=ANSISyntaxTheme(self.colours), word_wrap=True, padding=(0, 0, 0, 2))
            if not unsure(code):
                yield coloured
                return
            text = coloured.highlight(code)
            text.rstrip()
        else:
            text = Text(code, console.get_style("markdown.code_block"), overflow="fold", tab_size=4)
        words = _Words.of(text)
        words.tab_size = 4
        yield Padding(words, (0, 0, 0, 2))


class _Heading(Heading):
    """At the left like everything else: a pane is narrow."""

    LEVEL_ALIGN = dict.fromkeys(Heading.LEVEL_ALIGN, "left")

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for part in super().__rich_console__(console, options):
            yield _Words.of(part) if isinstance(part, Text) else part


class _Table(TableElement):
    """A table that breaks long words and leaves nothing out."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for table in super().__rich_console__(console, options):
            if isinstance(table, Table):
                for column in table.columns:
                    column.overflow = "fold"
                    if isinstance(column.header, Text):
                        column.header = _Words.of(column.header)  # What Rich copies is its own.
            yield table


class _Answer(Markdown):
    """Rich's Markdown with tokens and code of our own, and no links."""

    elements = Markdown.elements | {
        "fence": _Code, "code_block": _Code, "heading_open": _Heading, "table_open": _Table,
        "paragraph_open": _Paragraph, "th_open": _Cell, "td_open": _Cell,
    }  # fmt: skip

    def __init__(self, styles: dict[str, Style]) -> None:
        super().__init__("", hyperlinks=False)
        self.numbers: dict[int, int] = {}
        """Of the blocks of code, by the lines of their opening fences."""
        self.colours: dict[Any, Style] = {
            Comment: styles["muted"],
            Keyword: styles["keyword"],
            Name.Builtin: styles["keyword"],
            Name.Class: styles["name"],
            Name.Decorator: styles["name"],
            Name.Function: styles["name"],
            Name.Tag: styles["keyword"],
            Number: styles["number"],
            Operator.Word: styles["keyword"],
            String: styles["string"],
        }


def _theme(styles: dict[str, Style]) -> Theme:
    """Rich's names for what has a style of ours."""
    heading, muted, plain = styles["heading"], styles["muted"], Style()
    named = {f"markdown.h{level}": heading for level in range(1, 8)} | {
        "markdown.block_quote": muted,
        "markdown.code": styles["code"],
        "markdown.code_block": plain,
        "markdown.hr": muted,
        "markdown.item.bullet": styles["bullet"],
        "markdown.item.number": styles["bullet"],
        "markdown.link": styles["link"],
        "markdown.link_url": muted,
        "markdown.table.border": muted,
        "markdown.table.header": heading,
    }
    return Theme(named)


def _depth(tokens: Iterable[Token]) -> int:
    """How deeply blocks are nested in quotes and lists."""
    depth = deepest = 0
    for token in tokens:
        if token.type in ("blockquote_open", "list_item_open"):
            depth += 1
            deepest = max(deepest, depth)
        elif token.type in ("blockquote_close", "list_item_close"):
            depth -= 1
    return deepest


def _tamed(tokens: Sequence[Token], lines: Sequence[str], width: int) -> Iterable[Token]:
    """The tokens with nothing in them that hides text or brings back what was cleaned away (`&#x202e;`)."""
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token.type == "table_open":
            end = next(number for number in range(at, len(tokens)) if tokens[number].type == "table_close")
            if not _fits(tokens[at:end], width):
                begin, stop = token.map or [0, 0]
                yield Token("code_block", "code", 0, content="\n".join(lines[begin:stop]))
                at = end + 1
                continue
        _tame(token)
        yield token
        at += 1


def _tame(token: Token) -> None:
    token.content = clean(token.content)
    if "href" in token.attrs:
        token.attrs["href"] = clean(str(token.attrs["href"]))
    children = token.children or []
    for child in children:
        _tame(child)
        if child.type == "image":
            # Rich would leave the address out.
            child.content = f"![{child.content}]({clean(str(child.attrs.get('src', '')))})"
            child.type, child.tag, child.children = "text", "", None
        elif child.type == "softbreak":
            child.type = "hardbreak"  # The lines of a verse stay lines.
    for opened, inside in pairwise(children):
        if opened.type == "link_open" and opened.attrs.get("href") == inside.content:
            opened.markup = "autolink"
    if any(child.markup == "autolink" for child in children):
        _unlink(children)


def _unlink(children: Iterable[Token]) -> None:
    """An address that is its own text need not be written twice."""
    inside = False
    for child in children:
        if child.type == "link_open" and child.markup == "autolink":
            inside = True
        elif child.type != "link_close" or not inside:
            continue
        else:
            inside = False
        child.type, child.tag, child.nesting, child.content = "text", "", 0, ""


def _fits(table: Sequence[Token], width: int) -> bool:
    columns = sum(token.type == "th_open" for token in table)
    rows = sum(token.type == "tr_open" for token in table)
    return columns * _CELLS_A_COLUMN <= width and rows <= _TABLE_ROWS


def _trimmed(line: Iterable[Segment], base: Style) -> list[Segment]:
    """A line's pieces on the view's ground, without the spaces at its end and without anything but text and style."""
    pieces = [Segment(piece.text, base + piece.style if piece.style else base) for piece in line if not piece.control]
    while pieces and not (last := pieces[-1].text.rstrip(" ")):
        pieces.pop()
    if pieces:
        pieces[-1] = Segment(last, pieces[-1].style)
    return pieces
