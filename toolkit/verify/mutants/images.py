"""Faults in memory images and constants: one bit of a weight, a threshold or a bias."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np

from toolkit.compile.segment import PRODUCTS, Node
from toolkit.compose import Accelerator
from toolkit.verify.mutants.result import Kind
from toolkit.verify.structure.rtl import Rtl


@dataclass(frozen=True)
class BitFlip:
    """One bit of one word of a memory image."""

    kind: Kind
    image: str
    word: int
    bit: int

    def __str__(self) -> str:
        return f"{self.image}, word {self.word}, bit {self.bit}"

    def apply(self, data: Path, folder: Path) -> None:
        """Copy the images in ``data`` to ``folder``, with the bit turned."""
        shutil.copytree(data, folder)
        file = folder / self.image
        words = file.read_text().split()
        words[self.word] = f"{int(words[self.word], 16) ^ 1 << self.bit:0{len(words[self.word])}x}"
        file.write_text("\n".join(words) + "\n")


def bit_flips(accelerator: Accelerator, kind: Kind, count: int, rng: np.random.Generator) -> list[BitFlip]:
    """Choose bits of weights or thresholds, if there are any, all that carry a value with equal chances."""
    rtl = Rtl(tuple(accelerator.path / name for name in accelerator.sources), accelerator.path / "data")
    images = [
        (image, _bits(rtl, node), len(image.read_text().split()))
        for node in accelerator.nodes
        if node.kind in {"weight": PRODUCTS, "threshold": ("threshold",)}[kind]
        for image in sorted(rtl.data.glob(f"{node.name}_*.dat"))
    ]
    if not images:
        return []
    sizes = np.array([bits * words for _, bits, words in images], float)
    found = []
    for choice in rng.choice(len(images), count, p=sizes / sizes.sum()):
        image, bits, words = images[choice]
        found.append(BitFlip(kind, image.name, int(rng.integers(words)), int(rng.integers(bits))))
    return found


def _bits(rtl: Rtl, node: Node) -> int:
    """Bits of a word that carry values; the others fill up bytes or digits."""
    if node.kind == "depthwise":
        own = rtl.instance(rtl.module(node.module), "offramp_depthwise", "block")
        return prod(int(own[name]) for name in ("PE", "TAPS", "WEIGHT_WIDTH"))
    own = rtl.defaults(node.module)
    factors = ("WT",) if node.kind == "threshold" else ("PE", "SIMD", "WEIGHT_WIDTH")
    return prod(int(own[name]) for name in factors)


_BIAS = re.compile(r"\.BIAS\((\d+)'h([0-9a-f]+)\)")


def has_bias(accelerator: Accelerator) -> bool:
    """Whether :func:`flip_bias` has a bias to change."""
    return any(node.kind == "bias" for node in accelerator.nodes)


def flip_bias(accelerator: Accelerator, rng: np.random.Generator) -> str:
    """Turn one bit of a bias in the accelerator's RTL and return where."""
    files = [file for file in sorted((accelerator.path / "rtl").iterdir()) if _BIAS.search(file.read_text())]
    file = files[int(rng.integers(len(files)))]
    text = file.read_text()
    found = _BIAS.search(text)
    assert found is not None
    total, value = int(found[1]), int(found[2], 16)
    bit = int(rng.integers(total))
    file.write_text(_BIAS.sub(f".BIAS({total}'h{value ^ 1 << bit:x})", text))
    return f"{file.name}, bit {bit} of the biases"


def change_depth(accelerator: Accelerator, rng: np.random.Generator) -> str:
    """Change the depth of one queue in the accelerator's RTL, by one word or by half, and return where."""
    file = accelerator.path / "rtl" / f"{accelerator.name}.sv"
    text = file.read_text()
    depths = list(re.finditer(r"\.DEPTH(_\d+)?\((\d+)\)", text))
    chosen = depths[int(rng.integers(len(depths)))]
    depth = int(chosen[2])
    other = [one for one in (depth - 1, depth + 1, depth // 2, 2 * depth) if one >= 2 and one != depth]
    new = other[int(rng.integers(len(other)))]
    file.write_text(f"{text[: chosen.start(2)]}{new}{text[chosen.end(2) :]}")
    return f"queue {depths.index(chosen)}, {new} words instead of {depth}"
