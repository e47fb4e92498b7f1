"""Who rates, and for what, as tables of the session file, and back. What is read is untrusted and checked."""

from __future__ import annotations

from tui.core.dict_reader import Table, each, get, number, texts, without_none
from tui.core.scoring.rating import Rater, RaterKind
from tui.core.scoring.rubric import DEFAULT_SCALE, Criterion, Rubric
from tui.core.sessions.plan_dict import parameters_from_dict, parameters_to_dict


def rater_to_dict(rater: Rater) -> Table:
    """A `[[rater]]` table."""
    params = parameters_to_dict(rater.parameters) if rater.parameters is not None else None
    return without_none(
        id=rater.id, kind=rater.kind.value, model=rater.model or None, alias=rater.alias or None,
        settles=list(rater.settles) or None, instructions=rater.instructions or None, params=params,
    )  # fmt: skip


def rater_from_dict(table: Table) -> Rater:
    """The rater of a `[[rater]]` table."""
    kind = RaterKind(get(table, "kind", str, RaterKind.PERSON.value))
    return Rater(
        id=get(table, "id", str),
        kind=kind,
        model=get(table, "model", str, ""),
        settles=texts(table, "settles"),
        alias=get(table, "alias", str, ""),
        parameters=parameters_from_dict(get(table, "params", dict)) if "params" in table else None,
        instructions=get(table, "instructions", str, ""),
    )


def rubric_to_dict(key: str, rubric: Rubric) -> Table:
    """A `[[rubric]]` table; `key` is the hash that plans and scores call it by."""
    return {"hash": key, "criterion": [_criterion_to_dict(criterion) for criterion in rubric]}


def rubric_from_dict(table: Table) -> tuple[str, Rubric]:
    """The rubric of a `[[rubric]]` table, under the hash that plans and scores call it by.

    That hash is believed: a criterion may have properties that this version does not know.
    """
    return get(table, "hash", str), Rubric(tuple(each(table, "criterion", _criterion_from_dict)))


def _criterion_to_dict(criterion: Criterion) -> Table:
    return without_none(
        id=criterion.id, name=criterion.name or None, description=criterion.description or None,
        weight=float(criterion.weight), scale=criterion.scale,
    )  # fmt: skip


def _criterion_from_dict(table: Table) -> Criterion:
    weight, scale = number(table, "weight"), get(table, "scale", int, DEFAULT_SCALE)
    if scale < 1:
        raise ValueError(f"a scale of {scale}")
    return Criterion(
        id=get(table, "id", str),
        name=get(table, "name", str, ""),
        description=get(table, "description", str, ""),
        weight=1.0 if weight is None else weight,
        scale=scale,
    )
