"""Which flags hold for which request, and what they say of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support import sessions as make
from tests.support.some import some
from tools.flag_accuracy import TEXT_FLAGS
from tui.core.metrics.metrics import NoRate
from tui.core.metrics.registry import FLAGS, METRICS, Place, mark, sentences, unknown
from tui.core.plans.mode import Mode
from tui.core.requests.events import Usage
from tui.core.requests.request import Request, RequestState


def ended(finish_reason: str, *answer: str) -> Request:
    request = make.request("r1", thinking=("Hm.",), answer=answer)
    request.finish_reason = finish_reason
    return request


def cached(tokens: int | None) -> Request:
    request = make.request("r1")
    request.fold(Usage("r1", 12, 3, cached_tokens=tokens))
    return request


def adjusted() -> Request:
    request = make.request("r1")
    request.adjusted = ("seed", "max_tokens")
    return request


def without_reason() -> Request:
    request = make.request("r1", state=RequestState.FAILED)
    request.fault = None
    return request


def answered(*answer: str, model: str = "phi-4") -> Request:
    request = make.request("r1", answer=answer)
    make.session([request], models=[make.target("m1", model)])
    return request


REQUESTS = [
    (make.request("r1"), set()),
    (make.request("r1", mode=Mode.RACE), {"contended"}),
    (make.request("r1", source="tokenizer"), {"estimated"}),
    (make.request("r1", tokens=40), {"chunked"}),
    (make.request("r1", warmup=True), {"warmup"}),
    (cached(None), set()),
    (cached(0), set()),
    (cached(7), {"from_cache"}),
    (adjusted(), {"adjusted"}),
    (ended("stop", "one"), set()),
    (ended("length", "one"), {"truncated"}),
    (ended("content_filter", "one"), {"filtered"}),
    (ended("stop"), {"unanswered"}),
    (ended("length"), {"unanswered", "truncated"}),
    (make.request("r1", state=RequestState.STOPPED), {"broken_off"}),
    (make.request("r1", state=RequestState.FAILED), {"broken_off"}),
    (make.request("r1", state=RequestState.FAILED, answer=()), set()),
    (make.request("r1", state=RequestState.CUT), {"broken_off"}),
    (answered("Paris."), set()),
    (answered("Yes. ", *["We go on. "] * 20), {"looping"}),
    (answered("Paris.", "<|im_end|>"), {"leaked_tokens"}),
    (answered("I'm sorry, but I can't help with that."), {"refused"}),
    (answered("I am Phi."), {"names_itself"}),
    (answered("I am Phi.", model="qwen2.5"), set()),
    (without_reason(), {"broken_off"}),
    (make.request("r1", state=RequestState.EMPTY), set()),
    (make.request("r1", state=RequestState.SKIPPED), set()),
    (make.request("r1", state=RequestState.QUEUED), set()),
]


@pytest.mark.parametrize(("request_", "names"), REQUESTS)
def test_these_flags_hold_and_no_others(request_: Request, names: set[str]) -> None:
    assert {flag.name for flag in FLAGS if flag.holds(request_, request_.metrics)} == names


def test_every_flag_holds_for_one_of_these() -> None:
    assert set().union(*(names for _, names in REQUESTS)) == {flag.name for flag in FLAGS}


def said(request: Request) -> list[str]:
    return list(sentences(request, request.metrics, Place.REMARK))


def test_a_sentence_is_given_once_and_in_the_order_of_the_table() -> None:
    assert said(ended("length")) == [
        "The model ended without an answer: it reached the most tokens that were asked for."
    ]
    both = replace(adjusted(), spec=make.spec("r1", warmup=True))
    assert said(both) == [
        "A warm-up: it is not counted.",
        "seed: refused by the host and left out; max_tokens: sent as max_completion_tokens, as the host wants.",
    ]
    assert said(make.request("r1")) == []


def test_what_is_not_known_is_no_flag() -> None:
    (flag,) = (flag for flag in FLAGS if flag.name == "from_cache")
    for tokens, holds in ((None, None), (0, False), (7, True)):
        request = cached(tokens)
        assert flag.holds(request, request.metrics) is holds
        assert flag.json(request, request.metrics) == ("ttft_from_cache", holds)


def test_of_a_request_that_still_runs_nothing_is_known_from_its_text() -> None:
    request = make.request("r1", state=RequestState.RUNNING, answer=["I'm sorry, but I can't help with that."])
    for flag in some(FLAGS):
        if flag.name in TEXT_FLAGS:
            assert flag.holds(request, request.metrics) is None


def test_what_is_wrong_with_a_text_is_said_in_a_sentence() -> None:
    loop = answered("Yes. ", *["We\x1b go on. "] * 20, "<|im_end|>")
    assert said(loop) == [
        "The answer repeats itself: “We␛ go on”, 20 times.",
        "The answer holds tokens of the chat template: <|im_end|>.",
    ]


def test_a_cut_answer_is_said_once() -> None:
    """Its pane shows how it ended, and what to do, in a place of its own."""
    assert said(make.request("r1", state=RequestState.CUT)) == []
    assert said(make.request("r1", state=RequestState.STOPPED)) == ["Stopped; what arrived is kept."]


def test_only_numbers_of_tokens_that_the_host_did_not_count_are_marked() -> None:
    for request, sign in (
        (make.request("r1"), ""),
        (make.request("r1", source="tokenizer"), "~"),
        (make.request("r1", usage=False), ""),
    ):
        assert mark(request, request.metrics) == sign


def test_a_metric_that_is_not_known_says_why_where_it_can() -> None:
    request = make.request("r1", usage=False)
    ((metric, why),) = unknown(request, request.metrics, Place.PANE)
    assert (metric.name, why) == ("decode_tps", NoRate.NOT_COUNTED)
    assert list(unknown(make.request("r1"), make.request("r1").metrics, Place.PANE)) == []


def test_what_needs_tokens_is_unknown_without_them() -> None:
    request = make.request("r1", usage=False)
    for metric in some(METRICS):
        assert not metric.needs_tokens or metric.value(request) is None
