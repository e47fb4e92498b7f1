"""What `run` and `bench` have in common: which models are asked what, how, and where it is kept."""

from __future__ import annotations

import functools
import os
import shlex
import subprocess
from collections.abc import Callable, Collection
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import click
from click.core import ParameterSource

from tui import api
from tui.cli import run_inputs
from tui.cli.answer_files import AnswerFiles
from tui.cli.output import FloatRange, host_option, rubric_option, say, sessions_option, several_models_option
from tui.cli.own_rater import asks_as_option
from tui.cli.settings import configuration, is_given, setting_option, usual
from tui.cli.updates import say_update
from tui.core.errors import BadInputError
from tui.core.plans.mode import Mode
from tui.core.plans.plan import MAX_RETRIES, MAX_ROUNDS, Order, PlanOptions
from tui.core.sessions.session_model import DETERMINISTIC_SEED, MAX_INTEGER, MAX_TOKENS, Parameters
from tui.core.settings import Effective, Source, plan_options
from tui.core.text.clean import clean_line
from tui.core.workshop_variables import BENCH_STREAM, switched
from tui.net.addresses import public_url
from tui.storage.prompt_files import read_rubric

if TYPE_CHECKING:
    from tui.report.loads import Loads

P = ParamSpec("P")
R = TypeVar("R")
Progress = Callable[[api.Update], object]

_ITS_OWN = (
    "system", "mode", "rounds", "warmup", "retries", "alone", "nonce", "deterministic", "max_tokens", "temperature",
    "top_p", "seed", "stop", "rubric", "blind", "sessions",
)  # fmt: skip
"""Options whose values a session that is resumed has already."""
_file = click.Path(dir_okay=False, path_type=Path)
_OPTIONS = (
    several_models_option,
    click.option("--models", "models_file", type=_file, metavar="FILE",
                 help="Models with parameters of their own, in JSON or TOML."),
    click.option("-p", "--prompt", "prompts", multiple=True, metavar="PROMPT",
                 help="The question; - reads it from stdin; repeat."),
    click.option("--prompts", "prompt_files", multiple=True, type=_file, metavar="FILE",
                 help="A list of questions, in JSON or TOML; repeat."),
    click.option("--system", metavar="TEXT", help="The system prompt of all that have none of their own."),
    setting_option("plan.mode", "--mode", type=click.Choice([mode.value for mode in Mode]),
                   help="measure: one request at a time, after a warm-up. race: all at once."),
    setting_option("plan.rounds", "--rounds", type=click.IntRange(1, MAX_ROUNDS), metavar="N",
                   help="How often each model is asked each question."),
    setting_option("plan.warmup", "--warmup", type=click.IntRange(0, MAX_ROUNDS), metavar="N",
                   help="Requests ahead that count nowhere: 1 when measuring, else 0, if not given."),
    setting_option("plan.retries", "--retries", type=click.IntRange(0, MAX_RETRIES), metavar="N",
                   help="Ask again what failed; then the model is skipped."),
    setting_option("plan.alone", "--alone/--no-alone", help="Measured: unload the other models before one is loaded."),
    setting_option("plan.nonce", "--nonce/--no-nonce",
                   help="Begin each prompt with a marker of its own: a cache holds at most what precedes it."),
    click.option("--deterministic", is_flag=True, help=f"Temperature 0 and seed {DETERMINISTIC_SEED}, if not given."),
    setting_option("plan.max_tokens", "--max-tokens", type=click.IntRange(1, MAX_TOKENS), metavar="N",
                   help="How long an answer may be, in tokens."),
    setting_option("plan.temperature", "--temperature", type=FloatRange(0, 2), metavar="T",
                   help="0 to 2; left to the host if not given."),
    setting_option("plan.top_p", "--top-p", type=FloatRange(0, 1, min_open=True), metavar="P",
                   help="Left to the host if not given."),
    setting_option("plan.seed", "--seed", type=click.IntRange(-MAX_INTEGER, MAX_INTEGER), metavar="N",
                   help="Sampling seed, for hosts that take one."),
    setting_option("plan.stop", "--stop", multiple=True, metavar="TEXT", help="Where an answer ends; repeat."),
    rubric_option,
    click.option("--blind", is_flag=True, help="Print no model's name: the answers in an order drawn for each "
                 "question. `open` goes on with it."),
    asks_as_option,
    click.option("--resume", type=_file, metavar="FILE",
                 help="Go on with a session that was broken off, as it was begun."),
    host_option,
    sessions_option,
    click.option("--out-dir", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
                 help="Write each answer to a file of its own in this folder."),
    click.option("--no-save", is_flag=True, help="Keep no session file."),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanFlags:
    """The values of these options, by their names."""

    models: tuple[str, ...]
    models_file: Path | None
    prompts: tuple[str, ...]
    prompt_files: tuple[Path, ...]
    system: str | None
    mode: str
    rounds: int
    warmup: int | None
    retries: int
    alone: bool
    nonce: bool
    deterministic: bool
    max_tokens: int
    temperature: float | None
    top_p: float | None
    seed: int | None
    stop: tuple[str, ...]
    rubric: Path | None
    blind: bool
    resume: Path | None
    host: tuple[str, ...]
    sessions: Path | None
    out_dir: Path | None
    no_save: bool

    def compare(
        self,
        progress: Progress,
        *,
        files: AnswerFiles,
        arms: bool = False,
        order: Order = Order.SHUFFLE,
        pause_s: float = 0,
        enough: Callable[[], bool] = lambda: False,
    ) -> api.Comparison:
        """Ask the models, or go on with the session that is to be resumed; `progress` is told what happens. Once
        `enough` says so nothing more is asked. `files` are where answers are written to as well. With `arms` one model
        is asked as two.

        Raises BadInputError, NoHostError or NoModelError before anything is asked, and StoreError.
        """
        progress = files.beside(progress)
        if self.resume is not None:
            if self.models or self.models_file or self.prompts or self.prompt_files:
                raise BadInputError("--resume goes without models and prompts", "The session has them")
            if given := options_given(_ITS_OWN):
                raise BadInputError(f"--resume goes without {', '.join(given)}", "The session has its own")
            return api.resume(self.resume, host=self.host, save=not self.no_save, progress=progress, enough=enough)
        by_hand = options_given(_ITS_OWN)
        settings = configuration().values
        named = read_rubric(self.rubric) if self.rubric is not None and "--rubric" in by_hand else None
        command = str(click.get_current_context().info_name)
        questions = run_inputs.prompts(
            self.prompts, self.prompt_files, self.system, os.environ, named,
            command=command, models_file=self.models_file,
        )  # fmt: skip
        if switched(BENCH_STREAM, os.environ) is False:
            say(f"{BENCH_STREAM}=0 changes nothing: answers are always streamed, so that the first text is timed.")
        rubric: Path | None = self.rubric or settings.get("rubric")
        if self.alone and self.mode != Mode.MEASURE and "--alone" in by_hand:
            raise BadInputError("--alone goes with --mode measure", "A race needs all models at once")

        of_flags = self.models or self.models_file
        otherwise = Effective((), Source.DEFAULT) if of_flags else usual("default_models")

        def choose(known: api.HostModels) -> list[api.ModelChoice]:
            chosen = run_inputs.model_choices(known, self.models, self.models_file, otherwise)
            if arms:
                chosen = _in_arms(chosen)
            files.check(chosen, len(dict.fromkeys(questions.prompts)), self.rounds)
            return chosen

        return api.compare(
            questions.prompts,
            choose,
            host=self.host,
            options=replace(self._options(), order=order, pause_s=pause_s),
            rubric=questions.rubric or (read_rubric(rubric) if rubric is not None else None),
            sessions=self.sessions,
            save=not self.no_save,
            progress=progress,
            enough=enough,
        )

    def _options(self) -> PlanOptions:
        temperature, seed = self.temperature, self.seed
        if self.deterministic:
            # What the configuration says of sampling is no reason for other answers each time.
            # Nor what the workshop's variables say: a flag counts before them.
            temperature = temperature if is_given("temperature", by_hand=True) else None
            seed = seed if is_given("seed", by_hand=True) else None
        parameters = Parameters(self.max_tokens, temperature, self.top_p, seed, tuple(self.stop))
        return PlanOptions(
            mode=Mode(self.mode),
            rounds=self.rounds,
            warmup=self.warmup,
            alone=self.alone and self.mode == Mode.MEASURE,
            retries=self.retries,
            nonce=self.nonce,
            parameters=parameters.deterministic() if self.deterministic else parameters,
            timeouts=plan_options(configuration().values).timeouts,
            blind=self.blind,
        )


def _in_arms(chosen: list[api.ModelChoice]) -> list[api.ModelChoice]:
    if len(chosen) != 1:
        raise BadInputError(f"{len(chosen)} models cannot be measured as one", hint="--aa takes one: name it with -m.")
    return [replace(chosen[0], arm=arm) for arm in ("A", "B")]


def plan_flags(command: Callable[Concatenate[PlanFlags, P], R]) -> Callable[..., R]:
    """Have a command take these options, whose values are its first parameter. The innermost of its decorators."""

    names = [field.name for field in fields(PlanFlags)]

    @functools.wraps(command)
    def wrapper(*args: Any, **given: Any) -> R:
        flags = PlanFlags(**{name: given.pop(name) for name in names})
        return command(flags, *args, **given)

    return wrapper


def with_plan_options(command: Callable[..., R]) -> Callable[..., R]:
    """Add the options of `plan_flags` to a command, ahead of its own."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def with_defaults(**values: Any) -> Callable[[click.Command], click.Command]:
    """Give options of a command, by their names, another default than their settings have, also in its help."""

    def changed(command: click.Command) -> click.Command:
        for option in command.params:
            if option.name in values:
                option.default = values[option.name]
        return command

    return changed


def options_given(names: Collection[str]) -> list[str]:
    """Those of these options that stand on the command line, as they are written there."""
    context = click.get_current_context()
    by_hand = [name for name in names if context.get_parameter_source(name) is ParameterSource.COMMANDLINE]
    return [option.opts[-1] for option in context.command.params if option.name in by_hand]


def loaded_of(compared: api.Comparison) -> list[tuple[str, Loads]]:
    """With its name, each model that was loaded while it was measured: in a race all times are of all models."""
    from tui.report.loads import loads

    models, asked = compared.session.models, compared.run.requests.values()
    return [(models[one.model].name, one) for one in loads(asked)] if compared.run.plan.mode is Mode.MEASURE else []


def say_interrupted(update: api.InterruptedAndKept) -> None:
    """Say where it is kept, and which command asks what is left."""
    say_update(update)
    if update.left:
        count = "1 answer is" if update.left == 1 else f"{update.left:,} answers are"
        say(f"{count} still to be asked:", whole=resume_command(update.path))


def resume_command(path: Path) -> str:
    """What goes on with a session, as it is typed. A host whose address holds a password is for its user to name."""
    context = click.get_current_context()
    hosts = context.params.get("host", ())
    named = [
        part for host in hosts if public_url(host) == host or host.startswith("ssh://") for part in ("--host", host)
    ]
    words = ["foundry-compare", str(context.info_name), "--resume", str(path), *named]
    return clean_line(subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words))
