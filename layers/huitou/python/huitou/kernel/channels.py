"""The ways to speak to a member."""

from __future__ import annotations

from enum import StrEnum


class MessageChannel(StrEnum):
    """What a message travels by, and what a member agrees to be written to by."""

    EMAIL = "email"
    SMS = "sms"
    LINE = "line"
