"""A page of a longer list (E33)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """``next_cursor`` continues after the last of ``items``; None where the list ends."""

    items: tuple[T, ...]
    next_cursor: str | None
