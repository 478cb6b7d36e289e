"""How the checks of segments go through them: each segment, each condition, each leaf, with its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from huitou.program.checks.findings import Path
from huitou.program.document import ProgramDocument
from huitou.program.document_segments import OnlyPart, PredicatePart, SegmentPart, definition

_TOGETHER = ("all", "any", "not")


class Condition(NamedTuple):
    """One condition of ``segment``: all that is written in it, of which there should be one thing."""

    path: Path
    part: PredicatePart
    segment: SegmentPart
    depth: int


class Question(NamedTuple):
    """A condition that is not put together from others: what ``kind`` of question, and what is asked."""

    path: Path
    kind: str
    asked: Any
    segment: SegmentPart

    @property
    def only(self) -> OnlyPart | None:
        """Which purchases count, where that can be asked and is."""
        only: OnlyPart | None = getattr(self.asked, "only", None)
        return only


def segments(document: ProgramDocument) -> Iterator[tuple[Path, SegmentPart]]:
    """All, also those that are written as an id alone."""
    for n, entry in enumerate(document.segments):
        yield ("segments", n), definition(entry)


def segment_ids(document: ProgramDocument) -> Iterator[tuple[Path, str]]:
    """Where the id of each is written."""
    for n, entry in enumerate(document.segments):
        yield (("segments", n), entry) if isinstance(entry, str) else (("segments", n, "id"), entry.id)


def conditions(document: ProgramDocument) -> Iterator[Condition]:
    """All, each before those within it."""
    for path, segment in segments(document):
        if segment.when is not None:
            yield from _within(Condition((*path, "when"), segment.when, segment, 1))


def _within(condition: Condition) -> Iterator[Condition]:
    yield condition
    for kind, asked in condition.part.asked():
        path, depth = (*condition.path, kind), condition.depth + 1
        if kind == "not":
            yield from _within(Condition(path, asked, condition.segment, depth))
        elif kind in _TOGETHER:
            for n, part in enumerate(asked):
                yield from _within(Condition((*path, n), part, condition.segment, depth))


def questions(document: ProgramDocument) -> Iterator[Question]:
    """All that is asked about members."""
    for condition in conditions(document):
        for kind, asked in condition.part.asked():
            if kind not in _TOGETHER:
                yield Question((*condition.path, kind), kind, asked, condition.segment)
