"""Answers of AWS that are none."""

from __future__ import annotations

from typing import Final

from botocore.parsers import ResponseParserError

NOT_READABLE: Final = (ResponseParserError, AttributeError, LookupError, TypeError, ValueError)
"""What is raised while botocore reads such an answer, or its reader takes it apart. It has a name for malformed JSON
and XML alone; bytes that are no text, and JSON that is no object, it stumbles over."""
