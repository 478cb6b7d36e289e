"""A comparison as text, so that parts of it can wait in a table until they are put together."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import fields
from fractions import Fraction
from typing import Any

from huitou.simulator.account import Account
from huitou.simulator.comparing import Affected, Comparison, Figures, Gain


def pack(comparison: Comparison) -> bytes:
    """As gzipped JSON: the same bytes for the same comparison."""
    return gzip.compress(json.dumps(_written(comparison), ensure_ascii=False, separators=(",", ":")).encode(), mtime=0)


def _written(comparison: Comparison) -> dict[str, Any]:
    groups = sorted(comparison.groups.items(), key=lambda group: str(group[0]))
    return {
        "before": _sums(comparison.before),
        "after": _sums(comparison.after),
        "moved": _rows(comparison.moved),
        "gaining": comparison.gaining,
        "losing": comparison.losing,
        "affected": [
            [each.name, str(each.gain.money), each.gain.points, _sums(each.before), _sums(each.after)]
            for each in comparison.affected
        ],
        "entering": _rows(comparison.entering),
        "leaving": _rows(comparison.leaving),
        "resettled": comparison.resettled,
        "groups": [[*tie, _written(group)] for tie, group in groups],
        "most": comparison.most,
    }


def unpack(packed: bytes) -> Comparison:
    """The inverse of `pack`."""
    return _comparison(json.loads(gzip.decompress(packed)))


def _comparison(stored: Mapping[str, Any]) -> Comparison:
    return Comparison(
        Figures(**_summed(stored["before"])),
        Figures(**_summed(stored["after"])),
        _counted(stored["moved"]),
        stored["gaining"],
        stored["losing"],
        tuple(
            Affected(name, Gain(Fraction(money), points), Account(**_summed(before)), Account(**_summed(after)))
            for name, money, points, before, after in stored["affected"]
        ),
        _counted(stored["entering"]),
        _counted(stored["leaving"]),
        stored["resettled"],
        {(kind, name): _comparison(group) for kind, name, group in stored["groups"]},
        stored["most"],
    )


def _sums(counted: Figures | Account) -> dict[str, Any]:
    return {field.name: _plain(getattr(counted, field.name)) for field in fields(counted)}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return _rows(value)
    return {"of": sorted(value)} if isinstance(value, frozenset) else value


def _summed(stored: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _read(value) for name, value in stored.items()}


def _read(value: Any) -> Any:
    if isinstance(value, list):
        return _counted(value)
    return frozenset(value["of"]) if isinstance(value, dict) else value


def _rows(counted: Mapping[Any, int]) -> list[list[Any]]:
    """Keys may be None, a text, or a pair of these."""
    return sorted(([key, count] for key, count in counted.items()), key=str)


def _counted(rows: list[list[Any]]) -> Counter[Any]:
    return Counter({tuple(key) if isinstance(key, list) else key: count for key, count in rows})
