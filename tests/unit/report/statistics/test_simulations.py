"""How often the statistics are wrong, on data sets of which the truth is known. The page has the same figures."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.some import some
from tools.statistics import simulate
from tools.statistics.__main__ import LEAST_COVERED, LEAST_EXACT, MOST_FALSE, PARTS, main
from tools.statistics.simulate import NORMAL, SCORES
from tui.report.statistics.prompts_needed import least_prompts, prompts_for
from tui.report.statistics.shares import win_rate


@pytest.mark.parametrize("n", [6, 8, 12])
def test_equal_models_are_seldom_called_different(n: int) -> None:
    found = simulate.paired_figures(NORMAL, n, sets=500)
    assert found.shown.share <= MOST_FALSE
    assert found.covered.share >= LEAST_COVERED


def test_rounds_pooled_as_if_they_were_prompts_would_raise_false_alarms() -> None:
    assert simulate.paired_figures(NORMAL, 10, sets=1000).pooled.share > 0.14


@pytest.mark.slow
@pytest.mark.parametrize("kind", [NORMAL, SCORES])
@pytest.mark.parametrize("n", [6, 8, 12, 20])
def test_false_alarms_over_two_thousand_data_sets(n: int, kind: str) -> None:
    found = simulate.paired_figures(kind, n)
    assert (found.shown.of, found.covered.of) == (2000, 2000)
    assert found.shown.share <= MOST_FALSE
    assert found.covered.share >= 0.94


@pytest.mark.slow
@pytest.mark.parametrize("kind", [NORMAL, SCORES])
def test_a_difference_that_is_there_is_inside_its_interval(kind: str) -> None:
    assert simulate.paired_figures(kind, 10, effect=0.7).covered.share >= 0.935


@pytest.mark.slow
@pytest.mark.parametrize(("models", "n"), [(3, 7), (4, 8), (4, 20), (8, 11)])
def test_of_several_equal_models_no_pair_is_called_different(models: int, n: int) -> None:
    assert n >= least_prompts(models)
    with_holm, without = simulate.several_false_alarms(models, n, sets=500)
    assert with_holm.share <= MOST_FALSE
    assert without.share > with_holm.share


@pytest.mark.slow
@pytest.mark.parametrize("n", [6, 12, 40])
def test_models_that_differ_by_the_margin_are_not_called_the_same(n: int) -> None:
    assert simulate.false_sameness(NORMAL, n).share <= MOST_FALSE


@pytest.mark.slow
@pytest.mark.parametrize("sd", [0.8, 1.0, 1.3])
def test_the_prompts_that_are_said_to_be_needed_show_the_difference(sd: float) -> None:
    assert simulate.power(prompts_for(0.5, sd), 0.5, sd, sets=1000).share == pytest.approx(0.8, abs=0.04)


@pytest.mark.parametrize("n", [6, 8, 12, 20, 30])
def test_win_rates_and_shares_exactly(n: int) -> None:
    assert simulate.win_rate_coverage(n) >= LEAST_EXACT
    assert simulate.win_rate_coverage(n, simulate.wald) < 0.9
    least, mean = simulate.share_coverage(n)
    assert least >= 0.9 and mean >= 0.95
    for found in (win_rate, simulate.passes):
        assert simulate.most_false_alarms(found, n) <= MOST_FALSE


def test_shares_of_votes_that_resemble_each_other() -> None:
    assert simulate.clustered_share_coverage(12, 3, 0.6, sets=500).share >= 0.95


@pytest.mark.slow
@pytest.mark.parametrize(("n", "met"), [(8, 4), (12, 3), (30, 2)])
def test_tiers_of_equal_and_unequal_models(n: int, met: int) -> None:
    equal = simulate.ranking_figures((0, 0, 0, 0), n, met=met, sets=60)
    assert equal.apart.share <= MOST_FALSE
    assert equal.covered.share >= 0.92
    assert simulate.ranking_figures((1.5, 0.5, -0.5, -1.5), n, met=met, sets=60).covered.share >= 0.91


@pytest.mark.slow
@pytest.mark.parametrize(("prompts", "answers"), [(10, 1), (10, 3), (30, 1)])
def test_alpha_is_inside_its_interval(prompts: int, answers: int) -> None:
    assert simulate.alpha_coverage(prompts, answers, sets=150)[0].share >= 0.9


@pytest.mark.parametrize(("between", "naive"), [(0.0, 0.04), (0.02, 0.39), (0.04, 0.64)])
def test_noise_between_sessions_is_no_slowdown(between: float, naive: float) -> None:
    found = simulate.session_figures(between, 4, sets=600)
    assert found.naive.share == pytest.approx(naive, abs=0.07)
    assert found.known.share <= MOST_FALSE
    assert found.regression.share <= MOST_FALSE


def test_medians_and_bounds_of_p95() -> None:
    for n in some((6, 9, 20)):
        assert simulate.median_coverage(n, sets=500).share >= 0.94
    assert simulate.p95_bound_coverage(59, sets=500).share >= 0.93


@pytest.mark.parametrize("pairs", [1, 3])
def test_who_looks_often_is_seldom_told_to_stop_for_nothing(pairs: int) -> None:
    by_e, by_p = simulate.stop_false_alarms(pairs)
    assert by_e.share <= 0.05
    assert by_p.share > 0.25


def test_one_run_says_what_the_last_one_said() -> None:
    assert simulate.paired_figures(NORMAL, 8, sets=50) == simulate.paired_figures(NORMAL, 8, sets=50)


PAGE = (Path(__file__).parents[4] / "docs/statistics.md").read_text(encoding="utf-8")


def block(name: str) -> str:
    """A table of the page."""
    return PAGE.split(f"<!-- simulated: {name} -->\n")[1].split("\n<!-- end -->")[0]


def test_the_page_has_every_table_and_no_other() -> None:
    assert sorted(re.findall(r"<!-- simulated: ([a-z-]+) -->", PAGE)) == sorted(PARTS)
    for name in some(PARTS):
        assert block(name).count("\n") >= 2 and block(name).startswith("| ")


@pytest.mark.parametrize("name", ["least-prompts", "prompts-for-wins", "counted"])
def test_tables_without_chance_are_those_of_today(name: str) -> None:
    assert block(name) == PARTS[name]()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["looking", "one-metric"])
def test_a_simulated_table_is_written_where_it_belongs(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n<!-- simulated: {name} -->\n<!-- end -->\nafter\n", encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["statistics", name, "--write", str(page)])
    assert main() == 0
    assert page.read_text(encoding="utf-8").splitlines()[2] == block(name).splitlines()[0]
    assert block(name).splitlines()[0] in capsys.readouterr().out


def test_a_figure_that_misses_its_limit_ends_the_command_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.statistics.__main__.MOST_FALSE", 0.001)
    monkeypatch.setattr("tools.statistics.__main__.missed", [])
    monkeypatch.setattr("sys.argv", ["statistics", "counted"])
    assert main() == 1
