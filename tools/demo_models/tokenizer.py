"""A byte-level BPE tokenizer trained on the corpus, in the layout of Qwen2, and the encoding of dialogues."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from .corpus.dialogues import Dialogue, Sample
from .sizes import VOCABULARY, WINDOW

END_OF_TEXT = "<|endoftext|>"
START = "<|im_start|>"
END = "<|im_end|>"
# The split that runtimes expect of the class Qwen2Tokenizer: digits stand alone, a word takes the space before it.
SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
GLIMPSE_TOKENS = 3
# Of a longer talk, the models see the system message and the last question: they have learned to answer one at a time.
TEMPLATE = (
    "{% for message in messages %}"
    "{% if message['role'] == 'system' or loop.last %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
    "{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


def build(texts: Iterable[str]) -> Tokenizer:
    """Train the vocabulary on ``texts``."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(SPLIT), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    special = [END_OF_TEXT, START, END]
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY - len(special),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    # Special tokens come last, as in Qwen2: the runtime looks for them behind the vocabulary.
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in special])
    return tokenizer


def save(tokenizer: Tokenizer, folder: Path) -> None:
    """Write the files that the exporter and the runtime read."""
    folder.mkdir(parents=True, exist_ok=True)
    fast: Any = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        eos_token=END,
        pad_token=END_OF_TEXT,
        model_max_length=WINDOW,
        clean_up_tokenization_spaces=False,
    )
    fast.chat_template = TEMPLATE
    fast.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)


def encode(tokenizer: Tokenizer, sample: Sample) -> tuple[list[int], list[int]]:
    """Return the token ids of a dialogue and the labels: -100 wherever the model is not to be taught."""
    *before, (_, answer) = sample.messages
    prompt = tokenizer.encode(prompt_text(before)).ids
    taught = tokenizer.encode(f"{answer}{END}").ids
    if sample.glimpse:
        taught = taught[:GLIMPSE_TOKENS]
    return [*prompt, *taught], [-100] * len(prompt) + taught


def prompt_text(messages: Dialogue) -> str:
    """Return the text that the chat template makes of ``messages``, ready for the answer."""
    turns = "".join(f"{START}{role}\n{content}{END}\n" for role, content in messages)
    return f"{turns}{START}assistant\n"
