"""foundry-compare for scripts: `compare`, `resume`, `load_sessions`, `report`, and the types they take and give."""

from importlib.metadata import version

import tui.api
from tui.api import *  # noqa: F403 - everything that the interface has, and nothing else

__version__: str = version("foundry-compare")
__all__ = ["__version__"]
__all__ += tui.api.__all__
