"""What keeping a long sitting costs the disk: `python -m tools.long_sitting [ANSWERS]… [--scored]`.

The real writer keeps so many answers of 250 chunks, one every five seconds of a clock that does not wait, each saved
at its end as the runner does, and with `--scored` scored a second later. Bytes do not depend on the machine; seconds of
CPU do, and include making up the answers.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import click

from tests.support.sitting import cost_of


@click.command()
@click.argument("answers", nargs=-1, type=click.IntRange(1))
@click.option("--scored", is_flag=True, help="Score each answer.")
def main(answers: tuple[int, ...], scored: bool) -> None:
    """Print what sittings of so many ANSWERS cost; by default 1,000 and 4,000."""
    click.echo("answers  journal MB  file MB, all versions  versions  file MB  versions/file  CPU s")
    for count in answers or (1_000, 4_000):
        with tempfile.TemporaryDirectory() as folder:
            began = time.process_time()
            costs = cost_of(count, Path(folder), scored=scored)
            spent = time.process_time() - began
        versions, last = costs.file_bytes / 1e6, costs.last_file_bytes / 1e6
        click.echo(
            f"{count:7,}  {costs.journal_bytes / 1e6:10.1f}  {versions:21.1f}  {costs.saves:8}  {last:7.1f}  "
            f"{versions / last:13.1f}  {spent:5.1f}"
        )


if __name__ == "__main__":
    main()
