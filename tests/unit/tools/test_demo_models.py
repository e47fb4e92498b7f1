"""The recipe of the demo models: what may be checked without training anything."""

from __future__ import annotations

import random

import pytest

from tests.support.some import some
from tools.demo_models import results
from tools.demo_models.corpus import dialogues
from tools.demo_models.corpus.load import Entry, corpus
from tools.demo_models.results import Share
from tui.core.plans.sample_prompts import SAMPLES


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    return corpus()


def test_nothing_that_is_asked_in_a_test_is_taught(entries: list[Entry]) -> None:
    taught = {dialogues.plain(ask) for entry in entries for ask in entry.asks}
    kept = [dialogues.plain(ask) for entry in entries for ask in (*entry.tuning, *entry.held_out)]
    assert len(kept) > 300
    assert not taught.intersection(kept)
    tuning = {dialogues.plain(ask) for entry in entries for ask in entry.tuning}
    held_out = {dialogues.plain(ask) for entry in entries for ask in entry.held_out}
    assert not tuning & held_out


def test_a_pass_over_the_corpus_comes_out_the_same_from_the_same_seed(entries: list[Entry]) -> None:
    once, again, other = (dialogues.epoch(entries, random.Random(seed)) for seed in (1, 1, 2))
    assert once == again
    assert once != other


def test_a_pass_teaches_the_answers_word_for_word_and_no_question_of_a_test(entries: list[Entry]) -> None:
    answers = {entry.answer for entry in entries}
    kept = {dialogues.plain(ask) for entry in entries for ask in entry.held_out}
    for sample in some(dialogues.epoch(entries, random.Random(1))):
        *_, (asker, question), (role, answer) = sample.messages
        assert (asker, role) == ("user", "assistant")
        assert answer in answers
        assert dialogues.plain(question) not in kept


def test_the_sample_prompts_are_of_what_is_taught_in_words_that_are_not(entries: list[Entry]) -> None:
    asked = [entry for entry in entries if set(SAMPLES).intersection(entry.tuning)]
    assert len({entry.answer for entry in asked}) == len(SAMPLES)
    taught = {dialogues.plain(ask) for entry in entries for ask in entry.asks}
    assert not taught & {dialogues.plain(sample) for sample in SAMPLES}


@pytest.mark.parametrize(
    ("share", "low", "high"),
    [
        (Share(0, 0), 0.0, 1.0),
        (Share(0, 10), 0.0, 0.2775),
        (Share(10, 10), 0.7225, 1.0),
        (Share(81, 263), 0.2553, 0.3662),
    ],
)
def test_the_interval_of_a_share_is_wilson_s(share: Share, low: float, high: float) -> None:
    assert share.interval == pytest.approx((low, high), abs=1e-4)


def test_the_results_are_of_the_three_models_and_add_up() -> None:
    known = results.read()
    assert list(known) == ["demo-small", "demo-medium", "demo-large"]
    shares = [results.right(facts) for facts in known.values()]
    assert {share.asked for share in shares} == {shares[0].asked}
    assert shares[0].hits < shares[1].hits < shares[2].hits
    assert sum(facts["bytes"] for facts in known.values()) < 25e6
