"""Runs in Python: what the command line does, as functions with typed results. Quiet unless asked."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from toolkit.core.errors import ArtifactError, BadOption
from toolkit.flow.data import load_data
from toolkit.flow.engine import bring_up_to_date, needed, outdated
from toolkit.flow.options import DECLARED, POSITIONAL, Options
from toolkit.flow.own import named
from toolkit.flow.reporters import reporter_of
from toolkit.flow.resolve import described, given_path, resolve
from toolkit.flow.rundir import RunDirectory
from toolkit.flow.step import Reporter
from toolkit.flow.steps import ORDER

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from hw_models import NetworkSpec
    from toolkit.cascade import CascadeResult
    from toolkit.compile import Segments
    from toolkit.compose import Accelerators
    from toolkit.cost import RunCosts
    from toolkit.data import Dataset
    from toolkit.exits import ExitPolicy
    from toolkit.explore.comparison import Comparison
    from toolkit.export import ExitGraphs
    from toolkit.flow.session import Classification
    from toolkit.implement import Bitstream
    from toolkit.package import BoardPackage
    from toolkit.report.schema import Report
    from toolkit.train.checkpoint import Checkpoint
    from toolkit.verify.result import Verification
    from toolkit.verify.simulation import PathRun

F = TypeVar("F", bound=Callable[..., Any])
BITS = "bits"
"""An option that stands for two."""


def takes_options(function: F) -> F:
    """Show the options of a run among the parameters of ``function`` and in its help."""
    keyword = inspect.Parameter.KEYWORD_ONLY
    signature = inspect.signature(function)
    given = [one for one in signature.parameters.values() if one.kind is not inspect.Parameter.VAR_KEYWORD]
    options = [
        inspect.Parameter(one.name, keyword, default=one.default, annotation=one.kind)
        for one in DECLARED.values()
        if one.name not in signature.parameters and one.name not in POSITIONAL
    ]
    bits = inspect.Parameter(BITS, keyword, default=None, annotation=int)
    function.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[*given, *options, bits]
    )
    lines = [f"    {one.name}: {DECLARED[one.name].described}" for one in options]
    function.__doc__ = "\n".join([inspect.getdoc(function) or "", "", "Options:", *lines])
    return function


class Run:
    """A run directory: its results, and the steps that make them.

    Each step has a method. It brings the step and all that it depends on up to date, as the command of the
    same name does, and returns the step's result. Options that are given change those of the run; all others
    stay. With ``progress``, what happens is shown on standard error.

    Attributes:
        path: the directory.
    """

    def __init__(self, path: str | Path) -> None:
        """Open a run that was started earlier.

        Raises:
            ArtifactError: there is none, its record is damaged, or another version wrote it.
        """
        self.path = given_path(path)
        RunDirectory(self.path).options()

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"

    @property
    def options(self) -> Options:
        """Options of the run, in groups."""
        return RunDirectory(self.path).options()

    @property
    def network(self) -> NetworkSpec:
        """The network, as its description."""
        return self.options.network.spec()

    @property
    def dataset(self) -> Dataset:
        """The dataset, with the splits of this run; raises DataError if its files have changed."""
        from toolkit.data import DatasetInfo

        found = load_data(self.options.data)
        DatasetInfo.load(self._folder("data")).require(found)
        return found

    @property
    def report(self) -> Report:
        """The report, as it was made.

        Raises:
            ArtifactError: there is none, it is damaged, or steps before it have run since with other options.
        """
        from toolkit.report.schema import Report

        return Report.load(self._folder("report"))

    @property
    def page(self) -> Path:
        """The report as a page, ``report.html``; raises the errors of :attr:`report`."""
        from toolkit.report import PAGE

        return self._folder("report") / PAGE

    def classify(
        self,
        images: npt.NDArray[np.uint8] | str | Path | Sequence[str | Path],
        device: str = "simulated",
    ) -> Classification:
        """Classify images on the accelerators; each leaves at the exit that the policy chooses.

        Args:
            images: uint8 array (N, C, H, W), or as in ``.npy`` files; or pictures, ``.npy`` or idx files.
            device: ``simulated``, or a link and its address, such as ``serial:PORT``.

        Raises:
            DataError: images of another type or size, or a file that cannot be read.
            ArtifactError: the run has not been composed and calibrated.
            FramesLost: frames that the device did not answer.
            OfframpError: the device cannot be opened.
        """
        from toolkit.flow.session import Session, require_device

        require_device(device)
        return Session.load(self.path).classify(images, device)

    def build(self, *, progress: bool | Reporter = False, **options: Any) -> Run:
        """Bring everything up to date."""
        self._bring("", progress, options)
        return self

    def train(self, *, progress: bool | Reporter = False, **options: Any) -> Checkpoint:
        """Train, or take the weights of ``checkpoint`` or ``weights``."""
        from toolkit.train.checkpoint import Checkpoint

        return Checkpoint.load(self._bring("train", progress, options))

    def export(self, *, progress: bool | Reporter = False, **options: Any) -> ExitGraphs:
        """Export every segment and exit path as QONNX."""
        from toolkit.export import ExitGraphs

        return ExitGraphs.load(self._bring("export", progress, options))

    def compile(self, *, progress: bool | Reporter = False, **options: Any) -> Segments:
        """Compile every segment to RTL."""
        from toolkit.compile import Segments

        return Segments.load(self._bring("compile", progress, options))

    def compose(self, *, progress: bool | Reporter = False, **options: Any) -> Accelerators:
        """Compose an accelerator per exit path and per stage."""
        from toolkit.compose import Accelerators

        return Accelerators.load(self._bring("compose", progress, options))

    def calibrate(self, *, progress: bool | Reporter = False, **options: Any) -> ExitPolicy:
        """Choose when frames leave early."""
        from toolkit.exits import ExitPolicy

        return ExitPolicy.load(self._bring("calibrate", progress, options))

    def simulate(self, *, progress: bool | Reporter = False, **options: Any) -> tuple[PathRun, ...]:
        """Simulate test frames on the RTL of every exit path."""
        from toolkit.compose import Accelerators
        from toolkit.verify.simulation import load_runs

        folder = self._bring("simulate", progress, options)
        made = Accelerators.load(RunDirectory(self.path).result("compose"))
        return load_runs(folder, len(made.paths))

    def verify(self, *, progress: bool | Reporter = False, **options: Any) -> Verification:
        """Compare hardware and software, integer by integer.

        Raises:
            VerificationMismatch: they differ; names the first difference.
        """
        from toolkit.verify.result import Verification

        return Verification.load(self._bring("verify", progress, options))

    def bitstream(self, *, progress: bool | Reporter = False, **options: Any) -> Bitstream | None:
        """Make the bitstream; None for target ``sim``, and if there is but a plan for Vivado."""
        from toolkit.implement import Bitstream

        return Bitstream.find(self._bring("bitstream", progress, options))

    def package(self, *, progress: bool | Reporter = False, **options: Any) -> BoardPackage | None:
        """Pack everything that the target's board needs into one archive; None for target ``sim``."""
        from toolkit.package import BoardPackage

        return BoardPackage.find(self._bring("package", progress, options))

    def cascade(self, *, progress: bool | Reporter = False, **options: Any) -> CascadeResult | None:
        """Run all test frames through controller and stages; None for a network with one exit."""
        from toolkit.cascade import CascadeResult

        return CascadeResult.find(self._bring("cascade", progress, options))

    def compare(self, *, progress: bool | Reporter = False, **options: Any) -> Comparison | None:
        """Compare with the network without early exits; None for one exit, or one too large for that."""
        from toolkit.explore.comparison import Comparison

        return Comparison.find(self._bring("compare", progress, options))

    def cost(self, *, progress: bool | Reporter = False, **options: Any) -> RunCosts | None:
        """Return time and energy per exit; None for a network that was not compared."""
        from toolkit.cost import RunCosts

        return RunCosts.find(self._bring("cost", progress, options))

    def _bring(self, goal: str, progress: bool | Reporter, given: dict[str, Any]) -> Path:
        """Bring a step up to date and return its folder."""
        if "model" in given:
            raise BadOption("option model", expected="the network of the run", found=given["model"])
        path, options = resolve(str(self.path), None, given, goal=goal)
        steps = needed(ORDER, [goal] if goal else [one.name for one in ORDER])
        return bring_up_to_date(path, options, steps, reporter_of(progress))[-1].path

    def _folder(self, step: str) -> Path:
        """Return the folder of a finished step, whose result is that of the options of the run."""
        directory = RunDirectory(self.path)
        folder = directory.result(step)
        if why := outdated(directory, needed(ORDER, [step]), directory.options()):
            raise ArtifactError(
                f"step {step} of {self.path} is out of date",
                expected="the result of the run's options",
                found=why,
                fix=f"Make it again: run.build(), or offramp build {self.path}",
            )
        return folder


@takes_options
def build(
    model: object = None,
    *,
    out: str | Path | None = None,
    config: str | Path | None = None,
    point: str | Path | None = None,
    progress: bool | Reporter = False,
    **options: Any,
) -> Run:
    """Run the whole flow: from a network to a verified accelerator, its bitstream and its report.

    Args:
        model: name of a network, ``FILE.py:NAME``, or a run directory to go on from; or an ``nn.Module``, a
            class or function that gives one, or a :class:`hw_models.NetworkSpec`. The weights of a module
            are taken as they are, unless ``train`` or ``epochs`` ask for more; a class is trained.
        out: run directory; by default ``runs/MODEL-DATASET-BITS``.
        config: file that describes the run; options given here win.
        point: folder of a point of :func:`toolkit.explore_designs` to build, ``OUT/NUMBER``.
        progress: whether to show what happens on standard error, or a receiver of it.
        options: options of the run, by the names of the command line.

    Returns:
        The finished run.

    Raises:
        UnknownName: a name or an option does not exist; the message suggests the nearest.
        BadOption: a value has another type or is out of range.
        OfframpError: any other error that can be solved; the message says how.
    """
    name, own = named(model)
    config, point = (None if one is None else given_path(one) for one in (config, point))
    place = None if out is None else given_path(out)
    path, chosen = resolve(name, place, options, described(config, point), own=own)
    bring_up_to_date(path, chosen, ORDER, reporter_of(progress), None if own is None else own.weights)
    return Run(path)
