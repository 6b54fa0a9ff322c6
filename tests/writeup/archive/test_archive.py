"""A report archived and handed to somebody who has this program alone: another folder, another home."""

import contextlib
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
from writeup.results import store
from writeup.runs import record

Files = dict[str, bytes]


@pytest.fixture(scope="module")
def made(built: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive of the project that `init` lays down."""
    path = tmp_path_factory.mktemp("archive") / "mine.zip"
    done = built.run("make", "archive", f"PY={sys.executable}", f"ARGS={path}")
    assert done.returncode == 0 and f"\n{path}: " in done.stdout, done.stderr
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
    about = json.loads(now[crate.FILE])
    del now[contents.SUMS]
    kept = [one for one in about["@graph"] if one["@type"] != "File" or one["@id"] in now]
    now[crate.FILE] = json.dumps({**about, "@graph": kept}).encode()
    return now | {contents.SUMS: contents.sums(now)}


@pytest.mark.long
def test_who_has_the_program_alone_verifies_renders_and_recomputes(
    built: Project, files: Files, tmp_path: Path
) -> None:
    """The archive's code leaves a trace where it may, to see that it runs only for who asks for that; its
    build.py, which says what a liar wants to hear, is never run.
    """
    lying = b"print('  report/report.pdf: rendered again, the same to the byte')\n"
    trace = f'open(r"{tmp_path}/ran", "w").close()\n'.encode()
    declared = b"import contextlib\nwith contextlib.suppress(OSError):\n    " + trace
    name = "code/study/report.py"
    changes = {"build.py": lying + trace, name: declared + files[name]}
    (tmp_path / "a.zip").write_bytes(pack.packed(sealed(files, **changes)))
    done = elsewhere(built, tmp_path, "a.zip")
    assert done.returncode == 0 and done.stderr == ""
    first, second, third, last = done.stdout.splitlines()
    assert first.endswith("each with its checksum; none is missing, none is extra")
    results = sum(name.endswith("/result.json") for name in files)
    assert second == f"  {results} recorded results, sealed and whole" and results >= 10
    assert third.endswith("the engine it asks for is the one here")
    assert last == (
        "  not rendered again: report.pdf and report.html and report.md; --render does it, "
        "and runs code of the archive"
    )
    assert not (tmp_path / "ran").exists()
    done = elsewhere(built, tmp_path, "a.zip", "--render", "descent/1")
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    assert said[:3] == [first, second, third]
    assert said[3].startswith("  its declaration and page functions ran in a process of their own, ")
    assert said[4:7] == [
        f"  report/report.{name}: rendered again, the same to the byte" for name in ("pdf", "html", "md")
    ]
    assert said[7].startswith("  descent seed 1 was computed by the archive's code, ")
    assert said[8].startswith("  descent seed 1: 1 of 1 numbers are bit-identical; weights, ")
    if "without network" in said[3]:
        assert not (tmp_path / "ran").exists()


def test_a_forged_report_and_a_forged_number_are_found(built: Project, files: Files, tmp_path: Path) -> None:
    """Forged with all checksums, by a page that is no page of its results and a result that no run gave."""
    page = files["report/report.md"].replace(b"error", b"terror", 1)
    (tmp_path / "a.zip").write_bytes(pack.packed(sealed(files, **{"report/report.md": page})))
    done = elsewhere(built, tmp_path, "a.zip", "--render")
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert "report/report.md: not what its results and templates render to: " in done.stderr
    (folder := tmp_path / "descent" / "seed-1").mkdir(parents=True)
    for name in (one for one in files if one.startswith("report/results/descent/seed-1/")):
        (folder / name.rpartition("/")[2]).write_bytes(files[name])
    result = store.load(folder)
    record.save(replace(result, scalars={"error": result.scalars["error"] + 1e-9}), folder)
    changed = (folder / store.FILE).read_bytes()
    (tmp_path / "b.zip").write_bytes(pack.packed(sealed(files, **{RESULT.replace("0/", "1/"): changed})))
    done = elsewhere(built, tmp_path, "b.zip", "descent/1")
    assert done.returncode == 1 and "not as recorded: descent seed 1: error is recorded as" in done.stderr


def test_the_same_tree_gives_the_same_bytes(built: Project, made: Path, tmp_path: Path) -> None:
    done = built.build("archive", "--quick", str(tmp_path / "other.zip"))
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


@pytest.mark.parametrize("name", ["FIFO", "/dev/zero", "link"])
def test_pipes_devices_and_links_are_not_opened(name: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "FIFO")
    (tmp_path / "link").symlink_to("/dev/zero")
    with pytest.raises(UserError, match="no plain file but a folder, a link, a pipe or a device"):
        checking.checked(tmp_path / name, tmp_path / "laid")


def test_what_an_archive_says_is_printed_as_text(files: Files, tmp_path: Path) -> None:
    """A commit with line breaks and what a terminal would obey."""
    about = json.loads(files[crate.FILE])
    root = next(one for one in about["@graph"] if one["@id"] == "./")
    root["version"] = "a\n  report/report.pdf: rendered again, the same to the byte\x1b[2J"
    forged = sealed(files | {crate.FILE: json.dumps(about).encode()})
    (tmp_path / "a.zip").write_bytes(pack.packed(forged))
    with contextlib.redirect_stdout(io.StringIO()) as said:
        assert standalone.main(["verify", str(tmp_path / "a.zip")]) == 0
    third = said.getvalue().splitlines()[2]
    assert len(said.getvalue().splitlines()) == 4 and third.startswith("  of commit a report/report.pdf: ")
    assert "\x1b" not in said.getvalue() and r"\x1b[2J" in third


def refused(path: Path, files: Files) -> str:
    path.write_bytes(pack.packed(files))
    with pytest.raises(UserError) as error:
        checking.checked(path, path.parent / "laid")
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
        laid, _ = checking.checked(tmp_path / "a.zip", tmp_path / "laid")
        assert laid.forms == ("report/report.pdf", "report/report.html", "report/report.md")
        return
    assert refused(tmp_path / "a.zip", change(files)).startswith(said)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("report/results/descent/seed-0/more.csv", "belongs to no recorded result"),
        ("forged.PDF", "and should hold one report as .pdf, .html, .md"),
        (".answer", "is hidden, and no file of a project"),
    ],
)
def test_a_file_that_belongs_nowhere_is_named(name: str, said: str, files: Files, tmp_path: Path) -> None:
    assert said in refused(tmp_path / "a.zip", sealed(files, **{name: b"a\n1\n"}))


def test_no_form_of_the_report_is_left_out_of_the_comparison(files: Files, tmp_path: Path) -> None:
    less = sealed(files, **{"report/report.pdf": None})
    (tmp_path / "a.zip").write_bytes(pack.packed(less))
    laid, _ = checking.checked(tmp_path / "a.zip", tmp_path / "laid")
    with pytest.raises(UserError, match=r"is here as \.html, \.md, declared as \.pdf, \.html, \.md"):
        again.render(laid)
    none = sealed(files, **dict.fromkeys(laid.forms), **{"report/report.pdf": None})
    assert "holds no page, and should hold one report as .pdf, .html, .md" in refused(
        tmp_path / "b.zip", none
    )


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
        ("pdf", inked, "page "),
        ("pdf", shortened, "missing: "),
    ],
)
def test_a_page_that_its_results_do_not_give_is_found_by_rendering(
    name: str, change: Callable[[bytes], bytes], said: str, files: Files, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match="not what its results and templates render to: ") as error:
        compare(f"report.{name}", files, change, tmp_path)
    assert said in str(error.value)


def compare(name: str, files: Files, change: Callable[[bytes], bytes], folder: Path, **versions: str) -> str:
    """What is said of a form that was changed beside the one that was rendered."""
    data = files[f"report/{name}"]
    for path, content in ((folder / name, change(data)), (folder / "now" / name, data)):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    return again.compared(folder / name, folder / "now" / name, contents.versions() | versions)


def test_a_pdf_of_other_bytes_that_looks_the_same_passes_and_says_so(files: Files, tmp_path: Path) -> None:
    said = compare("report.pdf", files, pdfs.saved_again, tmp_path)
    assert "the same text and, to the eye, pages; other bytes; with the same versions" in said


def test_other_versions_are_named_and_may_change_what_nobody_reads(files: Files, tmp_path: Path) -> None:
    def scripted(data: bytes) -> bytes:
        return data.replace(b"</body>", b"<script>1</script></body>")

    said = compare("report.html", files, scripted, tmp_path, typst="0.1")
    here = contents.versions()["typst"]
    assert said == f"rendered again, the same text; other bytes; here typst {here} (there 0.1)"
    with pytest.raises(UserError, match="what a reader does not see differs; with the same versions"):
        compare("report.html", files, scripted, tmp_path)


def test_a_pdf_that_is_none_is_one_line(files: Files, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no page can be read"):
        compare("report.pdf", files, lambda data: b"%PDF-1.7 broken", tmp_path)


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
    done = copy.build("archive", "--quick")
    (line,) = done.stderr.splitlines()
    assert done.returncode == 1 and "cannot be archived: definitions.loss: changed" in line
    assert not (copy.root / "report" / "report.zip").exists()
    done = copy.build("archive", "--quick", "--allow-stale")
    assert done.returncode == 0, done.stderr
    assert "note: stale results are in it, marked: descent, descent_penalty" in done.stderr
    assert "note: changes that are not committed are in it" in done.stderr
    files = pack.unpacked(copy.root / "report" / "report.zip")
    about = {one["@id"]: one for one in json.loads(files[crate.FILE])["@graph"]}["./"]
    assert about["version"].endswith("+") and "changes that are not committed" in about["description"]
    assert "Stale, and marked so on the page: descent, descent_penalty" in about["description"]

    os.symlink("/etc/hostname", copy.root / "templates" / "host.txt")
    done = copy.build("archive", "--quick", "--allow-stale")
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
