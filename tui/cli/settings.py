"""What commands take from `config.toml` where neither a flag nor a variable says otherwise."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click
from click.core import ParameterSource

from tui.cli.output import say
from tui.core.errors import BadInputError
from tui.core.settings import BY_KEY, SETTINGS, Effective, Setting, Source, effective, plan_options
from tui.hosts.config_entry import HOST_FORMAT
from tui.storage import paths
from tui.storage.config import read_config

if TYPE_CHECKING:
    from tui.core.plans.plan import PlanOptions
    from tui.storage.config import Configuration

P = ParamSpec("P")
T = TypeVar("T")
Command = TypeVar("Command", bound=Callable[..., Any])
_READ = "foundry-compare.configuration"


class SettingOption(click.Option):
    """An option whose value the configuration may have."""

    setting: Setting

    def process_value(self, ctx: click.Context, value: Any) -> Any:
        """As click does; of a variable that cannot be used the sentence names the variable."""
        try:
            return super().process_value(ctx, value)
        except click.BadParameter:
            if ctx.get_parameter_source(self.name or "") is ParameterSource.ENVIRONMENT:
                usual(self.setting.key, {})
            raise


def setting_option(key: str, *names: str, **more: Any) -> Callable[[Command], Command]:
    """An option for a setting, whose default and variable are those of the setting."""
    setting = BY_KEY[key]

    class Option(SettingOption):
        pass

    Option.setting = setting
    return click.option(
        *names,
        cls=Option,
        default=setting.default,
        show_default=setting.default not in (None, False),
        envvar=setting.variables[0][0] if setting.variables else None,
        **more,
    )


def configuration() -> Configuration:
    """The user's configuration, read once a command; says which of its keys are passed over.

    Raises BadInputError when it cannot be used.
    """
    meta = click.get_current_context().meta
    if _READ not in meta:
        found = read_config(paths.config_dir(), HOST_FORMAT).check()
        for warning in found.warnings():
            say(f"foundry-compare: {warning.sentence()}")
        meta[_READ] = found
    read: Configuration = meta[_READ]
    return read


def configured(command: Callable[P, T]) -> Callable[P, T]:
    """Have a command's `SettingOption`s take their values from the configuration where nothing else gives them."""

    @functools.wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        context, values = click.get_current_context(), configuration().values
        for option in context.command.params:
            if isinstance(option, SettingOption) and option.setting.key in values and not is_given(option.name or ""):
                kwargs[option.name or ""] = values[option.setting.key]
        return command(*args, **kwargs)

    return wrapper


def usual(key: str, values: Mapping[str, Any] | None = None) -> Effective:
    """What counts of a setting where no flag says otherwise: the environment, else these `values`, which are those of
    the configuration where none are given. Raises BadInputError that names the variable whose value cannot be used."""
    try:
        return effective(BY_KEY[key], configuration().values if values is None else values, os.environ)
    except ValueError as error:
        raise BadInputError(f"The variable {error}") from error


def usual_plan(values: Mapping[str, Any]) -> PlanOptions:
    """How plans are carried out where no flag says otherwise, given the values of the configuration. Raises
    BadInputError as `usual` does."""
    keys = [setting.key for setting in SETTINGS if setting.key.startswith("plan.")]
    counts = {key: usual(key, values) for key in keys}
    return plan_options({key: one.value for key, one in counts.items() if one.source is not Source.DEFAULT})


def who_names(usual: Effective) -> str:
    """Where the names of models come from, as a sentence without its stop."""
    place = usual.place.replace(", ", " or ")
    return f"{place} names it" if place else "config.toml names it in `default_models`"


def is_given(parameter: str, *, by_hand: bool = False) -> bool:
    """Whether a flag or, unless it is to be `by_hand`, a variable of the environment gives this parameter."""
    source = click.get_current_context().get_parameter_source(parameter)
    return source is ParameterSource.COMMANDLINE or (source is ParameterSource.ENVIRONMENT and not by_hand)
