"""llama.cpp for browsers: the package wllama as its makers publish it, pinned by its hash.

Nothing is fetched here. A person gets the file once (`npm pack` of npm does it) and it goes into every pack; the page never loads it from
elsewhere.
"""

from __future__ import annotations

import tarfile
from collections.abc import Mapping
from pathlib import Path

from mbegu.core import durable
from mbegu.core.errors import InputError

VERSION = "3.8.1"
FILE_NAME = f"wllama-wllama-{VERSION}.tgz"
SHA256 = "bbe65fcc6d128d7853aed6d1699db7541e51a0363dc0135b8b68153acbf74670"
LICENCE = "MIT"
HOW_TO_GET = f"get it once with `npm pack @wllama/wllama@{VERSION}` and name the file with --engine"

# In the package: where it goes in the pack.
MEMBERS = {
    "package/esm/index.min.js": "engine/wllama.js",
    "package/esm/wasm/wllama.wasm": "engine/wllama.wasm",
    "package/LICENCE": "engine/LICENCE.txt",
}
LICENCE_FILE = MEMBERS["package/LICENCE"]
LARGEST_MEMBER_BYTES = 50_000_000


def find_package(given: Path | None, folders: tuple[Path, ...]) -> Path:
    """Return the package's file.

    Args:
        given: where the person says that it is; ``None``: it is looked for by its name.
        folders: where to look.

    Raises:
        InputError: it is not there.
    """
    candidates = (given,) if given else tuple(folder / FILE_NAME for folder in folders)
    for path in candidates:
        if path.is_file():
            return path
    raise InputError(f"the engine for browsers, {FILE_NAME}, is not here", candidates[0], HOW_TO_GET)


def read_package(path: Path) -> Mapping[str, bytes]:
    """Return the files of the engine by their names in the pack.

    Raises:
        InputError: it is not the package that this version of Mbegu was tested with.
    """
    if durable.sha256_file(path) != SHA256:
        raise InputError(f"this is not wllama {VERSION} as its makers published it: its SHA-256 is another", path, HOW_TO_GET)
    files = {}
    with tarfile.open(path, "r:gz") as archive:
        for member in archive:
            stream = archive.extractfile(member) if member.name in MEMBERS else None
            if stream is not None:
                files[MEMBERS[member.name]] = stream.read(LARGEST_MEMBER_BYTES)
    return files
