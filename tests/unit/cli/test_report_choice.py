"""`report` takes must-haves, weights, watts and a price from `config.toml` where no option gives them."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tui.cli.main import cli

EXAMPLES = str(Path(__file__).parents[3] / "sessions" / "examples")
FILE = "[report]\nrequire = 'size_mb < 5'\nweight = 'quality=3, latency=1'\n"
SAID = "config.toml says --require 'size_mb < 5' and --weight 'quality=3, latency=1'."


@pytest.fixture(autouse=True)
def file(own_folders: Path) -> Path:
    folder = own_folders / "config"
    folder.mkdir()
    (folder / "config.toml").write_text(FILE, "utf-8")
    return folder / "config.toml"


def report(*args: str) -> Result:
    return CliRunner().invoke(cli, ["report", EXAMPLES, "--no-index", *args])


def test_the_choice_is_made_as_the_configuration_says() -> None:
    done = report("--select")
    assert done.exit_code == 0 and SAID in done.stderr.splitlines()
    assert "Weights: quality 3, latency 1." in done.stdout and "fails a must-have: size_mb" in done.stdout
    given = report("--require", "size_mb < 5", "--weight", "quality=3,latency=1")
    assert given.stdout == done.stdout and "config.toml" not in given.stderr


def test_what_is_given_counts_before_it() -> None:
    done = report("--weight", "throughput=1", "--require", "size_mb < 1")
    assert "Weights: throughput 1." in done.stdout and "size_mb is 2.1" in done.stdout
    done = report("--weight", "throughput=1")
    assert "config.toml says --require 'size_mb < 5'." in done.stderr and "Weights: throughput 1." in done.stdout


def test_a_report_that_makes_no_choice_leaves_no_model_out_for_it() -> None:
    done = report()
    assert done.exit_code == 0 and not done.stderr and "demo-large" in done.stdout and "must-have" not in done.stdout


def test_energy_is_estimated_as_the_configuration_says(file: Path) -> None:
    file.write_text("[energy]\nwatts = 65\nprice_per_kwh = 0.3\n", "utf-8")
    done = report()
    assert "config.toml says --watts 65 and --energy-price 0.3." in done.stderr.splitlines()
    assert "Energy and cost, estimated" in done.stdout
    given = report("--watts", "65", "--energy-price", "0.3")
    assert given.stdout == done.stdout and "config.toml" not in given.stderr
    file.write_text("[energy]\nprice_per_kwh = 0.3\n", "utf-8")
    assert "Energy and cost" not in report().stdout


def test_a_wrong_value_is_named_by_the_report_and_by_check(file: Path) -> None:
    file.write_text("[report]\nrequire = 'size_mb < 5'\nweight = 'qualty=3'\n", "utf-8")
    done = report("--select")
    assert (done.exit_code, done.stdout) == (2, "") and "config.toml says " in done.stderr
    assert "did you mean `quality`?" in done.stderr
    done = CliRunner().invoke(cli, ["config", "check"])
    assert done.exit_code == 1
    assert done.stdout.startswith("Line 3: `report.weight`: `qualty` is not a dimension that is known; did you mean")
    file.write_text("[report]\nrequire = 'size < 5'\n", "utf-8")
    done = CliRunner().invoke(cli, ["config", "check"])
    assert done.exit_code == 1 and done.stdout.startswith("Line 2: `report.require`: ")
