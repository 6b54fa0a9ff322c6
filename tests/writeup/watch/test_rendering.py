"""The process that renders lives on, whatever it meets while nothing is asked of it."""

import pytest

from writeup.errors import UserError
from writeup.watch import rendering
from writeup.watch.rendering import Asked


class Asking:
    """A connection by which two forms are asked for, one after the other, and then it is closed."""

    def __init__(self) -> None:
        self.asked = [(".pdf", False), (".html", False)]
        self.said: list[tuple[str, str]] = []

    def recv(self) -> tuple[str, bool]:
        if not self.asked:
            raise EOFError
        return self.asked.pop(0)

    def poll(self, seconds: float) -> bool:
        return False

    def send(self, event: tuple[str, str]) -> None:
        self.said.append(event)


def test_what_is_made_ready_meanwhile_may_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*words: object, **options: object) -> None:
        raise UserError("a result that is edited just now")

    monkeypatch.setattr(rendering.signal, "signal", lambda *words: None)
    monkeypatch.setattr(rendering, "_build", lambda asked: object())
    monkeypatch.setattr(rendering, "_render", lambda build, suffix, say: say("made", suffix))
    monkeypatch.setattr(rendering.assembly, "context", failing)
    connection = Asking()
    rendering._serve(connection, Asked("nowhere", {}))  # type: ignore[arg-type]
    assert connection.said == [("made", ".pdf"), ("done", ""), ("made", ".html"), ("done", "")]
