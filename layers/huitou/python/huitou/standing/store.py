"""The due index and the records of standings in DynamoDB.

The due index is a sparse index of keys only: what has no deadline is not in it. A record is one item, of which
each writer changes its own attributes: a fold what was taken in, a grant the grants, a profile the birthday.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from pynamodb.attributes import BinaryAttribute, JSONAttribute, UnicodeAttribute, UnicodeSetAttribute
from pynamodb.expressions.condition import Condition

from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import Digest, MemberId
from huitou.kernel.instants import format_instant, from_millis, parse_instant, to_millis
from huitou.kernel.pages import Page
from huitou.platform import keys, program_keys
from huitou.platform.attributes import IntegerAttribute
from huitou.platform.table import Item, Table
from huitou.program.rules import SegmentId
from huitou.standing.listed import Listing
from huitou.standing.messages import Due, DueJourney, DueMessage, DueOccasion, DuePosition, DueRefund, DueWallet
from huitou.standing.model import Grant, Interval, Record, Standing, State, TierCause
from huitou.standing.position import Expiring, Membership, MoveCause, Position, Seen
from huitou.standing.sheet import EMPTY, unpack_sheet


class DueItem(Item):
    """What the index holds of whatever is due: its key and its deadline."""

    due_pk = UnicodeAttribute()
    due_sk = UnicodeAttribute()


class TableDueIndex:
    """`DueIndex` in DynamoDB."""

    shards = keys.DUE_SHARDS

    def __init__(self, table: Table) -> None:
        self._table = table

    def due(self, shard: int, since: datetime, until: datetime, *, after: str | None = None, limit: int) -> Page[Due]:
        page = self._table.query(
            DueItem,
            keys.due_shard(shard),
            between=keys.due_between(since, until),
            after=after,
            limit=limit,
            index=keys.DUE_INDEX,
        )
        return Page(tuple(map(_due, page.items)), page.next_cursor)


def _due(item: DueItem) -> Due:
    at = parse_instant(item.due_sk)
    match item.sk:
        case keys.POSITION:
            return DuePosition(keys.parse_member(item.pk), at)
        case keys.REFUND:
            return DueRefund(keys.parse_refund(item.pk), at)
    if item.sk.startswith(keys.MESSAGE_PREFIX):
        return DueMessage(keys.parse_message(item.pk, item.sk), at, keys.is_of_service(item.due_sk))
    if item.sk.startswith(keys.JOURNEY_PREFIX):
        return DueJourney(*keys.parse_journey(item.pk, item.sk), at)
    if item.pk.startswith(keys.OCCASION_PREFIX):
        return DueOccasion(*keys.parse_occasion(item.pk, item.sk), at)
    member, currency = keys.parse_wallet(item.pk, item.sk)
    return DueWallet(member, currency, at)


class WatermarkItem(Item):
    """Up to which instant each shard of the due index was queued."""

    marks = JSONAttribute()


class TableWatermarks:
    """`Watermarks` in the program table: one item for all shards."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def load(self) -> Mapping[int, datetime]:
        item = self._table.get(WatermarkItem, *program_keys.watermarks())
        return {int(shard): parse_instant(at) for shard, at in item.marks.items()} if item else {}

    def save(self, marks: Mapping[int, datetime]) -> Write:
        written = {f"{shard:02d}": format_instant(at) for shard, at in sorted(marks.items())}
        return self._table.put(
            WatermarkItem(*program_keys.watermarks(), marks=written), refused=StaleReadError("Not refused.")
        )


class StandingItem(Item):
    """What a member's standing is told from; short names, for it is read with every sale."""

    folds = IntegerAttribute(attr_name="n", null=True)
    facts = BinaryAttribute(attr_name="f", null=True, legacy_encoding=False)
    base = JSONAttribute(attr_name="b", null=True)
    reached = JSONAttribute(attr_name="r", null=True)
    grants_seen = IntegerAttribute(attr_name="s", null=True)
    grants = JSONAttribute(attr_name="g", null=True)
    birthday = UnicodeAttribute(attr_name="d", null=True)
    profile = IntegerAttribute(attr_name="p", null=True)


class GrantItem(Item):
    """Whose a grant is: its own marker against a repetition (E14)."""

    member = UnicodeAttribute()
    grant = JSONAttribute()


class TableStandings:
    """`StandingStore` in DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def load(self, member: MemberId) -> Record:
        return record_in(member, self._table.get(StandingItem, *keys.standing(member)))

    def fold(self, before: Record, after: Record) -> Write:
        actions = [
            StandingItem.folds.set(after.folds),
            StandingItem.facts.set(after.facts.pack()),
            StandingItem.grants_seen.set(after.grants_seen),
        ]
        if after.base is not None:
            actions.append(StandingItem.base.set(_standing_json(after.base)))
        if after.reached is not None:
            actions.append(StandingItem.reached.set(_standing_json(after.reached)))
        return self._table.update(
            StandingItem,
            *keys.standing(after.member),
            actions,
            condition=StandingItem.folds == before.folds if before.folds else StandingItem.folds.does_not_exist(),
            refused=StaleReadError("The standing took in facts meanwhile."),
        )

    def rewrite(self, before: Record, after: Record) -> Write:
        known = [_grant_json(each) for each in before.grants]
        folds = StandingItem.folds == before.folds if before.folds else StandingItem.folds.does_not_exist()
        grants = StandingItem.grants == known if known else StandingItem.grants.does_not_exist()
        return self._table.put(
            StandingItem(
                *keys.standing(after.member),
                folds=after.folds,
                facts=after.facts.pack(),
                base=_standing_json(after.base) if after.base else None,
                reached=_standing_json(after.reached) if after.reached else None,
                grants_seen=after.grants_seen,
                grants=[_grant_json(each) for each in after.grants] or None,
                birthday="{:02d}-{:02d}".format(*after.birthday) if after.birthday else None,
                profile=after.profile or None,
            ),
            condition=folds & grants,
            refused=StaleReadError("The standing changed meanwhile."),
        )

    def grant(self, before: Record, grant: Grant) -> list[Write]:
        known = [_grant_json(each) for each in before.grants]
        return [
            self._table.update(
                StandingItem,
                *keys.standing(before.member),
                [StandingItem.grants.set([*known, _grant_json(grant)])],
                condition=StandingItem.grants == known if known else StandingItem.grants.does_not_exist(),
                refused=StaleReadError("Another tier was granted meanwhile."),
            ),
            self._table.put(
                GrantItem(*keys.command(grant.id), member=before.member, grant=_grant_json(grant)),
                condition=GrantItem.pk.does_not_exist(),
                refused=StaleReadError("The key was used meanwhile."),
            ),
        ]

    def find_grant(self, grant: Digest) -> tuple[MemberId, Grant] | None:
        item = self._table.get(GrantItem, *keys.command(grant))
        return (MemberId(item.member), _grant(item.grant)) if item else None

    def forget(self, record: Record) -> list[Write]:
        refused = StaleReadError("The standing changed meanwhile.")
        grants = [_grant_json(grant.without_reason) for grant in record.grants]
        actions = [StandingItem.birthday.remove(), *([StandingItem.grants.set(grants)] if grants else [])]
        markers = (
            self._table.update(GrantItem, *keys.command(grant[0]), [GrantItem.grant.set(grant)], refused=refused)
            for grant in grants
            if self._table.get(GrantItem, *keys.command(grant[0]))
        )
        return [self._table.update(StandingItem, *keys.standing(record.member), actions, refused=refused), *markers]

    def note_profile(self, member: MemberId, version: int, birthday: date | None) -> Write:
        day = StandingItem.birthday
        return self._table.update(
            StandingItem,
            *keys.standing(member),
            [StandingItem.profile.set(version), day.set(f"{birthday:%m-%d}") if birthday else day.remove()],
            refused=StaleReadError("The standing changed meanwhile."),
        )


class PositionItem(Item):
    """Where a member stands; short names, for it is read with every sale."""

    version = IntegerAttribute(attr_name="v")
    program = IntegerAttribute(attr_name="p")
    through = IntegerAttribute(attr_name="t")
    seen = JSONAttribute(attr_name="s", null=True)
    tier = UnicodeAttribute(attr_name="l", null=True)
    tier_began = JSONAttribute(attr_name="h", null=True)
    memberships = JSONAttribute(attr_name="m", null=True)
    due_for = UnicodeAttribute(attr_name="w", null=True)
    due_pk = UnicodeAttribute(null=True)
    due_sk = UnicodeAttribute(null=True)
    joined = JSONAttribute(attr_name="j", null=True)
    unlisted = JSONAttribute(attr_name="u", null=True)
    expiring = JSONAttribute(attr_name="x", null=True)


class ListedItem(Item):
    """That a member is in a segment, since when, and which brands may see it: an entry of the index of segments."""

    segments_pk = UnicodeAttribute()
    segments_sk = UnicodeAttribute()
    joined = UnicodeSetAttribute(null=True)


class TablePositions:
    """`PositionStore` in DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def save(self, before: Position | None, after: Listing) -> list[Write]:
        position = after.position
        entered = (self._table.put(_listed_item(position, each), refused=_moved()) for each in after.entered)
        kept = self._table.put(position_item(position), condition=_is_kept(before), refused=_moved())
        return [kept, *entered, *self._off_lists(position.member, after.left)]

    def remove(self, position: Position, left: Sequence[SegmentId]) -> list[Write]:
        key = keys.position(position.member)
        gone = self._table.delete(PositionItem, *key, condition=_is_kept(position), refused=_moved())
        return [gone, *self._off_lists(position.member, left)]

    def _off_lists(self, member: MemberId, left: Sequence[SegmentId]) -> Iterator[Write]:
        for segment in left:
            yield self._table.delete(ListedItem, *keys.listed(member, segment), refused=_moved())


def _listed_item(position: Position, membership: Membership) -> ListedItem:
    shard, since = keys.segment_entry(position.member, membership.segment, membership.since)
    key, joined = keys.listed(position.member, membership.segment), set(position.joined) or None
    return ListedItem(*key, segments_pk=shard, segments_sk=since, joined=joined)


def _is_kept(position: Position | None) -> Condition:
    if position is None:
        return PositionItem.pk.does_not_exist()
    kept: Condition = PositionItem.version == position.version
    return kept


def _moved() -> StaleReadError:
    return StaleReadError("The position was worked out by somebody else meanwhile.")


def position_item(position: Position) -> PositionItem:
    due_pk, due_sk = keys.due(position.member, position.due_at) if position.due_at else (None, None)
    return PositionItem(
        *keys.position(position.member),
        version=position.version,
        program=position.program,
        through=to_millis(position.through),
        seen=list(position.seen) if position.seen else None,
        tier=position.tier,
        tier_began=[to_millis(position.tier_since), position.tier_cause] if position.tier_since else None,
        memberships=[_membership_json(each) for each in position.memberships] or None,
        due_for=position.due_for,
        due_pk=due_pk,
        due_sk=due_sk,
        joined=list(position.joined) or None,
        unlisted=list(position.unlisted) or None,
        expiring=[_expiring_json(each) for each in position.expiring] or None,
    )


def position_in(member: MemberId, item: PositionItem) -> Position:
    """The position that the item holds."""
    since, cause = item.tier_began or (None, None)
    return Position(
        member=member,
        version=item.version,
        program=item.program,
        through=from_millis(item.through),
        seen=Seen(*item.seen) if item.seen else None,
        tier=item.tier,
        tier_since=_instant(since),
        tier_cause=TierCause(cause) if cause else None,
        memberships=tuple(_membership(*each) for each in item.memberships or ()),
        due_at=parse_instant(item.due_sk) if item.due_sk else None,
        due_for=item.due_for,
        joined=tuple(item.joined or ()),
        unlisted=tuple(item.unlisted or ()),
        expiring=tuple(_expiring(*each) for each in item.expiring or ()),
    )


def _expiring_json(expiring: Expiring) -> list[Any]:
    return [expiring.currency, to_millis(expiring.ends_at), expiring.points, to_millis(expiring.at)]


def _expiring(currency: str, ends_at: int, points: int, at: int) -> Expiring:
    return Expiring(currency, from_millis(ends_at), points, from_millis(at))


def _membership_json(membership: Membership) -> list[Any]:
    """An end, if there is one."""
    segment, since, cause, until, end = membership
    return [segment, to_millis(since), cause, *([to_millis(until), end] if until else [])]


def _membership(segment: str, since: int, cause: str, until: int | None = None, end: str | None = None) -> Membership:
    ended = MoveCause(end) if end else None
    return Membership(segment, from_millis(since), MoveCause(cause), _instant(until), ended)


def record_in(member: MemberId, item: StandingItem | None) -> Record:
    """The record that the item holds; an empty one where there is none."""
    if item is None:
        return Record(member)
    return Record(
        member=member,
        folds=item.folds or 0,
        facts=unpack_sheet(item.facts) if item.facts else EMPTY,
        grants=tuple(map(_grant, item.grants or ())),
        base=_standing(item.base) if item.base else None,
        reached=_standing(item.reached) if item.reached else None,
        grants_seen=item.grants_seen or 0,
        birthday=(int(item.birthday[:2]), int(item.birthday[3:])) if item.birthday else None,
        profile=item.profile or 0,
    )


def _standing_json(standing: Standing) -> list[Any]:
    tier, *ends = standing.state
    intervals = [[tier, to_millis(since), cause] for tier, since, cause in standing.intervals]
    state = [tier, *map(_millis, ends)]
    return [to_millis(standing.through), state, intervals, standing.regime, standing.progress]


def _standing(values: list[Any]) -> Standing:
    through, (tier, *ends), intervals, regime, progress = values
    return Standing(
        through=from_millis(through),
        state=State(tier, *map(_instant, ends)),
        intervals=tuple(Interval(tier, from_millis(since), TierCause(cause)) for tier, since, cause in intervals),
        regime=regime,
        progress=progress,
    )


def _grant_json(grant: Grant) -> list[Any]:
    return [grant.id, grant.tier, to_millis(grant.at), _millis(grant.until), grant.brand, grant.reason, grant.actor]


def _grant(values: list[Any]) -> Grant:
    key, tier, at, until, brand, reason, actor = values
    return Grant(Digest(key), tier, from_millis(at), _instant(until), brand, reason, actor)


def _millis(instant: datetime | None) -> int | None:
    return to_millis(instant) if instant else None


def _instant(millis: int | None) -> datetime | None:
    return None if millis is None else from_millis(millis)
