"""Makes a plan of prompts, models and options, and records it in the session."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from tui.core.catalog.model_card import ModelCard
from tui.core.errors import BadInputError
from tui.core.plans.plan import MAX_MODELS, Mode, Plan, PlanOptions
from tui.core.plans.prompt import Prompt
from tui.core.requests.answer_limits import MAX_PROMPT_BYTES, stored_bytes
from tui.core.sessions.session_model import ModelChoice
from tui.core.text.formatting import data_size
from tui.runner.session_recorder import SessionRecorder


def build_plan(
    recorder: SessionRecorder,
    models: Sequence[ModelCard | ModelChoice],
    asked: str | Sequence[Prompt],
    options: PlanOptions,
) -> Plan:
    """A plan to ask these models, recorded. Raises BadInputError when it makes no sense; nothing is recorded then."""
    prompts = [Prompt(asked)] if isinstance(asked, str) else asked
    if not prompts or not all(prompt.user.strip() for prompt in prompts):
        raise BadInputError("The prompt is empty", hint="Type a question first.")
    if any(stored_bytes(prompt.user) + stored_bytes(prompt.system or "") > MAX_PROMPT_BYTES for prompt in prompts):
        raise BadInputError(
            f"A prompt is longer than the {data_size(MAX_PROMPT_BYTES)} that are kept", hint="Shorten it."
        )
    if not 1 <= len(models) <= MAX_MODELS:
        raise BadInputError(f"{len(models)} models cannot be compared", hint=f"Choose 1 to {MAX_MODELS}.")
    recorder.open()
    choices = [model if isinstance(model, ModelChoice) else ModelChoice(model) for model in models]
    plan = Plan(
        key=f"plan{len(recorder.session.plans) + 1}",
        mode=options.mode,
        models=tuple(dict.fromkeys(recorder.model(choice).key for choice in choices)),
        prompts=tuple(dict.fromkeys(recorder.prompt(prompt).key for prompt in prompts)),
        rounds=options.rounds,
        warmup=options.warmup if options.warmup is not None else int(options.mode is Mode.MEASURE),
        alone=options.alone,
        retries=options.retries,
        nonce=options.nonce,
        seed=secrets.randbelow(1 << 31),
        parameters=options.parameters,
        timeouts=options.timeouts,
    )
    recorder.add_plan(plan)
    return plan
