"""Members in DynamoDB: the record, the look-up items of its identities, the consent history.

A record is read and written whole, so its parts are kept as JSON, each under its own attribute.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from pynamodb.attributes import BooleanAttribute, JSONAttribute, UnicodeAttribute

from huitou.kernel.channels import MessageChannel
from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import MemberId
from huitou.kernel.instants import format_instant, parse_instant
from huitou.kernel.pages import Page
from huitou.members.identity import Identity, IdentityKey, IdentityKind
from huitou.members.model import (
    Claim,
    Consent,
    ConsentChange,
    ConsentKey,
    Gender,
    HeldIdentity,
    Holder,
    Member,
    Profile,
    Proof,
    ProofMethod,
    Tag,
)
from huitou.platform import keys
from huitou.platform.attributes import IntegerAttribute
from huitou.platform.table import Item, Table
from huitou.program.model import BrandId


class _TextAttribute(JSONAttribute):
    """JSON in which a letter of any script is itself: escaped, it would take twice the room."""

    def serialize(self, value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class MemberItem(Item):
    """The record. ``version`` is its ETag. It stands in the sample of all members, unless it is one before a merge."""

    version = IntegerAttribute()
    enrolled_at = UnicodeAttribute()
    enrolled_by = UnicodeAttribute()
    profile = _TextAttribute()
    set_by = _TextAttribute()
    identities = _TextAttribute()
    tags = _TextAttribute()
    consents = _TextAttribute()
    segments_pk = UnicodeAttribute(null=True)
    segments_sk = UnicodeAttribute(null=True)


class IdentityItem(Item):
    """Whose an identity is. Its key is a keyed digest; the identity itself is in the member's record (E25)."""

    member = UnicodeAttribute()
    origin = UnicodeAttribute(null=True)


class ConsentItem(Item):
    """One line of the consent history."""

    channel = UnicodeAttribute()
    brand = UnicodeAttribute()
    purpose = UnicodeAttribute()
    granted = BooleanAttribute()
    source = UnicodeAttribute()
    occurred_at = UnicodeAttribute()
    recorded_at = UnicodeAttribute()
    recorded_by = UnicodeAttribute()


class TableMemberIndex:
    """`MemberIndex` in DynamoDB: every home wallet is in it."""

    shards = keys.MEMBER_SHARDS

    def __init__(self, table: Table) -> None:
        self._table = table

    def members(self, shard: int, *, after: str | None = None, limit: int) -> Page[MemberId]:
        pk = keys.members_of_shard(shard)
        page = self._table.query(Item, pk, index=keys.MEMBERS_INDEX, after=after, limit=limit)
        return Page(tuple(keys.parse_member(item.pk) for item in page.items), page.next_cursor)


class TableMembers:
    """`MemberStore` in DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def load(self, member: MemberId) -> Member | None:
        item = self._table.get(MemberItem, *keys.profile(member))
        return member_in(member, item) if item else None

    def owners(self, identities: Sequence[IdentityKey]) -> list[MemberId | None]:
        return [holder.member if holder else None for holder in self.holders(identities)]

    def holders(self, identities: Sequence[IdentityKey]) -> list[Holder | None]:
        wanted = [keys.identity(*identity) for identity in identities]
        if len(wanted) == 1:
            return [_holder(self._table.get(IdentityItem, *wanted[0]))]
        return [_holder(item) for item in self._table.get_many([(IdentityItem, pk, sk) for pk, sk in wanted])]

    def rebind(self, identity: IdentityKey, before: Holder, after: Holder) -> Write:
        return self._table.put(
            IdentityItem(*keys.identity(*identity), member=after.member, origin=after.origin),
            condition=IdentityItem.member == before.member,
            refused=StaleReadError("The identity became somebody else's meanwhile."),
        )

    def save(self, member: Member) -> Write:
        item, before = member_item(member), member.version - 1
        item.segments_pk, item.segments_sk = keys.sampled(member.id)
        return self._table.put(
            item,
            condition=MemberItem.version == before if before else MemberItem.pk.does_not_exist(),
            refused=StaleReadError("The member's record changed meanwhile."),
        )

    def unchanged(self, member: Member) -> Write:
        condition = MemberItem.version == member.version
        stale = StaleReadError("The member's record changed meanwhile.")
        return self._table.check(MemberItem, *keys.profile(member.id), condition=condition, refused=stale)

    def bind(self, identity: IdentityKey, member: MemberId) -> Write:
        pk, sk = keys.identity(*identity)
        return self._table.put(
            IdentityItem(pk, sk, member=member),
            condition=IdentityItem.pk.does_not_exist(),
            refused=StaleReadError("The identity became somebody's meanwhile."),
        )

    def release(self, identity: IdentityKey, member: MemberId) -> Write:
        return self._table.delete(
            IdentityItem,
            *keys.identity(*identity),
            condition=IdentityItem.member == member,
            refused=StaleReadError("The identity became somebody else's meanwhile."),
        )

    def consent_at(self, member: MemberId, key: ConsentKey, at: datetime) -> Consent | None:
        item = self._table.get(ConsentItem, *keys.consent(member, *key, at))
        return consent_change_in(item).consent if item else None

    def add_consent(self, member: MemberId, change: ConsentChange) -> Write:
        pk, sk = keys.consent(member, *change.key, change.consent.occurred_at)
        return self._table.put(
            ConsentItem(pk, sk, **change.key._asdict(), **_consent_json(change.consent)),
            condition=ConsentItem.pk.does_not_exist(),
            refused=StaleReadError("A consent of this instant was recorded meanwhile."),
        )

    def consent_history(
        self, member: MemberId, brands: Collection[BrandId] | None, *, limit: int, after: str | None = None
    ) -> Page[ConsentChange]:
        found: list[ConsentItem] = []
        start = None if after is None else keys.CONSENT_PREFIX + after
        while True:
            page = self._table.query(
                ConsentItem, keys.member(member), prefix=keys.CONSENT_PREFIX, limit=limit, after=start
            )
            found += [item for item in page.items if brands is None or item.brand in brands]
            start = page.next_cursor
            if start is None or len(found) > limit:
                break
        shown = found[:limit]
        last = shown[-1].sk.removeprefix(keys.CONSENT_PREFIX) if len(found) > limit else None
        return Page(tuple(map(consent_change_in, shown)), last)


def _holder(item: Item | None) -> Holder | None:
    if not isinstance(item, IdentityItem):
        return None
    return Holder(MemberId(item.member), MemberId(item.origin) if item.origin else None)


def member_item(member: Member) -> MemberItem:
    pk, sk = keys.profile(member.id)
    profile = {name: value for name, value in asdict(member.profile).items() if value is not None}
    if member.profile.birthday:
        profile["birthday"] = member.profile.birthday.isoformat()
    return MemberItem(
        pk,
        sk,
        version=member.version,
        enrolled_at=format_instant(member.enrolled_at),
        enrolled_by=member.enrolled_by,
        profile=profile,
        set_by=dict(member.set_by),
        identities=[_identity_json(held) for held in member.identities],
        tags=[[*tag, format_instant(at)] for tag, at in member.tags.items()],
        consents=[
            [*key, {**_consent_json(consent), "confirmed_at": format_instant(consent.confirmed_at)}]
            for key, consent in member.consents.items()
        ],
    )


def member_in(member_id: MemberId, item: MemberItem) -> Member:
    return Member(
        id=member_id,
        version=item.version,
        enrolled_at=parse_instant(item.enrolled_at),
        enrolled_by=item.enrolled_by,
        profile=_profile(item.profile),
        set_by=item.set_by,
        identities=tuple(map(_held_identity, item.identities)),
        tags={Tag(brand, name): parse_instant(at) for brand, name, at in item.tags},
        consents={
            ConsentKey(MessageChannel(channel), brand, purpose): _consent(values, values["confirmed_at"])
            for channel, brand, purpose, values in item.consents
        },
    )


def _profile(values: dict[str, Any]) -> Profile:
    birthday, gender = values.get("birthday"), values.get("gender")
    return Profile(
        **{
            **values,
            "birthday": date.fromisoformat(birthday) if birthday else None,
            "gender": Gender(gender) if gender else None,
        }
    )


def _identity_json(held: HeldIdentity) -> dict[str, Any]:
    return {**asdict(held.identity), "anchored": held.anchored, "claims": [_claim_json(claim) for claim in held.claims]}


def _held_identity(values: dict[str, Any]) -> HeldIdentity:
    identity = Identity(IdentityKind(values["kind"]), values["value"], values["scope"])
    return HeldIdentity(identity, tuple(map(_claim, values["claims"])), values["anchored"])


def _claim_json(claim: Claim) -> dict[str, Any]:
    values: dict[str, Any] = {"brand": claim.brand, "at": format_instant(claim.at)}
    if claim.proof:
        values["proof"] = {**asdict(claim.proof), "at": format_instant(claim.proof.at)}
    return values


def _claim(values: dict[str, Any]) -> Claim:
    proof = values.get("proof")
    return Claim(
        values["brand"],
        parse_instant(values["at"]),
        Proof(ProofMethod(proof["method"]), parse_instant(proof["at"]), proof["reason"]) if proof else None,
    )


def _consent_json(consent: Consent) -> dict[str, Any]:
    return {
        "granted": consent.granted,
        "source": consent.source,
        "occurred_at": format_instant(consent.occurred_at),
        "recorded_at": format_instant(consent.recorded_at),
        "recorded_by": consent.recorded_by,
    }


def _consent(values: Mapping[str, Any], confirmed_at: str) -> Consent:
    return Consent(
        granted=values["granted"],
        source=values["source"],
        occurred_at=parse_instant(values["occurred_at"]),
        confirmed_at=parse_instant(confirmed_at),
        recorded_at=parse_instant(values["recorded_at"]),
        recorded_by=values["recorded_by"],
    )


def consent_change_in(item: ConsentItem) -> ConsentChange:
    key = ConsentKey(MessageChannel(item.channel), item.brand, item.purpose)
    return ConsentChange(key, _consent(item.attribute_values, item.occurred_at))
