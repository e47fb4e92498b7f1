"""A plan: which requests are made, in which order, and how."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from enum import StrEnum

from tui.core.errors import BadInputError
from tui.core.plans.mode import Mode
from tui.core.sessions.session_model import Parameters, Timeouts, check_numbers


class Order(StrEnum):
    """In which order a measured plan asks its models."""

    SHUFFLE = "shuffle"
    """Shuffled anew for each round and prompt, from the plan's seed."""
    ABBA = "abba"
    """Two models by turns: one first, then the other first, so that whatever grows with time touches both alike."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How one or more prompts are put to the models. `models` and `prompts` are keys of the session."""

    key: str
    mode: Mode
    models: tuple[str, ...]
    prompts: tuple[str, ...]
    rounds: int = 1
    warmup: int = 0
    seed: int = 0
    """Shuffles the order of the models in each round of a measured plan."""
    parameters: Parameters = field(default_factory=Parameters)
    timeouts: Timeouts = field(default_factory=Timeouts)
    alone: bool = False
    """Whether the plan's other models are unloaded before one is loaded: for those that do not fit together."""
    retries: int = 0
    """How often a request that failed is made again, before its model is skipped for the rest of the plan."""
    nonce: bool = False
    """Whether each request begins with a marker of its own, so that a prefix cache holds at most what precedes it."""
    rubric: str = ""
    """The hash of the rubric that its answers are scored by; empty for the program's own."""
    follows: tuple[tuple[str, str], ...] = ()
    """For a follow-up question: the keys of models, each with the id of the run whose conversation goes on."""
    order: Order = Order.SHUFFLE
    pause_s: float = 0
    """Seconds between the end of a measured request and the next one, so that a machine cools down."""

    @property
    def size(self) -> int:
        """How many requests it has, without warm-ups."""
        return self.rounds * len(self.models) * len(self.prompts)


MAX_ROUNDS = 1_000
MAX_RETRIES = 100
MAX_PAUSE_S = 3600


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """How a plan is to be carried out; see `Plan` for each of them. The defaults are those of the command line."""

    mode: Mode = Mode.RACE
    rounds: int = 1
    warmup: int | None = None
    """None: one for a measured plan, none for a race."""
    alone: bool = False
    retries: int = 0
    nonce: bool = False
    parameters: Parameters = field(default_factory=Parameters)
    timeouts: Timeouts = field(default_factory=Timeouts)
    blind: bool = False
    """Whether the answers are shown without the names of their models, shuffled for each prompt."""
    order: Order = Order.SHUFFLE
    pause_s: float = 0

    def check(self) -> None:
        """Raises BadInputError naming the first option that makes no sense, with the limits of the command line."""
        mode: object = self.mode
        if not isinstance(mode, Mode):
            raise BadInputError(f"`mode` is {mode!r}", "It can be `Mode.MEASURE` or `Mode.RACE`")
        check_numbers(
            ("rounds", self.rounds, 1, MAX_ROUNDS),
            ("warmup", self.warmup, 0, MAX_ROUNDS),
            ("retries", self.retries, 0, MAX_RETRIES),
        )
        if not 0 <= self.pause_s <= MAX_PAUSE_S:
            raise BadInputError(f"`pause_s` is {self.pause_s!r}", f"It can be 0 to {MAX_PAUSE_S}")
        self.parameters.check()
        if self.alone and self.mode is not Mode.MEASURE:
            raise BadInputError("`alone` goes with `Mode.MEASURE`", "A race needs all models at once")
        if self.order is Order.ABBA and (self.alone or self.mode is not Mode.MEASURE):
            raise BadInputError("The order `abba` goes with the mode `measure`, and without `alone`",
                                "It has two models take turns")  # fmt: skip


@dataclass(frozen=True, slots=True)
class PlannedRequest:
    """One request to make. Round 0 is the warm-up."""

    model: str
    prompt: str
    round: int
    warmup: bool = False


Batch = tuple[PlannedRequest, ...]
"""Requests that are in flight together; the next batch waits for the last of them."""


def schedule(plan: Plan) -> tuple[Batch, ...]:
    """The plan's batches: a race has one batch a prompt and round, a measured plan one batch a request.

    Measured rounds are interleaved, so that a machine growing warm or busy touches all models alike; their order
    within a round is shuffled from the plan's seed, or turned with each round and prompt (`Order.ABBA`). Models
    that are loaded alone are asked everything in turn.
    """
    if plan.alone and len(plan.models) > 1:
        order = list(plan.models)
        random.Random(plan.seed).shuffle(order)  # noqa: S311 - an order to be reproduced, not a secret
        return tuple(batch for model in order for batch in schedule(replace(plan, models=(model,))))
    shuffle = random.Random(plan.seed)  # noqa: S311 - an order to be reproduced, not a secret
    batches: list[Batch] = []
    if plan.warmup and plan.prompts:
        warmups = [
            PlannedRequest(model, plan.prompts[0], 0, warmup=True) for model in plan.models for _ in range(plan.warmup)
        ]
        batches += [(request,) for request in warmups]
    for number in range(1, plan.rounds + 1):
        for place, prompt in enumerate(plan.prompts):
            order = list(plan.models)
            if plan.mode is Mode.MEASURE:
                if plan.order is Order.SHUFFLE:
                    shuffle.shuffle(order)
                elif (number + place) % 2 == 0:
                    order.reverse()
                batches += [(PlannedRequest(model, prompt, number),) for model in order]
            else:
                batches.append(tuple(PlannedRequest(model, prompt, number) for model in order))
    return tuple(batches)
