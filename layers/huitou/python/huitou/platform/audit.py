"""The audit log in DynamoDB: a partition per month, in the order of time."""

from __future__ import annotations

from pynamodb.attributes import UnicodeAttribute

from huitou.kernel.audit import AuditEntry
from huitou.kernel.commits import StaleReadError, Write
from huitou.platform import program_keys as keys
from huitou.platform.table import Item, Table


class AuditItem(Item):
    """One change: the instant is in the key."""

    actor = UnicodeAttribute()
    action = UnicodeAttribute()
    subject = UnicodeAttribute()
    reason = UnicodeAttribute(null=True)


def audit_write(table: Table, entry: AuditEntry) -> Write:
    """The write that belongs into the transaction of the change."""
    item = AuditItem(
        *keys.audit(entry.at, entry.id),
        actor=entry.actor,
        action=entry.action,
        subject=entry.subject,
        reason=entry.reason,
    )
    return table.put(
        item,
        condition=AuditItem.pk.does_not_exist(),
        refused=StaleReadError("The same change was recorded at the same instant."),
    )
