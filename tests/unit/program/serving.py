"""How tests call the function."""

from __future__ import annotations

import json
from typing import Any

Event = dict[str, Any]


class Function:
    """The function as the Lambda service runs it, over an empty table."""

    def __init__(self, module: Any) -> None:
        self._module = module

    def __call__(self, incoming: Event) -> tuple[int, dict[str, Any], dict[str, str]]:
        """(status, body, headers)"""
        answer = self._module.handler(incoming, None)
        headers = {name: values[0] for name, values in answer["multiValueHeaders"].items()}
        return answer["statusCode"], json.loads(answer["body"] or "null"), headers
