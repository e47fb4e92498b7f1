"""A session that is hostile wherever it can be."""

from __future__ import annotations

from dataclasses import replace

from tests.support import sessions as make
from tui.core.plans.prompt import Prompt
from tui.core.requests.request import RequestState
from tui.core.scoring.rating import FacetTick, Note, Rater
from tui.core.scoring.rubric import Criterion, Rubric
from tui.core.sessions.entry_dict import complete_entries
from tui.core.sessions.session import Session
from tui.core.text.clean import join_surrogates


def said_by_somebody(payload: str, session_id: str, rater: str) -> Session:
    """A session that has the payload wherever a person or a server can have put it."""
    said = join_surrogates(payload)
    failed = make.request("r2", state=RequestState.FAILED, model="m2")
    assert failed.fault is not None
    failed.fault = replace(failed.fault, message=payload, hint=payload, kind=payload, type=payload)
    session = make.session(
        [make.request("r1", answer=(payload,), thinking=(payload,)), failed],
        session_id=session_id,
        models=[make.target("m1", said, id=said, device=said, licence=said), make.target("m2", f"2{said}")],
        prompts=[Prompt(said, said, (said,), (said,), "p1")],
        scores=[make.score("r1", 2, rater=rater), make.score("r1", 5, rater=f"{rater}2")],
        notes=[Note("r1", rater, said, make.WHEN), Note("", rater, said, make.WHEN)],
        rubric=Rubric((Criterion("overall", said, said),)),
        host={"kind": said, "title": said, "version": said},
    )
    session.title, session.tags = said, (said,)
    session.facets.append(FacetTick("r1", said, rater, True, make.WHEN))
    session.raters[rater] = Rater(rater, model=said)
    complete_entries(session)
    return session
