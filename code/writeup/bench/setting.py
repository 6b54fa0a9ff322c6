"""What a measurement of the program is given."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from writeup.declare import Part
from writeup.runs.record import Model


@dataclass(frozen=True)
class Setting:
    """With what a `Timing` measures.

    config: its own settings. configs: those of the parts that it declares, by name. data: its data sets by
    name. roles: the models of its `needs`. parts: all parts of the report by name, presets: their settings in
    each preset. say takes a line for the person who waits.
    """

    config: Any
    configs: Mapping[str, Any]
    data: Mapping[str, Any]
    roles: Mapping[str, Model]
    parts: Mapping[str, Part]
    presets: Mapping[str, Mapping[str, Any]]
    say: Callable[[str], None]
