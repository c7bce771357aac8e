"""``offramp models``: the networks, the datasets and the checkpoints that ship."""

from __future__ import annotations

import json
from typing import Annotated

import typer


def models(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")] = False,
) -> None:
    """List the networks, the datasets and the shipped checkpoints."""
    from hw_models.task import FORMS
    from toolkit.flow.catalogue import models as find_models
    from toolkit.tasks import TASKS

    found = find_models()
    if as_json:
        print(json.dumps(found.model_dump(mode="json"), indent=2))
        return

    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    for network in found.networks:
        shape = "x".join(map(str, network.input_shape))
        sizes = f"input {shape}, {network.outputs} {FORMS[network.task].outputs}"
        sizes += f" in {network.groups} groups" if network.groups > 1 else ""
        sizes += f", {network.parameters:,} parameters"
        console.print(f"[bold]{network.name}[/bold]: {sizes}")
        for segment, macs in network.segment_macs.items():
            count = network.segment_parameters[segment]
            console.print(f"  {segment:8}{macs:>12,} multiply-accumulates, {count:,} parameters")
        for index, macs in enumerate(network.macs_to_exit):
            console.print(f"  {f'exit {index}':8}{macs:>12,} in all, if the frame leaves there")
        console.print(f"  {'static':8}{network.static_baseline_macs:>12,} without early exit")
    console.print(f"datasets: {', '.join(found.datasets)}")
    if not found.checkpoints:
        console.print("shipped checkpoints: none")
    for card in found.checkpoints:
        task = TASKS[card.get("network", {}).get("task", "classification")]
        figures = task.headline(card.get("metrics", {}).get("test", {}))
        said = f"shipped: {card['model']} on {card['dataset']}, {card['quant_key']}"
        console.print(f"{said}: {figures}" if figures else said)
