"""Runs as if they had just happened: fixed events, a clock that stands still, and a host that is only looked at."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache
from types import MappingProxyType
from typing import Any

from textual.theme import Theme

from tests.support.screens import Play, playing
from tests.support.sessions import ASKED, MS, SENT, WHEN, fold, request, session, spec
from tui.app.app import CompareApp
from tui.app.opened import Opened
from tui.core.catalog.model_card import ModelCard, ModelState
from tui.core.plans.mode import Mode
from tui.core.plans.plan import Plan, PlanOptions
from tui.core.plans.plan_run import PlanRun
from tui.core.plans.prompt import Prompt
from tui.core.requests import events as ev
from tui.core.requests.events import Kind
from tui.core.requests.request import Request
from tui.core.scoring.rating import Note, Score
from tui.core.scoring.rubric import DEFAULT_RUBRIC, Rubric
from tui.core.sessions.session import Session
from tui.core.sessions.session_model import Endpoint, ModelChoice, SessionModel
from tui.core.sessions.view import StoredComparison
from tui.hosts.base import Ability, BareHost, HostInfo, able
from tui.runner import Runner
from tui.ui.themes import load_all

RATER = "ann"
PROMPT = Prompt("Explain the principle of retrieval augmented generation in 2 sentences.", key="p1")
SECOND = 1000 * MS

ANSWER = (
    "Retrieval augmented generation (RAG) first looks up passages that fit the question, and gives them to the model "
    "together with it. The model then answers from these passages instead of from memory alone, so that the answer "
    "can be checked and is as fresh as the documents."
)
SHORT = "RAG lets a model look things up before it answers. That keeps its answers **fresh** and checkable."
THOUGHT = "The user wants two sentences. First the search, then the answer. Which words are plain enough for that? "

CHAT = "chat-completion"
CARDS = (
    ModelCard("qwen2.5-0.5b-instruct-generic-cpu:4", "qwen2.5-0.5b", "generic-cpu", "CPU", "CPUExecutionProvider",
              822_000_000, 32768, "apache-2.0", CHAT, ModelState.LOADED, "Microsoft", 494_032_768,
              "A small model for short answers."),
    ModelCard("phi-4-mini-instruct-cuda-gpu:5", "phi-4-mini", "cuda-gpu", "GPU", "CUDAExecutionProvider",
              3_686_400_000, 131072, "MIT", CHAT, ModelState.LOADED, "Microsoft", 3_836_021_760),
    ModelCard("mistral-7b-instruct-generic-gpu:2", "mistral-7b", "generic-gpu", "GPU", "WebGpuExecutionProvider",
              4_167_700_000, 32768, "apache-2.0", CHAT, ModelState.CACHED, "Mistral AI"),
    ModelCard("deepseek-r1-distill-qwen-7b-npu:3", "deepseek-r1-7b", "qnn-npu", "NPU", "QNNExecutionProvider",
              3_788_800_000, None, "MIT", CHAT, ModelState.CACHED),
    ModelCard("gpt-oss-20b-cuda-gpu:1", "gpt-oss-20b", "cuda-gpu", "GPU", "CUDAExecutionProvider",
              9_912_300_000, 131072, "apache-2.0", CHAT, ModelState.CATALOG, "OpenAI"),
)  # fmt: skip


@cache
def bundled_themes() -> Sequence[Theme]:
    """The themes that come with the program, read once for all tests."""
    themes, _ = load_all([])
    return themes


class LookedAtHost(BareHost):
    """Has models, and can neither load nor answer with them: nobody is to ask it."""

    def __init__(self, cards: Sequence[ModelCard] = CARDS, *, unable: str = "") -> None:
        """`unable` is why it does not load and unload; an empty string when it does."""
        self._cards = tuple(cards)
        managing = able(Ability.LOAD, Ability.UNLOAD, why_not="It is only looked at")
        self.abilities = {**managing, Ability.LOAD: unable, Ability.UNLOAD: unable}

    def connect(self) -> HostInfo:
        return HostInfo("recorded", "Foundry Local 0.10.3 at winbox", "0.10.3", local=False)

    def catalogue(self) -> tuple[ModelCard, ...]:
        return self._cards

    def load(self, model_id: str) -> None:
        raise AssertionError(f"{model_id} was to be loaded")

    def unload(self, model_id: str) -> None:
        raise AssertionError(f"{model_id} was to be unloaded")

    def endpoint(self, model_id: str) -> Endpoint:
        raise AssertionError(f"{model_id} was to answer")


class RecordedComparison(StoredComparison):
    """A run in the midst of which the time stands still: what has not ended then goes on for ever."""

    @property
    def busy(self) -> bool:
        return self.run is not None and not self.run.finished


class RecordedRunner(Runner):
    """Takes the commands that a screen gives about a recorded run: it rates, and notes what was to be asked."""

    def __init__(self, host: LookedAtHost, kept: Session, run: PlanRun | None) -> None:
        super().__init__(host, kept, rater=RATER, now=lambda: WHEN)
        self._queue.run = run
        self.begun: list[str] = []
        """The prompts that were to be run."""

    def begin(
        self,
        models: Sequence[ModelCard | ModelChoice],
        asked: str | Sequence[Prompt],
        options: PlanOptions = PlanOptions(),
        follows: Mapping[str, str] = MappingProxyType({}),
    ) -> PlanRun:
        prompts = [asked] if isinstance(asked, str) else [prompt.user for prompt in asked]
        if not all(text.strip() for text in prompts) or self.run is None:
            return super().begin(models, asked, options, follows)
        self.begun += prompts
        return self.run

    def start(self) -> None:
        """No engine is needed."""


@asynccontextmanager
async def looking_at(
    requests: Iterable[Request] = (),
    *,
    size: tuple[int, int] = (80, 24),
    cards: Sequence[ModelCard] = CARDS,
    at: int = SENT + SECOND,
    scores: Iterable[Score] = (),
    notes: Iterable[Note] = (),
    unable: str = "",
    chosen: Sequence[str] | None = None,
    low_bandwidth: bool = False,
    notices: bool = False,
    rubric: Rubric = DEFAULT_RUBRIC,
    earlier: Iterable[Iterable[Request]] = (),
) -> AsyncIterator[Play]:
    """The program with a recorded run of the requests, whose models are keyed `m1`, `m2`, … in the order of the cards.

    Without requests nothing has been run yet. `earlier` are the requests of each question that was asked before, with
    plans and prompts of their own. `chosen` are the models to begin with, by default those of the requests.
    """
    given = list(requests)
    models = [SessionModel(f"m{number}", card, "recorded") for number, card in enumerate(cards, 1)]
    before = [list(question) for question in earlier]
    plans = [
        Plan(question[0].spec.plan, Mode.RACE, tuple(one.spec.model for one in question), (question[0].spec.prompt,))
        for question in before
    ]
    if given:
        asked_of = tuple(dict.fromkeys(one.spec.model for one in given))
        plans.append(Plan(Mode.RACE.value, Mode.RACE, asked_of, (PROMPT.key,)))
    asked_before = [one for question in before for one in question]
    kept = session(
        [*asked_before, *given], models=models, plans=plans, prompts=[PROMPT], scores=scores, notes=notes, rubric=rubric
    )
    asked = list(dict.fromkeys(kept.model_of(one).card.id for one in given))
    # What was asked is on the host, whatever else its catalogue offers.
    here = [
        replace(card, state=ModelState.CACHED) if card.id in asked and card.state is ModelState.CATALOG else card
        for card in cards
    ]
    host = LookedAtHost(here, unable=unable)
    view = RecordedComparison(kept, at=at, rater=RATER)
    runner = RecordedRunner(host, kept, view.run)
    wanted = asked if chosen is None else chosen
    opened = Opened(host, runner, view=view)
    app = CompareApp(lambda: opened, models=wanted, themes=bundled_themes(), theme="dark", low_bandwidth=low_bandwidth)
    try:
        async with playing(app, runner, size, notices=notices) as play:
            await play.until(lambda: app.app_state.info is not None)
            await play.until(
                lambda: len(play.panes) == len(app.app_state.chosen) if app.app_state.chosen else play.in_models
            )
            await play.until(lambda: all(pane.data is not None for pane in play.panes if pane.display))
            yield play
    finally:
        runner.close()


def words(text: str) -> list[str]:
    """The text in pieces as a model would send it."""
    first, *rest = text.split(" ")
    return [first, *(f" {word}" for word in rest)]


def answered(number: int, text: str = ANSWER, **facts: Any) -> Request:
    """Request `rN` of model `mN` in a race, at its end unless `state` says otherwise, with this answer."""
    return request(f"r{number}", model=f"m{number}", mode=Mode.RACE, answer=words(text), **facts)


def many_cards(count: int) -> list[ModelCard]:
    """Cards of models that are all alike."""
    return [ModelCard(f"model-{number}:1", f"model-{number}", device="CPU") for number in range(1, count + 1)]


def streaming() -> tuple[list[Request], int]:
    """Five requests 3.2 s after they were asked for, each in another phase, and that moment."""
    now = ASKED + 3200 * MS
    kinds = {f"r{number}": Request(spec(f"r{number}", model=f"m{number}", mode=Mode.RACE)) for number in range(1, 6)}
    for name, one in kinds.items():
        fold(one, ev.Queued(name, ASKED))
    fold(kinds["r1"], *_sent("r1", 400), *_chunks("r1", Kind.ANSWER, words(ANSWER)[:38], 700, 60))
    fold(kinds["r2"], ev.Loading("r2", ASKED + 200 * MS), ev.Loaded("r2", ASKED + 1000 * MS), *_sent("r2", 1200))
    fold(kinds["r2"], *_chunks("r2", Kind.REASONING, words(THOUGHT), 1700, 40))
    fold(kinds["r2"], *_chunks("r2", Kind.ANSWER, words(SHORT)[:9], 2600, 60, read=100))
    fold(kinds["r3"], *_sent("r3", 1300), *_chunks("r3", Kind.REASONING, words(THOUGHT), 2200, 45))
    fold(kinds["r4"], ev.Loading("r4", ASKED + 1000 * MS))
    return list(kinds.values()), now


def _sent(name: str, ms: int) -> tuple[ev.Event, ...]:
    return ev.Sent(name, ASKED + ms * MS), ev.Headers(name, ASKED + (ms + 10) * MS)


def _chunks(name: str, kind: Kind, pieces: Sequence[str], ms: int, gap_ms: int, read: int = 1) -> list[ev.Event]:
    return [
        ev.Delta(name, ASKED + (ms + number * gap_ms) * MS, read + number, kind, piece)
        for number, piece in enumerate(pieces)
    ]
