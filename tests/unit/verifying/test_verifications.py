"""M39: whoever says the code that came to an address holds it; the code is sent there, and nowhere else."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from huitou.channels.model import Unclear
from huitou.kernel.channels import MessageChannel
from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.errors import ContentReusedError, DomainError
from huitou.kernel.ids import OwnedId
from huitou.members.identity import Identity, email_identity, phone_identity
from huitou.members.model import ProofMethod
from huitou.members.places import UnknownPlaceError
from huitou.members.service import IdentityTakenError
from huitou.messages.errors import ChannelNotWrittenError
from huitou.outbox.errors import InvalidMessageError
from huitou.outbox.model import MessageState
from huitou.platform import keys
from huitou.points.membership import MemberErasedError, MemberNotFoundError
from huitou.suppressions.model import SuppressionGround, Word, destination
from huitou.verifying.errors import (
    NoVerificationsError,
    TooManyCodesError,
    VerificationNotFoundError,
    VerificationOverError,
    WrongCodeError,
)
from huitou.verifying.model import KEPT, LIFE, CodesSent, Verification, VerificationState
from huitou.verifying.service import Begun
from tests.members import HASHER, said
from tests.office import HOUR
from tests.outbox import NOON, pressure_of
from tests.templates import text
from tests.verifying import CODE, VERIFICATION, CodeOffice, another

PHONE = phone_identity("0912-345-678")
MAILBOX = email_identity("mei@example.com")
ELSEWHERE = phone_identity("0922-333-444")
SECOND = timedelta(seconds=1)
BY_EMAIL: Any = {**CODE, "texts": [text(email={"subject": "Code", "body": "{{ code }}"}, sms=None, line=None)]}


@pytest.fixture
def office() -> CodeOffice:
    return CodeOffice()


@pytest.mark.parametrize(
    ("identity", "channel", "method"),
    [
        (PHONE, MessageChannel.SMS, ProofMethod.SMS_CODE),
        (MAILBOX, MessageChannel.EMAIL, ProofMethod.EMAIL_CODE),
    ],
)
def test_who_says_the_code_has_proven_the_address(
    office: CodeOffice, identity: object, channel: MessageChannel, method: ProofMethod
) -> None:
    """It goes to that address, whichever else the member is written to at."""
    address = MAILBOX if identity is MAILBOX else PHONE
    mei = office.meet(said(address), contact_email="other@example.com", contact_phone="+886933444555")
    verification, code = office.sent(mei, address)
    assert office.handed() == [(channel, address.value)]
    assert office.kept(verification.id).state is MessageState.ACCEPTED
    assert not office.record(mei).is_proven_to("maru")

    confirmed = office.say(verification, code)

    assert confirmed.verification.state(office.now) is VerificationState.CONFIRMED
    claim = confirmed.held.claim_of("maru")
    assert claim is not None
    assert claim.proof is not None
    assert (claim.proof.method, claim.proof.at) == (method, office.now)
    assert office.held(mei, address) == confirmed.held


def test_saying_it_again_changes_nothing(office: CodeOffice) -> None:
    verification, code = office.sent(office.meet(), PHONE)
    first = office.say(verification, code)
    version = office.record(verification.id.member).version
    assert office.say(verification, code, at=NOON + SECOND) == first
    assert office.record(verification.id.member).version == version


def test_five_wrong_ones_end_it(office: CodeOffice) -> None:
    verification, code = office.sent(office.meet(), PHONE)
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(WrongCodeError) as wrong:
            office.say(verification, another(code))
        assert wrong.value.extra == {"tries_left": left}
    assert _end(office, verification, code) == {"state": "exhausted"}
    assert not office.record(verification.id.member).is_proven_to("maru")


def test_ten_minutes_end_it(office: CodeOffice) -> None:
    verification, code = office.sent(office.meet(), PHONE)
    office.now = NOON + LIFE
    assert _end(office, verification, code) == {"state": "expired"}


def test_nobody_guesses_for_longer_because_somebody_has_confirmed_it(office: CodeOffice) -> None:
    verification, code = office.sent(office.meet(), PHONE)
    office.say(verification, code)
    for _ in range(5):
        with pytest.raises(WrongCodeError):
            office.say(verification, another(code))
    assert _end(office, verification, code) == {"state": "confirmed"}


def _end(office: CodeOffice, verification: object, code: str) -> object:
    with pytest.raises(VerificationOverError) as over:
        office.say(verification, code)  # type: ignore[arg-type]
    return over.value.extra


def test_of_two_guesses_at_once_both_are_counted(office: CodeOffice) -> None:
    """E18"""
    verification, code = office.sent(office.meet(), PHONE)
    commit, others = office.commit, iter([another(code)])

    def overtaken(writes: Sequence[Write]) -> None:
        for wrong in others:
            with pytest.raises(WrongCodeError):
                office.say(verification, wrong)
        commit(writes)

    office.commit = overtaken
    with pytest.raises(WrongCodeError) as wrong:
        office.say(verification, another(code))
    assert wrong.value.extra == {"tries_left": 3}


def test_the_same_call_sends_one_code(office: CodeOffice) -> None:
    """E14: also when a cap is reached, and when its time is over."""
    mei = office.meet()
    first = office.ask(mei, PHONE, key="again")
    for number in range(4):
        office.ask(mei, PHONE, key=f"other-{number}")
    assert office.ask(mei, PHONE, key="again") == (first.verification, True)
    assert len(office.outbox.of_members([mei], None, after=None, limit=50).items) == 5
    with pytest.raises(ContentReusedError) as reused:
        office.ask(mei, MAILBOX, key="again")
    assert PHONE.value not in str(reused.value.errors)
    with pytest.raises(ContentReusedError):
        office.ask(office.meet(said(ELSEWHERE)), PHONE, key="again")
    office.now = NOON + LIFE
    assert office.ask(mei, PHONE, key="again") == (first.verification, True)


def test_of_what_the_table_has_forgotten_the_same_call_is_told_no_more_than_that_it_is_over(office: CodeOffice) -> None:
    """E14: it may have been confirmed; and for another address it is no repeat."""
    mei = office.meet()
    verification = office.ask(mei, PHONE, key="again").verification
    office.say(verification, office.codes.of(verification))
    office.now, table = verification.ends_at + KEPT, office.shop.table
    forgotten = keys.verification(*verification.id)
    table.commit([table.delete(*forgotten, refused=StaleReadError("It is gone."), when=lambda _: True)])
    with pytest.raises(VerificationOverError) as over:
        office.ask(mei, PHONE, key="again")
    assert over.value.extra == {}
    with pytest.raises(ContentReusedError):
        office.ask(mei, ELSEWHERE, key="again")


def test_an_address_gets_five_codes_in_an_hour_and_ten_in_a_day_whoever_asks(office: CodeOffice) -> None:
    mei, fang = office.meet(), office.meet(said(ELSEWHERE))
    for member in (mei, fang, mei, fang, mei):
        office.ask(member, PHONE)
    with pytest.raises(TooManyCodesError) as refused:
        office.ask(fang, PHONE)
    assert refused.value.extra == {"cap": "address", "again_at": "2026-03-02T05:00:00.000Z"}
    office.ask(fang, ELSEWHERE)

    office.now = NOON + HOUR
    for _ in range(5):
        office.ask(mei, PHONE)
    office.now = NOON + 3 * HOUR
    with pytest.raises(TooManyCodesError) as refused:
        office.ask(mei, PHONE)
    assert refused.value.extra == {"cap": "address", "again_at": "2026-03-03T04:00:00.000Z"}
    office.now = NOON + 24 * HOUR
    office.ask(mei, PHONE)


def test_for_one_member_ten_codes_are_sent_in_an_hour_to_however_many_addresses(office: CodeOffice) -> None:
    """So nobody who is signed in once makes many strangers' telephones ring."""
    mei = office.meet()
    for number in range(10):
        office.ask(mei, _phone(number))
    with pytest.raises(TooManyCodesError) as refused:
        office.ask(mei, _phone(10))
    assert refused.value.extra == {"cap": "member", "again_at": "2026-03-02T05:00:00.000Z"}
    office.ask(office.meet(said(ELSEWHERE)), _phone(10))


def test_a_brand_has_no_more_codes_sent_than_the_programme_says_for_however_many_members() -> None:
    """What SMS can cost is bounded, also where somebody enrols a member for each number."""
    office = CodeOffice(verification={**VERIFICATION, "most_an_hour": 3, "most_a_day": 4})
    members = [office.meet(said(_phone(number))) for number in range(6)]
    office.join("sora", said(_phone(3)))
    office.now = NOON + HOUR / 2
    for number in range(3):
        office.ask(members[number], _phone(number))
    with pytest.raises(TooManyCodesError) as refused:
        office.ask(members[3], _phone(3))
    assert refused.value.extra == {"cap": "brand", "again_at": "2026-03-02T05:00:00.000Z"}
    office.ask(members[3], _phone(3), "sora")
    office.now = NOON + HOUR
    office.ask(members[3], _phone(3))
    with pytest.raises(TooManyCodesError) as refused:
        office.ask(members[4], _phone(4))
    assert refused.value.extra == {"cap": "brand", "again_at": "2026-03-03T00:00:00.000Z"}


def _phone(number: int) -> Identity:
    return phone_identity(f"0911-222-{number:03}")


def test_neither_caps_nor_quiet_hours_nor_consent_hold_a_code_back() -> None:
    office = CodeOffice(
        quiet_hours={"from": "11:00", "to": "13:00"},
        frequency_caps=[{"most": 1, "days": 1, "kind": "service"}],
    )
    mei = office.meet()
    for _ in range(3):
        office.sent(mei, PHONE)
    assert pressure_of(office.pressure, mei).slots == ()


def test_an_address_that_takes_nothing_gets_no_code(office: CodeOffice) -> None:
    """M25"""
    address = destination(MessageChannel.SMS, PHONE.value)
    office.shop.table.commit(office.suppressions.hear(address, Word(NOON, SuppressionGround.BLOCKED)))
    verification = office.ask(office.meet(contact_phone=ELSEWHERE.value), PHONE).verification
    message = office.look(verification.id)
    assert (message.state, message.reason, office.handed()) == (MessageState.SUPPRESSED, "suppressed_address", [])


def test_whose_the_address_is_only_who_reads_it_learns(office: CodeOffice) -> None:
    """E31: asked for, it is as any other; said, it is refused, for one person has two records."""
    fang = office.meet(said(ELSEWHERE))
    mei = office.meet()
    unknown = office.ask(mei, phone_identity("0933-444-555")).verification
    verification, code = office.sent(mei, ELSEWHERE)
    assert verification.state(NOON) is unknown.state(NOON)
    assert office.held(mei, ELSEWHERE) is None
    with pytest.raises(WrongCodeError):
        office.say(verification, another(code))
    with pytest.raises(IdentityTakenError):
        office.say(verification, code)
    assert office.held(fang, ELSEWHERE) is not None


def test_the_same_is_read_and_written_whosever_the_address_is(office: CodeOffice) -> None:
    """E31: so the time tells nothing either, nor does what a wrong code costs."""
    office.meet(said(ELSEWHERE))
    mei = office.meet()
    addresses = (PHONE, ELSEWHERE, phone_identity("0933-444-555"))
    asked = [office.steps(partial(office.ask, mei, each)) for each in addresses]
    assert [steps for _, steps in asked] == 3 * [asked[0][1]]
    assert asked[0][1]

    def say_a_wrong_one(begun: Begun) -> None:
        with pytest.raises(WrongCodeError):
            office.say(begun.verification, another(office.codes.of(begun.verification)))

    guessed = [office.steps(partial(say_a_wrong_one, begun)) for begun, _ in asked]
    assert [steps for _, steps in guessed] == 3 * [guessed[0][1]]
    assert guessed[0][1]


def test_an_address_that_was_not_theirs_before_is_claimed_and_opens_nothing(office: CodeOffice) -> None:
    """A stranger's own telephone must not open the record of another one (M39)."""
    verification, code = office.sent(office.meet(), ELSEWHERE)
    held = office.say(verification, code).held
    assert [(claim.brand, claim.proof) for claim in held.claims] == [("maru", None)]
    assert not office.record(verification.id.member).is_proven_to("maru")


def test_a_brand_proves_to_itself_alone(office: CodeOffice) -> None:
    """E31"""
    mei = office.meet()
    with pytest.raises(MemberNotFoundError):
        office.ask(mei, PHONE, "sora")
    verification, code = office.sent(mei, PHONE)
    with pytest.raises(VerificationNotFoundError):
        office.say(verification, code, "group")
    strange = OwnedId(office.meet(said(ELSEWHERE)), verification.id.key)
    with pytest.raises(VerificationNotFoundError):
        office.verifying.confirm(verification.id.member, str(strange), code, office.caller("maru"), NOON)


def test_after_a_merge_it_is_confirmed_for_the_survivor(office: CodeOffice) -> None:
    """E15"""
    fang, mei = office.meet(said(ELSEWHERE)), office.meet()
    verification = office.ask(mei, PHONE).verification
    office.merge(fang, mei, NOON)
    office.look(verification.id)
    code = office.code(office.letters()[-1])
    confirmed = office.verifying.confirm(fang, str(verification.id), code, office.caller("maru"), NOON)
    assert confirmed.held.is_proven_to("maru")
    assert office.record(fang).is_proven_to("maru")


def test_after_an_unmerge_it_is_confirmed_for_whose_the_address_is_again(office: CodeOffice) -> None:
    """E15: what was begun for the survivor proves nothing of what went back with the other."""
    fang, mei = office.meet(said(ELSEWHERE)), office.meet()
    begun = office.ask(mei, PHONE).verification
    merged = office.merge(fang, mei, NOON)
    meanwhile = office.ask(fang, PHONE).verification
    office.use.reverse(merged.merge.id, NOON + SECOND)
    with pytest.raises(IdentityTakenError):
        office.say(meanwhile, office.codes.of(meanwhile))
    assert office.say(begun, office.codes.of(begun)).held.is_proven_to("maru")
    assert office.held(fang, PHONE) is None


def test_who_gave_the_address_up_has_proven_nothing(office: CodeOffice) -> None:
    """A telephone number may be another one's next year."""
    mei = office.meet(said(PHONE), said(MAILBOX))
    verification, code = office.sent(mei, PHONE)
    office.say(verification, code)
    office.enrolment.remove_identity(mei, str(HASHER.key(PHONE)), "maru")
    assert _end(office, verification, code) == {"state": "confirmed"}
    assert not office.record(mei).is_proven_to("maru")
    assert office.held(mei, PHONE) is None


def test_nothing_stays_of_who_is_forgotten(office: CodeOffice) -> None:
    """E25"""
    mei = office.meet()
    waiting = office.ask(mei, PHONE).verification
    verification, code = office.sent(mei, PHONE)
    assert office.shop.table.get(CodesSent, *keys.codes_for(mei))
    office.erase(mei)
    assert office.shop.table.get(CodesSent, *keys.codes_for(mei)) is None
    assert office.verifications.load(waiting.id) is None
    assert office.look(waiting.id).reason == "erased"
    assert [office.kept(each.id).proves for each in (waiting, verification)] == [None, None]
    assert len(office.letters()) == 1
    with pytest.raises(MemberErasedError):
        office.say(verification, code)


def test_about_who_is_forgotten_meanwhile_nothing_is_written(office: CodeOffice) -> None:
    """E25: the address would stay."""
    mei, commit = office.meet(), office.commit

    def overtaken(writes: Sequence[Write]) -> None:
        office.commit = commit
        office.erase(mei)
        commit(writes)

    office.commit = overtaken
    with pytest.raises(MemberErasedError):
        office.ask(mei, PHONE)
    assert office.shop.table.all(Verification) == []


def test_the_code_stands_nowhere(office: CodeOffice, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    verification, code = office.sent(office.meet(), PHONE)
    with pytest.raises(WrongCodeError) as wrong:
        office.say(verification, another(code))
    stored = repr(office.shop.table.all(object))
    assert PHONE.value in stored
    assert f"'{code}'" not in stored
    assert code not in caplog.text + str(wrong.value) + str(office.kept(verification.id))


def test_a_code_of_which_nobody_knows_whether_it_was_sent_is_handed_over_five_times(office: CodeOffice) -> None:
    """Each may be paid: docs/messages.md says what that makes of a day."""
    office.carriers[MessageChannel.SMS].says = lambda: Unclear("timeout")
    message = office.look(office.ask(office.meet(), PHONE).verification.id)
    while not message.is_final:
        assert message.due_at is not None
        office.now = message.due_at
        message = office.look(message.id)
    assert len(office.letters()) == 5
    assert message.state is MessageState.UNKNOWN


def test_a_code_that_comes_too_late_is_not_sent(office: CodeOffice) -> None:
    verification = office.ask(office.meet(), PHONE).verification
    office.now = NOON + LIFE
    message = office.look(verification.id)
    assert (message.state, message.reason) == (MessageState.SUPPRESSED, "too_late")


def test_a_second_message_is_of_no_use_once_it_is_confirmed(office: CodeOffice) -> None:
    verification = office.ask(office.meet(), PHONE).verification
    office.say(verification, office.codes.of(verification))
    message = office.look(verification.id)
    assert (message.state, message.reason) == (MessageState.SUPPRESSED, "verification_over")


@pytest.mark.parametrize(
    ("rules", "refusal"),
    [
        ({"verification": None, "templates": []}, NoVerificationsError),
        ({"templates": [BY_EMAIL]}, ChannelNotWrittenError),
    ],
)
def test_without_a_template_that_speaks_there_no_code_is_sent(rules: Any, refusal: type[DomainError]) -> None:
    office = CodeOffice(**rules)
    mei = office.meet()
    with pytest.raises(refusal):
        office.ask(mei, PHONE)
    assert office.outbox.of_members([mei], None, after=None, limit=1).items == ()


def test_for_a_brand_that_has_left_no_code_is_sent(office: CodeOffice) -> None:
    """Its keys may still be there; what they had sent before is answered as ever."""
    mei = office.meet()
    before = office.ask(mei, PHONE, key="before").verification
    there = office.programs.active()
    brands = {name: brand for name, brand in there.brands.items() if name != "maru"}
    office.shop.programs.publish(replace(there, version=3, brands=brands))
    with pytest.raises(UnknownPlaceError):
        office.ask(mei, PHONE)
    assert len(office.shop.table.all(Verification)) == 1
    assert office.ask(mei, PHONE, key="before") == (before, True)


def test_the_template_of_codes_says_nothing_else(office: CodeOffice) -> None:
    with pytest.raises(InvalidMessageError) as refused:
        office.order(office.meet(), "code")
    assert [error.pointer for error in refused.value.errors] == ["/template"]
