"""Ids locate what they name, and the same thing gets the same id on every delivery."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huitou.kernel.errors import NotFoundError
from huitou.kernel.ids import (
    OwnedId,
    digest_of,
    is_member_id,
    new_member_id,
    occurred_at_of,
    parse_digest,
    parse_id,
    ulid_for,
)
from huitou.points.commands import command_id
from tests.builders import MEI, at

RECEIPT = ("maru", "m1", "t1", "A-0001", "2026-03-02")


def test_the_same_receipt_gets_the_same_id() -> None:
    """E14: on every delivery, whatever the till calls it this time."""
    assert ulid_for(at("2026-03-02 12:00"), digest_of(RECEIPT)) == ulid_for(at("2026-03-02 12:00"), digest_of(RECEIPT))


@pytest.mark.parametrize("other", [("maru", "m1", "t1", "A-0002", "2026-03-02"), RECEIPT[:4], (*RECEIPT, "")])
def test_another_receipt_gets_another_id(other: tuple[str, ...]) -> None:
    assert digest_of(other) != digest_of(RECEIPT)


@given(st.lists(st.text(max_size=4), max_size=4), st.lists(st.text(max_size=4), max_size=4))
def test_parts_of_an_identity_do_not_run_into_each_other(one: list[str], other: list[str]) -> None:
    """E14: store 1, terminal 11 is not store 11, terminal 1."""
    assert (digest_of(one) == digest_of(other)) == (one == other)


def test_ids_sort_by_time_and_tell_it() -> None:
    earlier, later = (ulid_for(at("2026-03-02 12:00") + timedelta(seconds=n), digest_of(RECEIPT)) for n in (0, 1))

    assert earlier < later
    assert occurred_at_of(later) == at("2026-03-02 12:00:01")


@given(st.datetimes(datetime(1970, 1, 2), datetime(2500, 1, 1)))  # noqa: DTZ001
def test_an_owned_id_names_its_member(when: datetime) -> None:
    owned = OwnedId(MEI, ulid_for(at(when.isoformat()), digest_of(RECEIPT)))

    assert parse_id(str(owned)) == owned


def test_what_has_no_member_is_named_by_its_digest() -> None:
    assert parse_id(digest_of(RECEIPT)) == parse_digest(digest_of(RECEIPT)) == digest_of(RECEIPT)


@pytest.mark.parametrize(
    "text", ["", "x", str(MEI), f"{MEI}-", f"{MEI}-{MEI}-{MEI}", digest_of(RECEIPT).lower(), "../" * 9]
)
def test_an_id_of_another_form_names_nothing(text: str) -> None:
    """E30."""
    with pytest.raises(NotFoundError):
        parse_id(text)


def test_members_get_ids_that_nobody_has() -> None:
    ids = {new_member_id() for _ in range(100)}

    assert len(ids) == 100
    assert all(map(is_member_id, ids))


def test_a_key_space_is_the_brands_own() -> None:
    """E14: two brands may use the same Idempotency-Key for different things."""
    assert command_id("maru", "1") != command_id("sora", "1")
    assert command_id("maru", "1") == command_id("maru", "1")
