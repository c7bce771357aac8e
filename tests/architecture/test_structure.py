"""The house rules of the source: imports go down, a fact has one home, parts of a network are values."""

from __future__ import annotations

import ast
import itertools
import re
from collections import defaultdict

from tests.architecture.source import ROOT, imports, modules, texts

FLOORS = (
    *("core", "pieces", "rtl", "exits", "hw_models", "data", "tasks", "train", "export"),
    *("sim", "families", "boards", "compile", "compose", "verify", "runtime", "cascade"),
    *("links", "implement", "chip", "package", "cost", "explore", "report", "flow", "cli"),
)
"""Packages from the ground up; each may import those before it."""


def package(name: str) -> str:
    """``toolkit.sim.plan`` -> ``sim``; ``hw_models.spec`` -> ``hw_models``."""
    first, _, rest = name.partition(".")
    return first if first == "hw_models" else rest.partition(".")[0]


def test_imports_go_down() -> None:
    wrong = []
    for file, tree in modules().items():
        here = package(file.removesuffix(".py").replace("/", "."))
        if here in ("__init__", "__main__"):
            continue
        for name in imports(tree):
            there = package(name)
            if there in ("", "__version__", "__init__"):
                continue
            if there != here and FLOORS.index(there) > FLOORS.index(here):
                wrong.append(f"{file} imports {name}")
    assert wrong == []


def test_no_class_name_is_defined_twice() -> None:
    found = defaultdict(list)
    for file, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                found[node.name].append(file)
    assert {name: files for name, files in found.items() if len(files) > 1} == {}


RESULT = re.compile(r"[\w{}-]+\.(json|npz|csv|html|pt|log|ys|lpf|config|bit)")


NEXTPNR = ("toolkit/families/ecp5/plan.py", "report.json")
"""What nextpnr is told to call its report of timing, in a folder of its own."""


def test_no_file_of_a_run_is_spelled_in_two_modules() -> None:
    found = defaultdict(set)
    for file, tree in modules().items():
        for text in texts(tree):
            if RESULT.fullmatch(text) and (file, text) != NEXTPNR:
                found[text].add(file)
    assert {name: sorted(files) for name, files in found.items() if len(files) > 1} == {}


def test_parts_of_a_network_are_named_in_one_module() -> None:
    """``f"trunk{k}"`` and its kin stand in toolkit/core/topology.py; a name is read back there as well."""
    spelled = re.compile(r"(trunk|head|exit|stage)$")
    wrong = []
    for file, tree in modules().items():
        if file == "toolkit/core/topology.py":
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                for before, after in itertools.pairwise(node.values):
                    text = before.value if isinstance(before, ast.Constant) else ""
                    if isinstance(after, ast.FormattedValue) and spelled.search(str(text)):
                        wrong.append(f"{file}:{node.lineno}")
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                given = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
                taken_apart = node.func.attr in ("removeprefix", "startswith", "split", "partition")
                if taken_apart and any(isinstance(text, str) and spelled.match(text) for text in given):
                    wrong.append(f"{file}:{node.lineno}")
    assert wrong == []


def test_every_result_on_disk_is_read_back_in_a_test() -> None:
    """A class that derives from Artifact or Arrays comes back as it was saved."""
    kinds = {"Artifact", "Arrays"}
    results = {
        node.name
        for tree in modules().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and kinds & {getattr(base, "id", "") for base in node.bases}
    } - kinds
    tests = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "tests").rglob("*.py"))
    assert len(results) > 10
    assert sorted(name for name in results if f"{name}.load(" not in tests) == []


def importers(name: str) -> list[str]:
    """Modules of ours that import the package ``name``, wherever in them."""
    return [
        file
        for file, tree in modules().items()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Import) and any(alias.name.split(".")[0] == name for alias in node.names))
        or (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == name)
    ]


def test_temporary_folders_are_made_in_one_module() -> None:
    """It locks them, and clears what a killed process left; the system's temporary folder stays empty."""
    assert importers("tempfile") == ["toolkit/core/store.py"]


def test_pickles_are_read_in_one_module() -> None:
    """It calls nothing that a pickle names, but what makes arrays; PyTorch's own are for ``torch.load``."""
    assert importers("pickle") == ["toolkit/data/cifar.py"]


def test_only_the_engine_takes_a_steps_folder_unchecked() -> None:
    """All others get it from ``RunDirectory.result``, which compares it with its manifest.

    A folder is asked for by its step's name; an optimiser's ``step()`` has no argument.
    """
    found = {
        file
        for file, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "step"
        if node.args or node.keywords
    }
    assert found == {"toolkit/flow/engine.py", "toolkit/flow/rundir.py"}


def test_no_tool_reads_the_sources_of_a_design_unchecked() -> None:
    """A module that runs tools and takes a design's sources checks them, or copies them by what does."""
    found = {}
    for file, tree in modules().items():
        nodes = list(ast.walk(tree))
        names = {node.id for node in nodes if isinstance(node, ast.Name)}
        takes = any(isinstance(node, ast.Attribute) and node.attr == "sources" for node in nodes)
        if takes and "execute" in names:
            found[file] = bool(names & {"require_contained", "copy_design"})
    assert found == dict.fromkeys(found, True)
    assert set(found) >= {"toolkit/sim/toolchain.py", "toolkit/implement/cached.py"}


READERS = {
    "json.load": (),
    "json.loads": (
        "toolkit/core/reading.py",
        "toolkit/flow/engine.py",  # a summary as it will come back from its file
        "toolkit/exits/objectives.py",  # likewise
        "toolkit/links/serial/simulated/program.py",  # a line of our own simulation
        "hw_models/shipped.py",  # a card of the package
    ),
    "tomllib.load": (),
    "tomllib.loads": (
        "toolkit/core/reading.py",
        "toolkit/flow/config.py",
        "toolkit/compile/rtllib/patch.py",  # a file of the package
    ),
    "csv.reader": ("toolkit/core/reading.py",),
    "csv.DictReader": (),
    "np.load": ("toolkit/core/reading.py",),
    "np.loadtxt": (),
    "np.genfromtxt": (),
    "gzip.open": ("toolkit/core/reading.py",),
    "gzip.decompress": (),
    "zipfile.ZipFile": (
        "toolkit/core/reading.py",
        "toolkit/train/checkpoint.py",
        "toolkit/package/build.py",  # writes one
    ),
    "tarfile.open": ("toolkit/core/reading.py",),
    "loadmat": ("toolkit/data/svhn.py",),
    "h5py.File": ("toolkit/data/svhn_numbers.py",),
    "onnx.load": (),
    "torch.load": ("toolkit/train/checkpoint.py",),
    "yaml.load": ("toolkit/flow/config.py",),
    "yaml.safe_load": (),
    "pickle.load": (),
    "pickle.loads": (),
    "Image.open": ("toolkit/data/pictures.py",),
}
"""What reads a file's format -> the modules that may call it: one reader per format."""


def test_every_format_has_one_reader() -> None:
    calls = [
        (ast.unparse(node.func), file, node.lineno)
        for file, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
    ]
    assert [call for call in calls if call[1] not in READERS.get(call[0], (call[1],))] == []


PATHS = "toolkit/core/paths.py"


def test_what_lies_at_a_path_is_asked_in_one_module() -> None:
    """``Path.is_file`` raises for a name too long; ``toolkit.core.paths`` says that nothing lies there."""
    found = [
        (file, node.lineno)
        for file, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in ("is_file", "is_dir") and file != PATHS
    ]
    assert found == []
