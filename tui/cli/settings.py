"""What commands take from `config.toml` where neither a flag nor a variable says otherwise."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click
from click.core import ParameterSource

from tui.cli.output import say
from tui.core.settings import BY_KEY, Setting
from tui.hosts.config_entry import HOST_FORMAT
from tui.storage import paths
from tui.storage.config import read_config

if TYPE_CHECKING:
    from tui.storage.config import Configuration

P = ParamSpec("P")
T = TypeVar("T")
Command = TypeVar("Command", bound=Callable[..., Any])
_READ = "foundry-compare.configuration"


class SettingOption(click.Option):
    """An option whose value the configuration may have."""

    setting: Setting


def setting_option(key: str, *names: str, **more: Any) -> Callable[[Command], Command]:
    """An option of `run` for a setting, whose default and variable are those of the setting."""
    setting = BY_KEY[key]
    variables = [*setting.variables, *(name for names in setting.run_variables for name in names)]

    class Option(SettingOption):
        pass

    Option.setting = setting
    return click.option(
        *names,
        cls=Option,
        default=setting.default,
        show_default=setting.default not in (None, False),
        envvar=variables[0] if variables else None,
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


def is_given(parameter: str, *, by_hand: bool = False) -> bool:
    """Whether a flag or, unless it is to be `by_hand`, a variable of the environment gives this parameter."""
    source = click.get_current_context().get_parameter_source(parameter)
    return source is ParameterSource.COMMANDLINE or (source is ParameterSource.ENVIRONMENT and not by_hand)
