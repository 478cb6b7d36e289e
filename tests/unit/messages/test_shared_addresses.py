"""Frequency caps hold for each address too: whoever shares a mailbox shares its room (E23)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest

from huitou.channels.model import Accepted, Outcome, Refused, Unclear
from huitou.kernel.channels import MessageChannel
from huitou.kernel.commits import Write
from huitou.kernel.ids import MemberId
from huitou.members.identity import phone_identity
from huitou.outbox.model import MessageState, OutboxMessage
from huitou.pressure.model import Slot
from huitou.suppressions.model import SuppressionGround, Word, destination
from huitou.templates.model import TemplateKind
from tests.members import proven, said
from tests.office import HOUR, Office
from tests.outbox import NOON, pressure_of

EMAIL, SMS = MessageChannel.EMAIL, MessageChannel.SMS
MAILBOX = "family@example.com"
PHONES = ("0912-345-678", "0922-333-444", "0933-222-111")


@pytest.fixture
def office() -> Office:
    return Office(frequency_caps=[{"most": 1, "days": 7}])


def family(office: Office, size: int = 2) -> list[MemberId]:
    """All of whom give the same mailbox, and each a telephone of their own."""
    members = [office.meet(proven(phone_identity(each)), contact_email=MAILBOX) for each in PHONES[:size]]
    for each in members:
        office.agree(each)
    return members


def ends(message: OutboxMessage) -> tuple[MessageState, str | None]:
    return message.state, message.reason


def slots_at(office: Office, channel: MessageChannel, to: str) -> Sequence[Slot]:
    return pressure_of(office.pressure, office.addresses.key(destination(channel, to))).slots


CAPPED = (MessageState.SUPPRESSED, "cap_reached")
SENT = (MessageState.ACCEPTED, None)


def test_a_mailbox_that_two_share_has_room_once(office: Office) -> None:
    mei, tom = family(office)
    first, second = office.order(mei), office.order(tom)
    assert [first.state, second.state] == [MessageState.PLANNED] * 2
    assert [ends(office.look(each.id)) for each in (first, second)] == [SENT, CAPPED]
    assert office.handed() == [(EMAIL, MAILBOX)]
    assert pressure_of(office.pressure, tom).slots == ()


def test_it_is_the_same_mailbox_in_capital_letters(office: Office) -> None:
    mei, _ = family(office)
    ann = office.meet(said(phone_identity(PHONES[2])), contact_email=MAILBOX.replace("family", "Family"))
    office.agree(ann)
    assert [ends(office.look(office.order(each).id)) for each in (mei, ann)] == [SENT, CAPPED]


def test_what_members_have_to_know_comes_all_the_same(office: Office) -> None:
    mei, tom = family(office)
    office.look(office.order(mei).id)
    assert ends(office.look(office.plan(tom))) == SENT
    assert len(slots_at(office, EMAIL, MAILBOX)) == 1


def test_the_window_of_an_address_moves_with_time(office: Office) -> None:
    """By the same instants as the member's: what is sent each week at noon goes each week, however busy the queue."""
    mei, tom = family(office)
    weekly = [office.order(each, send_at=NOON + timedelta(weeks=n)) for n, each in enumerate((mei, tom, mei))]
    for message, late in zip(weekly, (40, 0, 20), strict=True):
        assert message.due_at
        office.now = message.due_at + timedelta(seconds=late)
        assert ends(office.look(message.id)) == SENT
    assert len(slots_at(office, EMAIL, MAILBOX)) == 1


@pytest.mark.parametrize(
    ("refusal", "later"),
    [(Refused("invalid_address"), (MessageState.FAILED, "invalid_address")), (Refused("throttled", 60), CAPPED)],
)
def test_what_the_provider_surely_did_not_take_makes_room_again(
    office: Office, refusal: Refused, later: tuple[MessageState, str]
) -> None:
    mei, tom = family(office)
    office.carriers[EMAIL].says = lambda: refusal
    refused = office.plan(mei, TemplateKind.MARKETING, channels=(EMAIL,))
    office.look(refused)
    assert slots_at(office, EMAIL, MAILBOX) == ()

    office.carriers[EMAIL].says = lambda: Accepted("p-2")
    assert ends(office.look(office.order(tom).id)) == SENT
    office.now += HOUR
    assert ends(office.look(refused)) == later


def test_what_may_have_been_sent_keeps_its_room(office: Office) -> None:
    mei, tom = family(office)
    office.carriers[EMAIL].says = lambda: Unclear("timeout")
    office.look(office.order(mei).id)
    office.carriers[EMAIL].says = lambda: Accepted("p-2")
    assert ends(office.look(office.order(tom).id)) == CAPPED


def test_what_is_tried_again_in_doubt_is_counted_where_it_may_have_been_sent_and_once() -> None:
    """A service message, which is never lost, goes by another way at last."""
    office = Office(frequency_caps=[{"most": 1, "days": 7, "kind": "service"}])
    mei, tom = family(office)
    message = office.plan(mei, channels=(EMAIL, SMS))
    answers: Iterator[Outcome] = iter([Unclear("timeout"), Refused("throttled", 60), Unclear("timeout")])
    office.carriers[EMAIL].says = answers.__next__
    for _ in range(3):
        office.look(message)
        office.now = office.kept(message).due_at or office.now
    assert [slot.at for slot in slots_at(office, EMAIL, MAILBOX)] == [NOON]

    bounced = Word(office.now, SuppressionGround.BOUNCED)
    office.commit(office.suppressions.hear(destination(EMAIL, MAILBOX), bounced))
    assert ends(office.look(message)) == SENT
    assert office.handed()[-1] == (SMS, "+886912345678")
    assert [slot.at for slot in slots_at(office, SMS, "+886912345678")] == [office.now]
    office.commit(office.suppressions.hear(destination(EMAIL, MAILBOX), Word(office.now + HOUR, None)))
    assert ends(office.look(office.plan(tom, channels=(EMAIL,)))) == CAPPED


def test_nobody_learns_from_an_address_to_whom_something_was_sent_there(office: Office) -> None:
    """E25: what is kept of it outlives an erasure."""
    mei, _ = family(office)
    message = office.order(mei)
    office.look(message.id)
    office.erase(mei)
    (slot,) = slots_at(office, EMAIL, MAILBOX)
    assert slot.message not in {message.id.key, str(message.id)}


def test_each_address_that_is_tried_has_room_of_its_own(office: Office) -> None:
    """Refused by email, it goes by SMS: it takes up the telephone's room, and leaves the mailbox's to others."""
    mei, tom = family(office)
    office.carriers[EMAIL].says = lambda: Refused("invalid_address")
    message = office.plan(mei, TemplateKind.MARKETING, channels=(EMAIL, SMS))
    office.look(message)
    office.now += HOUR
    assert ends(office.look(message)) == SENT
    assert office.handed() == [(EMAIL, MAILBOX), (SMS, "+886912345678")]
    assert slots_at(office, EMAIL, MAILBOX) == ()
    assert len(slots_at(office, SMS, "+886912345678")) == 1
    office.carriers[EMAIL].says = lambda: Accepted("p-2")
    assert ends(office.look(office.order(tom).id)) == SENT


def test_of_two_who_write_there_at_once_one_does(office: Office) -> None:
    """E18: whoever was overtaken decides again, from what is there now."""
    mei, tom = family(office)
    slow, fast = office.order(mei), office.order(tom)
    commit, others = office.commit, iter([fast])

    def overtaken(writes: Sequence[Write]) -> None:
        if other := next(others, None):
            assert ends(office.look(other.id)) == SENT
        commit(writes)

    office.commit = overtaken
    assert ends(office.look(slow.id)) == CAPPED
    assert office.handed() == [(EMAIL, MAILBOX)]


def test_who_shares_nothing_is_held_back_by_nobody(office: Office) -> None:
    mei, tom, ann = family(office, 3)
    by_email = office.order(mei)
    by_sms = [office.plan(each, TemplateKind.MARKETING, channels=(SMS,)) for each in (tom, ann)]
    assert [ends(office.look(each)) for each in (by_email.id, *by_sms)] == [SENT] * 3
