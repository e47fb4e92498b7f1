"""A sheet to score answers in outside of the program: a row for each answer and criterion, and what comes back of it.

The rows name their answer by its session, its run and a hash of its text. A sheet for blind raters has a label in the
model's place, and an id that does not tell the order in which models were asked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING

from tui.core.blind.masks import mask, masked_ranges
from tui.core.blind.orders import has_seen, is_hidden_from, is_unrevealed
from tui.core.plans.questions import question_of
from tui.core.scoring.in_effect import RatingsOf
from tui.core.scoring.rating import MAX_RATER, Note, Score, can_be_scored
from tui.core.scoring.rubric import Criterion
from tui.core.scoring.score_cells import cell, plain_note, score_of_cell
from tui.core.text.clean import clean_line, join_surrogates
from tui.core.text.nearest import unknown_name

if TYPE_CHECKING:
    from tui.core.requests.request import Request
    from tui.core.sessions.session import Session

LONGEST = 30_000
"""Characters of a text in a cell: spreadsheets take 32,767, and cut the rest."""
_HASH_LETTERS = 16
_LABELS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One answer and one criterion, as texts."""

    session: str = ""
    run: str = ""
    answer_hash: str = ""
    prompt: str = ""
    answer: str = ""
    model: str = ""
    given: str = ""
    rater: str = ""
    criterion: str = ""
    scale: str = ""
    score: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a sheet."""

    name: str
    about: str
    """What it holds, in Markdown."""
    read_back: bool = False
    """Whether a sheet must have it to be read back."""
    sometimes: bool = False
    """Whether it is left out where nothing is in it."""


COLUMNS = (
    Column("session", "the session's `id`", read_back=True),
    Column("run", "the `id` of the run; in a blind sheet one that does not tell in which order models were asked",
           read_back=True),
    Column("answer_hash", "what tells the answer's text from another", read_back=True),
    Column("prompt", "the question"),
    Column("answer", f"the answer; of one of more than {LONGEST:,} characters, or with `--no-answers`, file and run"),
    Column("model", "the model; in a blind sheet `A`, `B`, …, shuffled for each question"),
    Column("given", "with `--differing`, what each person gave", sometimes=True),
    Column("rater", "who scores; without a name in it, whoever takes the sheet in"),
    Column("criterion", "what the score is for; one of the session's rubric", read_back=True),
    Column("scale", "the highest score; the lowest is 1"),
    Column("score", "**to be filled in**: a whole number; `4,0` and `4.0` are 4. Empty: no score", read_back=True),
    Column("note", "**to be filled in** if you like: a note on the answer. Notes in several rows of one answer are "
           "joined"),
)  # fmt: skip
"""In the order in which they stand in a sheet. Their names are those of a `SheetRow`."""


@dataclass(frozen=True, slots=True)
class SheetOptions:
    """What a sheet is to hold."""

    rater: str = ""
    """Whose scores and notes are in it already, and who is to score; empty for nobody's."""
    blind: bool = False
    """Whether models have labels instead of names. Those of a session in the middle of a blind review always have."""
    answers: bool = True
    """Whether answers are in it, rather than where they are."""
    only: Mapping[tuple[str, str], str] | None = None
    """The runs and criteria that are wanted, in their order, each with what is said in `given`; None for all."""


def answer_hash(answer: str) -> str:
    """What tells an answer's text from others. It begins with letters: a spreadsheet must not take it for a number."""
    return f"sha-{_digits(answer)}"


def session_key(session: Session) -> str:
    """What a sheet calls a session."""
    return cell(session.whole_id).strip()


def blind_id(session: Session, request: Request) -> str:
    """What a blind sheet calls a run."""
    return f"blind-{_digits(session.whole_id, request.spec.id, request.answer)}"


def _digits(*texts: str) -> str:
    import hashlib

    joined = "\0".join(map(join_surrogates, texts))
    return hashlib.sha256(joined.encode()).hexdigest()[:_HASH_LETTERS]


def sheet_of(session: Session, file: str, options: SheetOptions) -> list[SheetRow]:
    """The rows for each answer of a session that can be scored, in the order of their questions.

    `file` is what the session's file is called, for answers that are too long for a cell.
    """
    hidden = is_hidden_from(session, options.rater) if options.rater else is_unrevealed(session)
    ratings, blind = RatingsOf(session, options.rater), options.blind or hidden
    rows: list[SheetRow] = []
    wanted: list[tuple[str, str]] = []
    for request, label in _shown(session, blind=blind):
        asked, answer = session.prompts[request.spec.prompt].user, request.answer
        key = blind_id(session, request) if blind else request.spec.id
        if blind:
            answer = mask(answer, masked_ranges(session, request))
        length = f"{len(answer):,} characters"
        if not options.answers or len(answer) > LONGEST:
            answer = f"({length}: {clean_line(file)}, {key})"
        note = ratings.note_of(request.spec.id) if options.rater else ""
        for criterion in session.rubric:
            if options.only is not None and (request.spec.id, criterion.id) not in options.only:
                continue
            wanted.append((request.spec.id, criterion.id))
            score = ratings.score_of(request.spec.id, criterion.id) if options.rater else None
            rows.append(
                SheetRow(
                    session_key(session),
                    cell(key),
                    answer_hash(request.answer),
                    cell(asked if len(asked) <= LONGEST else f"{asked[: LONGEST - 1]}…"),
                    cell(answer),
                    cell(label),
                    cell(options.only[request.spec.id, criterion.id]) if options.only is not None else "",
                    cell(options.rater),
                    cell(criterion.id),
                    str(criterion.scale),
                    "" if score is None else str(score),
                    cell(note),
                )
            )
            note = ""  # It is on the answer, and stands in its first row.
    if options.only is None:
        return rows
    places = {key: number for number, key in enumerate(options.only)}
    return [rows[number] for number in sorted(range(len(rows)), key=lambda number: places[wanted[number]])]


def _shown(session: Session, *, blind: bool) -> Iterator[tuple[Request, str]]:
    """The answers, each with what its model is called: of a blind sheet shuffled within their question."""
    scored = [request for request in session.requests.values() if can_be_scored(request)]
    if not blind:
        yield from ((request, session.model_of(request).card.alias) for request in scored)
        return

    def question(request: Request) -> tuple[str, str, int]:
        return request.spec.plan, request.spec.prompt, request.spec.round

    order = {key: number for number, key in enumerate(dict.fromkeys(map(question, scored)))}
    # By their ids, which are hashes: an order that has nothing to do with the models, and is the same every time.
    scored.sort(key=lambda request: (order[question(request)], blind_id(session, request)))
    for _, together in groupby(scored, question):
        for number, request in enumerate(together):
            round_, place = divmod(number, len(_LABELS))
            yield request, _LABELS[place] + (str(round_ + 1) if round_ else "")


@dataclass(frozen=True, slots=True)
class FilledRow:
    """A row as it came back."""

    number: int
    """Which row of its sheet, as a spreadsheet counts: that of the headings is 1."""
    row: SheetRow


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that cannot be taken in, and why."""

    number: int
    reason: str
    """As a sentence without its full stop."""


@dataclass(slots=True)
class TakenIn:
    """What comes of the rows of a sheet: for each session and rater the ratings to add."""

    ratings: dict[tuple[str, str], list[Score | Note]]
    """By the session's id and the rater's name."""
    new: int = 0
    changed: int = 0
    """Those that replace another one."""
    same: int = 0
    """Those that the session has already."""
    refused: tuple[RefusedRow, ...] = ()


def taken_in(
    sessions: Sequence[Session], rows: Iterable[FilledRow], rater: str, at: datetime, *, whoever: bool = False
) -> TakenIn:
    """What the rows say of the answers of these sessions. Rows that say nothing are passed over.

    `rater` is who scored where a row does not name anybody. Whose rows name another is refused, but `whoever`.
    """
    reader = _Reader({session_key(session): session for session in sessions}, rater, at, whoever=whoever)
    refused: list[RefusedRow] = []
    for filled in rows:
        if filled.row.score.strip() or filled.row.note.strip():
            try:
                reader.read(filled)
            except ValueError as error:
                refused.append(RefusedRow(filled.number, str(error)))
    reader.add_notes()
    reader.found.refused = tuple(refused)
    return reader.found


class _Reader:
    def __init__(self, sessions: Mapping[str, Session], rater: str, at: datetime, *, whoever: bool) -> None:
        self.found = TakenIn({})
        self._sessions = sessions
        self._rater = rater
        self._whoever = whoever
        self._at = at
        self._runs: dict[str, dict[str, tuple[str, bool]]] = {}
        self._hashes: dict[tuple[str, str], str] = {}
        self._given: dict[tuple[str, str, str, str], tuple[int, int]] = {}
        """By session, run, rater and criterion: the score, and in which row it is."""
        self._notes: dict[tuple[str, str, str], dict[str, None]] = {}
        """By session, run and rater."""
        self._ratings: dict[tuple[str, str], RatingsOf] = {}

    def read(self, filled: FilledRow) -> None:
        """Take a row in. Raises ValueError with why it cannot be."""
        row = filled.row
        session = self._session(row.session.strip())
        run, blind = self._run(session, row)
        self._check_hash(session, run, row.answer_hash.strip())
        rater = self._whose(row.rater)
        key = session_key(session), run, rater
        if row.note.strip():
            self._notes.setdefault(key, {})[row.note.replace("\r\n", "\n").strip()] = None
        if not row.score.strip():
            return
        criterion = _criterion(session, row.criterion.strip())
        value = score_of_cell(row.score, criterion.scale)
        before, where = self._given.setdefault((*key, criterion.id), (value, filled.number))
        if before != value:
            raise ValueError(f"row {where} gives the same answer {before}")
        if where == filled.number:
            old = self._ratings_of(session, rater).score_of(run, criterion.id)
            if self._is_new(old is not None, value == old):
                unseen = blind and not has_seen(session, question_of(session.requests[run]), rater)
                score = Score(run, rater, value, self._at, criterion.id, criterion.scale, blind=unseen,
                              rubric=session.rubric_hash)  # fmt: skip
                self._ratings_to_add(session, rater).append(score)

    def add_notes(self) -> None:
        """Add the notes that the rows had, one for each answer."""
        for (session_id, run, rater), texts in self._notes.items():
            session = self._sessions[session_id]
            old = self._ratings_of(session, rater).note_of(run)
            text = "\n".join(texts)
            if self._is_new(bool(old), cell(old).strip() == text or old == plain_note(text)):
                self._ratings_to_add(session, rater).append(Note(run, rater, plain_note(text), self._at))

    def _is_new(self, there: bool, alike: bool) -> bool:
        """Count a rating; whether it is to be added."""
        self.found.same += there and alike
        self.found.changed += there and not alike
        self.found.new += not there
        return not (there and alike)

    def _ratings_to_add(self, session: Session, rater: str) -> list[Score | Note]:
        return self.found.ratings.setdefault((session.whole_id, rater), [])

    def _ratings_of(self, session: Session, rater: str) -> RatingsOf:
        return self._ratings.setdefault((session.whole_id, rater), RatingsOf(session, rater))

    def _session(self, name: str) -> Session:
        if (found := self._sessions.get(name)) is None:
            said = f"it is of session {name[:60]}" if name else "it does not say of which session it is"
            raise ValueError(f"{said}, which is none of the files")
        return found

    def _run(self, session: Session, row: SheetRow) -> tuple[str, bool]:
        """Which request a row is about, and whether by its blind id."""
        runs = self._runs.get(session.whole_id)
        if runs is None:
            scored = [request for request in session.requests.values() if can_be_scored(request)]
            runs = {cell(request.spec.id).strip(): (request.spec.id, False) for request in scored}
            runs |= {blind_id(session, request): (request.spec.id, True) for request in scored}
            self._runs[session.whole_id] = runs
        name = row.run.strip()
        if (found := runs.get(name)) is None:
            raise ValueError(f"the session has no answer `{name[:60]}`")
        return found

    def _check_hash(self, session: Session, run: str, given: str) -> None:
        key = session.whole_id, run
        if key not in self._hashes:
            self._hashes[key] = answer_hash(session.requests[run].answer)
        if given != self._hashes[key]:
            said = f"is `{given[:60]}`" if given else "is missing"
            raise ValueError(f"it is about another answer: its hash {said}, and that of the answer {self._hashes[key]}")

    def _whose(self, name: str) -> str:
        name = rater_of_cell(name)
        if name and name != self._rater and not self._whoever:
            raise ValueError(f"it is {name}'s, and the scores are to be {self._rater}'s")
        return name or self._rater


def rater_of_cell(text: str) -> str:
    """The name of a rater as the session has it."""
    return join_surrogates(plain_note(text).strip())[:MAX_RATER]


def _criterion(session: Session, name: str) -> Criterion:
    rubric = session.rubric
    found = next((one for one in rubric if name.casefold() in _names(one)), None)
    if found is None and not name and len(rubric.criteria) == 1:
        found = rubric.criteria[0]
    if found is None:
        raise ValueError(unknown_name(name, rubric.ids, "a criterion"))
    return found


def _names(criterion: Criterion) -> Collection[str]:
    return [cell(name).strip().casefold() for name in (criterion.id, criterion.title)]
