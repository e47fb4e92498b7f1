"""What every reported field should be, worked out from the send log alone.

Written from `docs/measurement.md` and not from the program's code: two ways that agree are worth more than one.
"""

from __future__ import annotations

import numpy as np

from benchmarks.server import PROMPT_TOKENS
from benchmarks.shape import parse
from benchmarks.talk import Talk

Fields = dict[str, float | None]


def expected(talk: Talk) -> Fields:
    """The fields of one answer; None where nothing can be known. Loading, queueing and connecting are not the log's."""
    shape, t0 = parse(talk.model), talk.received
    sent = [(at - t0) / 1e6 for at in talk.at]
    answers = [at for at, kind in zip(sent, talk.kinds, strict=True) if kind == "a"]
    first, last = sent[0], sent[-1]
    first_write = sum(number == talk.writes[0] for number in talk.writes)
    tokens = None if shape.nousage or shape.nofinish else talk.tokens + shape.hidden
    fields: Fields = {
        "ttft_ms": first,
        "ttfo_ms": answers[0],
        "think_ms": answers[0] - first if "r" in talk.kinds else None,
        "last_ms": last,
        "end_ms": ((talk.finished or talk.closed or 0) - t0) / 1e6,
        "answer_chars_per_s": 1000 * talk.answer_chars / (last - answers[0]) if last > answers[0] else None,
        "e2e_tps": 1000 * tokens / last if tokens else None,
        "tokens_per_chunk": talk.tokens / talk.chunks if tokens else None,
        "prefill_tps": 1000 * PROMPT_TOKENS / first if tokens else None,
        "tpot_ms": None,
        "decode_tps": None,
    }
    spreads = first_write <= max(talk.chunks // 10, 1) and last - first >= 20
    if tokens and talk.tokens > 1 and spreads:
        fields["tpot_ms"] = (last - first) / (talk.tokens - 1)
        fields["decode_tps"] = 1000 * (talk.tokens - 1) / (last - first)
    instants = list(dict(zip(talk.writes, sent, strict=True)).values())
    gaps = np.diff(instants)
    for name, percent in (("icl_p50_ms", 50), ("icl_p95_ms", 95), ("icl_max_ms", 100)):
        fields[name] = float(np.percentile(gaps, percent)) if len(gaps) else None
    return fields
