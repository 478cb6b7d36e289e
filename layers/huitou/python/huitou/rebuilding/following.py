"""What follows from a publication: where it concerns members, everybody is looked at (E20)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from huitou.kernel.errors import ContentionError, UnavailableError
from huitou.kernel.ids import Digest
from huitou.program.compilation import compile_program
from huitou.program.model import CurrencyId, Program
from huitou.program.ports import VersionStore
from huitou.program.redefining import redefined
from huitou.rebuilding.service import Rebuilds


class Following(StrEnum):
    """What became of it."""

    STARTED = "started"
    NOT_NEEDED = "not_needed"
    """Members stand as they did under the version before."""
    NOT_STARTED = "not_started"
    """It could not be started. Reads look at members anyway; ask for it, or publish again."""


class Followed(NamedTuple):
    """``rebuild`` is None unless it was started."""

    following: Following
    rebuild: Digest | None = None


class Follower:
    """``failed`` hears why a rebuild could not be started: the version holds all the same."""

    def __init__(self, rebuilds: Rebuilds, versions: VersionStore, failed: Callable[[Exception], None]) -> None:
        self._rebuilds = rebuilds
        self._versions = versions
        self._failed = failed

    def follow(self, version: int, now: datetime) -> Followed:
        """Starts the rebuild of a published version if there is need of one; again, finds it (E14)."""
        try:
            if not self._is_needed(version):
                return Followed(Following.NOT_NEEDED)
            return Followed(Following.STARTED, self._rebuilds.follow(version, now).job.id)
        except (UnavailableError, ContentionError) as error:
            self._failed(error)
            return Followed(Following.NOT_STARTED)

    def _is_needed(self, version: int) -> bool:
        """Before the first version there were no members."""
        before, after = self._versions.version(version - 1), self._versions.version(version)
        if before is None or after is None:
            return False
        return moves_members(*(compile_program(json.loads(each.document), each.number) for each in (before, after)))


def moves_members(before: Program, after: Program) -> bool:
    """Whether by the change alone anybody may be in another tier or segment, or have points to be told of.

    (The time zone never changes.)
    """
    return before.tiers != after.tiers or bool(redefined(before, after)) or _notices(before) != _notices(after)


def _notices(program: Program) -> Mapping[CurrencyId, int]:
    """Which points are announced to end, how many days before."""
    currencies = ((each.id, each.expiry_notice_days) for each in program.currencies.values())
    return {currency: days for currency, days in currencies if days is not None}
