"""What is on its way is nobody else's business."""

from __future__ import annotations

import pytest

from huitou.kernel.channels import MessageChannel
from huitou.templates.model import TemplateKind
from tests.parcels import MESSAGE, parcel, words_of


@pytest.mark.parametrize("channel", MessageChannel)
def test_a_parcel_that_is_printed_shows_neither_address_nor_words(channel: MessageChannel) -> None:
    """E25."""
    way_out = "https://api.huitou.example/v1/unsubscriptions/abc"
    given = parcel(channel, unsubscribe_url=way_out)

    printed = repr(given)

    assert MESSAGE in printed
    assert not any(each in printed for each in (given.to, words_of(given.message).strip(), way_out))


@pytest.mark.parametrize("way_out", [None, ""])
def test_marketing_by_email_without_a_way_out_is_no_parcel(way_out: str | None) -> None:
    """RFC 8058."""
    with pytest.raises(ValueError, match="way out"):
        parcel(MessageChannel.EMAIL, kind=TemplateKind.MARKETING, unsubscribe_url=way_out)
