"""How words are written that people make up and machines compare."""

LANGUAGE_PATTERN = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$"
"""A BCP 47 tag."""
TAG_PATTERN = r"^\w[\w.:-]{0,63}$"
"""In any script."""
PURPOSE_PATTERN = r"^[a-z][a-z0-9_]{0,31}$"
"""Of a consent."""
