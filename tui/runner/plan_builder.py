"""Makes a plan of prompts, models and options, and records it in the session."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from tui.core.catalog.model_card import ModelCard
from tui.core.errors import BadInputError
from tui.core.plans.follow_up import can_go_on
from tui.core.plans.mode import MAX_MODELS, Mode
from tui.core.plans.plan import Order, Plan, PlanOptions
from tui.core.plans.prompt import Prompt
from tui.core.requests.answer_limits import MAX_PROMPT_BYTES, prompt_bytes
from tui.core.sessions.session import Session
from tui.core.sessions.session_model import ModelChoice
from tui.core.text.formatting import data_size
from tui.runner.session_recorder import SessionRecorder


def build_plan(
    recorder: SessionRecorder,
    models: Sequence[ModelCard | ModelChoice],
    asked: str | Sequence[Prompt],
    options: PlanOptions,
    follows: Mapping[str, str] = MappingProxyType({}),
) -> Plan:
    """A plan to ask these models, recorded; `follows` as in `Plan`. Raises BadInputError when it makes no sense;
    nothing is recorded then."""
    prompts = [Prompt(asked)] if isinstance(asked, str) else asked
    if not prompts or not all(prompt.user.strip() for prompt in prompts):
        raise BadInputError("The prompt is empty", hint="Type a question first.")
    if any(prompt_bytes(prompt) > MAX_PROMPT_BYTES for prompt in prompts):
        raise BadInputError(
            f"A prompt is longer than the {data_size(MAX_PROMPT_BYTES)} that are kept", hint="Shorten it."
        )
    if not 1 <= len(models) <= MAX_MODELS:
        raise BadInputError(f"{len(models)} models cannot be compared", hint=f"Choose 1 to {MAX_MODELS}.")
    if options.order is Order.ABBA and len(models) != 2:
        count = "One model" if len(models) == 1 else f"{len(models)} models"
        raise BadInputError(f"{count} cannot take turns as ABBA", hint="Name two, or use --order shuffle.")
    _check(follows, recorder.session)
    recorder.open()
    choices = [model if isinstance(model, ModelChoice) else ModelChoice(model) for model in models]
    keys = tuple(dict.fromkeys(recorder.model(choice).key for choice in choices))
    plan = Plan(
        key=f"plan{len(recorder.session.plans) + 1}",
        mode=options.mode,
        models=keys,
        prompts=tuple(dict.fromkeys(recorder.prompt(prompt).key for prompt in prompts)),
        rounds=options.rounds,
        warmup=options.warmup if options.warmup is not None else int(options.mode is Mode.MEASURE),
        alone=options.alone,
        retries=options.retries,
        nonce=options.nonce,
        rubric=recorder.rubric(),
        seed=secrets.randbelow(1 << 31),
        order=options.order,
        pause_s=options.pause_s,
        parameters=options.parameters,
        timeouts=options.timeouts,
        follows=tuple((model, follows[model]) for model in keys if model in follows),
    )
    recorder.add_plan(plan)
    return plan


def _check(follows: Mapping[str, str], session: Session) -> None:
    """Raises BadInputError when one of these requests is not there, or has no answer of this model to go on from."""
    for model, run in follows.items():
        request = session.requests.get(run)
        if request is None or request.spec.model != model or not can_go_on(request):
            raise BadInputError("There is no answer to go on from", hint="Ask a question first, and wait for its end.")
