"""Plans, models and prompts as tables of the session file, and back. What is read is untrusted and checked."""

from __future__ import annotations

from tui.core.catalog.model_card import ModelCard, from_megabytes, to_megabytes
from tui.core.dict_reader import Table, get, number, texts, without_none
from tui.core.plans.mode import Mode
from tui.core.plans.plan import Order, Plan
from tui.core.plans.prompt import Prompt
from tui.core.sessions.session_model import DEFAULT_MAX_TOKENS, Overrides, Parameters, SessionModel, Timeouts


def plan_to_dict(plan: Plan) -> Table:
    """A `[[plan]]` table."""
    t = plan.timeouts
    limits = {"connect_s": t.connect, "first_byte_s": t.first_byte, "first_text_s": t.first_text, "idle_s": t.idle}
    return {
        "key": plan.key,
        "mode": plan.mode.value,
        "rounds": plan.rounds,
        "warmup": plan.warmup,
        **without_none(alone=plan.alone or None, retries=plan.retries or None, nonce=plan.nonce or None),
        **without_none(rubric=plan.rubric or None, follows=dict(plan.follows) or None),
        "seed": plan.seed,
        **without_none(order=plan.order.value if plan.order is not Order.SHUFFLE else None),
        **without_none(pause_s=plan.pause_s or None),
        "models": list(plan.models),
        "prompts": list(plan.prompts),
        "params": parameters_to_dict(plan.parameters),
        "timeouts": limits,
    }


def plan_from_dict(table: Table) -> Plan:
    """The plan of a `[[plan]]` table."""
    limits, usual = get(table, "timeouts", dict, {}), Timeouts()
    follows = get(table, "follows", dict, {})
    return Plan(
        key=get(table, "key", str),
        mode=Mode(get(table, "mode", str)),
        models=tuple(str(key) for key in get(table, "models", list, [])),
        prompts=tuple(str(key) for key in get(table, "prompts", list, [])),
        rounds=get(table, "rounds", int, 1),
        warmup=get(table, "warmup", int, 0),
        alone=get(table, "alone", bool, False),
        retries=get(table, "retries", int, 0),
        nonce=get(table, "nonce", bool, False),
        rubric=get(table, "rubric", str, ""),
        follows=tuple((model, run) for model, run in follows.items() if isinstance(run, str)),
        seed=get(table, "seed", int, 0),
        order=Order(get(table, "order", str, Order.SHUFFLE.value)),
        pause_s=number(table, "pause_s") or 0,
        parameters=parameters_from_dict(get(table, "params", dict, {})),
        timeouts=Timeouts(
            connect=number(limits, "connect_s") or usual.connect,
            first_byte=number(limits, "first_byte_s") or usual.first_byte,
            first_text=number(limits, "first_text_s") or usual.first_text,
            idle=number(limits, "idle_s") or usual.idle,
        ),
    )


def parameters_to_dict(p: Parameters) -> Table:
    """A `[plan.params]` table, or one of a judge."""
    return without_none(
        max_tokens=p.max_tokens, temperature=p.temperature, top_p=p.top_p, seed=p.seed, stop=list(p.stop) or None
    )


def parameters_from_dict(table: Table) -> Parameters:
    """The parameters of such a table."""
    return Parameters(
        max_tokens=get(table, "max_tokens", int, DEFAULT_MAX_TOKENS),
        temperature=number(table, "temperature"),
        top_p=number(table, "top_p"),
        seed=get(table, "seed", int, None),
        stop=texts(table, "stop"),
    )


def model_to_dict(model: SessionModel) -> Table:
    """A `[[model]]` table."""
    card = model.card
    return without_none(
        key=model.key, alias=card.alias, id=card.id, host=model.host, host_name=card.host or None,
        variant=card.variant, device=card.device, ep=card.ep, size_mb=to_megabytes(card.size_bytes),
        licence=card.licence, context=card.context, task=card.task, parameters=card.parameters, toy=card.toy or None,
        arm=model.arm or None, params=overrides_to_dict(model.own) or None,
    )  # fmt: skip


def model_from_dict(table: Table) -> SessionModel:
    """The model of a `[[model]]` table."""
    card = ModelCard(
        id=get(table, "id", str),
        alias=get(table, "alias", str),
        variant=get(table, "variant", str, None),
        device=get(table, "device", str, None),
        ep=get(table, "ep", str, None),
        size_bytes=from_megabytes(number(table, "size_mb")),
        context=get(table, "context", int, None),
        licence=get(table, "licence", str, None),
        task=get(table, "task", str, None),
        parameters=get(table, "parameters", int, None),
        toy=get(table, "toy", bool, False),
        host=get(table, "host_name", str, ""),
    )
    return SessionModel(
        get(table, "key", str), card, get(table, "host", str, "unknown"), _own(table), get(table, "arm", str, "")
    )


def overrides_to_dict(own: Overrides) -> Table:
    """What is a model's own, as the `params` of its table."""
    return own.known() | ({} if own.stop is None else {"stop": list(own.stop)})


def overrides_from_dict(table: Table) -> Overrides:
    """The overrides such a table holds. Raises ValueError naming the field that is wrong."""
    return Overrides(
        system=get(table, "system", str, None),
        max_tokens=get(table, "max_tokens", int, None),
        temperature=number(table, "temperature"),
        top_p=number(table, "top_p"),
        seed=get(table, "seed", int, None),
        stop=texts(table, "stop") if "stop" in table else None,
    )


def prompt_to_dict(prompt: Prompt) -> Table:
    """A `[[prompt]]` table."""
    return without_none(
        key=prompt.key,
        system=prompt.system,
        user=prompt.user,
        facets=list(prompt.facets) or None,
        tags=list(prompt.tags) or None,
        id=prompt.id or None,
        expected=prompt.expected or None,
    )


def prompt_from_dict(table: Table) -> Prompt:
    """The prompt of a `[[prompt]]` table."""
    system = get(table, "system", str, None)
    return Prompt(
        get(table, "user", str),
        system,
        texts(table, "facets"),
        texts(table, "tags"),
        key=get(table, "key", str),
        id=get(table, "id", str, ""),
        expected=get(table, "expected", str, ""),
    )


def _own(table: Table) -> Overrides:
    return overrides_from_dict(get(table, "params", dict, {}))
