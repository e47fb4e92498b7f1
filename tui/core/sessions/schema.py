"""The session file's format, table by table: which keys there are, what they hold and what they mean.

It is a JSON Schema. `docs/session.schema.json` and the tables of `docs/sessions.md` are made of it, the reader takes
from it which keys it does not know, and the tests check every session against it that they write.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from tui.core.dict_reader import Table
from tui.core.plans.mode import Mode
from tui.core.plans.plan import Order
from tui.core.requests.events import Kind
from tui.core.requests.request import RequestState
from tui.core.scoring.judgement import JudgementState
from tui.core.scoring.rating import RaterKind, VoteChoice
from tui.core.sessions.entry_dict import ENTRY_KINDS
from tui.core.sessions.session import PART_OF, SCHEMA, SessionState

JSON_SCHEMA = "https://json-schema.org/draft/2020-12/schema"
_INSTANT = "An offset date-time of TOML; UTC."
_LARGEST = (1 << 63) - 1


def _text(about: str, **more: Any) -> Table:
    return {"type": "string", "description": about, **more}


def _one_of(values: type[StrEnum], about: str) -> Table:
    return _text(about, enum=[value.value for value in values])


def _whole(about: str, least: int | None = None, **more: Any) -> Table:
    limits = {"minimum": -_LARGEST - 1 if least is None else least, "maximum": _LARGEST}
    return {"type": "integer", "description": about, **limits, **more}


def _number(about: str, **more: Any) -> Table:
    return {"type": "number", "description": about, **more}


def _flag(about: str) -> Table:
    return {"type": "boolean", "description": about}


def _instant(about: str) -> Table:
    return _text(about, format="date-time")


def _texts(about: str, **more: Any) -> Table:
    return {"type": "array", "items": {"type": "string"}, "description": about, **more}


def _table(about: str, required: Iterable[str] = (), **keys: Table) -> Table:
    return {"type": "object", "description": about, "properties": keys, "required": list(required)}


def _rows(about: str, required: Iterable[str] = (), **keys: Table) -> Table:
    return {"type": "array", "description": about, "items": _table(about, required, **keys)}


_ENTRY = {
    "at": _instant(f"When. {_INSTANT}"),
    "entry": _whole("The number of the entry in the session, from 1, counted through all kinds of entries.", 1),
}
_RATER = _text("Who said so; the `id` of a `[[rater]]`.")
_BLIND = _flag("Whether the rater could not see which model had answered.")
_TOOK = _whole("Milliseconds that the decision took, from when there was something to be read.", 0)
_RUN = _text("The `id` of the `[[run]]` whose answer it is.")
_COUNT = "Tokens, as `source` counted them."
_TICKS = "in units of `unit_us`"

_PARAMS = {
    "max_tokens": _whole("The most tokens of an answer."),
    "temperature": _number("Sampling temperature; left to the host when it is missing."),
    "top_p": _number("Nucleus sampling; left to the host when it is missing."),
    "seed": _whole("Sampling seed; left to the host when it is missing."),
    "stop": _texts("Texts that end an answer."),
}

_HOST_FACTS = {
    "kind": _text("The kind of host: demo, foundry, openai, …"),
    "title": _text("What people call it."),
    "version": _text("Its version, where it says one."),
    "endpoint": _text("Its address, without user, password and query."),
    "local": _flag("Whether its processes could be seen from where the program ran."),
}
_HOST: Table = {
    "description": "The host that answered; where several took part one table for each, with its name.",
    "anyOf": [
        {"type": "object", "properties": _HOST_FACTS},
        {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"name": _text("What models call it in `host_name`."), **_HOST_FACTS},
                "required": ["name"],
            },
        },
    ],
}

ROWS: dict[str, Table] = {
    "rubric": _rows(
        "What answers are scored for.",
        ("hash", "criterion"),
        hash=_text("16 hexadecimal digits of the SHA-256 of its criteria: plans and scores call it so."),
        criterion=_rows(
            "One thing that an answer is scored for; in the order in which the scores are given.",
            ("id", "weight", "scale"),
            id=_text("What scores call it."),
            name=_text("What people call it, where that is not its id."),
            description=_text("When an answer deserves which score."),
            weight=_number("How much it counts beside the others."),
            scale=_whole("The highest score; the lowest is 1.", 1),
        ),
    ),
    "rater": _rows(
        "Who rated.",
        ("id", "kind"),
        id=_text("What ratings call the rater."),
        kind=_one_of(RaterKind, "A person, a model that judges, or what several raters settled on."),
        model=_text("The model that a judge is."),
        alias=_text("The alias of that model."),
        settles=_texts("The raters whose ratings an adjudicated one settles."),
        instructions=_text("Names the words in which a judge was asked: 8 digits of the SHA-256 of them."),
        params=_table("How a judge was asked.", **_PARAMS),
    ),
    "plan": _rows(
        "What was to be asked, of which models, and how.",
        ("key", "mode"),
        key=_text("What runs call it."),
        mode=_one_of(Mode, "`measure`: one request at a time. `race`: all models at once."),
        rounds=_whole("How often each prompt is put to each model."),
        warmup=_whole("How many requests to each model come before, and do not count."),
        alone=_flag("Whether the other models are unloaded before one is asked."),
        retries=_whole("How often a request that failed is made again."),
        order=_one_of(Order, "In which order the models are asked; `shuffle` when it is missing."),
        pause_s=_number("Seconds between the end of a request and the next one."),
        nonce=_flag("Whether each request begins with a marker of its own, against caches of prompts."),
        rubric=_text("The `hash` of the rubric that its answers are scored by; missing for the program's own."),
        follows={
            "type": "object",
            "description": "For a follow-up question: the run whose conversation goes on, by the key of its model.",
            "additionalProperties": {"type": "string"},
        },
        seed=_whole("What shuffles the order of the models in a measured plan."),
        models=_texts("The keys of its models."),
        prompts=_texts("The keys of its prompts."),
        params=_table("How models are asked.", **_PARAMS),
        timeouts=_table(
            "Seconds after which a silent host is given up.",
            connect_s=_number("For a connection."),
            first_byte_s=_number("For the first byte of the response."),
            first_text_s=_number("For the first text."),
            idle_s=_number("Between two pieces of text."),
        ),
    ),
    "model": _rows(
        "A model, and what it is asked in its own way.",
        ("key", "alias", "id"),
        key=_text("What plans and runs call it."),
        alias=_text("The name that its variants share."),
        id=_text("The host's own name, word for word."),
        host=_text("The kind of its host."),
        host_name=_text("The name of its host, where several take part."),
        variant=_text("The variant."),
        device=_text("CPU, GPU or NPU."),
        ep=_text("The execution provider, as the host names it."),
        size_mb=_number("Its size on disk, in MB of 10^6 bytes."),
        licence=_text("Its licence, as the host names it."),
        context=_whole("Tokens of prompt and answer together."),
        task=_text("What it is for, as the host says."),
        parameters=_whole("How many parameters it has."),
        toy=_flag("True for the bundled demo models."),
        arm=_text("A or B where one model is measured against itself; missing else."),
        params=_table(
            "What differs from the plan's parameters.",
            system=_text("Its own system prompt; empty for none at all."),
            **_PARAMS,
        ),
    ),
    "prompt": _rows(
        "A question, word for word.",
        ("key", "user"),
        key=_text("What plans and runs call it."),
        system=_text("Its system prompt."),
        user=_text("The question."),
        facets=_texts("What a good answer speaks of."),
        tags=_texts("Words that it can be found by."),
        id=_text("What its file calls it."),
        expected=_text("An answer that would be right."),
    ),
    "run": _rows(
        "A request: one model that answers one prompt once.",
        ("id", "plan", "mode", "model", "prompt", "state"),
        id=_text("What ratings call it."),
        plan=_text("The key of its plan."),
        mode=_one_of(Mode, "The mode of its plan."),
        model=_text("The key of its model."),
        prompt=_text("The key of its prompt."),
        round=_whole("The round, from 1; 0 for a warm-up."),
        launch=_whole("1, and one more for each rerun."),
        warmup=_flag("Whether it is a warm-up."),
        contended=_flag("Whether other requests were in flight."),
        nonce=_text("The marker that it began with."),
        host=_text("The title of the host that was asked."),
        follows=_text("For a follow-up question: the `id` of the run whose conversation it goes on with."),
        state=_one_of(RequestState, "How it ended, or where it was."),
        finish_reason=_text("Why the answer ended, in the server's words."),
        started=_instant(f"When it was sent. {_INSTANT}"),
        adjusted=_texts("Options that the host refused, and that were left out."),
        answer=_text("The answer, as it came."),
        reasoning=_text("The thinking, as it came."),
        usage=_table(
            "Token counts.",
            ("source",),
            source=_text("Who counted: `server`, `tokenizer`; `none` when nobody did."),
            prompt_tokens=_whole(_COUNT),
            completion_tokens=_whole(_COUNT),
            reasoning_tokens=_whole(_COUNT),
            cached_tokens=_whole("Tokens of the prompt that the server had in a cache."),
        ),
        timing=_table(
            "Raw instants, counted from when the request was sent; metrics are worked out from them.",
            unit_us=_whole("The unit of all others, in microseconds."),
            load=_whole(f"How long the model was loaded, {_TICKS}.", 0),
            connect=_whole(f"How long connecting took, {_TICKS}; missing when nothing was sent.", 0),
            reused=_flag("Whether the connection had been open before."),
            queue=_whole(f"How long the request waited for its turn, {_TICKS}.", 0),
            queue_loaded=_whole(f"How much of that came after its model was loaded, {_TICKS}.", 0),
            headers=_whole(f"When the response began, {_TICKS}.", 0),
            end=_whole(f"When it ended, {_TICKS}.", 0),
            kinds=_text(
                "What the chunks are, in runs: `r4 a7` is four of thinking, then seven of the answer "
                f"({', '.join(f'`{kind.value}` {kind.name.lower()}' for kind in Kind)})."
            ),
            deltas=_text(f"When each chunk came, {_TICKS}: the first since the request was sent, the others as gaps."),
            reads=_text("How many chunks each read of the socket held."),
        ),
        memory=_table(
            "Memory while it ran, in bytes.",
            resident_peak=_whole("The most that the serving process held."),
            resident_last=_whole("What it held last."),
            free_least=_whole("The least that the machine had free."),
            gpu_peak=_whole("The most that all GPUs of its machine had in use together, by whatever ran there."),
            no_gpu=_text("Why that is not known, as a sentence."),
        ),
        error=_table(
            "Why it failed, was cut or was skipped.",
            kind=_text("What sort of failure it is."),
            type=_text("The exception's or the server's own name for it."),
            message=_text("What happened, as a sentence."),
            hint=_text("What to do about it."),
        ),
    ),
    "score": _rows(
        "A score. The latest of a run, rater and criterion that was not undone counts.",
        ("run", "rater", "at"),
        run=_RUN,
        rater=_RATER,
        criterion=_text("The `id` of the criterion."),
        value=_whole("From 1 to `scale`; missing where the score is taken back.", 1),
        scale=_whole("The highest score there is.", 1),
        rubric=_text("The `hash` of the rubric that has the criterion; missing for the program's own."),
        position=_whole("Which pane the answer was in, from 1."),
        blind=_BLIND,
        took_ms=_TOOK,
        **_ENTRY,
    ),
    "vote": _rows(
        "A choice between answers to one prompt. The latest of a rater on the same runs that was not undone counts.",
        ("runs", "rater", "at"),
        runs=_texts("The ids of the runs whose answers were compared, as they were shown.", minItems=2),
        rater=_RATER,
        choice=_one_of(VoteChoice, "Missing where the vote is taken back."),
        winner=_text("The run with the best answer, with the choice `winner`."),
        positions={
            "type": "array",
            "items": {"type": "integer", "minimum": 0},
            "description": "Which pane each of the runs was in, from 1.",
        },
        blind=_BLIND,
        took_ms=_TOOK,
        **_ENTRY,
    ),
    "facet": _rows(
        "Whether an answer speaks of a facet. The latest of a run, rater and facet that was not undone counts.",
        ("run", "facet", "rater", "at"),
        run=_RUN,
        facet=_text("The facet, word for word as its prompt has it."),
        rater=_RATER,
        ticked=_flag("Missing where the tick is taken back."),
        blind=_BLIND,
        **_ENTRY,
    ),
    "note": _rows(
        "A note: on an answer with `run`, on a model with `model`, else on the session. The latest of a rater on the "
        "same thing that was not undone counts.",
        ("rater", "text", "at"),
        run=_RUN,
        model=_text("The key of the model."),
        rater=_RATER,
        text=_text("Empty where the note is taken back."),
        **_ENTRY,
    ),
    "undo": _rows(
        "A rating was taken back.",
        ("takes_back", "rater", "at"),
        takes_back=_whole("The `entry` of the rating.", 1),
        rater=_RATER,
        **_ENTRY,
    ),
    "redo": _rows(
        "A rating that had been taken back was brought back.",
        ("brings_back", "rater", "at"),
        brings_back=_whole("The `entry` of the rating.", 1),
        rater=_RATER,
        **_ENTRY,
    ),
    "order": _rows(
        "In which order the panes of a prompt were shown; the latest counts, of a rater's own and those of everybody.",
        ("plan", "prompt", "models", "at"),
        plan=_text("The key of the plan."),
        prompt=_text("The key of the prompt."),
        models=_texts("The keys of the models, in reading order."),
        seed=_whole("What the order was shuffled with; missing when it was not."),
        blind=_flag("Whether the names were hidden."),
        rater=_text("Who was shown it; missing for everybody."),
        **_ENTRY,
    ),
    "mask": _rows(
        "Where an answer names a model, which is hidden from a blind rater; the latest of a run counts.",
        ("run", "ranges", "at"),
        run=_RUN,
        ranges={
            "type": "array",
            "items": {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 2, "maxItems": 2},
            "description": "Where each name begins and has ended, in characters (code points) of `answer`, from 0.",
        },
        **_ENTRY,
    ),
    "reveal": _rows(
        "A rater saw which model had answered.",
        ("rater", "at"),
        rater=_RATER,
        plan=_text("The key of the plan; missing for all."),
        prompt=_text("The key of the prompt; missing for all."),
        **_ENTRY,
    ),
    "pass_order": _rows(
        "The order in which a rater goes through the answers that lack a score. The latest of a rater counts.",
        ("rater", "at"),
        rater=_RATER,
        seed=_whole("What the answers are shuffled with; missing for the order in which they came."),
        **_ENTRY,
    ),
    "resumption": _rows(
        "The session was gone on with later.",
        ("at",),
        plan=_text("The key of the plan that went on."),
        changed=_rows(
            "A condition that was another one before, or not known.",
            ("name",),
            name=_text("`tool.version`, `host.endpoint`, `host.NAME.endpoint`, …"),
            before=_text("Missing when it was not known."),
            after=_text("Missing when it was not known any more."),
        ),
        **_ENTRY,
    ),
    "noise": _rows(
        "How far a model that was measured against itself seems to differ from itself: what differs by less is noise. "
        "The latest of a plan and metric counts.",
        ("plan", "model", "metric", "share", "pairs", "at"),
        plan=_text("The key of the plan."),
        model=_text("The key of the model's first arm."),
        metric=_text("The metric's name."),
        share=_number("0.04 for 4 %.", minimum=0),
        pairs=_whole("How many pairs of answers it is of.", 1),
        **_ENTRY,
    ),
    "judgement": _rows(
        "What a model that judges said to one question, and how that was got. The score or vote that it makes is an "
        "entry of its own. The latest of a rater on the same question counts.",
        ("runs", "rater", "state", "schema", "at"),
        runs=_texts(
            "The run whose answer was scored, or the two whose answers were compared, as the judge read them.",
            minItems=1,
            maxItems=2,
        ),
        rater=_RATER,
        state=_one_of(JudgementState, "Whether it was decided; else why not, twice."),
        criterion=_text("The `id` of the criterion that the answer was scored for; missing of two."),
        scale=_whole("The highest score there is; missing of two.", 1),
        value=_whole("The score; missing where none was decided.", 1),
        better=_text("Of two runs the one with the better answer; missing for neither, and where none was decided."),
        rubric=_text("The `hash` of the rubric that has the criterion; missing for the program's own."),
        schema=_flag("Whether the host took a JSON schema for the answer; else JSON was asked for in words alone."),
        retried=_text("What was wrong with the first answer; missing where that was used."),
        reason=_text("The judge's reason; where nothing was decided, what was wrong with the second answer."),
        **_ENTRY,
    ),
}
"""The arrays of the file: one table for each of something."""

TOOL = _table(
    "What measured.",
    version=_text("The version of this program."),
    python=_text("The version of Python."),
    os=_text("The operating system."),
    measured_in=_text("Where the clock was: in the engine's process."),
    openai=_text("The version of the client."),
    priority=_text("Whether the engine's priority could be raised."),
)


def end_of(counted: Iterable[str]) -> Table:
    """The `[end]` table, which counts these."""
    return _table(
        "The last table of a whole file: how many of these it holds. One that is missing is 0.",
        ("runs", "scores", "notes"),
        **{name: _whole(f"How many {name}.", 0) for name in counted},
    )


def file_schema() -> Table:
    """The whole file, as a JSON Schema. Keys that it does not list are allowed everywhere: they are kept."""
    return {
        "$schema": JSON_SCHEMA,
        "title": "A session of foundry-compare",
        "type": "object",
        "properties": {
            "schema": {"const": SCHEMA, "description": "The version of this format."},
            "id": _text("What names the session: when it began, and four digits."),
            "created": _instant(f"When it began. {_INSTANT}"),
            "state": _one_of(SessionState, "Whether more is to come."),
            "title": _text("What a person calls it."),
            "tags": _texts("Words that it can be found by."),
            PART_OF: _text("In a further file of a session too large for one: the id of the session."),
            "tool": TOOL,
            "host": _HOST,
            **ROWS,
            "end": end_of(["runs", *(kind.plural for kind in ENTRY_KINDS)]),
        },
        "required": ["schema", "id", "created", "state", "end"],
    }


def unknown_keys(table: Table, schema: Table) -> Table:
    """What of a table the schema does not know, with the tables it is in; of an array of tables, one table for each."""
    found: Table = {}
    for key, value in table.items():
        known = schema["properties"].get(key)
        if known is None:
            found[key] = value
        elif isinstance(value, dict) and "additionalProperties" in known:
            if inner := {name: one for name, one in value.items() if not isinstance(one, str)}:
                found[key] = inner
        elif isinstance(value, dict) and "properties" in known:
            if inner := unknown_keys(value, known):
                found[key] = inner
        elif isinstance(value, list) and "properties" in known.get("items", {}):
            rows = [unknown_keys(row, known["items"]) for row in value if isinstance(row, dict)]
            if any(rows):
                found[key] = rows
    return found


def with_unknown(table: Table, unknown: Table) -> Table:
    """The table with what was not known of it when it was read. What the table has itself stays."""
    merged = dict(table)
    for key, value in unknown.items():
        mine = merged.get(key)
        if mine is None:
            merged[key] = value
        elif isinstance(mine, dict) and isinstance(value, dict):
            merged[key] = with_unknown(mine, value)
        elif _is_array(mine) and _is_array(value) and len(mine) == len(value):
            merged[key] = [with_unknown(row, more) for row, more in zip(mine, value, strict=True)]
    return merged


def _is_array(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(row, dict) for row in value)
