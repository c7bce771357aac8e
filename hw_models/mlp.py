"""A multi-layer perceptron for a value from ten measurements of a patient."""

from __future__ import annotations

from hw_models.spec import BatchNorm, Flatten, Linear, NetworkSpec, Relu

MLP_DIABETES = NetworkSpec(
    name="mlp_diabetes",
    input_shape=(1, 1, 10),
    outputs=1,
    trunks=((Flatten(), Linear(32), BatchNorm(), Relu(), Linear(16), BatchNorm(), Relu()),),
    heads=((Linear(1),),),
    exit_weights=(1.0,),
    task="regression",
)
