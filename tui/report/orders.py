"""In which order more than two models stand, by scores or votes, and what of it the data show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass

from tui.report.candidate_names import Names
from tui.report.pairs import Candidate, Conditions, Figure, Kind, Pair
from tui.report.statistics.bradley_terry import NotScoreable
from tui.report.statistics.per_prompt import ALIKE
from tui.report.statistics.ranking import Match, Ranking, rank
from tui.report.verdict_words import figure_name


@dataclass(frozen=True, slots=True)
class Order:
    """The order of the models that were compared for one figure under the same conditions."""

    conditions: Conditions
    figure: Figure
    candidates: dict[str, Candidate]
    """Who each of the ranking's models is."""
    ranking: Ranking


def orders(pairs: Iterable[Pair]) -> list[Order]:
    """The order by each figure that more than two models were scored or voted on for, in the order of the pairs."""
    found: dict[tuple[Conditions, Figure], list[Pair]] = {}
    for pair in pairs:
        if pair.figure.kind is not Kind.METRIC:
            found.setdefault((pair.conditions, pair.figure), []).append(pair)
    made = []
    for (conditions, figure), of_figure in found.items():
        candidates = {_key(who): who for pair in of_figure for who in (pair.first, pair.second)}
        if len(candidates) > 2:
            made.append(Order(conditions, figure, candidates, rank(_matches(of_figure))))
    return made


def _key(who: Candidate) -> str:
    return "\n".join(map(str, astuple(who)))


def _matches(pairs: Iterable[Pair]) -> Iterable[Match]:
    for pair in pairs:
        first, second = _key(pair.first), _key(pair.second)
        for question, (mine, theirs) in zip(pair.questions, pair.values, strict=True):
            result = 0 if abs(mine - theirs) <= ALIKE else 1 if mine > theirs else -1
            yield Match("\n".join(question), first, second, result)


def said_of_order(order: Order, names: Names) -> str:
    """The order as a sentence without its stop: what each won of its pairs, a tie being half of one, then what that
    shows."""
    ranking = order.ranking
    won = [
        f"{names[order.candidates[each.model]]} {each.total:g} of {each.wins + each.ties + each.losses}"
        for each in ranking.standings
    ]
    return f"{figure_name(order.figure)}, pair by pair: won {', '.join(won)}; {_shown(order, names)}"


def _shown(order: Order, names: Names) -> str:
    ranking = order.ranking
    if ranking.not_scoreable is not None:
        return f"no order: {_why_not(order, ranking.not_scoreable, names)}"
    if ranking.prompts < ranking.least_n:
        return f"too few prompts for an order (n {ranking.prompts}, at least {ranking.least_n})"
    first, *others = (_named(order, tier, names) for tier in ranking.tiers)
    parts = [f"{first[0]} first" if len(first) == 1 else f"{_listed(first)} cannot be told apart yet"]
    parts += [f"then {_listed(tier)}{', not told apart' if len(tier) > 1 else ''}" for tier in others]
    return f"{'; '.join(parts)} (n {ranking.prompts}, {ranking.method})"


def _why_not(order: Order, reason: NotScoreable, names: Names) -> str:
    parts = [
        f"{_listed(_named(order, models, names))} never {verb}"
        for models, verb in ((reason.never_won, "won"), (reason.never_lost, "lost"))
        if models
    ]
    if reason.groups:
        parts.append("never compared: " + " with ".join(_in_groups(order, reason.groups, names)))
    return "; ".join(parts) or "none ever lost to a later one: " + ", ".join(_in_groups(order, reason.one_sided, names))


def _named(order: Order, models: Iterable[str], names: Names) -> list[str]:
    return [names[order.candidates[model]] for model in models]


def _in_groups(order: Order, groups: Iterable[tuple[str, ...]], names: Names) -> list[str]:
    return [_listed(_named(order, group, names)) for group in groups]


def _listed(names: list[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
