"""The rules themselves: each takes a syntax tree and yields the offences in it, so that a test can plant one and see it found."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

from tests.rules.source import argument, calls_in

Offence = tuple[int, str]
Rule = Callable[[ast.Module], Iterator[Offence]]

UNSAFE_MODULES = {"pickle", "cPickle", "cloudpickle", "dill", "joblib", "shelve", "marshal", "jsonpickle", "telnetlib", "ftplib", "smtplib"}
UNSAFE_CALLS = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "torch.load", "torch.save", "torch.hub.load", "yaml.load"}
FORBIDDEN_KEYWORDS = {"trust_remote_code": True, "shell": True, "allow_pickle": True, "weights_only": False}

OPENERS = {"replace_file", "extend_partial"}
WRITING_METHODS = {
    "write_text",
    "write_bytes",
    "symlink_to",
    "hardlink_to",
    "touch",
    "tofile",
    "to_csv",
    "to_parquet",
    "save_pretrained",
}
WRITING_CALLS = {
    "np.save": 0, "np.savez": 0, "np.savez_compressed": 0, "np.savetxt": 0, "np.memmap": 0, "np.lib.format.open_memmap": 0,
    "numpy.save": 0, "save_file": 1, "safetensors.torch.save_file": 1, "safetensors.numpy.save_file": 1,
    "pq.write_table": 1, "pq.ParquetWriter": 0, "json.dump": 1, "tomli_w.dump": 1, "csv.writer": 0, "GGUFWriter": 0, "gguf.GGUFWriter": 0,
    "shutil.copy": 1, "shutil.copy2": 1, "shutil.copyfile": 1, "shutil.copytree": 1, "shutil.move": 1, "os.rename": 1, "os.replace": 1,
    "os.write": 0, "sqlite3.connect": 0,
}  # fmt: skip


def unsafe_code(tree: ast.Module) -> Iterator[Offence]:
    """Modules and calls that run what a file says: pickle and its kin, eval, remote code, a shell."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            for name in names:
                if name.split(".")[0] in UNSAFE_MODULES:
                    yield node.lineno, f"import of {name}"
    for call, name in calls_in(tree):
        if name in UNSAFE_CALLS:
            yield call.lineno, f"call of {name}"
        for keyword in call.keywords:
            if keyword.arg in FORBIDDEN_KEYWORDS and not _is_constant(keyword.value, not FORBIDDEN_KEYWORDS[keyword.arg]):
                yield call.lineno, f"{keyword.arg}={ast.unparse(keyword.value)}"


def unnamed_encodings(tree: ast.Module) -> Iterator[Offence]:
    """Text files opened without saying their encoding: Windows would take its own."""
    for call, name in calls_in(tree):
        last = name.rsplit(".", maxsplit=1)[-1]
        if last in ("read_text", "write_text") and not name.startswith("durable."):
            position = 0 if last == "read_text" else 1
            if argument(call, position, "encoding") is None:
                yield call.lineno, f"{name}() without encoding"
        if is_open(name) and "b" not in open_mode(call, name) and argument(call, 3 if name == "open" else 2, "encoding") is None:
            yield call.lineno, f"{name}() without encoding"
        if last in ("run", "Popen", "check_output") and name.startswith("subprocess."):
            keywords = {keyword.arg for keyword in call.keywords}
            if keywords & {"text", "universal_newlines"} and "encoding" not in keywords:
                yield call.lineno, f"{name}(text=...) without encoding"


def direct_writes(tree: ast.Module) -> Iterator[Offence]:
    """Files written without ``mbegu.core.durable``; a handle that came from it may be written to by any library."""
    handles = durable_handles(tree)
    for call, name in calls_in(tree):
        last = name.rsplit(".", maxsplit=1)[-1]
        if is_open(name) and set(open_mode(call, name)) & set("wax+"):
            yield call.lineno, ast.unparse(call)
        elif name in WRITING_CALLS:
            target = argument(call, WRITING_CALLS[name], "")
            if target is not None and ast.unparse(target) not in handles | {"None"} and not _is_reading(call, name):
                yield call.lineno, ast.unparse(call)
        elif name.endswith("ZipFile") and _mode_text(argument(call, 1, "mode")) not in ("", "r"):
            if not call.args or ast.unparse(call.args[0]) not in handles:
                yield call.lineno, ast.unparse(call)
        elif last in WRITING_METHODS and not name.startswith("durable.") and "." in name:
            yield call.lineno, ast.unparse(call)


def durable_handles(tree: ast.Module) -> set[str]:
    """Names bound by ``with durable.replace_file(...) as name``, and in-memory buffers."""
    handles = {"sys.stdout", "sys.stderr", "sys.stdout.buffer"}
    for node in ast.walk(tree):
        if isinstance(node, ast.withitem) and node.optional_vars is not None and _last_name(node.context_expr) in OPENERS:
            handles.add(ast.unparse(node.optional_vars))
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and ast.unparse(node.value.func) in ("io.BytesIO", "io.StringIO"):
            handles.update(ast.unparse(target) for target in node.targets)
    return handles


def is_open(name: str) -> bool:
    """Whether a call opens a file: the built-in, ``path.open`` and kin; not ``webbrowser.open`` or an opener of addresses."""
    return name in ("open", "io.open", "gzip.open", "bz2.open", "lzma.open") or (name.endswith(".open") and "path" in name.lower())


def open_mode(call: ast.Call, name: str) -> str:
    """The mode of an ``open``; a mode that is not written out counts as text for writing."""
    position = 0 if name.lower().endswith("path.open") else 1
    return _mode_text(argument(call, position, "mode")) or ("rb" if name.startswith(("gzip", "bz2", "lzma")) else "r")


def undescribed(tree: ast.Module) -> Iterator[Offence]:
    """Public functions, methods and classes without a docstring, and functions without annotations."""
    for owner in [tree, *(node for node in tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_"))]:
        for node in owner.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and not ast.get_docstring(node):
                yield node.lineno, f"class {node.name} has no docstring"
            if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or node.name.startswith("_") or _is_overload_or_setter(node):
                continue
            if not ast.get_docstring(node):
                yield node.lineno, f"{node.name}() has no docstring"
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            bare = [each.arg for each in arguments if each.annotation is None and each.arg not in ("self", "cls")]
            if bare or node.returns is None:
                yield node.lineno, f"{node.name}() lacks annotations: {', '.join(bare) or 'return'}"


ENERGY_NAME = re.compile(r"(^|_)(?<!per_)(kwh|wh|mwh|joules|watt_hours)(_|$)", re.IGNORECASE)
WRITERS = {"str", "repr", "format", "print", "two_digits", "echo", "note", "warn", "title", "write", "join"}
# Functions that make a number or a text of a number; any other call may return something that carries its method.
NUMBERS = WRITERS | {"round", "abs", "float", "int", "sum", "min", "max", "sorted", "list", "tuple"}


def bare_energies(tree: ast.Module) -> Iterator[Offence]:
    """Amounts of energy (names such as ``x_kwh``) put into text, or into a table or record that holds no method beside them.

    Within a function, names that were given an amount count as amounts as well, also those that a loop or a comprehension gives.
    """
    scopes = [tree, *(node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)))]
    seen = set()
    for scope in scopes:
        amounts = _amounts_in(scope) if scope is not tree else set()
        for node in ast.walk(scope):
            for part in _written(node):
                name = _energy_in(part, amounts)
                if name and node not in seen:
                    seen.add(node)
                    yield getattr(node, "lineno", 0), f"{name} becomes text without its method: {ast.unparse(node)[:60]}"
    for node in ast.walk(tree):
        names = _names_beside(node)
        found = next((name for name in names if ENERGY_NAME.search(name)), "")
        if found and not any("method" in name for name in names):
            yield getattr(node, "lineno", 0), f"{found} has no method beside it"


def _written(node: ast.AST) -> list[ast.expr]:
    """The expressions that a node turns into text."""
    if isinstance(node, ast.FormattedValue):
        return [node.value]
    if isinstance(node, ast.Call) and ast.unparse(node.func).rsplit(".", maxsplit=1)[-1] in WRITERS:
        return [*node.args, *(keyword.value for keyword in node.keywords)]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and isinstance(node.left, ast.Constant) and isinstance(node.left.value, str):
        return [node.right]
    return []


def _amounts_in(scope: ast.AST) -> set[str]:
    """The names that are given amounts of energy in a function."""
    amounts: set[str] = set()
    for node in ast.walk(scope):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets, value = node.targets, node.value
        elif isinstance(node, (ast.comprehension, ast.For)):
            targets, value = [node.target], node.iter
        if targets and _energy_in(value, amounts):
            amounts |= {each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)}
    return amounts


def _energy_in(part: ast.AST, amounts: set[str]) -> str:
    """The first name in an expression that is an amount of energy."""
    if isinstance(part, ast.Call) and ast.unparse(part.func).rsplit(".", maxsplit=1)[-1] not in NUMBERS:
        return ""
    name = part.id if isinstance(part, ast.Name) else part.attr if isinstance(part, ast.Attribute) else ""
    if isinstance(part, ast.Subscript) and isinstance(part.slice, ast.Constant):
        name = str(part.slice.value)
    if name and (ENERGY_NAME.search(name) or name in amounts):
        return name
    return next((found for child in ast.iter_child_nodes(part) if (found := _energy_in(child, amounts))), "")


def _names_beside(node: ast.AST) -> list[str]:
    """The keys of a table written out, or the fields of a class: what would be written together."""
    if isinstance(node, ast.Dict):
        return [str(key.value) for key in node.keys if isinstance(key, ast.Constant)]
    if isinstance(node, ast.ClassDef):
        return [each.target.id for each in node.body if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)]
    return []


MACHINE_PATH = re.compile(r"""(?<![\w.)\]}])(/home/\w|/Users/\w|/tmp/|/work/|/root/|[A-Z]:\\\\?Users\\)""")
REMOTE_PART = re.compile(
    r"""<(script|link|img|iframe|source|video|audio|object|embed)\b[^>]*\b(src|href|data)\s*=\s*["']?(https?:)?//"""
    r"""|@import\s+(url\()?["']?(https?:)?//|url\(\s*["']?(https?:)?//"""
    r"""|\b(fetch|importScripts|import)\(\s*["'](https?:)?//"""
    r"""|\b(cdn\.|cdnjs|jsdelivr|unpkg\.com|fonts\.googleapis|gstatic\.com|polyfill\.io)""",
    re.IGNORECASE,
)


def _last_name(node: ast.expr) -> str:
    return ast.unparse(node.func).rsplit(".", maxsplit=1)[-1] if isinstance(node, ast.Call) else ""


def _mode_text(node: ast.expr | None) -> str:
    if node is None:
        return ""
    return str(node.value) if isinstance(node, ast.Constant) else "w"


def _is_constant(node: ast.expr, value: bool) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def _is_reading(call: ast.Call, name: str) -> bool:
    """A memory map or a data base that is opened for reading only."""
    if name.endswith("memmap"):
        return _mode_text(argument(call, 2, "mode")) == "r"
    return name == "sqlite3.connect" and any("mode=ro" in ast.unparse(each) for each in call.args)


def _is_overload_or_setter(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(ast.unparse(each).rsplit(".", maxsplit=1)[-1] in ("overload", "setter") for each in node.decorator_list)
