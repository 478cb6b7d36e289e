"""Campaigns that begin each other: by tags, one after the other, for ever."""

from __future__ import annotations

from collections.abc import Mapping, Set

from huitou.program.checks.findings import Problems, at, circles
from huitou.program.checks.segment_parts import questions, segments
from huitou.program.document import ProgramDocument
from huitou.program.document_campaigns import CampaignPart


def no_circles(document: ProgramDocument) -> Problems:
    """No campaigns set, and take off, tags by which they begin anew at once.

    A day's wait, an hour at which steps are taken, and an occurrence that comes once, each end a circle, and so does a
    tag that nobody takes off again.
    """
    asked = _asked_of_tags(document)
    prompt = {each.id: each for each in document.campaigns if _is_prompt(each)}
    begun_by = {
        name: {
            other.id
            for other in prompt.values()
            if asked.get(other.enters or other.leaves or "", frozenset()) & (_set(each) | _taken_off(each))
        }
        for name, each in prompt.items()
    }
    places = {each.id: n for n, each in enumerate(document.campaigns)}
    for circle in circles(begun_by):
        parts = [prompt[name] for name in circle]
        if any(_set(one) & _taken_off(other) for one in parts for other in parts):
            shown = " → ".join(circle)
            yield at(("campaigns", places[circle[0]], "steps"), f"By their tags, these would begin for ever: {shown}.")


def _is_prompt(campaign: CampaignPart) -> bool:
    waits = campaign.at is not None or any(step.wait_days for step in campaign.steps)
    return campaign.once == "each_time" and campaign.calendar is None and not waits


def _set(campaign: CampaignPart) -> Set[str]:
    return {step.tag for step in campaign.steps if step.tag is not None}


def _taken_off(campaign: CampaignPart) -> Set[str]:
    return {step.untag for step in campaign.steps if step.untag is not None}


def _asked_of_tags(document: ProgramDocument) -> Mapping[str, Set[str]]:
    """The tags by which it may turn out who is in a segment, by its id: it is their list, asks for them, or names a
    segment that does.
    """
    asked = {segment.id: {segment.id} if segment.when is None else set() for _, segment in segments(document)}
    named: dict[str, set[str]] = {name: set() for name in asked}
    for question in questions(document):
        if question.kind == "tags":
            asked[question.segment.id].update(question.asked)
        if question.kind == "segments":
            named[question.segment.id].update(name for name in question.asked if name in asked)
    for _ in asked:  # as long as a chain of names can be
        for name, others in named.items():
            asked[name].update(*(asked[other] for other in others))
    return asked
