"""The lies: each is planted in a fresh copy, and what is said of it is one line that names the place.

Those of `RESULTS` and `TEMPLATES` are planted in the toy, those of `NUMBERS` in this report's own results.
Those of `MADE` are files that a build wrote; they are made again.
"""

import json
import shutil
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tests.problems import listed

from assignment3.report import REPORT
from writeup.results import store
from writeup.results.values import Value
from writeup.runs import record


@dataclass(frozen=True)
class Lie:
    """plant(root) changes a project; `said` is a pattern of the line that refuses it."""

    name: str
    plant: Callable[[Path], None]
    said: str


def document(folder: Path, change: Callable[[dict[str, Any]], Any], *, mended: bool = False) -> None:
    """Change `result.json`; mended: with a new seal, as one would who knows how it is made."""
    path = folder / store.FILE
    found = json.loads(path.read_text(encoding="utf-8"))
    change(found)
    if mended:
        found["digest"] = store.seal(found)
    path.write_text(json.dumps(found, indent=1, sort_keys=True), encoding="utf-8")


def scalar(
    name: str, add: float, *, mended: bool = False, at: str = "study/seed-0"
) -> Callable[[Path], None]:
    def plant(root: Path) -> None:
        document(
            root / "report/results" / at,
            lambda d: d["scalars"].update({name: d["scalars"][name] + add}),
            mended=mended,
        )

    return plant


def provenance(key: str, value: Any, *, mended: bool = False) -> Callable[[Path], None]:
    def plant(root: Path) -> None:
        document(
            root / "report/results/study/seed-0",
            lambda d: d["provenance"]["train"].update({key: value}),
            mended=mended,
        )

    return plant


def making(key: str, value: Any) -> Callable[[Path], None]:
    """Another circumstance of a run, the seal mended."""

    def plant(root: Path) -> None:
        document(
            root / "report/results/study/seed-0", lambda d: d["provenance"].update({key: value}), mended=True
        )

    return plant


def log(digest: bool, seal: bool) -> Callable[[Path], None]:
    """A row of the log altered; its digest mended; the seal mended."""

    def plant(root: Path) -> None:
        folder = root / "report/results/study/seed-0"
        (file,) = folder.glob("loss-*.csv")
        file.write_text(file.read_text().rsplit(",", 1)[0] + ",0.001\n")
        if digest:
            new = file.rename(folder / store.named("loss", file.read_bytes(), "csv"))
            document(folder, lambda d: rename(d, new), mended=seal)

    return plant


def rename(found: dict[str, Any], file: Path) -> None:
    """Let a record name an altered log, with the digests that belong to it."""
    found["index"]["logs"]["loss"]["file"] = file.name
    contents = {name: (file.parent / name).read_bytes() for name in store.files(found)}
    found["files"] = store.digest_of(contents)


def copied(old: str, new: str, *, relabelled: bool = False) -> Callable[[Path], None]:
    """A result under another's name; relabelled: with all that the other's record says of itself."""

    def plant(root: Path) -> None:
        source, target = root / "report/results" / old, root / "report/results" / new
        own = json.loads((target / store.FILE).read_text(encoding="utf-8"))
        shutil.rmtree(target)
        shutil.copytree(source, target)
        if relabelled:
            said = {name: own[name] for name in ("part", "seed", "provenance")}
            document(target, lambda d: d.update(said), mended=True)

    return plant


def same_arrays(root: Path) -> None:
    """The second run's arrays are the first's, packed anew, and every digest is mended."""
    one, two = (root / f"report/results/study/seed-{seed}" for seed in (0, 1))
    result, other = store.load(one), store.load(two)
    record.save(
        store.Result(
            **{name: getattr(other, name) for name in ("part", "seed", "scalars", "logs", "provenance")},
            arrays={name: np.array(array) for name, array in result.arrays.items()},
        ),
        two,
    )


def unsealed(root: Path) -> None:
    document(root / "report/results/study/seed-0", lambda d: d.pop("digest"))


FIRST = r"study/seed-0/result\.json: "
RESULTS = [
    Lie("a scalar", scalar("error", -0.1), FIRST + "altered"),
    Lie("a scalar, the seal mended", scalar("last_loss", -0.1, mended=True), FIRST + ".*last_loss"),
    Lie("the provenance", provenance("seed", 7), FIRST + "altered"),
    Lie("the seed, the seal mended", provenance("seed", 7, mended=True), FIRST + "was computed with seed 7"),
    Lie("the settings, the seal mended", provenance("config", {"rate": 9}, mended=True), FIRST + "its fing"),
    Lie("a log", log(False, False), r"study/seed-0/loss-\w+\.csv: altered"),
    Lie("a log and its digest", log(True, False), FIRST + "altered"),
    Lie("a log, its digest and the seal", log(True, True), FIRST + ".*last_loss"),
    Lie("no seal", unsealed, FIRST + "recorded before results were sealed"),
    Lie("a seed under another's name", copied("study/seed-0", "study/seed-1"), "lies in study/seed-1"),
    Lie("a part under another's name", copied("study/seed-0", "study_fast/seed-0"), "lies in study_fast"),
    Lie(
        "a seed relabelled", copied("study/seed-0", "study/seed-1", relabelled=True), "holds the same logs as"
    ),
    Lie(
        "a part relabelled",
        copied("study/seed-0", "study_fast/seed-0", relabelled=True),
        "study_fast/seed-0 holds the same logs and arrays as study/seed-0",
    ),
    *(
        Lie(f"{key} {value}", making(key, value), FIRST + "(names the commit|is of|says)")
        for key, values in {
            "commit": ["a fine commit", "0123456789ab++", "HEAD", "\nzzz"],
            "date": ["2031-02-03 10:00 UTC", "2026-02-31 10:00 UTC", "1999-01-01 00:00 UTC", "today"],
            "seconds": [-1.0],
            "threads": [-2],
        }.items()
        for value in values
    ),
    Lie("equal arrays", same_arrays, "study/seed-1 holds the same arrays as study/seed-0"),
]


def typed(text: str) -> Callable[[Path], None]:
    def plant(root: Path) -> None:
        path = root / "templates/report.tex.j2"
        path.write_text(path.read_text().replace("\\end{document}", f"{text}\n\\end{{document}}"))

    return plant


LINE = r"^templates/report\.tex\.j2:(9|10): "
SAID = tomllib.loads(Path(__file__).with_name("said.toml").read_text(encoding="utf-8"))
TEMPLATES = [Lie(text, typed(text), LINE) for text in SAID["refused"]]
MISSED = [Lie(text, typed(text), LINE) for text in SAID["missed"]]  # a list of words does not know these

RECORDED = REPORT.root / "report/results"
# Whose best seed is copied over all.
COPIED = "gan_tuned" if (RECORDED / "gan_tuned/seed-1").is_dir() else "cvae"
NUMBERS = [
    ("digits", "test_accuracy", 0.01),
    ("digits", "test_errors", -1),
    *listed("NUMBERS"),
]
NUMBERS = [one for one in NUMBERS if (RECORDED / one[0]).is_dir()]  # of parts that are recorded

MADE = [".tex", ".pdf", ".html", ".md"]  # and proofs.json, and a figure

VALUE = Value("part/x", 92.454, 1.23, 3, "f" * 64)
FORMATS = [  # what a broken format prints, and of what
    ("92.46", VALUE),  # rounded up
    (r"$92.45 \pm 0.12$", VALUE),  # a tenth of the spread
    (r"1\,234\,568", 1234567.0),
    (r"$3.2 \times 10^{-6}$", 3.2e-5),
    ("$p < 0.001$", 0.01),
    ("high", 1.0),
]
RULES = [  # of the embedded engine: what they put in another text's place
    ('#show "92.45": "99.87"', r"t\.tex: .*the number 92\.45 \(0 of 1 times\)"),
    ('#show "generated data": ""', r"t\.tex: page 1 of the typeset PDF does not bear the mark"),
    ('#show "pooling": "nothing"', r"t\.tex: .*'pooling' \(0 of 1 times\)"),
]
# --- proofs: each a step of a derivation, in the words of a module that declares it -------------------------

PROOF = """
from sympy import Derivative, Integer, S, Symbol, log
from writeup.proofs.models import Definition, Linear, Model, Values
from writeup.proofs.notation import add, mul, notation
from writeup.proofs.steps import Derivation, Step

x, y = Symbol("x", positive=True), Symbol("y", positive=True)
r, v = Symbol("r", real=True), Symbol("v")
F = notation("F", r"f\\left(#1\\right)")
assumed = "$x > 0$"
{lie}
lie = Derivation("lie", "A lie", (assumed,), (step,))
"""
FALSE = "lhs=F(x), rhs=add(x, 7), rule='r'"
PROOFS = [  # (name, source, what is said)
    ("a sign", "step = Step('s', lhs=(x - 1)**2, rhs=x**2 + 2*x + 1, rule='r')", "step 1 's' does not hold"),
    ("no model", f"step = Step('s', {FALSE}, models=())", "step 's': no model"),
    (
        "no sizes",
        f"step = Step('s', {FALSE}, models=tuple(Model(f'{{k}}') for k in ()))",
        "step 's': no model",
    ),
    (
        "a model in which all is zero",
        "step = Step('s', lhs=F(x), rhs=mul(2, F(y)), rule='r', models=(Model('m', {F: lambda a: S.Zero}),))",
        "both sides are zero",
    ),
    (
        "an assumption that no symbol carries",
        "assumed = '$r > 0$'\nstep = Step('s', lhs=r * (r + 1), rhs=r**2 + r, rule='r')",
        "does not carry",
    ),
    (
        "a notation that prints something else",
        "G = notation('G', '#1 + #2')\n"
        "step = Step('s', lhs=G(x, y), rhs=x*y, rule='r', models=(Model('m', {G: lambda a, b: a*b}),))",
        "no sign of its own",
    ),
    (
        "a notation that hides an argument",
        "G = notation('G', r'\\\\log #1')\n"
        "step = Step('s', lhs=G(x, y), rhs=x*y, rule='r', models=(Model('m', {G: lambda a, b: a*b}),))",
        "not its 2 arguments",
    ),
    (
        "two things that print alike",
        "z = Symbol('x', real=True)\nstep = Step('s', lhs=(x + z)*x, rhs=x**2 + z*x, rule='r')",
        "two different things are printed as x",
    ),
    (
        "a formula typed beside the proof",
        "step = Step('s', lhs=x*(x + 1), rhs=x**2 + x, rule='hence $x = 1$')",
        r"\$x = 1\$ is typed and not checked",
    ),
    (
        "a condition that the values do not need",
        "u = Symbol('u', nonnegative=True)\nm = Model('m', values=(Values(x, y + u, u, x),))\n"
        "step = Step('s', lhs=x*(x + 1), rhs=x**2 + x, rule='r', models=(m,))",
        "gives",
    ),
    (
        "a fact made to fit",
        "T = notation('T', r'\\\\int #1')\n"
        "two = Model('two', {T: lambda f: f.subs(y, 1) + f.subs(y, 2)})\n"
        "m = Model('m', linear=Linear(T, (y,), (Definition(T(y), Integer(5)),)), instances=(two,))\n"
        "step = Step('s', lhs=T(mul(x, y)), rhs=3*x, rule='r', models=(m,))",
        "what is put in as .* does not hold",
    ),
    (
        "a definition made to fit",
        f"step = Step('s', {FALSE}, models=(Model('m', definitions=(Definition(F(v), v + 7),)),))",
        "nothing computes the definition .* another way",
    ),
    ("no rule", "step = Step('s', lhs=x*(x + 1), rhs=x**2 + x, rule='')", "no rule"),
    (
        "a step of which no false version is refused",
        "step = Step('s', lhs=Derivative(S.Zero, x, evaluate=False), rhs=0, rule='r')",
        "no false version of it is refused",
    ),
]
BY_DEFINITION = [  # not refused, and neither counted nor printed as proved
    f"step = Step('s', {FALSE}, models=(Model('made to fit', {{F: lambda a: a + 7}}),))",
]
MUTANTS = [  # scalars of the recorded mutation test, its seal mended
    ("mutants", 97769),
    ("mutants_caught", 97769),
    ("mutants_equivalent", -60),
    ("steps", 100),
    ("for_all", 3),
    ("for_cases", -3),
]
