"""M23, M26: what is sent, to whom and by what is found out when it is due, and what may not be is not sent twice."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import count, cycle
from typing import Any

import pytest

from huitou.channels.model import Accepted, Outcome, Refused, Unclear
from huitou.channels.reasons import EXHAUSTED, NO_CONNECTION, NOT_AUTHORIZED, SPENT, SUSPENDED, THROTTLED
from huitou.kernel.channels import MessageChannel
from huitou.kernel.commits import Write
from huitou.kernel.ids import MemberId, OwnedId
from huitou.members.consents import Word
from huitou.members.identity import email_identity, line_identity, phone_identity
from huitou.members.model import ConsentKey
from huitou.opening.links import Link, reader
from huitou.outbox.decisions import LEASE, claim, resolve
from huitou.outbox.model import DeliveryReport, MessageState, OutboxMessage
from huitou.outbox.pacing import Pacing
from huitou.pressure.model import Holder, Pressure
from huitou.suppressions.model import SuppressionGround, destination
from huitou.suppressions.model import Word as AddressWord
from huitou.templates.model import TemplateKind
from tests.members import proven, said
from tests.office import HOUR, SECRET, Office
from tests.outbox import NOON, pressure_of
from tests.templates import WAY_OUT, template, text

EMAIL, SMS, LINE = MessageChannel.EMAIL, MessageChannel.SMS, MessageChannel.LINE


class DiedError(Exception):
    """A worker's end, at any step."""


@pytest.fixture
def office() -> Office:
    return Office()


MEI_HAS: dict[str, Any] = {"contact_email": "mei@example.com", "contact_phone": "+886912345678"}


def test_a_service_message_goes_out_as_it_is_true_now(office: Office) -> None:
    """M26: name and address are those of the instant at which it is sent."""
    mei = office.meet(name="小美", **MEI_HAS)
    message = office.look(office.plan(mei))
    (parcel,) = office.carriers[EMAIL].handed
    assert (message.state, message.provider_id, message.due_at) == (MessageState.ACCEPTED, "p-1", None)
    assert (parcel.id, parcel.retry_key, parcel.to) == (str(message.id), message.retry_key, "mei@example.com")
    assert parcel.message.email is not None
    assert parcel.message.email.subject == "Hello 小美"
    assert (parcel.sender.brand, parcel.sender.identity, parcel.unsubscribe_url) == (
        "group",
        "club@huitou.example",
        None,
    )


def test_nothing_is_sent_before_its_instant(office: Office) -> None:
    message = office.plan(office.meet(**MEI_HAS), due_at=NOON + HOUR)
    assert office.look(message).state is MessageState.PLANNED
    office.now = NOON + HOUR
    assert office.look(message).state is MessageState.ACCEPTED


def test_what_comes_again_is_sent_once(office: Office) -> None:
    """E21."""
    message = office.plan(office.meet(**MEI_HAS))
    for _ in range(5):
        office.look(message)
    assert office.handed() == [(EMAIL, "mei@example.com")]


@pytest.mark.parametrize(
    ("identities", "profile", "reached"),
    [
        ((proven(email_identity("own@example.com")),), MEI_HAS, (EMAIL, "own@example.com")),
        ((said(email_identity("said@example.com")),), {"contact_phone": "+886912345678"}, (SMS, "+886912345678")),
        ((proven(phone_identity("0922-333-444")),), {}, (SMS, "+886922333444")),
        ((said(line_identity("huitou", "U1")), said(line_identity("other", "U2"))), {}, (LINE, "U1")),
        ((said(line_identity("other", "U2")),), {}, None),
        ((proven(phone_identity("02-2345-6789")),), {}, None),
        ((said(phone_identity("0922-333-444")),), {"contact_phone": "+886223456789"}, None),
        ((proven(phone_identity("02-2345-6789")),), {"contact_phone": "+886912345678"}, (SMS, "+886912345678")),
        ((proven(phone_identity("+1 212 555 0123")),), {}, (SMS, "+12125550123")),
    ],
)
def test_the_first_channel_that_reaches_the_member_is_taken(
    office: Office, identities: Sequence[Any], profile: dict[str, Any], reached: tuple[MessageChannel, str] | None
) -> None:
    """What is proven, else the contact address; by LINE, as the sender's provider knows them; by SMS no landline."""
    message = office.look(office.plan(office.meet(*identities, **profile), channels=(EMAIL, SMS, LINE)))
    assert office.handed() == ([reached] if reached else [])
    if reached is None:
        assert (message.state, message.reason) == (MessageState.SUPPRESSED, "unreachable")


@pytest.mark.parametrize(
    ("said_so", "channels"),
    [
        ([], []),
        ([(EMAIL, True, "maru", 0)], [EMAIL]),
        ([(SMS, True, "maru", 0)], [SMS]),
        ([(EMAIL, True, "group", 0)], [EMAIL]),
        ([(EMAIL, True, "sora", 0)], []),
        ([(EMAIL, True, "maru", 0), (EMAIL, False, "group", 1)], []),
        ([(EMAIL, False, "group", 0), (EMAIL, True, "maru", 1)], [EMAIL]),
        ([(EMAIL, False, "maru", 0), (EMAIL, True, "group", 1)], []),
    ],
)
def test_marketing_is_for_who_agreed_to_it_by_that_channel(
    office: Office, said_so: list[tuple[MessageChannel, bool, str, int]], channels: list[MessageChannel]
) -> None:
    """M22: the brand's own word, or one to the group; a later no to the group is one to all."""
    mei = office.meet(**MEI_HAS)
    message = office.plan(mei, TemplateKind.MARKETING, channels=(EMAIL, SMS))
    for channel, granted, brand, minute in said_so:
        key, at = ConsentKey(channel, brand, "marketing"), NOON + minute * timedelta(minutes=1)
        office.consents.give(mei, key, Word(granted, "said so"), "group", at)
    kept = office.look(message)
    assert [channel for channel, _ in office.handed()] == channels
    if not channels:
        assert (kept.state, kept.reason) == (MessageState.SUPPRESSED, "no_consent")


def test_marketing_has_a_way_out(office: Office) -> None:
    """M25."""
    mei = office.meet(**MEI_HAS)
    office.consents.give(mei, ConsentKey(EMAIL, "maru", "marketing"), Word(True, "said so"), "maru", NOON)
    office.look(office.plan(mei, TemplateKind.MARKETING))
    (parcel,) = office.carriers[EMAIL].handed
    assert parcel.unsubscribe_url is not None
    assert parcel.unsubscribe_url.startswith("https://m.huitou.example/v1/unsubscriptions/")
    assert parcel.message.email is not None
    assert parcel.unsubscribe_url in parcel.message.email.text


def test_marketing_that_comes_late_waits_for_the_morning() -> None:
    """E24: its slot moves with it (E23)."""
    office = Office(frequency_caps=[{"most": 1, "days": 1}])
    mei = office.meet(**MEI_HAS)
    office.agree(mei)
    evening, morning = NOON + 9 * HOUR, NOON + 20 * HOUR
    message = office.order(mei, send_at=evening).id

    office.now = evening + 2 * HOUR
    kept = office.look(message)

    assert (kept.state, kept.reason, kept.due_at) == (MessageState.DEFERRED, "quiet_hours", morning)
    assert [slot.at for slot in pressure_of(office.pressure, mei).slots] == [morning]
    assert office.handed() == []
    office.now = morning
    assert office.look(message).state is MessageState.ACCEPTED


def test_what_is_not_sent_makes_room() -> None:
    """E23: here nobody agreed to it; what was sent keeps its slot."""
    office = Office(frequency_caps=[{"most": 1, "days": 7}])
    mei = office.meet(**MEI_HAS)
    first = office.order(mei)
    assert (office.order(mei).state, office.look(first.id).reason) == (MessageState.SUPPRESSED, "no_consent")

    office.agree(mei)
    assert office.look(office.order(mei).id).state is MessageState.ACCEPTED
    assert office.order(mei).reason == "cap_reached"


def test_what_was_taken_is_given_back_also_while_nobody_counts() -> None:
    """E23: the cap was taken away meanwhile, and comes back."""
    office = Office(frequency_caps=[{"most": 1, "days": 7}])
    mei = office.meet(**MEI_HAS)
    message, counted = office.order(mei, send_at=NOON + HOUR), office.pacing
    office.pacing = Pacing(office.pressure, Office().speech)
    office.desk().cancel(str(message.id), "maru", NOON)
    office.pacing = counted
    assert pressure_of(office.pressure, mei).slots == ()
    assert office.order(mei).state is MessageState.PLANNED


@pytest.mark.parametrize("hours", [1, 11])
def test_of_who_was_forgotten_no_slot_comes_back(hours: int) -> None:
    """E25: neither when the message is found to be theirs, nor because it is night."""
    office = Office(frequency_caps=[{"most": 1, "days": 7}])
    mei = office.meet(**MEI_HAS)
    message = office.order(mei, send_at=NOON + HOUR).id
    office.erase(mei)
    office.now = NOON + hours * HOUR
    assert office.look(message).reason == "erased"
    assert office.shop.table.all(Pressure) == []


def test_what_holds_no_slot_gives_none_back() -> None:
    """E23: nobody who plans at the same time is overtaken for nothing."""
    office = Office(frequency_caps=[{"most": 1, "days": 7}])
    mei = office.meet(**MEI_HAS)
    office.order(mei)
    before = pressure_of(office.pressure, mei)
    assert office.look(office.plan(mei, TemplateKind.MARKETING)).reason == "no_consent"
    assert pressure_of(office.pressure, mei) == before


def test_a_cap_is_looked_at_again_when_a_message_is_sent() -> None:
    """E23, E15: after a merge, both cards' messages count."""
    office = Office(frequency_caps=[{"most": 1, "days": 7}])
    card = office.meet(said(phone_identity("0922-333-444")))
    mei = office.meet(said(phone_identity("0912-345-678")), **MEI_HAS)
    office.agree(mei)
    of_card, of_mei = office.order(card), office.order(mei)
    assert office.look(of_mei.id).state is MessageState.ACCEPTED
    office.merge(mei, card, NOON)
    assert (office.look(of_card.id).state, office.kept(of_card.id).reason) == (MessageState.SUPPRESSED, "cap_reached")


def test_what_a_survivor_is_sent_counts_what_the_absorbed_one_got() -> None:
    """E23, E15: both were planned before the merge, when each had room."""
    office = Office(frequency_caps=[{"most": 1, "days": 7}])
    card = office.meet(said(phone_identity("0922-333-444")), contact_email="card@example.com")
    mei = office.meet(said(phone_identity("0912-345-678")), **MEI_HAS)
    office.agree(card)
    office.agree(mei)
    of_card, of_mei = office.order(card), office.order(mei, send_at=NOON + HOUR)
    assert office.look(of_card.id).state is MessageState.ACCEPTED
    office.merge(mei, card, NOON)
    office.now = NOON + HOUR
    assert (office.look(of_mei.id).state, office.kept(of_mei.id).reason) == (MessageState.SUPPRESSED, "cap_reached")


def test_two_who_were_absorbed_by_one_share_a_cap() -> None:
    """E23, E15: nothing was planned for the survivor."""
    office = Office(frequency_caps=[{"most": 1, "days": 7}])
    cards = [office.meet(said(phone_identity(phone))) for phone in ("0922-333-444", "0933-333-444")]
    mei = office.meet(said(phone_identity("0912-345-678")), **MEI_HAS)
    office.agree(mei)
    planned = [office.order(card, send_at=NOON + HOUR) for card in cards]
    for number, card in enumerate(cards):
        office.merge(mei, card, NOON + number * timedelta(minutes=1), f"M-{number}")
    office.now = NOON + HOUR
    assert [office.look(message.id).reason for message in planned] == ["cap_reached", None]
    assert office.handed() == [(EMAIL, "mei@example.com")]


def test_who_was_merged_takes_no_slot_that_their_survivor_takes_at_once() -> None:
    """E23, E15: both saw the only one free."""
    office = Office(frequency_caps=[{"most": 1, "days": 7}])
    card = office.meet(said(phone_identity("0922-333-444")))
    mei = office.meet(said(phone_identity("0912-345-678")), **MEI_HAS)
    office.agree(mei)
    of_card = office.plan(card, TemplateKind.MARKETING, expires_at=NOON + timedelta(days=20))
    office.merge(mei, card, NOON)
    office.now = NOON + timedelta(days=8)
    load_all, others = office.pressure.load_all, iter([mei])

    def overtaken(holders: Iterable[Holder]) -> Mapping[Holder, Pressure]:
        seen = load_all(holders)
        if mei in seen and (other := next(others, None)):
            assert office.order(other).state is MessageState.PLANNED
        return seen

    office.pressure.load_all = overtaken  # type: ignore[method-assign]
    assert (office.look(of_card).state, office.kept(of_card).reason) == (MessageState.SUPPRESSED, "cap_reached")


def test_what_is_not_true_any_more_is_not_sent(office: Office) -> None:
    """M26, E25."""
    mei = office.meet(**MEI_HAS)
    late, gone, erased = office.plan(mei), office.plan(mei, template="nothing"), office.plan(mei)
    changed = office.plan(mei, template="hello")
    stranger = office.plan(MemberId("01JNSM3VF0R6T8C1W5PJ4X0000"))
    of_sora = office.plan(mei, brand="sora")
    for message, state, reason in (
        (gone, MessageState.FAILED, "template_gone"),
        (changed, MessageState.FAILED, "template_gone"),
        (stranger, MessageState.SUPPRESSED, "not_a_member"),
        (of_sora, MessageState.SUPPRESSED, "not_a_member"),
    ):
        assert (office.look(message).state, office.kept(message).reason) == (state, reason)
    office.now = NOON + timedelta(days=3)
    assert (office.look(late).state, office.kept(late).reason) == (MessageState.SUPPRESSED, "too_late")
    office.now = NOON + timedelta(days=2)
    office.erase(mei)
    assert (office.look(erased).state, office.kept(erased).reason) == (MessageState.SUPPRESSED, "erased")
    assert office.handed() == []


def test_a_message_goes_on_with_who_survives_a_merge(office: Office) -> None:
    """E15."""
    card = office.meet(said(phone_identity("0922-333-444")))
    mei = office.meet(said(phone_identity("0912-345-678")), **MEI_HAS)
    message = office.plan(card)
    office.merge(mei, card, NOON)
    assert office.look(message).state is MessageState.ACCEPTED
    assert office.handed() == [(EMAIL, "mei@example.com")]


def test_who_is_refused_for_good_is_tried_by_the_next_channel(office: Office) -> None:
    """E26."""
    message = office.plan(office.meet(**MEI_HAS), channels=(EMAIL, SMS))
    office.carriers[EMAIL].says = lambda: Refused("blocked")
    assert office.look(message).state is MessageState.DEFERRED
    assert office.look(message).state is MessageState.ACCEPTED
    assert [channel for channel, _ in office.handed()] == [EMAIL, SMS]


def pauses_until_the_end(office: Office, message: OwnedId) -> list[float]:
    """In seconds."""
    pauses = []
    while (due := office.look(message).due_at) is not None:
        pauses.append((due - office.now).total_seconds())
        office.now = due
    return pauses


@pytest.mark.parametrize("reason", [THROTTLED, NO_CONNECTION, NOT_AUTHORIZED, SUSPENDED, EXHAUSTED, SPENT])
def test_what_passes_by_itself_is_tried_again_until_the_message_is_too_late(office: Office, reason: Refused) -> None:
    """M23: never more than an hour later, for all three days, and what is kept of it stays small."""
    message = office.plan(office.meet(**MEI_HAS))
    office.carriers[EMAIL].says = lambda: reason

    pauses = pauses_until_the_end(office, message)

    kept, shortest = office.kept(message), reason.again_after or 0
    growing = [max(pause, shortest) for pause in (30, 60, 120, 240, 480, 960, 1920)]
    assert pauses == growing + [3600] * (len(pauses) - 7)
    assert NOON + timedelta(days=3) - office.now <= HOUR
    assert (kept.state, kept.reason, kept.attempts) == (MessageState.SUPPRESSED, "too_late", len(pauses) + 1)
    states = [(step.state, step.reason) for step in kept.history]
    assert states[-3:-1] == [(MessageState.DEFERRED, reason.reason), (MessageState.SENDING, None)]
    assert len(states) == 5


ON_LINE = line_identity("huitou", "U" + 32 * "1")


@pytest.mark.parametrize("kind", TemplateKind)
def test_what_finds_the_quota_of_a_month_spent_goes_on_to_the_next_channel(kind: TemplateKind) -> None:
    """E24: at once, with one slot, and to no other that it could not take."""
    office = Office(frequency_caps=[{"most": 1, "days": 7}])
    mei = office.meet(said(ON_LINE), contact_phone="+886912345678")
    office.agree(mei)
    message = office.plan(mei, kind, channels=(LINE, EMAIL, SMS))
    office.carriers[LINE].says = lambda: SPENT
    before = office.look(message)
    assert (before.state, before.reason, before.due_at) == (MessageState.DEFERRED, "quota_exhausted", office.now)
    after = office.look(message)
    assert (after.state, after.closed) == (MessageState.ACCEPTED, (LINE,))
    assert office.handed() == [(SMS, "+886912345678"), (LINE, ON_LINE.value)]
    assert len(pressure_of(office.pressure, mei).slots) == (kind is TemplateKind.MARKETING)


@pytest.mark.parametrize(
    "changes",
    [
        {"channels": (LINE,)},
        {"channels": (LINE, EMAIL), "kind": TemplateKind.MARKETING},
        {"channels": (LINE, SMS)},
    ],
    ids=["no other channel", "no consent", "no address"],
)
def test_what_can_go_nowhere_else_waits_for_a_quota(office: Office, changes: dict[str, Any]) -> None:
    mei = office.meet(said(ON_LINE), contact_email="mei@example.com")
    office.consents.give(mei, ConsentKey(LINE, "maru", "marketing"), Word(True, "said so"), "maru", NOON)
    message = office.plan(mei, changes.pop("kind", TemplateKind.SERVICE), **changes)
    office.carriers[LINE].says = lambda: SPENT
    before = office.look(message)
    assert (before.state, before.due_at, before.closed) == (MessageState.DEFERRED, NOON + HOUR, ())
    office.carriers[LINE].says = lambda: Accepted("p-1")
    office.now = NOON + HOUR
    assert office.look(message).state is MessageState.ACCEPTED


@pytest.mark.parametrize("kind", TemplateKind)
def test_marketing_that_may_have_come_by_line_goes_nowhere_else_though_its_quota_is_spent(
    office: Office, kind: TemplateKind
) -> None:
    """M23: and its repeat says that it is one."""
    mei = office.meet(said(ON_LINE), **MEI_HAS)
    office.agree(mei)
    message = office.plan(mei, kind, channels=(LINE, EMAIL))
    says: Iterator[Outcome] = iter([Unclear("timeout"), SPENT, Accepted("p-1")])
    office.carriers[LINE].says = lambda: next(says)
    pauses_until_the_end(office, message)
    assert [parcel.is_repeat for parcel in office.carriers[LINE].handed][:2] == [False, True]
    by_email = office.carriers[EMAIL].handed
    assert len(by_email) == (kind is TemplateKind.SERVICE)
    assert office.kept(message).state is MessageState.ACCEPTED


def comes_back(office: Office, message: OwnedId, channel: MessageChannel = EMAIL) -> OutboxMessage:
    """As its provider tells later."""
    before = office.kept(message)
    report = DeliveryReport(MessageState.FAILED, "p-1", "bounced", channel, is_undeliverable=True)
    after = resolve(before, report, office.now)
    if after is not before:
        office.commit([office.outbox.save(before, after)])
    return after


@pytest.mark.parametrize("kind", TemplateKind)
def test_what_comes_back_goes_on_by_the_next_channel(kind: TemplateKind) -> None:
    """E24: nobody got it, so marketing goes on, too; with the one slot that it has, where it is sent now (E23)."""
    office = Office(frequency_caps=[{"most": 1, "days": 7}], quiet_hours=None)
    mei = office.meet(**MEI_HAS)
    office.agree(mei)
    message = office.plan(mei, kind, channels=(EMAIL, SMS))
    assert office.look(message).state is MessageState.ACCEPTED

    office.now = NOON + 20 * HOUR
    before = comes_back(office, message)
    assert (before.state, before.reason, before.due_at) == (MessageState.DEFERRED, "bounced", office.now)
    assert comes_back(office, message) is before
    office.now += timedelta(minutes=1)
    after = office.look(message)
    assert (after.state, after.channel, after.closed) == (MessageState.ACCEPTED, SMS, (EMAIL,))
    assert office.handed() == [(EMAIL, "mei@example.com"), (SMS, "+886912345678")]
    slots = pressure_of(office.pressure, mei).slots
    assert [slot.at for slot in slots] == ([before.due_at] if kind is TemplateKind.MARKETING else [])

    assert comes_back(office, message) is after
    office.look(message)
    assert len(office.handed()) == 2


@pytest.mark.parametrize(
    ("channels", "days", "profile"),
    [
        ((EMAIL,), 0, MEI_HAS),
        ((EMAIL, SMS), 3, MEI_HAS),
        ((EMAIL, SMS), 0, {"contact_email": "mei@example.com"}),
    ],
    ids=["no other channel", "too late", "no address"],
)
def test_what_comes_back_and_can_go_nowhere_else_has_failed(
    office: Office, channels: tuple[MessageChannel, ...], days: int, profile: dict[str, Any]
) -> None:
    message = office.plan(office.meet(**profile), channels=channels)
    office.look(message)
    office.now = NOON + timedelta(days=days)
    comes_back(office, message)
    kept = office.look(message)
    assert (kept.state, kept.reason, kept.due_at) == (MessageState.FAILED, "bounced", None)
    assert len(office.handed()) == 1


def test_what_had_arrived_before_it_bounced_goes_nowhere_else(office: Office) -> None:
    """M23: a mailbox may pass an email on to one that is gone."""
    message = office.plan(office.meet(**MEI_HAS), channels=(EMAIL, SMS))
    before = office.look(message)
    arrived = resolve(before, DeliveryReport(MessageState.DELIVERED, channel=EMAIL), NOON)
    office.commit([office.outbox.save(before, arrived)])
    assert comes_back(office, message).state is MessageState.FAILED


@pytest.mark.parametrize("kind", TemplateKind)
def test_what_comes_back_before_its_answer_does_is_not_taken_for_accepted(office: Office, kind: TemplateKind) -> None:
    """Neither while it waits for the next channel, nor while somebody hands it over there."""
    mei = office.meet(**MEI_HAS)
    office.agree(mei)
    for is_tried_anew in (False, True):
        message = office.plan(mei, kind, channels=(EMAIL, SMS))

        def answer(message: OwnedId = message, is_tried_anew: bool = is_tried_anew) -> Outcome:
            assert comes_back(office, message).state is MessageState.DEFERRED
            if is_tried_anew:
                before = office.kept(message)
                office.commit([office.outbox.save(before, claim(before, SMS, "Huitou", NOON))])
            return Accepted("p-1")

        office.carriers[EMAIL].says = answer
        state = MessageState.SENDING if is_tried_anew else MessageState.DEFERRED
        assert office.look(message).state is state


def test_a_receipt_outlasts_an_outage_of_a_day(office: Office) -> None:
    message = office.plan(office.meet(**MEI_HAS))
    office.carriers[EMAIL].says = lambda: NO_CONNECTION if office.now < NOON + 24 * HOUR else Accepted("p-1")
    pauses_until_the_end(office, message)
    assert office.kept(message).state is MessageState.ACCEPTED
    assert office.now - NOON < 25 * HOUR


def test_what_takes_turns_at_being_turned_away_stays_small(office: Office) -> None:
    """Of each kind the last is kept, for a year, and when it was planned."""
    message = office.plan(office.meet(**MEI_HAS), channels=(EMAIL, SMS), expires_at=NOON + timedelta(days=365))
    says = cycle([NO_CONNECTION, NOT_AUTHORIZED, THROTTLED])
    office.carriers[EMAIL].says = lambda: next(says)
    for _ in range(300):
        kept = office.look(message)
        assert kept.due_at is not None
        office.now = kept.due_at
    assert (kept.attempts, len(kept.history), kept.created_at) == (300, 7, NOON)
    office.carriers[EMAIL].says = lambda: Refused("blocked")
    assert office.look(message).state is MessageState.DEFERRED
    office.now += HOUR
    assert (office.look(message).state, office.kept(message).channel) == (MessageState.ACCEPTED, SMS)


def test_who_may_have_got_it_is_not_written_to_for_ever(office: Office) -> None:
    """M23: eight times, however often it was turned away in between."""
    message = office.plan(office.meet(**MEI_HAS))
    says: Iterator[Outcome] = cycle([Unclear("timeout"), THROTTLED])
    office.carriers[EMAIL].says = lambda: next(says)
    pauses_until_the_end(office, message)
    assert (office.kept(message).state, len(office.handed())) == (MessageState.UNKNOWN, 15)


class Times:
    """Lets a worker die at its n-th step: at a commit before or after it is written, or at the provider's."""

    def __init__(self, office: Office, dies_at: int) -> None:
        self._commit = office.shop.table.commit
        self._steps = count()
        self._dies_at = dies_at
        office.commit = self.write
        for carrier in office.carriers.values():
            carrier.says = self.say

    def write(self, writes: Sequence[Write]) -> None:
        self._step()
        self._commit(writes)
        self._step()

    def say(self) -> Outcome:
        self._step()
        return Accepted("p-1")

    def _step(self) -> None:
        if next(self._steps) == self._dies_at:
            raise DiedError


@pytest.mark.parametrize("kind", TemplateKind)
@pytest.mark.parametrize("step", range(5))
def test_whoever_dies_at_whichever_step_leaves_no_message_lost_or_doubled(
    office: Office, step: int, kind: TemplateKind
) -> None:
    """M23: marketing is handed over at most once, a service message at least once; both end."""
    mei = office.meet(**MEI_HAS)
    office.consents.give(mei, ConsentKey(EMAIL, "maru", "marketing"), Word(True, "said so"), "maru", NOON)
    message = office.plan(mei, kind)
    Times(office, step)
    with pytest.raises(DiedError):
        office.look(message)
    looks = 0
    while (due := office.kept(message).due_at) is not None:
        office.now = max(office.now, due)
        office.look(message)
        looks += 1
        assert looks < 5
    handed, state = len(office.handed()), office.kept(message).state
    if kind is TemplateKind.SERVICE:
        assert (handed >= 1, state) == (True, MessageState.ACCEPTED)
    else:
        assert handed <= 1
        assert state is (MessageState.UNKNOWN if step in {1, 2, 3} else MessageState.ACCEPTED)


@pytest.mark.parametrize(("channel", "again"), [(EMAIL, 1), (LINE, 2)])
def test_marketing_whose_answer_is_lost_is_repeated_only_where_the_provider_knows_it(
    office: Office, channel: MessageChannel, again: int
) -> None:
    """E26."""
    mei = office.meet(said(line_identity("huitou", "U1")), **MEI_HAS)
    office.consents.give(mei, ConsentKey(channel, "maru", "marketing"), Word(True, "said so"), "maru", NOON)
    message = office.plan(mei, TemplateKind.MARKETING, channels=(channel,))
    office.carriers[channel].says = lambda: Unclear("timeout")
    assert office.look(message).state is MessageState.UNCLEAR
    office.carriers[channel].says = lambda: Accepted("p-2")
    office.now += LEASE
    office.look(message)
    keys = {parcel.retry_key for parcel in office.carriers[channel].handed}
    assert (len(office.handed()), len(keys)) == (again, 1)
    assert office.kept(message).state is (MessageState.ACCEPTED if again == 2 else MessageState.UNCLEAR)


def hold_back(
    office: Office, channel: MessageChannel, to: str, ground: SuppressionGround | None, hours: int = -1
) -> None:
    word = AddressWord(NOON + hours * HOUR, ground)
    office.commit(office.suppressions.hear(destination(channel, to, "huitou"), word))


@pytest.mark.parametrize("ground", SuppressionGround)
@pytest.mark.parametrize("kind", TemplateKind)
def test_what_bounced_is_not_tried_and_the_next_channel_is(
    office: Office, kind: TemplateKind, ground: SuppressionGround
) -> None:
    """M25: as records and providers write a mailbox, in whichever letters."""
    mei = office.meet(contact_email="Mei@example.com", contact_phone="+886912345678")
    office.agree(mei)
    hold_back(office, EMAIL, "mei@example.com", ground)
    message = office.look(office.plan(mei, kind, channels=(EMAIL, SMS)))
    assert office.handed() == [(SMS, "+886912345678")]
    assert message.state is MessageState.ACCEPTED


def test_where_every_address_is_held_back_nothing_is_sent(office: Office) -> None:
    """Not so who has none, and once one is good again, it is used."""
    line = line_identity("huitou", "U" + 32 * "1")
    mei = office.meet(said(line), contact_email="mei@example.com")
    hold_back(office, EMAIL, "mei@example.com", SuppressionGround.BOUNCED)
    hold_back(office, LINE, line.value, SuppressionGround.BLOCKED)
    message = office.look(office.plan(mei, channels=(EMAIL, LINE, SMS)))
    assert (message.state, message.reason) == (MessageState.SUPPRESSED, "suppressed_address")
    hold_back(office, LINE, line.value, None, hours=0)
    office.look(office.plan(mei, channels=(EMAIL, LINE, SMS)))
    assert office.handed() == [(LINE, line.value)]


def test_a_family_shares_what_became_of_its_mailbox(office: Office) -> None:
    first = office.meet(contact_email="family@example.com")
    second = office.meet(said(phone_identity("0922-333-444")), contact_email="family@example.com")
    hold_back(office, EMAIL, "family@example.com", SuppressionGround.COMPLAINED)
    for member in (first, second):
        assert office.look(office.plan(member)).reason == "suppressed_address"


def test_who_has_blocked_us_at_the_provider_is_remembered(office: Office) -> None:
    """In the write that says so: the next message does not ask again."""
    mei = office.meet(**MEI_HAS)
    office.carriers[SMS].says = lambda: Refused("blocked")
    message = office.look(office.plan(mei, channels=(SMS,)))
    assert (message.state, message.reason) == (MessageState.FAILED, "blocked")
    assert office.look(office.plan(mei, channels=(SMS,))).reason == "suppressed_address"
    assert len(office.carriers[SMS].handed) == 1


def test_another_refusal_says_nothing_of_the_address(office: Office) -> None:
    mei = office.meet(**MEI_HAS)
    office.carriers[SMS].says = lambda: Refused("invalid")
    office.look(office.plan(mei, channels=(SMS,)))
    office.carriers[SMS].says = lambda: Accepted("p-2")
    assert office.look(office.plan(mei, channels=(SMS,))).state is MessageState.ACCEPTED


SHOP = "https://huitou.example/new?for={{ member.name }}"
LINKING: dict[str, Any] = {
    "templates": [
        template(texts=[text(email={"subject": "New", "body": f"[Look]({SHOP})"}, sms=f"{SHOP} {WAY_OUT}", line=SHOP)]),
        template(
            id="receipt",
            kind="service",
            texts=[text(email={"subject": "Paid", "body": f"[Look]({SHOP})"}, sms=None, line=None)],
        ),
    ]
}
OF_LINKS = r"https://m\.huitou\.example/v1/links/([\w-]+)"


def opened_at(written: str) -> list[Link | None]:
    """What the links in it that are ours mean."""
    return [reader(lambda: SECRET)(token) for token in re.findall(OF_LINKS, written)]


def test_links_in_marketing_lead_through_us_and_the_message_knows_where_to() -> None:
    """M24, M25: as they are for this member; service messages lead where they say."""
    office = Office(LINKING)
    mei = office.meet(name="小美 & co", **MEI_HAS)
    office.agree(mei)
    target = "https://huitou.example/new?for=%E5%B0%8F%E7%BE%8E%20%26%20co"

    hello = office.look(office.plan(mei, TemplateKind.MARKETING))
    (parcel,) = office.carriers[EMAIL].handed
    assert parcel.message.email is not None
    assert hello.targets == (target,)
    for part in (parcel.message.email.html, parcel.message.email.text):
        assert opened_at(part) == [Link(hello.id, 0)]
        assert "huitou.example/new" not in part
        assert "https://m.huitou.example/v1/unsubscriptions/" in part

    receipt = office.look(office.plan(mei))
    assert receipt.targets == ()
    plain = office.carriers[EMAIL].handed[1].message.email
    assert plain is not None
    assert target in plain.html


def test_an_sms_says_its_links_as_they_are_unless_the_programme_wants_to_know_who_opens_them() -> None:
    """M24: each of their characters is paid for."""
    for track_sms in (False, True):
        office = Office(LINKING, track_sms=track_sms)
        mei = office.meet(name="Mei", **MEI_HAS)
        office.agree(mei)
        hello = office.look(office.plan(mei, TemplateKind.MARKETING, channels=(SMS,)))
        (parcel,) = office.carriers[SMS].handed
        assert parcel.message.sms is not None
        assert ("https://huitou.example/new?for=Mei" in parcel.message.sms.text) is not track_sms
        assert opened_at(parcel.message.sms.text) == ([Link(hello.id, 0)] if track_sms else [])
        assert hello.targets == (("https://huitou.example/new?for=Mei",) if track_sms else ())
        assert hello.sms_parts == parcel.message.sms.parts


def test_who_opens_a_link_before_its_acceptance_is_written_is_counted_and_the_acceptance_kept() -> None:
    """M25: a chat shows a message before its provider's answer is here."""
    office = Office(LINKING)
    mei = office.meet(name="Mei", **MEI_HAS)
    office.agree(mei)
    hello = office.plan(mei, TemplateKind.MARKETING)

    def opened_meanwhile() -> Accepted:
        office.commit([office.outbox.open(hello, office.now)])
        return Accepted("p-1")

    office.carriers[EMAIL].says = opened_meanwhile
    told = office.look(hello)
    assert (told.state, told.provider_id, told.opens) == (MessageState.ACCEPTED, "p-1", 1)
    assert len(office.carriers[EMAIL].handed) == 1


def test_where_links_led_is_forgotten_with_the_member_also_while_a_message_is_handed_over() -> None:
    """E25: whoever hands it over does not write again what an erasure took away meanwhile."""
    office = Office(LINKING)
    mei, lin = (office.meet(said(phone_identity(phone)), **MEI_HAS) for phone in ("0912-345-678", "0987-654-321"))
    office.agree(mei)
    office.agree(lin)
    carrier = office.carriers[EMAIL]

    def erased_meanwhile() -> Accepted:
        office.erase(lin)
        return Accepted("p-2")

    sent = office.look(office.plan(mei, TemplateKind.MARKETING))
    office.erase(mei)
    carrier.says = erased_meanwhile
    under_way = office.look(office.plan(lin, TemplateKind.MARKETING))
    assert sent.targets
    assert len(carrier.handed) == 2
    assert [office.kept(each.id).targets for each in (sent, under_way)] == [(), ()]
    assert under_way.state is MessageState.ACCEPTED


def test_whoever_was_known_when_a_message_was_looked_at_and_is_forgotten_since_is_not_written_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """E25: nor is kept where the links would have led."""
    office = Office(LINKING)
    mei = office.meet(name="小美", **MEI_HAS)
    office.agree(mei)
    hello = office.plan(mei, TemplateKind.MARKETING)
    save = office.outbox.save
    erased: list[tuple[str, ...]] = []

    def erased_before(before: OutboxMessage, after: OutboxMessage) -> Write:
        if not erased:
            erased.append(after.targets)
            office.erase(mei)
        return save(before, after)

    monkeypatch.setattr(office.outbox, "save", erased_before)
    after = office.look(hello)
    assert erased[0]
    assert (after.state, after.reason, after.targets) == (MessageState.SUPPRESSED, "erased", ())
    assert office.handed() == []


def test_links_of_a_channel_that_was_tried_before_go_on_leading_where_they_did() -> None:
    office = Office(LINKING, track_sms=True)
    mei = office.meet(name="Mei", **MEI_HAS)
    office.agree(mei)
    other = "https://huitou.example/earlier"
    hello = office.look(office.plan(mei, TemplateKind.MARKETING, channels=(SMS,), targets=(other,)))
    (parcel,) = office.carriers[SMS].handed
    assert parcel.message.sms is not None
    assert hello.targets == (other, "https://huitou.example/new?for=Mei")
    assert opened_at(parcel.message.sms.text) == [Link(hello.id, 1)]
