"""The files beside the weights that ONNX Runtime GenAI reads: configuration, tokenizer, chat template."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tui.hosts.embedded.gguf import GgufError, GgufFile
from tui.hosts.embedded.model_files import CONFIG
from tui.hosts.embedded.smollm2.layout import GRAPH, LlamaShape

TEMPERATURE, TOP_P = 0.2, 0.9
"""What the model is sampled with when a request does not say. At 1.0 a model of this size wanders off."""
_CONTROL = 3
"""GGUF's type of a token that is a sign to the model and no text."""


def write_text_files(gguf: GgufFile, shape: LlamaShape, folder: Path) -> None:
    """Write them into the folder. Raises GgufError when the file does not have what they are made of, or OSError."""
    tokens, kinds = _list(gguf, "tokens", str), _list(gguf, "token_type", int)
    merges = [_pair(merge) for merge in _list(gguf, "merges", str)]
    if len(kinds) != len(tokens) or len(set(tokens)) != len(tokens):
        raise GgufError("Its vocabulary does not fit together")
    template = gguf.metadata.get("tokenizer.chat_template")
    if not isinstance(template, str) or not template:
        raise GgufError("It has no chat template")
    special = [index for index, kind in enumerate(kinds) if kind == _CONTROL]
    begin, end = _token(gguf, "bos", tokens), _token(gguf, "eos", tokens)
    pad, unknown = _token(gguf, "padding", tokens), _token(gguf, "unknown", tokens)
    _write(folder / "tokenizer.json", _tokenizer(tokens, merges, special))
    _write(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "GPT2Tokenizer",
            "bos_token": tokens[begin],
            "eos_token": tokens[end],
            "pad_token": tokens[pad],
            "unk_token": tokens[unknown],
            "model_max_length": shape.context,
            "add_prefix_space": False,
            "clean_up_tokenization_spaces": False,
        },
    )
    (folder / "chat_template.jinja").write_text(template, "utf-8", newline="")
    _write(folder / CONFIG, _config(shape, begin, end, pad))


def _tokenizer(tokens: list[str], merges: list[list[str]], special: list[int]) -> dict[str, Any]:
    """Byte-level BPE in which each digit is a token of its own, as `tokenizer.ggml.pre` "smollm" means."""
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": index, "content": tokens[index], **flags} for index in special],
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [{"type": "Digits", "individual_digits": True}, byte_level],
        },
        "post_processor": None,
        "decoder": byte_level | {"add_prefix_space": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": "",
            "end_of_word_suffix": "",
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": {token: index for index, token in enumerate(tokens)},
            "merges": merges,
        },
    }


def _config(shape: LlamaShape, begin: int, end: int, pad: int) -> dict[str, Any]:
    decoder = {
        "session_options": {"log_id": "onnxruntime-genai", "provider_options": []},
        "filename": GRAPH,
        "head_size": shape.head,
        "hidden_size": shape.hidden,
        "inputs": {
            "input_ids": "input_ids",
            "attention_mask": "attention_mask",
            "past_key_names": "past_key_values.%d.key",
            "past_value_names": "past_key_values.%d.value",
        },
        "outputs": {
            "logits": "logits",
            "present_key_names": "present.%d.key",
            "present_value_names": "present.%d.value",
        },
        "num_attention_heads": shape.heads,
        "num_hidden_layers": shape.layers,
        "num_key_value_heads": shape.kv_heads,
    }
    return {
        "model": {
            "type": "llama",
            "bos_token_id": begin,
            "eos_token_id": end,
            "pad_token_id": pad,
            "context_length": shape.context,
            "vocab_size": shape.vocabulary,
            "decoder": decoder,
        },
        "search": {
            "do_sample": True,
            "temperature": TEMPERATURE,
            "top_p": TOP_P,
            "top_k": 50,
            "max_length": shape.context,
            "min_length": 0,
            "num_beams": 1,
            "num_return_sequences": 1,
            "past_present_share_buffer": True,
            "repetition_penalty": 1.0,
        },
    }


def _list(gguf: GgufFile, name: str, kind: type) -> list[Any]:
    found = gguf.metadata.get(f"tokenizer.ggml.{name}")
    if not isinstance(found, list) or not all(isinstance(item, kind) for item in found):
        raise GgufError(f"It has no list of {name}")
    return found


def _pair(merge: str) -> list[str]:
    pair = merge.split(" ")
    if len(pair) != 2:
        raise GgufError("Its vocabulary does not fit together")
    return pair


def _token(gguf: GgufFile, name: str, tokens: list[str]) -> int:
    found = gguf.metadata.get(f"tokenizer.ggml.{name}_token_id")
    if not isinstance(found, int) or not 0 <= found < len(tokens):
        raise GgufError(f"It does not say its {name} token")
    return found


def _write(path: Path, data: dict[str, Any]) -> None:
    path.write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")), "utf-8")
