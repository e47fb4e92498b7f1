"""The models of a host that answers, found by the names that people give them."""

from __future__ import annotations

from collections.abc import Sequence

from tui.core.catalog.model_card import ModelCard, ModelState, find_model, find_or_believe, merged
from tui.core.catalog.model_filters import ALL_CACHED, answers_questions, tags_of
from tui.core.errors import BadInputError, NoHostError, NoModelError
from tui.core.text.clean import clean_line
from tui.hosts.base import Host, HostInfo
from tui.hosts.unknown_model import aliases_come_late, missing_model, names_of, not_downloaded

TAG = "tag:"
"""Begins a word that means every model that is here and has this tag."""


class HostModels:
    """A host's models by name. The public catalogue, which takes seconds, is asked only when a name needs it."""

    def __init__(self, host: Host, info: HostInfo) -> None:
        """Raises NoHostError when the host does not say what it has."""
        self.cards = host.catalogue()
        self.info = info
        self._host = host
        self._aliases_unknown = aliases_come_late(info)

    def find(self, name: str) -> ModelCard:
        """The model that a name means. A host that lists nothing is believed to have any.

        Raises NoModelError, BadInputError for an empty name, NoHostError when its host does not answer.
        """
        card = find_or_believe(self.cards, name, host_names(self.info)) if name.strip() else None
        if card is None and name.strip() and self._ask_for_offers():
            card = find_or_believe(self.cards, name, host_names(self.info))
        if card is None:
            raise missing_model(name, self.cards, self.info)
        if absent := not_downloaded(card):
            raise absent
        return card

    def named(self, name: str) -> list[ModelCard]:
        """The models that a name means: one, or those of `all-cached` and `tag:…` where no model is called so.

        Raises as `find` does, and NoModelError where these words mean none.
        """
        wanted = name.strip()
        if find_model(self.cards, wanted) is not None:
            return [self.find(name)]
        if wanted.casefold() == ALL_CACHED:
            if not (here := [card for card in self.here() if answers_questions(card)]):
                raise NoModelError("No model is cached on this host", hint="`models download` gets one")
            return here
        tag = wanted[len(TAG) :].strip().casefold() if wanted.casefold().startswith(TAG) else ""
        if not tag:
            return [self.find(name)]
        self._ask_for_offers()
        if tagged := [card for card in self.here() if tag in tags_of(card)]:
            return tagged
        tags = sorted({one for card in self.here() for one in tags_of(card)})
        known = ", ".join(clean_line(one, 30) for one in tags[:20])
        raise NoModelError(
            f"No model that is here has the tag {clean_line(tag, 40)}",
            f"Tags are: {known}" if known else "This host says nothing of what its models are for",
        )

    def choose(self, names: Sequence[str]) -> list[ModelCard]:
        """The models named, each once; without names all of the demo models, or the only one that the host has.

        Raises as `named` does.
        """
        if names:
            return list(dict.fromkeys(card for name in names for card in self.named(name)))
        if self.info.toys or (self.cards and all(card.toy for card in self.cards)):
            return list(self.cards)
        if len(self.cards) == 1 and not not_downloaded(self.cards[0]):
            return list(self.cards)
        if self.info.unlisted:
            raise NoHostError("No model is chosen, and none is known", self.info.unlisted, "Choose with -m MODEL")
        raise BadInputError("No model is chosen", f"The host has: {names_of(self.cards)}", "Choose with -m MODEL.")

    def here(self) -> list[ModelCard]:
        """The models that need no download."""
        return [card for card in self.cards if card.state is not ModelState.CATALOG]

    def _ask_for_offers(self) -> bool:
        """Ask the public catalogue, once, where the host learns more of its models from it; whether it was asked."""
        asks = self._aliases_unknown
        if asks:
            self._aliases_unknown = False
            self.cards = merged(self.cards, self._host.offers().cards)
        return asks


def host_names(info: HostInfo) -> list[str]:
    """The names of the hosts that take part, where several do."""
    return [member.name for member in info.members]
