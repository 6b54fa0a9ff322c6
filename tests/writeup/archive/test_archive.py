"""A report archived and handed to somebody who has this program alone: another folder, another home."""

import io
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pypdfium2
import pypdfium2.raw as raw
import pytest
from jsonschema import Draft7Validator
from tests.conftest import edit
from tests.writeup.conftest import Project

from evidence import pdfs
from writeup.archive import again, checking, contents, crate, pack
from writeup.cli import standalone
from writeup.errors import UserError

Files = dict[str, bytes]


@pytest.fixture(scope="module")
def made(built: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive of the project that `init` lays down."""
    path = tmp_path_factory.mktemp("archive") / "mine.zip"
    done = built.run("make", "archive", f"PY={sys.executable}", f"ARGS={path}")
    assert done.returncode == 0 and done.stdout.splitlines()[-1].startswith(f"{path}: "), done.stderr
    (note,) = done.stderr.splitlines()
    assert note.startswith('note: templates/assignment.toml still says course = "Your course", author = ')
    return path


@pytest.fixture
def files(made: Path) -> Files:
    return pack.unpacked(made)


def elsewhere(built: Project, folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """`python -m writeup verify` as another person types it, in another folder, with another home."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    environ = built.environ | {"HOME": str(home), "WRITEUP_CACHE": str(home / "cache")}
    command = [sys.executable, "-m", "writeup", "verify", *words]
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True)


def sealed(files: Files, **changes: bytes | None) -> Files:
    """The files with some changed, and the checksums of whoever changed them; None takes a file away."""
    now = {name: data for name, data in {**files, **changes}.items() if data is not None}
    about = json.loads(now.pop(crate.FILE))
    del now[contents.SUMS]
    kept = [one for one in about["@graph"] if one["@type"] != "File" or one["@id"] in now]
    for one in kept:
        if one["@type"] == "File":
            one["sha256"] = contents.digest(now[one["@id"]])
    now[crate.FILE] = json.dumps({**about, "@graph": kept}).encode()
    return now | {contents.SUMS: contents.sums(now)}


def test_who_has_the_program_alone_verifies_renders_and_recomputes(
    built: Project, files: Files, tmp_path: Path
) -> None:
    """The code in the archive leaves a trace, to see that it runs only for who asks for that."""
    trace = f'open(r"{tmp_path}/ran", "w").close()\n'.encode()
    (tmp_path / "a.zip").write_bytes(pack.packed(sealed(files, **{"build.py": trace + files["build.py"]})))
    done = elsewhere(built, tmp_path, "a.zip")
    assert done.returncode == 0 and done.stderr == ""
    first, second, third, last = done.stdout.splitlines()
    assert first.endswith("each with its checksum; none is missing, none is extra")
    results = sum(name.endswith("/result.json") for name in files)
    assert second == f"  {results} recorded results, sealed and whole" and results >= 10
    assert third.endswith("the engine it asks for is the one here")
    assert last.startswith(
        "  not rendered again: report.pdf and report.html; --render does it, and runs the code"
    )
    assert not (tmp_path / "ran").exists()
    done = elsewhere(built, tmp_path, "a.zip", "--render", "descent/1")
    assert done.returncode == 0 and (tmp_path / "ran").exists(), done.stderr
    said = done.stdout.splitlines()
    assert said[:4] == [first, second, third, "  now the code in the archive is run"]
    assert said[4:7] == [
        f"  report/report.{name}: rendered again, the same to the byte" for name in ("pdf", "html", "md")
    ]
    assert "descent seed 1: 1 of 1 numbers are bit-identical" in done.stdout


def test_the_same_tree_gives_the_same_bytes(built: Project, made: Path, tmp_path: Path) -> None:
    done = built.build("archive", str(tmp_path / "other.zip"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "other.zip").read_bytes() == made.read_bytes()


def test_it_holds_what_the_report_is_made_of(files: Files) -> None:
    for name in ("build.py", "templates/report.tex.j2", "code/study/report.py", "report/report.pdf"):
        assert name in files
    assert sum(name.endswith("/result.json") for name in files) >= 10
    assert not [name for name in files if "__pycache__" in name or "/." in f"/{name}"]
    assert b"typst==" in files["versions.txt"]


def test_the_crate_describes_every_file_and_run(files: Files) -> None:
    graph = {one["@id"]: one for one in json.loads(files[crate.FILE])["@graph"]}
    assert graph[crate.FILE]["conformsTo"]["@id"].startswith("https://w3id.org/ro/crate/")
    parts = {one["@id"] for one in graph["./"]["hasPart"]}
    assert files.keys() - {crate.FILE, contents.SUMS} <= parts
    recorded = json.loads(files["report/results/descent/seed-0/result.json"])
    run = graph["report/results/descent/seed-0/"]
    assert run["identifier"] == recorded["provenance"]["fingerprint"]
    assert (
        graph["./"]["name"] == "A penalty on the weights" and graph["#data-points"]["sha256"] == "generated"
    )


def test_rocrate_reads_what_it_is(files: Files, tmp_path: Path) -> None:
    from rocrate.rocrate import ROCrate

    for name, data in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    read = ROCrate(tmp_path)
    assert read.name == "A penalty on the weights" and read.get("report/report.pdf").type == "File"


def test_sha256sum_checks_it(files: Files, tmp_path: Path) -> None:
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0 and done.stdout.count(": OK") == len(files) - 1


def test_a_project_without_a_citation_gets_a_valid_one(files: Files) -> None:
    import check_jsonschema
    from ruamel.yaml import YAML

    vendor = Path(check_jsonschema.__file__).parent / "builtin_schemas" / "vendor"
    schema = json.loads((vendor / "citation-file-format.json").read_text(encoding="utf-8"))
    found = YAML(typ="safe").load(files["CITATION.cff"].decode())
    assert list(Draft7Validator(schema).iter_errors(found)) == []
    assert found["authors"] == [{"name": "Your name"}] and found["title"] == "A penalty on the weights"


def refused(path: Path, files: Files) -> str:
    path.write_bytes(pack.packed(files))
    with pytest.raises(UserError) as error:
        checking.results(checking.read(path))
    (line,) = str(error.value).splitlines()
    return line.removeprefix(f"{path}: ")


RESULT = "report/results/descent/seed-0/result.json"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: f | {"build.py": b"x"}, "build.py is altered (sha256 "),
        (lambda f: {n: d for n, d in f.items() if n != "build.py"}, "build.py is missing, which SHA256SUMS"),
        (lambda f: f | {"more.txt": b""}, "more.txt is there and SHA256SUMS does not list it"),
        (lambda f: {n: d for n, d in f.items() if n != "SHA256SUMS"}, "SHA256SUMS is missing"),
        (lambda f: f | {"SHA256SUMS": b"nonsense\n"}, "SHA256SUMS:1: no checksum"),
        (
            lambda f: (
                (g := {**f, "build.py": b"x"})
                | {"SHA256SUMS": contents.sums({n: g[n] for n in g if n != "SHA256SUMS"})}
            ),
            "ro-crate-metadata.json and SHA256SUMS do not agree on build.py",
        ),
        (
            lambda f: sealed(f, **{RESULT: f[RESULT].replace(b'"seed": 0', b'"seed": 7')}),
            f"{RESULT}: altered since",
        ),
        (
            lambda f: sealed(f, **{RESULT: f[RESULT.replace("seed-0", "seed-1")]}),
            "report/results/descent/seed-0/",
        ),
        (lambda f: sealed(f) | {}, ""),
    ],
)
def test_what_does_not_belong_together_is_named(
    change: Callable[[Files], Files], said: str, files: Files, tmp_path: Path
) -> None:
    if not said:  # what the others are compared with: sealed again as it was, it passes
        (tmp_path / "a.zip").write_bytes(pack.packed(change(files)))
        assert checking.results(checking.read(tmp_path / "a.zip"))
        return
    assert refused(tmp_path / "a.zip", change(files)).startswith(said)


def test_a_file_that_belongs_to_no_result_is_named(files: Files, tmp_path: Path) -> None:
    about = json.loads(files[crate.FILE])
    name = "report/results/descent/seed-0/more.csv"
    about["@graph"].append({"@id": name, "@type": "File"})
    more = sealed(files | {crate.FILE: json.dumps(about).encode(), name: b"a\n1\n"})
    assert refused(tmp_path / "a.zip", more) == f"{name} belongs to no recorded result"


def altered(value: object, chance: random.Random) -> object:
    """A JSON value with something of it taken away or made another type."""
    if isinstance(value, dict) and value and chance.random() < 0.9:
        name = chance.choice(sorted(value))
        kept = {one: value[one] for one in value if one != name}
        return kept if chance.random() < 0.3 else {**kept, name: altered(value[name], chance)}
    if isinstance(value, list) and value and chance.random() < 0.9:
        place = chance.randrange(len(value))
        return [*value[:place], altered(value[place], chance), *value[place + 1 :]]
    return chance.choice([None, 3, [], {}, "../../x", ["x"]])


def test_whatever_the_crate_says_the_answer_is_one_line(files: Files) -> None:
    chance, said = random.Random(0), set()
    for _ in range(400):
        about = json.dumps(altered(json.loads(files[crate.FILE]), chance)).encode()
        try:
            crate.read(about)
        except UserError as error:
            said.add(str(error))
    assert len(said) > 5 and not any("\n" in line for line in said)


def rendered(monkeypatch: pytest.MonkeyPatch, files: Files, shown: Files, path: Path) -> list[str]:
    """What is said of an archive that shows `shown` where its project renders what `files` show."""

    def build(folder: Path, words: list[str], *, quiet: bool) -> None:
        for suffix in contents.MADE:
            (folder / f"report/report{suffix}").write_bytes(files[f"report/report{suffix}"])

    monkeypatch.setattr(again, "_build", build)
    path.write_bytes(pack.packed(sealed(files, **shown)))
    return again.render(checking.read(path))


def inked(pdf: bytes) -> bytes:
    """The PDF with a black square on its last page, and no other words."""
    document = pypdfium2.PdfDocument(pdf)
    page = document[len(document) - 1]
    square = raw.FPDFPageObj_CreateNewRect(100, 100, 20, 20)
    raw.FPDFPageObj_SetFillColor(square, 0, 0, 0, 255)
    raw.FPDFPath_SetDrawMode(square, raw.FPDF_FILLMODE_WINDING, False)
    raw.FPDFPage_InsertObject(page.raw, square)
    page.gen_content()
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def shortened(pdf: bytes) -> bytes:
    """The PDF without its last page."""
    document = pypdfium2.PdfDocument(pdf)
    del document[len(document) - 1]
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("md", lambda data: data.replace(b"error", b"terror", 1), "'terror'"),
        ("html", lambda data: data.replace(b"penalty", b"bounty", 1), "has become"),
        ("html", lambda data: data.rpartition(b"</main>")[0], "words, and"),
        ("pdf", inked, "looks different"),
        ("pdf", shortened, "pages, and"),
    ],
)
def test_a_page_that_its_results_do_not_give_is_found_by_rendering(
    name: str,
    change: Callable[[bytes], bytes],
    said: str,
    files: Files,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever changes a page and all checksums is found by this alone."""
    page = f"report/report.{name}"
    with pytest.raises(UserError) as error:
        rendered(monkeypatch, files, {page: change(files[page])}, tmp_path / "a.zip")
    assert f"{page} is not what its results and templates render to: " in str(error.value)
    assert said in str(error.value)


def test_a_pdf_of_other_bytes_that_looks_the_same_passes_and_says_so(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = pdfs.saved_again(files["report/report.pdf"])
    assert other != files["report/report.pdf"]
    first, *_ = rendered(monkeypatch, files, {"report/report.pdf": other}, tmp_path / "a.zip")
    assert "the same text and, to the eye, pages; other bytes; with the same versions" in first


def test_other_versions_are_named(files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        contents, "versions", lambda: checking.read(tmp_path / "a.zip").about.versions | {"typst": "0.1"}
    )
    page = {"report/report.md": b"other"}
    with pytest.raises(UserError, match=r"here typst 0\.1 \(there "):
        rendered(monkeypatch, files, page, tmp_path / "a.zip")


def test_what_is_stale_or_not_committed_is_refused_or_said(built: Project, tmp_path: Path) -> None:
    shutil.copytree(built.root, tmp_path / "copy")
    copy = replace(built, root=tmp_path / "copy")
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "-A"], [*who, "commit", "-qm", "a"]):
        assert copy.run("git", *words).returncode == 0
    assert not contents.commit(copy.root).endswith("+")
    (copy.root / "templates" / "new.tex.j2").write_text("")
    assert contents.commit(copy.root).endswith("+")

    edit(
        copy.root / "code" / "study" / "experiment.py", "np.mean((y - x @ w) ** 2)", "np.mean(abs(y - x @ w))"
    )
    done = copy.build("archive")
    (line,) = done.stderr.splitlines()
    assert done.returncode == 1 and "cannot be archived: definitions.loss: changed" in line
    assert not (copy.root / "report" / "report.zip").exists()
    done = copy.build("archive", "--allow-stale")
    assert done.returncode == 0, done.stderr
    assert "note: stale results are in it, marked: descent, descent_penalty" in done.stderr
    assert "note: changes that are not committed are in it" in done.stderr
    files = checking.read(copy.root / "report" / "report.zip").files
    about = {one["@id"]: one for one in json.loads(files[crate.FILE])["@graph"]}["./"]
    assert about["version"].endswith("+") and "changes that are not committed" in about["description"]
    assert "Stale, and marked so on the page: descent, descent_penalty" in about["description"]

    os.symlink("/etc/hostname", copy.root / "templates" / "host.txt")
    done = copy.build("archive", "--allow-stale")
    (line,) = done.stderr.splitlines()
    assert done.returncode == 1 and "host.txt: a link" in line


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["verify"], 2, "error: the following arguments are required: FILE"),
        (["verify", "none.zip"], 1, "error: none.zip: No such file or directory"),
        (["verify", "a.zip", "--nope"], 2, "error: unrecognized arguments: --nope; see: writeup"),
    ],
)
def test_a_slip_is_one_line(
    words: list[str], status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert standalone.main(words) == status
    out, err = capsys.readouterr()
    assert out == "" and err.startswith(said) and err.count("\n") == 1


def test_of_hidden_files_only_those_of_a_project_are_packed(tmp_path: Path) -> None:
    """What a record's identity counts (a starter's workflow) has to be there where it is rendered again."""
    kept = ("a.py", "starter/.github/workflows/report.yml", "starter/.gitignore")
    left = (".env", "starter/.ruff_cache/0/a", "b.egg-info/PKG-INFO", "__pycache__/a.pyc", "starter/.netrc")
    for name in (*kept, *left):
        path = tmp_path / "code" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    found = [path.relative_to(tmp_path / "code").as_posix() for path in contents.project(tmp_path)]
    assert sorted(found) == sorted(kept)
