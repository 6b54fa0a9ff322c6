"""Settings: frozen dataclasses, what their fields may be, and `--set part.field=value`.

A field made by `decided` says how a run is executed: no part of its identity, decided where it runs.
"""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, get_args, get_origin, get_type_hints

from writeup.declare import resolve
from writeup.errors import UserError


def limited(
    default: Any, *, least: float | None = None, below: float = math.inf, choices: tuple[str, ...] = ()
) -> Any:
    """A field of numbers from `least` (above 0 without it) to below `below`, or of one of `choices`."""
    return dataclasses.field(default=default, metadata={"least": least, "below": below, "choices": choices})


def decided(default: str, by: str, *, choices: tuple[str, ...], **given: Any) -> Any:
    """A field of words whose meaning the function `by` decides where a run takes place: by(word, **given)."""
    limits = {"choices": choices, "by": by, "given": given}
    return dataclasses.field(default=default, metadata=limits)


def execution(config: Any) -> dict[str, Any]:
    """The fields that say how a run is executed, decided on this machine."""
    return {
        one.name: resolve(one.metadata["by"])(getattr(config, one.name), **one.metadata["given"])
        for one in dataclasses.fields(config)
        if "by" in one.metadata
    }


def check(part: str, config: Any) -> None:
    """Raise UserError if a value of the dataclass `config` is not allowed."""
    for one in dataclasses.fields(config):
        value = getattr(config, one.name)
        values = value if isinstance(value, tuple) else (value,)
        if not values:
            raise UserError(f"{part}.{one.name}: give at least one value")
        for item in values:
            if allowed := _refused(item, one.metadata):
                raise UserError(f"{part}.{one.name}: {item!r} is not allowed; allowed: {allowed}")


def _refused(value: Any, limits: Mapping[str, Any]) -> str:
    """What is allowed instead of `value`; "" if `value` is allowed."""
    if choices := limits.get("choices"):
        return "" if value in choices else ", ".join(choices)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    least, below = limits.get("least"), limits.get("below", math.inf)
    if math.isfinite(value) and (value > 0 if least is None else value >= least) and value < below:
        return ""
    lower = "numbers above 0" if least is None else f"numbers from {least:g}"
    return lower if below == math.inf else f"{lower}, below {below:g}"


def override(configs: Mapping[str, Any], text: str) -> dict[str, Any]:
    """`configs` by part with one assignment such as "descent.steps=3" applied."""
    path, equals, value = text.partition("=")
    part, dot, name = path.strip().partition(".")
    if not equals or not dot:
        raise UserError(f"--set {text}: expected part.field=value, for example {_example(configs)}")
    if part not in configs:
        raise UserError(f"--set {text}: unknown part {part!r}; allowed: {', '.join(configs)}")
    hints = get_type_hints(type(configs[part]))
    if name not in hints:
        raise UserError(f"--set {text}: unknown field {name!r} of {part}; allowed: {', '.join(hints)}")
    changed = dataclasses.replace(configs[part], **{name: _parse(value.strip(), hints[name], text)})
    check(part, changed)
    return {**configs, part: changed}


def _example(configs: Mapping[str, Any]) -> str:
    part, config = next(iter(configs.items()))
    return f"{part}.{dataclasses.fields(config)[0].name}=3"


def _parse(value: str, hint: Any, text: str) -> Any:
    if get_origin(hint) is tuple:
        items = (item.strip() for item in value.strip("()").split(",") if item.strip())
        return tuple(_parse(item, get_args(hint)[0], text) for item in items)
    if hint is bool:
        if value.lower() not in ("true", "false"):
            raise UserError(f"--set {text}: {value!r} is not of type bool: true or false")
        return value.lower() == "true"
    try:
        return hint(value)
    except ValueError:
        raise UserError(f"--set {text}: {value!r} is not of type {hint.__name__}") from None


def plain(config: Any) -> dict[str, Any]:
    """A configuration as plain JSON."""
    items = dataclasses.asdict(config).items()
    return {name: list(value) if isinstance(value, tuple) else value for name, value in items}


def identity(config: Any) -> dict[str, Any]:
    """`plain` without the fields that only say how a run is executed."""
    how = execution_names(config)
    return {name: value for name, value in plain(config).items() if name not in how}


def execution_names(config: Any) -> set[str]:
    """The fields that only say how a run is executed."""
    return {one.name for one in dataclasses.fields(config) if "by" in one.metadata}
