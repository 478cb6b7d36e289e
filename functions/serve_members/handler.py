"""Members over HTTP: enrol, look up, and change what is known about them."""

from __future__ import annotations

import time
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from aws_lambda_powertools.event_handler.openapi.params import Path as PathPart

from huitou.composition import MemberSettings
from huitou.fields import Moment
from huitou.kernel.channels import MessageChannel
from huitou.kernel.errors import ContentReusedError, PreconditionFailedError, PreconditionRequiredError
from huitou.kernel.ids import MemberId
from huitou.members.consents import Consents
from huitou.members.decisions import (
    ConsentContradictedError,
    FieldOfAnotherBrandError,
    LastIdentityError,
    TooManyError,
    UnknownIdentityError,
)
from huitou.members.identity import IdentityHasher
from huitou.members.model import ConsentKey, Tag
from huitou.members.places import UnknownPlaceError
from huitou.members.references import MemberReference
from huitou.members.requests import (
    AddedIdentityView,
    ConsentBody,
    ConsentInForceView,
    ConsentList,
    ConsentPage,
    EnrolBody,
    EnrolledMemberView,
    IdentityAdditionBody,
    MemberView,
    Place,
    ProfileChangeBody,
    Purpose,
    TagName,
    TagView,
    consent_in_force_view,
    consent_view,
    identity_view,
    member_view,
    tag_view,
)
from huitou.members.service import (
    Enrolment,
    IdentitiesOfDifferentMembersError,
    IdentityTakenError,
    Members,
    SeenMember,
)
from huitou.members.store import TableMembers
from huitou.platform.http import (
    Answer,
    Cursor,
    IdempotencyKey,
    IfMatch,
    Limit,
    MemberPath,
    accepted_at,
    answer,
    create_app,
    current_caller,
    decode_cursor,
    documented,
    encode_cursor,
    entry_point,
    etag,
    expected_version,
    note,
    permission,
    reference_to,
    status_of,
)
from huitou.platform.pauses import pause
from huitou.platform.secrets import Secret
from huitou.platform.settings import load
from huitou.platform.table import Table
from huitou.points.membership import MEMBER_ERRORS
from huitou.points.store import TableWallets
from huitou.program.acceptance import InFutureError, TooLateError
from huitou.program.model import GROUP
from huitou.program.service import ProgramReader
from huitou.program.store import TableVersions
from huitou.purchases.standing import MemberFacts
from huitou.purchases.store import TableMemberStates
from huitou.standing.answers import (
    MemberTierView,
    TierGrantView,
    TierHistoryView,
    member_tier_view,
    past_tier_view,
    tier_grant_view,
)
from huitou.standing.requests import TierGrantBody
from huitou.standing.service import Tiers, TooManyGrantsError, UnknownTierError, grant_id
from huitou.standing.store import TableStandings

MEMBER = "/v1/members/<member_id>"

At = Annotated[Moment | None, Query(description="When to look, before or after now; by default now.")]
IdentityId = Annotated[str, PathPart(max_length=64, description="The `identity_id` of one of their identities.")]
TagPart = Annotated[TagName, PathPart(description="A word in any script, up to 64 characters.")]
ChannelPart = Annotated[MessageChannel, PathPart()]
BrandPart = Annotated[Place, PathPart(description="A brand, or `group` for all of them.")]
PurposePart = Annotated[Purpose, PathPart(description="What the member would be written to for.")]


settings = load(MemberSettings)
table = Table(settings.members_table, settings.region, settings.endpoint)
versions = TableVersions(Table(settings.program_table, settings.region, settings.endpoint))
hasher = IdentityHasher(Secret(settings.identity_secret, settings.region, settings.endpoint).text)
programs = ProgramReader(versions, time.monotonic)
standings = TableStandings(table)
tiers = Tiers(MemberFacts(TableMemberStates(table), programs), standings, programs, table.commit, pause)
members = Members(
    members=TableMembers(table),
    wallets=TableWallets(table),
    programs=programs,
    standings=standings,
    hasher=hasher,
    commit=table.commit,
    pause=pause,
)
consents = Consents(
    members=TableMembers(table),
    wallets=TableWallets(table),
    standings=standings,
    programs=programs,
    commit=table.commit,
    pause=pause,
)

app = create_app("serve_members", "Members")


@app.post(
    "/v1/members",
    summary="Enrol a member",
    security=permission("members:write"),
    responses=documented(
        {200: EnrolledMemberView, 201: EnrolledMemberView},
        IdentitiesOfDifferentMembersError,
        TooManyError,
        UnknownPlaceError,
        headers=("ETag", "Location"),
    ),
)
def enrol(body: Annotated[EnrolBody, Body()]) -> Answer:
    """Finds the member by any of the identities, or creates one, and joins them to the brand.

    201 if they are new to the brand, whether or not another brand knew them.
    """
    caller, now = current_caller(app), accepted_at(app)
    brand = body.brand or caller.brand
    caller.acts_for(brand)
    presented = tuple(each.presented(now) for each in body.identities)
    enrolled = members.enrol(Enrolment(presented, body.profile.profile(), brand), caller.brand, now)
    member = enrolled.view.member
    note(app, member=member.id)
    return answer(
        {**member_view(enrolled.view, hasher), "client_reference": body.client_reference},
        status=201 if enrolled.is_new else 200,
        headers={"ETag": etag(member.version), "Location": reference_to(app, f"/v1/members/{member.id}")},
    )


@app.post(
    "/v1/members/lookup",
    summary="Look a member up",
    security=permission("members:read"),
    responses=documented({200: MemberView}, *MEMBER_ERRORS, headers=("ETag",)),
)
def look_up(reference: Annotated[MemberReference, Body()]) -> Answer:
    """By an identity or id, in the body, so that no phone number ends up in an address. Joins nobody to a brand."""
    caller = current_caller(app)
    return _shown(members.look_up(reference.target, caller.brand))


@app.get(
    MEMBER,
    summary="Read a member",
    security=permission("members:read"),
    responses=documented({200: MemberView}, *MEMBER_ERRORS, headers=("ETag",)),
)
def get_member(member_id: MemberPath) -> Answer:
    """As far as the caller may see them."""
    caller = current_caller(app)
    return _shown(members.get(MemberId(member_id), caller.brand))


@app.patch(
    MEMBER,
    summary="Change the profile",
    security=permission("members:write"),
    responses=documented(
        {200: MemberView},
        *MEMBER_ERRORS,
        FieldOfAnotherBrandError,
        UnknownPlaceError,
        PreconditionFailedError,
        PreconditionRequiredError,
        headers=("ETag",),
    ),
)
def change_profile(
    member_id: MemberPath, body: Annotated[ProfileChangeBody, Body()], if_match: IfMatch = None
) -> Answer:
    """Sets the fields that are given; null clears one."""
    caller = current_caller(app)
    version = expected_version(if_match)
    changes = body.profile.changes()
    return _shown(members.change_profile(MemberId(member_id), changes, version, caller.brand, accepted_at(app)))


@app.post(
    f"{MEMBER}/identities",
    summary="Add an identity",
    security=permission("members:write"),
    responses=documented(
        {200: AddedIdentityView, 201: AddedIdentityView},
        *MEMBER_ERRORS,
        IdentityTakenError,
        TooManyError,
        UnknownPlaceError,
        headers=("ETag",),
    ),
)
def add_identity(member_id: MemberPath, body: Annotated[IdentityAdditionBody, Body()]) -> Answer:
    """Adds an identity, or a proof of one they have; 200 if the brand knew of it.

    A proof of an identity that the member was not enrolled with counts only from staff, or together with a proof
    of one that they were: see `POST /v1/members`.
    """
    caller, now = current_caller(app), accepted_at(app)
    added = members.add_identity(MemberId(member_id), body.presented(now), caller.brand, now)
    member = added.view.member
    (held,) = (held for held in member.identities if held.identity == body.identity)
    note(app, member=member.id)
    return answer(
        {**identity_view(held, hasher), "client_reference": body.client_reference},
        status=201 if added.is_new else 200,
        headers={"ETag": etag(member.version)},
    )


@app.delete(
    f"{MEMBER}/identities/<identity_id>",
    summary="Remove an identity",
    security=permission("members:write"),
    responses=documented({204: None}, *MEMBER_ERRORS, UnknownIdentityError, LastIdentityError),
)
def remove_identity(member_id: MemberPath, identity_id: IdentityId) -> Answer:
    """Removes it for good if no other brand stands by it, or if the member has proven to this one who they are."""
    caller = current_caller(app)
    members.remove_identity(MemberId(member_id), identity_id, caller.brand)
    return answer(None, status=204)


@app.put(
    f"{MEMBER}/tags/<tag>",
    summary="Set a tag",
    security=permission("members:write"),
    responses=documented({200: TagView}, *MEMBER_ERRORS, TooManyError),
)
def set_tag(member_id: MemberPath, tag: TagPart) -> Answer:
    """Puts the caller's tag on the member; one that is there stays as it is."""
    caller = current_caller(app)
    seen = members.tag(MemberId(member_id), tag, caller.brand, accepted_at(app))
    key = Tag(caller.brand, tag)
    return answer(tag_view(key, seen.member.tags[key]))


@app.delete(
    f"{MEMBER}/tags/<tag>",
    summary="Remove a tag",
    security=permission("members:write"),
    responses=documented({204: None}, *MEMBER_ERRORS),
)
def remove_tag(member_id: MemberPath, tag: TagPart) -> Answer:
    """Takes off the caller's tag; the group takes off everybody's."""
    caller = current_caller(app)
    members.untag(MemberId(member_id), tag, caller.brand)
    return answer(None, status=204)


@app.get(
    f"{MEMBER}/consents",
    summary="Read consents",
    security=permission("members:read"),
    responses=documented({200: ConsentList}, *MEMBER_ERRORS),
)
def list_consents(member_id: MemberPath) -> Answer:
    """Those in force, of the caller's brand and the group."""
    caller = current_caller(app)
    in_force = consents.in_force(MemberId(member_id), caller.brand)
    return answer({"items": [consent_in_force_view(key, each, caller.brand) for key, each in in_force.items()]})


@app.put(
    f"{MEMBER}/consents/<channel>/<brand>/<purpose>",
    summary="Record a consent",
    security=permission("members:write"),
    responses=documented(
        {200: ConsentInForceView},
        *MEMBER_ERRORS,
        ConsentContradictedError,
        TooManyError,
        UnknownPlaceError,
        InFutureError,
        TooLateError,
    ),
)
def give_consent(
    member_id: MemberPath,
    channel: ChannelPart,
    brand: BrandPart,
    purpose: PurposePart,
    body: Annotated[ConsentBody, Body()],
) -> Answer:
    """Records the member's yes or no and answers the one in force: the latest that they said."""
    caller = current_caller(app)
    if brand != GROUP:
        caller.acts_for(brand)
    key = ConsentKey(channel, brand, purpose)
    consent = consents.give(MemberId(member_id), key, body.word(), caller.brand, accepted_at(app))
    return answer(consent_in_force_view(key, consent, caller.brand))


@app.get(
    f"{MEMBER}/consents/history",
    summary="Read the history of consents",
    security=permission("members:read"),
    responses=documented({200: ConsentPage}, *MEMBER_ERRORS),
)
def list_consent_history(member_id: MemberPath, cursor: Cursor = None, limit: Limit = 50) -> Answer:
    """Everything that was said to the caller's brand and the group."""
    caller = current_caller(app)
    page = consents.history(MemberId(member_id), caller.brand, limit=limit, after=decode_cursor(cursor))
    items = [consent_view(line.key, line.consent, caller.brand) for line in page.items]
    return answer({"items": items, "next_cursor": encode_cursor(page.next_cursor)})


@app.get(
    f"{MEMBER}/tier",
    summary="Read a member's tier",
    security=permission("members:read"),
    responses=documented({200: MemberTierView}, *MEMBER_ERRORS),
)
def get_tier(member_id: MemberPath, at: At = None) -> Answer:
    """The tier at any instant, what it rests on, and what is missing to keep it or for the next one."""
    caller = current_caller(app)
    outlook = tiers.view(MemberId(member_id), caller.brand, at or accepted_at(app))
    return answer(member_tier_view(member_id, outlook, programs.active()))


@app.get(
    f"{MEMBER}/tier/history",
    summary="List a member's tiers",
    security=permission("members:read"),
    responses=documented({200: TierHistoryView}, *MEMBER_ERRORS),
)
def list_tiers(member_id: MemberPath, cursor: Cursor = None, limit: Limit = 100) -> Answer:
    """All that the member has held, each with its cause."""
    brand, now = current_caller(app).brand, accepted_at(app)
    page = tiers.history(MemberId(member_id), brand, now, after=decode_cursor(cursor), limit=limit)
    items = [past_tier_view(each) for each in page.items]
    return answer({"items": items, "next_cursor": encode_cursor(page.next_cursor)})


@app.post(
    f"{MEMBER}/tier",
    summary="Give a tier by hand",
    security=permission("members:write"),
    responses=documented(
        {200: TierGrantView, 201: TierGrantView},
        *(*MEMBER_ERRORS, UnknownTierError, TooManyGrantsError, ContentReusedError),
    ),
)
def grant_tier(
    member_id: MemberPath, body: Annotated[TierGrantBody, Body()], idempotency_key: IdempotencyKey
) -> Answer:
    """The member has at least this tier from now on, until the review that follows."""
    caller, now = current_caller(app), accepted_at(app)
    grant = body.grant(grant_id(caller.brand, idempotency_key), caller.brand, now)
    granted = tiers.grant(MemberId(member_id), grant, now)
    note(app, member=MemberId(member_id), replayed=granted.replayed)
    view = tier_grant_view(member_id, granted, body.client_reference, programs.active())
    return answer(view, status=status_of(replayed=granted.replayed))


def _shown(seen: SeenMember) -> Answer:
    note(app, member=seen.member.id)
    return answer(member_view(seen, hasher), headers={"ETag": etag(seen.member.version)})


handler = entry_point(app)
