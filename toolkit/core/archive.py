"""Archives with the same bytes for the same files: no times, owners or modes of a machine."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping


def pack(files: Mapping[str, bytes]) -> bytes:
    """Return a tar archive of files by name, sorted; read it back with :mod:`toolkit.core.reading`."""
    buffer = io.BytesIO()
    with tarfile.TarFile(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in sorted(files.items()):
            member = tarfile.TarInfo(name)  # mode 0644, owner 0, time 0
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()
