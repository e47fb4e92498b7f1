"""The rows of the Models screen: models of one alias stand under one row, which can be opened."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tui.core.catalog.download import Stage
from tui.core.catalog.download_speed import DownloadSpeed
from tui.core.catalog.model_card import ModelCard, ModelState
from tui.core.catalog.model_filters import short_task
from tui.core.text import formatting
from tui.core.text.clean import clean_line
from tui.ui.models.model_actions import MODEL_ACTIONS
from tui.ui.state import AppState
from tui.ui.widgets.row_table import EMPTY, TableColumn, TableRow

STATE = 1
"""Which column holds the state."""
COLUMNS = (
    TableColumn(""),
    TableColumn("state"),
    TableColumn("model", least=28),
    TableColumn("host", rank=1, least=8),
    TableColumn("device", rank=2, least=6),
    TableColumn("EP", rank=4, least=6),
    TableColumn("size", rank=3, right=True),
    TableColumn("context", rank=6, right=True),
    TableColumn("licence", rank=5, least=10),
    TableColumn("task", rank=7, least=8),
    TableColumn("tools", rank=8),
    TableColumn("alias", rank=9, least=12),
    TableColumn("variant", rank=10, least=12),
)
_LONGEST = 60
"""Characters of a cell; the rest of a longer name is left out."""


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The signs beside the words of a state. No state is shown by its sign alone."""

    loaded: str = "●"
    cached: str = "◐"
    catalogue: str = "○"
    down: str = "↓"
    failed: str = "✗"
    busy: str = "…"
    closed: str = "▸"
    opened: str = "▾"


PLAIN = Glyphs("*", "+", ".", "v", "!", "~", ">", "-")
"""For terminals that know ASCII only."""


@dataclass(frozen=True, slots=True)
class Group:
    """The models of one alias on one host, in the order of the list."""

    alias: str
    cards: tuple[ModelCard, ...]

    @property
    def key(self) -> str:
        """What names its row; no model's key begins like this."""
        return f"\n{self.cards[0].host}\n{self.alias}"


def grouped(cards: Sequence[ModelCard]) -> tuple[Group, ...]:
    """The cards by host and alias, each group where its first card stands."""
    groups: dict[tuple[str, str], list[ModelCard]] = {}
    for card in cards:
        groups.setdefault((card.host, card.alias), []).append(card)
    return tuple(Group(alias, tuple(members)) for (_, alias), members in groups.items())


def lead(group: Group, app_state: AppState) -> ModelCard:
    """The model that a closed group stands for: one that is chosen, or busy, or the nearest to answering."""
    nearness = {ModelState.LOADED: 0, ModelState.CACHED: 1}

    def rank(card: ModelCard) -> tuple[bool, bool, int]:
        busy = card.key in app_state.working or card.key in app_state.downloads
        return card.key not in app_state.chosen, not busy, nearness.get(card.state, 2)

    return min(group.cards, key=rank)


def model_rows(
    cards: Sequence[ModelCard], app_state: AppState, opened: Collection[str], glyphs: Glyphs
) -> list[TableRow]:
    """One row a model, or one a group of several, with its models below it where it is in `opened`."""
    rows: list[TableRow] = []
    for group in grouped(cards):
        if len(group.cards) == 1:
            rows.append(_row(group.cards[0], app_state, glyphs, group.cards[0].id))
            continue
        is_open = group.key in opened
        rows.append(_group_row(group, app_state, glyphs, is_open=is_open))
        if is_open:
            names = variant_names(group.cards)
            rows += [_row(card, app_state, glyphs, f"  {names[card.key]}") for card in group.cards]
    return rows


def variant_names(cards: Sequence[ModelCard]) -> dict[str, str]:
    """What distinguishes the models of a group, by key: the variant, else the end of the id, where they differ."""
    names = {card.key: card.variant or "" for card in cards}
    if all(names.values()) and len(set(names.values())) == len(names):
        return names
    # What the first and the last one have in common by the alphabet, all between them have too.
    first, last = min(card.id for card in cards), max(card.id for card in cards)
    differ = next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))
    common = first[:differ].rpartition("-")[0]
    return {card.key: f"…{card.id[len(common) :]}" if common else card.id for card in cards}


def state_text(card: ModelCard, app_state: AppState, glyphs: Glyphs) -> tuple[str, str]:
    """The state in words with its sign, and its tone."""
    action = app_state.working.get(card.key)
    if action is not None:
        return f"{glyphs.busy} {MODEL_ACTIONS[action].doing}", "busy"
    download = app_state.downloads.get(card.key)
    if download is not None:
        match download.stage:
            case Stage.FAILED:
                return f"{glyphs.failed} failed", "failed"
            case Stage.RUNNING:
                return f"{glyphs.down} {speed_text(app_state.speeds.get(card.key, DownloadSpeed()))}", "busy"
            case Stage.PAUSED:
                return f"{glyphs.down} stalled, try {download.attempt + 1}", "busy"
            case Stage.QUEUED | Stage.STOPPING:
                return f"{glyphs.down} {download.stage}", "busy"
    match card.state:
        case ModelState.LOADED:
            return f"{glyphs.loaded} loaded", "loaded"
        case ModelState.CACHED:
            return f"{glyphs.cached} cached", "cached"
        case ModelState.CATALOG:
            return f"{glyphs.catalogue} catalogue", "catalogue"
    return EMPTY, ""


def speed_text(speed: DownloadSpeed) -> str:
    """How far it is, how fast, how long still, always of one width: numbers that change must not move the columns."""
    percent = EMPTY if speed.percent is None else f"{int(speed.percent)}%"
    return f"{percent:>4} {formatting.data_rate(speed.bytes_per_s):>8} {formatting.left(speed.seconds_left):>5}"


def _group_row(group: Group, app_state: AppState, glyphs: Glyphs, *, is_open: bool) -> TableRow:
    card = lead(group, app_state)
    name = f"{glyphs.opened if is_open else glyphs.closed} {group.alias} ({len(group.cards)})"
    row = _row(card, app_state, glyphs, name)
    chosen = [one for one in group.cards if one.key in app_state.chosen]
    mark = "[+]" if len(chosen) > 1 else row.cells[0]
    others = tuple(one.key for one in group.cards if one is not card)
    return TableRow(group.key, (mark, *row.cells[1:]), row.tone, (card.key, *others))


def _row(card: ModelCard, app_state: AppState, glyphs: Glyphs, name: str) -> TableRow:
    chosen = str(app_state.chosen.index(card.key) + 1) if card.key in app_state.chosen else " "
    state, tone = state_text(card, app_state, glyphs)
    cells = (
        f"[{chosen}]",
        state,
        name,
        card.host,
        card.device,
        (card.ep or "").removesuffix("ExecutionProvider"),
        formatting.data_size(card.size_bytes),
        formatting.tokens(card.context),
        card.licence,
        short_task(card.task),
        None if card.tools is None else "yes" if card.tools else "no",
        card.alias if card.alias != card.id else None,
        card.variant,
    )
    return TableRow(card.key, tuple(clean_line(cell or EMPTY, _LONGEST) for cell in cells), tone, (card.key,))
