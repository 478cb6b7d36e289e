"""What a member says by a link (M25): recorded as consent, once, whoever the member is by now."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from huitou.kernel.channels import MessageChannel
from huitou.kernel.ids import MemberId
from huitou.members.agreement import agreed
from huitou.members.consents import Word
from huitou.members.model import MOST_CONSENTS, Consent, ConsentKey
from huitou.program.model import GROUP
from huitou.program.speech import compile_speech
from huitou.templates.model import Look
from huitou.unsubscribing.links import UnsubscribeLinks, reader
from huitou.unsubscribing.model import Reply, Situation, Stopped
from huitou.unsubscribing.service import SOURCE, UnknownLinkError, Unsubscriptions
from tests.builders import document, program
from tests.erasing import Forgetting
from tests.members import MEI_EMAIL, MEI_PHONE
from tests.purchases import NOON
from tests.serving import LINK_SECRET

DAY = timedelta(days=1)
EMAIL, SMS, LINE = MessageChannel.EMAIL, MessageChannel.SMS, MessageChannel.LINE
BRANDS = [{"id": "maru", "name": "Maru 麵包", "look": {"color": "#b3471d"}}, {"id": "sora", "name": "Sora"}]
MESSAGE = "01KAJ3XQ5T8Z4V7N2R6W9YBCDE"


class Mailbox(Forgetting):
    """Mei, who agreed to emails and SMS of Maru and to emails of the group, and the links that she was sent."""

    def __init__(self) -> None:
        super().__init__()
        self.brands = BRANDS
        self.owner = self.enrol(MEI_PHONE, brand="maru", now=NOON)
        for key in (key_of(EMAIL), key_of(SMS, purpose="birthday"), key_of(EMAIL, GROUP), key_of(EMAIL, "sora")):
            self.consents.give(self.owner, key, Word(True, "app"), GROUP, NOON)
        self.use_links = Unsubscriptions(
            read=reader(lambda: LINK_SECRET),
            consents=self.consents,
            profiles=self.members,
            programs=self.shop.programs,
            speech=lambda _: compile_speech(document(brands=self.brands)),
        )

    def token(self, brand: str = "maru") -> str:
        links = UnsubscribeLinks("", lambda: LINK_SECRET)
        return links.link(self.owner, brand, EMAIL, "marketing", MESSAGE).rpartition("/")[2]

    def look(self) -> Situation:
        return self.use_links.look(self.token())[1]

    def say(self, reply: Reply, days: int = 1, brand: str = "maru") -> Situation:
        return self.use_links.reply(self.token(brand), reply, NOON + days * DAY)[1]

    def give(self, *keys: ConsentKey, granted: bool = True, days: int = 0) -> None:
        for key in keys:
            self.consents.give(self.owner, key, Word(granted, "till"), GROUP, NOON + days * DAY)

    def may_write(self, key: ConsentKey) -> bool:
        return agreed(self.record(self.owner).consents, key)

    def in_force(self, member: MemberId | None = None) -> dict[ConsentKey, bool]:
        return {key: each.granted for key, each in self.record(member or self.owner).consents.items()}

    def consent(self, key: ConsentKey) -> Consent:
        return self.record(self.owner).consents[key]

    def lines(self) -> int:
        return len(self.members.consent_history(self.owner, None, limit=100).items)


def key_of(channel: MessageChannel, brand: str = "maru", purpose: str = "marketing") -> ConsentKey:
    return ConsentKey(channel, brand, purpose)


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


def test_to_look_changes_nothing(mailbox: Mailbox) -> None:
    """Scanners of mail follow every link."""
    before = mailbox.record(mailbox.owner)

    seen = mailbox.look()

    assert (seen.speaker.name, seen.speaker.look, seen.channel) == ("Maru 麵包", Look(color="#b3471d"), EMAIL)
    assert (seen.stopped, seen.can_resume) == (Stopped.NOTHING, False)
    assert mailbox.record(mailbox.owner) == before


def test_a_no_ends_one_brand_channel_and_purpose(mailbox: Mailbox) -> None:
    said = mailbox.say(Reply.STOP)

    assert (said.stopped, said.can_resume) == (Stopped.CHANNEL, True)
    assert mailbox.in_force() == {
        key_of(EMAIL): False,
        key_of(SMS, purpose="birthday"): True,
        key_of(EMAIL, GROUP): True,
        key_of(EMAIL, "sora"): True,
    }
    no = mailbox.consent(key_of(EMAIL))
    assert (no.source, no.occurred_at) == (SOURCE, NOON + DAY)


def test_said_again_it_is_the_same_and_leaves_no_second_line(mailbox: Mailbox) -> None:
    """E21: mailboxes repeat."""
    first, lines = mailbox.say(Reply.STOP), mailbox.lines()

    assert [mailbox.say(Reply.STOP, days) for days in (1, 1, 2)] == [first] * 3
    assert mailbox.lines() == lines


def test_a_no_to_everything_ends_each_channel_and_purpose_of_the_brand(mailbox: Mailbox) -> None:
    said = mailbox.say(Reply.STOP_ALL)

    assert said.stopped is Stopped.ALL
    assert mailbox.in_force() == {
        key_of(EMAIL): False,
        key_of(SMS): False,
        key_of(LINE): False,
        key_of(SMS, purpose="birthday"): False,
        key_of(EMAIL, GROUP): True,
        key_of(EMAIL, "sora"): True,
    }
    assert mailbox.say(Reply.STOP_ALL, 2) == said


def test_a_no_to_everything_is_one_to_what_the_group_was_granted_for_all_brands(mailbox: Mailbox) -> None:
    """It ends what this brand may do; the group's own yes stays, for the others."""
    mailbox.give(key_of(SMS, GROUP, "news"), key_of(LINE, GROUP))

    said = mailbox.say(Reply.STOP_ALL)

    assert said.stopped is Stopped.ALL
    for channel, purpose in ((SMS, "news"), (LINE, "marketing"), (EMAIL, "marketing")):
        assert not mailbox.may_write(key_of(channel, purpose=purpose))
        assert mailbox.may_write(key_of(channel, "sora", purpose))


def test_a_no_to_everything_outlives_a_yes_to_the_group(mailbox: Mailbox) -> None:
    """Also where the group had a no meanwhile, to which the brand's own yes gave way."""
    birthday = key_of(SMS, GROUP, "birthday")
    mailbox.give(birthday, granted=False, days=1)
    mailbox.say(Reply.STOP_ALL, 2)

    mailbox.give(birthday, days=3)

    assert not mailbox.may_write(key_of(SMS, purpose="birthday"))


@pytest.mark.parametrize("brand", ["maru", GROUP])
def test_a_yes_for_something_else_is_not_everything_stopped(mailbox: Mailbox, brand: str) -> None:
    mailbox.say(Reply.STOP_ALL)

    mailbox.give(key_of(SMS, brand, "news"), days=2)

    assert mailbox.look().stopped is Stopped.CHANNEL


def test_a_no_needs_no_room_among_the_consents(mailbox: Mailbox) -> None:
    """However much Mei has agreed to."""
    more = (key_of(SMS, "sora", f"purpose_{number}") for number in range(MOST_CONSENTS - len(mailbox.in_force())))
    mailbox.give(*more)

    assert mailbox.say(Reply.STOP_ALL).stopped is Stopped.ALL
    assert mailbox.say(Reply.STOP, brand=GROUP).stopped is Stopped.CHANNEL


def test_what_a_link_has_said_a_link_takes_back_for_its_own_channel(mailbox: Mailbox) -> None:
    """To whatever else Mei had agreed, she is to agree by herself."""
    mailbox.say(Reply.STOP_ALL)

    said = mailbox.say(Reply.RESUME, 2)

    assert (said.stopped, said.can_resume) == (Stopped.NOTHING, False)
    yes = mailbox.consent(key_of(EMAIL))
    assert (yes.granted, yes.source, yes.occurred_at) == (True, SOURCE, NOON + 2 * DAY)
    assert not mailbox.in_force()[key_of(SMS)]
    assert mailbox.say(Reply.RESUME, 3) == said


def test_a_link_does_not_take_back_what_was_said_elsewhere(mailbox: Mailbox) -> None:
    mailbox.consents.give(mailbox.owner, key_of(EMAIL), Word(False, "till"), "maru", NOON + DAY)

    said = mailbox.say(Reply.RESUME, 2)

    assert (said.stopped, said.can_resume) == (Stopped.CHANNEL, False)
    assert not mailbox.in_force()[key_of(EMAIL)]


def test_a_no_to_the_group_is_shown_as_one_to_the_brand_and_stands(mailbox: Mailbox) -> None:
    """Whatever the links of the brand say, and in whichever order."""
    mailbox.give(key_of(EMAIL, GROUP), granted=False, days=1)
    seen = mailbox.look()

    assert (seen.stopped, seen.can_resume) == (Stopped.CHANNEL, False)
    assert mailbox.say(Reply.RESUME, 2) == mailbox.say(Reply.STOP, 3) == mailbox.say(Reply.RESUME, 4) == seen
    assert not mailbox.may_write(key_of(EMAIL))


def test_a_no_to_the_group_that_comes_after_a_link_stands_as_well(mailbox: Mailbox) -> None:
    mailbox.say(Reply.STOP)
    mailbox.give(key_of(EMAIL, GROUP), granted=False, days=2)

    assert not mailbox.say(Reply.RESUME, 3).can_resume
    assert not mailbox.may_write(key_of(EMAIL))


def test_a_brand_that_was_granted_it_after_a_no_to_the_group_has_it(mailbox: Mailbox) -> None:
    mailbox.give(key_of(EMAIL, GROUP), granted=False, days=1)
    mailbox.give(key_of(EMAIL), days=2)

    assert mailbox.look().stopped is Stopped.NOTHING


def test_the_link_of_the_group_takes_back_what_it_has_said(mailbox: Mailbox) -> None:
    assert mailbox.say(Reply.STOP, brand=GROUP).can_resume

    assert mailbox.say(Reply.RESUME, 2, brand=GROUP).stopped is Stopped.NOTHING
    assert mailbox.may_write(key_of(EMAIL, GROUP))


def test_nobody_agrees_by_a_link_to_what_they_never_refused(mailbox: Mailbox) -> None:
    before = mailbox.record(mailbox.owner)

    mailbox.say(Reply.RESUME, brand="sora")

    assert mailbox.record(mailbox.owner) == before


def test_a_no_counts_at_a_brand_that_the_member_has_not_joined(mailbox: Mailbox) -> None:
    assert mailbox.say(Reply.STOP, brand="sora").stopped is Stopped.CHANNEL
    assert not mailbox.in_force()[key_of(EMAIL, "sora")]


def test_where_the_group_writes_it_is_the_group_that_stops(mailbox: Mailbox) -> None:
    said = mailbox.say(Reply.STOP, brand=GROUP)

    assert said.speaker.name == document()["name"]
    assert mailbox.in_force()[key_of(EMAIL)]
    assert not mailbox.in_force()[key_of(EMAIL, GROUP)]


def test_the_link_of_somebody_merged_speaks_for_the_survivor(mailbox: Mailbox) -> None:
    """E15: whichever of the two addresses it came to."""
    other = mailbox.enrol(MEI_EMAIL, brand="maru", now=NOON)
    mailbox.merge(other, mailbox.owner, NOON + DAY)

    assert mailbox.look().stopped is Stopped.NOTHING
    assert mailbox.say(Reply.STOP, 2).stopped is Stopped.CHANNEL
    assert not mailbox.in_force(other)[key_of(EMAIL)]


def test_a_no_to_everything_of_the_group_is_one_to_what_its_brands_were_granted(mailbox: Mailbox) -> None:
    """Also for another purpose, of which the group itself was never told."""
    said = mailbox.say(Reply.STOP_ALL, brand=GROUP)

    assert said.stopped is Stopped.ALL
    assert not any(mailbox.may_write(key) for key in mailbox.in_force())


def test_what_a_brand_is_granted_after_that_is_not_everything_stopped(mailbox: Mailbox) -> None:
    mailbox.say(Reply.STOP_ALL, brand=GROUP)

    mailbox.give(key_of(SMS, "sora", "news"), days=2)

    assert mailbox.use_links.look(mailbox.token(GROUP))[1].stopped is Stopped.CHANNEL


@pytest.mark.parametrize("reply", Reply)
def test_the_link_of_a_brand_that_has_left_still_works(mailbox: Mailbox, reply: Reply) -> None:
    """What Mei says counts, should the brand come back."""
    mailbox.say(Reply.STOP)
    mailbox.brands = BRANDS[1:]
    left = document(brands=mailbox.brands, stores=[{**store, "brand": "sora"} for store in document()["stores"]])
    mailbox.shop.programs.publish(program(left, version=2))

    said = mailbox.say(reply, 2)

    assert said.speaker.name == "maru"
    assert mailbox.may_write(key_of(EMAIL)) is (reply is Reply.RESUME)


def test_who_was_erased_is_told_that_it_is_done(mailbox: Mailbox) -> None:
    """E25: nothing is known any more, and nothing is recorded."""
    mailbox.erase(mailbox.owner)
    before = mailbox.shop.table.all(object)
    assert before

    for reply in Reply:
        said = mailbox.say(reply, 3)
        assert (said.stopped, said.can_resume, said.language) == (Stopped.ALL, False, None)
    assert mailbox.look() == said
    assert mailbox.shop.table.all(object) == before


@pytest.mark.parametrize("reply", [None, *Reply])
def test_a_forged_link_is_refused_and_changes_nothing(mailbox: Mailbox, reply: Reply | None) -> None:
    """Whatever is wrong with it, the refusal is the same."""
    forged = UnsubscribeLinks("", lambda: json.dumps({"current": "1", "1": "guessed"}))
    before, told = mailbox.record(mailbox.owner), set()
    for token in (
        forged.link(mailbox.owner, "maru", EMAIL, "marketing", MESSAGE).rpartition("/")[2],
        mailbox.token()[:-1],
        mailbox.owner,
        "",
    ):
        with pytest.raises(UnknownLinkError) as refused:
            mailbox.use_links.reply(token, reply, NOON + DAY) if reply else mailbox.use_links.look(token)
        told.add(refused.value.detail)
    assert len(told) == 1
    assert mailbox.record(mailbox.owner) == before
