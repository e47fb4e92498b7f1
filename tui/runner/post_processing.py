"""What is asked of the host between requests: token counts it left out, and light prompts that keep models loaded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from tui.core.errors import CompareError
from tui.core.requests.events import Event, FailureExplained, Usage
from tui.core.requests.outcome import retry_hint
from tui.core.requests.request import UNLOADED, Request, RequestState
from tui.core.sessions.session import Session
from tui.hosts.base import Ability, Host
from tui.runner.host_worker import Counted, HostWorker, KeptAlive, Traced
from tui.runner.keep_alive import KeepAlive

BROKEN = ("connect", "stream")
"""Kinds of faults that a host which is gone leads to."""


class PostProcessing:
    """Looks at requests that have ended. What it asks runs in the host worker's thread, so never beside a load."""

    def __init__(self, session: Session, host: Host, host_worker: HostWorker, keep_alive: KeepAlive | None) -> None:
        self._session = session
        self._host = host
        self._host_worker = host_worker
        self._keep_alive = keep_alive
        self._problems: list[CompareError] = []
        self._counting: set[str] = set()
        self._tracing: set[str] = set()
        self._counted: set[str] = set()

    @property
    def busy(self) -> bool:
        """Whether something is still being asked about requests that have ended."""
        return bool(self._counting or self._tracing)

    def awaits(self, request: Request) -> bool:
        """Whether more will be known of a request that has ended."""
        return request.spec.id in self._tracing or self._awaits_count(request)

    def ended(self, request: Request) -> None:
        """Begin to find out whether the request failed, or was cut, because its host is gone."""
        if request.state is RequestState.CUT or (request.fault is not None and request.fault.kind in BROKEN):
            self._tracing.add(request.spec.id)
            self._host_worker.trace(request.spec.id, self._session.model_of(request).card.key)

    def post_process(self, batch: Iterable[Request]) -> list[Request]:
        """Begin to count what has no count; return the requests whose model was unloaded and can be loaded again."""
        gone = []
        for request in batch:
            key = self._session.model_of(request).card.key
            able = self._host.abilities_of(key)
            if self._awaits_count(request):
                self._counting.add(request.spec.id)
                self._host_worker.count(request.spec.id, key, request.reasoning + request.answer)
            if request.fault is not None and request.fault.kind == UNLOADED and able.get(Ability.LOAD) == "":
                gone.append(request)
        return gone

    def _awaits_count(self, request: Request) -> bool:
        """Whether the host's tokenizer will be asked for the count that the host itself left out."""
        counted = request.usage is not None and request.usage.completion_tokens is not None
        if counted or request.spec.id in self._counted or not (request.answer or request.reasoning):
            return False
        return self._host.abilities_of(self._session.model_of(request).card.key).get(Ability.COUNT) == ""

    def keep_alive(self, models: Iterable[str], *, busy: bool) -> None:
        """Prompt these models of the session lightly, when that is wished and due."""
        if self._keep_alive is not None:
            due = self._keep_alive.due(sorted(models), busy=busy)
            if due:
                self._host_worker.keep_alive([self._session.models[model].card.key for model in due])

    def take(self, step: Counted | KeptAlive | Traced, now: int) -> Event | None:
        """Note what came of it; what is now known of a request is returned as the event to fold."""
        if isinstance(step, Traced):
            self._tracing.discard(step.request)
            hint = retry_hint(self._session.requests[step.request])
            return FailureExplained(step.request, now, step.why, hint) if step.why else None
        if isinstance(step, Counted):
            self._counting.discard(step.request)
            self._counted.add(step.request)
            if step.tokens is None:
                return None
            usage = self._session.requests[step.request].usage or Usage(step.request)
            # What the host counted of the prompt stays known.
            return replace(usage, completion_tokens=step.tokens, source="tokenizer")
        policy = self._keep_alive
        if policy is not None:
            model = next(key for key, target in self._session.models.items() if target.card.key == step.model)
            policy.answered(model, failed=step.error is not None)
            self._session.tool["keep_warm"] = f"{policy.prompts} prompts, every {policy.minutes:g} min"
        if step.error is not None:
            self._problems.append(step.error)
        return None

    def problems(self) -> Sequence[CompareError]:
        """Which models could not be kept warm, since the last call."""
        problems, self._problems = self._problems, []
        return problems
