"""The templates of the sample programme."""

from __future__ import annotations

import json
from functools import cache

from cli.program_file import read_program_file
from huitou.program.document import canonical_json
from huitou.program.template_compilation import compile_catalogue
from huitou.program.validation import read_document
from huitou.templates.model import Catalogue
from infra.sources import ROOT


@cache
def sample_catalogue() -> Catalogue:
    """As a published version has it."""
    document = read_document(read_program_file(ROOT / "programs" / "sample.yaml").json)
    return compile_catalogue(json.loads(canonical_json(document)))
