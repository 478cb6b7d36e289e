"""Frozen values with slots, changed without making them anew field by field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

V = TypeVar("V")


def changed(value: V, **changes: Any) -> V:
    """`dataclasses.replace` at about half its price, for dataclasses with slots and without ``__post_init__``.

    Every decision makes some. Raises `AttributeError` for a field that there is not.
    """
    kind: type[Any] = type(value)
    read, write = _slots(kind)  # type: ignore[arg-type]  # every class can be hashed
    new: V = object.__new__(kind)
    for put, content in zip(write, read(value), strict=True):
        put(new, content)
    for name, content in changes.items():
        object.__setattr__(new, name, content)
    return new


@cache
def _slots(kind: type[Any]) -> tuple[Callable[[Any], tuple[Any, ...]], list[Callable[[Any, Any], None]]]:
    """What reads all slots of a value at once, and what writes each of them, past the freeze."""
    names = [field.name for field in fields(kind)]
    return attrgetter(*names), [getattr(kind, name).__set__ for name in names]
