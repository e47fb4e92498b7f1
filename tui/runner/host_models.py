"""The models of a host that answers, found by the names that people give them."""

from __future__ import annotations

from collections.abc import Sequence

from tui.core.catalog.model_card import ModelCard, find_or_believe, merged
from tui.core.errors import BadInputError, NoHostError
from tui.hosts.base import Host, HostInfo
from tui.hosts.unknown_model import aliases_come_late, missing_model, names_of, not_downloaded


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
        if card is None and name.strip() and self._aliases_unknown:
            self._aliases_unknown = False
            self.cards = merged(self.cards, self._host.offers().cards)
            card = find_or_believe(self.cards, name, host_names(self.info))
        if card is None:
            raise missing_model(name, self.cards, self.info)
        if absent := not_downloaded(card):
            raise absent
        return card

    def choose(self, names: Sequence[str]) -> list[ModelCard]:
        """The models named, each once; without names all of the demo models, or the only one that the host has.

        Raises as `find` does.
        """
        if names:
            return list(dict.fromkeys(map(self.find, names)))
        if self.info.toys or (self.cards and all(card.toy for card in self.cards)):
            return list(self.cards)
        if len(self.cards) == 1 and not not_downloaded(self.cards[0]):
            return list(self.cards)
        if self.info.unlisted:
            raise NoHostError("No model is chosen, and none is known", self.info.unlisted, "Choose with -m MODEL")
        raise BadInputError("No model is chosen", f"The host has: {names_of(self.cards)}", "Choose with -m MODEL.")


def host_names(info: HostInfo) -> list[str]:
    """The names of the hosts that take part, where several do."""
    return [member.name for member in info.members]
