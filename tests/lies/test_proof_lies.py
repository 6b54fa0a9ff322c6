"""Every lie about proofs is refused by one line that names the place, or is not counted as proved."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.lies.planted import BY_DEFINITION, MUTANTS, PROOF, PROOFS, document

from assignment3.report import REPORT
from writeup.errors import UserError
from writeup.identity.closure import Closure
from writeup.proofs import record
from writeup.proofs.record import agree, counts, read
from writeup.results import integrity, store

pytestmark = pytest.mark.lie
RECORDED = REPORT.root / "report/results/proofs/seed-0"
Told = Callable[[str], dict[str, object]]


@pytest.fixture
def checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Told:
    """checked(source) -> what the page is told of the derivation in it, after the test of the test."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "lying", raising=False)

    def told(lie: str) -> dict[str, object]:
        (tmp_path / "lying.py").write_text(PROOF.format(lie=lie), encoding="utf-8")
        target = tmp_path / "proofs.json"
        record.check({"lying:lie": ""}, target)
        record.mutate({"lying:lie": ""}, Closure("", {}), target, tmp_path / "proofs/seed-0", tmp_path)
        return read(target)

    return told


@pytest.mark.parametrize(("lie", "said"), [one[1:] for one in PROOFS], ids=[one[0] for one in PROOFS])
def test_a_lie_in_a_derivation_is_refused(lie: str, said: str, checked: Told) -> None:
    with pytest.raises(UserError, match=said) as error:
        checked(lie)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("lie", BY_DEFINITION)
def test_a_model_made_to_fit_proves_nothing(lie: str, checked: Told) -> None:
    found = counts(checked(lie))
    assert found["steps"] == 0 and found["definitions"] == 1


def test_the_same_module_without_a_lie_is_proved(
    checked: Told, record_property: Callable[[str, object], None]
) -> None:
    record_property("planted", 0)
    assert counts(checked("step = Step('s', lhs=x*(x + 1), rhs=x**2 + x, rule='r')"))["for_all"] == 1


@pytest.mark.parametrize(("name", "more"), MUTANTS)
def test_an_altered_count_is_refused(name: str, more: int, tmp_path: Path) -> None:
    folder = tmp_path / "proofs/seed-0"
    folder.mkdir(parents=True)
    for path in RECORDED.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    own = {"proofs": "writeup.proofs.record:derive"}
    honest = integrity.load_checked([folder], own)[0]
    proved = {"all": {"assumed": [], "steps": []}}
    scopes = {"for_all": "all", "for_cases": "cases", "at_points": "points"}
    scopes |= {"definitions": "definition", "substitutions": "substitution"}
    for count, scope in scopes.items():
        proved["all"]["steps"] += [{"scope": scope}] * int(honest.scalars[count])
    proved["all"]["assumed"] = [""] * int(honest.scalars["assumed"])
    agree(honest, proved)
    document(folder, lambda d: d["scalars"].update({name: d["scalars"][name] + more}), mended=True)
    with pytest.raises(UserError, match=re.escape(name) + " = ") as said:
        agree(integrity.load_checked([folder], own)[0], proved)
    assert "\n" not in str(said.value)
    assert store.FILE in str(said.value) or "report/results/proofs" in str(said.value)
