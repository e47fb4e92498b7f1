"""The table of settings: what each may be, which of several values counts, and that flags and variables are there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import click
import pytest

from tests.support.some import any_number_of, some
from tools.docs import every_command
from tui.cli.bench import ROUNDS
from tui.cli.settings import SettingOption
from tui.core.plans.mode import Mode
from tui.core.plans.plan import PlanOptions
from tui.core.sessions.session_model import Parameters, Timeouts
from tui.core.settings import (
    BY_KEY,
    SETTINGS,
    YES_OR_NO,
    Effective,
    Kind,
    Setting,
    Source,
    effective,
    plan_options,
    read_settings,
)

WITH_VARIABLES = [setting for setting in SETTINGS if setting.variables]
PLAN = [setting for setting in SETTINGS if setting.key.startswith("plan.")]


def another(setting: Setting) -> Any:
    """A value that a file may have, other than the default."""
    tried = (True, 2, 1.5, 0.5, ["one", "two"], "measure", "two words", {"pane.zoom": "Z"})
    for value in tried:
        try:
            if setting.kind.read(value) != setting.default:
                return value
        except ValueError:
            continue
    raise AssertionError(setting.key)


def named(setting: Setting) -> str:
    return setting.key


def test_keys_are_told_apart_and_each_default_is_a_value_that_a_file_may_have() -> None:
    assert len(BY_KEY) == len(SETTINGS)
    for setting in some(SETTINGS):
        assert (setting.default is None) is bool(setting.otherwise), f"{setting.key}: what is done without it"
        if setting.default is not None:
            assert setting.kind.read(setting.default) == setting.default


@pytest.mark.parametrize("setting", SETTINGS, ids=named)
def test_a_file_s_value_is_read_under_its_key_and_a_wrong_one_is_named(setting: Setting) -> None:
    def table(value: Any) -> dict[str, Any]:
        for name in reversed(setting.key.split(".")):
            value = {name: value}
        return value

    value = another(setting)
    assert read_settings(table(value)) == ({setting.key: setting.kind.read(value)}, [])
    values, (problem,) = read_settings(table(None))
    assert not values and problem.key == setting.key and problem.reason.startswith(f"`{setting.key}` should be ")
    assert not problem.unknown


def texts_of(setting: Setting) -> Iterator[tuple[str, Any]]:
    """What a variable may hold for a value, and the value."""
    value = setting.kind.read(another(setting))
    if setting.kind is YES_OR_NO:
        yield from ((word, True) for word in ("1", "true", "YES", " on "))
        yield from ((word, False) for word in ("0", "false", "No", "off"))
    elif isinstance(value, tuple):
        yield " , ".join(value), value
    else:
        yield str(value), value


@pytest.mark.parametrize("setting", WITH_VARIABLES, ids=named)
def test_the_flag_counts_before_the_variable_before_the_file_before_the_default(setting: Setting) -> None:
    of_file = setting.kind.read(another(setting))
    flags = {setting.key: ("--flag", "of the flag")}
    for names in some(setting.variables):
        for text, value in some(list(texts_of(setting))):
            environ = {names[0]: text}
            by_variable = Effective(value, Source.ENVIRONMENT, names[0])
            assert effective(setting, {setting.key: of_file}, environ) == by_variable
            assert effective(setting, {}, environ, flags) == Effective("of the flag", Source.FLAG, "--flag")
        assert effective(setting, {setting.key: of_file}, {names[0]: "  "}).source is Source.FILE
    assert effective(setting, {setting.key: of_file}, {}) == Effective(of_file, Source.FILE)
    assert effective(setting, {}, {}) == Effective(setting.default, Source.DEFAULT)


def test_what_stands_together_in_the_environment_is_joined_and_the_first_that_is_set_counts() -> None:
    models, pair = BY_KEY["default_models"], {"SLM_ALIAS": "small", "LLM_ALIAS": "large"}
    joined = Effective(("small", "large"), Source.ENVIRONMENT, "SLM_ALIAS, LLM_ALIAS")
    assert effective(models, {}, pair) == joined
    assert effective(models, {}, pair | {"BENCH_MODELS": "a, b,"}).value == ("a", "b")
    assert effective(models, {}, {"FOUNDRY_LOCAL_ALIAS": "one", "LLM_ALIAS": "large"}).value == ("large",)


@pytest.mark.parametrize("word", ["auto", "ALL", "Auto", " all "])
def test_one_word_of_the_environment_means_every_model(word: str) -> None:
    assert effective(BY_KEY["default_models"], {}, {"BENCH_MODELS": word}).value == ("all-cached",)
    assert effective(BY_KEY["default_models"], {}, {"BENCH_MODELS": f"{word}, phi"}).value == (word.strip(), "phi")


@pytest.mark.parametrize(
    ("key", "variable", "text", "says"),
    [
        ("low_bandwidth", "FOUNDRY_COMPARE_LOW_BANDWIDTH", "maybe", "should be 1 or 0"),
        ("plan.rounds", "BENCH_ROUNDS", "three", "should be a whole number from 1 to 1000"),
        ("plan.rounds", "BENCH_ROUNDS", "0", "should be a whole number from 1 to 1000"),
        ("plan.max_tokens", "BENCH_MAX_TOKENS", "1.5", "should be a whole number of 1 or more"),
        ("default_models", "BENCH_MODELS", " , ", "names no model; 8 are the most"),
        ("default_models", "BENCH_MODELS", "a,b,c,d,e,f,g,h,i", "names 9 models; 8 are the most"),
        ("rater", "FOUNDRY_COMPARE_RATER", "a" * 41, "has 41 characters; 40 are the most"),
    ],
)
def test_a_variable_that_cannot_be_used_is_named_and_its_value_is_not(
    key: str, variable: str, text: str, says: str
) -> None:
    with pytest.raises(ValueError, match=f"^`{variable}` {says}$"):
        effective(BY_KEY[key], {}, {variable: text})


def test_kinds_without_a_variable_can_be_read_from_a_text_or_say_that_they_cannot() -> None:
    kinds: dict[str, Kind] = {setting.kind.name: setting.kind for setting in SETTINGS}
    for kind in some(list(kinds.values())):
        with pytest.raises(ValueError, match=r"^(should be|has) "):
            kind.parse("x" * 2000 if "text" in kind.name or "path" in kind.name else "{}")
    assert BY_KEY["energy.watts"].kind.parse("45") == 45.0


# Plans


def test_without_settings_plans_go_as_they_usually_do() -> None:
    assert plan_options({}) == PlanOptions()
    assert plan_options({"theme": "dark", "energy.watts": 3.0}) == PlanOptions()


@pytest.mark.parametrize("setting", PLAN, ids=named)
def test_every_setting_of_a_plan_changes_plans(setting: Setting) -> None:
    measuring = {"plan.mode": "measure"} if setting.key == "plan.alone" else {}
    value = setting.kind.read(another(setting))
    assert plan_options({**measuring, setting.key: value}) != plan_options(measuring)
    if setting.default is not None:
        assert plan_options({**measuring, setting.key: setting.default}) == plan_options(measuring)


def test_a_plan_has_all_that_is_set() -> None:
    values = {
        "plan.mode": "measure", "plan.rounds": 3, "plan.warmup": 0, "plan.alone": True, "plan.temperature": 0.2,
        "plan.stop": ("###",), "plan.timeouts.idle_s": 9.0,
    }  # fmt: skip
    expected = PlanOptions(
        Mode.MEASURE, 3, 0, alone=True, parameters=Parameters(temperature=0.2, stop=("###",)), timeouts=Timeouts(idle=9)
    )
    assert plan_options(values) == expected
    expected.check()
    race = plan_options(values | {"plan.mode": "race"})
    assert race == replace(expected, mode=Mode.RACE, alone=False), "a race needs all models at once"


# Flags and variables


def options() -> dict[str, click.Option]:
    """Every option, by its command without the program's name and each of its flags."""
    return {
        f"{context.command_path.removeprefix('foundry-compare').strip()} {flag}".strip(): option
        for context, command in every_command()
        for option in command.params
        if isinstance(option, click.Option)
        for flag in option.opts
    }


@pytest.mark.parametrize("setting", SETTINGS, ids=named)
def test_the_flags_that_a_setting_names_are_there_and_have_its_variable_and_default(setting: Setting) -> None:
    there = options()
    lists = ("default_host", "default_models")
    for flag in any_number_of(setting.flags):
        option = there[flag]
        if setting.key not in lists:
            variables = [name for names in setting.variables for name in names]
            assert option.envvar == (variables[0] if variables else None)
        if isinstance(option, SettingOption):
            usual = OF_BENCH.get(flag, setting.default)
            assert option.setting is setting and option.default in (usual, None)


OF_BENCH = {"bench --mode": Mode.MEASURE.value, "bench --rounds": ROUNDS}
"""What `bench` does where nobody says otherwise."""


def test_every_option_that_the_configuration_fills_is_named_by_its_setting() -> None:
    filled = {flag: option for flag, option in options().items() if isinstance(option, SettingOption)}
    for flag, option in some(list(filled.items())):
        assert flag in option.setting.flags
