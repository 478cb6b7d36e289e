"""Worked examples that can be checked with a pencil: each YAML file is a theme. README.md says how to read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from huitou.kernel.errors import DomainError
from huitou.points.wallet import Entry
from tests.examples.programs import GROUP_DOCUMENT, HERE, merged, read
from tests.examples.stage import VERBS, Stage, Step

DETAILS = {
    *("at", "arrived", "store", "brand", "channel", "paid", "receipt", "member", "as"),
    *("currency", "points", "lines", "to", "minutes", "until", "sold", "with_points", "held_as", "total", "card"),
}
"""What a step may say about how it happened."""


class UnexpectedError(Exception):
    """A step went otherwise than the example says."""


class Outcome:
    """What a step came to: ``entries`` were written by it, ``refused`` is the code of the refusal."""

    def __init__(self, stage: Stage, step: Step, now: datetime, known_at: datetime) -> None:
        self.stage, self.step, self.now = stage, step, known_at
        self.verb = next((verb for verb in VERBS if verb in step), "")
        self.refused: str | None = None
        try:
            stage.do(self.verb, step, now)
        except DomainError as error:
            self.refused = error.code
            if "refused" not in step:
                raise UnexpectedError(f"it was refused: {error.code}, {error.detail}") from error
        self.entries: Sequence[Entry] = stage.news()

    def checks(self) -> Mapping[str, Callable[[Any], Any]]:
        """By what a step may expect: what is there instead, in the form of the expectation."""
        stage, step, now = self.stage, self.step, self.now
        return {
            "refused": lambda _: self.refused,
            "books": lambda _: [stage.said(entry) for entry in self.entries],
            "balance": lambda expected: _balance(stage.balance(step, now), expected),
            "lots": lambda _: stage.lots(step, now),
            "why": lambda expected: _only(stage.outcomes(self.entries), expected),
            "sold_as": lambda _: stage.last_sale and stage.last_sale.purchase.seen.tier,
            "returns": lambda expected: _only(stage.returns(), expected),
            "offers": lambda expected: _only(stage.offers(), expected),
            "tier": lambda expected: _only(stage.tier(step, now), expected),
        }


def play(example: Mapping[str, Any], programs: Mapping[str, Any]) -> None:
    """Raises `UnexpectedError`, naming the step."""
    named = merged(GROUP_DOCUMENT, programs[example["program"]])
    stage = Stage(merged(named, example.get("with", {})), example.get("enrolled"), example.get("birthday"))
    for number, step in enumerate(example["story"], 1):
        try:
            _play_step(stage, step)
        except UnexpectedError as error:
            raise UnexpectedError(f"step {number}, at {step['at']}: {error}") from error
        except Exception as error:
            error.add_note(f"In {example['name']!r}, step {number}, at {step.get('at')}.")
            raise
    _compare("E13", stage.contradictions(), [])


def _play_step(stage: Stage, step: Step) -> None:
    now = stage.instant(step["at"])
    known_at = stage.instant(step["arrived"]) if "arrived" in step else now
    if "balance" in step and not any(verb in step for verb in VERBS):
        before = _balance(stage.balance(step, now), step["balance"])
        _compare("balance before the clock came by", before, step["balance"])
    checks = Outcome(stage, step, now, known_at).checks()
    strange = step.keys() - checks.keys() - DETAILS - set(VERBS)
    if strange:
        raise UnexpectedError(f"nobody knows what {sorted(strange)} means")
    for what in [each for each in checks if each in step]:
        _compare(what, checks[what](step[what]), step[what])


def _compare(what: str, found: Any, expected: Any) -> None:
    if found != expected:
        raise UnexpectedError(f"{what}\n  expected {expected}\n  found    {found}")


def _balance(found: Mapping[str, int], expected: Any) -> Any:
    """A bare number is what can be spent."""
    return _only(found, expected) if isinstance(expected, dict) else found["spendable"]


def _only(found: Mapping[str, Any], expected: Mapping[str, Any]) -> dict[str, Any]:
    return {key: found.get(key) for key in expected}


def _examples() -> list[Any]:
    found = []
    for path in sorted(HERE.glob("*.yaml")):
        document = read(path)
        for example in document.get("examples", ()):
            found.append(pytest.param(path, document["programs"], example, id=f"{path.stem}: {example['name']}"))
    return found


@pytest.mark.parametrize(("path", "programs", "example"), _examples())
def test_example(path: Path, programs: Mapping[str, Any], example: Mapping[str, Any]) -> None:
    """Each example names the rules that it shows."""
    assert example["shows"], "An example shows a rule."
    try:
        play(example, programs)
    except UnexpectedError as error:
        wrong = f"{path.name}, {example['name']!r}, {error}"
    else:
        return
    pytest.fail(wrong, pytrace=False)


def test_the_examples_are_many_and_have_names_of_their_own() -> None:
    names = [param.id for param in _examples()]
    assert len(names) == len(set(names)) >= 60
