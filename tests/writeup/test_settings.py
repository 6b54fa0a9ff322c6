import dataclasses
from dataclasses import dataclass

import pytest

from writeup.errors import UserError
from writeup.runs.record import executed
from writeup.settings import check, decided, execution, identity, limited, override, plain


@dataclass(frozen=True)
class Study:
    epochs: int = 10
    rate: float = 1e-3
    sizes: tuple[int, ...] = (5, 7)
    kinds: tuple[str, ...] = limited(("avg",), choices=("avg", "max"))
    precision: str = limited("fp32", choices=("fp32", "bf16"))
    dropout: float = limited(0.0, least=0, below=1)
    weight: float = limited(0.0, least=0)
    mirrored: bool = True


STUDY = {"study": Study()}


def test_overrides_take_the_type_of_the_field() -> None:
    configs = STUDY
    for text in ("study.epochs=3", "study.rate=2e-4", "study.sizes=3,5", "study.mirrored=false"):
        configs = override(configs, text)
    assert configs["study"] == Study(epochs=3, rate=2e-4, sizes=(3, 5), mirrored=False)
    assert STUDY["study"] == Study()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("study.epocs=3", "unknown field 'epocs' of study; allowed: epochs"),
        ("studie.epochs=3", "unknown part 'studie'; allowed: study"),
        ("epochs=3", "expected part.field=value, for example study.epochs=3"),
        ("study.epochs", "expected part.field=value"),
        ("study.epochs=three", "'three' is not of type int"),
        ("study.epochs=0", "study.epochs: 0 is not allowed; allowed: numbers above 0"),
        ("study.epochs=-1", "-1 is not allowed"),
        ("study.precision=fp8", "'fp8' is not allowed; allowed: fp32, bf16"),
        ("study.rate=nan", "nan is not allowed"),
        ("study.rate=inf", "inf is not allowed"),
        ("study.kinds=min", "allowed: avg, max"),
        ("study.kinds=", "at least one"),
        ("study.dropout=1.0", "allowed: numbers from 0, below 1"),
        ("study.weight=-0.5", "allowed: numbers from 0"),
        ("study.mirrored=maybe", "true or false"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_is_allowed(text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        override(STUDY, text)


def test_the_limits_admit_their_ends() -> None:
    check("study", Study(dropout=0.0, weight=0.0))
    with pytest.raises(UserError):
        check("study", dataclasses.replace(Study(), epochs=0))


def test_plain_settings_are_json() -> None:
    assert plain(Study())["sizes"] == [5, 7]


def settled(asked: str, *, size: int) -> str:
    return f"fast for {size}" if asked == "auto" else asked


@dataclass(frozen=True)
class Executed:
    epochs: int = 10
    way: str = decided("auto", f"{__name__}:settled", choices=("auto", "slow"), size=3)


def test_how_a_run_is_executed_is_decided_where_it_runs_and_is_no_part_of_its_identity() -> None:
    config = Executed()
    assert execution(config) == {"way": "fast for 3"}
    assert executed(config) == Executed(way="fast for 3")
    forced = override({"part": config}, "part.way=slow")["part"]
    assert execution(forced) == {"way": "slow"}
    assert identity(config) == identity(forced) == {"epochs": 10}
    assert plain(forced) == {"epochs": 10, "way": "slow"}
    with pytest.raises(UserError, match="allowed: auto, slow"):
        override({"part": config}, "part.way=fats")
    assert executed(STUDY["study"]) == STUDY["study"]
