"""What differs between two programmes, as people see it: by the id of a thing, not by its place in a list.

Works on the written form with every default in it (`document.canonical_json`, read back), so that a field left out
and a field that says the default are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from huitou.kernel.pointers import pointer_to

Kind = Literal["added", "removed", "changed", "reordered"]
Path = tuple[str, ...]

_KEYS: Mapping[str, tuple[str, ...]] = {
    "caps": ("per",),
    "money_off": ("brand", "currency"),
    "conversions": ("from", "to"),
    "frequency_caps": ("kind", "days"),
    "prices": ("currency", "issuer", "honoured_by", "since"),
    "worth": ("currency", "since"),
    "senders": ("brand",),
    "texts": ("language",),
}
"""What names an item of a list, where it is not an ``id``. Texts and numbers name themselves."""
_CONDITIONS = frozenset({"all", "any"})
"""Lists of conditions: each is named by what it asks about."""
_ORDERED = frozenset({"earning"})
"""Lists whose order means something."""
_NUMBERED = frozenset({"steps"})
"""Lists whose items are named by their places."""


class Change(NamedTuple):
    """One difference. ``pointer`` names things by their ids (``/earning/base/points``); absent is None."""

    pointer: str
    kind: Kind
    was: Any
    now: Any


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """Everything that ``after`` says otherwise, in the order of the document."""
    return tuple(_of_fields((), before, after))


def _of_fields(path: Path, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for field in (*before, *(field for field in after if field not in before)):
        step = (*path, field)
        if field not in after:
            yield Change(pointer_to(step), "removed", before[field], None)
        elif field not in before:
            yield Change(pointer_to(step), "added", None, after[field])
        elif before[field] != after[field]:
            yield from _of_values(step, before[field], after[field])


def _of_values(path: Path, before: Any, after: Any) -> Iterator[Change]:
    if isinstance(before, dict) and isinstance(after, dict) and before.get("type") == after.get("type"):
        yield from _of_fields(path, before, after)
    elif isinstance(before, list) and isinstance(after, list):
        was, now = _by_name(path, before), _by_name(path, after)
        yield from _of_fields(path, was, now)
        if path[-1] in _ORDERED:
            yield from _of_order(path, was, now)
    else:
        yield Change(pointer_to(path), "changed", before, after)


def _of_order(path: Path, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    was = [name for name in before if name in after]
    now = [name for name in after if name in before]
    if was != now:
        yield Change(pointer_to(path), "reordered", was, now)


def _by_name(path: Path, items: Sequence[Any]) -> dict[str, Any]:
    """A draft may hold two of one name: the second is told from the first by its place."""
    named: dict[str, Any] = {}
    for n, item in enumerate(items):
        name = str(n) if path[-1] in _NUMBERED else _name(path, item)
        named[f"{name}#{n}" if name in named else name] = item
    return named


def _name(path: Path, item: Any) -> str:
    if not isinstance(item, dict):
        return str(item)
    if path[-1] in _CONDITIONS:
        return "+".join(item)
    return ":".join(str(item[key]) for key in _KEYS.get(path[-1], ("id",)))
