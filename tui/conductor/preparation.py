"""Getting models ready, one after another, in a thread of its own."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from tui.core.errors import CompareError, NoHostError
from tui.core.lane import Lane
from tui.core.model_card import ModelCard, ModelState
from tui.core.target import Endpoint
from tui.hosts.host import Ability, Host


@dataclass(frozen=True, slots=True)
class LoadBegan:
    """The host was asked to load this lane's model."""

    lane: str


@dataclass(frozen=True, slots=True)
class Ready:
    """The lane's model answers at `endpoint`. `loaded` tells whether it had to be loaded for that."""

    lane: str
    endpoint: Endpoint
    loaded: bool


@dataclass(frozen=True, slots=True)
class Unready:
    """The lane's model cannot answer."""

    lane: str
    error: CompareError


Step = LoadBegan | Ready | Unready


class Preparation:
    """Brings the host up and loads what is not loaded yet. Its steps wait in `steps()`."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._steps: SimpleQueue[Step] = SimpleQueue()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="prepare")

    def prepare(self, lanes: Sequence[tuple[Lane, ModelCard]]) -> None:
        """Begin to get these lanes' models ready. Returns at once."""
        self._thread.submit(self._prepare, tuple(lanes))

    def steps(self) -> list[Step]:
        """What happened since the last call."""
        steps = []
        while True:
            try:
                steps.append(self._steps.get_nowait())
            except Empty:
                return steps

    def close(self) -> None:
        """Take nothing more on. A load under way ends in its own time."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _prepare(self, lanes: tuple[tuple[Lane, ModelCard], ...]) -> None:
        try:
            self._host.connect()
            loads = not self._host.abilities.get(Ability.LOAD)
            ready = {card.id for card in self._host.catalogue() if card.state is ModelState.LOADED} if loads else set()
        except CompareError as error:
            for lane, _ in lanes:
                self._steps.put(Unready(lane.spec.id, error))
            return
        except Exception as error:
            self._give_up(lanes, error)
            raise
        for lane, card in lanes:
            needed = loads and card.id not in ready
            try:
                if needed:
                    self._steps.put(LoadBegan(lane.spec.id))
                    self._host.load(card.id)
                    ready.add(card.id)
                self._steps.put(Ready(lane.spec.id, self._host.endpoint(card.id), needed))
            except CompareError as error:
                self._steps.put(Unready(lane.spec.id, error))
            except Exception as error:
                self._give_up([(lane, card)], error)
                raise

    def _give_up(self, lanes: Sequence[tuple[Lane, ModelCard]], error: Exception) -> None:
        # A defect must not leave a pane waiting for ever; the thread pool keeps the exception itself.
        told = NoHostError("The host could not be prepared", f"{type(error).__name__}: {error}", "Run it again.")
        for lane, _ in lanes:
            self._steps.put(Unready(lane.spec.id, told))
