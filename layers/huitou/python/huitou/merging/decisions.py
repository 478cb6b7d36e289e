"""What a merge and its reversal come to: wallets, standing and records after it, in one commit (E15). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from huitou.members.model import Member
from huitou.merging.model import NOTHING, Merge, Transfer
from huitou.merging.records import parted, united, without_facts
from huitou.points.counters import counted
from huitou.points.decisions import Decision, HandOver, TakeOver, decide, touch
from huitou.points.handing_over import Pair, what_remains
from huitou.points.wallet import Cause, Entry, Wallet, open_wallet
from huitou.program.model import GROUP, CurrencyId, Program
from huitou.purchases.standing import known_of
from huitou.standing.keeping import Timeline, history, stand
from huitou.standing.model import Grant, Known, Record


class Side(NamedTuple):
    """All of a member that a merge is about, as stored."""

    member: Member
    wallets: Mapping[CurrencyId, Wallet]
    record: Record


class Change(NamedTuple):
    """What becomes of one wallet; ``before`` is as stored, or of version 0 where there is none."""

    before: Wallet
    decision: Decision


class Meeting(NamedTuple):
    """What is to be written. ``survivor`` and ``record`` are the survivor's, ``absorbed`` the other's record."""

    merge: Merge
    changes: tuple[Change, ...]
    record: Record
    survivor: Member
    absorbed: Member


class Past(NamedTuple):
    """What a merge is undone by: the survivor's record before it, and what changed hands."""

    survivor: Member
    pairs: Mapping[CurrencyId, Pair]


def meet(order: Merge, mine: Side, theirs: Side, program: Program, timeline: Timeline) -> Meeting:
    """The survivor with all that the other had: points, what is held and owed, caps, progress, the higher tier."""
    cause, at, home = Cause("merge", order.id), order.merged_at, program.home_currency
    changes, transfers = [], []
    for currency, wallet in theirs.wallets.items():
        handing = decide(wallet, HandOver(order.survivor, cause), program, at)
        before = mine.wallets.get(currency) or open_wallet(order.survivor, currency, at)
        taking = Decision(before, ())
        if handed := _entry(handing, cause):
            command = TakeOver(handed.changes, handed.holds, handed.debts, order.absorbed, cause)
            taking = decide(before, command, program, at)
            came = _points(handed)
            transfers.append(Transfer(currency, handed.version, taking.entry_for(cause).version, came))
        taken = replace(taking.wallet, counters=counted(taking.wallet.counters, wallet.counters))
        left = handing.wallet
        if currency == home:
            taken, left = _home_together(taken, wallet), replace(left, moved_to=order.survivor)
        changes += [Change(wallet, _touched(handing, left, at)), Change(before, _touched(taking, taken, at))]
    record = _standing_together(order, mine, theirs, program, timeline)
    made = replace(order, transfers=tuple(transfers), joined=mine.wallets[home].brands)
    absorbed = replace(theirs.member, version=theirs.member.version + 1)
    return Meeting(made, _folded(changes, record, home), record, united(mine.member, theirs.member), absorbed)


def part(merge: Merge, past: Past, mine: Side, theirs: Side, *, program: Program, now: datetime) -> Meeting:
    """Both as they were, but for what happened since."""
    cause, home = Cause("unmerge", merge.id), program.home_currency
    whose = {merge.absorbed, *theirs.wallets[home].absorbed}
    changes, transfers = [], {transfer.currency: transfer for transfer in merge.transfers}
    for currency, wallet in theirs.wallets.items():
        current = mine.wallets.get(currency) or open_wallet(merge.survivor, currency, now)
        taking, rest = Decision(wallet, ()), what_remains(current, wallet, whose, past.pairs.get(currency))
        leaving = HandOver(merge.absorbed, cause, rest.lots, rest.holds, rest.debts)
        handing = decide(current, leaving, program, now)
        if handed := _entry(handing, cause):
            command = TakeOver(handed.changes, handed.holds, handed.debts, merge.survivor, cause, rest.places)
            taking = decide(wallet, command, program, now)
        if handed or currency in transfers or wallet.earned_since:
            transfer = transfers.get(currency, Transfer(currency, NOTHING, NOTHING, 0))
            returned = _points(handed) if handed else 0
            transfers[currency] = transfer._replace(returned=returned, earned=wallet.earned_since)
        used = {key: -points for key, points in wallet.counters.items()}
        left = replace(handing.wallet, counters=counted(handing.wallet.counters, used))
        taken = replace(taking.wallet, earned_since=0)
        if currency == home:
            left, taken = _home_alone(left, wallet, merge), replace(taken, moved_to=None)
        changes += [Change(current, _touched(handing, left, now)), Change(wallet, _touched(taking, taken, now))]
    record = _standing_alone(merge, mine, theirs, program)
    survivor = parted(mine.member, past.survivor, theirs.member)
    record = replace(record, birthday=_month_and_day(survivor))
    held = [each for each in theirs.member.identities if mine.member.holding(each.identity)]
    absorbed = replace(theirs.member, version=theirs.member.version + 1, identities=tuple(held))
    made = replace(merge, transfers=tuple(transfers.values()), reversed_at=now)
    return Meeting(made, _folded(changes, record, home), record, survivor, absorbed)


def _home_together(mine: Wallet, theirs: Wallet) -> Wallet:
    brands = dict(theirs.brands)
    for brand, at in mine.brands.items():
        brands[brand] = min(at, brands.get(brand, at))
    return replace(
        mine,
        brands=brands,
        bought=counted(mine.bought, theirs.bought),
        absorbed=(*mine.absorbed, theirs.member, *theirs.absorbed),
    )


def _home_alone(mine: Wallet, theirs: Wallet, merge: Merge) -> Wallet:
    """Brands that came with the other go, unless the survivor has bought there since."""
    bought = counted(mine.bought, {brand: -count for brand, count in theirs.bought.items()})
    gone = {theirs.member, *theirs.absorbed}
    brands = {
        brand: merge.joined.get(brand, at)
        for brand, at in mine.brands.items()
        if brand in merge.joined or brand not in theirs.brands or brand in bought
    }
    absorbed = tuple(member for member in mine.absorbed if member not in gone)
    return replace(mine, brands=brands, bought=bought, absorbed=absorbed)


def _standing_together(order: Merge, mine: Side, theirs: Side, program: Program, timeline: Timeline) -> Record:
    """Progress is that of both. Where the other's tier is higher all the same, it is granted until its own end."""
    home, at = program.home_currency, order.merged_at
    known, other = known_of(mine.wallets[home], mine.record), known_of(theirs.wallets[home], theirs.record)
    facts = history(known).facts.plus(history(other).facts)
    record = replace(
        mine.record,
        folds=mine.record.folds + 1,
        facts=facts,
        reached=None,
        grants_seen=0,
        birthday=mine.record.birthday or theirs.record.birthday,
    )
    if program.tiers is None:
        return record
    enrolled_at = min(known.enrolled_at, other.enrolled_at)
    own, brought = stand(Known(record, (), enrolled_at), timeline, at).state, stand(other, timeline, at).state
    rank = program.tiers.rank
    if brought.tier is None or (own.tier is not None and rank(brought.tier) <= rank(own.tier)):
        return record
    grant = Grant(order.id, brought.tier, at, brought.next_review_at, GROUP, order.reason, order.actor)
    return replace(record, grants=(*record.grants, grant))


def _standing_alone(merge: Merge, mine: Side, theirs: Side, program: Program) -> Record:
    home = program.home_currency
    known, other = known_of(mine.wallets[home], mine.record), known_of(theirs.wallets[home], theirs.record)
    whole = replace(mine.record, facts=history(known).facts)
    alone = without_facts(whole, replace(theirs.record, facts=history(other).facts))
    grants = tuple(grant for grant in alone.grants if grant.id != merge.id)
    return replace(alone, folds=alone.folds + 1, grants=grants, reached=None, grants_seen=0)


def _month_and_day(member: Member) -> tuple[int, int] | None:
    birthday = member.profile.birthday
    return (birthday.month, birthday.day) if birthday else None


def _entry(decision: Decision, cause: Cause) -> Entry | None:
    return next((entry for entry in decision.entries if entry.cause == cause), None)


def _points(handed: Entry) -> int:
    """In lots and in holds."""
    return sum(hold.points for hold in handed.holds) - handed.amount


def _touched(decision: Decision, wallet: Wallet, at: datetime) -> Decision:
    """The decision with this wallet, one version on where no entry made one."""
    if decision.entries:
        return replace(decision, wallet=wallet)
    return Decision(touch(wallet, at), ())


def _folded(changes: Sequence[Change], record: Record, home: CurrencyId) -> tuple[Change, ...]:
    """The changes, after the survivor's record has taken in what their home wallet noted."""
    folded = []
    for before, decision in changes:
        wallet = decision.wallet
        if (wallet.member, wallet.currency) == (record.member, home):
            wallet = replace(wallet, unseen=(), folds=record.folds)
        folded.append(Change(before, replace(decision, wallet=wallet)))
    return tuple(folded)
