"""From a user's file to the description of their network.

A network names its exits by what it returns: a list of logits, one per exit, the last exit's last. Where the
way to an early exit leaves the way to the last one, there it branches off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, fx, nn

from hw_models.description import OwnNetwork
from hw_models.floating import build_float
from hw_models.lowering import modules_of
from hw_models.own.attach import inner_module
from hw_models.own.code import UserCode, copy_module, make_module
from hw_models.own.graph import FRAMES, Call, TracedNetwork, trace
from hw_models.own.reference import Images, OwnReference
from hw_models.residual import Residual
from hw_models.spec import NAME, AvgPool, BatchNorm, Conv, Dropout, Flatten, Linear, MaxPool, NetworkSpec
from hw_models.task import FORMS, TaskName
from toolkit.core.errors import BadOption
from toolkit.core.topology import Part, Topology, head, path_name, trunk

_WEIGHTS = ("exit_weights", "exit_loss_weights")
"""Attributes with the weight of each exit in the loss; the second is earlyexitnet's."""
_TASK = "task"
"""Attribute with the task; without it the network classifies."""


def read(reference: OwnReference, images: Images) -> OwnNetwork:
    """Run the user's file and describe the network in it.

    Raises:
        BadOption, UnknownName: the file raises an error or holds no such network; exits that are not chains
            off one backbone, in order; outputs of another number than the task's; images that do not fit.
        UnsupportedOperator: layers that the description does not have: names all of them.
    """
    source = UserCode(reference.file)
    with torch.random.fork_rng(devices=[]):
        module = make_module(source, reference)
        return describe(trace(module, reference.name, images, source), images, source)


@dataclass(frozen=True)
class OwnModule:
    """A network that the user has in their program.

    Attributes:
        network: a module, or a class or function that needs no arguments and gives one.
        name: name of the network.
    """

    network: nn.Module | Callable[..., Any]
    name: str

    @classmethod
    def of(cls, network: object) -> OwnModule:
        """Take a network as it is given, and its name: that of its class, or of the class or function.

        Raises:
            BadOption: it is no such thing, or its name is none that a network may have.
        """
        named = type(inner_module(network)) if isinstance(network, nn.Module) else network
        name = getattr(named, "__name__", None)
        if not callable(network) or name is None:
            expected = "a name, an nn.Module, a class or function that gives one, or a NetworkSpec"
            raise BadOption("network", expected=expected, found=type(network).__name__)
        if not NAME.fullmatch(name):
            expected = "a name of letters, digits and _, at most 64"
            raise BadOption(f"network {name}", expected=expected, found=repr(name))
        return cls(network, name)

    def read(self, images: Images) -> tuple[OwnNetwork, dict[str, Tensor] | None]:
        """Describe the network; it stays as it is.

        Returns:
            Its description, and the state dict of a module; None for a class or function, whose weights are
            random.

        Raises:
            BadOption, UnsupportedOperator: as :func:`read`.
        """
        source = UserCode.of(self.network)
        with torch.random.fork_rng(devices=[]):
            module = copy_module(self.network, source, self.name)
            own = describe(trace(module, self.name, images, source), images, source)
        return own, module.state_dict() if isinstance(self.network, nn.Module) else None


def describe(graph: TracedNetwork, images: Images, source: UserCode) -> OwnNetwork:
    """Return the description of a traced network; raises the errors of :func:`read` about exits."""
    chains = [graph.chain(output) for output in graph.outputs]
    task = _task(graph.module, source.named(graph.name))
    groups = images.groups if FORMS[task].grouped else 1
    outputs = FORMS[task].outputs_of(images.shape, images.classes, groups)
    for k, chain in enumerate(chains):
        _require_outputs(graph, k, chain, outputs, f"{outputs} {FORMS[task].outputs} for {images.dataset}")
    parts = _Cut(graph, chains).parts()
    layers = {part: [step.layer for step in steps if step.layer is not None] for part, steps in parts.items()}
    indices = range(len(chains))
    trunks, heads = (tuple(tuple(layers[part(k)]) for k in indices) for part in (trunk, head))
    weights = _exit_weights(graph.module, len(chains), source.named(graph.name))
    spec = NetworkSpec(graph.name, images.shape, outputs, trunks, heads, weights, task, groups)
    named = [one for _, named_layers in spec.segments() for one in named_layers]
    held = [pair for part in Topology(len(chains)) for step in parts[part] for pair in step.layers]
    modules = {
        one.name: module
        for one, (module, _) in zip(named, held, strict=True)
        if module or isinstance(one.layer, (Conv, Linear, BatchNorm))
    }
    own = OwnNetwork(spec, modules)
    _require_same(graph, own, source)
    return own


def _require_outputs(
    graph: TracedNetwork, k: int, chain: Sequence[fx.Node], outputs: int, wanted: str
) -> None:
    what = f"{path_name(k)} of {graph.name}"
    if not chain or not graph.of_images(chain[-1]):
        raise BadOption(what, expected="logits of the images", found="a tensor that does not depend on them")
    what = f"{what}, {graph.named(chain[-1])}"
    steps = [step for step in map(graph.call, chain) if step.layer is not None]
    shape = tuple(graph.values[chain[-1]].shape)
    if shape != (FRAMES, outputs):
        raise BadOption(what, expected=wanted, found=f"{'x'.join(map(str, shape[1:]))} values")
    if not steps or not isinstance(steps[-1].layer, Linear):
        raise BadOption(what, expected=f"Linear with {outputs} outputs at the end", found="no such layer")


@dataclass(frozen=True)
class _Cut:
    """Cuts the ways to the exits into trunks and heads."""

    graph: TracedNetwork
    chains: Sequence[Sequence[fx.Node]]

    def parts(self) -> dict[Part, list[Call]]:
        """Return the operations of each trunk and head."""
        *early, last = self.chains
        found: dict[Part, list[Call]] = {}
        start, owners = 0, dict.fromkeys(last, len(early))
        self._require_whole_blocks()
        ends = [self._branch(k, owners) for k in range(len(early))]
        self._require_order(ends)
        for k, end in enumerate(ends):
            cut = self._before_passive(last, start, end)
            found[trunk(k)] = self._steps(last[start:cut])
            found[head(k)] = self._steps([*last[cut:end], *early[k][end:]])
            start = cut
        classifier = max(at for at, node in enumerate(last) if isinstance(self._layer(node), Linear))
        cut = self._before_passive(last, start, classifier)
        k = len(early)
        found[trunk(k)], found[head(k)] = self._steps(last[start:cut]), self._steps(last[cut:])
        for k in range(len(self.chains)):
            self._require_work(k, found[trunk(k)])
        return found

    def _branch(self, k: int, owners: dict[fx.Node, int]) -> int:
        """Return how many operations exit ``k`` shares with the last one; note those it does not."""
        chain, last = self.chains[k], len(self.chains) - 1
        shared = [node for node in chain if owners.get(node) == last]
        own = chain[len(shared) :]
        if not own:
            raise BadOption(
                self._said(k),
                expected="a head of its own",
                found=f"{self.graph.named(chain[-1])}, which leads to the last exit",
            )
        for node in own:
            if node in owners:
                raise BadOption(
                    self._said(k),
                    expected="a head that is a chain of its own, off the way to the last exit",
                    found=f"{self.graph.named(node)} in the head of {path_name(owners[node])} as well",
                )
            owners[node] = k
        return len(shared)

    def _require_whole_blocks(self) -> None:
        """Refuse an exit that branches off inside a residual block."""
        inside = [{one for node in chain for one in self.graph.branches(node)} for chain in self.chains]
        for k, chain in enumerate(self.chains):
            found = [node for node in chain if any(node in nodes for nodes in inside)]
            if found:
                raise BadOption(
                    self._said(k),
                    expected="an exit in front of a residual block, or behind it",
                    found=f"one behind {self.graph.named(found[0])}, inside it",
                )

    def _require_order(self, ends: Sequence[int]) -> None:
        backbone = self.chains[-1]
        for k in range(1, len(ends)):
            if ends[k] < ends[k - 1]:
                places = [
                    self.graph.named(backbone[end - 1]) if end else "the images"
                    for end in ends[k - 1 : k + 1]
                ]
                raise BadOption(
                    f"exits of {self.graph.name}",
                    expected="exits in the order in which the network reaches them",
                    found=f"{path_name(k - 1)} behind {places[0]}, {path_name(k)} behind {places[1]}",
                )
        depths = [
            sum(isinstance(layer, (Conv, Linear)) for step in self._steps(chain) for _, layer in step.layers)
            for chain in self.chains
        ]
        for k, depth in enumerate(depths[:-1]):
            if depth > depths[-1]:
                raise BadOption(
                    f"exits of {self.graph.name}",
                    expected="the last exit last, with the most layers on the way to it",
                    found=f"{depth} layers with weights to {path_name(k)}, {depths[-1]} to the last",
                )

    def _require_work(self, k: int, steps: Sequence[Call]) -> None:
        """Refuse a trunk without anything to do."""
        if any(
            isinstance(layer, (Conv, Linear, MaxPool, AvgPool)) for step in steps for _, layer in step.layers
        ):
            return
        before = path_name(k - 1) if k else "the images"
        raise BadOption(
            self._said(k),
            expected=f"a convolution, pool or linear layer between {before} and its head",
            found=", ".join(step.layer.kind for step in steps if step.layer) or "none",
            fix="Two exits with nothing between them are one. The head of the last exit is its last Linear.",
        )

    def _before_passive(self, chain: Sequence[fx.Node], start: int, end: int) -> int:
        """Return where a segment ends, for which ``end`` was meant: before a Flatten or Dropout."""
        cut = end
        for at in range(end - 1, start - 1, -1):
            layer = self._layer(chain[at])
            if isinstance(layer, (Flatten, Dropout)):
                cut = at
            elif isinstance(layer, (Conv, Linear, MaxPool, AvgPool, Residual)):
                break
        return cut

    def _layer(self, node: fx.Node) -> Any:
        return self.graph.call(node).layer

    def _steps(self, nodes: Sequence[fx.Node]) -> list[Call]:
        return [self.graph.call(node) for node in nodes]

    def _said(self, k: int) -> str:
        return f"{path_name(k)} of {self.graph.name}"


def _task(module: nn.Module, what: str) -> TaskName:
    found = getattr(module, _TASK, "classification")
    if found not in FORMS:
        raise BadOption(f"{what}.{_TASK}", expected=f"one of {', '.join(FORMS)}", found=repr(found))
    return cast(TaskName, found)


def _exit_weights(module: nn.Module, exits: int, what: str) -> tuple[float, ...]:
    name = next((name for name in _WEIGHTS if hasattr(module, name)), None)
    if name is None:
        return (1.0,) * exits
    try:
        found = tuple(float(one) for one in getattr(module, name))
    except (TypeError, ValueError):
        found = ()
    if len(found) != exits:
        found_text = repr(getattr(module, name))
        raise BadOption(f"{what}.{name}", expected=f"{exits} numbers, one per exit", found=found_text)
    return found


def _require_same(graph: TracedNetwork, own: OwnNetwork, source: UserCode) -> None:
    """Check that the description computes what the network does, with the network's weights."""
    theirs, net = graph.module.state_dict(), build_float(own.network).eval()
    paths = modules_of(own.network)
    state = {
        f"{path}.{name.rpartition('.')[2]}": value
        for layer, path in paths.items()
        for name, value in theirs.items()
        if name.rpartition(".")[0] == own.modules[layer]
    }
    fits = {name: value.shape for name, value in state.items()} == {
        name: value.shape for name, value in net.state_dict().items()
    }
    same = False
    if fits:
        net.load_state_dict(state)
        with torch.no_grad():
            same = all(
                torch.allclose(found, graph.values[output].float(), rtol=1e-3, atol=1e-4, equal_nan=True)
                for found, output in zip(net(graph.images), graph.outputs, strict=True)
            )
    if not same:
        raise BadOption(
            source.named(graph.name),
            expected="a network that computes what its layers say",
            found="other logits",
            fix="Weights that are computed (parametrizations), hooks and changed layers are not supported.",
        )
