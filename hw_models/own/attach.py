"""Attaches early exits to a network that has none."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from toolkit.core.errors import BadOption, UnknownName


class Tap:
    """A hook that keeps what a layer gives."""

    def __init__(self, taken: dict[str, Any], name: str) -> None:
        self._taken, self._name = taken, name

    def __call__(self, module: nn.Module, inputs: Any, output: Any) -> None:
        """Keep ``output``; of a layer that is called more than once the last."""
        self._taken[self._name] = output


class WithExits(nn.Module):
    """A network with exits attached: its output is a list of logits, the network's own last.

    Its parameters are ``model....`` and ``exits.K....``.
    """

    def __init__(self, model: nn.Module, after: Sequence[str], heads: Sequence[nn.Module]) -> None:
        super().__init__()
        self.model = model
        self.after = tuple(after)
        self.exits = nn.ModuleList(heads)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return the logits of every exit."""
        taken: dict[str, Any] = {}
        hooks = [
            self.model.get_submodule(name).register_forward_hook(Tap(taken, name)) for name in self.after
        ]
        try:
            last = self.model(x)
        finally:
            for hook in hooks:
                hook.remove()
        if unused := [name for name in self.after if name not in taken]:
            raise BadOption(f"exit after {unused[0]}", expected="a layer that forward calls", found="no call")
        own = list(last) if isinstance(last, (list, tuple)) else [last]
        return [*(head(taken[name]) for name, head in zip(self.after, self.exits, strict=True)), *own]


def inner_module(network: nn.Module) -> nn.Module:
    """Return the network that exits are attached to; itself if there are none."""
    while isinstance(network, WithExits):
        network = network.model
    return network


def attach_exits(
    model: nn.Module, after: Sequence[str], head: nn.Module | Sequence[nn.Module] | None = None
) -> nn.Module:
    """Attach an early exit behind each of some layers of a network.

    Args:
        model: network that returns logits.
        after: names of layers as in ``model.named_modules()``, in the order of ``forward``.
        head: classifier of which each exit gets a copy, or one for each; ``nn.LazyLinear`` and
            ``nn.LazyConv2d`` find their sizes themselves. None: ``Flatten`` and a ``Linear`` with as many
            outputs as the last one of the network.

    Returns:
        A network that returns a list of logits, those of the exits in the order of ``after`` first.

    Raises:
        UnknownName: there is no such layer; the message says which there are.
        BadOption: no exits, two behind one layer, or another number of heads.
    """
    names = [name for name, _ in model.named_modules() if name]
    if isinstance(after, str) or not after or len(set(after)) < len(after):
        raise BadOption("attach_exits: after", expected="names of layers, each once", found=repr(after))
    for name in after:
        if name not in names:
            raise UnknownName.among("layer in attach_exits: after", str(name), names)
    if head is None:
        linear = [module for module in model.modules() if isinstance(module, nn.Linear)]
        if not linear:
            raise BadOption(
                "attach_exits: head", expected="a head for a network without Linear", found="none"
            )
        head = nn.Sequential(nn.Flatten(), nn.LazyLinear(linear[-1].out_features))
    heads = [copy.deepcopy(head) for _ in after] if isinstance(head, nn.Module) else list(head)
    if len(heads) != len(after) or not all(isinstance(one, nn.Module) for one in heads):
        expected = f"a module, or {len(after)} of them, one per exit"
        found = f"{len(heads)}: {', '.join(type(one).__name__ for one in heads)}"
        raise BadOption("attach_exits: head", expected=expected, found=found)
    return WithExits(model, after, heads)
