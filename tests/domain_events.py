"""Keeps events/domain/ true: `make docs` writes the schema of every domain event, generated from the code, and a
sample, which is what the code makes of a small story, and a sample of what the stream delivers. tests/unit/events
fails where they differ.

Also what tests of events share: records as the stream delivers them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from cli.call import laid_out
from huitou.events.answers import schema_of
from huitou.events.decisions import events_of
from huitou.events.model import SOURCE, Change, DomainEvent, EventType, MemberChange, MemberState, PositionChange
from huitou.kernel.ids import Digest, MemberId
from huitou.kernel.instants import MILLISECOND, to_millis
from huitou.kernel.values import changed
from huitou.platform import keys
from huitou.platform.table import Item
from huitou.points.decisions import Capture, HandOver, PlaceHold, Release
from huitou.points.packing import pack_counts
from huitou.points.store import WalletItem, entry_item
from huitou.points.wallet import Cause, Entry
from huitou.program.model import Program
from huitou.program.predicates import Segment
from huitou.program.tiers import CalendarWindow, Tier, TierPolicy
from huitou.standing.model import TierCause
from huitou.standing.position import Expiring, Membership, MoveCause, Position, Seen
from huitou.standing.store import position_item
from tests.accounts import Town, settled_program
from tests.builders import OPENED, at
from tests.files import EVENTS

FOLDER = EVENTS / "domain"
DELIVERY = EVENTS / "publish_changes.json"
MEI = MemberId("01JNSM3VF0R6T8C1W5PJ4X9YZA")
FANG = MemberId("01JNSM4D2QK7B3M9E6VH8T5RWC")
DAY = timedelta(days=1)
TIERS = TierPolicy(
    measure="spend",
    window=CalendarWindow(12),
    grace_days=0,
    downgrade="one_level",
    on_refund="keep",
    warning_days=0,
    levels=(Tier("basic", "Basic", 0), Tier("gold", "Gold", 50_000)),
)
FREQUENT = Segment("frequent", "Comes often", "maru", None)

Json = dict[str, Any]


def record(before: Item | None, after: Item | None, number: int = 1) -> Json:
    """A change of an item, as the stream delivers it."""
    item = after or before
    assert item is not None
    images = {"OldImage": before, "NewImage": after}
    return {
        "eventID": f"{number:032x}",
        "eventName": "MODIFY" if before and after else "INSERT" if after else "REMOVE",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "ap-northeast-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1772424000,
            "Keys": {"pk": {"S": item.pk}, "sk": {"S": item.sk}},
            **{name: image.serialize() for name, image in images.items() if image},
            "SequenceNumber": f"{number:021d}",
            "SizeBytes": 500,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
        "eventSourceARN": "arn:aws:dynamodb:ap-northeast-1:123456789012:table/members/stream/2026-03-02T04:00:00.000",
    }


def record_of(change: Change, number: int = 1) -> Json:
    """The record that tells of this change."""
    if isinstance(change, Entry):
        return record(None, entry_item(change), number)
    if isinstance(change, PositionChange):
        return record(position_item(change.before) if change.before else None, position_item(change.after), number)
    return record(_head(change.before) if change.before else None, _head(change.after), number)


def _head(state: MemberState) -> WalletItem:
    """The wallet that says so, with nothing in it."""
    return WalletItem(
        *keys.wallet(state.member, "points"),
        version=state.version,
        next_lot=1,
        recorded_at=to_millis(state.recorded_at),
        brands=pack_counts({brand: to_millis(joined) for brand, joined in state.brands.items()}) or None,
        absorbed=" ".join(state.absorbed) or None,
        moved_to=state.moved_to,
        erased_at=to_millis(state.erased_at) if state.erased_at else None,
        members_pk=keys.member_shard(state.member),
    )


def a_program() -> Program:
    """Points that can be spent from the day after and end 30 days later; two tiers, and a segment of maru's."""
    return replace(settled_program(pending_days=1), tiers=TIERS, segments={"frequent": FREQUENT})


def story() -> Iterator[Change]:
    """Everything that can happen: Mei shops, pays, gives and merges; Fang turns out to be her, and then not to be."""
    town = Town(a_program(), now=at("2026-03-02 12:00"))
    till = Digest("T" * 26)
    shopping = town.earn(MEI, 300)
    town.pass_time(DAY)
    town.settle()
    redemption = town.redeem(MEI, 100)
    town.reverse(MEI, redemption)
    for points in (40, 20):
        town.do(MEI, PlaceHold(till, points, "maru", town.now + timedelta(minutes=15), town.cause("hold")))
        town.do(MEI, Capture(till, 30, town.cause("capture")) if points == 40 else Release(till, town.cause("release")))
    town.adjust(MEI, 50)
    town.send(MEI, 20, FANG)
    town.convert(MEI, 30)
    town.refund(MEI, shopping, 300)
    town.earn(MEI, 200)
    town.pass_time(timedelta(days=2))
    town.settle()
    town.pass_time(timedelta(days=40))
    town.settle()
    town.earn(FANG, 10)
    town.do(FANG, HandOver(MEI, Cause("merge", Digest("M" * 26))))
    for entries in town.entries.values():
        yield from entries
    yield from _moves()
    yield from _lives()


def _moves() -> Iterator[PositionChange]:
    """Mei comes often, is rewarded, and stays away until her points are about to end."""
    shopped_at, away_at = at("2026-03-02 12:00"), at("2026-06-01 12:00")
    frequent = Membership("frequent", shopped_at, MoveCause.FACTS)
    enrolled, bought = (TierCause.ENROLMENT, TierCause.PURCHASE)
    first = Position(MEI, 1, 1, OPENED, Seen(1, 1, 0), tier="basic", tier_since=OPENED, tier_cause=enrolled)
    gold = changed(first, tier="gold", tier_since=shopped_at + MILLISECOND, tier_cause=bought)
    often = changed(gold, version=2, through=shopped_at + DAY, seen=Seen(2, 1, 0), memberships=(frequent,))
    ended = frequent._replace(until=away_at, end=MoveCause.TIME)
    yield PositionChange(first, often)
    away = changed(often, version=3, through=away_at, memberships=(ended,))
    yield PositionChange(often, away)
    soon = at("2026-06-16 00:00")
    expiring = Expiring("points", soon + 14 * DAY, 300, soon)
    yield PositionChange(away, changed(away, version=4, through=soon, expiring=(expiring,)))


def _lives() -> Iterator[MemberChange]:
    mei = MemberState(MEI, 1, OPENED, {"maru": OPENED})
    fang = MemberState(FANG, 7, at("2026-04-15 12:00"), {"sora": OPENED})
    yield MemberChange(None, mei)
    shopped = replace(mei, version=2, recorded_at=at("2026-03-02 12:00"))
    yield MemberChange(mei, shopped)
    merged_at, parted_at = at("2026-04-16 10:00"), at("2026-04-17 10:00")
    one = replace(mei, version=20, recorded_at=merged_at, brands={"maru": OPENED, "sora": OPENED}, absorbed=(FANG,))
    gone = replace(fang, version=8, recorded_at=merged_at, moved_to=MEI)
    yield MemberChange(replace(mei, version=19), one)
    yield MemberChange(fang, gone)
    yield MemberChange(gone, replace(fang, version=9, recorded_at=parted_at))
    alone = replace(mei, version=21, recorded_at=parted_at)
    yield MemberChange(alone, replace(alone, version=22, recorded_at=parted_at + DAY, erased_at=parted_at + DAY))


def told() -> list[DomainEvent]:
    """All events of the story."""
    return [event for change in story() for event in events_of(change, lambda _: a_program())]


def envelope(event: DomainEvent) -> Json:
    """The event as EventBridge hands it to a subscriber."""
    return {
        "version": "0",
        "id": str(uuid5(NAMESPACE_URL, event.id)),
        "detail-type": event.type.value,
        "source": SOURCE,
        "account": "123456789012",
        "time": event.recorded_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": "ap-northeast-1",
        "resources": [],
        "detail": dict(event.detail),
    }


def files() -> Mapping[Path, str]:
    """What the folder should hold: of each type its schema, and the first that the story tells; and a delivery."""
    first: dict[EventType, DomainEvent] = {}
    for event in told():
        first.setdefault(event.type, event)
    changes = list(story())
    delivered = (changes[0], next(change for change in changes if isinstance(change, MemberChange)))
    wanted: dict[Path, Json] = {
        DELIVERY: {"Records": [record_of(change, number) for number, change in enumerate(delivered, start=1)]}
    }
    for type_ in EventType:
        wanted[FOLDER / f"{type_.value}.json"] = envelope(first[type_])
        wanted[FOLDER / f"{type_.value}.schema.json"] = schema_of(type_)
    return {path: f"{laid_out(json.loads(json.dumps(each)))}\n" for path, each in wanted.items()}


def main() -> None:
    """Writes them."""
    FOLDER.mkdir(exist_ok=True)
    for path, text in files().items():
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
