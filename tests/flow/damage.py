"""Damages files: as bytes, as values, and within formats whose own checksums stay right."""

from __future__ import annotations

import copy
import gzip
import io
import json
import random
import struct
import zipfile
import zlib
from typing import Any

JUNK = (
    *(None, True, -1, 0, 1, 2**31, 10**30, 10**400, 1e308, -0.5, "", "x", "x" * 5000, "../../etc", "\x00"),
    *([], {}, [[]], [0] * 1000, {"": {}}, {"schema": 1}, [[[[[[]]]]]]),
)
TOKENS = (
    b"[",
    b"{",
    b"]",
    b"}",
    b'"',
    b",",
    b":",
    b"\n",
    b"NaN",
    b"1e999",
    b"-",
    b"\x00",
    b"\xff",
    b"9" * 400,
)
CHUNKS = (b"tRNS", b"PLTE", b"acTL", b"fcTL", b"fdAT", b"iCCP", b"zTXt", b"IDAT", b"gAMA", b"eXIf")


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Change a few bytes, or cut, double, exchange or insert a few."""
    out = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at, size = rng.randrange(len(out) + 1), rng.choice((1, 2, 4, 8, 64))
        match rng.randrange(8):
            case 0:
                out[at : at + 1] = bytes([rng.randrange(256)])
            case 1:
                out[at : at + size] = rng.choice((b"\x00", b"\xff", b"\x7f", b"\x80")) * size
            case 2:
                del out[at : at + size]
            case 3:
                del out[at:]
            case 4:
                out[at:at] = rng.randbytes(size)
            case 5:
                out[at:at] = rng.choice(TOKENS) * rng.choice((1, 1, 1, 2000))
            case 6:
                out[at:at] = out[at : at + size]
            case 7:
                other = rng.randrange(len(out) + 1)
                out[at : at + size] = out[other : other + size]
    return bytes(out)


def restructured(data: bytes, rng: random.Random) -> bytes:
    """Put something else in the place of a value in JSON, take it out, or add one."""
    if rng.random() < 0.3:
        return mutated(data, rng)
    value = json.loads(data)
    for _ in range(rng.randint(1, 2)):
        places: list[tuple[Any, Any]] = [({"": value}, "")]
        for holder, key in places:
            inner = holder[key]
            if isinstance(inner, dict):
                places += [(inner, name) for name in inner]
            elif isinstance(inner, list):
                places += [(inner, index) for index in range(len(inner))]
        holder, key = rng.choice(places[1:] or places)
        match rng.randrange(4):
            case 0:
                del holder[key]
            case 1 if isinstance(holder, dict):
                holder[rng.choice(("odd", "", "schema", "path"))] = copy.deepcopy(rng.choice(JUNK))
            case 2 if isinstance(holder, list):
                holder += [copy.deepcopy(holder[key]) for _ in range(rng.choice((1, 50)))]
            case _:
                holder[key] = copy.deepcopy(rng.choice(JUNK))
    return json.dumps(value).encode()


def rezipped(data: bytes, rng: random.Random) -> bytes:
    """Change a member of a zip whose own checksums stay right."""
    if rng.random() < 0.4:
        return mutated(data, rng)
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        chosen = rng.choice(old.namelist())
        for member in old.infolist():
            content = old.read(member)
            new.writestr(member, mutated(content, rng) if member.filename == chosen else content)
    return buffer.getvalue()


def regzipped(data: bytes, rng: random.Random) -> bytes:
    return mutated(data, rng) if rng.random() < 0.4 else gzip.compress(mutated(gzip.decompress(data), rng))


def rechunked(data: bytes, rng: random.Random) -> bytes:
    """Change a chunk of a PNG whose checksum stays right, or put a chunk of another kind in."""
    if rng.random() < 0.3:
        return mutated(data, rng)
    at, chunks = 8, []
    while at < len(data):
        (size,) = struct.unpack_from(">I", data, at)
        chunks.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + size]))
        at += 12 + size
    place = rng.randrange(len(chunks))
    kind, content = chunks[place]
    if rng.random() < 0.6:
        chunks[place] = (kind, mutated(content, rng))
    else:
        junk = rng.choice((b"", content, rng.randbytes(9), zlib.compress(bytes(10**6))))
        chunks.insert(place, (rng.choice(CHUNKS), junk))
    packed = (k + c + struct.pack(">I", zlib.crc32(k + c)) for k, c in chunks)
    return data[:8] + b"".join(struct.pack(">I", len(part) - 8) + part for part in packed)
