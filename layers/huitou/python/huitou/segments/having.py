"""Leaves about what the member has: points, a tier, other segments.

Points are read off the wallet's lots over time. Each lot counts in an interval of its own, and what a hold has set
aside counts again when the hold ends (E5, E17): so a balance is a sum of pieces, and moves where one begins or ends.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from operator import itemgetter

from huitou.points.outlook import NEVER
from huitou.points.wallet import Wallet
from huitou.program.model import CurrencyId
from huitou.program.predicates import ExpiringPoints, HasPoints, InSegment, InTier, TierAtRisk
from huitou.program.rules import SegmentId
from huitou.segments.deeds import Scope
from huitou.segments.limits import Limits, limits
from huitou.segments.moment import Answer, Check, Known, Moment, always, any_of, within

Piece = tuple[datetime, datetime, int]
"""From when on how many points count, and until when, exclusive; in this order: begin, end, points."""


def has_points(leaf: HasPoints, _: Scope) -> Check:
    """Spendable points."""
    within_limits = limits(leaf.bounds)
    return lambda moment: _followed(_spendable(moment.known, leaf.currency), moment.at, within_limits)


def expiring_points(leaf: ExpiringPoints, _: Scope) -> Check:
    """Those that will be gone in so many days: each counts from the same local time so many days before its end."""
    within_limits = limits(leaf.bounds)

    def find(known: Known) -> list[Piece]:
        pieces = sorted([piece for piece in _spendable(known, leaf.currency) if piece[1] < NEVER], key=itemgetter(1))
        near = known.days.all_later([end for _, end, _ in pieces], -leaf.days)
        return [(max(begin, soon), end, points) for (begin, end, points), soon in zip(pieces, near, strict=True)]

    return lambda moment: _followed(moment.known.had_once(find, find), moment.at, within_limits)


def _spendable(known: Known, currency: CurrencyId) -> list[Piece]:
    return known.had_once(currency, lambda known: pieces_of(known.has.wallets.get(currency)))


def pieces_of(wallet: Wallet | None) -> list[Piece]:
    """When a member can spend which points, if nothing else happens; some pieces may be over before they begin."""
    if wallet is None:
        return []
    pieces = [(lot.active_at, lot.expires_at or NEVER, lot.remaining) for lot in wallet.lots if lot.remaining]
    if wallet.holds:
        lots = {lot.number: lot for lot in wallet.lots}
        for hold in wallet.holds:
            for amount, held in hold.parts:
                lot = lots.get(held.number, held)
                pieces.append((max(lot.active_at, hold.ends_at), lot.expires_at or NEVER, -amount))
    return pieces


def _followed(pieces: Iterable[Piece], at: datetime, limits: Limits) -> Answer:
    """Until the sum is within limits and was not, or the other way round. What moves at one instant moves together."""
    points = 0
    moves: list[tuple[datetime, int]] = []
    for begin, end, amount in pieces:
        if end <= at or end <= begin:
            continue
        if begin <= at:
            points += amount
        else:
            moves.append((begin, amount))
        moves.append((end, -amount))
    moves.sort()
    holds = limits.hold(points)
    for index, (instant, amount) in enumerate(moves, 1):
        points += amount
        is_last = index == len(moves) or moves[index][0] > instant
        if is_last and limits.hold(points) is not holds:
            return Answer(holds, instant)
    return always(holds)


def in_tier(leaf: InTier, _: Scope) -> Check:
    """The tier, and no later than when time may change it."""

    def check(moment: Moment) -> Answer:
        tiers = moment.known.has.tiers
        return Answer(tiers.tier_at(moment.at) in leaf.tiers, tiers.changes_after(moment.at) or NEVER)

    return check


def tier_at_risk(leaf: TierAtRisk, _: Scope) -> Check:
    """From so many days before the tier is lost to that instant; until the next review, where it is not."""

    def check(moment: Moment) -> Answer:
        tiers = moment.known.has.tiers
        lost_at = tiers.lost_at(moment.at)
        if lost_at is None:
            return Answer(False, tiers.changes_after(moment.at) or NEVER)
        return within(moment.known.days.later(lost_at, -leaf.days), lost_at, moment.at)

    return check


def in_segment(leaf: InSegment, _: Scope) -> Check:
    """What is said of these segments at the same moment."""
    return any_of([partial(_answer_of, segment) for segment in sorted(leaf.segments)])


def _answer_of(segment: SegmentId, moment: Moment) -> Answer:
    return moment.answer_of(segment)
