"""The label as a pack carries it: as it is in the release, but unable to run or fetch anything at the pack's address.

A label that Mbegu writes does neither. But whoever makes a release can write another one with right hashes, and at the address of a pack it
would have what readers asked at hand. So it gets a policy that stands before everything else in it, and one that plainly means to act is refused.
"""

from __future__ import annotations

import re
from pathlib import Path

from mbegu.core.errors import DamageError, explain_os_error

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
# A policy counts only in the head, and only for what comes after it; these elements open the head by themselves.
HEAD = f'<!doctype html>\n<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
ACTS = re.compile(r'<script|http-equiv(?!="Content-Security-Policy")', re.IGNORECASE)  # http-equiv can send the reader to another page
FIX = "do not give this release away; make it anew, or copy it again from where it came from"


def read_label(path: Path) -> bytes:
    """Return the label of a release for a pack.

    Raises:
        DamageError: it is no text, or holds a script.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DamageError("the label is not text in UTF-8", path, FIX) from error
    except OSError as error:
        raise explain_os_error(error, path) from error
    if ACTS.search(text):
        raise DamageError("the label holds a script or leads on to another page, and no label that Mbegu writes does", path, FIX)
    return (HEAD + text).encode("utf-8")
