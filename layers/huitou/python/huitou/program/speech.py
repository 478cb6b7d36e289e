"""What a programme says about messages: its templates and who speaks in them, and what all messages keep to."""

from __future__ import annotations

import json
from typing import NamedTuple

from huitou.pressure.model import Manners
from huitou.program.ports import PublishedPrograms
from huitou.program.prepared import Prepared
from huitou.program.pressure_compilation import compile_manners
from huitou.program.template_compilation import Stored, compile_catalogue
from huitou.templates.model import Catalogue


class Speech(NamedTuple):
    """Kept apart from `Program`, since decisions about points need none of it."""

    catalogue: Catalogue
    manners: Manners


def compile_speech(document: Stored) -> Speech:
    """Of a document that was published."""
    return Speech(compile_catalogue(document), compile_manners(document))


def speech_in(programs: PublishedPrograms) -> Prepared[Speech]:
    """Read and made once for each version."""
    return Prepared(lambda program: compile_speech(json.loads(programs.published(program.version).document)))
