"""Train one demo model (or all): ``python -m tools.demo_models.train [NAME ...]``. Stops and resumes at checkpoints."""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor
from transformers import Qwen2Config, Qwen2ForCausalLM

from .corpus.dialogues import epoch
from .corpus.load import Entry, corpus
from .grow import hand_over
from .sizes import SIZES, VOCABULARY, WINDOW, Size
from .tokenizer import END, END_OF_TEXT, build, encode, save

WORK = Path(__file__).parent / "work"
SEED = 20261122
WARM_UP = 50
CHECKPOINT_EVERY = 100
# From this share of the steps on, a model that is stored in 4 bits is trained in 4 bits.
SQUEEZE_FROM = 0.5
# From this share of the steps on, a model that began with fewer layers has all of them.
GROW_FROM = 0.97

Batch = tuple[Tensor, Tensor]


def shared_tokenizer(work: Path, entries: list[Entry]) -> Tokenizer:
    """Return the one tokenizer of all models, trained on the taught half of the corpus on first use."""
    path = work / "tokenizer" / "tokenizer.json"
    if not path.exists():
        texts = [text for entry in entries for text in (*entry.asks, entry.answer) if entry.asks]
        save(build(texts), path.parent)
    return Tokenizer.from_file(str(path))


def new_model(size: Size, tokenizer: Tokenizer, layers: int) -> Qwen2ForCausalLM:
    """Return an untrained model of this size, with this many layers."""
    config = Qwen2Config(
        vocab_size=VOCABULARY,
        hidden_size=size.hidden,
        intermediate_size=size.intermediate,
        num_hidden_layers=layers,
        num_attention_heads=size.heads,
        num_key_value_heads=size.heads,
        max_position_embeddings=WINDOW,
        tie_word_embeddings=True,
        initializer_range=0.4 / math.sqrt(size.hidden),
        use_cache=False,
        attention_dropout=0.0,
        bos_token_id=None,
        eos_token_id=tokenizer.token_to_id(END),
        pad_token_id=tokenizer.token_to_id(END_OF_TEXT),
    )
    model = Qwen2ForCausalLM(config)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            # What is added to the residual stream starts small, or a deep model does not begin to learn.
            if name.endswith(("o_proj.weight", "down_proj.weight")):
                weight.mul_(1 / math.sqrt(2 * layers))
    return model


def batches(entries: list[Entry], tokenizer: Tokenizer, size: Size, seed: int) -> Iterator[Batch]:
    """Yield padded batches for ever, reproducible from the seed: dialogues of similar length share a batch."""
    chance = random.Random(seed)
    while True:
        made = [encode(tokenizer, sample) for sample in epoch(entries, chance)]
        made.sort(key=lambda pair: len(pair[0]) + chance.random() * 16)
        rows: list[list[tuple[list[int], list[int]]]] = [[]]
        for pair in made:
            if rows[-1] and len(pair[0]) * (len(rows[-1]) + 1) > size.batch_tokens:
                rows.append([])
            rows[-1].append(pair)
        chance.shuffle(rows)
        for row in rows:
            width = max(len(ids) for ids, _ in row)
            ids = torch.tensor([ids + [0] * (width - len(ids)) for ids, _ in row])
            labels = torch.tensor([marks + [-100] * (width - len(marks)) for _, marks in row])
            yield ids, labels


def rate(step: int, steps: int) -> float:
    """Return the share of the full learning rate at a step: a short rise, then half a cosine."""
    if step < WARM_UP:
        return (step + 1) / WARM_UP
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (step - WARM_UP) / max(1, steps - WARM_UP)))


def squeeze(model: Qwen2ForCausalLM, size: Size) -> list[tuple[Tensor, Tensor]]:
    """Round the matrices to 4 bits as the exporter will; return them with their exact values, to be put back.

    Loss and gradients then see the model that is shipped, so it learns to live with the rounding.
    """
    exact: list[tuple[Tensor, Tensor]] = []
    with torch.no_grad():
        for weight in model.parameters():
            if weight.ndim < 2:
                continue
            exact.append((weight, weight.detach().clone()))
            blocks = weight.view(weight.shape[0], -1, size.block)
            peak = blocks.gather(2, blocks.abs().argmax(2, keepdim=True))
            scale = torch.where(peak == 0, torch.ones_like(peak), peak / -8)
            weight.copy_(((blocks / scale).round().clamp(-8, 7) * scale).view_as(weight))
    return exact


def layers_at(size: Size, step: int, steps: int) -> int:
    """Return how many layers the model has at a step."""
    return size.layers if size.seedling is None or step >= GROW_FROM * steps else size.seedling


def new_optimizer(model: Qwen2ForCausalLM, size: Size) -> torch.optim.AdamW:
    """Return the optimizer of a model; matrices decay, scales and biases do not."""
    decayed = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    return torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}],
        lr=size.learning_rate,
        betas=(0.9, 0.98),
    )


def train(size: Size, work: Path, steps: int) -> None:
    """Train one model, from its last checkpoint if there is one, and save it for the exporter."""
    torch.manual_seed(SEED)
    entries = corpus()
    tokenizer = shared_tokenizer(work, entries)
    folder = work / size.name
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = folder / "checkpoint.pt"
    state = torch.load(checkpoint, weights_only=True) if checkpoint.exists() else None
    first, spent_before = (state["step"], state["cpu_seconds"]) if state else (0, 0.0)
    model = new_model(size, tokenizer, layers_at(size, first - 1, steps))
    optimizer = new_optimizer(model, size)
    if state:
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
    print(f"{size.name}: {len(entries)} entries, from step {first} to {steps}", flush=True)

    source = batches(entries, tokenizer, size, SEED)
    for _ in range(first):
        next(source)
    model.train()
    begun, seen, kept = time.process_time(), 0, 0.0
    for step in range(first, steps):
        if layers_at(size, step, steps) != len(model.model.layers):
            deeper = new_model(size, tokenizer, layers_at(size, step, steps))
            fresh = new_optimizer(deeper, size)
            hand_over(model, optimizer, deeper, fresh)
            model, optimizer = deeper.train(), fresh
        ids, labels = next(source)
        for group in optimizer.param_groups:
            group["lr"] = size.learning_rate * rate(step, steps)
        exact = squeeze(model, size) if size.precision == "int4" and step >= SQUEEZE_FROM * steps else []
        # Padding stands on the right and the attention is causal, so no mask is needed.
        states = model.model(input_ids=ids).last_hidden_state[:, :-1]
        # Only what is taught goes through the vocabulary, which is a good part of the work of a small model.
        taught = labels[:, 1:] != -100
        loss = torch.nn.functional.cross_entropy(model.lm_head(states[taught]), labels[:, 1:][taught])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        for weight, values in exact:
            weight.data.copy_(values)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        seen += ids.numel()
        kept = loss.item() if step == first else 0.95 * kept + 0.05 * loss.item()
        if (step + 1) % CHECKPOINT_EVERY == 0 or step + 1 == steps:
            spent = time.process_time() - begun
            speed = f"{seen / spent:,.0f} tokens/s {spent_before + spent:.0f} s of CPU"
            print(f"{size.name} {step + 1}/{steps} loss {kept:.3f} {speed}", flush=True)
            state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step + 1}
            state["cpu_seconds"] = spent_before + spent
            torch.save(state, checkpoint.with_suffix(".new"))
            checkpoint.with_suffix(".new").replace(checkpoint)
    finished = folder / "hf"
    model.save_pretrained(finished)
    save(tokenizer, finished)
    record = {
        "parameters": sum(p.numel() for p in model.parameters()),
        "steps": steps,
        "loss": round(kept, 4),
        "cpu_minutes": round((spent_before + time.process_time() - begun) / 60, 1),
    }
    (folder / "trained.json").write_text(json.dumps(record) + "\n", encoding="utf-8")


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(SIZES), help="which sizes; all when left out")
    parser.add_argument("--work", type=Path, default=WORK, help="folder for checkpoints")
    parser.add_argument("--steps", type=int, help="train for fewer or more steps than the size asks for")
    args = parser.parse_args()
    torch.set_num_threads(1)
    for name in args.names:
        size = SIZES[name]
        train(size, args.work, args.steps or size.steps)


if __name__ == "__main__":
    main()
