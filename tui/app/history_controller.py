"""Between the History screen and what was kept: lists, searches, names, puts away and reports, in threads."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from tui.app.threaded_controller import ThreadedController
from tui.background import Questions, Worker, collector_off
from tui.core.blind.orders import is_hidden_from
from tui.core.errors import BadInputError, CompareError, StoreError
from tui.core.sessions.session import Session
from tui.core.text.clean import clean_line
from tui.runner.kept_session import KeptComparison, load_kept, open_kept_session
from tui.storage import paths
from tui.storage.index.catch_up import Hit, Progress, catch_up, listing, search
from tui.storage.index.database import SessionIndex, index_path
from tui.storage.index.scan import Scan, scan
from tui.storage.rater_name import rater_name
from tui.storage.trash import Trashed, restore, trash
from tui.ui.history.messages import (
    AgreementRequested,
    DecisionRequested,
    HistoryRequest,
    ListRequested,
    NameRequested,
    PreviewRequested,
    RestoreRequested,
    SearchRequested,
    TrashRequested,
)
from tui.ui.history.screen import HistoryScreen

if TYPE_CHECKING:
    from tui.app.app import CompareApp
    from tui.ui.history.agreement import Agreement

_SHOW_EVERY = 1.0
"""Seconds between two looks at a list whose files are still being read."""
_PATIENCE = 3
"""How often the index catches up with files that go on changing."""
_FIRST_HITS, _MOST_HITS = 30, 300
"""After how many sessions a search shows what it has found, and how many it shows at most: more is read by nobody."""
_LARGEST_PREVIEW = 4 << 20
"""Bytes of a file that is read for a preview: more takes so long that somebody waits for it."""


class HistoryController(ThreadedController):
    """Does what the History screen asks for, but for opening a session. A defect in a thread ends the app."""

    def __init__(self, app: CompareApp, screen: HistoryScreen, folder: Path | None, rater: str | None) -> None:
        """`folder` is where sessions are kept, None for the usual place; `rater` is who looks, None for the user's
        login name."""
        # One thread each: a search does not wait for files that are read, nor a list for a search.
        self._reader, self._searcher, self._writer = Worker("history"), Worker("history search"), Worker("history file")
        super().__init__(app, self._reader, self._searcher, self._writer)
        self._screen = screen
        self._folder = paths.sessions_dir(folder)
        self._rater = rater_name(rater)
        self._index: SessionIndex | None = None
        self._lists, self._searches, self._previews = Questions(), Questions(), Questions()
        self._newest_list = 0
        self._listed = False
        """Whether there was a list: a file that has changed since keeps its row there until it is read again."""
        self._shown: Scan | None = None
        """What the folder was like when it was listed last; None where it must be listed again in any case."""
        self._newest_search = 0
        self._trashed: list[list[Trashed]] = []

    def request(self, request: HistoryRequest) -> None:
        """Begin what is asked for."""
        match request:
            case ListRequested():
                self.look()
            case SearchRequested(words=words):
                self._newest_search = number = self._searches.ask()
                self._do(self._searcher, partial(self._search, number, words))
            case PreviewRequested(path=path, size=size, mtime_ns=mtime_ns):
                number = self._previews.ask()
                self._do(self._searcher, partial(self._preview, number, path, size, mtime_ns))
            case NameRequested():
                if self._app.controllers.is_open(request.path):
                    self._name_open(request)
                else:
                    self._do(self._writer, partial(self._name, request))
            case AgreementRequested():
                self._ask_agreement(request.path, opens=True)
            case DecisionRequested():
                if self._app.controllers.is_open(request.path):
                    self._decide_open(request)
                else:
                    self._do(self._writer, partial(self._decide, request))
            case TrashRequested():
                self._do(self._writer, partial(self._trash, request.paths))
            case RestoreRequested():
                self._do(self._writer, self._restore)

    def look(self) -> None:
        """Look at the folder again."""
        self._newest_list = number = self._lists.ask()
        self._do(self._reader, partial(self._list, number))

    # In threads

    def _opened_index(self) -> SessionIndex:
        if self._index is None:
            self._index = SessionIndex(index_path(paths.cache_dir()))
        return self._index

    def _list(self, number: int) -> None:
        if number != self._newest_list:
            return
        index, at = self._opened_index(), scan([self._folder])
        if not self._listed:
            self._listed = True
            self._show_list(index, at, None)
        shown = time.monotonic()
        for _ in range(_PATIENCE):
            progress = None
            for progress in catch_up(index, at):
                if number != self._newest_list:
                    return
                if time.monotonic() - shown >= _SHOW_EVERY:
                    self._show_list(index, at, progress)
                    shown = time.monotonic()
            if progress is None:
                break
            at = scan([self._folder])  # A file may have changed before it was read.
        if at != self._shown:
            self._show_list(index, at, None)

    def _show_list(self, index: SessionIndex, at: Scan, progress: Progress | None) -> None:
        with collector_off(len(at.files)):
            found = listing(index, at)
            self._screen.prepare(found, self._rater)
        # What a journal has beyond its file changes without either of them being another.
        self._shown = at if progress is None and not found.outdated and not at.journals else None
        if progress is None and found.unread:
            progress = Progress(0, found.unread)

        self._show(partial(self._screen.show_listing, found, self._rater, progress))

    def _search(self, number: int, words: str) -> None:
        if number != self._newest_search:
            return
        index = self._opened_index()
        slowly = "" if index.full_text else "without full text in this Python's SQLite searches take longer"
        hits: list[Hit] = []
        for hit in islice(search(index, scan([self._folder]), words), _MOST_HITS):
            if number != self._newest_search:
                return
            hits.append(hit)
            if len(hits) == _FIRST_HITS:
                self._show(partial(self._screen.show_hits, words, tuple(hits), slowly))
        more = f"the newest {_MOST_HITS} that were found" if len(hits) == _MOST_HITS else ""
        self._show(partial(self._screen.show_hits, words, hits, more or slowly))

    def _preview(self, number: int, path: Path, size: int, mtime_ns: int) -> None:
        session: Session | None = None
        if size <= _LARGEST_PREVIEW:
            try:
                session = load_kept(path)
            except BadInputError:
                pass  # The list says so, once it has looked again.
        if self._previews.accept(number):
            self._show(partial(self._screen.show_preview, path, mtime_ns, session))

    def _name_open(self, request: NameRequested) -> None:
        try:
            if self._app.controllers.sessions is not None:
                self._app.controllers.sessions.name(request.title, request.tags)
        except CompareError as error:
            self._app.show_error(error)
        else:
            self._app.set_timer(1.0, self.look)  # Its file is written meanwhile.

    def _name(self, request: NameRequested) -> None:
        kept = open_kept_session(request.path)
        try:
            if not isinstance(kept.view, KeptComparison):
                raise kept.notices[0]
            session = kept.view.session
            title = session.title if request.title is None else request.title
            tags = session.tags if request.tags is None else request.tags
            kept.view.name(title, tags)
        finally:
            everything = kept.close()
        if not everything:
            raise StoreError(kept.missing_report())
        self.look()

    def _ask_agreement(self, path: Path, *, opens: bool = False) -> None:
        sessions = self._app.controllers.sessions
        here = sessions.session_of(path) if sessions is not None else None
        only = sessions.scores_blind() if sessions is not None and here is not None else ""
        self._do(self._writer, partial(self._agreement, path, here, only, opens=opens))

    def _agreement(self, path: Path, here: Session | None, only: str = "", *, opens: bool = False) -> None:
        """Show how far people agree on a session, `here` being what is open of it; `only` is as in `agreement_of`.
        `opens` is whether somebody asked to see it, rather than decided something on a page that may have been closed
        since."""
        from tui.core.blind.concealed import with_judges_unnamed
        from tui.report.aggregate import aggregate  # takes long to load, and is seldom needed
        from tui.report.raters import said_of_agreement
        from tui.ui.history.agreement import agreement_of

        session = load_kept(path) if here is None else here
        only = only or (self._rater if is_hidden_from(session, self._rater) else "")
        seen = with_judges_unnamed(session) if only else session
        agreed = [said_of_agreement(one) for one in aggregate([seen]).agreements]
        found = agreement_of(path, session, agreed, only)
        self._show(partial(self._show_agreement, found, opens=opens))

    def _show_agreement(self, found: Agreement, *, opens: bool) -> None:
        from tui.ui.history.agreement import AgreementDialog

        app = self._app
        if isinstance(app.screen, AgreementDialog):
            if app.screen.path == found.path:
                app.screen.show(found)
        elif not opens or app.screen is not self._screen:
            pass  # Somebody went on meanwhile.
        elif not found.shared:
            text = "No answer was scored by two people for the same criterion: b has somebody else score it."
            app.notify(text, severity="warning", markup=False)
        else:
            app.push_screen(AgreementDialog(found))

    def _decide_open(self, request: DecisionRequested) -> None:
        try:
            if self._app.controllers.sessions is not None:
                self._app.controllers.sessions.decide(request.answer, request.value)
        except (CompareError, ValueError) as error:
            self._app.show_error(_not_decided(error))
        else:
            self._ask_agreement(request.path)

    def _decide(self, request: DecisionRequested) -> None:
        kept = open_kept_session(request.path, self._rater)
        try:
            if not isinstance(kept.view, KeptComparison):
                raise kept.notices[0]
            kept.view.commands.decide(request.answer, request.value)
        except ValueError as error:
            raise _not_decided(error) from error
        finally:
            everything = kept.close()
        if not everything:
            raise StoreError(kept.missing_report())
        self._agreement(request.path, None)

    def _trash(self, wanted: Sequence[Path]) -> None:
        put_away: list[Trashed] = []
        for path in wanted:
            if self._app.controllers.is_open(path):
                error = BadInputError(f"{clean_line(path.name)} is open here", hint="Open another one first.")
                self._show(partial(self._app.show_error, error))
                continue
            try:
                put_away.append(trash(path))
            except CompareError as error:
                self._show(partial(self._app.show_error, error))
        if put_away:
            self._trashed.append(put_away)
            one = len(put_away) == 1
            what = f"{clean_line(put_away[0].path.name, 80)} is" if one else f"{len(put_away)} sessions are"
            self._say(f"{what} in the trash; u brings {'it' if one else 'them'} back.")
        self.look()

    def _restore(self) -> None:
        if not self._trashed:
            self._say("Nothing was put into the trash here. `foundry-compare sessions restore` knows older ones.")
            return
        back, problems = 0, list[Trashed]()
        for one in self._trashed.pop():
            try:
                restore(one)
            except CompareError as error:
                problems.append(one)
                self._show(partial(self._app.show_error, error))
            else:
                back += 1
        if problems:
            self._trashed.append(problems)
        if back:
            self._say("It is back." if back == 1 else f"{back} sessions are back.")
        self.look()


def _not_decided(error: CompareError | ValueError) -> CompareError:
    return error if isinstance(error, CompareError) else BadInputError("Nothing was decided", f"{error}")
