"""Codes of coupons: drawn by chance, so that nobody guesses one, and written so that nobody misreads one."""

from __future__ import annotations

import secrets
from typing import Final

LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without those that look alike: 0 and O, 1, I and L, U and V."""
LENGTH: Final = 12
"""58 bits: a million guesses at a million coupons find one of them once in half a million times."""


def new_code() -> str:
    """Whether it was drawn before, is known when it is stored."""
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def read_code(text: str) -> str | None:
    """The code that somebody has typed, in small letters perhaps, and in groups; None: no code is like this."""
    code = text.upper().replace("-", "").replace(" ", "")
    return code if len(code) == LENGTH and set(code) <= set(LETTERS) else None
