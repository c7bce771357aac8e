"""From a user's ``nn.Module`` to the description: layers, exits, and what is refused, with its place."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from hw_models import AvgPool, BatchNorm, Conv, Dropout, Flatten, Linear, MaxPool, Relu
from hw_models.description import OwnNetwork
from hw_models.floating import build_float
from hw_models.own import Images
from tests.hw_models.own.files import NET, PLAIN, described
from toolkit.core.errors import BadOption, OfframpError, UnsupportedOperator

FLAT = "torch.flatten(x, 1)"
RETURN = "return [early, self.last(torch.flatten(x, 1))]"
EARLY = "self.early(torch.flatten(x, 1))"
TEN = "expected 10 classes for digits; found"


def test_a_network_names_its_exits_by_the_list_that_it_returns(tmp_path: Path) -> None:
    own = described(tmp_path, NET)
    spec = own.network
    assert (spec.name, spec.input_shape, spec.outputs) == ("MyNet", (1, 28, 28), 10)
    assert spec.exit_weights == (1.0, 1.0)
    assert [[layer.kind for layer in part] for part in (*spec.trunks, *spec.heads)] == [
        ["conv", "relu", "pool"],
        ["conv", "relu"],
        ["flatten", "linear"],
        ["flatten", "linear"],
    ]
    assert spec.trunks[0][0] == Conv(4, (5, 5), (0, 0), (2, 2))
    assert own.modules == {
        "trunk0.conv0": "first.0",
        "head0.linear0": "early",
        "trunk1.conv0": "second",
        "head1.linear0": "last",
        "trunk0.relu0": "first.1",
        "trunk0.pool0": "first.2",
    }


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("torch.flatten(x, 1)", "x.flatten(1)"),
        ("torch.flatten(x, 1)", "x.view(x.size(0), -1)"),
        ("torch.flatten(x, 1)", "x.reshape(x.shape[0], x.shape[1] * x.shape[2] * x.shape[3])"),
        ("torch.flatten(x, 1)", "nn.Flatten()(x)"),
        ("self.second(x).relu()", "F.relu(self.second(x), inplace=True)"),
        ("self.second(x).relu()", "torch.relu(self.second(x)).contiguous()"),
        ("nn.ReLU(), nn.MaxPool2d(2))", "nn.MaxPool2d(2), nn.Identity(), nn.ReLU())"),
        ("x = self.first(x)", "x = F.max_pool2d(self.first[1](self.first[0](x)), kernel_size=2)"),
        (RETURN, "return early, self.last(torch.flatten(x, 1))"),
        ("forward(self, x):", "forward(self, x, mask=None, *more):"),
    ],
)
def test_the_same_layers_may_be_written_in_many_ways(tmp_path: Path, old: str, new: str) -> None:
    kinds = [sorted(layer.kind for layer in part) for part in described(tmp_path, NET).network.trunks]
    found = described(tmp_path, NET, (old, new)).network
    assert [sorted(layer.kind for layer in part) for part in found.trunks] == kinds
    assert found.heads == described(tmp_path, NET).network.heads


def test_windows_dropout_and_weights_of_exits_are_taken(tmp_path: Path) -> None:
    spec = described(
        tmp_path,
        NET,
        (
            "super().__init__()",
            "super().__init__()\n        self.exit_loss_weights = torch.tensor([1, 0.25])",
        ),
        ("nn.Conv2d(1, 4, 5, stride=2)", "nn.Conv2d(1, 4, (5, 3), (2, 1), padding='valid', bias=False)"),
        ("nn.MaxPool2d(2)", "nn.MaxPool2d(3, 2, (1, 0), ceil_mode=True), nn.Dropout(0.2)"),
        ("nn.Conv2d(4, 8, 3)", "nn.Conv2d(4, 8, (3, 1), padding='same')"),
        ("4 * 6 * 6", "4 * 7 * 13"),
        ("8 * 4 * 4", "8 * 7 * 13"),
        (
            "return [early, self.last(",
            "x = F.dropout(x, 0.5, self.training)\n        return [early, self.last(",
        ),
    ).network
    assert spec.exit_weights == (1.0, 0.25)
    assert spec.trunks == (
        (Conv(4, (5, 3), (0, 0), (2, 1), bias=False), Relu(), MaxPool((3, 3), (2, 2), (1, 0), ceil=True)),
        (Dropout(0.2), Conv(8, (3, 1), (1, 0), (1, 1)), Relu()),
    )
    assert spec.heads == (
        (Dropout(0.2), Flatten(), Linear(10)),
        (Dropout(0.5), Flatten(), Linear(10)),
    )


def test_an_exit_behind_a_flatten_and_one_exit_alone(tmp_path: Path) -> None:
    flat = described(tmp_path, NET, (EARLY, "self.early(x.flatten(1).relu())")).network
    assert [layer.kind for layer in flat.heads[0]] == ["flatten", "relu", "linear"]
    one = described(tmp_path, NET, (RETURN, f"return self.last({FLAT})"))
    assert one.network.exits == 1
    assert one.modules["head0.linear0"] == "last"


def test_the_description_computes_what_the_module_does(tmp_path: Path) -> None:
    """The check is made for every network; here that it can fail."""
    last = "self.last = nn.Linear(8 * 4 * 4, 10)"
    with pytest.raises(OfframpError, match=r"my_net\.py"):
        described(tmp_path, NET, (last, f"{last}\n        nn.utils.parametrizations.weight_norm(self.last)"))
    hooked = (
        f"{last}\n        self.last.weight.register_hook(print)\n        self.last.bias = self.early.bias"
    )
    described(tmp_path, NET, (last, hooked))
    changed = ("nn.Conv2d(4, 8, 3)", "Odd(4, 8, 3)")
    odd = (
        "class Odd(nn.Conv2d):\n    def _conv_forward(self, x, w, b):\n        return F.conv2d(x, w - 1, b)\n"
    )
    with pytest.raises(BadOption, match="expected a network that computes what its layers say"):
        described(tmp_path, NET + odd, changed)


def test_every_layer_that_is_not_supported_is_named_with_its_place(tmp_path: Path) -> None:
    normed = "nn.Conv2d(1, 4, 5, stride=2), nn.InstanceNorm2d(4), nn.GELU()"
    added = "x = self.second(x).relu() + x[:, :1, :4, :4]\n        x = F.lp_pool2d(x, 2, 1)"
    with pytest.raises(UnsupportedOperator) as error:
        described(
            tmp_path,
            NET,
            ("nn.Conv2d(1, 4, 5, stride=2), nn.ReLU()", normed),
            ("nn.Conv2d(4, 8, 3)", "nn.Conv2d(4, 8, 3, groups=2, dilation=1)"),
            ("x = self.second(x).relu()", added),
        )
    file = tmp_path / "my_net.py"
    assert error.value.details == (
        f"InstanceNorm2d first.1 ({file}:12)",
        f"GELU first.2 ({file}:12)",
        f"Conv2d second ({file}:14): groups=2",
        f"getitem ({file}:20)",
        f"add ({file}:20): a branch that is no residual: maps of 8x4x4 and 1x4x4",
        f"lp_pool2d ({file}:21)",
    )
    assert f"operations of {file}: MyNet; expected Conv2d (groups=1 or depthwise, " in str(error.value)


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        ("nn.Upsample(scale_factor=2)", "Upsample .*:12"),
        ("nn.AdaptiveAvgPool2d(3)", "AdaptiveAvgPool2d .*: windows that differ, from 28x28 to 3x3"),
        ("nn.AvgPool2d(3, padding=1)", "AvgPool2d .*: padding, ceil_mode"),
        ("nn.LeakyReLU()", "LeakyReLU .*:12"),
        ("nn.Conv2d(1, 1, 3, dilation=2)", r"Conv2d .*: dilation=\(2, 2\)"),
        ("nn.Conv2d(1, 1, 3, padding_mode='reflect', padding=1)", "Conv2d .*: padding_mode=reflect"),
        ("nn.Conv2d(1, 1, 2, padding='same')", "Conv2d .*: padding='same' with an even kernel"),
        ("nn.ConvTranspose2d(1, 1, 3)", "ConvTranspose2d"),
        ("nn.MaxPool2d(2, dilation=2)", "MaxPool2d .*: dilation=2"),
        ("nn.Unflatten(1, (1, 1))", "Unflatten .*:12"),
        ("nn.Softmax(1)", "Softmax"),
        ("nn.Dropout2d()", "Dropout2d"),
        ("nn.BatchNorm2d(1, momentum=None)", "BatchNorm2d .*: momentum=None"),
        ("nn.BatchNorm2d(1, track_running_stats=False)", "BatchNorm2d .*: track_running_stats=False"),
    ],
)
def test_layers_are_refused_by_name(tmp_path: Path, layer: str, words: str) -> None:
    with pytest.raises(UnsupportedOperator, match=rf"operations of .*found {words}"):
        described(tmp_path, NET, ("nn.Sequential(nn.Conv2d(", f"nn.Sequential({layer}, nn.Conv2d("))


@pytest.mark.parametrize("layer", ["nn.LSTM(128, 128)", "nn.MultiheadAttention(128, 2)"])
def test_recurrent_layers_and_attention_are_refused_by_name(tmp_path: Path, layer: str) -> None:
    call = "self.odd(x, x, x)[0]" if "Attention" in layer else "self.odd(x)[0]"
    with pytest.raises(UnsupportedOperator) as error:
        described(
            tmp_path,
            NET,
            ("self.last = ", f"self.odd = {layer}\n        self.last = "),
            ("self.last(torch.flatten(x, 1))", f"self.last((lambda x: {call})(torch.flatten(x, 1)))"),
        )
    assert [one.split()[:2] for one in error.value.details] == [[layer[3:].partition("(")[0], "odd"]]


@pytest.mark.parametrize(
    "pool",
    [
        "nn.AdaptiveAvgPool2d((2, None))(x)",
        "F.adaptive_avg_pool2d(x, (2, 6))",
        "F.avg_pool2d(x, (3, 1))",
        "nn.AvgPool2d((3, 1))(x)",
    ],
)
def test_averages_are_taken_over_any_number_of_positions(tmp_path: Path, pool: str) -> None:
    averaged = ("x = self.second(x).relu()", f"x = self.second(x).relu()\n        x = {pool}")
    spec = described(
        tmp_path, NET, averaged, ("Conv2d(4, 8, 3)", "Conv2d(4, 8, 1)"), ("* 4 * 4", "* 2 * 6")
    ).network
    found = spec.trunks[1][-1]
    assert isinstance(found, AvgPool)
    assert (found.kernel, found.step) == ((3, 1), (3, 1))


def test_a_mean_over_the_map_is_a_global_average(tmp_path: Path) -> None:
    mean = ("self.second(x).relu()", "self.second(x).relu().mean((-1, -2), keepdim=True)")
    spec = described(tmp_path, NET, mean, ("8 * 4 * 4", "8")).network
    assert spec.trunks[1][-1] == AvgPool((4, 4))
    with pytest.raises(UnsupportedOperator, match=r"mean .*: other than over height and width with keepdim"):
        described(tmp_path, NET, ("self.second(x).relu()", "self.second(x).relu().mean(2)"))


def test_depthwise_convolutions_are_taken(tmp_path: Path) -> None:
    own = "nn.MaxPool2d(2), nn.Conv2d(4, 4, 3, 1, 1, groups=4))"
    found = described(tmp_path, NET, ("nn.MaxPool2d(2))", own))
    assert found.network.trunks[0][-1] == Conv(4, (3, 3), (1, 1), (1, 1), groups=4)


def test_batch_normalisation_is_taken_with_its_layer(tmp_path: Path) -> None:
    found = described(
        tmp_path, NET, ("stride=2), nn.ReLU()", "stride=2), nn.BatchNorm2d(4, 1e-3), nn.ReLU()")
    )
    assert found.network.trunks[0][1] == BatchNorm(eps=1e-3)
    assert found.modules["trunk0.norm0"] == "first.1"
    with pytest.raises(BadOption, match=r"trunk0\.norm0; expected a convolution or linear layer directly"):
        described(tmp_path, NET, ("nn.ReLU(), ", "nn.ReLU(), nn.BatchNorm2d(4), "))


def test_weights_that_are_used_twice_are_refused(tmp_path: Path) -> None:
    twice = ("x = self.second(x).relu()", "x = self.second(F.relu(self.second(x))[:, :4])")
    with pytest.raises(UnsupportedOperator, match=r"Conv2d second .*: its weights are used twice"):
        described(tmp_path, NET, twice)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            RETURN,
            "y = self.last(x.flatten(1))\n        return [y, early, y]",
            "exit0 .*a head of its own",
        ),
        (RETURN, "return [early, early, self.last(x.flatten(1))]", "exit1 .*expected a head that is a chain"),
        (RETURN, "return [self.last(x.flatten(1)), early]", "exits of MyNet; expected the last exit last"),
        (RETURN, "return {'early': early}", "MyNet; expected logits, or a list .*found dict"),
        (RETURN, "return [early, 3]", "MyNet; expected logits, or a list .*found a list with int"),
        (RETURN, "return None", "MyNet; expected logits, .*found nothing"),
        (RETURN, "return []", "MyNet; expected logits, .*found nothing"),
        (RETURN, "return [early, x]", f"exit1 of MyNet, relu .*:21.; {TEN} 8x4x4"),
        (RETURN, "return [early, self.w]", "exit1 of MyNet; expected logits of the images"),
        (EARLY, f"F.relu({EARLY})", r"exit0 of MyNet, relu \(.*:20\); expected Linear with 10"),
        (EARLY, "x.relu()", f"exit0 of MyNet, relu .*; {TEN} 4x6x6"),
        ("6 * 6, 10)", "6 * 6, 7)", rf"exit0 of MyNet, Linear early \(.*:13\); {TEN} 7"),
        (
            "x = self.second(x).relu()",
            "pass",
            r"Linear last .* on digits, 1x28x28; expected its input",
        ),
        ("nn.Conv2d(1, 4,", "nn.Conv2d(3, 4,", r"Conv2d first.0 \(.*:12\) on digits, .*3 channels"),
        (
            "8 * 4 * 4, 10)",
            "4 * 6 * 6, 10)\n        self.second = nn.ReLU()",
            "exit1 of MyNet; expected a convolution, pool or linear layer between exit0 and its head",
        ),
        (
            "__init__()",
            "__init__()\n        self.exit_weights = [1]",
            "MyNet.exit_weights; expected 2",
        ),
        ("__init__()", "__init__()\n        self.exit_weights = [1, -1]", "loss weights of network 'MyNet'"),
    ],
)
def test_exits_that_are_none_are_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    weighted = NET.replace("self.last = ", "self.w = nn.Parameter(torch.ones(2, 10))\n        self.last = ")
    with pytest.raises(BadOption, match=words):
        described(tmp_path, weighted, (old, new))


def test_exits_in_the_wrong_order_are_named(tmp_path: Path) -> None:
    deep = """
class Deep(nn.Module):
    def __init__(self):
        super().__init__()
        self.convs = nn.ModuleList([nn.Conv2d(1, 2, 3, 2), nn.Conv2d(2, 2, 3, 2), nn.Conv2d(2, 2, 3, 2)])
        self.heads = nn.ModuleList([nn.Linear(n, 10) for n in (2 * 13 * 13, 2 * 6 * 6, 2 * 2 * 2)])

    def forward(self, x):
        out = []
        for conv, head in zip(self.convs, self.heads):
            x = conv(x)
            out.append(head(x.flatten(1)))
        return out[0], out[1], out[2]
"""
    assert described(tmp_path, NET + deep, name="Deep").network.exits == 3
    words = r"exit0 behind Conv2d convs.1 \(.*\), exit1 behind Conv2d convs.0 \(.*:26"
    with pytest.raises(BadOption, match=words):
        described(tmp_path, NET + deep, ("out[0], out[1]", "out[1], out[0]"), name="Deep")


@pytest.mark.parametrize(
    "line",
    [
        "if x.mean() > 0:\n            x = -x",
        "for row in x:\n            x = row",
        "x = x * int(x.sum())",
        "assert x.max() < 1",
    ],
)
def test_control_flow_by_values_is_named_with_its_place(tmp_path: Path, line: str) -> None:
    words = r"my_net\.py:19; expected a forward that decides nothing by values, .*; found \w+Error: "
    with pytest.raises(BadOption, match=words):
        described(tmp_path, NET, ("early = self.early", f"{line}\n        early = self.early"))


def test_other_images_and_classes_give_another_network(tmp_path: Path) -> None:
    lazy = [(f"nn.Linear({size}, 10)", "nn.LazyLinear(10)") for size in ("4 * 6 * 6", "8 * 4 * 4")]
    spec = described(tmp_path, NET, *lazy, images=Images("wide", (1, 28, 40), 10)).network
    assert spec.input_shape == (1, 28, 40)
    with pytest.raises(BadOption, match=r"exit0 of MyNet, Linear early .*; expected 3 classes for three"):
        described(tmp_path, NET, images=Images("three", (1, 28, 28), 3))


VALUE = """
class Value(nn.Sequential):
    task = "regression"

    def __init__(self):
        super().__init__(nn.Flatten(), nn.Linear(784, 8), nn.ReLU(), nn.Linear(8, 1))
"""


def test_the_task_is_an_attribute_of_the_module(tmp_path: Path) -> None:
    """The number of outputs is the task's, and the task stands in the description."""
    own = described(tmp_path, NET + VALUE, name="Value", images=Images("values", (1, 28, 28), 0))
    assert (own.network.task, own.network.outputs) == ("regression", 1)
    assert OwnNetwork.of_text(own.to_text(), "it").network.task == "regression"
    same = VALUE.replace("regression", "reconstruction").replace("8, 1)", "8, 784)")
    again = described(tmp_path, NET + same, name="Value", images=Images("hums", (1, 28, 28), 2))
    assert (again.network.task, again.network.outputs) == ("reconstruction", 784)
    several = VALUE.replace("regression", "sequence").replace("8, 1)", "8, 66)")
    numbers = described(tmp_path, NET + several, name="Value", images=Images("numbers", (1, 28, 28), 11, 6))
    assert (numbers.network.task, numbers.network.outputs, numbers.network.groups) == ("sequence", 66, 6)
    text = VALUE.replace("regression", "reconstruction")
    with pytest.raises(BadOption, match=r"exit0 of Value, .*; expected 784 outputs for hums; found 1 values"):
        described(tmp_path, NET + text, name="Value", images=Images("hums", (1, 28, 28), 2))
    with pytest.raises(BadOption, match=r"Value.task; expected one of classification, .*; found 'detection'"):
        described(tmp_path, NET + VALUE.replace("regression", "detection"), name="Value")


def test_earlyexitnet_like_networks_are_read(tmp_path: Path) -> None:
    text = """
class ConvPoolAc(nn.Module):
    def __init__(self, chanIn, chanOut, kernel=3):
        super().__init__()
        self.layer = nn.Sequential(nn.Conv2d(chanIn, chanOut, kernel), nn.MaxPool2d(2), nn.ReLU())

    def forward(self, x):
        return self.layer(x)


class B_Lenet(nn.Module):
    def __init__(self, exit_threshold=0.5):
        super().__init__()
        self.fast_inference_mode = False
        self.exit_loss_weights = [1.0, 0.3]
        self.backbone = nn.ModuleList([ConvPoolAc(1, 4), nn.Sequential(ConvPoolAc(4, 8), nn.Flatten())])
        self.exits = nn.ModuleList([nn.Sequential(nn.Flatten(), nn.Linear(676, 10)), nn.Linear(200, 10)])

    def forward(self, x):
        if self.fast_inference_mode:
            return [e(x) for e in self.exits if x.max() > 0.5]
        res = []
        for bb, ee in zip(self.backbone, self.exits):
            x = bb(x)
            res.append(ee(x))
        return res
"""
    own = described(tmp_path, NET + text, name="B_Lenet")
    assert own.network.exit_weights == (1.0, 0.3)
    assert own.modules["trunk1.conv0"] == "backbone.1.0.layer.0"


def test_nothing_of_a_user_stays_behind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "beside.py").write_text("print('beside')\nWIDTH = 10\n")
    text = "from beside import WIDTH\nprint('a word')\n" + NET.replace("6 * 6, 10)", "6 * 6, WIDTH)")
    before, make, random = list(sys.path), nn.Module.__init__, torch.get_rng_state()
    described(tmp_path, text)
    (tmp_path / "beside.py").write_text("WIDTH = 11\n")
    with pytest.raises(BadOption, match="found 11"):
        described(tmp_path, text)
    out, err = capsys.readouterr()
    assert (out, err.split()) == ("", ["beside", "a", "word", "a", "word"])
    assert (sys.path, nn.Module.__init__) == (before, make)
    assert "beside" not in sys.modules
    assert torch.equal(torch.get_rng_state(), random)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["beside.py", "my_net.py"]


def test_a_network_without_exits_is_one(tmp_path: Path) -> None:
    own = described(tmp_path, NET + PLAIN, name="plain")
    assert own.network.exits == 1
    assert re.fullmatch(r"\d", own.modules["trunk0.conv0"])
    build_float(own.network)
