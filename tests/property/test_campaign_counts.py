"""M20: whom a campaign would reach is whom it reaches, as its journeys and messages say after it was published."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from huitou.kernel.channels import MessageChannel
from huitou.kernel.ids import MemberId, OwnedId, digest_of, ulid_for
from huitou.members.consents import Word as Said
from huitou.members.identity import card_identity
from huitou.members.model import ConsentKey, Gender, Profile
from huitou.members.service import Enrolment
from huitou.outbox.model import Cause
from huitou.pressure.model import Pressure, Slot
from huitou.suppressions.model import SuppressionGround, Word, destination
from huitou.templates.model import TemplateKind
from tests.audiences import Survey, numbers
from tests.campaigns import DAY, HELLO, Town, campaign
from tests.members import said
from tests.office import HOUR
from tests.outbox import NOON

BEGINS = NOON + HOUR
WOMEN = {"id": "women", "name": "Women", "when": {"gender": ["female"]}}
YOUNG = {"id": "young", "name": "Young", "when": {"language": ["zh-TW"]}}
WRITTEN = [MessageChannel.EMAIL, MessageChannel.SMS]


class Person(NamedTuple):
    """Who they are, what they agreed to, where they can be reached, and what they were told lately."""

    brand: str
    gender: Gender
    language: str
    agreed: frozenset[MessageChannel]
    known: frozenset[MessageChannel]
    held_back: frozenset[MessageChannel]
    told: bool
    waits: int | None
    """The priority of a campaign whose message waits until tomorrow."""


def some(*usual: MessageChannel) -> st.SearchStrategy[frozenset[MessageChannel]]:
    """Often as ``usual``: whoever is left out early tells nothing of what comes later."""
    return st.just(frozenset(usual)) | st.frozensets(st.sampled_from(WRITTEN))


PEOPLE = st.builds(
    Person,
    st.sampled_from(["maru", "maru", "maru", "sora"]),
    st.sampled_from([Gender.FEMALE, Gender.FEMALE, Gender.MALE]),
    st.sampled_from(["zh-TW", "en"]),
    some(*MessageChannel),
    some(*WRITTEN),
    some(),
    st.sampled_from([False, False, True]),
    st.sampled_from([None, 2, 7]),
)
CAMPAIGNS = st.fixed_dictionaries(
    {
        "brand": st.sampled_from(["maru", None]),
        "members_of": st.sampled_from(["women", None]),
        "not_in": st.sampled_from([[], ["young"]]),
        "steps": st.sampled_from(
            [
                [HELLO],
                [{"only_in": ["young"]}, {"send": {"template": "hello", "channels": ["sms", "email"]}}],
                [{"tag": "seen"}, {"send": {"template": "receipt", "channels": ["sms"]}}],
            ]
        ),
    }
)


@settings(max_examples=25)
@given(people=st.lists(PEOPLE, min_size=2, max_size=6), changes=CAMPAIGNS)
def test_a_count_says_whom_the_campaign_then_reaches(people: list[Person], changes: dict[str, Any]) -> None:
    town = Town(changes={"segments": [WOMEN, YOUNG]}, frequency_caps=[{"most": 1, "days": 7}])
    written = {
        **{key: value for key, value in campaign(id="launch", at="13:00", **changes).items() if value is not None},
        "calendar": {"date": f"{NOON:%Y-%m-%d}"},
    }
    del written["enters"]
    members = [settled(town, number, person) for number, person in enumerate(people)]
    survey = Survey(town)
    counted = survey.of(written, at=BEGINS)
    assert counted["is_exact"]
    eligible, consented, reachable, after_caps = numbers(counted)
    assert len(people) >= eligible >= consented >= reachable >= after_caps
    assert sum(counted["reachable_by"].values()) == reachable
    assert sum(counted["messages"].values()) == after_caps

    town.republish(campaigns=[written])
    town.until(BEGINS + HOUR)
    turns = Counter(turn.outcome.value for each in town.journeys_of(*members) for turn in each.turns)
    told = [each for member in members for each in town.messages_of(member) if is_of(each.cause, "launch")]
    asked = sum(turns.values()) - turns["tagged"]
    assert eligible == asked
    assert consented == asked - turns["not_a_member"] - turns["no_consent"]
    assert reachable == consented - turns["suppressed_address"] - turns["unreachable"]
    assert after_caps == reachable - turns["cap_reached"] == turns["planned"] == len(told)
    by_channel = Counter(each.channel for each in told)
    assert counted["messages"] == {channel.value: by_channel[channel] for channel in MessageChannel}
    assert counted["sms_parts"] == sum(each.sms_parts for each in told)


def is_of(cause: Cause | None, campaign: str) -> bool:
    return cause is not None and cause.campaign == campaign


def settled(town: Town, number: int, person: Person) -> MemberId:
    email, phone = f"m{number}@example.com", f"+88691234567{number}"
    profile = Profile(
        gender=person.gender,
        language=person.language,
        contact_email=email if MessageChannel.EMAIL in person.known else None,
        contact_phone=phone if MessageChannel.SMS in person.known else None,
    )
    order = Enrolment((said(card_identity(f"M-{number:07d}")),), profile, person.brand)
    member = town.enrolment.enrol(order, person.brand, NOON - HOUR).view.member.id
    for channel in person.agreed:
        key = ConsentKey(channel, person.brand, "marketing")
        town.consents.give(member, key, Said(True, "said so"), person.brand, NOON - HOUR)
    addresses = {MessageChannel.EMAIL: email, MessageChannel.SMS: phone}
    for channel in person.held_back:
        bounced = Word(NOON - DAY, SuppressionGround.BOUNCED)
        town.commit(town.suppressions.hear(destination(channel, addresses[channel], "-"), bounced))
    slots = []
    if person.told:
        slots.append(Slot("0" * 26, TemplateKind.MARKETING, NOON - DAY))
    if person.waits is not None:
        slots.append(waiting(town, member, person.waits))
    if slots:
        town.commit([town.pressure.save(member, Pressure(tuple(slots), 1), NOON)])
    town.segments.refresh(member, town.now)
    return member


def waiting(town: Town, member: MemberId, priority: int) -> Slot:
    """Of a message that is planned for tomorrow, and may be displaced until then (E23)."""
    at = NOON + timedelta(days=1)
    command = digest_of(["waits", member])
    named = OwnedId(member, ulid_for(NOON, command))
    cause = Cause("other", "ever")
    town.plan(
        member,
        TemplateKind.MARKETING,
        id=named,
        command=command,
        due_at=at,
        planned_at=at,
        cause=cause,
        priority=priority,
    )
    return Slot(named.key, TemplateKind.MARKETING, at, priority)
