"""Finds answers in which a model names itself: its own name, its family or its maker.

A name alone is none: "Microsoft" belongs into an answer about Microsoft, phi is a letter and a llama an animal. It has
to stand where somebody says who they are, such as "I am Phi" or "a model developed by Microsoft", or the prompt has to
ask for it. A model that takes itself for another one does not name itself.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

LOOKED_AT = 20_000
"""Characters at the beginning of an answer that are looked at for a clause in which the model says who it is."""

_I_AM = (
    r"(?:\bI(?:['’]m| am)|\bmy name(?:['’]s| is)|\bcall me|\bare (?:talking|speaking|chatting) (?:to|with)"
    # German, French, Spanish, Italian, Portuguese.
    r"|\bich (?:bin|heiße)|\bmein Name ist|\bje (?:suis|m['’]appelle)|\bsoy|\bme llamo|\bsono|\bmi chiamo|\beu sou"
    r"|\bsou)"
)
_ARTICLE = (
    r"(?:(?:just|only|actually|simply|called|named|known as|the|an?|eine?|der|die|das|une?|le|la|el|una?|il|um|uma|o)"
    r"\s+)"
)
_PLAIN = (
    r"(?:(?!(?:of|with|for|that|in|to|about|who|which|I|you|it|he|they|can|could|will|but|because|so)\b)[\w'’-]+,?\s+)"
)
"""A word that a person would not say between "I am" and what they are made by, unless they speak of something else."""
_MACHINE = (
    r"(?:models?|assistants?|AI|chatbot|bot|LLM|system|program|Sprachmodell|Modell|Assistent|KI|modèle|IA|modelo"
    r"|asistente|modello|assistente)"
)
_MADE = (
    r"(?:developed|created|trained|made|built|designed|released|provided|produced|fine-tuned|powered|offered"
    r"|entwickelt|trainiert|développée?|créée?|entraînée?|conçue?|desarrollad[oa]|cread[oa]|entrenad[oa]|sviluppat[oa]"
    r"|creat[oa]|addestrat[oa]|desenvolvid[oa]|criad[oa]|treinad[oa])"
)
_BY = (
    r"(?:by|at|from|von|par|por|da|dal|pela|pelo)\s+(?:the\s+|a\s+|der\s+|la\s+|l['’])?"
    r"(?:(?:team|researchers|engineers|people|company)\s+)?(?:(?:at|of|from|called)\s+)?"
)
_NAME = "\ue000"
"""Stands for each of the names while clauses are looked for, so that these are the same for all models."""
_MARKUP = r"[*_\"'“”„«`(]*"
_CLAUSES = (
    # I am Phi. I am the Phi model. My name is Phi.
    rf"{_I_AM}\s+{_ARTICLE}{{0,2}}{_MARKUP}{_NAME}",
    # I am a large language model developed by Microsoft, an assistant called Phi, a model of the Phi family.
    rf"(?:{_I_AM}|\bas|\bals|\ben tant que)\s+{_ARTICLE}{{1,2}}{_PLAIN}{{0,7}}?{_MACHINE},?\s+{_PLAIN}{{0,6}}?"
    rf"(?:{_MADE}\s+(?:and\s+\w+\s+)?{_BY}|{_BY}|(?:called|named|known as|namens)\s+|of the\s+){_MARKUP}{_NAME}",
    # I was created by a team at Microsoft. Ich wurde von Microsoft entwickelt.
    rf"(?:\bI was|\bI(?:['’]ve| have) been|\bI(?:['’]m| am)|\bj['’]ai été|\bfui|\bsono stat[oa])\s+{_PLAIN}{{0,3}}?"
    rf"{_MADE}\s+(?:and\s+\w+\s+)?{_BY}{_MARKUP}{_NAME}",
    rf"\bich wurde\s+{_PLAIN}{{0,3}}?von\s+{_MARKUP}{_NAME}",
    # As Phi, I. My makers at Microsoft. Phi is my name. Microsoft made me.
    rf"\bas\s+{_MARKUP}{_NAME}{_MARKUP},?\s+I\b",
    rf"\bmy (?:creators?|makers?|developers?)\s+{_PLAIN}{{0,3}}?(?:(?:at|is|are)\s+)?{_MARKUP}{_NAME}",
    rf"{_NAME}{_MARKUP}\s+(?:is my (?:name|maker|creator|developer)|(?:made|created|trained|built) me\b)",
    # Chinese and Japanese, which have no spaces.
    rf"我(?:是|叫|的名字)[^。！？\n]{{0,30}}?{_NAME}",
    rf"我[^。！？\n]{{0,20}}?由[^。！？\n]{{0,12}}?{_NAME}",
    rf"(?:私|わたし)は、?[^。！？\n]{{0,40}}?{_NAME}",
)
_ASKS = (
    r"\b(?:who|what|which) (?:are|r) (?:you|u)\b|\byour (?:own )?name\b|\bintroduce yourself\b|\babout yourself\b"
    r"|\b(?:which|what) (?:kind of )?(?:\w+ )?(?:model|ai|llm|assistant) (?:are you|is this|am i)\b"
    r"|\bwho (?:made|built|created|trained|developed) you\b|\bam i (?:talking|chatting|speaking)\b"
    r"|\bwer bist du\b|\bqui es-tu\b|\bquién eres\b|\bchi sei\b|\bquem é você\b|你是谁|你叫什么|あなたは誰"
)


def own_names(answer: str, names: tuple[str, ...], asked: str = "") -> tuple[tuple[int, int], ...]:
    """Where an answer has these names, as ranges of its characters (first, end), in order and apart: of all of them, if
    one stands where the model says who it is. None otherwise.

    `names` are those of the model (`model_families.names_of`), for a blind review those of all models it may be.
    `asked` is the prompt. The ranges are of the raw text; what follows a name as its version belongs to it.
    """
    if not names:
        return ()
    found = tuple(match.span() for match in _any_of(names).finditer(answer) if _is_name(match[0]))
    if not found:
        return ()
    # The clauses are compiled for the first answer that has a name at all, which few have.
    clause, asks = _patterns()
    return found if asks.search(asked) is not None or clause.search(_with_placeholders(answer, found)) else ()


def _with_placeholders(answer: str, spans: tuple[tuple[int, int], ...]) -> str:
    """The beginning of the answer, each name replaced by its placeholder."""
    parts, at = [], 0
    for first, end in spans:
        if first >= LOOKED_AT:
            break
        parts.append(answer[at:first].replace(_NAME, " "))
        at = end
    return _NAME.join([*parts, answer[at:LOOKED_AT].replace(_NAME, " ")])


def _is_name(text: str) -> bool:
    """Whether it is written like a name, with a capital letter, a figure or a hyphen, or in a script without capitals:
    written small, a family's name is another word."""
    return any(not char.islower() and char.isalnum() for char in text) or "-" in text


@lru_cache(maxsize=64)
def _any_of(names: tuple[str, ...]) -> re.Pattern[str]:
    """One of these names, with its version."""
    longest = sorted(names, key=len, reverse=True)
    either = "|".join(re.escape(name).replace(r"\ ", r"\s+").replace(r"\-", r"[-\s]") for name in longest)
    version = r"(?:(?:[-\s]?v?\d[\w.]*)?(?:-[\w.]+)*(?<=\w))?"
    return re.compile(rf"(?<![A-Za-z0-9])(?:{either}){version}(?![A-Za-z])", re.IGNORECASE)


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Clauses in which somebody says who they are, and prompts that ask for it."""
    return re.compile("|".join(_CLAUSES), re.IGNORECASE), re.compile(_ASKS, re.IGNORECASE)
