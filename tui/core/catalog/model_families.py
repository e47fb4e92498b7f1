"""Families of models and who makes them: what a model may call itself.

A family is recognised by its name among the letters of the model's own: `qwen2.5-0.5b-instruct` is of one, and
`deepseek-r1-distill-qwen-7b` of two.
"""

from __future__ import annotations

import re
from functools import cache

from tui.core.catalog.model_card import ModelCard

FAMILIES: dict[str, tuple[str, ...]] = {
    "phi": ("Phi", "Microsoft"),
    "qwen": (
        "Qwen",
        "Tongyi Qianwen",
        "Alibaba Cloud",
        "Alibaba Group",
        "Alibaba",
        "通义千问",
        "千问",
        "阿里云",
        "阿里巴巴",
    ),
    "qwq": ("QwQ", "Qwen", "Alibaba Cloud", "Alibaba"),
    "llama": ("Llama", "Meta AI", "Meta"),
    "mistral": ("Mistral", "Mistral AI"),
    "ministral": ("Ministral", "Mistral", "Mistral AI"),
    "mixtral": ("Mixtral", "Mistral", "Mistral AI"),
    "codestral": ("Codestral", "Mistral", "Mistral AI"),
    "magistral": ("Magistral", "Mistral", "Mistral AI"),
    "gemma": ("Gemma", "Google DeepMind", "Google", "DeepMind"),
    "gemini": ("Gemini", "Google DeepMind", "Google", "DeepMind"),
    "deepseek": ("DeepSeek", "深度求索"),
    "gpt": ("GPT", "ChatGPT", "OpenAI"),
    "claude": ("Claude", "Anthropic"),
    "grok": ("Grok", "xAI"),
    "granite": ("Granite", "IBM"),
    "smollm": ("SmolLM", "Hugging Face", "HuggingFace"),
    "olmo": ("OLMo", "Ai2", "AI2", "Allen Institute for AI"),
    "tulu": ("Tülu", "Tulu", "Ai2", "AI2", "Allen Institute for AI"),
    "falcon": ("Falcon", "Technology Innovation Institute", "TII"),
    "yi": ("Yi", "01.AI", "零一万物"),
    "command": ("Command", "Cohere"),
    "aya": ("Aya", "Cohere"),
    "nemotron": ("Nemotron", "NVIDIA"),
    "internlm": ("InternLM", "Shanghai AI Laboratory", "书生"),
    "glm": ("GLM", "ChatGLM", "Z.ai", "Zhipu AI", "Zhipu", "智谱"),
    "chatglm": ("ChatGLM", "GLM", "Zhipu AI", "Zhipu", "智谱"),
    "kimi": ("Kimi", "Moonshot AI", "月之暗面"),
    "minicpm": ("MiniCPM", "ModelBest", "OpenBMB", "面壁智能"),
    "exaone": ("EXAONE", "LG AI Research", "LG"),
    "stablelm": ("StableLM", "Stability AI"),
    "tinyllama": ("TinyLlama",),
    "zephyr": ("Zephyr", "Hugging Face", "HuggingFace"),
    "vicuna": ("Vicuna", "LMSYS"),
    "hermes": ("Hermes", "Nous Research"),
    "solar": ("Solar", "Upstage"),
    "ernie": ("ERNIE", "Baidu", "文心一言", "百度"),
    "hunyuan": ("Hunyuan", "Tencent", "混元", "腾讯"),
    "lfm": ("LFM", "Liquid AI"),
    "jamba": ("Jamba", "AI21 Labs", "AI21"),
    "apertus": ("Apertus", "Swiss AI"),
    "dolphin": ("Dolphin", "Cognitive Computations"),
    "orca": ("Orca", "Microsoft"),
    "bitnet": ("BitNet", "Microsoft"),
    "openelm": ("OpenELM", "Apple"),
    "starcoder": ("StarCoder", "BigCode"),
    "teuken": ("Teuken", "OpenGPT-X"),
    "demo": ("foundry-compare",),
}
"""By what stands in a model's name: what its family calls itself, and who makes it."""
_WORDS = frozenset(
    {
        "Phi", "Microsoft", "Meta", "Meta AI", "Google", "Gemini", "Command", "Granite", "IBM", "Falcon", "Solar",
        "Dolphin", "Orca", "Hermes", "Claude", "Apple", "Aya", "NVIDIA", "Llama", "LG", "Yi", "TII", "Alibaba",
        "Alibaba Group", "Alibaba Cloud", "Hugging Face", "Baidu", "Tencent", "Vicuna", "Kimi", "ERNIE", "GPT",
        "Upstage", "AI2", "Ai2", "Cohere", "百度", "腾讯", "阿里云", "阿里巴巴", "智谱", "书生", "混元", "千问",
        "foundry-compare", "Swiss AI", "BigCode", "Technology Innovation Institute", "Allen Institute for AI",
        "Shanghai AI Laboratory", "Cognitive Computations", "Stability AI", "LG AI Research", "Google DeepMind",
        "DeepMind", "Nous Research", "Liquid AI", "OpenAI", "Grok", "Gemma", "Zephyr",
    }
)  # fmt: skip
"""Those that an answer may hold for what else they mean: words, letters, people, companies that are spoken of."""
_LONGEST = 200
"""Characters of a model's names that are looked at."""


def names_of(card: ModelCard) -> tuple[str, ...]:
    """What a model may call itself or its maker, the longest first: its own names, its families' and their makers'.

    Where no family is known, its publisher is taken for its maker: catalogues name themselves as the publisher of
    models that are others'.
    """
    return _names_of(card.id, card.alias, card.publisher or "")


def distinctive_names_of(card: ModelCard) -> tuple[str, ...]:
    """Those of a model's names that mean nothing else: its id and its alias, and a family's name that is no other word
    (`Qwen`, `DeepSeek`). An answer that has one of them speaks of a model, wherever it stands."""
    return tuple(name for name in names_of(card) if name not in _WORDS and name != (card.publisher or ""))


def families_of(model: str, alias: str) -> list[str]:
    """The keys of the families that a model's id and alias show, in their order."""
    parts = re.findall("[a-z]+", f"{alias[:_LONGEST]} {model[:_LONGEST]}".casefold())
    return [part for part in parts if part in FAMILIES]


@cache
def _names_of(model: str, alias: str, publisher: str) -> tuple[str, ...]:
    found = [name for family in families_of(model, alias) for name in FAMILIES[family]] or [publisher]
    found += [alias, model.partition(":")[0]]
    # A letter alone can be anything.
    names = {name.strip()[:_LONGEST] for name in found if len(name.strip()) > 1}
    return tuple(sorted(names, key=lambda name: (-len(name), name)))
