"""What an entry function reaches: through packages, blind to layout and names; refused where dynamic."""

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from writeup.identity.closure import Closure, Code, Untraceable, sources

PART, HELPER, INNER = "package/part.py", "package/helper.py", "package/deep/inner.py"
BASE = {
    "package/__init__.py": "",
    PART: '''
        """A part."""
        import math
        from package import helper
        from package.deep.inner import scale as factor

        RATE = 0.5  # of something

        def train(x, *, seed):
            """Train."""
            total = helper.loss(x) * RATE
            for i in range(seed):
                total += math.sqrt(i) + factor(i)
            return [v for v in (total, STEPS)]

        STEPS = 3
        ''',
    HELPER: '''
        from .deep import inner

        def loss(x):
            """Docstring."""; return _square(x) + inner.OFFSET

        def _square(x):
            text = """one

            two""" if False else ""
            return x * x

        def unused():
            return 1
        ''',
    "package/deep/__init__.py": "",
    INNER: "OFFSET = 1\n\n\ndef scale(i):\n    return 2 * i\n",
}
Close = Callable[..., Closure]


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")


@pytest.fixture
def closure(tmp_path: Path) -> Close:
    """closure(files) -> what package.part:train reaches when these files stand in place of the base's."""
    count = 0

    def build(files: dict[str, str] | None = None) -> Closure:
        nonlocal count
        count += 1
        root = tmp_path / str(count)
        write(root, {**BASE, **(files or {})})
        return Code({"package": root / "package"}).closure("package.part:train")

    return build


def edited(file: str, *changes: tuple[str, str]) -> dict[str, str]:
    text = textwrap.dedent(BASE[file])
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return {file: text}


def test_all_that_is_reached_is_in_the_manifest(closure: Close) -> None:
    assert set(closure().manifest) == {"train", "RATE", "STEPS", "loss", "_square", "OFFSET", "scale"}


HARMLESS = {
    "comment": edited(PART, ("# of something", "# of another thing")),
    "docstring": edited(PART, ('"""Train."""', '"""Train it.\n\n    At length.\n    """')),
    "layout": edited(
        PART,
        (
            "helper.loss(x) * RATE",
            "(\n        helper.loss(\n            x,\n        )\n        * RATE\n    )",
        ),
    ),
    "quotes": edited(HELPER, ('else ""', "else ''")),
    "local renamed": edited(
        PART,
        ("total", "summed"),
        ("i in range", "k in range"),
        ("sqrt(i)", "sqrt(k)"),
        ("factor(i)", "factor(k)"),
    ),
    "variable of a comprehension renamed": edited(PART, ("[v for v in", "[w for w in")),
    "annotation": edited(PART, ("train(x, *, seed):", "train(x: float, *, seed: int) -> list[float]:")),
    "annotated variable": edited(PART, ("total = helper", "total: float = helper")),
    "other function": edited(HELPER, ("return 1", "return 2")),
    "new function": edited(HELPER, ("def unused", "def more():\n    return 3\n\n\ndef unused")),
    "function renamed": edited(HELPER, ("_square", "_power")),
    "constant renamed": edited(PART, ("RATE", "SHARE")),
    "alias renamed": edited(PART, ("as factor", "as times"), ("factor(i)", "times(i)")),
    "import written otherwise": edited(
        PART,
        ("from package import helper", "import package.helper"),
        ("helper.loss(x) *", "package.helper.loss(x) *"),
    ),
    "standard library under another name": edited(
        PART, ("import math", "import math as m"), ("math.sqrt", "m.sqrt")
    ),
    "order of definitions": edited(PART, ("\nSTEPS = 3\n", ""), ("RATE = 0.5", "STEPS = 3\nRATE = 0.5")),
    "imported within the function": edited(
        PART,
        ("from package.deep.inner import scale as factor\n", ""),
        ('"""Train."""', '"""Train."""\n    from package.deep.inner import scale as factor'),
    ),
    "function moved": {
        **edited(
            HELPER,
            (
                "from .deep import inner",
                "from .deep import inner\nfrom package.elsewhere import square as _square",
            ),
            ("def _square(x):", "def old(x):"),
        ),
        "package/elsewhere.py": """
            def square(x):
                text = "one\\n\\n    two" if False else ""
                return x * x
            """,
    },
    "module moved": {
        **edited(PART, ("package.deep.inner", "package.flat")),
        **edited(HELPER, ("from .deep import inner", "from . import flat as inner")),
        "package/flat.py": BASE[INNER],
    },
    "re-exported": {
        **edited(PART, ("package.deep.inner", "package.deep")),
        "package/deep/__init__.py": "from .inner import scale\n",
    },
    "program at the end": edited(
        PART, ("STEPS = 3", 'STEPS = 3\n\nif __name__ == "__main__":\n    print(train(1, seed=2))')
    ),
    "statement that does nothing": edited(
        HELPER, ("    return x * x", "    pass\n    ...\n    return x * x")
    ),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_what_cannot_change_a_result_does_not_count(name: str, closure: Close) -> None:
    assert closure(HARMLESS[name]).digest == closure().digest


HARMFUL = {
    "expression": edited(HELPER, ("x * x", "x * x * x")),
    "code behind a docstring on one line": edited(HELPER, ("_square(x) + inner", "_square(x) - inner")),
    "blank line in a string": edited(HELPER, ("one\n\n", "one\n")),
    "constant": edited(PART, ("RATE = 0.5", "RATE = 0.25")),
    "constant two packages down": edited(INNER, ("OFFSET = 1", "OFFSET = 2")),
    "function behind a relative import": edited(INNER, ("2 * i", "3 * i")),
    "float for int": edited(INNER, ("OFFSET = 1", "OFFSET = 1.0")),
    "another function called": edited(PART, ("math.sqrt", "math.exp")),
    "another local used": edited(PART, ("math.sqrt(i)", "math.sqrt(total)")),
    "default value": edited(PART, ("*, seed)", "*, seed=1)")),
    "parameter renamed, which callers name": edited(PART, ("seed", "number")),
    "decorator": edited(HELPER, ("def loss(x):", "@staticmethod\ndef loss(x):")),
    "constant changed afterwards": edited(PART, ("STEPS = 3", "STEPS = 3\nSTEPS += 1")),
    "constant changed by a statement": edited(PART, ("STEPS = 3", "STEPS = [3]\nSTEPS.append(1)")),
    "patched on import": edited(HELPER, ("def loss", "inner.OFFSET = 5\n\n\ndef loss")),
    "a module that patches is imported": {
        **edited(PART, ("import math", "import math\nimport package.patch")),
        "package/patch.py": "import math\n\nmath.sqrt = math.exp\n",
    },
    "a package that patches on import": {"package/deep/__init__.py": "import math\n\nmath.sqrt = abs\n"},
    "same name from another module": {
        **edited(PART, ("from package.deep.inner import scale", "from package.other import scale")),
        "package/other.py": "def scale(i):\n    return 2 * i + 1\n",
    },
}


@pytest.mark.parametrize("name", HARMFUL)
def test_what_can_change_a_result_counts(name: str, closure: Close) -> None:
    assert closure(HARMFUL[name]).digest != closure().digest


REGISTERED = {
    "package/registry.py": "KNOWN = {}\n\ndef register(f):\n    KNOWN[f.__name__] = f\n    return f\n",
    "package/ways.py": "from package.registry import register\n\n@register\ndef way(x):\n    return 1\n",
    PART: """
        import package.ways
        from package.registry import KNOWN

        def train(x):
            return KNOWN["way"](x)
        """,
}
BRANCHED = """
    try:
        from package.fast import mean
    except ImportError:
        from package.slow import mean

    def train(x):
        return mean(x)
    """
INNER_BRANCHED = """
    def train(x):
        try:
            from package.fast import mean
        except ImportError:
            from package.slow import mean
        return mean(x)
    """
WAYS = {
    "package/fast.py": "def mean(x):\n    return 1\n",
    "package/slow.py": "def mean(x):\n    return 2\n",
}
CHANGED = {  # files, and what of them is changed
    "a function that a decorator registers": (REGISTERED, "package/ways.py"),
    "a class that a decorator registers": (
        REGISTERED | {"package/ways.py": REGISTERED["package/ways.py"].replace("def way(x):", "class way:")},
        "package/ways.py",
    ),
    "an import that is tried": (WAYS | {PART: BRANCHED}, "package/fast.py"),
    "an import in an except branch": (WAYS | {PART: BRANCHED}, "package/slow.py"),
    "an import in an except branch of a function": (WAYS | {PART: INNER_BRANCHED}, "package/slow.py"),
    "an import of one version": (
        WAYS | {PART: BRANCHED.replace("try:", "if True:").replace("except ImportError", "else")},
        "package/slow.py",
    ),
    "an import in a with block": (
        WAYS
        | {PART: "with open(1):\n    from package.slow import mean\n\ndef train(x):\n    return mean(x)\n"},
        "package/slow.py",
    ),
}


@pytest.mark.parametrize("name", CHANGED)
def test_what_another_way_leads_to_counts(name: str, closure: Close) -> None:
    files, changed = CHANGED[name]
    other = files | {changed: files[changed].replace("return 1", "return 3").replace("return 2", "return 4")}
    assert closure(files).digest != closure(other).digest


def test_a_decorated_function_that_nothing_imports_does_not_count(closure: Close) -> None:
    lonely = REGISTERED["package/ways.py"]
    before, after = BASE | REGISTERED, BASE | REGISTERED
    before["package/lonely.py"], after["package/lonely.py"] = lonely, lonely.replace("1", "2")
    assert closure(before).digest == closure(after).digest


@pytest.mark.parametrize("beside", ["code/beside.py", "beside.py", "code/beside/inner.py"])
def test_a_module_beside_the_package_counts(beside: str, tmp_path: Path) -> None:
    module = "beside.inner" if "inner" in beside else "beside"
    part = f"from {module} import f\n\ndef train():\n    return f()\n"
    write(tmp_path, {"code/package/__init__.py": "", "code/package/part.py": part, "tests/test_x.py": ""})

    def digest(value: int) -> str:
        write(tmp_path, {beside: f"def f():\n    return {value}\n"})
        found = Code(sources(tmp_path)).closure("package.part:train")
        assert "f" in found.manifest
        return found.digest

    assert digest(1) != digest(2)


ENGINE = {
    "writeup/__init__.py": "",
    "writeup/runs/__init__.py": "",
    "writeup/runs/record.py": "from writeup.said import say\n\ndef run(f):\n    say(1)\n    return f()\n",
    "writeup/said.py": "def say(text):\n    print(text)\n",
}


@pytest.mark.parametrize(
    ("file", "old", "new", "same"),
    [
        ("writeup/said.py", "print(text)", "print(text, flush=True)", True),
        ("writeup/said.py", "def say", "PATCHED = print('!')\n\n\ndef say", True),
        ("writeup/runs/record.py", "return f()", "return 2 * f()", False),
    ],
)
def test_of_the_engine_only_what_makes_a_record_counts(
    file: str, old: str, new: str, same: bool, tmp_path: Path
) -> None:
    def closure() -> Closure:
        code = Code({"writeup": tmp_path / "writeup"})
        return code.closure("writeup.runs.record:run", recording=True)

    write(tmp_path, ENGINE)
    before = closure()
    assert set(before.manifest) == {"run"}
    write(tmp_path, {file: ENGINE[file].replace(old, new)})
    assert (closure().digest == before.digest) is same


def test_a_part_of_the_engine_that_is_renamed_does_not_count(tmp_path: Path) -> None:
    found = []
    for name in ("say", "tell"):
        write(tmp_path, {file: text.replace("say", name) for file, text in ENGINE.items()})
        code = Code({"writeup": tmp_path / "writeup"})
        found.append(code.closure("writeup.runs.record:run", recording=True).digest)
    assert found[0] == found[1]


def test_the_packages_of_others_are_those_that_are_used(closure: Close) -> None:
    text = """
        import math
        import unused
        import numpy as np
        from PIL import Image

        def train(x):
            import scipy.special

            return np.mean(x), Image.open(x), math.pi, scipy.special.expit(x)
        """
    assert closure({PART: text}).packages == {"numpy", "PIL", "scipy"}


def test_which_of_two_equal_names_is_called_counts(closure: Close) -> None:
    """The same forms under the same names, called the other way round."""
    files = {
        "package/a.py": "def f():\n    return 1\n",
        "package/b.py": "def f():\n    return 2\n",
        PART: "from package import a, b\n\ndef train():\n    return a.f() - b.f()\n",
    }
    exchanged = files | {PART: "from package import a, b\n\ndef train():\n    return b.f() - a.f()\n"}
    assert closure(files).digest != closure(exchanged).digest
    moved = files | {  # and no more than that: one of them in another file
        "package/c.py": files["package/b.py"],
        PART: "from package import a\nfrom package import c as b\n\ndef train():\n    return a.f() - b.f()\n",
    }
    assert closure(files).digest == closure(moved).digest


REFUSED = {
    "eval": ("def train():\n    return eval('1')\n", r"eval\(\) cannot be followed"),
    "globals": ("def train():\n    return globals()['x']\n", r"globals\(\) cannot be followed"),
    "import by name": ("def train(n):\n    return __import__(n)\n", "cannot be followed"),
    "importlib": (
        "import importlib\n\ndef train(n):\n    return importlib.import_module(n)\n",
        "import_module, which cannot be followed",
    ),
    "unknown name": ("def train():\n    return nothing\n", "'nothing' cannot be resolved"),
    "module as a value": (
        "from package import helper\n\ndef train(n):\n    return getattr(helper, n)\n",
        "uses the module package.helper as a value",
    ),
    "unknown definition": (
        "from package import helper\n\ndef train():\n    return helper.nothing()\n",
        "not defined there",
    ),
    "star": (
        "from package.helper import *\n\ndef train():\n    return loss(1)\n",
        "'loss' cannot be resolved",
    ),
    "file": ("def train():\n    return open(__file__)\n", "__file__ is used"),
    "syntax": ("def train(:\n", r"part\.py:1"),
    "imported and assigned": (
        "from package.helper import loss\nloss = 3\n\ndef train():\n    return loss\n",
        "imported and assigned",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_followed_is_an_error_of_one_line(name: str, closure: Close) -> None:
    text, message = REFUSED[name]
    with pytest.raises(Untraceable, match=message) as raised:
        closure({PART: text})
    assert "\n" not in str(raised.value)


def reading(name: str) -> dict[str, str]:
    """A part that reads what lies beside it under a name."""
    return {
        PART: f"""
            from package.files import beside

            def train():
                return beside(__file__, '{name}')
            """,
        "package/files.py": "def beside(file, name):\n    return name\n",
    }


def test_a_file_beside_the_module_counts_by_its_content(closure: Close) -> None:
    files = reading("numbers.toml") | {"package/numbers.toml": "a = 1\n"}
    before = closure(files)
    assert "numbers.toml" in before.manifest
    assert closure(files | {"package/numbers.toml": "a = 2\n"}).digest != before.digest


def test_of_a_folder_what_tools_leave_there_does_not_count(closure: Close) -> None:
    files = reading("laid") | {"package/laid/.hidden/a.toml": "a = 1\n"}
    before = closure(files).digest
    left = ("__pycache__/a.pyc", ".ruff_cache/0/a", ".hidden/.mypy_cache/a")
    assert closure(files | {f"package/laid/{name}": "" for name in left}).digest == before
    assert closure(files | {"package/laid/.hidden/b.toml": ""}).digest != before
