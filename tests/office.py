"""Where messages are written and sent, for tests: members, an outbox, and providers that do as they are told."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import count
from types import MappingProxyType
from typing import Any, Final

from huitou.access.model import Caller
from huitou.campaigns.situations import Situations
from huitou.channels.model import Accepted, Outcome, Parcel
from huitou.kernel.channels import MessageChannel
from huitou.kernel.ids import Digest, MemberId, OwnedId, digest_of, ulid_for
from huitou.members.consents import Word
from huitou.members.identity import IdentityHasher, phone_identity
from huitou.members.model import ConsentKey, Profile
from huitou.members.service import Enrolment
from huitou.messages.recipients import Recipients
from huitou.opening.links import TrackedLinks
from huitou.outbox.dispatching import Dispatcher
from huitou.outbox.model import OutboxMessage
from huitou.outbox.pacing import Pacing
from huitou.outbox.service import Order, Outbox
from huitou.program.document import canonical_json
from huitou.program.model import GROUP
from huitou.program.speech import speech_in
from huitou.program.validation import read_document
from huitou.program.versions import ProgramVersion
from huitou.suppressions.service import Suppressions
from huitou.templates.model import TemplateKind
from huitou.unsubscribing.links import UnsubscribeLinks
from huitou.verifying.codes import OneTimeCodes
from huitou.verifying.sending import DueCodes
from tests.builders import program
from tests.coupons import coupons_on
from tests.erasing import Forgetting
from tests.members import said
from tests.merging import TIERS
from tests.outbox import NOON, outbox_on, planned, pressure_on, suppressions_on, verifications_on
from tests.purchases import Publications
from tests.standing import Standings, deeds_of, journeys_on
from tests.templates import speaking, template, text

LINE: Final = MessageChannel.LINE
RECEIPT: Final = template(id="receipt", kind="service", texts=[text(sms="Paid", line="Paid")])
PUBLISHED: Final = speaking(template(), RECEIPT, tiers=TIERS)
SECRET: Final = '{"current": "1", "1": "a secret of the tests"}'
HOUR: Final = timedelta(hours=1)


class Carrier:
    """A provider that says what it is told to say, and keeps what it was handed."""

    def __init__(self, repeats_safely_for: timedelta | None) -> None:
        self.repeats_safely_for = repeats_safely_for
        self.handed: list[Parcel] = []
        self.says: Callable[[], Outcome] = lambda: Accepted("p-1")

    def hand_over(self, parcel: Parcel) -> Outcome:
        self.handed.append(parcel)
        return self.says()


class Office(Forgetting):
    """Members of maru, an outbox, a carrier for each channel, and the dispatcher between them."""

    def __init__(self, changes: Mapping[str, Any] = MappingProxyType({}), table: Any = None, **messages: Any) -> None:
        super().__init__(table, Standings)
        published = {**PUBLISHED, **changes, "messages": {**PUBLISHED["messages"], **messages}}
        self.outbox = outbox_on(self.shop.table)
        self.carriers = {
            channel: Carrier(timedelta(hours=24) if channel is LINE else None) for channel in MessageChannel
        }
        self.now = NOON
        self.shop.programs.publish(program(published, version=2))
        self.programs = _Documents(self.shop.programs, published)
        self.commit = self.shop.table.commit
        self.pressure = pressure_on(self.shop.table)
        self.speech = speech_in(self.programs)
        self.pacing = Pacing(self.pressure, self.speech)
        assert isinstance(self.shop, Standings)
        self.segments = self.shop.segments
        self.journeys = journeys_on(self.shop.table)
        self.coupons = coupons_on(self.shop.table)
        self.situations = Situations(
            self.journeys, self.shop.states, self.segments, self.programs, deeds_of(self.shop.table)
        )
        self.addresses = IdentityHasher(lambda: SECRET)
        self.suppressions = Suppressions(suppressions_on(self.shop.table), self.addresses)
        self.verifications = verifications_on(self.shop.table)
        self.codes = OneTimeCodes(lambda: SECRET)
        self._numbers = count()

    def dispatcher(self) -> Dispatcher:
        return Dispatcher(
            outbox=self.outbox,
            recipients=Recipients(self.shop.profiles, self.shop.states, self.programs),
            suppressions=self.suppressions,
            addresses=self.addresses,
            programs=self.programs,
            providers=self.carriers.__getitem__,
            links=UnsubscribeLinks("https://m.huitou.example", lambda: SECRET),
            tracked_links=TrackedLinks("https://m.huitou.example", lambda: SECRET),
            speech=self.speech,
            campaigns=self.situations,
            coupons=self.coupons,
            codes=DueCodes(self.verifications, self.codes),
            pacing=self.pacing,
            commit=self.commit,
            pause=lambda _: None,
            clock=lambda: self.now,
        )

    def meet(self, *identities: Any, **profile: Any) -> MemberId:
        """Somebody of maru who can be reached by what is given."""
        presented = identities or (said(phone_identity("0912-345-678")),)
        order = Enrolment(presented, Profile(**profile), "maru")
        return self.enrolment.enrol(order, "maru", NOON - HOUR).view.member.id

    def plan(self, member: MemberId, kind: TemplateKind = TemplateKind.SERVICE, **changes: Any) -> OwnedId:
        command: Digest = digest_of([str(next(self._numbers))])
        name = "receipt" if kind is TemplateKind.SERVICE else "hello"
        message = planned(kind, id=OwnedId(member, ulid_for(NOON, command)), command=command, template=name)
        self.shop.table.commit(self.outbox.add(replace(message, **changes)))
        return message.id

    def desk(self) -> Outbox:
        return Outbox(
            self.outbox,
            self.shop.wallets,
            self.shop.states,
            self.programs,
            speech=self.speech,
            pacing=self.pacing,
            commit=self.commit,
            pause=lambda _: None,
        )

    def order(self, member: MemberId, template: str = "hello", **said: Any) -> OutboxMessage:
        """As a call by the group has it planned, at this instant."""
        order = Order(digest_of([str(next(self._numbers))]), member, template, "maru", **said)
        return self.desk().plan(order, Caller("key", GROUP, frozenset()), self.now).message

    def agree(self, member: MemberId) -> None:
        """To marketing of maru's by every channel."""
        for channel in MessageChannel:
            key = ConsentKey(channel, "maru", "marketing")
            self.consents.give(member, key, Word(True, "said so"), "maru", NOON - HOUR)

    def appoint(self, member: MemberId) -> None:
        """To the testers, which are on the list `staff`."""
        self.enrolment.tag(member, "staff", GROUP, self.now)
        self.segments.refresh(member, self.now)

    def look(self, message: OwnedId) -> OutboxMessage:
        """One delivery from the queue."""
        self.dispatcher().dispatch(message)
        return self.kept(message)

    def kept(self, message: OwnedId) -> OutboxMessage:
        found = self.outbox.load(message)
        assert found is not None
        return found

    def handed(self) -> list[tuple[MessageChannel, str]]:
        """To whom, by what."""
        return [(parcel.channel, parcel.to) for each in self.carriers.values() for parcel in each.handed]


class _Documents:
    """The versions of a shop's programme, the last of which says ``document``."""

    def __init__(self, programs: Publications, document: dict[str, Any]) -> None:
        self._programs = programs
        self._document = canonical_json(read_document(json.dumps(document)))
        self.active = programs.active
        self.version = programs.version
        self.published_at = programs.published_at
        self.at = programs.at

    def published(self, number: int) -> ProgramVersion:
        return ProgramVersion(number, self._document, digest_of([str(number)]), NOON, "tests")
