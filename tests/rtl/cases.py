"""Instances of our blocks for simulation, each with streams of its own and what it must compute.

All of them go into one wrapper, which is text put together here: one compilation, one run, many checks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from toolkit.core.stream import Stream
from toolkit.sim import RtlDesign

RTL = Path(__file__).parents[2] / "toolkit" / "rtl"
Reference = Callable[..., np.ndarray]
Parameters = dict[str, int | str]


@dataclass(frozen=True)
class Case:
    """One instance.

    Attributes:
        name: of the instance and, with ``In`` and ``Out``, of its streams.
        module: the block.
        parameters: as Verilog text or numbers.
        source: the input stream; ``sinks`` output streams look like ``target``.
        reference: values in ``[frames, beats, lanes]``, of every input, to values out.
        steps: cycles per frame, where they are not the beats that come in.
        sources: number of input streams that look like ``source``.
    """

    name: str
    module: str
    parameters: Parameters
    source: Stream
    target: Stream
    reference: Reference
    sinks: int = 1
    steps: int = 0
    sources: int = 1

    @property
    def interval(self) -> int:
        """Cycles per frame when nothing stalls."""
        return self.steps or self.source.beats

    @property
    def inputs(self) -> list[Stream]:
        return [self.source.named(f"{self.name}In{end}") for end in ends(self.sources)]

    @property
    def outputs(self) -> list[Stream]:
        return [self.target.named(f"{self.name}Out{end}") for end in ends(self.sinks)]

    def instance(self) -> str:
        """The instance with a checker at every stream, as SystemVerilog."""
        ports_of = [(f"s{end}", one) for end, one in zip(ends(self.sources), self.inputs, strict=True)]
        ports_of += [(f"m{end}", one) for end, one in zip(ends(self.sinks), self.outputs, strict=True)]
        values = ", ".join(f".{name}({value})" for name, value in self.parameters.items())
        ports, checks = [], []
        for end, stream in ports_of:
            data = f"{stream.name}_tdata[{stream.width - 1}:0]"
            valid, ready = f"{stream.name}_tvalid", f"{stream.name}_tready"
            ports.append(f".{end}_data({data}), .{end}_valid({valid}), .{end}_ready({ready})")
            checks.append(
                f'  offramp_stream_check #(.WIDTH({stream.width}), .NAME("{stream.name}")) {stream.name}Check'
                f" (.clk(ap_clk), .rst_n(ap_rst_n), .data({data}), .valid({valid}), .ready({ready}));"
            )
        wiring = ", ".join([".clk(ap_clk)", ".rst_n(ap_rst_n)", *ports])
        return "\n".join([f"  {self.module} #({values}) {self.name} ({wiring});", *checks])


def design(top: str, cases: Sequence[Case], folder: Path, sources: Sequence[Path]) -> RtlDesign:
    """Write the wrapper of ``cases`` and describe it for the simulator."""
    ports = ["input logic ap_clk", "input logic ap_rst_n"]
    for case in cases:
        for stream, ahead, back in [
            *((one, "input", "output") for one in case.inputs),
            *((one, "output", "input") for one in case.outputs),
        ]:
            ports.append(f"{ahead} logic [{stream.tdata_bits - 1}:0] {stream.name}_tdata")
            ports.append(f"{ahead} logic {stream.name}_tvalid, {back} logic {stream.name}_tready")
    wrapper = folder / f"{top}.sv"
    body = "\n".join(case.instance() for case in cases)
    wrapper.write_text(f"module {top} (\n  " + ",\n  ".join(ports) + f"\n);\n{body}\nendmodule\n")
    return RtlDesign(
        top=top,
        sources=(*sources, wrapper),
        inputs=tuple(one for case in cases for one in case.inputs),
        outputs=tuple(out for case in cases for out in case.outputs),
        probes={int(c.parameters["ID"]): c.source for c in cases if c.module == "offramp_fifo"},
    )


def ends(count: int) -> list[str]:
    """What the names of ``count`` streams of one kind end in."""
    return [""] if count == 1 else [str(i) for i in range(count)]


def values(cases: Sequence[Case], frames: int, seed: int) -> dict[str, np.ndarray]:
    """Random integers for every input stream, by name."""
    return {
        stream.name: _integers(stream, frames, [seed, *f"{case.name}{end}".encode()])
        for case in cases
        for end, stream in zip(ends(case.sources), case.inputs, strict=True)
    }


def expected(case: Case, inputs: dict[str, np.ndarray]) -> np.ndarray:
    """What every output of the case must carry."""
    return case.reference(*(inputs[one.name] for one in case.inputs))


def _integers(stream: Stream, frames: int, seed: Sequence[int]) -> np.ndarray:
    """Random integers over the whole range of a stream, its extremes included."""
    rng = np.random.default_rng(seed)
    found = rng.integers(stream.low, stream.high, (frames, stream.beats, stream.lanes), endpoint=True)
    return np.where(rng.random(found.shape) < 0.1, rng.choice([stream.low, stream.high], found.shape), found)


def queue(depth: int, bits: int, lanes: int, ident: int) -> Case:
    """A FIFO: what comes out is what went in."""
    source = Stream(f"queue{ident}In", bits, False, lanes, 37)
    return Case(
        f"queue{ident}",
        "offramp_fifo",
        {"WIDTH": bits * lanes, "DEPTH": depth, "ID": ident},
        source,
        source,
        lambda x: x,
    )


def pool(
    name: str,
    size: tuple[int, int],
    channels: int,
    pe: int,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int, int, int] = (0, 0, 0, 0),
    *,
    signed: bool = False,
    bits: int = 4,
) -> Case:
    """A max-pool on an image of ``size``; pairs are (rows, columns), padding is top, left, bottom, right."""
    top, left, bottom, right = padding
    out = [(size[i] + padding[i] + padding[i + 2] - kernel[i]) // stride[i] + 1 for i in (0, 1)]
    low = -(1 << (bits - 1)) if signed else 0

    def reference(x: np.ndarray) -> np.ndarray:
        image = x.reshape(len(x), *size, channels)
        image = np.pad(image, ((0, 0), (top, bottom), (left, right), (0, 0)), constant_values=low)
        windows = np.lib.stride_tricks.sliding_window_view(image, kernel, axis=(1, 2))
        best = windows[:, :: stride[0], :: stride[1]].max(axis=(4, 5))
        return best.reshape(len(x), -1, pe)

    fold = channels // pe
    # Padded rows pass while the columns of the next frame's first row lead up to its first maximum.
    before = kernel[1] - 1 - left
    behind = size[1] + right - before - 1 - (out[1] - 1) * stride[1]
    wait = max(0, bottom * out[1] - before - behind)
    names = ("HEIGHT", "WIDTH", "KERNEL_H", "KERNEL_W", "STRIDE_H", "STRIDE_W")
    sides = ("PAD_TOP", "PAD_LEFT", "PAD_BOTTOM", "PAD_RIGHT")
    return Case(
        name,
        "offramp_maxpool_lines",
        {
            "PE": pe,
            "ELEM_BITS": bits,
            "SIGNED": int(signed),
            "CHANNELS": channels,
            **dict(zip(names, (*size, *kernel, *stride), strict=True)),
            **dict(zip(sides, padding, strict=True)),
        },
        Stream(f"{name}In", bits, signed, pe, size[0] * size[1] * fold),
        Stream(f"{name}Out", bits, signed, pe, out[0] * out[1] * fold),
        reference,
        steps=(size[0] * (size[1] + right) + wait) * fold,
    )


def random_pool(seed: int) -> Case:
    """A max-pool of any geometry that the block accepts, often at the edges of what it does."""
    rng = np.random.default_rng(seed)

    def between(low: int, high: int) -> int:
        return int(rng.integers(low, high + 1))

    def axis() -> tuple[int, int, int, int, int]:
        size, kernel = between(1, 7), between(1, 4)
        before, behind = between(0, kernel - 1), between(0, kernel - 1)
        missing = max(0, kernel - before - size - behind)
        return size + missing, kernel, between(1, 4), before, behind

    (height, kernel_h, stride_h, top, bottom), (width, kernel_w, stride_w, left, right) = axis(), axis()
    pe, bits = between(1, 3), between(1, 8)
    return pool(
        f"poolAny{seed}",
        (height, width),
        pe * between(1, 3),
        pe,
        (kernel_h, kernel_w),
        (stride_h, stride_w),
        (top, left, bottom, right),
        signed=bool(between(0, 1)),
        bits=bits,
    )


def window(
    name: str,
    size: tuple[int, int],
    channels: int,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int, int, int],
    fold: int = 1,
    *,
    bits: int = 4,
) -> Case:
    """Windows of an image of ``size`` (rows, columns); padding as top, left, bottom, right."""
    top, left, bottom, right = padding
    out = [(size[i] + padding[i] + padding[i + 2] - kernel[i]) // stride[i] + 1 for i in (0, 1)]
    lanes, count = kernel[0] * kernel[1] * channels // fold, out[0] * out[1]
    steps = [max(0, padding[i] + 1 - kernel[i]) + size[i] + padding[i + 2] for i in (0, 1)]

    def reference(x: np.ndarray) -> np.ndarray:
        image = x.reshape(len(x), *size, channels)
        image = np.pad(image, ((0, 0), (top, bottom), (left, right), (0, 0)))
        views = np.lib.stride_tricks.sliding_window_view(image, kernel, axis=(1, 2))
        views = views[:, :: stride[0], :: stride[1]].transpose(0, 1, 2, 4, 5, 3)
        return views.reshape(len(x), -1, lanes)

    pairs = {"KERNEL": kernel, "STRIDE": stride}
    return Case(
        name,
        "offramp_window",
        {
            "CHANNELS": channels,
            "ELEM_BITS": bits,
            "HEIGHT": size[0],
            "WIDTH": size[1],
            **{f"{what}_{side}": pair[i] for what, pair in pairs.items() for i, side in enumerate("HW")},
            **dict(zip(("PAD_TOP", "PAD_LEFT", "PAD_BOTTOM", "PAD_RIGHT"), padding, strict=True)),
            "LANES": lanes,
        },
        Stream(f"{name}In", bits, False, channels, size[0] * size[1]),
        Stream(f"{name}Out", bits, False, lanes, count * fold),
        reference,
        steps=steps[0] * steps[1] + count * (fold - 1),
    )


def bias(name: str, pe: int, bits: int, signed: bool, biases: Sequence[int]) -> Case:
    """A bias adder for pixels of ``len(biases)`` channels; sums need a bit more than their operands."""
    channels, pixels, bias_bits = len(biases), 7, 6
    out_bits = max(bits + (not signed), bias_bits) + 1
    packed = sum((b & (1 << bias_bits) - 1) << (i * bias_bits) for i, b in enumerate(biases))

    def reference(x: np.ndarray) -> np.ndarray:
        return (x.reshape(len(x), pixels, channels) + np.array(biases)).reshape(x.shape)

    return Case(
        name,
        "offramp_bias_add",
        {
            "PE": pe,
            "IN_BITS": bits,
            "IN_SIGNED": int(signed),
            "OUT_BITS": out_bits,
            "CHANNELS": channels,
            "BIAS_BITS": bias_bits,
            "BIAS": f"{channels * bias_bits}'h{packed:x}",
        },
        Stream(f"{name}In", bits, signed, pe, pixels * channels // pe),
        Stream(f"{name}Out", out_bits, True, pe, pixels * channels // pe),
        reference,
    )


def fork(name: str, bits: int) -> Case:
    """A fork: both outputs carry everything."""
    stream = Stream(f"{name}In", bits, False, 1, 41)
    return Case(name, "offramp_fork", {"WIDTH": bits}, stream, stream, lambda x: x, sinks=2)


def adder(name: str, bits: int, lanes: int) -> Case:
    """An adder of two streams."""
    return Case(
        name,
        "offramp_add",
        {"LANES": lanes, "BITS": bits},
        Stream(f"{name}In", bits, True, lanes, 29),
        Stream(f"{name}Out", bits + 1, True, lanes, 29),
        lambda x, y: x + y,
        sources=2,
    )
