"""What the text of an answer shows: loops, tokens of a template, refusals, names of the model; and what is none."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import sessions as make
from tests.support.some import any_number_of, some
from tools.flag_accuracy import TEXT_FLAGS, Example, examples, found_in
from tui.core.answers.looping import Loop, find_loop
from tui.core.answers.refusals import is_refusal
from tui.core.answers.self_naming import own_names
from tui.core.answers.template_tokens import leaked_tokens
from tui.core.catalog.model_card import ModelCard
from tui.core.catalog.model_families import names_of
from tui.core.requests.events import Delta, Kind
from tui.core.requests.request import RequestState
from tui.core.sessions.session_dict import session_from_dict, session_to_dict

EXAMPLES = examples()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: re.sub(r"\W+", "-", one.about))
def test_an_example_has_its_flags_and_no_others(example: Example) -> None:
    assert found_in(example.request) == example.flags


def test_each_flag_has_examples_and_counter_examples() -> None:
    for name in some(TEXT_FLAGS):
        assert 9 <= sum(name in one.flags for one in EXAMPLES) <= len(EXAMPLES) - 50


def names(model: str, alias: str = "", publisher: str | None = None) -> tuple[str, ...]:
    return names_of(ModelCard(model, alias or model, publisher=publisher))


@pytest.mark.parametrize(
    ("model", "among", "not_among"),
    [
        ("Phi-4-mini-instruct-generic-cpu:4", {"Phi", "Microsoft"}, {"Google"}),
        ("qwen2.5-0.5b-instruct", {"Qwen", "Alibaba Cloud", "通义千问"}, {"Microsoft"}),
        ("deepseek-r1-distill-qwen-7b", {"DeepSeek", "Qwen"}, {"Llama"}),
        ("meta-llama/Llama-3.2-1B", {"Llama", "Meta"}, {"Phi"}),
        ("philosopher-7b", {"Contoso"}, {"Phi", "Microsoft"}),
        ("a", {"Contoso"}, {"a"}),
    ],
)
def test_a_model_may_be_called_by_its_family_and_its_maker(model: str, among: set[str], not_among: set[str]) -> None:
    found = names(model, publisher="Contoso")
    assert among <= set(found) and not not_among & set(found)
    assert list(found) == sorted(found, key=len, reverse=True)


def test_the_publisher_is_no_maker_where_the_family_is_known() -> None:
    """Catalogues call themselves the publisher of everybody's models."""
    assert "Microsoft" not in names("qwen2.5-0.5b", publisher="Microsoft")


def masked(answer: str, model: str, asked: str = "") -> str:
    text, at = "", 0
    for first, end in own_names(answer, names(model), asked):
        text, at = f"{text}{answer[at:first]}█", end
    return text + answer[at:]


def test_names_are_given_as_ranges_of_the_raw_answer() -> None:
    answer = "Hi 👋 I’m Phi-4-mini, made by Microsoft.\r\nPhi likes questions; philosophy does not count, nor does phi."
    assert masked(answer, "phi-4-mini") == (
        "Hi 👋 I’m █, made by █.\r\n█ likes questions; philosophy does not count, nor does phi."
    )
    assert masked("**Qwen2.5-7B-Instruct** here? I am **Qwen**.", "qwen2.5-7b") == "**█** here? I am **█**."
    assert masked("It is a demo by `foundry-compare`.", "demo-small:1", "Who are you?") == "It is a demo by `█`."
    assert masked("It is a demo by `foundry-compare`.", "demo-small:1", "What is this?").count("█") == 0


def test_for_a_review_without_names_those_of_several_models_can_be_looked_for() -> None:
    both = (*names("phi-4-mini"), *names("qwen2.5-0.5b"))
    answer = "I am Phi, and not Qwen."
    assert [answer[slice(*span)] for span in own_names(answer, both)] == ["Phi", "Qwen"]
    assert own_names(answer, ()) == ()


@given(
    st.text(max_size=80),
    st.sampled_from(["I am Phi", "我是通义千问", "Phi-", "Microsoft made me", ""]),
    st.text(max_size=80),
)
def test_ranges_lie_apart_and_in_order(before: str, middle: str, after: str) -> None:
    answer = before + middle + after
    edges = [edge for span in own_names(answer, (*names("phi-4"), *names("qwen-7b"))) for edge in span]
    assert edges == sorted(edges) and all(0 <= edge <= len(answer) for edge in any_number_of(edges))


def test_a_loop_is_told_with_its_phrase_and_copies() -> None:
    assert find_loop("So: " + "we go on, " * 30) == Loop("we go on", 30)
    assert find_loop("we go on, " * 7) is None
    assert find_loop("yes " * 24) == Loop("yes", 24)
    assert find_loop("yes " * 23) is None
    assert find_loop("a" * 300) == Loop("a", 300)


@pytest.mark.parametrize("size", [*range(1, 31), 59, 150, 300])
def test_a_phrase_of_any_length_is_found_when_it_has_come_often_enough(size: int) -> None:
    phrase = "".join(f"word{number} " for number in range(size))
    copies = 3 if size >= 30 else max(4, -(-24 // size))
    before, after = "This is how it began. ", "And this is how it ended."
    assert find_loop(before + phrase * copies + after) == Loop(phrase.strip(), copies)
    assert find_loop(before + phrase * (copies - 1) + after) is None


@pytest.mark.parametrize("size", [*range(1, 22), 39, 60])
@pytest.mark.parametrize("before", [0, 1, 137, 259, 1100])
def test_a_loop_of_a_few_signs_is_found_wherever_it_begins(size: int, before: int) -> None:
    unit = "".join(chr(0x2190 + number) for number in range(size))
    copies = max(20, -(-300 // size))
    text = "".join(chr(0x2500 + number) for number in range(before)) + unit * copies
    assert find_loop(text) is not None
    assert find_loop(text[: -len(unit)]) is None


def test_a_loop_that_was_asked_for_is_one_when_it_does_not_stop() -> None:
    asked, answer = "Say 'we go on' thirty times.", "we go on. " * 30
    assert find_loop(answer, asked) is None
    assert find_loop(answer, asked, ended_by_itself=False) is not None


def test_leaked_tokens_are_named_once_in_their_order() -> None:
    answer = "Yes.<|im_end|>\n<|im_start|>user\nAnd you?<|im_end|>\n</s>"
    assert leaked_tokens(answer) == ("<|im_end|>", "<|im_start|>", "</s>")
    assert leaked_tokens("A <b>bold</b> a <| b |> c") == ()


PATHOLOGICAL = {
    "marks of a template": "<|im_end|>" * 20_000,
    "opening brackets": "<|" * 100_000,
    "back quotes": "`" * 50_000 + "``` ` `` " * 10_000 + "<|im_end|> x",
    "fences": "```\n" * 50_000 + "<|im_end|> x",
    "spaces before a mark": " " * 200_000 + "<|im_end|>" + " " * 200_000 + "x",
    "I am a": "I am a model " * 20_000 + "Microsoft",
    "as a": "as a " * 50_000 + "Microsoft",
    "Microsoft": "Microsoft made " * 20_000,
    "sorry": "I'm sorry, but as an AI " * 33,
    "nearly a loop": "".join(f"{'a ' * 22}{number} " for number in range(3000)),
    "nearly a loop of signs": "".join("|-" * 18 + chr(97 + number % 26) for number in range(3000)),
    "one word": "x" * 65_536,
    "digits": "1 " * 100_000,
    "Chinese": "我是" * 50_000 + "通义千问",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", PATHOLOGICAL)
def test_nothing_takes_forever(name: str) -> None:
    """A quadratic step would take minutes with these."""
    answer = PATHOLOGICAL[name]
    find_loop(answer)
    leaked_tokens(answer)
    is_refusal(answer)
    is_refusal(answer[:800])
    own_names(answer, (*names("phi-4"), *names("qwen-7b")))


def test_findings_are_known_when_the_answer_has_ended_and_looked_for_once() -> None:
    request = make.request("r1", state=RequestState.RUNNING, answer=["I am ", "Phi.<|end|>"])
    assert request.findings is None
    request.fold(Delta("r1", make.SENT + 10**9, 9, Kind.ANSWER, " More."))
    assert request.findings is None
    ended = make.request("r1", answer=["I am ", "Phi.<|end|>"])
    assert ended.findings is not None and ended.findings.leaked == ("<|end|>",)
    assert ended.findings is ended.findings
    ended.restore_text("Another answer.", "")
    assert ended.findings.leaked == ()


def test_whether_a_model_names_itself_is_not_known_without_its_name() -> None:
    request = make.request("r1", answer=["I am Phi."])
    assert request.findings is not None and request.findings.named is None
    session = make.session([request], models=[make.target("m1", "phi-4")])
    request.restore_text(request.answer + " ", "")
    assert request.findings is not None and request.findings.named == ((5, 8),)
    (again,) = session_from_dict(session_to_dict(session)).requests.values()
    assert again.findings is not None and again.findings.named == ((5, 8),)
