"""Makes one classic script of the page's modules: browsers load no modules for a page that was opened from a disk.

Only the forms of import and export that the page uses are known, one a line; anything else is refused rather than guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

IMPORT = re.compile(r'^import \{ ([^}]+) \} from "\./([^"]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:const|class|(?:async )?function\*?) (\w+))", re.MULTILINE)
EXPORT_LIST = re.compile(r"export ?\{([^{}]*)\};?\s*$")  # at the end, as compressors write it
OTHER = re.compile(r"^(?:import|export)\b(?!\()", re.MULTILINE)


def bundle(modules: Mapping[str, bytes], first: str) -> bytes:
    """Return one script that does what loading the module ``first`` does.

    Args:
        modules: the modules by name, UTF-8.
        first: the module to begin with; those that it needs are taken from ``modules``.

    Raises:
        ValueError: a module imports or exports in a form that is not known, needs one that is not there, or needs itself.
    """
    order: list[str] = []
    _visit(first, modules, (), order)
    bodies = "".join(f'modules["{name}"] = (() => {{\n{module_body(modules[name].decode("utf-8"), name)}}})();\n' for name in order)
    return f'"use strict";\n(() => {{\nconst modules = {{}};\n{bodies}}})();\n'.encode()


def module_body(source: str, name: str) -> str:
    """Return a module as the body of a function that returns what it exports; its imports become reads from ``modules``.

    Raises:
        ValueError: it imports or exports in a form that is not known.
    """
    exported = [f"{each[1]}" for each in EXPORT.finditer(source)]
    listed = EXPORT_LIST.search(source)
    if listed:
        source = source[: listed.start()] + "\n"
        exported += [_entry(each) for each in listed[1].split(",") if each.strip()]
    body = EXPORT.sub("", IMPORT.sub(lambda found: f'const {{ {found[1].replace(" as ", ": ")} }} = modules["{found[2]}"];\n', source))
    left = OTHER.search(body)
    if left:
        raise ValueError(f"{name}: an import or export in a form that is not known: {body[left.start() : left.start() + 60]!r}")
    return f"{body}return {{ {', '.join(exported)} }};\n"


def _visit(name: str, modules: Mapping[str, bytes], above: tuple[str, ...], order: list[str]) -> None:
    if name in order:
        return
    if name in above or name not in modules:
        raise ValueError(f"{above[-1] if above else 'the page'} needs {name}, which {'needs it in turn' if name in above else 'is not there'}")
    for found in IMPORT.finditer(modules[name].decode("utf-8")):
        _visit(found[2], modules, (*above, name), order)
    order.append(name)


def _entry(listed: str) -> str:
    """``inner as outer`` of an export list, as an entry of an object."""
    inner, _, outer = (each.strip() for each in listed.partition(" as "))
    return f"{outer}: {inner}" if outer else inner
