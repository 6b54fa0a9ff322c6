"""Which runs a report needs, which of them are recorded and current, and why the others are not. No torch."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from writeup import settings
from writeup.declare import Data, Part
from writeup.identity.closure import Closure, Code
from writeup.identity.fingerprint import changes, digest
from writeup.results import store
from writeup.runs import reading, seen

# What the engine does to a number: from the data to the trained weights, from these to the record.
TRAINING = ("writeup.runs.record:training", "writeup.runs.record:load")
EVALUATING = ("writeup.runs.record:compute", "writeup.runs.record:model_of", "writeup.runs.record:encode")
TOLD = "code", "train"  # told line by line
JUDGED_BY = 0  # the seed whose weights stand for a part that others need


def entries(part: Part, standin: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The functions from which the code of a part's training and of its evaluation is traced."""
    data = part.data.standin if part.data.generated(standin) else part.data.digest  # which says what they are
    return (f"{part.code}:train", *TRAINING, data), (f"{part.code}:evaluate", *EVALUATING, data)


@dataclass(frozen=True)
class Stage:
    """One stage of a run: what can change its outcome, as a record, and the digest of that.

    closure: the code that it reaches; of it the digest alone counts, which knows what calls what.
    """

    inputs: Mapping[str, Any]
    closure: Closure

    @property
    def fingerprint(self) -> str:
        return digest(dict(self.inputs))


@dataclass(frozen=True)
class Run:
    """One part with one seed: its identity and where its result lies.

    waits_for: a needed part whose weights are not known yet; the run has no fingerprint before they are.
    """

    part: Part
    seed: int
    config: Any
    standin: bool
    train: Stage
    evaluate: Stage
    folder: Path  # where a fresh result goes
    peek: store.Peek  # at a current result; else at the first folder that has any
    moved: Sequence[str]  # of what it was seen to use besides, what is not as it was
    waits_for: str = ""

    @property
    def recorded(self) -> Path:
        """Where the result that is peeked at lies."""
        return self.peek.folder

    @property
    def name(self) -> str:
        return f"{self.part.name} seed {self.seed}"

    @property
    def fingerprint(self) -> str:
        return self.evaluate.fingerprint

    @property
    def record(self) -> dict[str, Any]:
        """What the result says of its inputs; `fingerprint.of_record` makes the fingerprint of them."""
        evaluate = {name: value for name, value in self.evaluate.inputs.items() if name != "train"}
        return {"fingerprint": self.fingerprint, "train": dict(self.train.inputs), "evaluate": evaluate}

    @property
    def definitions(self) -> dict[str, Mapping[str, str]]:
        """What each stage reaches, by its digest, for `store.keep_definitions`."""
        return {one.closure.digest: one.closure.manifest for one in (self.train, self.evaluate)}

    @property
    def packages(self) -> frozenset[str]:
        """The packages of others that the run uses."""
        return self.train.closure.packages | self.evaluate.closure.packages

    @property
    def imported(self) -> bool:
        """Whether somebody else made the run."""
        return self.part.program is not None and not self.part.program.command

    @property
    def current(self) -> bool:
        return not self.waits_for and not self.moved and self.peek.fingerprint == self.fingerprint

    @property
    def exists(self) -> bool:
        return self.peek.fingerprint is not None

    @property
    def weights(self) -> str | None:
        """The digest of the weights behind the recorded result; None where today's training is another."""
        same = digest(dict(self.peek.provenance.get("train", {}))) == self.train.fingerprint
        return self.peek.provenance.get("weights") if same else None

    def why(self) -> list[str]:
        """Why the run is not current, a line for each change; empty where it is."""
        if self.waits_for:
            return [f"needs the weights of {self.waits_for}, which has to be computed first"]
        if self.peek.trouble:
            return [self.peek.trouble]
        if not self.exists:
            return ["not recorded"]
        if self.current:
            return []
        found = list(dict.fromkeys([*self._changes(), *self.moved]))
        return found or ["definitions call each other in another way"]

    def _changes(self) -> Iterator[str]:
        for name, stage in (("train", self.train), ("evaluate", self.evaluate)):
            before = dict(self.peek.provenance.get(name, {}))
            if (code := before.get("code", "")) != stage.closure.digest:
                if (known := store.definitions(self.recorded.parents[1], code)) is None:
                    yield f"code of {name}: changed"
                else:
                    yield from changes(known, stage.closure.manifest, "definitions")
            told = [{key: one[key] for key in one if key not in TOLD} for one in (before, stage.inputs)]
            yield from changes(told[0], told[1])


@dataclass(frozen=True)
class Planner:
    """What the identity of runs is taken from: the code, and the folders of recorded results."""

    code: Code
    stores: Sequence[Path]  # a current result may lie in any; new ones go to the first
    root: Path = Path()  # of the project, whose files programs read

    def runs(
        self, parts: Sequence[Part], configs: Mapping[str, Any], seeds: Mapping[str, int], standin: bool
    ) -> list[Run]:
        """The runs of `parts` in their order; a needed part stands before those that need it."""
        planned: dict[tuple[str, int], Run] = {}
        for part in parts:
            for seed in range(seeds[part.name]):
                planned[part.name, seed] = self._run(part, seed, configs[part.name], standin, planned)
        return list(planned.values())

    def _run(
        self, part: Part, seed: int, config: Any, standin: bool, planned: Mapping[tuple[str, int], Run]
    ) -> Run:
        known: dict[str, str | None] = {}
        for needed in part.all_needs.values():
            known[needed.name] = planned[needed.name, JUDGED_BY].weights
        how = {"config": settings.identity(config), "data": data_identity(part.data, standin), "seed": seed}
        how |= reading.identity(part, seed, self.root)
        train_entries, evaluate_entries = entries(part, standin)
        train = self.stage(train_entries, how | _roles(part.train_needs, known))
        used = train.closure.packages | reading.packages(part, self.root)
        train = replace(train, closure=replace(train.closure, packages=used))
        judged = _roles(part.needs, known) | {"train": train.fingerprint}
        evaluate = self.stage(evaluate_entries, judged)
        peeks = [store.peek(one / part.name / f"seed-{seed}") for one in self.stores]
        wanted = evaluate.fingerprint
        # A current result before any other, that before a damaged one, and that before none.
        peek = max(
            peeks, key=lambda one: (one.fingerprint == wanted, bool(one.fingerprint), bool(one.trouble))
        )
        waits = next((name for name, weights in known.items() if weights is None), "")
        moved = seen.changed(peek.provenance.get("seen", {}), self.code, self.root)
        return Run(part, seed, config, standin, train, evaluate, peeks[0].folder, peek, moved, waits)

    def stage(self, entries: Sequence[str], others: Mapping[str, Any]) -> Stage:
        """A stage with the code that its entries reach, and its other inputs."""
        closure = self.code.closure(*entries, recording=True)
        return Stage({"code": closure.digest, **others}, closure)


def _roles(needs: Mapping[str, Part], known: Mapping[str, str | None]) -> dict[str, Any]:
    return {"weights": {role: known[part.name] for role, part in needs.items()}} if needs else {}


def data_identity(data: Data, standin: bool) -> dict[str, str]:
    """What enters for the data: their digest; for generated ones the code that makes them enters."""
    return {"name": data.name, "sha256": "generated" if data.generated(standin) else data.sha256}
