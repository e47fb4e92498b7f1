"""What a class has to be so that its models can be compared. `docs/adapters.md` shows one at work.

Nothing here has to be imported by an adapter, or inherited from: only the names and the signatures count.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any, ClassVar, Protocol, TypedDict


class Thought(TypedDict):
    """A piece of reasoning, to be yielded among the pieces of the answer."""

    reasoning: str


class Counts(TypedDict, total=False):
    """What is known at the end, to be returned by the generator. What is not known is left out."""

    prompt_tokens: int
    completion_tokens: int
    reasoning_tokens: int
    """Those of `completion_tokens` that were reasoning."""
    finish_reason: str
    """`stop`, which is assumed, or `length` when `max_tokens` was reached."""


Piece = str | Thought
Answer = Iterator[Piece] | Generator[Piece, None, Counts | None]


class Adapter(Protocol):
    """One model. The class is made once for each of its `models`, without arguments, when that model is loaded.

    Calls for one model come one after another, those for different models at the same time, each in some thread.
    """

    def generate(self, prompt: str, **params: Any) -> Answer:
        """Answer, piece by piece: each piece is sent and timed as it is yielded.

        `prompt` is the text of the last message. Of these parameters it is given those that its signature names
        (`**params` names all), and only those that were asked for: give each a default.

        `messages`: the whole conversation, `[{"role": …, "content": …}]`; `model`: the model's name;
        `max_tokens`, `seed`: whole numbers; `temperature`, `top_p`: numbers; `stop`: a list of texts.

        When the answer is stopped, the generator is closed at its next `yield`.
        """
        ...


class WholeAdapter(Adapter, Protocol):
    """Everything that an adapter may have as well."""

    models: ClassVar[Sequence[str]]
    """The names of its models; without it there is one, called like the class."""
    context: ClassVar[int | None]
    """Tokens of prompt and answer together."""
    licence: ClassVar[str | None]
    device: ClassVar[str | None]
    """CPU, GPU or NPU."""
    version: ClassVar[str | None]
    """Its own; without it, that of the installed package which offers it."""

    def load(self, model: str) -> None:
        """Make the model ready; its time does not count as the answers'. `model` may be left out."""
        ...

    def unload(self) -> None:
        """Let go of what `load` took. Also called, and given a second, when the program leaves."""
        ...


class OwnAdapter(Protocol):
    """What a type checker is told of an `Adapter`: that there is a `generate`, with whichever parameters it takes."""

    @property
    def generate(self) -> Callable[..., Answer]:
        """As in `Adapter`."""
        ...
