"""Turn one row of catalogue facts into questions and answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

SIZE = (
    "How big is {a}?",
    "How large is {a}?",
    "What is the size of {a}?",
    "How much disk space does {a} need?",
    "{a} size",
)
SIZE_KEPT = ("How much space does {a} take?",)
LICENCE = (
    "What licence does {a} have?",
    "Which licence does {a} use?",
    "Under which licence is {a} published?",
    "What is the license of {a}?",
    "{a} licence",
)
LICENCE_KEPT = ("What is the licence of {a}?",)
DEVICE = (
    "Which devices can run {a}?",
    "What does {a} run on?",
    "Does {a} run on a CPU, a GPU or an NPU?",
    "On which hardware can I run {a}?",
    "{a} devices",
)
DEVICE_KEPT = ("Which hardware runs {a}?",)
ABOUT = ("What is {a}?", "Tell me about {a}.", "What can {a} do?", "What do you know about {a}?", "{a}")
ABOUT_KEPT = ("Tell me something about {a}.",)


@dataclass(frozen=True)
class Made:
    """A generated question with its answer, before it becomes an entry."""

    id: str
    asks: tuple[str, ...]
    held_out: tuple[str, ...]
    keywords: tuple[str, ...]
    answer: str


def catalogue_questions(row: dict[str, Any]) -> Iterator[Made]:
    """Yield what can be asked about one model of the catalogue."""
    alias: str = row["alias"]

    def made(topic: str, asks: tuple[str, ...], kept: tuple[str, ...], keywords: list[str], answer: str) -> Made:
        fill = [tuple(text.format(a=alias) for text in texts) for texts in (asks, kept)]
        return Made(f"{alias}/{topic}", fill[0], fill[1], tuple(keywords), answer)

    sizes = {device: row[f"{device.lower()}_mb"] for device in ("CPU", "GPU", "NPU") if f"{device.lower()}_mb" in row}
    listed = " and ".join(f"{size:,} MB for {device}" for device, size in sizes.items())
    if len(sizes) == 3:
        listed = listed.replace(" and ", ", ", 1)
    yield made("size", SIZE, SIZE_KEPT, [f"{size:,}" for size in sizes.values()], f"`{alias}` takes {listed}.")

    licences: list[str] = row["licences"]
    text = licences[0] if len(licences) == 1 else f"{' or '.join(licences)}, depending on the variant"
    yield made("licence", LICENCE, LICENCE_KEPT, licences, f"The licence of `{alias}` is {text}.")

    devices: list[str] = row["devices"]
    where = ", ".join(devices[:-1]) + f" and {devices[-1]}" if len(devices) > 1 else devices[0]
    yield made("device", DEVICE, DEVICE_KEPT, devices, f"`{alias}` has variants for {where}.")

    smallest = min(sizes.values())
    facts = [f"- **Task**: {row['task']}", f"- **Licence**: {text}", f"- **Devices**: {where}"]
    if "context" in row:
        facts.append(f"- **Context**: {row['context']:,} tokens")
    facts.append(f"- **Smallest variant**: {smallest:,} MB")
    answer = f"`{alias}` is a model in the Foundry Local catalogue.\n\n" + "\n".join(facts)
    yield made("about", ABOUT, ABOUT_KEPT, [row["task"], f"{smallest:,}", *licences], answer)
