"""The sentences of the Models screen: about one model, the choice, the list."""

from __future__ import annotations

from textual.content import Content

from tui.core.catalog.download import Stage
from tui.core.catalog.machine import disk_in_words, gpus_in_words
from tui.core.catalog.memory_fit import MemoryFit, MemoryVerdict, need_of, on_disk
from tui.core.catalog.model_card import ModelCard, ModelState
from tui.core.text import formatting
from tui.core.text.clean import clean, clean_line
from tui.ui.models.model_actions import MODEL_ACTIONS
from tui.ui.state import AppState


def about(card: ModelCard, app_state: AppState, siblings: tuple[ModelCard, ...] = ()) -> Content:
    """All that is known of a model but for longer texts. `siblings` are the models of the group that it stands for."""
    parameters = f"{card.parameters:,} parameters" if card.parameters else None
    tools = "tools" if card.tools else None
    facts = [card.publisher, card.licence, card.task, tools, card.device, card.variant, parameters]
    lines = [Content.styled(clean_line(card.alias, 60), "bold")]
    if card.key != card.alias:
        lines.append(Content(clean_line(card.key, 200)))
    lines.append(Content(clean_line(" · ".join(fact for fact in facts if fact), 300)))
    found = (
        _space(card, app_state),
        _download(card, app_state),
        _last_action(card, app_state),
        *_gpus(card, app_state),
    )
    lines += [Content(line) for line in found if line]
    if len(siblings) > 1:
        devices = ", ".join(dict.fromkeys(one.device or formatting.UNKNOWN for one in siblings))
        lines.append(Content(clean_line(f"{len(siblings)} variants ({devices}); → shows them", 200)))
    if card.tags:
        lines.append(Content(clean_line(f"tags: {', '.join(card.tags)}", 300)))
    if card.toy:
        lines.append(Content("A toy, for trying this program out. Do not judge real models by it."))
    if card.summary:
        lines.append(Content(clean(card.summary)))
    return Content("\n").join(lines)


_SIZE_OF = {
    ModelState.CATALOG: "to download",
    ModelState.CACHED: "on disk",
    ModelState.LOADED: "on disk",
    ModelState.UNKNOWN: "size",
}


def _space(card: ModelCard, app_state: AppState) -> str:
    """What it takes on disk and in memory, and whether it fits."""
    if card.size_bytes is None:
        return ""
    parts = [f"{_SIZE_OF[card.state]} {formatting.data_size(card.size_bytes)}"]
    if card.state is not ModelState.LOADED:
        parts.append(f"needs ~{formatting.data_size(need_of(card))} of memory")
        parts.append(_fits(app_state.fit([card]), seen=app_state.sees_memory_of([card])))
    machine = app_state.machines.get(card.host)
    if card.state is ModelState.CATALOG and machine is not None and machine.disk_free is not None:
        parts.insert(1, disk_in_words(machine))
    return " · ".join(parts)


def _gpus(card: ModelCard, app_state: AppState) -> list[str]:
    """The GPUs of the model's machine, for what runs on one. Nothing where nobody has asked yet."""
    machine = app_state.machines.get(card.host)
    if machine is None or card.device != "GPU":
        return []
    return [f"GPU {line}" for line in gpus_in_words(machine)]


def _fits(found: MemoryFit, *, seen: bool) -> str:
    if found.free is None:
        return "free memory not known" if seen else "free memory not visible from here"
    free = f"{formatting.data_size(found.free)} free"
    return f"fits: {'yes' if found.verdict is MemoryVerdict.TOGETHER else 'no'} ({free})"


def _download(card: ModelCard, app_state: AppState) -> str:
    download = app_state.downloads.get(card.key)
    if download is None:
        return ""
    match download.stage:
        case Stage.FAILED if download.error is not None:
            return clean(f"✗ {download.error.sentence()}")
        case Stage.QUEUED:
            return "Waits for the download before it; x takes it out."
        case Stage.PAUSED:
            return f"Nothing came for a while; try {download.attempt + 1} begins soon. x stops it."
        case Stage.RUNNING:
            return f"Downloading, try {download.attempt}; x stops it." if download.attempt > 1 else "x stops it."
    return ""


def _last_action(card: ModelCard, app_state: AppState) -> str:
    last = app_state.last_actions.get(card.key)
    if last is None:
        return ""
    return f"{MODEL_ACTIONS[last.name].done} in {formatting.duration(last.seconds, digits=1)}"


def choice_line(app_state: AppState) -> str:
    """The chosen models and memory; empty when none is chosen."""
    cards = app_state.chosen_cards()
    if not cards:
        return ""
    absent = sum(card.state is ModelState.CATALOG for card in cards)
    parts = [f"{len(cards)} chosen: {_memory(cards, app_state)}"]
    if absent:
        parts.append(f"{absent} not here yet (d downloads)")
    return " · ".join(parts)


def _memory(cards: list[ModelCard], app_state: AppState) -> str:
    found = app_state.fit(cards)
    if found.need == 0:
        return "loaded"
    if found.need is None:
        return "memory needs unknown"
    need = f"~{formatting.data_size(found.need)} of memory"
    if found.free is None:
        return f"{need}; {_fits(found, seen=app_state.sees_memory_of(cards))}"
    free = f"{formatting.data_size(found.free)} free"
    match found.verdict:
        case MemoryVerdict.TOGETHER:
            return f"{need}, fits ({free})"
        case MemoryVerdict.ONE_BY_ONE:
            return f"{need}, too much together ({free})"
    return f"{need}, too much ({free})"


def list_line(app_state: AppState, shown: int) -> str:
    """How many models there are, how many of them are shown, and what they take on disk."""
    count = len(app_state.cards)
    parts = [f"{shown} of {count} models" if shown != count else "1 model" if count == 1 else f"{count} models"]
    disk = on_disk(app_state.cards)
    if disk.count:
        more = f" and {disk.unknown} of unknown size" if disk.unknown and disk.size is not None else ""
        parts.append(f"{disk.count} cached, {formatting.data_size(disk.size)}{more} on disk")
    return " · ".join(parts)


def incomplete_line(app_state: AppState) -> str:
    """Why models may be missing from the list; empty when none are."""
    if app_state.asking:
        return "The public catalogue is being asked; what is here is shown meanwhile."
    if app_state.info is not None and app_state.info.unlisted == app_state.stale:
        return app_state.stale if app_state.cards else ""  # Where there is no row, `why_empty` says it.
    return f"The catalogue may be out of date. {app_state.stale}" if app_state.stale else ""


def why_empty(app_state: AppState) -> str:
    """Why there is no model; empty where there is one."""
    if app_state.trouble is not None:
        return clean(f"{app_state.trouble.sentence()}\n\nF5 asks the host again.")
    if app_state.info is None:
        return "Waiting for the host …"
    if not app_state.cards:
        return clean(app_state.info.unlisted) or "This host lists no models."
    return ""
