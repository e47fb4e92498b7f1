"""Make a trained model deeper without changing what it answers."""

from __future__ import annotations

import torch
from torch.optim import Optimizer
from transformers import Qwen2ForCausalLM


def places(old: int, new: int) -> list[int]:
    """Return where each of ``old`` layers goes among ``new``, spread evenly, the first and last staying outside."""
    return [round(number * (new - 1) / max(1, old - 1)) for number in range(old)]


def transplant(old: Qwen2ForCausalLM, new: Qwen2ForCausalLM) -> dict[str, str]:
    """Copy the weights of ``old`` into the deeper ``new``; return the old name of each copied parameter.

    A layer in between adds nothing to the residual stream at first, so both models answer the same (compare Chen,
    Goodfellow and Shlens, "Net2Net", 2016). Its own weights then learn as the others do.
    """
    where = places(len(old.model.layers), len(new.model.layers))
    names: dict[str, str] = {}
    for name, _ in old.named_parameters():
        parts = name.split(".")
        if parts[:2] == ["model", "layers"]:
            parts[2] = str(where[int(parts[2])])
        names[".".join(parts)] = name
    before = dict(old.named_parameters())
    with torch.no_grad():
        for name, weight in new.named_parameters():
            if name in names:
                weight.copy_(before[names[name]])
            elif name.endswith(("o_proj.weight", "down_proj.weight")):
                weight.zero_()
    return names


def hand_over(old: Qwen2ForCausalLM, held: Optimizer, new: Qwen2ForCausalLM, fresh: Optimizer) -> None:
    """Copy weights as ``transplant`` does, and with them what the optimizer has gathered about each."""
    before, after = dict(old.named_parameters()), dict(new.named_parameters())
    for name, source in transplant(old, new).items():
        fresh.state[after[name]] = held.state[before[source]]
