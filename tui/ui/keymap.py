"""Which keys lead to which actions, where the configuration gives some of them other keys: `[keymap]`.

Nothing is lost in silence: a key that two actions are given, a key that another action had, a name that is no action's,
and a key that no terminal sends is each a sentence.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from textual.keys import KEY_NAME_REPLACEMENTS, REPLACED_KEYS, key_to_character

from tui.core.text.clean import clean_line
from tui.core.text.nearest import nearest
from tui.ui.actions import NO_KEY, Action, bound_ids, shown_key

_MOST_KEYS = 8
_NAMED = {
    "↑": "up", "↓": "down", "←": "left", "→": "right", "page up": "pageup", "page down": "pagedown", "pgup": "pageup",
    "pgdn": "pagedown", "esc": "escape", "return": "enter", "del": "delete", "spacebar": "space",
}  # fmt: skip
"""How keys may be written besides their names, with what Textual calls them."""
_ARRIVES_AS = {"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+h": "backspace", "ctrl+[": "esc"}
_MOVES = ("up", "down", "left", "right", "home", "end", "pageup", "pagedown", "delete", "insert")
_OTHERS = ("enter", "escape", "backspace", "space", "tab")
_FUNCTION = re.compile(r"f([1-9]|1\d|2[0-4])")


@dataclass(frozen=True, slots=True)
class Placed:
    """An action, and where its keys work."""

    action: Action
    mode: str = ""
    """The name of the mode; empty for all of them."""
    place: str = ""
    """Which part of the mode's screen, as the documents call it; empty for all of it."""
    typed: bool = False
    """Whether text is typed there, so that a letter is a letter."""

    def meets(self, other: Placed) -> bool:
        """Whether one key can be meant for both."""
        if self.mode and other.mode and self.mode != other.mode:
            return False
        return not self.place or not other.place or self.place == other.place

    def within(self, other: Placed) -> bool:
        """Whether it works in a part of where the other does, and comes before it there."""
        return (bool(self.mode) and not other.mode) or (bool(self.place) and not other.place)


@dataclass(frozen=True, slots=True)
class KeymapProblem:
    """What is wrong with an entry of the keymap, as a sentence without its stop."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Keymap:
    """The keys of the actions that have others than the usual ones."""

    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By the actions' ids, as Textual spells them. Of an action that knows its keys by their places (`pane.score`) the
    text of a place that has lost its key is empty."""
    problems: tuple[KeymapProblem, ...] = ()

    def keys_of(self, action: Action) -> tuple[str, ...]:
        """The keys of an action."""
        return self.keys.get(action.id, action.key_list)

    def shown(self, action: Action) -> str:
        """The key of an action as people write it; empty when it has none."""
        if action.id not in self.keys:
            return action.shown
        keys = [key for key in self.keys[action.id] if key]
        if not keys:
            return ""
        if not action.by_place or len(keys) == 1:
            return shown_key(keys[0])
        return f"{shown_key(keys[0])} … {shown_key(keys[-1])}"

    def bindings(self, actions: Sequence[Action]) -> dict[str, str]:
        """The keymap that Textual is given (`App.set_keymap`): keys by the ids of bindings."""
        return {
            id_: keys
            for action in actions
            if action.id in self.keys
            for id_, keys in _bindings(action, self.keys[action.id]).items()
        }


USUAL = Keymap()


def _bindings(action: Action, keys: tuple[str, ...]) -> Mapping[str, str]:
    ids = bound_ids(action)
    if not action.by_place:
        return dict.fromkeys(ids, ",".join(filter(None, keys)) or NO_KEY)
    return {id_: (keys[at] if at < len(keys) else "") or NO_KEY for at, id_ in enumerate(ids)}


def is_typed(key: str) -> bool:
    """Whether the key types a character in a text field."""
    character = _character(key)
    return key == "space" or (character is not None and character.isprintable())


def _character(key: str) -> str | None:
    return key_to_character(REPLACED_KEYS.get(key, key))


def parse_key(text: str) -> str:
    """A key as somebody writes it, as Textual spells it. Raises ValueError with a sentence without its stop."""
    written = text.strip()
    if len(written) == 1 and written not in _NAMED:
        return _of_character(written)
    *modifiers, name = re.split(r"\+(?!$)", written)
    held = [modifier.strip().casefold() for modifier in modifiers]
    key = _NAMED.get(name.casefold(), name if len(name) == 1 else name.casefold())
    shown = clean_line(written, 30)
    if "alt" in held or "meta" in held:
        raise ValueError(f"`{shown}` arrives as esc and the key after it in most terminals")
    if {*held} - {"ctrl", "shift"}:
        raise ValueError(f"no terminal sends `{shown}`")
    function, move = bool(_FUNCTION.fullmatch(key)), key in _MOVES
    if not held:
        if not (function or move or key in _OTHERS or _character(key) is not None):
            raise ValueError(f"`{shown}` is not the name of a key")
        return key
    if held == ["shift"] and len(key) == 1 and key.isalpha():
        return key.upper()
    if held == ["shift"] and (function or move or key == "tab"):
        return f"shift+{key}"
    if held == ["ctrl"] and (move or (len(key) == 1 and key.isascii() and (key.isalpha() or key in "[\\]^_"))):
        if (as_another := _ARRIVES_AS.get(f"ctrl+{key.casefold()}")) is not None:
            raise ValueError(f"`{shown}` arrives as {as_another} in a terminal")
        return f"ctrl+{key.casefold() if key.isalpha() or move else _of_character(key)}"
    raise ValueError(f"`{shown}` does not arrive in a terminal as a key of its own")


def _of_character(character: str) -> str:
    """The key that types a character, as Textual spells it."""
    if character == " ":
        return "space"
    if character.isalnum():
        return character
    try:
        name = unicodedata.name(character).casefold().replace("-", "_").replace(" ", "_")
    except ValueError as error:
        raise ValueError("a control character is not the name of a key") from error
    return KEY_NAME_REPLACEMENTS.get(name, name)


def keymap_of(placed: Sequence[Placed], wanted: Mapping[str, str]) -> Keymap:
    """The keymap that gives actions the keys that are `wanted`, by the ids of the actions, separated by commas.

    A wanted key is taken from whichever action has it by custom, and that is said. Of two actions that want one key in
    one place the first has it.
    """
    return _Resolution(placed, wanted).keymap()


class _Resolution:
    def __init__(self, placed: Sequence[Placed], wanted: Mapping[str, str]) -> None:
        self._placed = {one.action.id: one for one in placed}
        self._wanted = wanted
        self._problems: list[KeymapProblem] = []
        self._given: dict[str, tuple[str, ...]] = {}

    def keymap(self) -> Keymap:
        for id_, text in self._wanted.items():
            if id_ not in self._placed:
                near = nearest(id_, self._placed)
                there = f"did you mean `{near}`?" if near is not None else "the help (?) shows which there are"
                self._say(id_, f"`{clean_line(id_, 64)}` is not an action that is known; {there}")
                continue
            keys = tuple(self._usable(self._placed[id_], text))
            if any(keys):
                self._given[id_] = keys
        left = {id_: kept for id_, one in self._placed.items() if (kept := self._left(one)) is not None}
        return Keymap({**self._given, **left}, tuple(self._problems))

    def _say(self, id_: str, reason: str) -> None:
        self._problems.append(KeymapProblem(id_, reason))

    def _usable(self, one: Placed, text: str) -> Iterator[str]:
        """The keys of an entry that its action can have. Of one that knows them by their places an empty text stands
        for each that it cannot."""
        action = one.action
        # A comma alone is the key.
        written = [text] if text.strip() == "," else text.split(",")
        most = len(action.key_list) if action.by_place else _MOST_KEYS
        if len(written) > most:
            self._say(action.id, f"`{action.id}` has {len(written)} keys; {most} are the most")
        seen: set[str] = set()
        for part in written[:most]:
            try:
                key = parse_key(part)
                self._check(one, key)
            except ValueError as error:
                self._say(action.id, f"`{action.id}`: {error}")
                key = ""
            if (key and key not in seen) or action.by_place:
                seen.add(key)
                yield key

    def _check(self, one: Placed, key: str) -> None:
        """Raises ValueError when the action cannot have the key."""
        shown = shown_key(key)
        if key in ("tab", "shift+tab"):
            raise ValueError(f"{shown} moves the focus")
        if is_typed(key) and (one.typed or one.action.priority):
            raise ValueError(f"{shown} is typed text where this works; give it a key such as F6 or ctrl+k")
        for other_id, keys in self._given.items():
            other = self._placed[other_id]
            # By custom some share a key: where one of them has the focus it comes first.
            usual = key in one.action.key_list and key in other.action.key_list
            if key in keys and other.meets(one) and not usual:
                raise ValueError(f"{shown} is given to `{other_id}` too, which has it")
        for other in self._placed.values():
            if other.action.vital and other is not one and other.meets(one) and key in self._keys_left_to(other):
                label = other.action.label.casefold()
                raise ValueError(f"{shown} stays with `{other.action.id}` ({label}) as long as that has no other key")

    def _keys_left_to(self, one: Placed) -> tuple[str, ...]:
        return self._given.get(one.action.id, () if one.action.id in self._wanted else one.action.key_list)

    def _left(self, one: Placed) -> tuple[str, ...] | None:
        """The keys that an action without an entry keeps; None for all of them. Says which it has lost, and to what."""
        action, lost = one.action, dict[str, str]()
        if action.id in self._given:
            return None
        for key in action.key_list:
            for id_, given in self._given.items():
                other = self._placed[id_]
                if key not in given or not other.meets(one) or key in other.action.key_list:
                    continue
                if other.within(one):
                    # Elsewhere the key is still its own.
                    where = other.place or f"on the {other.mode.capitalize()} screen"
                    self._say(id_, f"{shown_key(key)} is `{id_}` {where}, and not `{action.id}` there")
                else:
                    lost[key] = id_
        if not lost:
            return None
        kept = tuple("" if key in lost else key for key in action.key_list)
        still = [shown_key(key) for key in kept if key]
        rest = f"which keeps {', '.join(still)}" if still else "which has no key"
        for key, id_ in lost.items():
            self._say(id_, f"{shown_key(key)} is `{id_}` and no longer `{action.id}` ({action.label}), {rest}")
        return kept if action.by_place else tuple(filter(None, kept))
