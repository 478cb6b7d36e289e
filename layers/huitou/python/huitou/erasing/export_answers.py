"""An export as callers see it: what each call shows of a person, one record after the other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from huitou.campaigns.model import Journey
from huitou.campaigns.requests import journey_view
from huitou.erasing.kept import BeforeMerge, Behind, Exported, Part, TiersKept, Trace, Whole
from huitou.fields import View
from huitou.kernel.ids import MemberId, OwnedId
from huitou.kernel.instants import format_instant
from huitou.kernel.money import format_amount
from huitou.members.identity import IdentityHasher
from huitou.members.model import ConsentChange
from huitou.members.requests import consent_in_force_view, consent_view, member_view
from huitou.members.service import SeenMember
from huitou.merging.model import Merge
from huitou.merging.requests import merge_view
from huitou.merging.service import Merged
from huitou.outbox.model import OutboxMessage
from huitou.outbox.requests import message_view
from huitou.points.answers import entry_view, wallet_view
from huitou.points.commands import PointsCommand
from huitou.points.service import WalletView
from huitou.points.wallet import Entry, Wallet
from huitou.program.model import GROUP, Program
from huitou.program.ports import Programs
from huitou.purchases.answers import purchase_view, visit_view
from huitou.purchases.model import Purchase, Visit
from huitou.purchases.refund_answers import refund_view
from huitou.purchases.refunds import Refund
from huitou.purchases.service import Recorded, SeenVisit
from huitou.rewards.model import Coupon
from huitou.rewards.requests import coupon_view
from huitou.rewards.service import SeenCoupon
from huitou.standing.answers import past_tier_view

MOST_BYTES = 3_000_000
"""Of the records of a page: the Lambda service carries 6 MB at most, and one record more comes on top."""

Fields = dict[str, Any]


class ExportRecordView(View):
    """One thing that is kept."""

    type: str
    """member, tiers, wallet, consent, member_before_merge, message, journey, coupon, purchase, event, entry, refund,
    merge, or a command: redemption, adjustment, expiry, hold, transfer, conversion, reinstatement."""
    content: dict[str, Any]
    """The fields that the calls of that name show, and what is kept beyond them."""


class ExportPage(View):
    """A page of all that is kept of a person."""

    member_id: str
    exported_at: datetime
    """When this page was read."""
    records: list[ExportRecordView]
    """A few more than the limit where they belong together."""
    next_cursor: str | None


def export_page(
    member: MemberId, exported: Iterable[Exported], view: Callable[[Part], Fields], limit: int, now: datetime
) -> tuple[Fields, str | None]:
    """An `ExportPage` without its cursor, and the place where the next one goes on; None where nothing is left."""
    records: list[Fields] = []
    place, weight = None, 0
    for each in exported:
        if records and (len(records) >= limit or weight >= MOST_BYTES):
            break
        added = [view(part) for part in (*each.parts, *each.behind)]
        weight += len(json.dumps(added, ensure_ascii=False).encode())
        records += added
        place = each.place
    else:
        place = None
    return {"member_id": member, "exported_at": format_instant(now), "records": records}, place


class Views:
    """Shows each part with the words of the call that shows it too, and with what is kept beyond that."""

    def __init__(self, programs: Programs, hasher: IdentityHasher, now: datetime) -> None:
        self._programs = programs
        self._hasher = hasher
        self._now = now

    def view(self, part: Part) -> Fields:
        """As `ExportRecordView`."""
        type_, content = self._whole(part) if isinstance(part, Whole) else self._event(part)
        return {"type": type_, "content": content}

    def _whole(self, part: Whole) -> tuple[str, Fields]:
        match part:
            case SeenMember():
                return "member", self._record(part)
            case TiersKept():
                return "tiers", _tiers(part)
            case Wallet():
                return "wallet", self._wallet(part)

    def _event(self, part: Trace | Behind) -> tuple[str, Fields]:
        match part:
            case ConsentChange(key, consent):
                return "consent", consent_view(key, consent, GROUP)
            case BeforeMerge(merge, record):
                return "member_before_merge", {"merge_id": merge, **self._record(SeenMember(record, {}))}
            case OutboxMessage():
                return "message", _message(part)
            case Journey():
                return "journey", journey_view(part)
            case Coupon():
                return "coupon", self._coupon(part)
            case _:
                return self._deed(part)

    def _coupon(self, coupon: Coupon) -> Fields:
        view = coupon_view(SeenCoupon(coupon, GROUP), self._programs, self._now)
        given_for = {"type": coupon.cause.type, "id": coupon.cause.id}
        return {**view, "cause": given_for, "program_version": coupon.program_version}

    def _deed(self, part: Purchase | Visit | Entry | Behind) -> tuple[str, Fields]:
        match part:
            case Purchase():
                return "purchase", _purchase(part, self._programs.version(part.program_version))
            case Visit():
                return "event", {**_once(visit_view(SeenVisit(part, replayed=True))), "source": part.source}
            case Entry():
                return "entry", _entry(part, self._programs.version(part.program_version))
            case _:
                return self._behind(part)

    def _behind(self, part: Behind) -> tuple[str, Fields]:
        active = self._programs.active()
        match part:
            case PointsCommand():
                return part.type, _command(part, active)
            case Refund():
                program = self._programs.version(part.program_version) if part.program_version else active
                return "refund", _refund(part, program, self._now)
            case Merge():
                return "merge", _once(merge_view(Merged(part, replayed=True), active))

    def _record(self, seen: SeenMember) -> Fields:
        member = seen.member
        consents = [consent_in_force_view(key, consent, GROUP) for key, consent in member.consents.items()]
        return {
            **member_view(seen, self._hasher),
            "enrolled_by": member.enrolled_by,
            "profile_set_by": dict(member.set_by),
            "consents": consents,
        }

    def _wallet(self, wallet: Wallet) -> Fields:
        currency = self._programs.active().currencies[wallet.currency]

        def points(amount: int) -> str:
            return format_amount(amount, currency.exponent)

        lots = tuple(lot for lot in wallet.lots if not lot.has_expired(self._now))
        balance, due_at = wallet.balance(self._now), wallet.due_at()
        seen = WalletView(wallet.member, currency, self._now, None, balance, lots, due_at, wallet.version)
        view = wallet_view(seen)
        del view["at"], view["as_of"]  # the page says when it was read
        return {
            **view,
            "holds": [
                {
                    "hold_id": hold.id,
                    "brand": hold.brand,
                    "points": points(hold.points),
                    "ends_at": format_instant(hold.ends_at),
                }
                for hold in wallet.holds
            ],
            "debts": [
                {"purchase_id": debt.purchase, "issuer": debt.issuer, "points": points(debt.points)}
                for debt in wallet.debts
            ],
            "last_activity_at": _instant(wallet.last_activity),
            "caps": {cap: points(used) for cap, used in wallet.counters.items()},
            "purchases": dict(wallet.bought),
        }


def _tiers(kept: TiersKept) -> Fields:
    birthday = kept.record.birthday
    return {
        "member_id": kept.record.member,
        "birthday": "{:02d}-{:02d}".format(*birthday) if birthday else None,
        "history": [past_tier_view(each) for each in kept.past],
        "grants": [
            {
                "grant_id": grant.id,
                "tier": grant.tier,
                "granted_at": format_instant(grant.at),
                "until": _instant(grant.until),
                "brand": grant.brand,
                "reason": grant.reason,
                "actor": grant.actor,
            }
            for grant in kept.record.grants
        ],
    }


def _purchase(purchase: Purchase, program: Program) -> Fields:
    view = purchase_view(Recorded(purchase, (), replayed=True), program)
    del view["entries"]  # they are records of their own
    seen, moved = purchase.seen, purchase.moved
    return {
        **view,
        "receipt_id": purchase.receipt,
        "entry_ids": [f"{purchase.booked_for}-{entry.currency}-{entry.version}" for entry in purchase.entries],
        "seen": {
            "segments": sorted(seen.segments),
            "birthday_month": seen.birthday_month,
            "first_in_group": seen.first_in_group,
            "first_at_brand": seen.first_at_brand,
        },
        "sold_to": purchase.sold_to,
        "moved": {"at": format_instant(moved.at), "reason": moved.reason, "actor": moved.actor} if moved else None,
    }


def _entry(entry: Entry, program: Program) -> Fields:
    return {
        **entry_view(entry, program),
        "about": entry.about,
        "ends_at": _instant(entry.ends_at),
        "last_activity_at": _instant(entry.last_activity),
    }


def _message(message: OutboxMessage) -> Fields:
    return {
        **message_view(message),
        "command_id": message.command,
        "asked": dict(message.asked),
        "program_version": message.program_version,
        "refused_by": list(message.closed),
        "may_have_been_sent": message.is_doubtful,
        "due_at": _instant(message.due_at),
        "targets": list(message.targets),
        "coupon_id": str(OwnedId(message.id.member, message.coupon)) if message.coupon else None,
    }


def _command(command: PointsCommand, program: Program) -> Fields:
    """Without the other side's entries: whoever points went to, or came from, is a person too."""
    return {
        f"{command.type}_id": command.id,
        "member_id": command.member,
        "currency": command.currency,
        "points": format_amount(command.points, program.currencies[command.currency].exponent),
        "brand": command.brand,
        "store": command.store,
        "bill_total": None if command.bill is None else format_amount(command.bill, program.money_exponent),
        "to": command.recipient or command.target,
        "message": command.message,
        "reason": command.reason,
        "actor": command.actor,
        "client_reference": command.client_reference,
        "booked_at": format_instant(command.booked_at),
        "expired_entry_id": command.entry,
        "survivor": command.survivor,
    }


def _refund(refund: Refund, program: Program, now: datetime) -> Fields:
    view = refund_view(refund, (), program, now)
    del view["points"]  # the entries say what was owed
    return {**view, "receipt_id": refund.receipt, "survivor": refund.survivor}


def _once(view: Mapping[str, Any]) -> Fields:
    """Without what is about the call that would show it."""
    return {name: value for name, value in view.items() if name != "replayed"}


def _instant(instant: datetime | None) -> str | None:
    return format_instant(instant) if instant else None
