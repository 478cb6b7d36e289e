"""Huitou (回頭): one member across all brands, points exact to the last one.

Each folder is a part of the business. Inside it, pure modules hold the rules, ``requests.py`` is the
HTTP edge (pydantic), ``service.py`` the use cases and ``store.py`` the DynamoDB side.
"""

import gc
from typing import Final

MOST_YOUNG: Final = 30_000
"""New values held at once before Python looks for cycles among them; by itself it would at 700, at 2,000 from 3.13 on.

Our values refer to nothing that refers back, so each is gone when nobody holds it. What a function loads at its start
stays, and what a simulation makes by the million goes: to look for cycles in either finds nothing, and takes a tenth of
the start.
"""

gc.set_threshold(MOST_YOUNG, *gc.get_threshold()[1:])
