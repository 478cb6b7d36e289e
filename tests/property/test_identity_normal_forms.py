"""Normal forms of identities: stable, and met by every way of writing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huitou.members.identity import (
    InvalidIdentityError,
    card_identity,
    email_identity,
    line_identity,
    normal_phone,
)

SEPARATORS = st.sampled_from(["", " ", "-", ".", "  ", " - "])
MOBILES = st.from_regex(r"9[0-8][0-9]{7}", fullmatch=True)


@st.composite
def written_mobiles(draw: st.DrawFn) -> tuple[str, str]:
    """A Taiwanese mobile number in E.164, and as somebody may write it."""
    digits = draw(MOBILES)
    start = draw(st.sampled_from(["0", "+886", "+886 ", "+886 (0)", "002886", "+8860"]))
    parts = [digits[:3], digits[3:6], digits[6:]]
    return f"+886{digits}", start + "".join(part + draw(SEPARATORS) for part in parts)


@given(written_mobiles())
def test_every_way_to_write_a_mobile_number_meets_its_normal_form(case: tuple[str, str]) -> None:
    """M1: the formats of one number meet."""
    normal, written = case
    assert normal_phone(written) == normal


NUMBERS = st.from_regex(r"(\+(886|81|1|44|39|54|52|55)|00|0)?[ (]?0?[1-9][0-9]{0,3}[)]?[0-9 -]{5,9}", fullmatch=True)


@given(NUMBERS, st.sampled_from(["TW", "JP", "US", "GB", "IT", "AR", "MX", "BR"]))
def test_the_normal_form_of_a_phone_number_is_its_own(written: str, region: str) -> None:
    """M1: normalising twice changes nothing, wherever the second reader is at home."""
    try:
        normal = normal_phone(written, region)
    except InvalidIdentityError:
        return
    assert normal_phone(normal, "TW") == normal == normal_phone(normal, "US")


@given(st.one_of(st.emails(), st.builds("{}@{}.com".format, st.text(min_size=1), st.text(min_size=1))))
def test_the_normal_form_of_a_mailbox_is_its_own(written: str) -> None:
    try:
        mailbox = email_identity(written)
    except InvalidIdentityError:
        return
    assert email_identity(mailbox.value) == mailbox
    assert email_identity(mailbox.value.upper()) == mailbox or not mailbox.value.isascii()


@given(st.text(max_size=140))
def test_the_normal_form_of_a_card_or_user_id_is_its_own_or_it_is_refused(written: str) -> None:
    for build in (card_identity, lambda text: line_identity("1", text)):
        try:
            identity = build(written)
        except InvalidIdentityError:
            continue
        assert build(identity.value) == identity


@given(st.text(max_size=60))
def test_any_text_is_a_phone_number_or_refused_as_none(written: str) -> None:
    """E30: no input ends in another error."""
    try:
        assert normal_phone(written).startswith("+")
    except InvalidIdentityError:
        return


@pytest.mark.parametrize("region", ["", "XX", "tw", "Taiwan", "\0"])
def test_an_unknown_region_refuses_national_numbers(region: str) -> None:
    with pytest.raises(InvalidIdentityError):
        normal_phone("0912345678", region)
