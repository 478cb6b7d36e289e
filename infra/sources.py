"""The project's own files: where they lie, and what tells whether some of them have changed."""

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent


def digest_of(files: Iterable[Path]) -> str:
    """16 characters that change with the files' names and contents, not with their order."""
    digest = sha256()
    for file in sorted(files):
        digest.update(f"{file.resolve().relative_to(ROOT)}\0".encode() + sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]
