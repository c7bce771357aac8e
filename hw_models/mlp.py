"""Multi-layer perceptrons for a value, from figures of a patient or of a district."""

from __future__ import annotations

from hw_models.spec import BatchNorm, Element, Flatten, Linear, NetworkSpec, Relu


def _mlp(name: str, inputs: int, *hidden: int) -> NetworkSpec:
    layers: list[Element] = [Flatten()]
    for size in hidden:
        layers += [Linear(size), BatchNorm(), Relu()]
    return NetworkSpec(
        name=name,
        input_shape=(1, 1, inputs),
        outputs=1,
        trunks=(tuple(layers),),
        heads=((Linear(1),),),
        exit_weights=(1.0,),
        task="regression",
    )


MLP_DIABETES = _mlp("mlp_diabetes", 10, 32, 16)
MLP_HOUSING = _mlp("mlp_housing", 8, 64, 32)
