"""Who is to be told something tries it on themselves first: whatever the hour, and without touching what others get."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

import pytest

from huitou.channels.model import Unclear
from huitou.kernel.channels import MessageChannel
from huitou.members.identity import phone_identity
from huitou.outbox.errors import NotATesterError
from huitou.outbox.model import MessageState
from huitou.outbox.trials import is_tester
from huitou.platform.table import Table
from huitou.program.model import GROUP
from huitou.segment_composition import segments_on
from huitou.suppressions.model import SuppressionGround, Word, destination
from tests.campaigns import Town
from tests.contract.targets import REGION
from tests.members import said
from tests.messaging import FANG, NOW, MessageDesk
from tests.office import HOUR, Office
from tests.outbox import NOON, pressure_of
from tests.serving import MEI, both_tables, members_on
from tests.templates import speaking, template, text

EMAIL: Final = MessageChannel.EMAIL
REACH: Final = {"contact_email": "mei@example.com"}
LINKED: Final = {"subject": "Hello", "body": "[Look](https://huitou.example/new)"}
RECEIPT: Final = template(id="receipt", kind="service", texts=[text(sms=None, line=None)])
PUBLISHED: Final = speaking(template(), RECEIPT, segments=["staff"])
PUBLISHED["messages"] |= {"testers": "staff", "frequency_caps": [{"most": 1, "days": 7}]}


def trying(**messages: Any) -> Office:
    """An office whose staff may try what it sends."""
    hello = template(texts=[text(email=LINKED)])
    return Office({"segments": ["staff"], "templates": [hello]}, **{"testers": "staff", **messages})


def test_a_trial_comes_at_once_without_consent_and_at_night() -> None:
    """M22, E24: as the real message would, with its way out and its tracked links (M25)."""
    office = trying()
    mei = office.meet(**REACH)
    office.appoint(mei)
    office.now = NOON + 11 * HOUR
    planned = office.order(mei, trial=True)
    assert (planned.planned_at, planned.is_trial) == (office.now, True)
    assert office.look(planned.id).state is MessageState.ACCEPTED
    (parcel,) = office.carriers[EMAIL].handed
    assert parcel.unsubscribe_url is not None
    assert parcel.message.email is not None
    assert parcel.unsubscribe_url in parcel.message.email.text
    assert "https://m.huitou.example/v1/links/" in parcel.message.email.text


def test_a_trial_has_no_cap_and_takes_no_room() -> None:
    """E23"""
    office = trying(frequency_caps=[{"most": 1, "days": 7}])
    mei = office.meet(**REACH)
    office.appoint(mei)
    office.agree(mei)
    for _ in range(3):
        assert office.look(office.order(mei, trial=True).id).state is MessageState.ACCEPTED
    assert pressure_of(office.pressure, mei).version == 0
    assert office.look(office.order(mei).id).state is MessageState.ACCEPTED
    assert office.order(mei).reason == "cap_reached"
    assert office.look(office.order(mei, trial=True).id).state is MessageState.ACCEPTED


def test_nobody_else_gets_one() -> None:
    office = trying()
    mei = office.meet(**REACH)
    with pytest.raises(NotATesterError):
        office.order(mei, trial=True)
    office.appoint(mei)
    assert office.order(mei, trial=True).state is MessageState.PLANNED


def test_who_is_no_tester_any_more_gets_none() -> None:
    """M26: it waited, and they were taken off the list."""
    office = trying()
    mei = office.meet(**REACH)
    office.appoint(mei)
    waiting = office.order(mei, trial=True, send_at=NOON + HOUR).id
    office.enrolment.untag(mei, "staff", GROUP)
    office.segments.refresh(mei, NOON + timedelta(minutes=1))
    office.now = NOON + HOUR
    assert (office.look(waiting).state, office.kept(waiting).reason) == (MessageState.SUPPRESSED, "not_a_tester")
    assert office.handed() == []


def test_who_was_there_when_it_meant_something_else_gets_none() -> None:
    """Until somebody looks at them again."""
    anybody = {"id": "staff", "name": "Staff", "when": {"days_since_enrolment": {"at_least": 0}}}
    town = Town(changes={"segments": [anybody]})
    mei = town.join()
    town.segments.refresh(mei, town.now)
    town.now += HOUR
    town.republish(segments=["staff"])
    position, program = town.shop.states.load(mei).position, town.shop.programs.active()
    assert position is not None
    assert "staff" in position.segments_at(town.now)
    assert not is_tester(position, "staff", program, town.shop.programs.version, town.now)
    town.appoint(mei)
    position = town.shop.states.load(mei).position
    assert is_tester(position, "staff", program, town.shop.programs.version, town.now)


def test_a_trial_goes_on_with_who_survives_a_merge_and_tests() -> None:
    """E15"""
    office = trying()
    card, mei = office.meet(said(phone_identity("0922-333-444"))), office.meet(**REACH)
    office.appoint(card)
    office.appoint(mei)
    waiting = office.order(card, trial=True, send_at=NOON + HOUR).id
    office.merge(mei, card, NOON)
    office.now = NOON + HOUR
    assert office.look(waiting).state is MessageState.ACCEPTED
    assert office.handed() == [(EMAIL, "mei@example.com")]


def test_an_address_that_is_held_back_gets_no_trial_either() -> None:
    """M25"""
    office = trying()
    mei = office.meet(**REACH)
    office.appoint(mei)
    address = destination(EMAIL, "mei@example.com", "club@huitou.example")
    office.commit(office.suppressions.hear(address, Word(NOON, SuppressionGround.BOUNCED)))
    planned = office.order(mei, trial=True, channels=(EMAIL,)).id
    assert (office.look(planned).state, office.kept(planned).reason) == (MessageState.SUPPRESSED, "suppressed_address")


def test_a_trial_of_marketing_comes_at_most_once() -> None:
    """M23: also where the answer was lost."""
    office = trying()
    office.carriers[EMAIL].says = lambda: Unclear("timeout")
    mei = office.meet(**REACH)
    office.appoint(mei)
    planned = office.order(mei, trial=True, channels=(EMAIL,)).id
    for hours in range(30):
        office.now = NOON + hours * HOUR
        office.look(planned)
    assert office.kept(planned).state is MessageState.UNKNOWN
    assert len(office.handed()) == 1


@pytest.fixture
def desk() -> Iterator[MessageDesk]:
    """Where Mei is a tester, and Fang is none."""
    with both_tables():
        desk = MessageDesk(PUBLISHED)
        members_on(desk.table, desk.functions.programs).tag(MEI, "staff", GROUP, NOW)
        look_at_mei(desk)
        yield desk


def look_at_mei(desk: MessageDesk) -> None:
    """As whoever reads the stream does."""
    programs = desk.functions.modules["serve_messages"].programs
    segments_on(desk.table, Table("program", REGION), programs).refresh(MEI, NOW)


def test_a_trial_is_asked_for_by_a_call_that_says_so(desk: MessageDesk) -> None:
    """E31: a brand tries what it may send; what it asks for otherwise is as strict as ever."""
    night = {"template": "hello", "send_at": "2026-03-02T23:30:00+08:00"}
    tried = desk.sent(**night, trial=True)
    assert (tried["state"], tried["trial"], tried["send_at"]) == ("planned", True, "2026-03-02T15:30:00.000Z")
    assert desk.ask("get", named=tried["message_id"])[1]["trial"] is True
    assert [desk.sent(**night)["trial"], desk.sent(**night)["reason"]] == [False, "cap_reached"]
    assert desk.refusal(FANG, template="hello", trial=True) == (409, "not_a_tester", [])
    assert desk.refusal(brand="sora", template="hello", trial=True)[:2] == (404, "member_not_found")
    assert desk.refusal(template="nothing", trial=True)[:2] == (404, "template_not_found")


def test_a_trial_and_the_real_message_are_two_things(desk: MessageDesk) -> None:
    """E14: a repeat agrees in it; and finds the first one also when they are no tester any more."""
    real: dict[str, Any] = {"template": "hello"}
    trial = {**real, "trial": True}
    first = desk.ask("send", body=trial, key="tried")[1]
    assert desk.ask("send", body=real, key="tried")[1]["errors"][0]["pointer"] == "/trial"
    assert desk.ask("send", body=real, key="meant")[0] == 201
    assert desk.ask("send", body=trial, key="meant")[1]["code"] == "same_identity_other_content"
    assert desk.ask("send", body={**real, "trial": False}, key="meant")[0] == 200
    members_on(desk.table, desk.functions.programs).untag(MEI, "staff", GROUP)
    look_at_mei(desk)
    assert desk.refusal(**trial)[:2] == (409, "not_a_tester")
    assert desk.ask("send", body=trial, key="tried") == (200, {**first, "replayed": True})


def test_where_the_programme_names_no_testers_there_are_no_trials() -> None:
    with both_tables():
        assert MessageDesk(speaking(RECEIPT)).refusal(trial=True) == (409, "no_testers", [])
