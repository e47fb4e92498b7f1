"""The settings that `config.toml` may have: one table, read by the program, `config`, the documents and the tests.

To add one, enter it in `SETTINGS`, have its consumer read it, then `python -m tools.docs`. The keys of a host stand in
`tui.hosts.config_entry`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from tui.core.catalog.model_filters import ALL_CACHED
from tui.core.dict_reader import Table
from tui.core.plans.mode import MAX_MODELS, Mode
from tui.core.plans.plan import MAX_RETRIES, MAX_ROUNDS, PlanOptions
from tui.core.scoring.rating import MAX_RATER
from tui.core.sessions.session_model import DEFAULT_MAX_TOKENS, MAX_INTEGER, MAX_TOKENS, Parameters, Timeouts
from tui.core.text.nearest import unknown_name
from tui.core.workshop_variables import ALIAS, BENCH_MODELS, EVERY_MODEL, PAIR

HOSTS = "hosts"
"""The key of the hosts' tables."""
_MAX_TEXT = 1000
_DAY_S = 86_400
_MINUTES = 1_440
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


class Kind(NamedTuple):
    """What sort of value a setting has. Both functions raise ValueError for a value that it cannot have."""

    name: str
    """In words: "a whole number from 1 to 1000"."""
    read: Callable[[Any], Any]
    """The value of what a file holds."""
    parse: Callable[[str], Any]
    """The value of what a variable of the environment holds."""


class Setting(NamedTuple):
    """One setting."""

    key: str
    """As in the file: `plan.rounds` is `rounds` in the table `[plan]`."""
    kind: Kind
    about: str
    """What it is, in Markdown."""
    default: Any = None
    otherwise: str = ""
    """What is done where nothing sets it, when that is no one value."""
    variables: tuple[tuple[str, ...], ...] = ()
    """The variables of the environment that count before the file, the first of them that is set; what stands together
    is joined."""
    flags: tuple[str, ...] = ()
    """The flags that count before both, with their command if it is not the program itself."""


class Source(StrEnum):
    """Where a value comes from; each counts before the one above it."""

    DEFAULT = "default"
    FILE = "file"
    ENVIRONMENT = "environment"
    FLAG = "flag"


class Problem(NamedTuple):
    """What is wrong with the configuration."""

    key: str
    reason: str
    """A sentence without its stop. It repeats no value."""
    unknown: bool = False
    """Whether the key means nothing here: then it is passed over."""


class Effective(NamedTuple):
    """The value of a setting that counts."""

    value: Any
    source: Source
    place: str = ""
    """The variable, the flag; empty for a default and the file."""


# Kinds


def text(most: int) -> Kind:
    """A text that is not empty."""
    name = "text"

    def read(value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError(f"should be {name}")
        if not value.strip():
            raise ValueError("is empty")
        if len(value) > most:
            raise ValueError(f"has {len(value)} characters; {most} are the most")
        return value.strip()

    return Kind(name, read, read)


def _path(value: Any) -> Path:
    """A path, which is looked up by whoever knows the folder that it begins at."""
    path = Path(_PATH_TEXT.read(value))
    try:
        return path.expanduser()
    except RuntimeError:
        return path  # No home directory is known: the tilde is then taken as a name.


_PATH_TEXT = text(_MAX_TEXT)
PATH = Kind("a path", _path, _path)


def one_of(*choices: str) -> Kind:
    """One of these words."""
    name = f"one of {', '.join(f'`{choice}`' for choice in choices)}"

    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in choices:
            raise ValueError(f"should be {name}")
        return value

    return Kind(name, read, read)


def whole(least: int, most: int) -> Kind:
    """A whole number."""
    limits = f" from {least} to {most}" if most < MAX_TOKENS else f" of {least} or more" if least >= 0 else ""
    name = f"a whole number{limits}"

    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ValueError(f"should be {name}")
        return value

    return Kind(name, read, lambda given: read(_number(given, int, name)))


def decimal(least: float, most: float, *, above: bool = False) -> Kind:
    """A number; `above` says that it is not the least itself."""
    name = f"a number above {least:g}, and at most {most:g}" if above else f"a number from {least:g} to {most:g}"

    def read(value: Any) -> float:
        fits = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not fits or not least <= value <= most or (above and value == least):
            raise ValueError(f"should be {name}")
        return float(value)

    return Kind(name, read, lambda given: read(_number(given, float, name)))


def _number(given: str, kind: type, name: str) -> Any:
    try:
        return kind(given)
    except ValueError as error:
        raise ValueError(f"should be {name}") from error


def _bool(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"should be {YES_OR_NO.name}")
    return value


def _said(given: str) -> bool:
    word = given.strip().casefold()
    if word not in (*_TRUE, *_FALSE):
        raise ValueError(f"should be {' or '.join((_TRUE[0], _FALSE[0]))}")
    return word in _TRUE


YES_OR_NO = Kind("`true` or `false`", _bool, _said)


def texts(most: int) -> Kind:
    """A list of texts; in the environment they are separated by commas."""
    name = "a list of texts"

    def read(value: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(one, str) and one.strip() for one in value):
            raise ValueError(f"should be {name}")
        if len(value) > most:
            raise ValueError(f"has {len(value)} texts; {most} are the most")
        if any(len(one) > _MAX_TEXT for one in value):
            raise ValueError(f"has a text of more than {_MAX_TEXT} characters")
        return tuple(value)

    return Kind(name, read, lambda given: read([name for part in given.split(",") if (name := part.strip())]))


def models(most: int) -> Kind:
    """A list of models; in the environment one word may stand for all of them."""
    named = texts(most)

    def parse(given: str) -> tuple[str, ...]:
        names = tuple(name for part in given.split(",") if (name := part.strip()))
        if not 0 < len(names) <= most:
            raise ValueError(f"names {len(names) or 'no'} model{'s' * bool(names)}; {most} are the most")
        named.read(list(names))
        return (ALL_CACHED,) if len(names) == 1 and names[0].casefold() in EVERY_MODEL else names

    return Kind(named.name, named.read, parse)


def _keys(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(keys, str) and keys.strip() for keys in value.values()):
        raise ValueError(f"should be {KEYMAP.name}")
    return dict(value)


def _no_table(given: str) -> dict[str, str]:
    raise ValueError(f"should be {KEYMAP.name}")


KEYMAP = Kind("a table of keys by the ids of actions", _keys, _no_table)
_SECONDS = decimal(0, _DAY_S, above=True)
_USUAL = Timeouts()


# The table


def _of_plans(*flags: str) -> tuple[str, ...]:
    """Flags of the commands that carry out a plan."""
    return tuple(f"{command} {flag}" for command in ("run", "bench") for flag in flags)


SETTINGS: tuple[Setting, ...] = (
    Setting("default_host", text(300), "the host that is used where none is named: a name below `[hosts]`, or `demo`, "
            "or `embedded`", otherwise="the only host of the configuration, else the best that is found",
            variables=(("FOUNDRY_LOCAL_ENDPOINT",),), flags=("--host",)),
    Setting("default_models", models(MAX_MODELS), "the models that are compared where none is named: ids or aliases",
            otherwise="the demo models, or the only model that the host has",
            variables=((BENCH_MODELS,), PAIR, (ALIAS,)), flags=("-m", *_of_plans("-m", "--models"))),
    Setting("models_file", PATH, "the file of [models](prompts-and-models.md#tags) whose tags narrow the Models screen;"
            " a path that is not absolute begins at the folder of `config.toml`", otherwise="models have no tags",
            variables=(("FOUNDRY_COMPARE_MODELS",),)),
    Setting("rubric", PATH, "the file of [criteria](prompts-and-models.md#criteria) that answers are scored for; "
            "a path that is not absolute begins at the folder of `config.toml`", otherwise="one overall score",
            variables=(("FOUNDRY_COMPARE_RUBRIC",),), flags=("--rubric", *_of_plans("--rubric"))),
    Setting("rater", text(MAX_RATER), "whose scores and notes these are", otherwise="your login name",
            variables=(("FOUNDRY_COMPARE_RATER",),), flags=("--rater",)),
    Setting("theme", text(32), "the [theme](settings.md#themes)", otherwise="the one chosen last with F9, else `dark`, "
            "or `sixteen` in a terminal of so many colours",
            variables=(("FOUNDRY_COMPARE_THEME",),), flags=("--theme",)),
    Setting("low_bandwidth", YES_OR_NO, "paint less often and in larger steps, for [slow lines]"
            "(settings.md#slow-lines)", False, variables=(("FOUNDRY_COMPARE_LOW_BANDWIDTH",),),
            flags=("--low-bandwidth",)),
    Setting("keep_warm", decimal(0, _MINUTES, above=True), "minutes without a question after which the models in use "
            "are [prompted lightly](hosts.md#keeping-models-loaded), so that they stay loaded",
            otherwise="models are not kept warm", flags=("--keep-warm",)),
    Setting("keymap", KEYMAP, "other [keys](keys.md) for actions: `\"pane.zoom\" = \"Z\"`", otherwise="the usual keys"),
    Setting("plan.mode", one_of(*(mode.value for mode in Mode)), "`measure`: one request at a time, after a warm-up. "
            "`race`: all at once", Mode.RACE.value, flags=_of_plans("--mode")),
    Setting("plan.rounds", whole(1, MAX_ROUNDS), "how often each model is asked each question", 1,
            variables=(("BENCH_ROUNDS",),), flags=_of_plans("--rounds")),
    Setting("plan.warmup", whole(0, MAX_ROUNDS), "requests ahead that count nowhere",
            otherwise="1 when measuring, 0 in a race", flags=_of_plans("--warmup")),
    Setting("plan.retries", whole(0, MAX_RETRIES), "how often a request that failed is made again, before its model "
            "is skipped", 0, variables=(("COMPARE_RETRIES",),), flags=_of_plans("--retries")),
    Setting("plan.alone", YES_OR_NO, "when measuring, unload the other models before one is loaded", False,
            flags=_of_plans("--alone")),
    Setting("plan.nonce", YES_OR_NO, "begin each prompt with a marker of its own, so that a prefix cache holds at "
            "most what precedes it", False, flags=_of_plans("--nonce")),
    Setting("plan.max_tokens", whole(1, MAX_TOKENS), "how long an answer may be, in tokens", DEFAULT_MAX_TOKENS,
            variables=(("BENCH_MAX_TOKENS",),), flags=_of_plans("--max-tokens")),
    Setting("plan.temperature", decimal(0, 2), "sampling temperature", otherwise="left to the host",
            variables=(("BENCH_TEMPERATURE",),), flags=_of_plans("--temperature")),
    Setting("plan.top_p", decimal(0, 1, above=True), "nucleus sampling", otherwise="left to the host",
            flags=_of_plans("--top-p")),
    Setting("plan.seed", whole(-MAX_INTEGER, MAX_INTEGER), "sampling seed, for hosts that take one",
            otherwise="left to the host", flags=_of_plans("--seed")),
    Setting("plan.stop", texts(16), "where an answer ends", otherwise="nowhere but at its end",
            flags=_of_plans("--stop")),
    Setting("plan.timeouts.connect_s", _SECONDS, "seconds within which the host must accept a connection",
            _USUAL.connect),
    Setting("plan.timeouts.first_byte_s", _SECONDS, "seconds within which the host must begin to reply",
            _USUAL.first_byte),
    Setting("plan.timeouts.first_text_s", _SECONDS, "seconds within which the first text must come",
            _USUAL.first_text),
    Setting("plan.timeouts.idle_s", _SECONDS, "seconds without any text after which an answer is given up",
            _USUAL.idle),
    Setting("energy.watts", decimal(0, 100_000, above=True), "what the machine with the models draws while it answers: "
            "`report` estimates [energy](reports.md#energy-and-cost---watts---token-price---energy-price) by it",
            otherwise="no energy is estimated", flags=("report --watts",)),
    Setting("energy.price_per_kwh", decimal(0, 100_000), "the price of a kilowatt-hour, for `watts`",
            otherwise="no cost of it is estimated", flags=("report --energy-price",)),
    Setting("report.require", text(_MAX_TEXT), "what a model [must have](reports.md#which-model-to-choose---select---"
            "require---weight) to be chosen: conditions with commas. It counts with `--select`, and on F4",
            otherwise="nothing", flags=("report --require",)),
    Setting("report.weight", text(_MAX_TEXT), "what weighs how much in that choice: `\"quality=3, latency=1\"`",
            otherwise="no order is made", flags=("report --weight",)),
)  # fmt: skip
"""All but those of hosts, in the order in which they are shown."""
BY_KEY: dict[str, Setting] = {setting.key: setting for setting in SETTINGS}
TABLES: tuple[str, ...] = tuple(dict.fromkeys(key.rpartition(".")[0] for key in BY_KEY if "." in key))
"""The tables that settings stand in."""


def plan_options(values: Mapping[str, Any]) -> PlanOptions:
    """How a plan is carried out where nothing but a file's settings says so."""
    plan = {key.removeprefix("plan."): value for key, value in values.items() if key.startswith("plan.")}
    times = {key.removeprefix("timeouts.").removesuffix("_s"): plan.pop(key) for key in list(plan) if "." in key}
    sampling = {key: plan.pop(key) for key in list(plan) if key in Parameters.__dataclass_fields__}
    if "mode" in plan:
        plan["mode"] = Mode(plan["mode"])
    options = PlanOptions(**plan, parameters=Parameters(**sampling), timeouts=Timeouts(**times))
    # A race needs all models at once, whatever is said of measuring.
    return replace(options, alone=options.alone and options.mode is Mode.MEASURE)


def read_settings(table: Table) -> tuple[dict[str, Any], list[Problem]]:
    """The settings that a file's table has, by key, and what is wrong with the others. The hosts are not looked at."""
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for key, value in _rows(table):
        setting = BY_KEY.get(key)
        if setting is None and key in TABLES:
            problems.append(Problem(key, f"`{key}` should be a table"))
        elif setting is None:
            problems.append(Problem(key, unknown_name(key, _names_beside(key), "a setting"), unknown=True))
        else:
            try:
                values[key] = setting.kind.read(value)
            except ValueError as error:
                problems.append(Problem(key, f"`{key}` {error}"))
    return values, problems


def _rows(table: Table, within: str = "") -> Iterator[tuple[str, Any]]:
    """What a file sets, by key."""
    for name, value in table.items():
        key = f"{within}{name}"
        if key in TABLES and isinstance(value, dict):
            yield from _rows(value, f"{key}.")
        elif key != HOSTS:
            yield key, value


def _names_beside(key: str) -> Sequence[str]:
    """The names that an unknown one may have been meant for: all of them, or, within a table, those of the table."""
    within = key.rpartition(".")[0]
    names = [*BY_KEY, *TABLES, HOSTS]
    return [name for name in names if name.startswith(f"{within}.")] if within else names


def effective(
    setting: Setting,
    file: Mapping[str, Any],
    environ: Mapping[str, str],
    flags: Mapping[str, tuple[str, Any]] | None = None,
) -> Effective:
    """What counts: the flag, else the environment, else the file, else the default.

    `file` has the values of the file by key, `flags` those of the command line with the flag's name. Raises ValueError
    that names the variable for a value that cannot be used.
    """
    if flags is not None and setting.key in flags:
        flag, value = flags[setting.key]
        return Effective(value, Source.FLAG, flag)
    for names in setting.variables:
        given = {name: value for name in names if (value := environ.get(name, "").strip())}
        if given:
            place = ", ".join(given)
            try:
                return Effective(setting.kind.parse(",".join(given.values())), Source.ENVIRONMENT, place)
            except ValueError as error:
                raise ValueError(f"`{place}` {error}") from error
    if setting.key in file:
        return Effective(file[setting.key], Source.FILE)
    return Effective(setting.default, Source.DEFAULT)
