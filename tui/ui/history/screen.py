"""What was kept: found, opened, named, put away, reported on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from functools import partial
from pathlib import Path

from textual import events
from textual.content import Content
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, Static

from tui.core.sessions.session import Session
from tui.core.sessions.session_filters import FilterBy, SessionFilter, values
from tui.core.sessions.summary import as_seen_by, concealed
from tui.core.text.clean import clean, clean_line
from tui.storage.index.catch_up import Hit, Progress
from tui.storage.index.rows import DamagedFile, Listing, SessionRow
from tui.ui.actions import HISTORY
from tui.ui.dialogs.text_input import TextInputDialog
from tui.ui.dialogs.text_page import TextPageDialog
from tui.ui.history.messages import (
    AgreementRequested,
    JudgeRequested,
    ListRequested,
    NameRequested,
    OpenRequested,
    PreviewRequested,
    ReplayRequested,
    ReportRequested,
    RestoreRequested,
    ResumeRequested,
    SearchRequested,
    SecondRaterRequested,
    TrashRequested,
)
from tui.ui.history.preview import about, about_damaged
from tui.ui.history.rows import COLUMNS, NAME, SessionRows
from tui.ui.list_screen import ListScreen
from tui.ui.report.hand_over import ask_format
from tui.ui.state import AppState
from tui.ui.terminal.refresh_rate import RefreshRate
from tui.ui.widgets.row_table import RowTable

_TYPED_S = 0.15
"""Seconds after a key before what was typed is looked for: the next key may be on its way."""
_RESTED_S = 0.2
"""Seconds that the cursor rests on a session before its file is read."""


class HistoryScreen(ListScreen):
    """Rows keyed by the paths of files. What is to be done with them the app is asked for by messages."""

    MODE = "history"
    ACTIONS = HISTORY
    FIELDS = FilterBy
    WORDS = "/ search: words from titles, prompts, answers, notes"
    ROWS = "sessions"

    def __init__(self, app_state: AppState, refresh_rate: RefreshRate) -> None:
        super().__init__(app_state, refresh_rate)
        self._listing = Listing((), ())
        self._session_rows = SessionRows()
        self._sessions: list[SessionRow] = []
        """Those of the list, as they may be seen."""
        self._hidden = ""
        """The id of the one whose models are hidden; empty for none."""
        self._rows: dict[str, SessionRow] = {}
        self._damaged: dict[str, DamagedFile] = {}
        self._rater = ""
        self._listed = False
        """Whether the folder has been looked at."""
        self._complete = False
        """Whether all files have been read once: from then on the cursor stays with its session."""
        self._in_sight = False
        self._progress: Progress | None = None
        self._known_values: dict[StrEnum, tuple[str, ...]] = {}
        """The values that the sessions have, as far as they were looked for."""
        self._words = ""
        self._hits: tuple[str, Mapping[Path, Hit]] | None = None
        """What was looked for last, and found."""
        self._remark = ""
        """What there is to say of the last search, as a phrase."""
        self._marked: list[Path] = []
        self._preview: tuple[Path, int, Session | None] | None = None
        """The file that was read last, when it was written, and what it holds; None where it cannot be read."""
        self._then: Callable[[], None] | None = None
        """What was to be done with a session before what is searched for was found."""
        self._typed: Timer | None = None
        self._rested: Timer | None = None

    def list_widgets(self) -> Iterable[Widget]:
        """The sessions, and at its end the files that cannot be read."""
        yield RowTable(COLUMNS, NAME, id="table")

    def on_screen_resume(self) -> None:
        """Look at the folder again: something was asked, scored or opened since. The base class's handler is called
        beside this one. Textual says it twice of a screen that comes for the first time."""
        if self._in_sight:
            return
        self._in_sight = True
        if self.app.is_running and self.app_state.hidden_session() != self._hidden:
            self._take_rows()  # Before the folder has been looked at: names may be hidden that were not.
            self.refill()
        self.post_message(ListRequested())

    def on_screen_suspend(self) -> None:
        """Another screen comes to the front."""
        self._in_sight = False

    # What is shown

    def prepare(self, listing: Listing, rater: str) -> None:
        """Make the rows of a list that is going to be shown. May be called from any thread."""
        self._session_rows.rows(listing.sessions, (), (), None, rater)

    def show_listing(self, listing: Listing, rater: str, progress: Progress | None) -> None:
        """Show these sessions; `progress` says how far files are read, None when all are."""
        if not self.alive:
            return
        self._known_values.clear()
        at_top = not self._complete and self._table.is_at_top
        self._listing, self._rater, self._progress, self._listed = listing, rater, progress, True
        self._take_rows()
        self._damaged = {str(file.path): file for file in listing.damaged}
        there = {row.path for row in listing.sessions}
        self._marked = [path for path in self._marked if path in there]
        self.refill()
        if at_top:
            self._table.action_first()  # What was asked last is only being read, and comes before what was known.
        self._complete = self._complete or progress is None
        if self._words and progress is None:
            self.post_message(SearchRequested(self._words))

    def _take_rows(self) -> None:
        """Take the sessions of the list, that which is open in a blind review without its models."""
        self._hidden = hidden = self.app_state.hidden_session()
        self._sessions = []
        for row in self._listing.sessions:
            seen = as_seen_by(self._rater, row.summary)
            seen = concealed(seen) if row.summary.id == hidden else seen
            self._sessions.append(row if seen is row.summary else row._replace(summary=seen))
        self._rows = {str(row.path): row for row in self._sessions}
        if self._hits is not None:
            self._hits = self._hits[0], self._as_in_rows(self._hits[1].values())

    def _as_in_rows(self, hits: Iterable[Hit]) -> Mapping[Path, Hit]:
        return {hit.row.path: replace(hit, row=self._rows.get(str(hit.row.path), hit.row)) for hit in hits}

    def show_hits(self, words: str, hits: Sequence[Hit], remark: str) -> None:
        """Show what was found. `remark` is what there is to say of it, as that it is not all; empty for nothing."""
        if self.alive and words == self._words:
            self._hits, self._remark = (words, self._as_in_rows(hits)), remark
            self.refill()
            # Before the list is there, there is no row: once it is, the words are looked for again.
            if self._listed and (then := self._then) is not None:
                self._then = None
                then()

    def show_preview(self, path: Path, mtime_ns: int, session: Session | None) -> None:
        """Show what is in a file, None where that cannot be read."""
        if self.alive:
            self._preview = path, mtime_ns, session
            self.show_about()

    def refill(self) -> None:
        """Show the list as it is; the cursor stays on its session."""
        sessions, damaged = self._shown()
        self._table.show(self._session_rows.rows(sessions, damaged, self._marked, self._found, self._rater))
        self.show_facets()
        self.show_line(self._line(len(sessions) + len(damaged)))
        self.show_about()
        self.show_top()

    def _shown(self) -> tuple[list[SessionRow], list[DamagedFile]]:
        """The sessions and files that pass the filters. While a search goes on, those that the one before it found."""
        found, wanted = self._found, SessionFilter(self.picked)
        sessions = [
            row
            for row in self._sessions
            if (found is None or row.path in found) and wanted.admits(row.summary, self._rater)
        ]
        damaged = list(self._listing.damaged) if found is None and wanted.admits(None, self._rater) else []
        return sessions, damaged

    def known(self, by: StrEnum) -> Sequence[str]:
        """The values that the sessions have."""
        if by not in self._known_values:
            summaries = [*(row.summary for row in self._sessions), *(None for _ in self._listing.damaged)]
            self._known_values[by] = values(summaries, FilterBy(by), self._rater)
        return self._known_values[by]

    @property
    def _searches(self) -> bool:
        """Whether what was typed has not been found yet."""
        return bool(self._words) and (self._hits is None or self._hits[0] != self._words)

    @property
    def _found(self) -> Mapping[Path, Hit] | None:
        """What was found by the words of the search, or by those before them while it goes on; None without words."""
        return self._hits[1] if self._words and self._hits is not None else None

    def _hit(self, row: SessionRow) -> Hit | None:
        return None if self._found is None else self._found.get(row.path)

    def _waits_with(self, then: Callable[[], None]) -> bool:
        """Whether what is to be done with a session has to wait: the row that is meant is still being searched for."""
        if self._searches:
            self._then = then
        return self._searches

    def _line(self, shown: int) -> str:
        """How many sessions there are, and what is still to come."""
        listing = self._listing
        count = len(listing.sessions)
        if not self._listed:
            return "Looking at the folder …"
        parts = [f"{shown} of {count + len(listing.damaged)} shown"] if shown != count + len(listing.damaged) else []
        parts.append("1 session" if count == 1 else f"{count:,} sessions")
        if listing.damaged:
            parts.append(f"{len(listing.damaged)} damaged")
        if self._marked:
            parts.append(f"{len(self._marked)} marked")
        if self._progress is not None:
            parts.append(f"reading {self._progress.read:,} of {self._progress.total:,} files …")
        if self._searches:
            parts.append("searching …")
        elif self._words and self._remark:
            parts.append(self._remark)
        parts += [error.sentence() for error in listing.unlisted]
        return " · ".join(parts)

    def show_about(self) -> None:
        """Show the session under the cursor."""
        here = self._table.here
        row, file = (self._rows.get(here.key), self._damaged.get(here.key)) if here is not None else (None, None)
        if row is not None:
            known = self._preview
            fresh = known is not None and known[:2] == (row.path, row.mtime_ns)
            text = about(row, self._rater, self._hit(row), known[2] if known is not None and fresh else None)
            if not fresh:
                self._ask_preview(row)
        elif file is not None:
            text = about_damaged(file)
        else:
            text = Content(self._why_empty())
        self.query_one("#about", Static).update(text)
        self.refresh_bindings()

    def _ask_preview(self, row: SessionRow) -> None:
        if self._rested is not None:
            self._rested.stop()
        wanted = PreviewRequested(row.path, row.size, row.mtime_ns)
        self._rested = self.set_timer(_RESTED_S, lambda: self.post_message(wanted))

    def _why_empty(self) -> str:
        if not self._listed or self._progress is not None:
            return ""
        if not self._listing.sessions and not self._listing.damaged:
            return "No session was kept yet: ask something on the Compare screen (F2)."
        return self.why_none_left("No session has all of these words. / changes them." if self._words else "")

    # Searching and filtering

    def on_input_changed(self, event: Input.Changed) -> None:
        """Look for what is typed, once no more is."""
        self._words, self._then = " ".join(event.value.split()), None
        if self._typed is not None:
            self._typed.stop()
        if not self._words:
            self._hits = None
            self.refill()
            return
        words = self._words
        self._typed = self.set_timer(_TYPED_S, lambda: self.post_message(SearchRequested(words)))
        self.show_line(self._line(len(self._table.rows)))  # The rows stay until something is found.

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Search at once. The base class's handler is called beside this one."""
        if self._searches and self._typed is not None:
            self._typed.stop()
            self.post_message(SearchRequested(self._words))

    def on_key(self, event: events.Key) -> None:
        """Esc ends the search."""
        if event.key == "escape" and self._words and self.focused is self._table:
            self.query_one("#words", Input).value = ""
            event.stop()
            event.prevent_default()

    # What is done with sessions

    def on_row_table_picked(self, event: RowTable.Picked) -> None:
        """A click on the row under the cursor opens it."""
        self.action_open()

    def action_open(self) -> None:
        """Open the session under the cursor on the Compare screen; of a damaged file, say what is wrong."""
        if self._waits_with(self.action_open):
            return
        here = self._table.here
        if here is not None and (file := self._damaged.get(here.key)) is not None:
            self.app.push_screen(TextPageDialog(file.path.name, about_damaged(file)))
        else:
            self._with_row(lambda row: self.post_message(OpenRequested(row.path, run=self._found_in(row))))

    def action_resume(self) -> None:
        """Open it, and ask what it has still to ask."""
        self._with_row(lambda row: self.post_message(ResumeRequested(row.path)))

    def action_replay(self) -> None:
        """Show it as it went."""
        self._with_row(lambda row: self.post_message(ReplayRequested(row.path)))

    def action_second_rater(self) -> None:
        """Ask who scores it, and open it for them."""
        self._with_row(self._ask_second_rater)

    def _ask_second_rater(self, row: SessionRow) -> None:
        """Whoever is here and has not scored it needs to type no name."""
        here = "" if self._rater in row.summary.raters else self._rater

        def entered(name: str | None) -> None:
            if name is not None:
                self.post_message(SecondRaterRequested(row.path, name or here))

        others = ", ".join(clean_line(name, 20) for name in row.summary.raters)
        title = "Who scores it blind?" + (f" It was scored by {others}." if others else "")
        you = clean_line(self._rater, 20)
        hint = (
            f"enter: you, {you}; or another name; esc leaves" if here else f"not you, {you}: another name; esc leaves"
        )
        self.app.push_screen(TextInputDialog(title, "", hint, needed=not here), entered)

    def action_judge(self) -> None:
        """Open it, and ask which model judges it."""
        self._with_row(lambda row: self.post_message(JudgeRequested(row.path)))

    def action_agreement(self) -> None:
        """Show how far those agree who scored it."""
        self._with_row(lambda row: self.post_message(AgreementRequested(row.path)))

    def action_title(self) -> None:
        """Give it a title."""
        self._with_row(self._ask_title)

    def _ask_title(self, row: SessionRow) -> None:
        def entered(text: str | None) -> None:
            if text is not None:
                self.post_message(NameRequested(row.path, title=text))

        field = TextInputDialog("What the session is called", row.summary.title, "enter keeps it, empty takes it back")
        self.app.push_screen(field, entered)

    def action_tags(self) -> None:
        """Give it tags."""
        self._with_row(self._ask_tags)

    def _ask_tags(self, row: SessionRow) -> None:
        def entered(text: str | None) -> None:
            if text is not None:
                tags = dict.fromkeys(tag for part in text.split(",") if (tag := part.strip()))
                self.post_message(NameRequested(row.path, tags=tuple(tags)))

        field = TextInputDialog("Tags, parted by commas", ", ".join(row.summary.tags), "enter keeps them, esc leaves")
        self.app.push_screen(field, entered)

    def action_mark(self) -> None:
        """Mark the session under the cursor, or not, and go on to the next row."""
        self._with_row(self._mark)

    def _mark(self, row: SessionRow) -> None:
        if row.path in self._marked:
            self._marked.remove(row.path)
        else:
            self._marked.append(row.path)
        self.refill()
        self._table.action_move(1)

    def action_trash(self) -> None:
        """Put the marked sessions into the trash, else the one under the cursor."""
        if self._waits_with(self.action_trash):
            return
        shown = {row.key for row in self._table.rows}
        if hidden := sum(str(path) not in shown for path in self._marked):
            self._say(f"{hidden} of {len(self._marked)} marked sessions are not in this list: esc and 0 show them.")
        elif paths := self._chosen():
            self._marked = []
            self.post_message(TrashRequested(paths))

    def action_restore(self) -> None:
        """Bring back what was put into the trash last."""
        self.post_message(RestoreRequested())

    def action_report(self) -> None:
        """Ask how the marked sessions, else the one under the cursor, are to be reported on."""
        if self._waits_with(self.action_report):
            return
        paths = self._chosen()
        if not paths:
            return
        what = "this session" if len(paths) == 1 else f"{len(paths)} sessions"
        ask_format(self, f"Report on {what}", lambda name: self.post_message(ReportRequested(paths, name)))

    def action_refresh_list(self) -> None:
        """Look at the folder again."""
        self.post_message(ListRequested())

    def _chosen(self) -> list[Path]:
        if self._marked:
            return list(self._marked)
        if (row := self._row) is not None:
            return [row.path]
        self._refuse()
        return []

    def _found_in(self, row: SessionRow) -> str:
        """The id of the first request of a session in which the words were found; empty for none."""
        hit = self._hit(row)
        return next((place.run for place in hit.shown if place.run), "") if hit is not None else ""

    def _with_row(self, then: Callable[[SessionRow], object]) -> None:
        """Do this with the session under the cursor, once what is searched for was found; say why where there is
        none."""
        if self._waits_with(partial(self._with_row, then)):
            return
        if (row := self._row) is not None:
            then(row)
        else:
            self._refuse()

    def _refuse(self) -> None:
        """Say why nothing is done with the row under the cursor."""
        here = self._table.here
        file = self._damaged.get(here.key) if here is not None else None
        if file is not None:
            self._say(clean(f"{file.path.name} cannot be read, and is left as it is: enter says why."))
        elif here is None and (not self._listed or self._progress is not None):
            self._say("The sessions are still being looked for: press it again when they are listed.")
        elif here is None:
            self._say("There is no session in the list.")

    @property
    def _row(self) -> SessionRow | None:
        """The session under the cursor."""
        here = self._table.here if self.alive else None
        return self._rows.get(here.key) if here is not None else None
