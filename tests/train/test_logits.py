from __future__ import annotations

import numpy as np

import hw_models
from hw_models.quantized import build_quantized
from toolkit.data import Dataset
from toolkit.train.logits import exit_logits


def test_logits_of_a_network_keep_the_order_of_the_images(few_digits: Dataset) -> None:
    net = build_quantized(hw_models.get("b_lenet_se"))
    net.train()
    whole = exit_logits(net, few_digits.test)
    parts = exit_logits(net, few_digits.test, batch=7)
    assert net.training
    assert [exit_.shape for exit_ in whole] == [(40, 10), (40, 10)]
    assert all(np.array_equal(a, b) for a, b in zip(whole, parts, strict=True))
