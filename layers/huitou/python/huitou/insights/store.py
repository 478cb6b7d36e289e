"""What was found, in the program table: each version, and the newest once more where everybody looks."""

from __future__ import annotations

from typing import Any

from pynamodb.attributes import JSONAttribute

from huitou.insights.model import Findings, Fit, Fitted
from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import Digest
from huitou.kernel.instants import format_instant, parse_instant
from huitou.platform import keys, program_keys
from huitou.platform.attributes import IntegerAttribute
from huitou.platform.table import Item, Table
from huitou.segments.facts import AliveModel, RfmScale


class FindingsItem(Item):
    """What a run left as known."""

    version = IntegerAttribute()
    found = JSONAttribute()


class TableFindings:
    """`FindingsStore` in DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def newest(self) -> Findings | None:
        return self._found(program_keys.insights())

    def version(self, number: int) -> Findings | None:
        return self._found(program_keys.insights_version(number))

    def add(self, findings: Findings) -> list[Write]:
        stale = StaleReadError("Another run was concluded meanwhile.")
        version, found = findings.version, _found(findings)
        newest = FindingsItem(*program_keys.insights(), version=version, found=found)
        kept = FindingsItem(*program_keys.insights_version(version), version=version, found=found)
        unmoved = FindingsItem.version == version - 1 if version > 1 else FindingsItem.pk.does_not_exist()
        return [
            self._table.put(newest, condition=unmoved, refused=stale),
            self._table.put(kept, condition=FindingsItem.pk.does_not_exist(), refused=stale),
        ]

    def _found(self, key: keys.Key) -> Findings | None:
        item = self._table.get(FindingsItem, *key)
        return _findings(item) if item else None


def _found(findings: Findings) -> dict[str, Any]:
    alive, rfm = findings.alive, findings.rfm
    return {
        "run": findings.run,
        "at": format_instant(findings.at),
        "program": findings.program_version,
        "members": findings.members,
        "recent": findings.recent,
        "refused": findings.refused,
        "alive": alive
        and {
            **alive.fit.model._asdict(),
            "log_likelihood": alive.fit.log_likelihood,
            "at": format_instant(alive.at),
            "members": alive.members,
        },
        "rfm": rfm and rfm._asdict(),
    }


def _findings(item: FindingsItem) -> Findings:
    found = item.found
    return Findings(
        version=item.version,
        run=Digest(found["run"]),
        at=parse_instant(found["at"]),
        program_version=found["program"],
        members=found["members"],
        recent=found["recent"],
        alive=_fitted(found["alive"]) if found["alive"] else None,
        refused=found["refused"],
        rfm=_scale(**found["rfm"]) if found["rfm"] else None,
    )


def _fitted(kept: dict[str, Any]) -> Fitted:
    model = AliveModel(*(kept[name] for name in AliveModel._fields))
    return Fitted(Fit(model, kept["log_likelihood"]), parse_instant(kept["at"]), kept["members"])


def _scale(days: int, **cuts: list[int]) -> RfmScale:
    return RfmScale(days, *(tuple(each) for each in (cuts["recency"], cuts["frequency"], cuts["money"])))  # type: ignore[arg-type]  # four each
