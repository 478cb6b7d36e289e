"""Every key of the members table; those of the program table are `program_keys`. A store takes its keys from here and
never builds one by hand.

A builder returns ``(pk, sk)``; the `*_PREFIX` constants are what a query of the same partition begins with.
Instants in keys have a fixed width (`format_instant`), so that text order is time order.
"""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta
from hashlib import sha256

from huitou.kernel.ids import Digest, MemberId, OwnedId, first_ulid
from huitou.kernel.instants import EPOCH, format_instant, parse_instant

Key = tuple[str, str]

DUE_INDEX = "due"
DUE_SHARDS = 16
"""Partitions of the due index: enough that no tick reads a long one, few enough to query all each minute."""
SEGMENTS_INDEX = "segments"
MEMBERS_INDEX = "members"
MEMBER_SHARDS = 16
"""Partitions of the members index, and of each segment: as many workers can go through them side by side."""

# --- a member's partition ---

PROFILE = "PROFILE"
WALLET_PREFIX = "WALLET#"
WALLET_HEAD = "HEAD"
ENTRY_PREFIX = "ENTRY#"
PURCHASE_PREFIX = "PURCHASE#"
EVENT_PREFIX = "EVENT#"
QUARTER_PREFIX = "QUARTER#"
"""Right behind purchases, so that one query reads the last purchases and the packs before them."""
CONSENT_PREFIX = "CONSENT#"
MESSAGE_PREFIX = "MESSAGE#"
JOURNEY_PREFIX = "JOURNEY#"
COUPON_PREFIX = "COUPON#"
VERIFICATION_PREFIX = "CODE#"
DRAW_PREFIX = "DRAW#"
PRESSURE = "PRESSURE"
CODES = "CODES"
COMMAND_PREFIX = "COMMAND#"
STANDING = "STANDING"
POSITION = "STANDING#POSITION"
STANDING_TO_WALLETS = (STANDING, "WALLET#~")
"""A range of sort keys: the standing, the position and all wallets, in one query. No other key lies between them."""


def member(member_id: str) -> str:
    """The partition of all that is one member's."""
    return f"M#{member_id}"


def profile(member_id: str) -> Key:
    return member(member_id), PROFILE


def wallet(member_id: str, currency: str) -> Key:
    return member(member_id), f"{wallet_prefix(currency)}{WALLET_HEAD}"


def wallet_lots(member_id: str, currency: str, first: int) -> Key:
    """A page of older lots, by the number of its first."""
    return member(member_id), f"{wallet_prefix(currency)}LOTS#{first:010d}"


def wallet_prefix(currency: str) -> str:
    """What the wallet of one currency and its pages begin with."""
    return f"{WALLET_PREFIX}{currency}#"


def currency_of_wallet(sk: str) -> str:
    return sk.split("#")[1]


def parse_wallet(pk: str, sk: str) -> tuple[MemberId, str]:
    """The inverse of `wallet`: member and currency."""
    return MemberId(pk.removeprefix("M#")), currency_of_wallet(sk)


def entry(member_id: str, currency: str, version: int) -> Key:
    return member(member_id), f"{entry_prefix(currency)}{version:010d}"


def entry_prefix(currency: str) -> str:
    return f"{ENTRY_PREFIX}{currency}#"


def parse_entry(pk: str, sk: str) -> tuple[MemberId, str, int]:
    """The inverse of `entry`: member, currency and version."""
    _, currency, version = sk.split("#")
    return MemberId(pk.removeprefix("M#")), currency, int(version)


def standing(member_id: str) -> Key:
    return member(member_id), STANDING


def position(member_id: str) -> Key:
    return member(member_id), POSITION


LISTED_PREFIX = "IN#"


def listed(member_id: str, segment: str) -> Key:
    """That the member is in a segment."""
    return member(member_id), f"{LISTED_PREFIX}{segment}"


def purchase(member_id: str, ulid: str) -> Key:
    return member(member_id), f"{PURCHASE_PREFIX}{ulid}"


def event(member_id: str, ulid: str) -> Key:
    return member(member_id), f"{EVENT_PREFIX}{ulid}"


def since(prefix: str, at: datetime | None) -> tuple[str, str]:
    """A range of sort keys: purchases or events from ``at`` on; None: all."""
    return f"{prefix}{first_ulid(at) if at else ''}", f"{prefix}~"


_FAR = 99_999
"""Quarters are counted down: the latest comes first, next to the latest purchases."""


def quarter(member_id: str, number: int) -> Key:
    """What the member did in a quarter of a year, packed; quarters are numbered from the year 0 on."""
    return member(member_id), f"{QUARTER_PREFIX}{_FAR - number:05d}"


def parse_quarter(sk: str) -> int:
    return _FAR - int(sk.removeprefix(QUARTER_PREFIX))


def with_quarters(purchases: tuple[str, str], first: int | None) -> tuple[str, str]:
    """A range of purchases that goes on, over the quarters from ``first`` on; None: all."""
    return purchases[0], f"{QUARTER_PREFIX}~" if first is None else quarter("", first)[1]


def consent(member_id: str, channel: str, brand: str, purpose: str, at: datetime) -> Key:
    return member(member_id), f"{CONSENT_PREFIX}{channel}#{brand}#{purpose}#{format_instant(at)}"


def pressure(holder: str | tuple[str, str]) -> Key:
    """Of a member, or of an address."""
    return member_or_address(holder), PRESSURE


def message(member_id: str, ulid: str) -> Key:
    return member(member_id), f"{MESSAGE_PREFIX}{ulid}"


def parse_message(pk: str, sk: str) -> OwnedId:
    """The inverse of `message`."""
    return OwnedId(parse_member(pk), sk.removeprefix(MESSAGE_PREFIX))


def coupon(member_id: str, ulid: str) -> Key:
    return member(member_id), f"{COUPON_PREFIX}{ulid}"


def parse_coupon(pk: str, sk: str) -> OwnedId:
    """The inverse of `coupon`."""
    return OwnedId(parse_member(pk), sk.removeprefix(COUPON_PREFIX))


def verification(member_id: str, ulid: str) -> Key:
    return member(member_id), f"{VERIFICATION_PREFIX}{ulid}"


def journey(member_id: str, campaign: str, occurrence: str) -> Key:
    return member(member_id), f"{JOURNEY_PREFIX}{campaign}#{occurrence}"


def parse_journey(pk: str, sk: str) -> tuple[MemberId, str, str]:
    """The inverse of `journey`."""
    _, campaign, occurrence = sk.split("#")
    return parse_member(pk), campaign, occurrence


def draw(owner: str, scope: str) -> Key:
    """Whether they are told anything: ``owner`` is the partition of a member or an address."""
    return owner, f"{DRAW_PREFIX}{scope}"


# --- campaigns that begin with many ---

PART_PREFIX = "PART#"
OCCASION_PREFIX = "OCCASION#"


def occasion(campaign: str, at: datetime, part: int) -> Key:
    """A part of those with whom a campaign begins at an instant."""
    return f"{OCCASION_PREFIX}{campaign}#{format_instant(at)}", f"{PART_PREFIX}{part:02d}"


def parse_part(sk: str) -> int:
    return int(sk.removeprefix(PART_PREFIX))


def parse_occasion(pk: str, sk: str) -> tuple[str, datetime, int]:
    """The inverse of `occasion`."""
    _, campaign, at = pk.split("#")
    return campaign, parse_instant(at), parse_part(sk)


# --- look-ups: their own partitions, written with what they point to ---


def identity(kind: str, hmac: str) -> Key:
    return f"IDENTITY#{kind}#{hmac}", "IDENTITY"


def address(kind: str, hmac: str) -> str:
    """The partition of what is kept of an address to which campaigns write."""
    return f"ADDRESS#{kind}#{hmac}"


def member_or_address(named: str | tuple[str, str]) -> str:
    """The partition of whichever it is: a member by id, an address by kind and HMAC."""
    return member(named) if isinstance(named, str) else address(*named)


def suppression(kind: str, hmac: str) -> Key:
    """What was said last of an address."""
    return f"SUPPRESSION#{kind}#{hmac}", "SUPPRESSION"


def codes_to(kind: str, hmac: str) -> Key:
    """When an address got one-time codes."""
    return f"CODES#{kind}#{hmac}", CODES


def codes_for(member_id: str) -> Key:
    """When some were sent for a member."""
    return member(member_id), CODES


def codes_by(brand: str, span: timedelta, since: datetime) -> Key:
    """How many a brand has had sent in the so many hours from then on."""
    return f"CODES#brand#{brand}", f"HOURS#{span // timedelta(hours=1):02d}#{format_instant(since)}"


def receipt(digest: str) -> Key:
    return f"RECEIPT#{digest}", "RECEIPT"


def merge(digest: str) -> Key:
    return f"MERGE#{digest}", "MERGE"


MERGED_PREFIX = "MERGED#"


def record_before_merge(member_id: str, digest: str) -> Key:
    """Among what is the member's, so that an erasure finds it."""
    return member(member_id), f"{MERGED_PREFIX}{digest}"


REFUND = "REFUND"


def refund(digest: str) -> Key:
    return f"REFUND#{digest}", REFUND


def parse_refund(pk: str) -> Digest:
    """The inverse of `refund`."""
    return Digest(pk.removeprefix("REFUND#"))


def waiting_refunds(brand: str) -> str:
    """The partition of a brand's refunds that wait for their sales."""
    return f"WAITING#{brand}"


def waiting_refund(brand: str, at: datetime, digest: str) -> Key:
    """By when it came."""
    return waiting_refunds(brand), f"{format_instant(at)}#{digest}"


def waiting_until(at: datetime) -> tuple[str, str]:
    """A range of sort keys: all refunds that came before ``at``."""
    return "0", format_instant(at)


def parse_waiting_refund(sk: str) -> str:
    """Its digest."""
    return sk.rpartition("#")[2]


def command(digest: str) -> Key:
    return f"{COMMAND_PREFIX}{digest}", "COMMAND"


def coupon_code(code: str) -> Key:
    return f"{COUPON_PREFIX}{code}", "COUPON"


def opening(digest: str) -> Key:
    """A lot that was brought along, by its reference in the other system."""
    return f"OPENING#{digest}", "OPENING"


# --- budgets: what rules may give to all members together, in shards ---

SHARD_PREFIX = "SHARD#"


def budget_shard(rule: str, currency: str, number: int) -> Key:
    return f"BUDGET#{rule}#{currency}", f"{SHARD_PREFIX}{number:02d}"


def parse_shard(sk: str) -> int:
    return int(sk.removeprefix(SHARD_PREFIX))


# --- the due index ---


def due(owner: str, at: datetime, *, is_service: bool = False) -> Key:
    """``(due_pk, due_sk)``. The owner is a member, whose entries are all in one shard, or what has none.

    The index shows keys alone, so the instant of a service message has a fourth decimal, 1: who reads instants cuts it
    off, and the tick knows by it that it is no marketing.
    """
    instant = format_instant(at)
    return due_shard(zlib.crc32(owner.encode()) % DUE_SHARDS), f"{instant[:-1]}1Z" if is_service else instant


def due_between(since: datetime, until: datetime) -> tuple[str, str]:
    """All that is due from ``since`` to ``until``, both included, however it is marked."""
    return format_instant(since).removesuffix("Z"), format_instant(until)


def is_of_service(due_sk: str) -> bool:
    """Whether it was marked so. Of what was planned before there were marks nobody knows."""
    return len(due_sk) > len(format_instant(EPOCH))


def due_shard(shard: int) -> str:
    return f"DUE#{shard:02d}"


# --- the members index ---


def member_shard(member_id: str) -> str:
    """``members_pk``; its sort key is the item's own ``pk``."""
    return members_of_shard(_member_shard(member_id))


def _member_shard(member_id: str) -> int:
    return zlib.crc32(member_id.encode()) % MEMBER_SHARDS


def members_of_shard(shard: int) -> str:
    return f"MEMBERS#{shard:02d}"


# --- the segments index ---


def segment_entry(member_id: str, segment: str, since: datetime) -> Key:
    """``(segments_pk, segments_sk)``: of one shard, by when they entered."""
    return segment_shard(segment, _member_shard(member_id)), format_instant(since)


def segment_shard(segment: str, shard: int) -> str:
    return f"SEGMENT#{segment}#{shard:02d}"


SAMPLE_SHARDS = "0123456789abcdef"


def sampled(member_id: str) -> Key:
    """``(segments_pk, segments_sk)``: among all members, by a hash of their id, so that any first of them are a sample.

    In the index of segments, as if all members were one: it has what is needed, and an index of its own costs more.
    """
    digest = sha256(member_id.encode()).hexdigest()[:16]
    return sample_shard(digest[0]), digest


def sample_shard(shard: str) -> str:
    """Shards are in the order of hashes too."""
    return f"SAMPLE#{shard}"


def parse_member(pk: str) -> MemberId:
    """The inverse of `member`."""
    return MemberId(pk.removeprefix("M#"))
