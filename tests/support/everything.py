"""A session in which every key of the session file occurs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.support.sessions import MS, SENT, WHEN, fold, request, score, session
from tui.core.catalog.model_card import ModelCard
from tui.core.plans.mode import Mode
from tui.core.plans.plan import Order, Plan
from tui.core.plans.prompt import Prompt
from tui.core.requests import events as ev
from tui.core.requests.request import RequestState
from tui.core.scoring.judgement import Judgement, JudgementState
from tui.core.scoring.rating import FacetTick, Note, Rater, RaterKind, Redo, Undo, Vote, VoteChoice
from tui.core.scoring.rubric import Criterion, Rubric
from tui.core.sessions.entry_dict import Entry, add_entry
from tui.core.sessions.noise_floor import NoiseFloor
from tui.core.sessions.presentation import NameMask, PaneOrder, Reveal, ScorePassOrder
from tui.core.sessions.resumption import ChangedCondition, Resumption
from tui.core.sessions.session import PART_OF, Session
from tui.core.sessions.session_model import Overrides, Parameters, SessionModel

RUBRIC = Rubric((
    Criterion("accuracy", "Accuracy", "5: all of it is right. 1: nothing is.", weight=2.0),
    Criterion("style", "Style", "3: a pleasure to read.", scale=3),
))  # fmt: skip
HOST = "OpenAI-compatible server at 127.0.0.1:8080"


def everything() -> Session:
    """One question and a follow-up, put to two models, rated by two people and a judge."""
    server = {"kind": "openai", "title": HOST, "version": "1.0", "endpoint": "http://127.0.0.1:8080/v1", "local": True}
    sampling = Parameters(256, 0.2, 0.9, 42, ("\n\n",))
    plan = Plan(
        "plan1", Mode.MEASURE, ("m1", "m2"), ("p1",), 1, 1, 7, sampling, alone=True, retries=1, nonce=True,
        order=Order.ABBA, pause_s=0.5,
    )  # fmt: skip
    follow_up = replace(plan, key="plan2", prompts=("p2",), follows=(("m1", "r1"), ("m2", "r3")))
    card = ModelCard(
        "alpha-generic-gpu:1", "alpha", "alpha-generic-gpu", "GPU", "CUDA", 812_500_000, 4096, "MIT", "chat",
        parameters=500_000_000, host="one",
    )  # fmt: skip
    other = ModelCard("beta", "beta", toy=True, host="two")
    first = request(
        "r1", plan="plan1", thinking=["Hm. "], answer=["I am alpha", " by Acme."], nonce="0a1b2c3d", host=HOST
    )
    fold(first, ev.Memory("r1", SENT, 900_000_000, 4_000_000_000))
    fold(first, ev.Memory("r1", SENT, gpu=840_957_952))
    first.usage = ev.Usage("r1", 12, 3, 1, cached_tokens=8)
    first.timestamps.load_start, first.timestamps.load_end = SENT - 4 * MS, SENT - 2 * MS
    first.timestamps.connect_ns, first.timestamps.reused = MS, True
    first.adjusted = ("seed",)
    failed = request("r2", plan="plan1", model="m2", state=RequestState.FAILED, answer=["I am"], usage=False, host=HOST)
    fold(failed, ev.Memory("r2", SENT, no_gpu="There is no nvidia-smi on this machine."))
    again = request("r3", plan="plan1", model="m2", launch=2, answer=["Beta", "."], host=HOST)
    later = request("r4", plan="plan2", prompt="p2", answer=["Yes."], follows="r1", host=HOST)
    made = session(
        [first, failed, again, later],
        models=[
            SessionModel("m1", card, "openai", Overrides("Be brief.", 64, 0.0, 1.0, 1, ("END",))),
            SessionModel("m2", other, "openai", arm="B"),
        ],
        plans=[replace(plan, rubric=RUBRIC.hash), replace(follow_up, rubric=RUBRIC.hash)],
        prompts=[
            Prompt("Who are you?", "You are a model.", ("name", "maker"), ("self",), "p1", "who", "I am a model."),
            Prompt("Are you sure?", key="p2"),
        ],
        host={},
    )
    made.hosts = {"one": server, "two": server | {"title": "Another server"}}
    made.tool = {
        "version": "0.2.0", "python": "3.11.7", "os": "Linux", "measured_in": "engine", "openai": "3.57.0",
        "priority": "raised",
    }  # fmt: skip
    made.title, made.tags, made.extra = "A morning", ("workshop", "cpu"), {PART_OF: "20261122T110301Z-7f3a"}
    made.rubric, made.rubrics = RUBRIC, {RUBRIC.hash: RUBRIC}
    made.raters = {
        "ann": Rater("ann"),
        "phi": Rater(
            "phi",
            RaterKind.JUDGE,
            "phi-4-gpu:1",
            alias="phi-4",
            parameters=Parameters(512, 0.0, 1.0, 7, ("END",)),
            instructions="0a1b2c3d",
        ),
        "both": Rater("both", RaterKind.ADJUDICATED, settles=("ann", "bob")),
    }
    for number, entry in enumerate(_entries()):
        add_entry(made, replace(entry, at=WHEN + timedelta(seconds=10 * number)))
    return made


def _entries() -> list[Entry]:
    asked, rubric = {"at": WHEN}, RUBRIC.hash
    blind = {"blind": True, "took_ms": 4200, "rubric": rubric}
    return [
        PaneOrder("plan1", "p1", ("m2", "m1"), WHEN, seed=99, blind=True, rater="ann"),
        NameMask("r1", ((5, 10), (14, 18)), WHEN),
        score("r1", 2, criterion="accuracy", position=2, **blind),
        score("r1", 4, criterion="accuracy", position=2, **blind),
        Undo(4, "ann", **asked),
        Redo(4, "ann", **asked),
        score("r3", 3, criterion="accuracy", position=1, **blind),
        score("r3", 1, criterion="accuracy", position=1, **blind),
        Undo(8, "ann", **asked),
        Vote(("r3", "r1"), "ann", VoteChoice.WINNER, WHEN, "r1", True, (1, 2), 5300),
        FacetTick("r1", "maker", "ann", True, WHEN, blind=True),
        Reveal("ann", WHEN, "plan1", "p1"),
        Note("r3", "ann", "Short.", WHEN),
        Note("", "ann", "Slow to begin.", WHEN, "m2"),
        Note("", "ann", "On battery.", WHEN),
        score("r3", 5, rater="phi", criterion="accuracy", rubric=rubric),
        Resumption(WHEN, "plan2", (ChangedCondition("host.one.version", "0.9", "1.0"),)),
        ScorePassOrder("ann", WHEN, 7),
        NoiseFloor("plan1", "m1", "ttft_ms", 0.04, 6, WHEN),
        Judgement(
            ("r3",),
            "phi",
            JudgementState.DECIDED,
            WHEN,
            "accuracy",
            5,
            5,
            rubric=rubric,
            schema=True,
            retried="score: field required",
            reason="All of it is right.",
        ),
        Judgement(("r1", "r3"), "phi", JudgementState.DECIDED, WHEN, better="r3", reason="Shorter."),
    ]
