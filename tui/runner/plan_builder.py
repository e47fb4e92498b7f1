"""Makes a plan of what somebody wants to know, and enters it into the session."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import TypedDict

from tui.core.catalog.model_card import ModelCard
from tui.core.errors import BadInputError
from tui.core.plans.plan import MAX_MODELS, Mode, Plan
from tui.core.plans.prompt import Prompt
from tui.core.requests.answer_limits import MAX_PROMPT_BYTES, stored_bytes
from tui.core.sessions.session_model import ModelChoice, Parameters, Timeouts
from tui.core.text.formatting import data_size
from tui.runner.session_recorder import SessionRecorder


class PlanOptions(TypedDict, total=False):
    """How it is to be asked; see `Plan`. What is left out is as usual."""

    mode: Mode
    rounds: int
    warmup: int | None
    """None: one for a measured plan, none for a race."""
    alone: bool
    retries: int
    nonce: bool
    parameters: Parameters | None
    timeouts: Timeouts | None


def build_plan(
    recorder: SessionRecorder,
    models: Sequence[ModelCard | ModelChoice],
    asked: str | Sequence[Prompt],
    terms: PlanOptions,
) -> Plan:
    """The plan, entered. Raises BadInputError when it makes no sense; nothing is entered then."""
    prompts = [Prompt("", asked)] if isinstance(asked, str) else asked
    if not prompts or not all(prompt.user.strip() for prompt in prompts):
        raise BadInputError("The prompt is empty", hint="Type a question first.")
    if any(stored_bytes(prompt.user) + stored_bytes(prompt.system or "") > MAX_PROMPT_BYTES for prompt in prompts):
        raise BadInputError(
            f"A prompt is longer than the {data_size(MAX_PROMPT_BYTES)} that are kept", hint="Shorten it."
        )
    if not 1 <= len(models) <= MAX_MODELS:
        raise BadInputError(f"{len(models)} models cannot be compared", hint=f"Choose 1 to {MAX_MODELS}.")
    recorder.open()
    model_choices = [model if isinstance(model, ModelChoice) else ModelChoice(model) for model in models]
    mode, warmup = terms.get("mode", Mode.RACE), terms.get("warmup")
    plan = Plan(
        key=f"plan{len(recorder.session.plans) + 1}",
        mode=mode,
        models=tuple(dict.fromkeys(recorder.target(model_choice).key for model_choice in model_choices)),
        prompts=tuple(dict.fromkeys(recorder.prompt(prompt).key for prompt in prompts)),
        rounds=terms.get("rounds", 1),
        warmup=warmup if warmup is not None else int(mode is Mode.MEASURE),
        alone=terms.get("alone", False),
        retries=terms.get("retries", 0),
        nonce=terms.get("nonce", False),
        seed=secrets.randbelow(1 << 31),
        parameters=terms.get("parameters") or Parameters(),
        timeouts=terms.get("timeouts") or Timeouts(),
    )
    recorder.add_plan(plan)
    return plan
