"""The Python interface: compare models, load sessions, report on them. The command line does the same work through it.

Everything here may be called from any thread. Failures are `CompareError`s. Scripts import these names from
`foundry_compare`.
"""

from __future__ import annotations

from tui.api.asynchronous import Comparing, compare_async, comparing, resume_async
from tui.api.comparison import Comparison, Stop, compare, resume
from tui.api.rating import Rating, rating
from tui.api.summing_up import report, verdict
from tui.core.catalog.host_info import HostInfo
from tui.core.catalog.model_card import ModelCard
from tui.core.errors import (
    BadInputError,
    CompareError,
    ModelFailedError,
    NoHostError,
    NoModelError,
    StoreError,
)
from tui.core.metrics.metrics import Metrics
from tui.core.plans.mode import Mode
from tui.core.plans.plan import PlanOptions
from tui.core.plans.progress import Progress
from tui.core.plans.prompt import Prompt
from tui.core.requests.events import Usage
from tui.core.requests.request import Fault, Request, RequestState
from tui.core.scoring.in_effect import RatingsInEffect, in_effect
from tui.core.scoring.rating import FacetTick, Note, Rater, RaterKind, Score, Vote, VoteChoice
from tui.core.scoring.rubric import Criterion, Rubric
from tui.core.sessions.session import Session
from tui.core.sessions.session_model import ModelChoice, Overrides, Parameters, SessionModel, Timeouts
from tui.report.model_verdicts import Verdict, Verdicts
from tui.report.report import Report
from tui.report.verdicts import Outcome
from tui.runner.host_models import HostModels
from tui.runner.judging import Judged, judge
from tui.runner.recovery import RecoveryBegan, RecoveryFailed, SessionRecovered
from tui.runner.updates import (
    ConditionsChanged,
    HostMoved,
    InterruptedAndKept,
    ModelsChosen,
    ProblemFound,
    RequestBegan,
    RequestEnded,
    RetryPaused,
    SessionResumed,
    TextArrived,
    Update,
)
from tui.storage.session_files import load_sessions

__all__ = [
    "BadInputError",
    "CompareError",
    "Comparing",
    "Comparison",
    "ConditionsChanged",
    "Criterion",
    "FacetTick",
    "Fault",
    "HostInfo",
    "HostModels",
    "HostMoved",
    "InterruptedAndKept",
    "Judged",
    "Metrics",
    "Mode",
    "ModelCard",
    "ModelChoice",
    "ModelFailedError",
    "ModelsChosen",
    "NoHostError",
    "NoModelError",
    "Note",
    "Outcome",
    "Overrides",
    "Parameters",
    "PlanOptions",
    "ProblemFound",
    "Progress",
    "Prompt",
    "Rater",
    "RaterKind",
    "Rating",
    "RatingsInEffect",
    "RecoveryBegan",
    "RecoveryFailed",
    "Report",
    "Request",
    "RequestBegan",
    "RequestEnded",
    "RequestState",
    "RetryPaused",
    "Rubric",
    "Score",
    "Session",
    "SessionModel",
    "SessionRecovered",
    "SessionResumed",
    "Stop",
    "StoreError",
    "TextArrived",
    "Timeouts",
    "Update",
    "Usage",
    "Verdict",
    "Verdicts",
    "Vote",
    "VoteChoice",
    "compare",
    "compare_async",
    "comparing",
    "in_effect",
    "judge",
    "load_sessions",
    "rating",
    "report",
    "resume",
    "resume_async",
    "verdict",
]
