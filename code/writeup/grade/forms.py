"""What the keys of a rubric may hold, as the line that is said where one holds something else."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from writeup.errors import UserError


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _is_pattern(value: Any) -> bool:
    try:
        return isinstance(value, str) and re.compile(value) is not None
    except re.error:
        return False


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_count(value: Any) -> bool:
    return _is_number(value) and isinstance(value, int) and 0 < value < 1000


def _list_of(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(map(fits, value))


def _text_or_texts(value: Any) -> bool:
    return _is_text(value) or (bool(value) and _list_of(_is_text)(value))


Form = tuple[str, Callable[[Any], bool]]
TEXT: Form = "a text", _is_text
TEXTS: Form = "a list of texts", _list_of(_is_text)
TEXT_OR_TEXTS: Form = "a text or a list of texts", _text_or_texts
PATTERN: Form = "a pattern", _is_pattern
PATTERNS: Form = "a list of patterns", _list_of(_is_pattern)
NUMBER: Form = "a number", _is_number
NUMBERS: Form = "a list of numbers", _list_of(_is_number)
COUNT: Form = "a whole number from 1 on", _is_count
YES: Form = "true or false", lambda value: isinstance(value, bool)


def check(table: Mapping[str, Any], forms: Mapping[str, Form], at: str) -> None:
    """UserError names the first key of a table whose value has not its form."""
    for name, value in table.items():
        if name in forms and not forms[name][1](value):
            raise UserError(f"{at}: {name} must be {forms[name][0]}, found {value!r}")
