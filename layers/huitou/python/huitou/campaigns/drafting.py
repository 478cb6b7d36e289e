"""A campaign that somebody is still writing, as the active programme would have it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from huitou.campaigns.errors import InvalidCampaignError
from huitou.program.campaigns import Campaign
from huitou.program.compilation import compile_program
from huitou.program.document import canonical_json
from huitou.program.model import Program
from huitou.program.speech import Speech, compile_speech
from huitou.program.trying import Misfit, tried
from huitou.program.versions import ProgramVersion


class Drafted(NamedTuple):
    """The campaign, the programme with it, and what that says of messages."""

    campaign: Campaign
    program: Program
    speech: Speech


def drafted(written: Mapping[str, Any], version: ProgramVersion) -> Drafted:
    """It takes the place of the one with its id, if there is one.

    Raises `InvalidCampaignError`, with what a publication would say of it.
    """
    try:
        document, _ = tried("campaigns", written, version)
    except Misfit as misfit:
        raise InvalidCampaignError(f"The campaign has {misfit.count}.", errors=misfit.errors) from misfit
    stored = json.loads(canonical_json(document))
    program = compile_program(stored, version.number)
    return Drafted(program.campaigns[written["id"]], program, compile_speech(stored))
