"""The quantisation of a network: bit widths and scales, as data with a JSON form."""

from __future__ import annotations

import hashlib
import json
import re
import reprlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from toolkit.core.errors import BadOption

MIN_BITS, MAX_BITS = 2, 8
Scaling = Literal["po2", "float"]


def _check_bits(what: str, bits: object) -> None:
    if not isinstance(bits, int) or isinstance(bits, bool) or not MIN_BITS <= bits <= MAX_BITS:
        raise BadOption(
            f"{what} out of range",
            expected=f"a whole number from {MIN_BITS} to {MAX_BITS}",
            found=repr(bits),
            fix="One-bit layers are not exact in the hardware library, wider ones are not supported.",
        )


@dataclass(frozen=True)
class QuantConfig:
    """Bit widths and scales of a quantised network.

    Args:
        weight_bits, act_bits: default widths of weights and activations, 2 to 8 bits.
        first_weight_bits: width of the weights of the first layer; None means ``weight_bits``.
        last_weight_bits: width of the weights of every classifier; None means ``weight_bits``.
        scaling: ``"po2"`` (powers of two, exact everywhere) or ``"float"``.
        per_channel: whether every layer but the classifiers has one weight scale per output channel.
        overrides: ``{layer name: (weight bits, bits of the quantiser after it)}``; the second number is
            ignored for a classifier, which has no quantiser.

    Raises:
        BadOption: a width out of range or an unknown scaling.
    """

    weight_bits: int = 4
    act_bits: int = 4
    first_weight_bits: int | None = None
    last_weight_bits: int | None = None
    scaling: Scaling = "po2"
    per_channel: bool = False
    overrides: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_bits("weight_bits", self.weight_bits)
        _check_bits("act_bits", self.act_bits)
        for name in ("first_weight_bits", "last_weight_bits"):
            if getattr(self, name) is not None:
                _check_bits(name, getattr(self, name))
        if self.scaling not in ("po2", "float"):
            raise BadOption("scaling", expected="'po2' or 'float'", found=repr(self.scaling))
        plain = {}
        for layer, widths in sorted(self.overrides.items()):
            if not isinstance(widths, (tuple, list)) or len(widths) != 2:
                raise BadOption(f"override of {layer}", expected="(weight bits, act bits)", found=widths)
            _check_bits(f"weight bits of {layer}", widths[0])
            _check_bits(f"act bits of {layer}", widths[1])
            plain[layer] = (widths[0], widths[1])
        object.__setattr__(self, "overrides", plain)

    def __hash__(self) -> int:
        return hash(json.dumps(self.to_json(), sort_keys=True))

    def widths(self, layer: str, *, first: bool, classifier: bool) -> tuple[int, int]:
        """Return (weight bits, activation bits) of the weight layer called ``layer``."""
        if layer in self.overrides:
            return self.overrides[layer]
        weight = self.weight_bits
        if first and self.first_weight_bits is not None:
            weight = self.first_weight_bits
        if classifier and self.last_weight_bits is not None:
            weight = self.last_weight_bits
        return weight, self.act_bits

    @property
    def layer_bits(self) -> str:
        """The overrides as text, ``trunk0.conv0=3/4,head1.linear0=2/4``; :func:`read_layer_bits` reads it."""
        return ",".join(f"{layer}={weights}/{acts}" for layer, (weights, acts) in self.overrides.items())

    def key(self) -> str:
        """Return a short name, unique for each configuration: ``w4a4``, ``w4a4-f8-pc`` ..."""
        parts = [f"w{self.weight_bits}a{self.act_bits}"]
        if self.first_weight_bits not in (None, self.weight_bits):
            parts.append(f"f{self.first_weight_bits}")
        if self.last_weight_bits not in (None, self.weight_bits):
            parts.append(f"l{self.last_weight_bits}")
        if self.scaling == "float":
            parts.append("float")
        if self.per_channel:
            parts.append("pc")
        if self.overrides:
            text = json.dumps(self.overrides, sort_keys=True)
            parts.append("x" + hashlib.sha256(text.encode()).hexdigest()[:8])
        return "-".join(parts)

    def to_json(self) -> dict[str, Any]:
        """Return a dictionary of JSON types, the inverse of :meth:`from_json`."""
        data = asdict(self)
        data["overrides"] = {layer: list(widths) for layer, widths in self.overrides.items()}
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> QuantConfig:
        """Build the configuration that :meth:`to_json` returned.

        Raises:
            BadOption: an unknown field or a value out of range.
        """
        unknown = sorted(set(data) - set(cls.__dataclass_fields__))
        if unknown:
            raise BadOption("quantisation settings", expected="known fields", found=", ".join(unknown))
        return cls(**{**data, "overrides": dict(data.get("overrides", {}))})


def read_layer_bits(text: str) -> dict[str, tuple[int, int]]:
    """Return the overrides that a text stands for, ``LAYER=WEIGHTS/ACTIVATIONS`` with commas between them.

    Raises:
        BadOption: the text has another form, or a layer twice.
    """
    found = re.fullmatch(rf"{_ONE}(,{_ONE})*", text) and re.findall(rf"({_LAYER})=([0-9])/([0-9])", text)
    if not found or len({layer for layer, _, _ in found}) != len(found):
        expected = "LAYER=WEIGHTS/ACTIVATIONS, with commas between them, each layer once"
        raise BadOption("bits of layers", expected=expected, found=reprlib.repr(text))
    return {layer: (int(weights), int(acts)) for layer, weights, acts in found}


_LAYER = r"[A-Za-z0-9_.]+"
_ONE = rf"{_LAYER}=[0-9]/[0-9]"
