"""The stream of members, as far as it says whose facts have changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from huitou.kernel.ids import MemberId, is_member_id
from huitou.platform.keys import parse_member


def owner_of(record: Mapping[str, Any]) -> MemberId:
    """Whose item the record is about. Raises `ValueError` or `KeyError` for a record that is nobody's."""
    member = parse_member(record["dynamodb"]["Keys"]["pk"]["S"])
    if not is_member_id(member):
        raise ValueError("The record is about no member.")
    return member
