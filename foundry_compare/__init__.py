"""foundry-compare for scripts: `compare`, `verdict`, `report`, `load_sessions`, and the types they take and give.

What is in here is loaded when it is used first, so that importing this costs next to nothing.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tui.api
    from tui.api import *  # noqa: F403 - everything that the interface has, and nothing else

    __version__: str
    __all__ = ["__version__"]
    __all__ += tui.api.__all__
else:

    def __getattr__(name: str) -> object:
        if name == "__version__":
            from importlib.metadata import version

            found = version("foundry-compare")
        else:
            import tui.api

            if name == "__all__":
                found = ["__version__", *tui.api.__all__]
            elif name in tui.api.__all__:
                found = getattr(tui.api, name)
            else:
                raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = found
        return found

    def __dir__() -> list[str]:
        return sorted({*globals(), *__getattr__("__all__")})
