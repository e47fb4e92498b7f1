"""`foundry-compare` and `python -m tui`."""

from __future__ import annotations

from tui.cli.main import cli


def main() -> None:
    """Run the command line."""
    cli(prog_name="foundry-compare")


if __name__ == "__main__":
    main()
