"""Write what belongs beside the models: a model card each, and the catalogue of all of them."""

from __future__ import annotations

import json
from pathlib import Path

from .results import note
from .sizes import CONTEXT, SIZES, Size

CARD = """\
# {title}

`{name}:1` is **a toy**: a language model of {parameters:,} parameters, made to show how `foundry-compare` works without
any download. It is no measure of what real small models can do.

- **Licence**: MIT, like the project it belongs to.
- **Shape**: {layers} layers, {hidden} wide, attention heads: {heads}, a vocabulary of {vocabulary:,},
  stored as {precision}.
- **Data**: some two hundred answers written for this project about local models, in a dozen phrasings each, and
  questions generated from public facts of the Foundry Local catalogue. Nothing else; see `tools/demo_models/corpus/`.
- **Limits**: it knows those answers and little more. Other questions should be answered with "I am a toy model and
  don't know that.", but often get something that sounds right and is not. English only. Facts are as of July 2026.
- **Made by**: `tools/demo_models/` (training, export, evaluation).
"""


def parameters(size: Size, work: Path) -> int:
    """Return the number of trained parameters; the shared embedding counts once."""
    record = json.loads((work / size.name / "trained.json").read_text(encoding="utf-8"))
    return int(record["parameters"])


def write_card(size: Size, work: Path, target: Path) -> None:
    """Write ``model_card.md`` of one model."""
    text = CARD.format(
        title=size.title,
        name=size.name,
        parameters=parameters(size, work),
        layers=size.layers,
        hidden=size.hidden,
        heads=size.heads,
        vocabulary=size.vocabulary,
        precision=size.precision,
    )
    note(size.name, {"parameters": parameters(size, work)})
    (target / "model_card.md").write_text(text, encoding="utf-8")


def write_catalogue(work: Path, out: Path) -> None:
    """Write ``catalog.toml``: one row for each model that is there."""
    lines = ["# The bundled demo models. Written by tools/demo_models/export.py.", ""]
    for size in SIZES.values():
        if not (out / size.name).is_dir():
            continue
        row: dict[str, str | int | bool] = {
            "id": f"{size.name}:1",
            "alias": size.name,
            "folder": size.name,
            "title": size.title,
            "licence": "MIT",
            "task": "chat-completion",
            "context": CONTEXT,
            "parameters": parameters(size, work),
            "publisher": "foundry-compare",
            "toy": True,
            "summary": size.summary,
        }
        lines.append("[[model]]")
        # JSON spells strings, numbers and truth as TOML does.
        lines += [f"{key} = {json.dumps(value)}" for key, value in row.items()]
        lines.append("")
    (out / "catalog.toml").write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")
