"""One written form for each identity."""

from __future__ import annotations

import pytest

from huitou.members.identity import (
    IdentityHasher,
    InvalidIdentityError,
    app_identity,
    card_identity,
    email_identity,
    external_identity,
    is_landline,
    line_identity,
    normal_email,
    normal_phone,
    phone_identity,
)


@pytest.mark.parametrize(
    "written",
    ["0912345678", "0912-345-678", "(0912) 345 678", "+886 912 345 678", "+8860912345678", "０９１２－３４５－６７８"],
)
def test_all_ways_to_write_a_phone_number_mean_the_same(written: str) -> None:
    """M1: phone numbers meet in E.164."""
    assert normal_phone(written) == "+886912345678"


def test_a_number_without_country_code_is_at_home_in_the_region_given() -> None:
    assert normal_phone("090-1234-5678", "JP") == "+819012345678"


@pytest.mark.parametrize(
    "written", ["", "hello", "12", "091234567", "0912345678 ext. 12", "+1 555 123 4567", "0" * 300]
)
def test_what_cannot_be_dialled_is_refused(written: str) -> None:
    """A mistyped number would be somebody else."""
    with pytest.raises(InvalidIdentityError):
        normal_phone(written)


@pytest.mark.parametrize(
    "written", ["Mei.Lin@Example.COM", "  mei.lin@example.com ", "ｍｅｉ．ｌｉｎ＠ｅｘａｍｐｌｅ．ｃｏｍ"]
)
def test_mailboxes_meet_whatever_the_case_and_the_keyboard(written: str) -> None:
    assert email_identity(written).value == "mei.lin@example.com"


def test_a_contact_address_keeps_the_case_of_its_local_part() -> None:
    assert normal_email("Mei.Lin@Example.COM") == "Mei.Lin@example.com"


def test_a_domain_of_other_letters_meets_its_ascii_form() -> None:
    assert email_identity("mei@bücher.example") == email_identity("mei@xn--bcher-kva.example")


@pytest.mark.parametrize(
    "written",
    [
        *["", "mei", "mei@", "@example.com", "mei@localhost", "a b@example.com", "a@b@c.com", "mei@.com", "mei@a..b"],
        *["x<b@x.com", "x＜b@x.com", "a,b@x.com", "a@x.com>", "(c)b@x.com", "a;b@x.com", "a:b@x.com", '"a"@x.com'],
        *["a@[x.com", "a\\b@x.com", "a@x,y.com"],
    ],
)
def test_what_is_no_mailbox_is_refused(written: str) -> None:
    with pytest.raises(InvalidIdentityError):
        email_identity(written)


def test_blanks_hyphens_and_case_do_not_matter_on_a_card() -> None:
    assert card_identity("ab12 3456-7890").value == "AB1234567890"


def test_a_line_user_id_means_another_person_with_another_provider() -> None:
    """M1: LINE user ids differ per provider."""
    hasher = IdentityHasher(lambda: "secret")
    assert hasher.key(line_identity("1", "U1")) != hasher.key(line_identity("2", "U1"))


@pytest.mark.parametrize("user_id", ["", "   ", "a\nb", "x" * 129])
def test_an_id_of_others_is_printable_and_not_too_long(user_id: str) -> None:
    for build in (line_identity, app_identity, external_identity):
        with pytest.raises(InvalidIdentityError):
            build("maru", user_id)


def test_a_provider_without_separators_is_asked_for() -> None:
    with pytest.raises(InvalidIdentityError):
        external_identity("uber eats", "7")


def test_a_key_shows_the_kind_and_nothing_of_the_value() -> None:
    """E25: keys are HMACs under a secret, never plain."""
    key = str(IdentityHasher(lambda: "secret").key(phone_identity("0912345678")))
    assert key.startswith("phone-")
    assert "912345678" not in key
    assert len(key) == len("phone-") + 26


def test_another_secret_gives_another_key() -> None:
    """E25: without the secret nobody can try all phone numbers."""
    phone = phone_identity("0912345678")
    assert IdentityHasher(lambda: "one").key(phone) != IdentityHasher(lambda: "two").key(phone)


def test_scope_and_value_do_not_run_into_each_other() -> None:
    hasher = IdentityHasher(lambda: "secret")
    assert hasher.key(external_identity("ab", "c")) != hasher.key(external_identity("a", "bc"))


@pytest.mark.parametrize(
    ("phone", "answer"),
    [
        ("+886223456789", True),
        ("+81312345678", True),
        ("+886912345678", False),
        ("+819012345678", False),
        ("+12125550123", False),
        ("+886800123456", False),
        ("+886", False),
        ("club", False),
    ],
)
def test_a_landline_is_known_where_its_country_numbers_it_apart(phone: str, answer: bool) -> None:
    assert is_landline(phone) is answer
