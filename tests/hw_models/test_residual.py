"""Residual blocks: their pieces, the shared quantiser, and refusal of what is none."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.nn import functional

from hw_models import Conv, Dropout, Flatten, Linear, MaxPool, NetworkSpec, QuantConfig, Relu
from hw_models.floating import build_float
from hw_models.lowering import bit_widths, lower, modules_of
from hw_models.macs import products, segment_macs, segment_parameters
from hw_models.network import PIXEL_SCALE
from hw_models.quantized import build_quantized
from hw_models.residual import Residual
from toolkit.core.errors import BadOption

HEAD = (Flatten(), Linear(3))


def network(*trunk: Any) -> NetworkSpec:
    return NetworkSpec("blocks", (2, 6, 4), 3, (trunk,), (HEAD,), (1.0,))


BLOCK = network(
    *(Conv(3, 3, 1), Relu()),
    *(Residual((Conv(4, 3, 1, 2), Relu(), Conv(4, 3, 1)), (Conv(4, 1, stride=2),)), Relu()),
    Residual((Conv(4, 3, 1), MaxPool(1), Relu())),
)


def test_a_block_is_two_segments_and_what_is_behind_it_begins_with_the_quantiser_of_the_sum() -> None:
    found = {part.name: [one.local_name for one in operations] for part, operations in lower(BLOCK).items()}
    assert found == {
        "trunk0p0": ["conv0", "relu0"],
        "trunk0p1m": ["conv0", "relu0", "conv1", "quant0"],
        "trunk0p1s": ["conv0", "quant0"],
        "trunk0p2": ["relu0"],
        "trunk0p3m": ["conv0", "relu0", "pool0", "quant0"],
        "trunk0p3s": ["quant0"],
        "trunk0p4": ["quant0"],
        "head0": ["flatten0", "linear0"],
    }
    shared = {
        one.name: one.shared for operations in lower(BLOCK).values() for one in operations if one.shared
    }
    assert shared == {"trunk0p1s.quant0": "trunk0p1m.quant0", "trunk0p3s.quant0": "trunk0p3m.quant0"}
    signed = [one.name for operations in lower(BLOCK).values() for one in operations if one.signed]
    assert signed == [f"trunk0p{piece}.quant0" for piece in ("1m", "1s", "3m", "3s", "4")]


def test_both_branches_have_the_bits_of_the_main_ones_last_layer() -> None:
    quant = QuantConfig(overrides={"trunk0p1m.conv1": (3, 6), "trunk0p1s.conv0": (2, 7)})
    widths = bit_widths(BLOCK, quant)
    assert (widths["trunk0p1s.conv0"], widths["trunk0p1m.conv1"]) == (2, 3)
    assert widths["trunk0p1s.quant0"] == widths["trunk0p1m.quant0"] == 6
    net = build_quantized(BLOCK, quant)
    main, shortcut = (net.get_submodule(f"trunks.0.p1{branch}.quant0") for branch in "ms")
    assert main is shortcut


def test_parameters_and_products_are_counted_per_piece() -> None:
    counted = {part.name: macs for part, macs in segment_macs(BLOCK).items()}
    assert counted == {
        "trunk0p0": 24 * 3 * 18,
        "trunk0p1m": 6 * 4 * (27 + 36),
        "trunk0p1s": 6 * 4 * 3,
        "trunk0p2": 0,
        "trunk0p3m": 6 * 4 * 36,
        "trunk0p3s": 0,
        "trunk0p4": 0,
        "head0": 24 * 3,
    }
    net = build_float(BLOCK)
    assert sum(segment_parameters(BLOCK).values()) == sum(one.numel() for one in net.parameters())
    rows = {part.name: row for part, row in products(BLOCK, QuantConfig(act_bits=5)).items()}
    assert [bits for _, _, bits in rows["trunk0p0"]] == [8]
    assert {bits for name in ("trunk0p1m", "trunk0p1s", "trunk0p3m", "head0") for *_, bits in rows[name]} == {
        5
    }


def test_the_float_network_adds_its_branches() -> None:
    net, x = build_float(BLOCK), torch.rand(3, 2, 6, 4)
    state = {name: net.get_submodule(path) for name, path in modules_of(BLOCK).items()}

    def layer(name: str, x: torch.Tensor, **how: int) -> torch.Tensor:
        return functional.conv2d(x, state[name].weight, state[name].bias, **how)

    first = functional.relu(layer("trunk0p0.conv0", x, padding=1))
    main = functional.relu(layer("trunk0p1m.conv0", first, padding=1, stride=2))
    main = layer("trunk0p1m.conv1", main, padding=1)
    second = functional.relu(main + layer("trunk0p1s.conv0", first, stride=2))
    third = second + functional.relu(layer("trunk0p3m.conv0", second, padding=1))
    classifier = state["head0.linear0"]
    wanted = functional.linear(third.flatten(1), classifier.weight, classifier.bias)
    torch.testing.assert_close(net(x)[0], wanted)


def test_the_shared_scale_suits_both_branches() -> None:
    """Of a shortcut with values far above those of the main branch, and the other way round."""
    spec = network(Residual((Conv(2, 1, bias=False),), (Conv(2, 1, bias=False),)))
    for large, small in (("m", "s"), ("s", "m")):
        net = build_quantized(spec, QuantConfig(8, 8)).eval()
        with torch.no_grad():
            net.get_submodule(f"trunks.0.p0{large}.conv0").weight.fill_(4.0)
            net.get_submodule(f"trunks.0.p0{small}.conv0").weight.fill_(0.125)
        x = torch.randint(0, 256, (20, 2, 6, 4)).float() * PIXEL_SCALE
        net.calibrate(x)
        scale = float(net.get_submodule("trunks.0.p0m.quant0").act_quant.scale().detach())
        assert 127 * scale >= 0.7 * 4 * 2 * float(x.max())
        assert len([name for name, _ in net.named_parameters() if ".quant0." in name]) == 2  # with the sum's


@pytest.mark.parametrize(
    ("trunk", "words"),
    [
        (
            [Residual((Conv(3, 3, 1),))],
            r"residual in trunk0 .*branches that give one shape; found \(3, 6, 4\)",
        ),
        ([Residual((Conv(2, 3),))], r"found \(2, 4, 2\) \(trunk0p0m\) and \(2, 6, 4\) \(trunk0p0s\)"),
        ([Residual((Relu(),), (Relu(),))], "trunk0 of network 'blocks'; expected at least one convolution"),
        ([Conv(2, 3, 1), Dropout(), Residual((Conv(2, 3, 1),))], "layer trunk0p0.dropout0; .*segment's end"),
    ],
)
def test_blocks_that_do_not_fit_are_refused(trunk: list[Any], words: str) -> None:
    with pytest.raises(BadOption, match=words):
        network(*trunk)


def test_a_branch_is_a_chain_of_layers() -> None:
    with pytest.raises(BadOption, match="main branch of a residual; expected at least one layer"):
        Residual(())
    with pytest.raises(BadOption, match=r"branch of a residual; .*found a residual inside a residual"):
        Residual((Conv(1, 1), Residual((Conv(1, 1),))))  # type: ignore[arg-type]
