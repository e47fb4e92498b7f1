"""What the host is asked for around the requests, one thing after another, in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue

from tui.background import Worker
from tui.core.catalog.machine import Gpu
from tui.core.catalog.model_card import ModelCard, ModelState
from tui.core.errors import CompareError, NoHostError, prose
from tui.core.requests.request import Request
from tui.core.sessions.session_model import Endpoint
from tui.hosts.base import Ability, Host, HostInfo


@dataclass(frozen=True, slots=True)
class LoadBegan:
    """The host was asked to load this request's model."""

    request: str
    at: int


@dataclass(frozen=True, slots=True)
class Ready:
    """The request's model answers at `endpoint`. `loaded_at` is None when it did not have to be loaded for that."""

    request: str
    endpoint: Endpoint
    loaded_at: int | None
    near: bool = False
    """Whether the model is served by this machine."""
    pid: int | None = None
    """The process of this machine that serves it, when that can be seen."""


@dataclass(frozen=True, slots=True)
class Unready:
    """The request's model cannot answer."""

    request: str
    error: CompareError


@dataclass(frozen=True, slots=True)
class Counted:
    """How many tokens the host's tokenizer makes of a request's text; None when it did not say."""

    request: str
    tokens: int | None


@dataclass(frozen=True, slots=True)
class KeptAlive:
    """A model was given a light prompt, so that it stays loaded; `error` is why that failed."""

    model: str
    error: CompareError | None


@dataclass(frozen=True, slots=True)
class Traced:
    """Why the host of a request that failed is gone, as a sentence; empty when it is not."""

    request: str
    why: str


Step = LoadBegan | Ready | Unready | Counted | KeptAlive | Traced


class HostWorker:
    """Brings the host up and loads what is not loaded yet. Its steps wait in `steps()`.

    `clock` gives the instants of loading, in nanoseconds; it is read in the thread that does the work. `notify` is
    called there when steps wait.
    """

    def __init__(self, host: Host, clock: Callable[[], int], notify: Callable[[], None] = lambda: None) -> None:
        self._host = host
        self._clock = clock
        self._notify = notify
        self._steps: SimpleQueue[Step] = SimpleQueue()
        self._worker = Worker("prepare")

    def prepare(self, requests: Sequence[tuple[Request, ModelCard]], free: Iterable[str] = ()) -> None:
        """Begin to get these requests' models ready. Returns at once. `free` are keys of models to unload before."""
        self._worker.submit(partial(self._prepare, tuple(requests), frozenset(free)))

    def count(self, request: str, model: str, text: str) -> None:
        """Begin to count the tokens of a request's text. Returns at once."""
        self._worker.submit(partial(self._count, request, model, text))

    def keep_alive(self, models: Sequence[str]) -> None:
        """Begin to give these models, by their keys, a light prompt each. Returns at once."""
        self._worker.submit(partial(self._keep_alive, tuple(models)))

    def trace(self, request: str, model: str) -> None:
        """Begin to find out whether the model's host is gone, and why. Returns at once."""
        self._worker.submit(partial(self._trace, request, model))

    def steps(self) -> list[Step]:
        """What happened since the last call."""
        steps = []
        while True:
            try:
                steps.append(self._steps.get_nowait())
            except Empty:
                return steps

    def close(self) -> None:
        """Take nothing more on, whatever is asked from here on. A load under way is left behind."""
        self._worker.close()

    def _add(self, step: Step) -> None:
        self._steps.put(step)
        self._notify()

    def _prepare(self, requests: tuple[tuple[Request, ModelCard], ...], free: frozenset[str]) -> None:
        try:
            info = self._host.connect()
            loads = {card.key for _, card in requests if not self._host.abilities_of(card.key).get(Ability.LOAD)}
            if loads:
                info, ready = self._loaded(info, loads)
            else:
                ready = set()
            for key in sorted(ready & free):
                self._host.unload(key)
        except CompareError as error:
            for request, _ in requests:
                self._add(Unready(request.spec.id, error))
            return
        except Exception as error:
            self._give_up(requests, error)
            raise
        for number, (request, card) in enumerate(requests):
            try:
                loaded_at = None
                if card.key in loads - ready:
                    self._add(LoadBegan(request.spec.id, self._clock()))
                    self._host.load(card.key)
                    loaded_at = self._clock()
                    ready.add(card.key)
                where = next((member for member in info.members if member.name == card.host), info)
                endpoint = self._host.endpoint(card.key)
                self._add(Ready(request.spec.id, endpoint, loaded_at, where.local, where.pid))
            except CompareError as error:
                self._add(Unready(request.spec.id, error))
            except Exception as error:
                self._give_up(requests[number:], error)
                raise

    def gpus(self, key: str) -> tuple[tuple[Gpu, ...], str]:
        """The GPUs of the other machine that has this model, or why they are not known. Called in the sampler's thread,
        beside what the worker does."""
        try:
            return self._host.gpus(key)
        except CompareError as error:
            return (), prose(error.title)

    def _loaded(self, info: HostInfo, models: Iterable[str]) -> tuple[HostInfo, set[str]]:
        """The keys of what is loaded. A host that ended unseen, a moment ago, is brought back."""
        try:
            cards = self._host.catalogue()
        except NoHostError:
            if not any(self._host.why_gone(model) for model in models):
                raise
            info = self._host.connect()
            cards = self._host.catalogue()
        return info, {card.key for card in cards if card.state is ModelState.LOADED}

    def _count(self, request: str, model: str, text: str) -> None:
        tokens = None
        try:
            tokens = self._host.count_tokens(model, text)
        except CompareError:
            pass  # The count stays unknown, and is shown as unknown.
        finally:
            self._add(Counted(request, tokens))

    def _trace(self, request: str, model: str) -> None:
        why = ""
        try:
            why = self._host.why_gone(model)
        except CompareError:
            pass  # What is known of the failure already stays.
        finally:
            self._add(Traced(request, why))

    def _keep_alive(self, models: tuple[str, ...]) -> None:
        from tui.hosts.keep_alive import keep_alive

        for model in models:
            try:
                keep_alive(self._host.endpoint(model))
                self._add(KeptAlive(model, None))
            except CompareError as error:
                self._add(KeptAlive(model, error))

    def _give_up(self, requests: Sequence[tuple[Request, ModelCard]], error: Exception) -> None:
        # A defect must not leave a pane waiting for ever; the job's future keeps the exception itself.
        failure = NoHostError("The host could not be prepared", f"{type(error).__name__}: {error}", "Run it again.")
        for request, _ in requests:
            self._add(Unready(request.spec.id, failure))
