"""Turn one row of catalogue facts into questions and answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# The last two patterns of each topic are never taught: one to tune with, one to evaluate with.
SIZE = (
    "How big is {a}?",
    "How large is {a}?",
    "What is the size of {a}?",
    "How much disk space does {a} need?",
    "{a} size",
    "How many megabytes is {a}?",
    "How many MB does {a} have?",
    "Size of {a} on disk?",
    "disk space for {a}",
    "How much storage does {a} use?",
    "How heavy is {a}?",
    "{a} file size",
    "{a} MB",
    "Tell me the size of {a}.",
    "What does {a} take on the disk?",
    "Does {a} need a lot of space?",
    "How many gigabytes does {a} need?",
    "How long is the download of {a}?",
    "How much must I download for {a}?",
    "download size of {a}",
    "Is {a} small or big?",
    "I have little disk space. How big is {a}?",
    "Show the size of every variant of {a}.",
    "How much space does {a} take?",
    "How much room on the disk does {a} take up?",
)
LICENCE = (
    "What licence does {a} have?",
    "Which licence does {a} use?",
    "Under which licence is {a} published?",
    "What is the license of {a}?",
    "{a} licence",
    "Is {a} free to use, and under which licence?",
    "License of {a}?",
    "Tell me the licence of {a}.",
    "{a} license",
    "Can I use {a} commercially? Which licence?",
    "Which terms apply to {a}?",
    "Is {a} open source?",
    "licence terms for {a}",
    "How is {a} licensed?",
    "Am I allowed to use {a} at work?",
    "What may I do with {a} under its licence?",
    "May I use {a} in a product?",
    "Is {a} MIT licensed?",
    "Is {a} under Apache 2.0?",
    "Which license has {a}?",
    "Show me the licence for {a}.",
    "legal terms {a}",
    "What is the licence of {a}?",
    "What are the licence terms of {a}?",
)
DEVICE = (
    "Which devices can run {a}?",
    "What does {a} run on?",
    "Does {a} run on a CPU, a GPU or an NPU?",
    "On which hardware can I run {a}?",
    "{a} devices",
    "Is there a GPU variant of {a}?",
    "For which devices is {a} made?",
    "Hardware for {a}?",
    "{a} hardware",
    "Can {a} run on a CPU?",
    "Can {a} run on an NPU?",
    "Can my GPU run {a}?",
    "Which variants does {a} have?",
    "{a} variants",
    "Does {a} need a graphics card?",
    "Is {a} available for NPU?",
    "Supported devices of {a}?",
    "On what does {a} run?",
    "Which processors does {a} support?",
    "Where can {a} run: CPU, GPU, NPU?",
    "{a} on CPU or GPU?",
    "What kind of hardware is {a} built for?",
    "Tell me which devices {a} has variants for.",
    "Which hardware runs {a}?",
    "What hardware does {a} support?",
)
ABOUT = (
    "What is {a}?",
    "Tell me about {a}.",
    "What can {a} do?",
    "What do you know about {a}?",
    "{a}",
    "Describe {a}.",
    "Give me an overview of {a}.",
    "Introduce {a}.",
    "Facts about {a}.",
    "{a} overview",
    "{a} info",
    "Explain what {a} is.",
    "Who or what is {a}?",
    "Which kind of model is {a}?",
    "What is {a} for?",
    "What is {a} good for?",
    "{a} details",
    "Summarise {a}.",
    "Give me the facts on {a}.",
    "What is the task of {a}?",
    "What is the context length of {a}?",
    "I keep reading about {a}. What is it?",
    "Tell me something about {a}.",
    "What should I know about {a}?",
)


@dataclass(frozen=True)
class Made:
    """A generated question with its answer, before it becomes an entry."""

    id: str
    asks: tuple[str, ...]
    tuning: tuple[str, ...]
    held_out: tuple[str, ...]
    keywords: tuple[str, ...]
    answer: str


def catalogue_questions(row: dict[str, Any]) -> Iterator[Made]:
    """Yield what can be asked about one model of the catalogue."""
    alias: str = row["alias"]

    def made(topic: str, patterns: tuple[str, ...], keywords: list[str], answer: str) -> Made:
        filled = tuple(text.format(a=alias) for text in patterns)
        return Made(f"{alias}/{topic}", filled[:-2], filled[-2:-1], filled[-1:], tuple(keywords), answer)

    sizes = {device: row[f"{device.lower()}_mb"] for device in ("CPU", "GPU", "NPU") if f"{device.lower()}_mb" in row}
    listed = " and ".join(f"{size:,} MB for {device}" for device, size in sizes.items())
    if len(sizes) == 3:
        listed = listed.replace(" and ", ", ", 1)
    yield made("size", SIZE, [f"{size:,}" for size in sizes.values()], f"`{alias}` takes {listed}.")

    licences: list[str] = row["licences"]
    text = licences[0] if len(licences) == 1 else f"{' or '.join(licences)}, depending on the variant"
    yield made("licence", LICENCE, licences, f"The licence of `{alias}` is {text}.")

    devices: list[str] = row["devices"]
    where = ", ".join(devices[:-1]) + f" and {devices[-1]}" if len(devices) > 1 else devices[0]
    yield made("device", DEVICE, devices, f"`{alias}` has variants for {where}.")

    smallest = min(sizes.values())
    facts = [f"- **Task**: {row['task']}", f"- **Licence**: {text}", f"- **Devices**: {where}"]
    if "context" in row:
        facts.append(f"- **Context**: {row['context']:,} tokens")
    facts.append(f"- **Smallest variant**: {smallest:,} MB")
    answer = f"`{alias}` is a model in the Foundry Local catalogue.\n\n" + "\n".join(facts)
    yield made("about", ABOUT, [row["task"], f"{smallest:,}", *licences], answer)
