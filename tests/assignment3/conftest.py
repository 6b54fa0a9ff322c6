"""What the tests of the sheet's names share: calls that are watched, losses that are told."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
import torch
from tests import small


class Call(NamedTuple):
    given: tuple[Any, ...]
    result: Any


Watch = Callable[..., list[Call]]


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """watch(owner, "name") -> the calls of it from now on; bound: whether the first argument is `self`."""

    def watched(owner: Any, name: str, *, bound: bool = False) -> list[Call]:
        calls: list[Call] = []
        real = getattr(owner, name)

        def call(*given: Any, **named: Any) -> Any:
            result = real(*given, **named)
            if torch.is_grad_enabled():  # not where something is measured
                calls.append(Call(given[1:] if bound else given, result))
            return result

        monkeypatch.setattr(owner, name, call if bound or not isinstance(owner, type) else staticmethod(call))
        return calls

    return watched


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """The losses that a training tells."""
    small.fewer(monkeypatch)
    heard: list[float] = []
    with small.each_loss(heard.append):
        yield heard
