"""Engines at less cost: no test cuts the power, and hundreds of stores of a run ask the same questions.

What the service itself asks of SQLite is `SHIPPED`; tests/store/test_engine.py says what that is.
"""

from typing import Any

from sqlalchemy import Compiled, Engine, create_engine

from service.store import engine

SHIPPED = engine.PRAGMAS
# Not forced to the disk: whoever is killed loses nothing, as it is with the system already.
QUICK = tuple(each.replace("synchronous = FULL", "synchronous = OFF") for each in SHIPPED)


class Known(dict[tuple[Any, ...], Compiled]):
    """Statements that were compiled, by the name of their dialect: each engine has one of its own, all alike."""

    def get(self, key: tuple[Any, ...], default: Any = None) -> Any:
        dialect, *rest = key
        return super().get((dialect.name, *rest), default)

    def __setitem__(self, key: tuple[Any, ...], compiled: Compiled) -> None:
        dialect, *rest = key
        super().__setitem__((dialect.name, *rest), compiled)


_known = Known()


def open_quickly() -> None:
    """From now on, in this process."""
    engine.PRAGMAS = QUICK
    engine.create_engine = _create  # type: ignore[attr-defined]


def _create(url: Any, **how: Any) -> Engine:
    """An engine that knows what others of its kind have compiled: that takes longer than to run most of it."""
    return create_engine(url, execution_options={"compiled_cache": _known}, **how)
