"""Layers driven alone: exact on the tiny network, everything driven, and each kind of fault named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hw_models import QuantConfig
from hw_models.quantized import build_quantized
from hw_models.spec import AvgPool, Conv, Flatten, Linear, NetworkSpec, Relu
from tests.conftest import Compiled
from tests.e2e.through_rtl import compiled
from toolkit.compose import Accelerator, compose_chain
from toolkit.core.errors import VerificationMismatch
from toolkit.export.export import export_graphs
from toolkit.sim import Simulator, StallPattern, build
from toolkit.verify.directed.apart import Apart
from toolkit.verify.directed.arithmetic import linear_layers

pytestmark = pytest.mark.sim


@pytest.fixture(scope="module")
def accelerator(tiny: Compiled) -> Accelerator:
    return tiny.compose(1, tiny.folder / "cut1")


@pytest.fixture(scope="module")
def apart(tiny: Compiled, accelerator: Accelerator) -> Apart:
    return Apart(accelerator, linear_layers(tiny.graphs), seed=3)


@pytest.fixture(scope="module")
def simulator(accelerator: Accelerator, simulators: Path) -> Simulator:
    return build(accelerator.design(), cache_dir=simulators, cut=True, quick=True)


@pytest.mark.parametrize("pattern", ["none", "inside", "bursts"])
def test_every_layer_is_exact_and_driven(apart: Apart, simulator: Simulator, pattern: str) -> None:
    run = apart.run(simulator, StallPattern.named(pattern, seed=5))
    compared = apart.require(run, paced=pattern == "none")
    assert compared == sum(want.size for want in apart.wanted)
    layers = apart.coverage(run)
    assert [layer.node for layer in layers] == [node.name for node in apart.accelerator.nodes]
    assert min(layer.frames for layer in layers) >= 3
    for layer in layers:
        for goal in layer.goals:
            assert goal.covered == goal.coverable > 0, (layer.node, goal)


def verdict(apart: Apart, simulator: Simulator) -> str:
    """What the check says of a faulty simulator, with and without stalls."""
    try:
        apart.check(simulator)
    except VerificationMismatch as error:
        return str(error)
    return "nothing"


def alone(spec: NetworkSpec, folder: Path) -> tuple[Accelerator, Apart]:
    """Exit 0 of a network with random weights."""
    graphs = export_graphs(build_quantized(spec, QuantConfig(3, 3)).eval(), folder / "graphs")
    segments = compiled(list(graphs.segments.values()), 5000, folder / "segments")
    accelerator = compose_chain("exit0", segments.path(0), folder / "exit0")
    return accelerator, Apart(accelerator, linear_layers(graphs), seed=3)


@pytest.mark.parametrize(
    ("node", "image"),
    [
        ("trunk0_threshold0", "trunk0_threshold0_threshs_0_{last}"),
        ("trunk1_threshold0", "trunk1_threshold0_threshs_0_{last}"),
        ("trunk0_mvau0", "trunk0_mvau0_weights"),
        ("trunk1_mvau1", "trunk1_mvau1_weights"),
        ("head1_mvau0", "head1_mvau0_weights"),
    ],
)
def test_the_lowest_bit_of_every_word_counts(
    apart: Apart, accelerator: Accelerator, simulator: Simulator, tmp_path: Path, node: str, image: str
) -> None:
    """Each word of an image in turn, the finest step of the thresholds among them."""
    data = accelerator.path / "data"
    last = len(list(data.glob(f"{node}_threshs_0_*.dat"))) - 1
    name = f"{image.format(last=last)}.dat"
    words = (data / name).read_text().split()
    for index in range(0, len(words), max(1, len(words) // 5)):
        folder = shutil.copytree(data, tmp_path / str(index))
        changed = [*words]
        changed[index] = f"{int(words[index], 16) ^ 1:0{len(words[index])}x}"
        (folder / name).write_text("\n".join(changed) + "\n")
        assert f"{node}) is the first that differs" in verdict(apart, simulator.with_images(folder))


FAULTS = {
    "first row blank": (
        "blocks/offramp_window.sv",
        "on_image ? s_data : '0",
        "on_image && row != '0 ? s_data : '0",
        "(window trunk0_window0) is the first that differs",
    ),
    "top bit lost": (
        "rtl/trunk0.sv",
        ".s_data(trunk0_mvau0_m_data[{high}:0])",
        ".s_data({{trunk0_mvau0_m_data[{below}], trunk0_mvau0_m_data[{below}:0]}})",
        "(mvau trunk0_mvau0) is the first that differs",
    ),
    "words lost": (
        "blocks/offramp_maxpool_1d.sv",
        "leaving <= wait_lines == '0;",
        "leaving <= wait_lines == '0 && line != '0 && position != '1;",
        "(pool trunk0_pool0) ",
    ),
    "word withdrawn": (
        "blocks/offramp_window.sv",
        "else if (m_ready && last) m_valid <= 1'b0;",
        "else if (last) m_valid <= 1'b0;",
        "(window trunk0_window0) driven alone; expected a word held until it is taken",
    ),
    "rests without need": (
        "lib/mvu/mvu_vvu_axi.sv",
        "if(OVld && !m_axis_output_tready)",
        "if(OVld)",
        "pace of layer trunk0.conv0 (mvau trunk0_mvau0) driven alone",
    ),
    "product not reset": (
        "lib/mvu/mvu.sv",
        "if(rst)      AD1 <= 0;",
        "if(0)        AD1 <= 0;",
        "(mvau ",
    ),
    "slower": (
        "blocks/offramp_window.sv",
        "(!m_valid || (m_ready && last))",
        "!m_valid",
        "(window trunk0_window0) driven alone; expected",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_of_the_rtl_are_named(tiny: Compiled, simulators: Path, tmp_path: Path, fault: str) -> None:
    file, old, new, said = FAULTS[fault]
    accelerator = tiny.compose(0, tmp_path / "exit0")
    high = next(n for n in accelerator.nodes if n.name == "trunk0_mvau0").output.width - 1
    old, new = (text.format(high=high, below=high - 1) if "{high}" in old else text for text in (old, new))
    path = accelerator.path / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    simulator = build(accelerator.design(), cache_dir=simulators, cut=True, quick=True)
    found = verdict(Apart(accelerator, linear_layers(tiny.graphs), seed=3), simulator)
    assert said in found


def test_depthwise_products_wait_for_their_words_to_be_taken(tmp_path: Path, simulators: Path) -> None:
    trunk = (Conv(4, 3), Relu(), Conv(4, 2, groups=4), Relu(), AvgPool(3))
    spec = NetworkSpec("deep", (1, 6, 6), 2, (trunk,), ((Flatten(), Linear(2)),), (1.0,))
    accelerator, apart = alone(spec, tmp_path)
    assert [node.kind for node in accelerator.nodes].count("depthwise") == 2
    simulator = build(accelerator.design(), cache_dir=simulators, cut=True, quick=True)
    assert verdict(apart, simulator) == "nothing"


def test_padding_may_begin_a_frame_that_never_comes(
    tmp_path: Path, simulators: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FINN+'s padding does, while slower layers are still at work; one word more is too many."""
    monkeypatch.setattr("toolkit.compile.hardware.LARGEST_WINDOW", 0)
    spec = NetworkSpec(
        "padded", (1, 5, 4), 2, ((Conv(2, 3, padding=1), Relu()),), ((Flatten(), Linear(2)),), (1.0,)
    )
    accelerator, apart = alone(spec, tmp_path)
    simulator = build(accelerator.design(), cache_dir=simulators, cut=True, quick=True)
    run = apart.run(simulator, StallPattern())
    assert apart.require(run, paced=True) > 0
    (index,) = (i for i, node in enumerate(accelerator.nodes) if node.kind == "padding")
    (queue,), stream = accelerator.queues_behind(index), accelerator.nodes[index].output
    ahead = run.beats[queue] - len(apart.wanted[index]) * stream.beats
    assert ahead == 4 + 2 + 1, "the row above, and a column before the first pixel"
    run.beats[queue] += 1
    with pytest.raises(VerificationMismatch, match="gives too many words"):
        apart.require(run, paced=True)
