"""``offramp models``: the networks, the datasets and the checkpoints that ship."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer


def models(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")] = False,
) -> None:
    """List the networks, the datasets and the shipped checkpoints."""
    listing = _listing()
    if as_json:
        print(json.dumps(listing, indent=2))
        return

    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    for network in listing["networks"]:
        shape = "x".join(str(size) for size in network["input_shape"])
        parameters = f"{network['parameters']:,} parameters"
        console.print(
            f"[bold]{network['name']}[/bold]: input {shape}, {network['classes']} classes, {parameters}"
        )
        for segment, macs in network["segment_macs"].items():
            count = network["segment_parameters"][segment]
            console.print(f"  {segment:8}{macs:>12,} multiply-accumulates, {count:,} parameters")
        for index, macs in enumerate(network["macs_to_exit"]):
            console.print(f"  {f'exit {index}':8}{macs:>12,} in all, if the frame leaves there")
        console.print(f"  {'static':8}{network['static_baseline_macs']:>12,} without early exit")
    console.print(f"datasets: {', '.join(listing['datasets'])}")
    if not listing["checkpoints"]:
        console.print("shipped checkpoints: none")
    for card in listing["checkpoints"]:
        test = card.get("metrics", {}).get("test", {})
        accuracy, rate = test.get("combined_accuracy"), test.get("exit_rate", [None])[0]
        figures = f": {accuracy:.2%} combined, {rate:.1%} leave at exit 0" if accuracy and rate else ""
        console.print(f"shipped: {card['model']} on {card['dataset']}, {card['quant_key']}{figures}")


def _listing() -> dict[str, Any]:
    import hw_models
    from hw_models import shipped
    from toolkit import data

    specs = [hw_models.get(name) for name in hw_models.names()]
    networks = [
        {
            "name": spec.name,
            "input_shape": list(spec.input_shape),
            "classes": spec.classes,
            "exits": spec.exits,
            "parameters": sum(hw_models.segment_parameters(spec).values()),
            "segment_parameters": {p.name: count for p, count in hw_models.segment_parameters(spec).items()},
            "segment_macs": {part.name: macs for part, macs in hw_models.segment_macs(spec).items()},
            "macs_to_exit": list(hw_models.macs_to_exit(spec)),
            "static_baseline_macs": hw_models.static_baseline_macs(spec),
        }
        for spec in specs
    ]
    return {"networks": networks, "datasets": list(data.names()), "checkpoints": shipped.cards()}
