"""What every kind of host can be asked, and how it says what it cannot do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Event
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from tui.core.catalog.host_info import Ability as Ability
from tui.core.catalog.host_info import HostInfo as HostInfo
from tui.core.catalog.host_info import Offers as Offers
from tui.core.catalog.model_card import ModelCard
from tui.core.errors import ModelFailedError
from tui.core.sessions.session_model import Endpoint

if TYPE_CHECKING:
    from tui.core.catalog.machine import Gpu, Machine


class Host(Protocol):
    """A place where models answer. Its methods block: call them from a thread, never from a screen.

    Each raises `CompareError`: `NoHostError` when nobody answers, `NoModelError` for an unknown model,
    `ModelFailedError` when the host could not do it, or lacks the ability (`lacks`).
    """

    @property
    def abilities(self) -> Mapping[Ability, str]:
        """For each ability, why this host lacks it; an empty string when it has it."""
        ...

    def abilities_of(self, model_id: str) -> Mapping[Ability, str]:
        """What can be done with this model: where several hosts take part, not each of them can do the same."""
        ...

    def connect(self) -> HostInfo:
        """Start or reach the host. Calling it again is cheap, and brings a host that died back to life."""
        ...

    def catalogue(self) -> tuple[ModelCard, ...]:
        """The models that are here, cached or loaded, with what is known of them at once: no other server is asked."""
        ...

    def offers(self) -> Offers:
        """Everything that could be downloaded as well. May take seconds; never raises because the catalogue is away."""
        ...

    def load(self, model_id: str) -> None:
        """Make a model ready to answer. Returns when it is."""
        ...

    def unload(self, model_id: str) -> None:
        """Free a model's memory."""
        ...

    def download(self, model_id: str, progress: Callable[[float], None], cancelled: Event) -> bool:
        """Bring a model into the cache. Returns True when it is there, False soon after `cancelled` is set.

        `progress` is called with the percentage so far, from any thread.
        """
        ...

    def remove(self, model_id: str) -> None:
        """Delete a model from the cache."""
        ...

    def register(self, folder: Path) -> str:
        """Let the host serve an ONNX Runtime GenAI folder of this machine. Returns the model's id."""
        ...

    def count_tokens(self, model_id: str, text: str) -> int:
        """How many tokens the model's own tokenizer makes of `text`."""
        ...

    def why_gone(self, model_id: str) -> str:
        """Why the process or the line that leads to this model has ended, as a sentence; empty when it has not."""
        ...

    def machine(self, model_id: str) -> Machine:
        """What is known of the machine that has this model: its GPUs, its disk. May take seconds; never raises because
        something of it is not known. An empty id means any model."""
        ...

    def gpus(self, model_id: str) -> tuple[tuple[Gpu, ...], str]:
        """The GPUs of another machine that has this model, or why they are not known: empty where nobody here can ask.
        Asks nothing of the server. May take seconds; never raises."""
        ...

    def endpoint(self, model_id: str) -> Endpoint:
        """Where to send a chat completion for this model, and which name to use there."""
        ...

    def close(self) -> None:
        """End what this program started. Leaves a host that was there before as it was."""
        ...


NOT_FROM_HERE = "Its machine is not seen from here."


class BareHost:
    """What a host does about what it cannot do: it says why, and offers nothing. Each kind overrides what it can."""

    abilities: Mapping[Ability, str] = MappingProxyType({})
    """As in `Host`. What is not in it is lacked as well."""

    def abilities_of(self, model_id: str) -> Mapping[Ability, str]:
        """The same for every model."""
        return self.abilities

    def offers(self) -> Offers:
        """Nothing more than what is here."""
        return Offers()

    def load(self, model_id: str) -> None:
        """Raises ModelFailedError."""
        raise self._lacks(model_id, Ability.LOAD)

    def unload(self, model_id: str) -> None:
        """Raises ModelFailedError."""
        raise self._lacks(model_id, Ability.UNLOAD)

    def download(self, model_id: str, progress: Callable[[float], None], cancelled: Event) -> bool:
        """Raises ModelFailedError."""
        raise self._lacks(model_id, Ability.DOWNLOAD)

    def remove(self, model_id: str) -> None:
        """Raises ModelFailedError."""
        raise self._lacks(model_id, Ability.REMOVE)

    def register(self, folder: Path) -> str:
        """Raises ModelFailedError."""
        raise self._lacks(str(folder), Ability.REGISTER)

    def count_tokens(self, model_id: str, text: str) -> int:
        """Raises ModelFailedError."""
        raise self._lacks(model_id, Ability.COUNT)

    def why_gone(self, model_id: str) -> str:
        """Nothing that could end was started for this host."""
        return ""

    def machine(self, model_id: str) -> Machine:
        """This one, if the host's process is seen here: behind an address of this machine another may answer, through a
        port that is forwarded."""
        from tui.core.catalog.machine import Machine
        from tui.hosts.machine import local_machine

        info = self.connect()
        if not info.local or info.pid is None:
            return Machine(no_gpus=NOT_FROM_HERE, no_disk=NOT_FROM_HERE)
        return local_machine(self._models_folder())

    def gpus(self, model_id: str) -> tuple[tuple[Gpu, ...], str]:
        """Nobody here can ask another machine."""
        return (), ""

    def _models_folder(self) -> Path | None:
        """The folder in which the host keeps its models; None when it does not say."""
        return None

    def connect(self) -> HostInfo:
        """As in `Host`."""
        raise NotImplementedError

    def close(self) -> None:
        """Nothing to end: the host was there before."""

    def _lacks(self, name: str, ability: Ability) -> ModelFailedError:
        return lacks(name, ability, self.abilities)


def able(*has: Ability, why_not: str) -> Mapping[Ability, str]:
    """The abilities of a host that has these, and lacks all others for one reason."""
    return MappingProxyType({ability: "" if ability in has else why_not for ability in Ability})


def lacks(name: str, ability: Ability, abilities: Mapping[Ability, str]) -> ModelFailedError:
    """The error of a host with these abilities that is asked for one it lacks, for the model or folder of this name."""
    return ModelFailedError(f"{name}: this host cannot {ability.value} it", abilities.get(ability, ""))
