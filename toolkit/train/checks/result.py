"""What the checks before a training found."""

from __future__ import annotations

from typing import ClassVar

from toolkit.core.artifact import Artifact, Record
from toolkit.core.quantities import Count, NonNegative, Positive, Share


class CheckFinding(Record):
    """One finding in words; ``good``: whether it is as it should be."""

    good: bool
    says: str


class Suspect(Record):
    """A training image that looks like another class than its label.

    Attributes:
        image: its place in the training split.
        label: its class.
        looks_like: class that a linear model, fitted to other images, gives it.
        chance: probability of its own label, as that model has it.
    """

    image: Count
    label: Count
    looks_like: Count
    chance: Share


class DataChecks(Record):
    """What the images are like. Shares of baselines are accuracies on the validation split.

    Attributes:
        counts: split -> images of each class.
        duplicates: training images that another one equals, byte for byte.
        contradictions: of these, images with several labels.
        shared: split -> its images that are in the training split as well.
        constant: training images of a single grey level, by their places.
        suspects: images that look mislabelled, the most striking first.
        examined: training images that were searched for them.
        majority: baseline that always says the most frequent class.
        linear: baseline of a logistic regression on the pixels; None if it was not fitted.
    """

    counts: dict[str, tuple[Count, ...]]
    duplicates: Count
    contradictions: Count
    shared: dict[str, Count]
    constant: tuple[Count, ...]
    suspects: tuple[Suspect, ...]
    examined: Count
    majority: Share
    linear: Share | None


class FoundRates(Record):
    """Loss against the learning rate, raised from step to step; ``suggested``: where it falls fastest."""

    rates: tuple[Positive, ...]
    losses: tuple[NonNegative, ...]
    suggested: Positive | None


class NetworkChecks(Record):
    """Whether the float network learns.

    Attributes:
        expected: loss of a network that knows nothing, ln(classes).
        initial: loss of each exit with random weights.
        batch: images of the batch that was to be learnt by heart.
        steps: training steps taken for it.
        learnt: accuracy of each exit on that batch at the end.
        rate: search for a learning rate.
    """

    expected: Positive
    initial: tuple[NonNegative, ...]
    batch: Count
    steps: Count
    learnt: tuple[Share, ...]
    rate: FoundRates


class TrainingChecks(Artifact):
    """All checks of a network on a dataset; ``classes``: their names."""

    FILE: ClassVar[str] = "checks.json"

    model: str
    dataset: str
    classes: tuple[str, ...]
    data: DataChecks
    network: NetworkChecks

    @property
    def findings(self) -> tuple[CheckFinding, ...]:
        """The findings in words, in order."""
        return (*_of_data(self.data, self.classes), *_of_network(self.network))


RARE = 5
"""Times that the most frequent class may have the images of the rarest."""
FAR = 0.3
"""Share by which the initial loss may differ from that of a network that knows nothing."""
BY_HEART = 0.95
"""Accuracy on a batch from which on it counts as learnt by heart."""


def _of_data(data: DataChecks, classes: tuple[str, ...]) -> list[CheckFinding]:
    train = data.counts["train"]
    low, high = min(train), max(train)
    names = f"{classes[train.index(low)]} has {low:,}, {classes[train.index(high)]} {high:,}"
    shared = ", ".join(f"{count:,} of {name}" for name, count in data.shared.items() if count)
    linear = "" if data.linear is None else f", a linear model on the pixels to {data.linear:.1%}"
    return [
        CheckFinding(good=low * RARE >= high, says=f"training images per class: {names}"),
        CheckFinding(
            good=not data.contradictions,
            says=f"{data.duplicates:,} training images are there several times, "
            f"{data.contradictions:,} of them with several labels",
        ),
        CheckFinding(
            good=not shared, says=f"images that are in the training split as well: {shared or 'none'}"
        ),
        CheckFinding(
            good=not data.constant, says=f"{len(data.constant):,} training images have a single grey level"
        ),
        CheckFinding(
            good=len(data.suspects) * 50 <= data.examined,
            says=f"{len(data.suspects):,} of {data.examined:,} training images look mislabelled "
            "to a linear model",
        ),
        CheckFinding(
            good=True, says=f"to beat: the most frequent class comes to {data.majority:.1%}{linear}"
        ),
    ]


def _of_network(network: NetworkChecks) -> list[CheckFinding]:
    initial = ", ".join(f"{loss:.3f}" for loss in network.initial)
    far = max(abs(loss - network.expected) for loss in network.initial)
    learnt = ", ".join(f"{share:.0%}" for share in network.learnt)
    rate = network.rate.suggested
    return [
        CheckFinding(
            good=far <= FAR * network.expected,
            says=f"losses with random weights: {initial}; {network.expected:.3f} know nothing, ln(classes)",
        ),
        CheckFinding(
            good=min(network.learnt) >= BY_HEART,
            says=f"{network.batch} images learnt by heart in {network.steps} steps: {learnt} at the exits",
        ),
        CheckFinding(
            good=rate is not None,
            says="the loss falls at no learning rate"
            if rate is None
            else f"the loss falls fastest at a learning "
            f"rate of {rate:.2g}, a good --float-rate to begin with",
        ),
    ]
