"""Somebody says that an address is good again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from huitou.kernel.audit import AuditEntry
from huitou.kernel.commits import Commit, Write, until_committed
from huitou.kernel.errors import NotFoundError
from huitou.kernel.ids import parse_digest
from huitou.kernel.instants import MILLISECOND
from huitou.members.identity import IdentityKey, IdentityKind
from huitou.suppressions.decisions import hear
from huitou.suppressions.errors import SuppressionNotFoundError
from huitou.suppressions.model import Suppression, Word
from huitou.suppressions.ports import SuppressionStore


class Lifting:
    """The use case. ``audit`` writes an entry of the audit log into the transaction of the change."""

    def __init__(
        self,
        store: SuppressionStore,
        *,
        audit: Callable[[AuditEntry], Write],
        commit: Commit,
        pause: Callable[[int], None],
    ) -> None:
        self._store = store
        self._audit = audit
        self._commit = commit
        self._pause = pause

    def lift(self, suppression_id: str, reason: str, actor: str, now: datetime) -> Suppression:
        """From now on it is written to, until something else is said; repeated, the same is answered.

        It holds against whatever was said before, also by a clock that is ahead. Raises `SuppressionNotFoundError`.
        """
        address = _address(suppression_id)

        def attempt() -> Suppression:
            before = self._store.load(address)
            if before is None:
                raise SuppressionNotFoundError("Nothing was ever said of such an address.")
            if before.ground is None:
                return before
            after = hear(before, address, Word(max(now, before.word.at + MILLISECOND), None))
            entry = AuditEntry(now, actor, "suppression_lifted", suppression_id, reason)
            self._commit([self._store.save(after), self._audit(entry)])
            return after

        return until_committed(attempt, self._pause)


def _address(suppression_id: str) -> IdentityKey:
    kind, _, digest = suppression_id.partition("-")
    try:
        return IdentityKey(IdentityKind(kind), parse_digest(digest))
    except (NotFoundError, ValueError) as error:
        raise SuppressionNotFoundError("No suppression has an id of this form.") from error
