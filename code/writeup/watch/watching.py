"""`build.py watch`: after each edit what it touches is made anew, and the page in the browser follows.

Nothing is trained: results that an edit made stale are shown with their mark, and `build.py report`, in
another terminal, computes them.
"""

import os
import queue
import sys
import threading
import time
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Literal

from watchfiles import Change, DefaultFilter, watch

import writeup
from writeup import handing
from writeup.errors import UserError
from writeup.files import ASIDE
from writeup.request import Request
from writeup.watch import serving
from writeup.watch.rendering import Asked, Renderer

Kind = Literal["engine", "code", "results", "templates"]
DEBOUNCE, STEP = 200, 30  # ms: edits closer together are one; so long nothing must happen


def follow(request: Request, asked: Asked, port: int | None) -> None:
    """Watch until interrupted; raises UserError if there is nothing to watch or no free port.

    asked: what the process that renders makes its own request of.
    """
    folders = _folders(request)
    told = serving.Told(request.out, request.stem)
    forms = [f".{form}" for form in request.report.forms]
    server = serving.start(told, port)
    renderer = Renderer(asked)
    edits: queue.Queue[set[str]] = queue.Queue()
    ended = threading.Event()
    threading.Thread(target=_notice, args=(folders, edits, ended), daemon=True).start()
    print(f"http://127.0.0.1:{server.server_address[1]}/ follows each edit; Ctrl-C ends it", flush=True)
    try:
        _render(renderer, told, forms, edits, time.perf_counter(), results=True)
        while True:
            paths = edits.get()
            start = time.perf_counter()
            while not edits.empty():
                paths |= edits.get()
            kinds = {_kind(request, Path(path)) for path in paths}
            names = sorted(os.path.relpath(path, request.report.root) for path in paths)
            print(f"{names[0]}{f' and {len(names) - 1} more' if names[1:] else ''}", flush=True)
            if "engine" in kinds:
                renderer.stop()
                server.server_close()
                os.execv(sys.executable, sys.orig_argv)
            if "code" in kinds:
                renderer.start()
            _render(renderer, told, forms, edits, start, results="results" in kinds)
    finally:
        ended.set()
        renderer.stop()
        told.tell(ended=True)
        server.shutdown()


def _render(
    renderer: Renderer,
    told: serving.Told,
    forms: Sequence[str],
    edits: "queue.Queue[set[str]]",
    start: float,
    *,
    results: bool,
) -> None:
    """Have it rendered, until there is another edit; terminal and page are told what came of it."""
    for suffix in forms:
        if suffix != forms[0] and not edits.empty():
            return
        for kind, text in renderer.render(suffix, results=results):
            if kind == "made":
                print(f"  {text} after {time.perf_counter() - start:.1f} s", flush=True)
            elif kind == "stale":
                print(f"  stale: {text}; python build.py report computes it", flush=True)
            elif kind == "error":
                print(f"  error: {text}", file=sys.stderr, flush=True)
                told.tell(text)
                return
        results = False
        told.tell()


def _folders(request: Request) -> list[Path]:
    root = request.report.root
    request.stores[0].mkdir(parents=True, exist_ok=True)
    found = [request.report.source, root / "code", *(store for store in request.stores if store.is_dir())]
    for folder in found:
        if not folder.is_dir():
            raise UserError(f"watch: {folder}: no such folder")
    return [*found, *(root / name for name in ("assets", "data") if (root / name).is_dir())]


def _notice(folders: Collection[Path], edits: "queue.Queue[set[str]]", ended: threading.Event) -> None:
    usual = DefaultFilter()

    def counts(change: Change, path: str) -> bool:
        return usual(change, path) and not path.endswith(ASIDE)  # which is there for a moment

    for changes in watch(
        *folders, watch_filter=counts, debounce=DEBOUNCE, step=STEP, stop_event=ended, rust_timeout=500
    ):
        edits.put({path for _, path in changes})


def _kind(request: Request, path: Path) -> Kind:
    if path.is_relative_to(Path(writeup.__file__).parent):
        return "engine"
    if path.is_relative_to(request.report.root / "code"):
        return "code"
    if path.name == handing.FILE:  # it says which parts there are, so that all is planned anew
        return "results"
    return "templates" if path.is_relative_to(request.report.source) else "results"
