"""Who does what the screens ask for. Each controller is made when it is needed first, and closed with the app."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tui.ui.history import messages as history
from tui.ui.history.messages import HistoryRequest

if TYPE_CHECKING:
    from tui.app.app import CompareApp
    from tui.app.history_controller import HistoryController
    from tui.app.host_controller import HostController
    from tui.app.judge_controller import JudgeController
    from tui.app.report_controller import ReportController
    from tui.app.session_controller import SessionController
    from tui.hosts.base import Host
    from tui.runner import Runner
    from tui.runner.sitting import Sitting
    from tui.ui.compare.judging import JudgeWanted
    from tui.ui.report.messages import ReportAsked


class Controllers:
    """Those of one app. The app closes the sitting."""

    def __init__(self, app: CompareApp, free: Callable[[], float | None] | None = None) -> None:
        """`free` returns the free memory of this machine in bytes, or None when it is not known."""
        self._app = app
        self._free = free
        self._sitting: Sitting | None = None
        self.host: HostController | None = None
        """What asks the host; None while none is looked for."""
        self.sessions: SessionController | None = None
        """What has one session take the place of another; None where none can."""
        self.judges: JudgeController | None = None
        """What has a model judge the session that is open; None before one was asked to."""
        self._history: HistoryController | None = None
        self._reports: ReportController | None = None

    def close(self) -> None:
        """Stop the downloads, read and write nothing more for the screens, and ask no host and no judge. Waits for
        nothing."""
        for controller in (self.host, self._history, self._reports, self.judges):
            if controller is not None:
                controller.close()

    # The sitting and its host

    def begin_sitting(self, sitting: Sitting, *, with_file: bool) -> None:
        """From here on one session can take the place of another. `with_file` says that the program shows a file
        first."""
        from tui.app.session_controller import SessionController

        self._sitting = sitting
        self.sessions = SessionController(self._app, sitting, began_with_file=with_file)
        self._app.app_state.hidden_session = self.sessions.hidden

    def begin_host(
        self, host: Host, runner: Runner, *, models: Sequence[str], named_by: str = "", prompt: str | None = None
    ) -> HostController:
        """From here on the host can be asked; the rest is as `HostController` has it."""
        from tui.app.host_controller import HostController

        self.host = HostController(
            self._app, host, runner, models=models, named_by=named_by, prompt=prompt, free=self._free
        )
        return self.host

    def find_host(self) -> None:
        """Look for a host now, where none was looked for yet."""
        sitting = self._sitting
        if self.host is not None or sitting is None or sitting.runner is None:
            return
        self.begin_host(sitting.host, sitting.runner, models=tuple(self._app.app_state.chosen)).ask_models()
        self._app.refresh_bindings()

    def is_open(self, path: Path) -> bool:
        """Whether this file is that of the session that is open. May be called from any thread."""
        return self.sessions is not None and self.sessions.is_open(path)

    # What the screens ask for

    def history_requested(self, request: HistoryRequest) -> None:
        """What is to be done with the session on the Compare screen is done by what shows it there."""
        match request:
            case history.ReportRequested():
                self._report_controller().report_on(request.paths, request.format)
            case history.OpenRequested() if self.sessions is not None:
                self.sessions.read(request.path, request.run)
            case history.ResumeRequested() if self.sessions is not None:
                self.sessions.resume(request.path)
            case history.JudgeRequested() if self.sessions is not None:
                self.sessions.judge(request.path)
            case history.ReplayRequested() if self.sessions is not None:
                self.sessions.replay(request.path)
            case history.SecondRaterRequested() if self.sessions is not None:
                self.sessions.open(request.path, request.rater)
            case _:
                self._history_controller().request(request)

    def report_asked(self, request: ReportAsked) -> None:
        """Have it made for the Report screen."""
        from tui.ui.report.screen import ReportScreen

        self._report_controller().request(request, self._app.screen_of(ReportScreen))

    def judge_wanted(self, wanted: JudgeWanted) -> None:
        """Have a model judge the session that is open, where there is a sitting."""
        if self.judges is None and self._sitting is not None:
            from tui.app.judge_controller import JudgeController

            self.judges = JudgeController(self._app, self._sitting)
        if self.judges is not None:
            self.judges.begin(wanted.card, pairs=wanted.pairs)

    def _history_controller(self) -> HistoryController:
        if self._history is None:
            from tui.app.history_controller import HistoryController
            from tui.ui.history.screen import HistoryScreen

            self._history = HistoryController(self._app, self._app.screen_of(HistoryScreen), *self._kept_for)
        return self._history

    def _report_controller(self) -> ReportController:
        if self._reports is None:
            from tui.app.report_controller import ReportController

            self._reports = ReportController(self._app, *self._kept_for)
        return self._reports

    @property
    def _kept_for(self) -> tuple[Path | None, str | None]:
        """Where sessions are kept, and who looks at them; None for the usual."""
        return (self._sitting.sessions, self._sitting.rater) if self._sitting is not None else (None, None)
