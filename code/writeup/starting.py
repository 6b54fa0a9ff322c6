"""`writeup init FOLDER`: a small complete report to start from, or one around a script that is there.

It carries the engine's wheel, so that it builds wherever pip finds the libraries; a line of its Makefile says
where the engine comes from.
"""

import ast
import base64
import contextlib
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path
from string import Template

from writeup.errors import UserError
from writeup.files import beside, read_text

ENGINE = "writeup"  # the distribution and its package
STARTER = beside(__file__, "starter")
COMMON = "*", ".github/workflows/*", ".vscode/*", "code/study/__init__.py", "templates/assignment.toml"
EXAMPLE = "code/study/*.py", "templates/*", "tests/*.py"
AROUND = {"report.py.txt": "code/study/report.py", "report.tex.j2": "templates/report.tex.j2"}  # of a script
SEEDS = 5  # runs that are proposed
OUTS = re.compile(r"(out|output|save|log|results?)(_?(dir|path|file|folder))?")
RESULTS = ".json", ".jsonl", ".csv"
SHOWN = ".github", ".gitignore", ".vscode", ".pre-commit-config.yaml"  # hidden files that belong to it
UNKNOWN = "WRITEUP ?= writeup"  # the Makefile's line that says what pip installs as the engine
WHEEL = "Wheel-Version: 1.0\nGenerator: writeup\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def init(folder: Path, script: Path | None = None) -> tuple[list[str], list[str]]:
    """Lay down the starter in `folder`; the names of its files, and of those that were there and stay.

    script: a Python script below `folder`, of which a part is proposed in place of the example. What cannot
    be finished is taken away again.
    """
    patterns = COMMON if script else (*COMMON, *EXAMPLE)
    files = sorted({path for pattern in patterns for path in STARTER.glob(pattern) if path.is_file()})
    contents = {str(path.relative_to(STARTER)): path.read_bytes() for path in files}
    if script:
        known = {name: (STARTER / "script" / name).read_text(encoding="utf-8") for name in AROUND}
        values = proposed(script, folder)
        del contents["README.md"]  # it describes the example, and so does the title
        title = contents["templates/assignment.toml"].replace(b"A penalty on the weights", b"Your title")
        contents["templates/assignment.toml"] = title
        contents |= {AROUND[n]: Template(text).safe_substitute(values).encode() for n, text in known.items()}
    name, content = wheel()
    contents[f"wheels/{name}"] = content
    contents["Makefile"] = contents["Makefile"].replace(
        UNKNOWN.encode(), f"WRITEUP ?= wheels/{name}".encode()
    )
    new: list[str] = []
    try:
        kept = [name for name in contents if (folder / name).exists()]
        new = [name for name in contents if name not in kept]
        for name in new:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(contents[name])
    except OSError as error:
        _take_away(folder, new)
        raise UserError(f"{error.filename or folder}: {error.strerror or error}") from None
    return new, kept


def _take_away(folder: Path, names: Sequence[str]) -> None:
    """Remove these files and the folders that are empty without them."""
    for name in names:
        with contextlib.suppress(OSError):
            (folder / name).unlink(missing_ok=True)
            for above in (folder / name).relative_to(folder).parents:
                (folder / above).rmdir()


def proposed(script: Path, root: Path) -> dict[str, str]:
    """What a script seems to take, read and write, as the declaration says it: from its own text alone."""
    try:
        inside = script.resolve().relative_to(root.resolve()).as_posix()
        tree = ast.parse(read_text(script), script)
    except ValueError:
        raise UserError(f"{script} is not below {root}; init the folder that it lies in") from None
    words, settings = ["python", inside], dict[str, object]()
    for flag, default in _options(tree):
        name = flag.lstrip("-").replace("-", "_")
        if "seed" in name:
            words += [flag, "{seed}"]
        elif OUTS.fullmatch(name):
            file = Path(default).name if isinstance(default, str) and default.endswith(RESULTS) else ""
            words += [flag, f"{{out}}/{file}".removesuffix("/")]
        elif isinstance(default, int | float) and not isinstance(default, bool):
            settings[name] = default
            words += [flag, f"{{{name}}}"]
    texts = [
        one.value for one in ast.walk(tree) if isinstance(one, ast.Constant) and isinstance(one.value, str)
    ]
    files = list(dict.fromkeys(text for text in texts if text.endswith(RESULTS)))
    read = [text for text in files if text[:1] != "/" and (root / text).is_file()]
    written = [Path(text).name for text in files if text not in read] or ["metrics.json"]
    tops = dict.fromkeys(top for one in ast.walk(tree) for top in _imported(one))
    read += [f"{top}.py" for top in tops if (script.parent / f"{top}.py").is_file()]
    read += [f"{top}/**/*.py" for top in tops if (script.parent / top).is_dir()]
    seeds = SEEDS if "{seed}" in words else 1
    lists = {"reads": read, "results": list(dict.fromkeys(written)), "settings": settings, "seeds": seeds}
    shown = {name: json.dumps(value) for name, value in lists.items()}
    return {"command": " ".join(words), "name": re.sub(r"\W", "_", script.stem), **shown}


def _options(tree: ast.AST) -> Iterator[tuple[str, object]]:
    """The options that argparse is told of, each with its default."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "add_argument":
            flags = [one.value for one in call.args if isinstance(one, ast.Constant)]
            given = {one.arg: one.value for one in call.keywords}
            default = given.get("default")
            if long := next((str(flag) for flag in flags if str(flag).startswith("--")), ""):
                yield long, default.value if isinstance(default, ast.Constant) else None


def _imported(node: ast.AST) -> list[str]:
    names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
    names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
    return [name.partition(".")[0] for name in names if name]


def wheel() -> tuple[str, bytes]:
    """Name and content of the engine's wheel, rebuilt from what is installed. The same files, the same bytes.

    Its files are those that the installation's RECORD lists; of an editable installation, whose RECORD lists
    none of them, those of the package's folder. UserError where the engine is not installed.
    """
    # Beside its sources setuptools leaves an egg-info, which names the engine and is no installation.
    found = (one for one in metadata.distributions(name=ENGINE) if one.read_text("METADATA"))
    installed = next(found, None)
    if installed is None:
        raise UserError(
            "the engine is not installed for this Python: install it with pip, then say init again"
        )
    folder = Path(__file__).parent
    listed = [str(path) for path in installed.files or () if path.parts[0] == ENGINE]
    names = [name.partition("/")[2] for name in listed] or [
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    ]
    contents = {f"{ENGINE}/{name}": (folder / name).read_bytes() for name in names if _belongs(name)}
    stem = f"{ENGINE}-{installed.version}"
    about = f"{stem}.dist-info"
    texts = {name: installed.read_text(name) for name in ("METADATA", "entry_points.txt", "licenses/LICENSE")}
    told = {"WHEEL": WHEEL} | {name: text for name, text in texts.items() if text}
    contents |= {f"{about}/{name}": text.encode() for name, text in told.items()}
    lines = [f"{name},sha256={_digest(content)},{len(content)}" for name, content in sorted(contents.items())]
    contents[f"{about}/RECORD"] = "".join(f"{line}\n" for line in [*lines, f"{about}/RECORD,,"]).encode()
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in contents.items():
            entry = zipfile.ZipInfo(name)  # dated 1980
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return f"{stem}-py3-none-any.whl", made.getvalue()


def _belongs(name: str) -> bool:
    """Whether a file is the package's own, and no cache of a tool."""
    hidden = any(part.startswith(".") and part not in SHOWN for part in name.split("/"))
    return not (hidden or "__pycache__" in name)


def _digest(content: bytes) -> str:
    """As a RECORD has it (PEP 376)."""
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
