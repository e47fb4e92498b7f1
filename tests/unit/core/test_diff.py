"""The difference between two texts: what is a word, what is a change, and that nothing is lost or takes forever."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.some import any_number_of, some
from tui.core.text.diff import LEAST_EQUAL, MAX_CHARS, MAX_WORDS, Change, Diff, diff, sentences, words


def marked(old: str, new: str) -> str:
    """The difference as one text: `[-removed-]`, `{+added+}`."""
    shown = {Change.EQUAL: "{}", Change.REMOVED: "[-{}-]", Change.ADDED: "{{+{}+}}"}
    return "".join(
        shown[piece.change].format(old[slice(*piece.old)] if piece.change is Change.REMOVED else new[slice(*piece.new)])
        for piece in diff(old, new).pieces
    )


def words_of(text: str) -> list[str]:
    return [text[first:end] for first, end in words(text)]


def sentences_of(text: str) -> list[str]:
    spans = words(text)
    return [text[spans[first][0] : spans[end - 1][1]] for first, end in sentences(text, spans)]


def check(old: str, new: str) -> Diff:
    """What holds of every difference."""
    found = diff(old, new)
    at = to = 0
    for piece in any_number_of(found.pieces):
        assert (piece.old[0], piece.new[0]) == (at, to), "the pieces follow each other in both texts"
        at, to = piece.old[1], piece.new[1]
        here, there = old[slice(*piece.old)], new[slice(*piece.new)]
        assert (bool(here), bool(there)) in {
            Change.EQUAL: {(True, True), (True, False), (False, True)},
            Change.REMOVED: {(True, False)},
            Change.ADDED: {(False, True)},
        }[piece.change]
        if piece.change is Change.EQUAL:
            assert here.split() == there.split() or words_of(here) == words_of(there)
    assert (at, to) == (len(old), len(new)), "the pieces are all of both texts"
    assert 0 <= found.similarity <= 1
    assert found.changed or words_of(old) == words_of(new)
    if not found.changed:
        assert found.similarity == 1
        assert found.spacing == (old != new)
    return found


LETTERS = st.text(max_size=60)
PROSE = st.lists(
    st.sampled_from([
        "the", "cat", "sat", "on", "a", "mat", ".", "!", "?", ",", "\n", "\n\n", "हिन्दी", "क्\u200dष", "don't", "日本",
        "。", "สวัสดี", "👩\u200d👧", "🇩🇪", "é", "e\u0301", "```", "(", ")", "\x00", "\x1b", "\ud83d", "3.14", "אב",
    ]),
    max_size=60,
)  # fmt: skip


@given(LETTERS, LETTERS)
def test_any_two_texts_are_made_of_their_pieces(old: str, new: str) -> None:
    check(old, new)


@given(PROSE, PROSE, st.sampled_from([" ", "", "\n", "  "]), st.sampled_from([" ", "", "\t"]))
def test_prose_is_made_of_its_pieces(old: list[str], new: list[str], gap: str, other: str) -> None:
    check(gap.join(old), other.join(new))


@given(PROSE, st.data())
def test_an_edited_text_keeps_what_was_not_edited(old: list[str], data: st.DataObject) -> None:
    """Changes lie within what was edited, widened to words and by equal runs that are too short to stay."""
    at = data.draw(st.integers(0, len(old)))
    new = [*old[:at], "edited", *old[at:]]
    before, after = " ".join(old), " ".join(new)
    found = check(before, after)
    added = "".join(after[slice(*piece.new)] for piece in found.pieces if piece.change is Change.ADDED)
    assert "edited" in added


@given(PROSE, PROSE)
def test_turned_round_it_is_as_similar(old: list[str], new: list[str]) -> None:
    there, back = diff(" ".join(old), " ".join(new)), diff(" ".join(new), " ".join(old))
    assert there.changed == back.changed and there.complete == back.complete


@given(LETTERS)
def test_words_are_in_their_order_and_only_white_space_is_between(text: str) -> None:
    spans = words(text)
    edges = [0, *(edge for span in spans for edge in span), len(text)]
    assert edges == sorted(edges)
    for start, end in any_number_of(zip(edges[::2], edges[1::2], strict=True)):
        assert not text[start:end].strip()
    if spans:
        ranges = sentences(text, spans)
        assert [first for first, _ in ranges] == [0, *(end for _, end in ranges[:-1])]
        assert ranges[-1][1] == len(spans)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("क्\u200dष र्\u200cक", ["क्\u200dष", "र्\u200cक"]),
        ("می\u200cخواهم", ["می\u200cخواهم"]),
        ("מַזָּל טוֹב צה״ל", ["מַזָּל", "טוֹב", "צה״ל"]),
        ("cafe\u0301 naïve", ["cafe\u0301", "naïve"]),
        ("don't l’eau col·lecció 'tis'", ["don't", "l’eau", "col·lecció", "'", "tis", "'"]),
        ("日本語のtext", ["日", "本", "語", "の", "text"]),
        ("한국어 문장", ["한국어", "문장"]),
        ("ดีครับ", ["ดี", "ค", "รั", "บ"]),
        ("3.14 1,000,000 10:30 v2", ["3.14", "1,000,000", "10:30", "v2"]),
        ("snake_case x-y f(a)", ["snake_case", "x", "-", "y", "f", "(", "a", ")"]),
        ("👨\u200d👩\u200d👧🇩🇪🇫🇷 👍🏽 1\ufe0f\u20e3", ["👨\u200d👩\u200d👧", "🇩🇪", "🇫🇷", "👍🏽", "1\ufe0f\u20e3"]),
        ("co\u00adoperate a\u2060b", ["co\u00adoperate", "a\u2060b"]),
        ("\x00\x1b[0m", ["\x00", "\x1b", "[", "0m"]),
        ("\u0301a", ["\u0301", "a"]),
        (" \t\n", []),
    ],
)
def test_a_word_is_what_its_script_takes_for_one(text: str, expected: list[str]) -> None:
    assert words_of(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ('He said "no." Then 3.14 came', ['He said "no."', "Then 3.14 came"]),
        ("私は。「はい。」君は。", ["私は。", "「はい。」", "君は。"]),
        ("यह है। वह है।", ["यह है।", "वह है।"]),
        ("- one\n- two\n\nx = 1.5\n", ["- one", "- two", "x = 1.5"]),
        ("Wait... what", ["Wait...", "what"]),
        ("A line that is\nbroken goes on. Next\n\nand next", ["A line that is\nbroken goes on.", "Next", "and next"]),
    ],
)
def test_sentences_end_at_signs_and_lines(text: str, expected: list[str]) -> None:
    assert sentences_of(text) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "", ""),
        ("", "one two", "{+one two+}"),
        ("one two", "", "[-one two-]"),
        (" ", "one", "[- -]{+one+}"),
        ("The cat sat.", "The cat sat.", "The cat sat."),
        ("The cat sat down.", "The dog sat down.", "The [-cat-]{+dog+} sat down."),
        ("I drink. I eat.", "I drink. I think. I eat.", "I drink. {+I think. +}I eat."),
        ("Stay. Go away now.", "Go away now.", "[-Stay. -]Go away now."),
        ("हिन्दी भाषा बहुत सुंदर है।", "हिन्दी भाषाएँ बहुत सुंदर है।", "हिन्दी [-भाषा-]{+भाषाएँ+} बहुत सुंदर है।"),
        ("我住在北京。", "我住在上海。", "我住在[-北京-]{+上海+}。"),
        ("שלום לכל העולם", "שלום לכל החברים", "שלום לכל [-העולם-]{+החברים+}"),
        ("x = 1\nreturn x\n", "x = 2\nreturn x\n", "x = [-1-]{+2+}\nreturn x\n"),
        ("We 👩\u200d👧 two", "We 👩\u200d👦 two", "We [-👩\u200d👧-]{+👩\u200d👦+} two"),
    ],
)  # fmt: skip
def test_a_reader_sees_what_changed(old: str, new: str, expected: str) -> None:
    check(old, new)
    assert marked(old, new) == expected


def test_fewer_than_three_equal_words_between_changes_are_part_of_the_change() -> None:
    assert LEAST_EQUAL == 3
    assert marked("one a b two and so on", "six a b ten and so on") == "[-one a b two-]{+six a b ten+} and so on"
    assert marked("one a, b two and so on", "six a, b ten and so on") == "[-one a, b two-]{+six a, b ten+} and so on"
    assert marked("one a b c two", "six a b c ten") == "[-one-]{+six+} a b c [-two-]{+ten+}"
    # At either end a short run is not between two changes.
    assert marked("a b one c", "a b two c") == "a b [-one-]{+two+} c"


def test_words_are_compared_within_sentences_that_belong_together() -> None:
    old = "Bread is cheap there. Paris is the capital of France."
    new = "Paris is the large capital of France. Nobody knows why."
    assert (
        marked(old, new) == "[-Bread is cheap there. -]Paris is the {+large +}capital of France. {+Nobody knows why.+}"
    )
    assert (
        marked("One two three four.", "One is five six. Seven two.")
        == "[-One two three four-]{+One is five six. Seven two+}."
    )


def test_white_space_alone_is_no_change_and_is_said() -> None:
    found = check("a b\n\nc", " a  b c\n")
    assert (found.changed, found.spacing, found.similarity) == (False, True, 1.0)
    assert found.remark == "Only white space differs."
    broken = "A sentence that goes on, broken to fit\nthe width. Another one\nfollows."
    assert check(broken, broken.replace("\n", " ")).remark == "Only white space differs."
    assert marked(broken, broken.replace("\n", " ").replace("Another", "A further")).count("[-") == 1
    assert check(" ", "\n\n").remark == "Only white space differs."
    assert diff("a b", "a b").remark == "The two are the same, word for word."
    assert diff("", "").pieces == ()
    assert diff("", "a").remark == "One of the two is empty."


def prose(seed: int, count: int) -> str:
    dice = random.Random(seed)
    return " ".join(f"w{dice.randrange(2000)}{'.' if number % 15 == 14 else ''}" for number in range(count))


LOOP = "the same thing again and again. "
FALLS_BACK = "They are too long to be compared word by word: sentences that differ are marked as a whole."


def test_two_thousand_words_are_compared_word_by_word() -> None:
    old = prose(1, 2000)
    found = check(old, old.replace("w7", "other"))
    assert found.complete and found.similarity > 0.8
    assert check(old, prose(2, 2000)).remark == "They have little in common."


@pytest.mark.parametrize("loop", [LOOP, LOOP.replace(".", "")], ids=["sentences", "no_sentences"])
def test_an_answer_that_loops_for_twenty_thousand_words_falls_back_and_says_so(loop: str) -> None:
    looping = loop * (20_000 // 6)
    found = check(looping, prose(3, 20_000))
    assert (found.complete, found.remark) == (False, FALLS_BACK)
    changed = looping.replace("thing", "thong", 1)[:-40] + "the end"
    found = check(looping, changed)
    assert not found.complete and found.remark == FALLS_BACK
    # What differs is short, so its words are compared.
    assert check(looping + "one two.", looping + "one three.").complete == (loop is LOOP)


def test_equal_sentences_stay_where_words_are_too_many() -> None:
    old = [f"This is sentence {number} of a long text." for number in range(2000)]
    new = [line.replace("This", "That") if number % 10 == 5 else line for number, line in enumerate(old)]
    assert len(words(" ".join(old))) > MAX_WORDS
    found = check(" ".join(old), " ".join(new))
    assert not found.complete and found.similarity > 0.95
    assert len([piece for piece in found.pieces if piece.change is Change.REMOVED]) == 200


def test_many_sentences_are_compared_by_words_around_the_equal_ones() -> None:
    old = [f"Sentence {number} stays as it is." for number in range(1000)]
    new = [line.replace("stays", "remains") if number in (3, 500) else line for number, line in enumerate(old)]
    found = check(" ".join(old), " ".join(new))
    removed = [" ".join(old)[slice(*piece.old)] for piece in found.pieces if piece.change is Change.REMOVED]
    assert found.complete and removed == ["stays", "stays"]


HUGE = {
    "one word": ("x" * 65_536, "x" * 65_535 + "y"),
    "marks on one letter": ("a" + "\u0301" * 200_000, "b" + "\u0301" * 200_000),
    "signs": ("." * 200_000, "!" * 200_000),
    "lines": ("a\n" * 100_000, "b\n" * 100_000),
    "digits": ("1" * 200_000, "2" * 200_000),
    "apostrophes": ("a'" * 100_000, "'a" * 100_000),
    "joiners": ("\u200d👨" * 100_000, "👨\u200d" * 100_000),
    "controls": ("\x00\x1b\x1c" * 60_000, "\x1b\x00" * 60_000),
    "blanks": (f"a{' ' * 200_000}b", f"a{' ' * 150_000}c"),
    "blanks before changes": (f"a{' ' * 100_000}\tb", f"c{' ' * 100_000}b"),
    "Han": ("日" * 200_000, "日" * 100_000 + "本" * 100_000),
    "beyond all limits": ("ab " * 1_000_000 + "x", "ab " * 1_000_000 + "y z"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", HUGE)
def test_nothing_takes_forever(name: str) -> None:
    """A quadratic step anywhere would take minutes with these."""
    check(*HUGE[name])


def test_texts_beyond_all_limits_differ_from_their_first_difference_to_the_last() -> None:
    text = "so it goes " * (MAX_CHARS // 10)
    middle = len(text) // 2 // 11 * 11
    old, new = f"{text[:middle]}one two {text[middle:]}", f"{text[:middle]}one three {text[middle:]}"
    found = check(old, new)
    assert [piece.change for piece in found.pieces] == [Change.EQUAL, Change.REMOVED, Change.ADDED, Change.EQUAL]
    (removed,) = (piece for piece in found.pieces if piece.change is Change.REMOVED)
    assert old[slice(*removed.old)] == "two " and not found.complete and found.remark == FALLS_BACK
    assert [check(old, old + end).complete for end in some((" more", ""))] == [False, True]
