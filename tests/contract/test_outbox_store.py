"""Messages are kept alike in memory and in DynamoDB (M23)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from huitou.kernel.channels import MessageChannel
from huitou.kernel.commits import StaleReadError
from huitou.kernel.ids import MemberId, OwnedId, digest_of, ulid_for
from huitou.kernel.instants import EPOCH
from huitou.kernel.pages import InvalidCursorError
from huitou.outbox.decisions import cancel, claim
from huitou.outbox.model import MessageState, OutboxMessage, Step
from huitou.standing.messages import Due, DueMessage
from huitou.templates.model import TemplateKind
from tests.builders import MEI
from tests.contract.targets import AnyTable
from tests.outbox import COMMAND, NOON, outbox_on, planned
from tests.standing import due_index_on

FANG = MemberId("01JNSM3VF0R6T8C1W5PJ4X9YZB")
MINUTE = timedelta(minutes=1)


def due_on(table: AnyTable) -> list[Due]:
    index = due_index_on(table)
    until = NOON + timedelta(days=9)
    return [due for shard in range(index.shards) for due in index.due(shard, EPOCH, until, limit=9).items]


def numbered(number: int, member: MemberId = MEI, brand: str = "maru") -> OutboxMessage:
    """The message of the n-th minute."""
    command = digest_of([member, str(number)])
    key = OwnedId(member, ulid_for(NOON + number * MINUTE, command))
    return replace(planned(), id=key, command=command, brand=brand)


FULL = planned(
    TemplateKind.MARKETING,
    channels=(MessageChannel.LINE, MessageChannel.SMS),
    history=(
        Step(MessageState.PLANNED, NOON),
        Step(MessageState.SENDING, NOON + MINUTE, None, MessageChannel.LINE, "huitou"),
        Step(MessageState.DEFERRED, NOON + 2 * MINUTE, "blocked"),
    ),
    due_at=NOON + 2 * MINUTE,
    client_reference="order 7",
    priority=7,
    version=3,
    attempts=1,
    closed=(MessageChannel.LINE,),
    turned_away=2,
    is_doubtful=True,
    provider_id="p-1",
    sms_parts=2,
    is_code=True,
    is_trial=True,
    proves=digest_of(["an address"]),
    targets=("https://huitou.example/a", "https://huitou.example/b"),
    coupon="01KJPB7WG0WQDSSZWXAKDCS4KS",
    first_opened_at=NOON + 3 * MINUTE,
    opens=2,
)


@pytest.mark.parametrize("message", [planned(), FULL], ids=["bare", "full"])
def test_a_message_comes_back_as_it_was_stored_by_its_id_and_its_call(table: AnyTable, message: OutboxMessage) -> None:
    store = outbox_on(table)
    assert store.load(message.id) is None
    assert store.find(COMMAND) is None

    table.commit(store.add(message))

    assert store.load(message.id) == message
    assert store.find(COMMAND) == (None if message.cause else message)


def test_a_call_makes_one_message(table: AnyTable) -> None:
    """E14: also where the repeat would be another message, a minute later."""
    store = outbox_on(table)
    table.commit(store.add(planned()))
    later = planned(id=OwnedId(MEI, ulid_for(NOON + MINUTE, COMMAND)))

    with pytest.raises(StaleReadError):
        table.commit(store.add(later))

    assert store.load(later.id) is None


def test_of_two_who_claim_a_message_one_is_refused(table: AnyTable) -> None:
    store = outbox_on(table)
    before = planned()
    table.commit(store.add(before))
    claimed = claim(before, MessageChannel.EMAIL, "club@huitou.example", NOON)
    table.commit([store.save(before, claimed)])

    with pytest.raises(StaleReadError):
        table.commit([store.save(before, claim(before, MessageChannel.EMAIL, "club@huitou.example", NOON + MINUTE))])

    assert store.load(before.id) == claimed


def test_openings_are_counted_and_the_first_is_known(table: AnyTable) -> None:
    """Whoever changes the message meanwhile, loses neither: their change is refused, and made again."""
    store, before = outbox_on(table), planned(targets=("https://huitou.example/a",))
    table.commit(store.add(before))

    for minutes in (2, 1, 5):
        table.commit([store.open(before.id, NOON + minutes * MINUTE)])
    with pytest.raises(StaleReadError):
        table.commit([store.save(before, cancel(before, NOON))])

    opened = replace(before, version=before.version + 3, opens=3, first_opened_at=NOON + 2 * MINUTE)
    assert store.load(before.id) == opened
    assert due_on(table) == [before.due]
    table.commit([store.save(opened, cancel(opened, NOON))])
    kept = store.load(before.id)
    assert kept is not None
    assert (kept.opens, kept.first_opened_at) == (3, NOON + 2 * MINUTE)


def test_of_a_message_that_is_gone_nothing_is_counted(table: AnyTable) -> None:
    """E25"""
    store = outbox_on(table)
    with pytest.raises(StaleReadError):
        table.commit([store.open(planned().id, NOON)])
    assert store.load(planned().id) is None


@pytest.mark.parametrize("kind", TemplateKind)
def test_a_message_is_due_until_its_end(table: AnyTable, kind: TemplateKind) -> None:
    """M17, M23: it carries its due key in the write that creates it, and what shows the keys shows its kind."""
    store, before = outbox_on(table), planned(kind)
    table.commit(store.add(before))
    assert due_on(table) == [DueMessage(before.id, NOON, is_service=kind is TemplateKind.SERVICE)]
    assert store.load(before.id) == before

    table.commit([store.save(before, cancel(before, NOON))])

    assert due_on(table) == []


def test_messages_of_several_members_are_listed_together_the_newest_first(table: AnyTable) -> None:
    """E15: those of who was merged into somebody are theirs too; E31: a brand sees its own."""
    store = outbox_on(table)
    messages = [numbered(n, MEI if n % 2 else FANG, "sora" if n == 3 else "maru") for n in range(6)]
    for message in messages:
        table.commit(store.add(message))

    first = store.of_members([MEI, FANG], None, after=None, limit=4)
    rest = store.of_members([MEI, FANG], None, after=first.next_cursor, limit=4)
    assert [*first.items, *rest.items] == messages[::-1]
    assert rest.next_cursor is None

    assert store.of_members([FANG], None, after=None, limit=3).items == (messages[4], messages[2], messages[0])
    of_maru = store.of_members([MEI, FANG], "maru", after=None, limit=4)
    assert of_maru.items == (messages[5], messages[4], messages[2], messages[1])
    assert store.of_members([MEI, FANG], "maru", after=of_maru.next_cursor, limit=4).items == (messages[0],)


@pytest.mark.parametrize("cursor", ["rubbish", "WALLET#points#HEAD"])
def test_a_cursor_from_elsewhere_is_refused(table: AnyTable, cursor: str) -> None:
    with pytest.raises(InvalidCursorError):
        outbox_on(table).of_members([MEI], None, after=cursor, limit=2)
