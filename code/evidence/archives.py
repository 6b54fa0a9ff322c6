"""Archives that mean harm, each verified by `writeup verify` as somebody else would type it.

One stood if its answer is one line (or what an honest archive gets, where only code that nobody asked for is
bad), within the bounds of time and memory, if nothing outside its folder was written or read, nothing reached
the network and no forged page or number was called right.
"""

import contextlib
import io
import json
import os
import random
import re
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from evidence.homework import report
from evidence.settings import Archives, train
from evidence.trials import Trial, failures, stood, told
from writeup.archive import contents, crate, pack
from writeup.declare import resolve
from writeup.errors import UserError
from writeup.results import store
from writeup.runs.record import Findings, Trained

__all__ = "evaluate", "train"
Files = Mapping[str, bytes]
RESULT = "report/results/descent/seed-0/result.json"
DECLARATION, PAGE = "code/study/report.py", "code/study/page.py"
ASKED = "--render"
# Seconds and bytes: the bounds, and what the process that waits takes besides.
READING, RENDERING = (70.0, 1.1 * (1 << 30)), (1900.0, 4.1 * (1 << 30))


@dataclass(frozen=True)
class Case:
    """An archive, or another thing at its path. harmless: an honest archive's answer is right too."""

    name: str
    given: bytes | Callable[[Path], object]
    words: tuple[str, ...] = ()
    harmless: bool = False


@dataclass(frozen=True)
class Outside:
    """What nobody may touch: a folder with a secret in it, and a port."""

    folder: Path
    port: int

    def touched(self) -> bool:
        return sorted(path.name for path in self.folder.iterdir()) != ["secret"]

    @property
    def secret(self) -> str:
        return (self.folder / "secret").read_text(encoding="ascii")


def evaluate(config: Archives, data: None, trained: Trained, *, seed: int) -> Findings:
    """How many were tried and how many the program stood, and a table of those that it did not."""
    with tempfile.TemporaryDirectory() as name, socket.create_server(("127.0.0.1", 0)) as server:
        folder = Path(name)
        server.setblocking(False)
        (outside := Outside(folder / "outside", server.getsockname()[1])).folder.mkdir()
        (outside.folder / "secret").write_text(
            f"secret {random.Random(config.seed).random()}", encoding="ascii"
        )
        some = list(cases(honest(folder / "project"), outside, config.seed))[:: config.every]
        tried = told(Trial(one.name, _wrong(one, folder / "tried", outside, server)) for one in some)
    return Findings({"tried": float(len(tried)), "stood": stood(tried)}, failures({"archives": tried}))


def honest(root: Path) -> Files:
    """The files of the archive of a project that `writeup init` lays down."""
    resolve("writeup.starting:init")(root)
    engine = f"PYTHONPATH={report().root / 'code'}"
    command = ["env", engine, sys.executable, "build.py"]
    for words in (["report"], ["archive", "report.zip"]):
        done = subprocess.run([*command, *words, "--seeds", "1"], cwd=root, capture_output=True, text=True)
        if done.returncode:
            raise UserError(f"archives: the project cannot be made: {' '.join(done.stderr.split())}")
    return pack.unpacked(root / "report.zip")


def sealed(files: Files, changes: Mapping[str, bytes | None]) -> dict[str, bytes]:
    """The files with some changed, added or (None) taken away, and the checksums of whoever changed them."""
    now = {name: data for name, data in {**files, **changes}.items() if data is not None}
    about = json.loads(now.pop(crate.FILE))
    now.pop(contents.SUMS, None)
    kept = [one for one in about["@graph"] if one["@type"] != "File"]
    kept += [{"@id": name, "@type": "File", "sha256": contents.digest(data)} for name, data in now.items()]
    now[crate.FILE] = json.dumps({**about, "@graph": kept}).encode()
    return now | {contents.SUMS: contents.sums(now)}


def _wrong(case: Case, folder: Path, outside: Outside, server: socket.socket) -> str:
    """What was wrong with the answer to one archive; nothing where all was right."""
    shutil.rmtree(folder, ignore_errors=True)
    for place in ("here", "home", "tmp"):
        (folder / place).mkdir(parents=True)
    path = folder / "here" / "a.zip"
    if isinstance(case.given, bytes):
        path.write_bytes(case.given)
    else:
        case.given(path)
    environ = {"HOME": folder / "home", "TMPDIR": folder / "tmp", "TOKEN": outside.secret}
    environ |= {"PYTHONPATH": report().root / "code", "WRITEUP_CACHE": folder / "home"}
    command = [
        "env",
        *(f"{name}={value}" for name, value in environ.items()),
        sys.executable,
        "-m",
        "writeup",
    ]
    command += ["verify", str(path), *case.words]
    said, begun = [folder / "out", folder / "err"], time.monotonic()
    with said[0].open("wb") as out, said[1].open("wb") as err:
        process = subprocess.Popen(command, cwd=path.parent, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        seconds, memory = RENDERING if case.words else READING
        stop = threading.Timer(seconds, process.kill)
        stop.start()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        stop.cancel()
    texts = [file.read_bytes().decode(errors="replace") for file in said]
    found = _misanswered(case, process.returncode, *texts)
    if time.monotonic() - begun > seconds or used.ru_maxrss * 1024 > memory:
        found = f"took {time.monotonic() - begun:.0f} s and {used.ru_maxrss / 1024:.0f} MiB"
    if outside.touched() or any((folder / "tmp").iterdir()):
        found = "wrote outside its folder, or left something there"
    if outside.secret in "".join(texts):
        found = "read outside"
    with contextlib.suppress(BlockingIOError):
        server.accept()
        found = "reached the network"
    return found


def _misanswered(case: Case, status: int, out: str, err: str) -> str:
    lines = err.splitlines()
    if any(not char.isprintable() for line in [*lines, *out.splitlines()] for char in line):
        return "control characters were printed"
    if case.harmless and status == 0:
        return ""
    if status not in (1, 2) or len(lines) != 1 or not lines[0].startswith("error: "):
        return f"status {status}: {' '.join(err.split())[-300:] or out[-300:]}"
    return "an error that nobody expected" if "unexpected" in err or "Traceback" in err else ""


# --- the archives ---


def cases(files: Files, outside: Outside, seed: int) -> Iterator[Case]:
    """All of them; those that have code ask for it to be run, and do not."""
    yield from _paths(outside)
    for name, data in _zips(files, random.Random(seed)):
        yield Case(f"zip: {name}", data)
    for name, changes in _claims(files):
        yield Case(f"said: {name}", pack.packed(sealed(files, changes)))
    for name, changes in _results(files, outside):
        yield Case(f"result: {name}", pack.packed(sealed(files, changes)))
    for name, changes in _pages(files):
        yield Case(f"page: {name}", pack.packed(sealed(files, changes)), (ASKED,))
    for name, changes in _codes(files, outside):
        data = pack.packed(sealed(files, changes))
        yield Case(f"code, unasked: {name}", data, harmless=True)
        yield Case(f"code: {name}", data, (ASKED,), harmless=name in HONEST_BESIDES)


def _paths(outside: Outside) -> Iterator[Case]:
    yield Case("path: a pipe", os.mkfifo)
    yield Case("path: a folder", Path.mkdir)
    yield Case("path: nothing", str)
    for target in ("/dev/zero", "/dev/stdin", str(outside.folder / "secret")):
        yield Case(f"path: a link to {Path(target).name}", partial(os.symlink, target))
    yield Case("path: a file with a hole of a terabyte", _with_a_hole)


def _with_a_hole(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


def _zips(files: Files, draw: random.Random) -> Iterator[tuple[str, bytes]]:
    """Zips that this program does not write."""
    whole = pack.packed(files)
    paths = "../up", "/etc/x", "a/../../up", "C:\\x", "\\\\host\\x", "a//b"
    for name in (*paths, "a/" * 2000 + "b", "n" * 60_000):
        yield f"the name {name[:20]}", pack.packed({**files, name: b"x"})
    for name, mode in (("link", stat.S_IFLNK), ("device", stat.S_IFCHR), ("pipe", stat.S_IFIFO)):
        member = zipfile.ZipInfo(name)
        member.external_attr = (mode | 0o777) << 16
        yield f"a {name}", _written((member, b"/etc/passwd"))
    yield "a bomb", _written(("bomb", bytes(400 << 20)), how=zipfile.ZIP_DEFLATED)
    yield "one name twice", _written(("a", b""), ("A", b""))
    yield "a folder", _written((zipfile.ZipInfo("folder/"), b""))
    yield "too many files", _written(*((str(number), b"") for number in range(pack.MOST + 1)))
    yield "nothing", b""
    yield "no zip", b"%PDF-1.7\n" * 1000
    yield "an end alone", whole[-22:]
    yield "something before it", b"#!/bin/sh\n" + whole
    for share in (0.3, 0.9):
        yield f"cut at {share}", whole[: int(share * len(whole))]
    for _ in range(6):
        altered = bytearray(whole)
        altered[place := draw.randrange(len(whole))] ^= 1 << draw.randrange(8)
        yield f"a bit of byte {place}", bytes(altered)


def _written(*members: tuple[str | zipfile.ZipInfo, bytes], how: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members:
            archive.writestr(name, data, how)
    return buffer.getvalue()


def _claims(files: Files) -> Iterator[tuple[str, dict[str, bytes | None]]]:
    """What the crate says of the archive."""
    graph = json.loads(files[crate.FILE])["@graph"]
    known = {one["@id"]: one for one in graph}
    declared, choices = json.loads(known[crate.REPORT]["description"])
    nested = "[" * 100_000 + "]" * 100_000
    for name, of, changes in (
        ("no version", "./", {"version": None}),
        ("an infinite number", "./", {"version": "<1e400>"}),
        ("a path as declaration", crate.REPORT, {"description": json.dumps(["../x:y", choices])}),
        ("no choices", crate.REPORT, {"description": json.dumps([declared, {}])}),
        ("nested choices", crate.REPORT, {"description": nested}),
    ):
        told = json.dumps({"@graph": [one | changes if one["@id"] == of else one for one in graph]})
        yield name, {crate.FILE: told.replace('"<1e400>"', "1e400").encode()}
    for name in ("forged.pdf", ".answer", "report/other.html", "report/results/descent/seed-0/more.csv"):
        yield f"the file {name}", {name: b"x"}
    for name in (crate.REPORT, crate.ENGINE, "./"):
        less = [one for one in graph if one["@id"] != name]
        yield f"nothing of {name}", {crate.FILE: json.dumps({"@graph": less}).encode()}
    yield "nested", {RESULT: nested.encode()}


def _results(files: Files, outside: Outside) -> Iterator[tuple[str, dict[str, bytes | None]]]:
    """Records whose seal fits what they say."""
    document = json.loads(files[RESULT])

    def said(**changes: object) -> dict[str, bytes | None]:
        new = {name: value for name, value in {**document, **changes}.items() if name != "digest"}
        return {RESULT: json.dumps(new | {"digest": store.seal(new)}).encode()}

    for name in ("/etc/passwd", "../../../../build.py", str(outside.folder / "secret"), "/dev/zero", ".", ""):
        index = {"tables": {}, "logs": {"x": {"file": name, "types": {}}}}
        yield f"a log in {name!r}", said(index=index)
        yield f"arrays in {name!r}", said(arrays=name or "/")
    for name, data in _arrays():
        file = store.named("arrays", data, "npz")
        index = {"tables": {}, "logs": {}}
        whole = store.digest_of({file: data})
        yield name, said(index=index, arrays=file, files=whole) | {f"{Path(RESULT).parent}/{file}": data}
    yield "another run's", {RESULT: files[RESULT.replace("descent", "descent_penalty")]}
    yield "no object", {RESULT: b"[1, 2]"}
    yield "a number that is none", {RESULT: files[RESULT].replace(b'"seed": 0', b'"seed": NaN')}
    yield "an infinite number", {RESULT: files[RESULT].replace(b'"seed": 0', b'"seed": 1e400')}
    yield "no UTF-8", {RESULT: b"\xff" + files[RESULT]}


def _arrays() -> Iterator[tuple[str, bytes]]:
    """What could stand in the place of an npz."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, x=np.zeros(400 << 20, np.uint8))
    yield "arrays that are a bomb", buffer.getvalue()
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f8", "fortran_order": False, "shape": (1 << 40,)}
    )
    yield "arrays of 8 TB, by their head", _written(("x.npy", header.getvalue()))
    pickled = io.BytesIO()
    np.savez(pickled, x=np.array([{}], dtype=object))
    yield "arrays with a pickle", pickled.getvalue()
    yield "arrays that are none", b"no zip"


def _pages(files: Files) -> Iterator[tuple[str, dict[str, bytes | None]]]:
    """Pages that the results and templates do not give."""
    html, words = files["report/report.html"], files["report/report.md"]
    yield "another word", {"report/report.md": words.replace(b"error", b"terror", 1)}
    yield "another number", {"report/report.html": re.sub(rb"(\d)\.(\d)", rb"9.\2", html, count=1)}
    yield "a script", {"report/report.html": html.replace(b"</body>", b"<script>alert(1)</script></body>")}
    yield "a PDF that is none", {"report/report.pdf": b"%PDF-1.7\nbroken"}
    yield "an empty PDF", {"report/report.pdf": b""}
    for name in ("report/report.pdf", "report/report.html"):
        yield f"no {name}", {name: None}


HONEST_BESIDES = [  # what they do is refused, or is theirs to do
    "build.py that says what one wants to hear",
    "verdicts that are printed",
    "a process left behind",
    "all that it may not do, without a word",
    "files that it leaves in its own folder",
]


def _codes(files: Files, outside: Outside) -> Iterator[tuple[str, dict[str, bytes | None]]]:
    """Code of the archive, which is run only if that is asked for, and then reaches nothing."""
    forged = "print('  report/report.pdf: rendered again, the same to the byte')\n"
    away, secret = repr(str(outside.folder / "written")), repr(str(outside.folder / "secret"))
    quiet = "import contextlib, os, socket, shutil\nwith contextlib.suppress(OSError):\n"

    def declared(text: str) -> dict[str, bytes | None]:
        return {DECLARATION: text.encode() + files[DECLARATION]}

    trace = f"open({away}, 'w').close()\n"
    yield HONEST_BESIDES[0], {"build.py": (forged + trace).encode()}
    yield HONEST_BESIDES[1], declared(forged + "import os\nos.write(2, b'error: none\\n')\n")
    yield (
        HONEST_BESIDES[2],
        declared(f"import os, time\nif not os.fork():\n    os.setsid()\n    time.sleep(1)\n    {trace}"),
    )
    tries = [
        trace,
        f"os.unlink({secret})\n",
        f"shutil.rmtree({str(outside.folder)!r})\n",
        f"os.symlink('/etc', {away})\n",
        f"socket.create_connection(('127.0.0.1', {outside.port}), 2)\n",
    ]
    yield HONEST_BESIDES[3], declared("".join(f"{quiet}    {one}" for one in tries))
    yield HONEST_BESIDES[4], declared("open('left', 'w').write('x')\n")
    yield "a file written outside", declared(trace)
    yield "a secret that is read", declared(f"raise ValueError(open({secret}).read())\n")
    yield "a secret of the environment", declared("import os\nraise ValueError(os.environ['TOKEN'])\n")
    yield "an exit", declared("import os\nos._exit(0)\n")
    yield (
        "an answer of its own",
        declared("import os\nopen('.answer', 'w').write('[\"a\\\\nb\", \"\"]')\nos._exit(0)\n"),
    )
    yield "a pipe as answer", declared("import os\nos.mkfifo('.answer')\nos._exit(0)\n")
    yield (
        "an end of who waits",
        declared("import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nos._exit(1)\n"),
    )
    yield "too much memory", declared("x = bytes(8 << 30)\n")
    asked = files[crate.FILE].replace(b"study.report:REPORT", b"os:abort")
    yield "a declaration in a module of the system", {crate.FILE: asked}
    yield "no report", {DECLARATION: b"REPORT = 3\n"}
    yield (
        "a message with controls",
        declared("raise ValueError('\\x1b[2J\\n  report/report.pdf: the same')\n"),
    )
    yield "a figure that is a link in the end", {PAGE: files[PAGE] + LINK.replace("TARGET", secret).encode()}


LINK = """
import os
_exit = os._exit
def exit_behind_a_link(status):
    os.unlink("report/figures/error.svg")
    os.symlink(TARGET, "report/figures/error.svg")
    _exit(status)
os._exit = exit_behind_a_link
"""
