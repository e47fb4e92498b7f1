"""One model on two hosts: wherever it is named, the two are told apart."""

from __future__ import annotations

from dataclasses import replace

from tests.support.sessions import request, session, target
from tests.support.some import some
from tui.core.catalog.model_names import told_apart
from tui.core.plans.mode import Mode
from tui.core.sessions.session import Session
from tui.core.sessions.session_model import titles_of
from tui.core.sessions.view import StoredComparison
from tui.report.aggregate import aggregate
from tui.report.candidate_names import names_of
from tui.report.formats.registry import FORMATS
from tui.report.pairs import Candidate
from tui.report.render import rendered
from tui.report.row_names import row_names
from tui.ui.compare.presenter import Presenter

HOSTS = ("lab-with-a-long-name-1", "lab-with-a-long-name-2")
NAME = "phi-4-mini"


def asked() -> Session:
    models = [
        replace(model, card=replace(model.card, host=host))
        for number, host in enumerate(HOSTS, 1)
        for model in [target(f"m{number}", NAME, device="GPU")]
    ]
    runs = [request(f"r{number}", model=f"m{number}", mode=Mode.RACE, answer=["Yes."]) for number in (1, 2)]
    return session(runs, models=models)


def test_panes_and_sentences_name_both() -> None:
    kept = asked()
    one, other = titles_of(list(kept.models.values()))
    assert one != other and NAME in one and NAME in other
    presenter = Presenter(StoredComparison(kept))
    assert presenter.name_of(kept.requests["r1"]) != presenter.name_of(kept.requests["r2"])


def test_rows_and_verdicts_of_a_report_name_both() -> None:
    rows = aggregate([asked()]).rows
    assert len(rows) == len(set(row_names(rows))) == 2
    every = [Candidate(NAME, f"{NAME}:1", host, "GPU", "", "") for host in HOSTS]
    assert len(set(names_of(every).values())) == 2


def test_every_format_says_which_host_it_was() -> None:
    for form in some(FORMATS):
        if form.name == "references-csv":
            continue  # It has what was imported alone.
        text = rendered([asked()], form.name)
        assert all(host in text for host in HOSTS), form.name


def test_more_is_said_only_where_names_are_alike() -> None:
    words = ["ab", "ac", "b"]
    assert told_apart(words, [lambda word: word[0], lambda word: word]) == ["ab", "ac", "b"]
