"""llama.cpp for browsers: the package wllama as its makers publish it, pinned by its hash.

Nothing is fetched here. A person gets the file once (`npm pack` of npm does it) and it goes into every pack; the page never loads it from
elsewhere. One line of its worker is mended (`MENDED`): a model can write bytes that are no text (half a letter and then another), which wllama
cannot put into its messages. It then gives no result, and its worker took what lay in the memory for the length of one.
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

# The line that asks llama.cpp, and what goes in its place: a result that is no text is left out by asking for the next one, a number of times in a
# row; an action without any result ends with its name and not with the length of nothing. It stands in a JavaScript string between double quotes.
ASKS = b"const outputPtr = await wllamaAction(argAction, inputPtr);"
MOST_LEFT_OUT = 1024  # tokens in a row: more than an answer has, so that only an engine that never ends is given up
MENDED = (
    b"let outputPtr = await wllamaAction(argAction, inputPtr);"
    b" for (let left = %d; !outputPtr && left && argAction === 'get_result'; left -= 1) outputPtr = await wllamaAction(argAction, inputPtr);"
    b" if (!outputPtr) throw new Error('llama.cpp gave no text (' + argAction + ')');" % MOST_LEFT_OUT
)


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
    return {name: data.replace(ASKS, MENDED) for name, data in files.items()}
