"""Traces a user's network into a graph whose nodes know their place, and runs it on images."""

from __future__ import annotations

import contextlib
import math
import operator
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.nn import functional

from hw_models.own import layers
from hw_models.own.attach import Tap
from hw_models.own.code import UserCode, place_of
from hw_models.own.joins import NO_RESIDUAL, Meeting, meeting_at, way
from hw_models.own.reference import Images
from hw_models.residual import Element, Residual
from hw_models.spec import Layer
from toolkit.core.errors import BadOption, UnsupportedOperator, one_line

_SIZES = ("size", "dim", "numel", getattr, operator.getitem, math.prod)
"""What gives sizes of a tensor, as far as it can be told without its value."""
FRAMES = 2
"""Images that a network is run on."""


class _Root(nn.Module):
    """Calls the user's network with one argument, so that others have their defaults."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor) -> Any:
        """Return what the network returns."""
        return self.net(x)


class _Tracer(fx.Tracer):
    """Notes the place of every node, and takes layers of PyTorch, and those derived from them, as a whole."""

    def __init__(self, source: UserCode) -> None:
        super().__init__()
        self._source = source
        self._made = 0

    def create_node(self, *args: Any, **kwargs: Any) -> fx.Node:
        """Create a node with its place."""
        node = super().create_node(*args, **kwargs)
        node.meta["place"] = self._source.here()
        return node

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        """Tell whether a module is one layer."""
        forward = type(m).forward.__module__
        return forward.startswith("torch.nn.") and not isinstance(m, nn.Sequential)

    def call_module(
        self, m: nn.Module, forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Call a module; layers as a whole run no hooks, but an exit may be attached to one."""
        if m not in set(self.root.modules()) and not [*m.parameters()]:  # nn.Flatten()(x)
            self._made += 1
            path = f"made_in_forward{self._made}"
            self.root.get_submodule("net").add_module(path, m)
            (self.submodule_paths or {})[m] = f"net.{path}"
        out = super().call_module(m, forward, args, kwargs)
        if self.is_leaf_module(m, ""):
            for hook in m._forward_hooks.values():
                if isinstance(hook, Tap):
                    hook(m, args, out)
        return out


class _Runner(fx.Interpreter):
    """Runs a graph as in evaluation, and keeps every value."""

    def __init__(self, module: nn.Module, graph: fx.Graph) -> None:
        super().__init__(module, garbage_collect_values=False, graph=graph)
        self.failed: tuple[fx.Node, Exception] | None = None

    def call_function(self, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a function; a dropout does nothing."""
        if target is functional.dropout:
            return args[0] if args else kwargs["input"]
        return super().call_function(target, args, kwargs)

    def run_node(self, n: fx.Node) -> Any:
        """Run a node; remember the one that fails."""
        try:
            return super().run_node(n)
        except Exception as error:
            self.failed = n, error
            raise


@dataclass(frozen=True)
class Call:
    """One operation of a network, with one tensor in and one out, or a residual block as a whole.

    Attributes:
        node: the node; of a block its sum.
        layer: its layer; None if it does nothing to a frame.
        module: path of its module in the user's network; empty for a function.
        inside: operations of a block, those of the main branch first.
    """

    node: fx.Node
    layer: Element | None
    module: str
    inside: tuple[Call, ...] = ()

    @property
    def layers(self) -> list[tuple[str, Layer]]:
        """The layers that it is or holds, each with the path of its module."""
        if isinstance(self.layer, Residual):
            return [pair for step in self.inside for pair in step.layers]
        return [] if self.layer is None else [(self.module, self.layer)]


@dataclass(frozen=True)
class TracedNetwork:
    """A traced network.

    Attributes:
        name: name of the network.
        module: the network, in evaluation mode.
        outputs: what it returns, in order.
        values: value of each node for :data:`FRAMES` random images; None where it failed.
        images: those images.
    """

    name: str
    module: nn.Module
    outputs: tuple[fx.Node, ...]
    values: dict[fx.Node, Any]
    images: Tensor
    _joins: dict[fx.Node, Meeting] = field(default_factory=dict, compare=False)

    def chain(self, output: fx.Node) -> list[fx.Node]:
        """Return the operations from the images to ``output``, a residual block as its sum alone."""
        return [node for node in self._way(output) if node.op != "placeholder"]

    def of_images(self, output: fx.Node) -> bool:
        """Whether an output depends on the images."""
        return self._way(output)[0].op == "placeholder"

    def branches(self, node: fx.Node) -> tuple[fx.Node, ...]:
        """Return the operations inside the residual block that ends at ``node``; none if none does."""
        if len(self._tensors(node)) < 2:
            return ()
        return tuple(one for branch in self._join(node).branches for one in branch)

    def _way(self, output: fx.Node) -> list[fx.Node]:
        return way(output, self._before)[::-1]

    def _before(self, node: fx.Node) -> fx.Node | None:
        """Return the node in front of another, that of the fork for the sum of a residual block."""
        sources = self._tensors(node)
        if len(sources) < 2:
            return next(iter(sources), None)
        return self._join(node).fork

    def _join(self, node: fx.Node) -> Meeting:
        if node not in self._joins:  # each looks at all sums in front of it
            self._joins[node] = meeting_at(node, self._tensors(node), self._before)
        return self._joins[node]

    def _tensors(self, node: fx.Node) -> list[fx.Node]:
        """Return the inputs of a node that are tensors, and not sizes."""
        return [one for one in node.all_input_nodes if self._holds_tensor(one)]

    def _holds_tensor(self, node: fx.Node) -> bool:
        if node not in self.values:  # behind a node that failed
            return node.target not in _SIZES
        value = self.values[node]
        return any(
            isinstance(one, Tensor) for one in (value if isinstance(value, (list, tuple)) else [value])
        )

    def _layer(self, node: fx.Node) -> nn.Module:
        path = self._path(node)
        return self.module.get_submodule(path) if path else self.module

    def _path(self, node: fx.Node) -> str:
        """Return the path of a node's module in the user's network, which may be a layer itself."""
        return str(node.target).removeprefix("net").removeprefix(".")

    def operations(self) -> list[fx.Node]:
        """Return the nodes with tensors that the outputs depend on, in order."""
        needed, waiting = set[fx.Node](), list(self.outputs)
        while waiting:
            node = waiting.pop()
            if node not in needed:
                needed.add(node)
                waiting += self._tensors(node)
        return [node for node in self.outputs[0].graph.nodes if node in needed and node.op != "placeholder"]

    def call(self, node: fx.Node) -> Call:
        """Return the operation of a node; raises :class:`layers.Refused`."""
        if len(self._tensors(node)) > 1 and node.op in ("call_function", "call_method"):
            return self._block(node)
        if node.op == "call_module":
            path, known = self._path(node), layers.of_module(self._layer(node))
        elif node.op in ("call_function", "call_method"):
            path, known = "", self._function(node)
        else:
            raise layers.Refused("")
        if known is layers.Flatten:
            known = self._flatten(node)
        elif isinstance(known, layers.Adaptive):
            known = self._adapted(known, node)
        assert not isinstance(known, type)
        return Call(node, known, path)

    def _function(self, node: fx.Node) -> layers.Known:
        args, kwargs = fx.node.map_arg((node.args, node.kwargs), lambda one: self.values.get(one))
        sources = self._tensors(node)
        if any(one.op == "get_attr" for one in sources):
            raise layers.Refused("with tensors that are no layer's")
        if not sources:
            raise layers.Refused("")
        return layers.of_function(node.target, args, kwargs)

    def _block(self, node: fx.Node) -> Call:
        """Return the residual block that ends at a node, the branch with more layers as its main one."""
        join = self._join(node)
        if any(self.branches(one) for branch in join.branches for one in branch):
            raise layers.Refused("a residual inside a residual")
        sides = sorted((self._branch(branch) for branch in join.branches), key=len, reverse=True)
        main, shortcut = (tuple(layer for step in side for _, layer in step.layers) for side in sides)
        shapes = [_shape(self.values[one]) for one in self._tensors(node) if self.values.get(one) is not None]
        if not main or len(set(shapes)) > 1:
            why = f"maps of {' and '.join(shapes)}" if len(set(shapes)) > 1 else "a map and itself"
            raise layers.Refused(f"{NO_RESIDUAL}: {why}")
        inside = tuple(step for side in sides for step in side)
        return Call(node, Residual(main, shortcut), "", inside)

    def _branch(self, nodes: Sequence[fx.Node]) -> list[Call]:
        """Return the operations of a branch that have a layer; those refused are named by themselves."""
        found = []
        for node in nodes:
            with contextlib.suppress(layers.Refused):
                found.append(self.call(node))
        return [step for step in found if step.layer is not None]

    def _adapted(self, known: layers.Adaptive, node: fx.Node) -> Layer | None:
        before = self.values.get(self._tensors(node)[0])
        if before is None:  # behind a node that failed
            return None
        if before.ndim != 4:
            raise layers.Refused(f"of {_shape(before)} per frame")
        return known.of(before.shape[1:])

    def _flatten(self, node: fx.Node) -> Layer | None:
        before, after = (self.values.get(one) for one in (self._tensors(node)[0], node))
        if before is None or after is None or before.shape == after.shape:
            return None
        if after.shape == (FRAMES, before[0].numel()):
            return layers.Flatten()
        raise layers.Refused(f"from {_shape(before)} to {_shape(after)} per frame")

    def named(self, node: fx.Node) -> str:
        """Return a node as messages name it: ``BatchNorm2d bn1 (my_net.py:12)``."""
        place = node.meta.get("place", "")
        if node.op == "call_module":
            module = self._layer(node)
            place = place_of(module) or place
            words = f"{type(module).__name__} {self._path(node)}".rstrip()
        else:
            words = node.name.rstrip("0123456789").rstrip("_")
        return f"{words} ({place})" if place else words


def _shape(value: Tensor) -> str:
    return "x".join(map(str, value.shape[1:]))


def trace(module: nn.Module, name: str, images: Images, source: UserCode) -> TracedNetwork:
    """Trace a network, as it is in training, and run it on random images.

    Raises:
        BadOption: its control flow depends on values, it returns no logits, or the images do not fit.
        UnsupportedOperator: it has layers that the description does not have: names all of them.
    """
    generator = torch.Generator().manual_seed(0)
    pixels = torch.rand(FRAMES, *images.shape, generator=generator)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with source.running("a forward that decides nothing by values, so that it can be traced"):
            if any(isinstance(one, nn.modules.lazy.LazyModuleMixin) for one in module.modules()):
                module.eval()(pixels)  # gives them their sizes
            traced = _Tracer(source).trace(_Root(module.train()))
    outputs = _outputs(traced, source.named(name))
    runner = _Runner(_Root(module.eval()), traced)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            runner.run(pixels)
        except Exception:
            if runner.failed is None:
                raise
    graph = TracedNetwork(name, module, outputs, dict(runner.env), pixels)
    _require_supported(graph, source)
    if runner.failed is not None:
        node, error = runner.failed
        what = f"{graph.named(node)} on {images.dataset}, {'x'.join(map(str, images.shape))}"
        said = str(error).partition("\n\nWhile executing")[0]  # the rest is the graph's own account
        raise BadOption(what, expected="its input", found=one_line(said)) from error
    return graph


def _outputs(traced: fx.Graph, what: str) -> tuple[fx.Node, ...]:
    (returned,) = next(node for node in traced.nodes if node.op == "output").args
    found = returned if isinstance(returned, (list, tuple)) else [returned]
    if not found or not all(isinstance(one, fx.Node) for one in found):
        kind = "nothing" if returned is None or not found else type(returned).__name__
        if isinstance(returned, (list, tuple)) and found:
            others = sorted({type(one).__name__ for one in found if not isinstance(one, fx.Node)})
            kind = f"a list with {', '.join(others)}"
        kind = kind.removeprefix("immutable_")
        raise BadOption(
            what,
            expected="logits, or a list of the logits of every exit in order, the last exit's last",
            found=kind,
        )
    return tuple(found)


def _require_supported(graph: TracedNetwork, source: UserCode) -> None:
    problems = list(dict.fromkeys(_problems(graph)))
    if problems:
        raise UnsupportedOperator(
            f"operations of {source.named(graph.name)}",
            expected=layers.SUPPORTED,
            found=", ".join(problems),
            details=problems,
        )


def _is_one_of_several(graph: TracedNetwork, node: fx.Node) -> bool:
    """Whether a node takes one value of those that a layer gives."""
    return node.target is operator.getitem and isinstance(graph.values.get(node.all_input_nodes[0]), tuple)


def _problems(graph: TracedNetwork) -> Iterator[str]:
    used = set[str]()
    for node in graph.operations():
        if node.op == "get_attr" or _is_one_of_several(graph, node):
            continue  # named by what reads it, or what gives it
        try:
            step = graph.call(node)
        except layers.Refused as error:
            yield f"{graph.named(node)}: {error}".removesuffix(": ")
        except Exception as error:  # arguments of other types than the layer's
            yield f"{graph.named(node)}: {error}"
        else:
            if step.module in used:
                yield f"{graph.named(node)}: its weights are used twice"
            if step.module and graph.module.get_submodule(step.module).state_dict():
                used.add(step.module)
