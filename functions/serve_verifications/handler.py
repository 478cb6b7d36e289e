"""Verifications over HTTP: members prove by one-time codes that an address is theirs.

Nothing is sent here, and no code is in any answer.
"""

from __future__ import annotations

from time import monotonic
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.event_handler.openapi.params import Path as PathPart

from huitou.kernel.errors import ContentReusedError
from huitou.kernel.ids import MemberId
from huitou.members.decisions import TooManyError
from huitou.members.identity import IdentityHasher
from huitou.members.places import UnknownPlaceError
from huitou.members.service import IdentityTakenError, Members
from huitou.members.store import TableMembers
from huitou.messages.errors import ChannelNotWrittenError
from huitou.outbox.store import TableOutbox
from huitou.platform.http import (
    Answer,
    IdempotencyKey,
    MemberPath,
    accepted_at,
    answer,
    create_app,
    current_caller,
    documented,
    entry_point,
    note,
    permission,
    reference_to,
    status_of,
)
from huitou.platform.pauses import pause
from huitou.platform.secrets import Secret
from huitou.platform.settings import (
    AddressSecret,
    CodeSecret,
    IdentitySecret,
    MembersTable,
    ProgramTable,
    Settings,
    load,
)
from huitou.platform.table import Table
from huitou.points.membership import MEMBER_ERRORS
from huitou.points.store import TableWallets
from huitou.program.service import ProgramReader
from huitou.program.speech import speech_in
from huitou.program.store import TableVersions
from huitou.standing.store import TableStandings
from huitou.verifying.codes import OneTimeCodes
from huitou.verifying.errors import (
    NoVerificationsError,
    TooManyCodesError,
    VerificationNotFoundError,
    VerificationOverError,
    WrongCodeError,
)
from huitou.verifying.requests import (
    BegunVerificationView,
    CodeBody,
    ConfirmedVerificationView,
    VerificationBody,
    confirmed_view,
    verification_view,
)
from huitou.verifying.service import Verifications, Wanted, verification_command
from huitou.verifying.store import TableVerifications

OF_MEMBER = "/v1/members/<member_id>/verifications"

VerificationId = Annotated[str, PathPart(max_length=64)]


class Needs(Settings):
    """What this function is told by its environment."""

    members_table: MembersTable
    program_table: ProgramTable
    identity_secret: IdentitySecret
    address_secret: AddressSecret
    code_secret: CodeSecret


settings = load(Needs)
table = Table(settings.members_table, settings.region, settings.endpoint)
programs = ProgramReader(TableVersions(Table(settings.program_table, settings.region, settings.endpoint)), monotonic)
hasher = IdentityHasher(Secret(settings.identity_secret, settings.region, settings.endpoint).text)
verifications = Verifications(
    TableVerifications(table),
    codes=OneTimeCodes(Secret(settings.code_secret, settings.region, settings.endpoint).recent_text),
    addresses=IdentityHasher(Secret(settings.address_secret, settings.region, settings.endpoint).text),
    members=Members(
        members=TableMembers(table),
        wallets=TableWallets(table),
        standings=TableStandings(table),
        programs=programs,
        hasher=hasher,
        commit=table.commit,
        pause=pause,
    ),
    outbox=TableOutbox(table),
    wallets=TableWallets(table),
    programs=programs,
    speech=speech_in(programs),
    commit=table.commit,
    pause=pause,
)

app = create_app("serve_verifications", "Verifications")


@app.post(
    OF_MEMBER,
    summary="Send a one-time code",
    security=permission("members:write"),
    responses=documented(
        {200: BegunVerificationView, 201: BegunVerificationView},
        *(*MEMBER_ERRORS, UnknownPlaceError, NoVerificationsError, ChannelNotWrittenError, TooManyCodesError),
        *(ContentReusedError, VerificationOverError),
        headers=("Location",),
    ),
)
def begin(member_id: MemberPath, body: Annotated[VerificationBody, Body()], idempotency_key: IdempotencyKey) -> Answer:
    """Sends a code to the phone number or mailbox that is to be proven, whoever's it is. It is good for ten minutes
    and five wrong tries.
    """
    caller, now = current_caller(app), accepted_at(app)
    member = MemberId(member_id)
    wanted = Wanted(verification_command(caller.brand, idempotency_key), member, body.identity)
    begun = verifications.begin(wanted, caller, now)
    note(app, member=member, replayed=begun.replayed)
    view = verification_view(begun.verification, now)
    return answer(
        {**view, "replayed": begun.replayed},
        status=status_of(replayed=begun.replayed),
        headers={"Location": reference_to(app, f"/v1/messages/{begun.verification.id}")},
    )


@app.post(
    f"{OF_MEMBER}/<verification_id>",
    summary="Confirm a one-time code",
    security=permission("members:write"),
    responses=documented(
        {200: ConfirmedVerificationView},
        *(*MEMBER_ERRORS, VerificationNotFoundError, WrongCodeError, VerificationOverError),
        *(IdentityTakenError, TooManyError),
    ),
)
def confirm(member_id: MemberPath, verification_id: VerificationId, body: Annotated[CodeBody, Body()]) -> Answer:
    """Says the code that came. The identity is the member's then, and proven to the caller's brand where that tells who
    they are: it does for what they were enrolled with.
    """
    caller, now = current_caller(app), accepted_at(app)
    member = MemberId(member_id)
    note(app, member=member)
    confirmed = verifications.confirm(member, verification_id, body.code, caller, now)
    return answer(confirmed_view(confirmed, hasher, now))


handler = entry_point(app)
