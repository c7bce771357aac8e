"""The sliders of the report: counted from groups of frames, and in a real browser as Python counts them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from tests.report.browser import browsed, needs_browser
from toolkit.exits import ExitPolicy
from toolkit.report.page import render, without_aims
from toolkit.report.schema import Report, Trial
from toolkit.report.sources import Sources
from toolkit.report.text import percent, short
from toolkit.verify.result import GoldenLogits

KEYS = ("latency_us", "energy_uj", "incremental_uj")


@pytest.fixture(scope="module")
def html(report: Report) -> str:
    return render(report)


@pytest.fixture
def trial(report: Report) -> Trial:
    assert report.trial is not None
    return report.trial


def outcome(trial: Trial, policy: tuple[int, ...]) -> tuple[float, list[float]]:
    """Accuracy and exit rates at indices of thresholds."""
    groups, early = np.array(trial.frames), len(policy)
    leaves = [groups[:, k] <= policy[k] for k in range(early)]
    exits = np.argmax([*leaves, np.ones(len(groups), bool)], axis=0)
    counts, right = groups[:, -1], groups[np.arange(len(groups)), early + exits]
    left = np.bincount(exits, counts, minlength=early + 1)
    return float(counts @ right / counts.sum()), (left / counts.sum()).tolist()


def policies(trial: Trial) -> list[tuple[int, ...]]:
    rng, early = np.random.default_rng(1), len(trial.chosen)
    drawn = rng.integers(0, len(trial.thresholds), (4, early))
    return [trial.chosen, (0,) * early, (len(trial.thresholds) - 1,) * early, *map(tuple, drawn.tolist())]


def test_groups_say_what_any_policy_does(report: Report, trial: Trial, sources: Sources) -> None:
    golden = GoldenLogits.load(sources.folders["verify"]).logits
    policy, labels = ExitPolicy.load(sources.folders["calibrate"]), sources.dataset.test.labels
    for indices in policies(trial):
        chosen = tuple(trial.thresholds[index] for index in indices)
        answers = ExitPolicy(**{**policy.model_dump(), "thresholds": chosen}).answer(golden)
        accuracy, rates = outcome(trial, indices)
        assert accuracy == pytest.approx((answers.classes == labels[: report.frames]).mean())
        assert rates == [(answers.exits == k).mean() for k in range(len(golden))]
    accuracy, rates = outcome(trial, trial.chosen)
    assert accuracy == pytest.approx(report.combined.accuracy)
    assert rates == pytest.approx([one.exit_rate for one in report.exits])


@needs_browser
def test_a_browser_counts_as_python_does(html: str, trial: Trial, tmp_path: Path) -> None:
    last = len(trial.thresholds) - 1
    for policy in policies(trial)[2:4]:
        moves = "".join(
            f"trialAt = document.getElementById('trial-at-{k}'); trialAt.value = {last - index};"
            "trialAt.dispatchEvent(new Event('input'));"
            for k, index in enumerate(policy)
        )
        page = html.replace("</body>", f"<script>var trialAt; {moves}</script></body>")
        page = browsed(page, tmp_path)
        shown = dict(re.findall(r'id="trial-([\w-]+)"[^>]*>([^<]*)<', page.replace("&nbsp;", "\u00a0")))
        for row, indices in (("now", policy), ("force", trial.chosen)):
            accuracy, rates = outcome(trial, indices)
            means = trial.means.at(np.array([rates]))
            want = {f"left-{k}": percent(rate) for k, rate in enumerate(rates)}
            want["accuracy"] = percent(accuracy)
            want |= {key: "–" if (one := means[key]) is None else short(one[0]) for key in KEYS}
            assert {key: shown[f"{row}-{key}"] for key in want} == want
        assert float(shown["threshold-0"]) == pytest.approx(trial.thresholds[policy[0]], rel=1e-5)
        assert shown["command"].startswith("offramp ")
        early = 1 - outcome(trial, policy)[1][-1]
        assert 0 <= early - float(shown["command"].split("--exit-rate ")[1]) < 1.1e-4


def test_the_page_asks_nobody(html: str) -> None:
    assert not re.search(r"(?:src|href)=[\"'](?!#|data:)", html)
    assert not re.search(r"\b(?:fetch|XMLHttpRequest|import)\s*\(", html)


def test_a_command_has_one_objective() -> None:
    assert without_aims("offramp build x --max-loss 0.5 --frames 20") == "offramp build x --frames 20"
