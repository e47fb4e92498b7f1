"""A language model of some 200 kB that always says one sentence, written as a file that real servers load.

Its one layer adds nothing, and its output looks up which token follows the last one: whatever the prompt is, the answer
is the sentence. So a test knows what a server that nobody here wrote has to say.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tests.support import gguf_writer

WIDTH = 64
CONTEXT = 512
TEMPLATE = "{% for message in messages %}{{ message['content'] }}{% endfor %}<answer>"
_SPECIAL = ("<unk>", "<s>", "</s>", "<answer>")
_BYTES = tuple(f"<0x{byte:02X}>" for byte in range(256))
_FLOATS = np.dtype("<f4")

Array = np.ndarray[Any, Any]


def _vocabulary(sentence: str) -> list[str]:
    words = [f"\u2581{word}" for word in sentence.split()]
    assert len(set(words)) == len(words), "a word that comes twice would have two successors"
    return [*_SPECIAL, *_BYTES, *words]


def _weights(size: int) -> tuple[Array, Array]:
    """The embedding, and the output, in which each token's successor looks like the token itself."""
    embedding = np.random.default_rng(7).choice([-1.0, 1.0], (size, WIDTH)).astype(_FLOATS)
    output = np.zeros_like(embedding)
    first, end = len(_SPECIAL) + len(_BYTES), _SPECIAL.index("</s>")
    chain = [_SPECIAL.index("<answer>"), *range(first, size), end]
    output[chain[1:]] = embedding[chain[:-1]]
    return embedding, output


def write_gguf(path: Path, sentence: str) -> None:
    """The model as llama.cpp loads it."""
    tokens = _vocabulary(sentence)
    embedding, output = _weights(len(tokens))
    square = np.zeros((WIDTH, WIDTH), _FLOATS)
    layer = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")
    tensors = {
        "token_embd.weight": embedding,
        "output.weight": output,
        **{f"{name}.weight": np.ones(WIDTH, _FLOATS) for name in ("output_norm", "blk.0.attn_norm", "blk.0.ffn_norm")},
        **{f"blk.0.{name}.weight": square for name in layer},
    }
    kinds = [2, 3, 3, 3] + [6] * len(_BYTES) + [1] * (len(tokens) - len(_SPECIAL) - len(_BYTES))
    facts = {
        "general.architecture": "llama",
        "general.name": "tiny",
        "llama.context_length": CONTEXT,
        "llama.embedding_length": WIDTH,
        "llama.block_count": 1,
        "llama.feed_forward_length": WIDTH,
        "llama.attention.head_count": 4,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.scores": [0.0] * len(tokens),
        "tokenizer.ggml.token_type": kinds,
        "tokenizer.ggml.unknown_token_id": 0,
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
        "tokenizer.chat_template": TEMPLATE,
    }
    gguf_writer.write(path, facts, {name: gguf_writer.Stored(array) for name, array in tensors.items()})


def write_hugging_face(folder: Path, sentence: str) -> None:
    """The model as Hugging Face's transformers load it."""
    tokens = _vocabulary(sentence)
    embedding, output = _weights(len(tokens))
    square, ones = np.zeros((WIDTH, WIDTH), _FLOATS), np.ones(WIDTH, _FLOATS)
    layer = "model.layers.0."
    projections = ("self_attn.q", "self_attn.k", "self_attn.v", "self_attn.o", "mlp.gate", "mlp.up", "mlp.down")
    tensors = {
        "model.embed_tokens.weight": embedding,
        "lm_head.weight": output,
        "model.norm.weight": ones,
        f"{layer}input_layernorm.weight": ones,
        f"{layer}post_attention_layernorm.weight": ones,
        **{f"{layer}{name}_proj.weight": square for name in projections},
    }
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"".join(_safetensors(tensors)))
    specials = [
        {"id": number, "content": word, "special": True, "normalized": False, "single_word": False, "lstrip": False,
         "rstrip": False}
        for number, word in enumerate(_SPECIAL)
    ]  # fmt: skip
    vocabulary = {token: number for number, token in enumerate(tokens)}
    files: dict[str, Any] = {
        "config.json": {
            "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": len(tokens),
            "hidden_size": WIDTH, "intermediate_size": WIDTH, "num_hidden_layers": 1, "num_attention_heads": 4,
            "num_key_value_heads": 4, "max_position_embeddings": CONTEXT, "rms_norm_eps": 1e-5,
            "bos_token_id": 1, "eos_token_id": 2, "tie_word_embeddings": False, "torch_dtype": "float32",
        },
        "generation_config.json": {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 2, "do_sample": False},
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast", "chat_template": TEMPLATE, "unk_token": "<unk>",
            "bos_token": "<s>", "eos_token": "</s>", "pad_token": "</s>",
        },
        "tokenizer.json": {
            "version": "1.0", "truncation": None, "padding": None, "added_tokens": specials, "normalizer": None,
            "pre_tokenizer": {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True},
            "post_processor": None,
            "decoder": {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True},
            "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": "<unk>"},
        },
    }  # fmt: skip
    for name, data in files.items():
        (folder / name).write_text(json.dumps(data), "utf-8")


def _safetensors(tensors: dict[str, Array]) -> Iterator[bytes]:
    at, rows = 0, {}
    for name, array in tensors.items():
        rows[name] = {"dtype": "F32", "shape": array.shape, "data_offsets": [at, at + array.nbytes]}
        at += array.nbytes
    head = json.dumps({"__metadata__": {"format": "pt"}, **rows}).encode()
    yield struct.pack("<Q", len(head)) + head
    yield from (array.tobytes() for array in tensors.values())
