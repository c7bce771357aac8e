"""Mutants of the tiny network are found or proved equal; a verification that looks away misses them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Compiled
from toolkit.compose import Accelerator, Accelerators
from toolkit.core.errors import ToolFailed, VerificationMismatch
from toolkit.core.process import Command
from toolkit.core.progress import silent
from toolkit.sim import build
from toolkit.verify.directed.apart import Apart
from toolkit.verify.directed.arithmetic import linear_layers
from toolkit.verify.mutants import Mutant, Mutants, MutationRun
from toolkit.verify.mutants.images import bit_flips, change_depth, flip_bias
from toolkit.verify.mutants.netlist import ARGUMENT, Netlist, mutated
from toolkit.verify.mutants.proof import proofs
from toolkit.verify.mutants.result import Kind

COUNT = 24


@pytest.fixture(scope="module")
def accelerator(tiny: Compiled) -> Accelerator:
    return tiny.compose(0, tiny.folder / "mutants0")


@pytest.mark.sim
def test_mutants_are_found(tiny: Compiled, accelerator: Accelerator, tmp_path: Path) -> None:
    made = MutationRun(tiny.graphs, Accelerators((accelerator,), ()), 1, silent).run(COUNT)
    assert len(made.mutants) == COUNT
    assert {one.kind for one in made.mutants} == {"weight", "threshold", "bias", "depth", "netlist"}
    assert [one.where for one in made.missed] == []
    assert any(one.proof for one in made.mutants)
    assert sum(bool(one.found) for one in made.mutants) > COUNT // 2
    made.save(tmp_path)
    assert Mutants.load(tmp_path) == made


@pytest.mark.sim
def test_no_fault_that_shows_is_proved_away(tiny: Compiled, accelerator: Accelerator, tmp_path: Path) -> None:
    netlist = mutated(accelerator, 4, 5, tmp_path)
    numbers = range(1, 5)
    apart = Apart(accelerator, linear_layers(tiny.graphs), 1)
    simulator = build(netlist.design, cut=True, quick=True)

    def shows(number: int) -> bool:
        try:
            apart.check(simulator, (f"+{ARGUMENT}={number}",))
        except VerificationMismatch:
            return True
        return False

    shown = [shows(number) for number in numbers]
    proved = [bool(proof) for proof in proofs(netlist, numbers)]
    assert sum(shown) > 1
    assert [number for number in numbers if shown[number - 1] and proved[number - 1]] == []


def test_a_checker_that_breaks_off_proves_nothing(
    accelerator: Accelerator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """ABC runs out of stack on some circuits; the next way is tried."""
    asked: list[str] = []

    def execute(command: Command, folder: Path, timeout_s: float | None) -> None:
        (result,) = command.results
        asked.append(result)
        assert ("deeper" in result) == (timeout_s is not None)
        if "0.txt" in result or "deeper" in result:
            raise ToolFailed("ABC", expected="its results", found="call stack exhausted")
        (folder / result).write_text(("snl_UNSAT" if len(asked) == 5 else "snl_UNDECIDED") * 2)

    monkeypatch.setattr("toolkit.verify.mutants.proof.execute", execute)
    monkeypatch.setattr("toolkit.verify.mutants.proof._is_never", lambda file: False)
    netlist = Netlist(accelerator.design(), ("here",), ("cell",), tmp_path)
    assert proofs(netlist, [1])[0].startswith("the same in every cycle")
    names = ("aig", "merged.aig", "deeper.aig", "0.txt", "1.txt")
    assert asked == [f"proof1.{name}" for name in names]


@pytest.mark.sim
def test_a_design_that_is_wrong_already_is_refused(
    tiny: Compiled, accelerator: Accelerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise VerificationMismatch("layer", expected=1, found=2)

    monkeypatch.setattr(Apart, "require", refuse)
    with pytest.raises(VerificationMismatch, match="exit0 without a mutant"):
        MutationRun(tiny.graphs, Accelerators((accelerator,), ()), 1, silent).run(COUNT)


def test_a_survivor_without_proof_is_missed() -> None:
    one = Mutant(accelerator="exit0", kind="weight", where="word 3", found="")
    equal = one.model_copy(update={"proof": "equal"})
    found = one.model_copy(update={"found": "layer differs"})
    made = Mutants(seed=1, mutants=(one, equal, found))
    assert made.missed == (one,)
    assert made.message == "3 mutants (3 weight): 1 found, 1 proved to change nothing, 1 missed"


@pytest.mark.parametrize("kind", ["weight", "threshold"])
def test_bits_that_carry_no_value_are_left_alone(
    accelerator: Accelerator, tmp_path: Path, kind: Kind
) -> None:
    for number, flip in enumerate(bit_flips(accelerator, kind, 40, np.random.default_rng(0))):
        folder = tmp_path / str(number)
        flip.apply(accelerator.path / "data", folder)
        before = (accelerator.path / "data" / flip.image).read_text().split()
        after = (folder / flip.image).read_text().split()
        (changed,) = [i for i, (old, new) in enumerate(zip(before, after, strict=True)) if old != new]
        assert int(before[changed], 16) ^ int(after[changed], 16) == 1 << flip.bit
        largest = max(int(word, 16) for word in before)
        assert flip.bit < largest.bit_length()


def test_texts_are_changed_in_one_place(tiny: Compiled, tmp_path: Path) -> None:
    for seed in range(4):
        for change, file in ((flip_bias, "head0_bias0.sv"), (change_depth, "exit0.sv")):
            copy = tiny.compose(0, tmp_path / f"{seed}{file}")
            text = (copy.path / "rtl" / file).read_text()
            assert change(copy, np.random.default_rng(seed))
            changed = (copy.path / "rtl" / file).read_text()
            lines = zip(text.splitlines(), changed.splitlines(), strict=True)
            assert sum(old != new for old, new in lines) == 1
