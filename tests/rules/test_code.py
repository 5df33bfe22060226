"""Rules that every module of Mbegu keeps. Each rule is also shown a planted offence, so that it is known to see."""

from __future__ import annotations

import ast

import pytest
from tests.rules import checks
from tests.rules.checks import MACHINE_PATH, REMOTE_PART, Rule
from tests.rules.source import PACKAGE, ROOT, name_of, python_files, tree_of

MOST_LINES = 500

# Where a file is written without mbegu.core.durable, and why that is right there: (module, beginning of the call).
DIRECT_WRITES_ALLOWED = {
    ("src/mbegu/core/disk.py", "open("): "what durable itself is made of",
    ("src/mbegu/ledger/memory.py", "os.write(descriptor, _FORGET_PEAK)"): "a switch of the kernel below /proc, not a file",
    ("src/mbegu/serve/documents/store.py", "sqlite3.connect("): "SQLite is durable by itself: journal, every commit synced, one transaction a file",
    ("src/mbegu/serve/documents/plain.py", "sqlite3.connect("): "a data base in memory, for comparison",
    ("src/mbegu/ledger/memory.py", "os.write("): "tells the kernel, through /proc, to begin a new peak of memory",
}

# Where an amount of energy stands without its method, and why that is right there: (module, beginning of the offence).
BARE_ENERGIES_ALLOWED = {
    ("src/mbegu/ledger/energy/value.py", ""): "the one home of the text, and of Idle, which only ever stands in an Energy",
    ("src/mbegu/core/units.py", "kwh has no method"): "a table of units, not amounts",
}


def offences(rule: Rule) -> list[str]:
    return [f"{name_of(path)}:{line}: {what}" for path in python_files() for line, what in rule(tree_of(path))]


def test_nothing_runs_what_a_file_says() -> None:
    assert offences(checks.unsafe_code) == []


def test_every_text_file_is_opened_with_its_encoding() -> None:
    assert offences(checks.unnamed_encodings) == []


def test_files_are_written_through_durable_only() -> None:
    found = []
    for path in python_files():
        for line, what in checks.direct_writes(tree_of(path)):
            if not any(name_of(path) == module and what.startswith(call) for module, call in DIRECT_WRITES_ALLOWED):
                found.append(f"{name_of(path)}:{line}: {what}")
    assert found == []


def test_the_list_of_exceptions_holds_only_what_is_needed() -> None:
    for module, call in DIRECT_WRITES_ALLOWED:
        assert any(what.startswith(call) for _, what in checks.direct_writes(tree_of(ROOT / module))), (module, call)


def test_no_energy_is_written_without_its_method() -> None:
    found = []
    for path in python_files():
        for line, what in checks.bare_energies(tree_of(path)):
            if not any(name_of(path) == module and what.startswith(begin) for module, begin in BARE_ENERGIES_ALLOWED):
                found.append(f"{name_of(path)}:{line}: {what}")
    assert found == []


def test_the_list_of_allowed_energies_holds_only_what_is_needed() -> None:
    for module, begin in BARE_ENERGIES_ALLOWED:
        assert any(what.startswith(begin) for _, what in checks.bare_energies(tree_of(ROOT / module))), (module, begin)


def test_what_is_public_is_described_and_annotated() -> None:
    assert offences(checks.undescribed) == []


def test_every_module_says_what_it_is_for() -> None:
    assert [name_of(path) for path in python_files() if path.stat().st_size and not ast.get_docstring(tree_of(path))] == []


def test_no_module_is_called_utils() -> None:
    vague = {"util", "utils", "helper", "helpers", "misc", "stuff"}
    assert [name_of(path) for path in PACKAGE.rglob("*") if path.stem.lower() in vague] == []


def test_no_file_is_too_long() -> None:
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in python_files()}
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}


def test_no_path_of_a_machine_stands_in_the_source_or_the_docs() -> None:
    found = []
    for folder in ("src/mbegu", "docs", "examples", "bench"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".py", ".md", ".toml", ".html", ".css", ".js", ".json", ".txt", ".sh"):
                text = path.read_text(encoding="utf-8")
                found += [f"{name_of(path)}: {match[0]}" for match in MACHINE_PATH.finditer(text)]
    assert found == []


def test_no_page_takes_parts_from_elsewhere() -> None:
    found = []
    for path in sorted(PACKAGE.rglob("*")):
        if path.suffix in (".py", ".html", ".css", ".js", ".svg"):
            text = path.read_text(encoding="utf-8")
            found += [f"{name_of(path)}: {match[0]}" for match in REMOTE_PART.finditer(text)]
    assert found == []


PLANTED: list[tuple[Rule, str, bool]] = [
    (checks.unsafe_code, "import pickle", True),
    (checks.unsafe_code, "from joblib import load", True),
    (checks.unsafe_code, "torch.load(path)", True),
    (checks.unsafe_code, "eval(text)", True),
    (checks.unsafe_code, "model.eval()", False),
    (checks.unsafe_code, "re.compile(text)", False),
    (checks.unsafe_code, "AutoModel.from_pretrained(x, trust_remote_code=True)", True),
    (checks.unsafe_code, "AutoModel.from_pretrained(x, trust_remote_code=given)", True),
    (checks.unsafe_code, "AutoModel.from_pretrained(x, trust_remote_code=False)", False),
    (checks.unsafe_code, "np.load(path, allow_pickle=True)", True),
    (checks.unsafe_code, "subprocess.run(text, shell=True)", True),
    (checks.unsafe_code, "os.system('ls')", True),
    (checks.unnamed_encodings, "open(path)", True),
    (checks.unnamed_encodings, "open(path, 'w')", True),
    (checks.unnamed_encodings, "open(path, 'rb')", False),
    (checks.unnamed_encodings, "open(path, encoding='utf-8')", False),
    (checks.unnamed_encodings, "path.open()", True),
    (checks.unnamed_encodings, "path.open('rb')", False),
    (checks.unnamed_encodings, "path.read_text()", True),
    (checks.unnamed_encodings, "path.read_text(encoding='utf-8')", False),
    (checks.unnamed_encodings, "path.write_text(text)", True),
    (checks.unnamed_encodings, "subprocess.run(command, text=True)", True),
    (checks.bare_energies, "f'{energy.kwh:.2f} kWh'", True),
    (checks.bare_energies, "f'{round(values[\"low_kwh\"], 2)}'", True),
    (checks.bare_energies, "f'{energy}'", False),
    (checks.bare_energies, "f'{Energy(low_kwh, low_kwh, low_kwh, method, what).text()}'", False),
    (checks.bare_energies, "f'{tariff_per_kwh:g} a kWh'", False),
    (checks.bare_energies, "say.note(str(used_wh))", True),
    (checks.bare_energies, "'%s Wh' % used_wh", True),
    (checks.bare_energies, "'{} Wh'.format(used_wh)", True),
    (checks.bare_energies, "print(run.energy.high_kwh)", True),
    (checks.bare_energies, "def text(energy):\n    used = energy.kwh * 1000\n    return f'{used} Wh'", True),
    (checks.bare_energies, "def text(energy):\n    return [two_digits(each) for each in (energy.low_kwh, energy.kwh)]", True),
    (checks.bare_energies, "def text(energy):\n    used = energy.text()\n    return f'{used}'", False),
    (checks.bare_energies, "values = {'kwh': energy.kwh}", True),
    (checks.bare_energies, "values = {'kwh': energy.kwh, 'method': energy.method}", False),
    (checks.bare_energies, "class Expected:\n    energy_kwh: float\n    steps: int", True),
    (checks.bare_energies, "class Expected:\n    energy_kwh: float\n    energy_method: str", False),
    (checks.direct_writes, "open(path, 'w', encoding='utf-8')", True),
    (checks.direct_writes, "open(path, mode='ab')", True),
    (checks.direct_writes, "open(path, 'r+b')", True),
    (checks.direct_writes, "open(path, mode)", True),
    (checks.direct_writes, "open(path, 'rb')", False),
    (checks.direct_writes, "some_path.open('wb')", True),
    (checks.direct_writes, "path.write_text('x', encoding='utf-8')", True),
    (checks.direct_writes, "path.write_bytes(b'')", True),
    (checks.direct_writes, "durable.write_bytes(path, b'')", False),
    (checks.direct_writes, "np.save(path, array)", True),
    (checks.direct_writes, "with durable.replace_file(path) as file:\n    np.save(file, array)", False),
    (checks.direct_writes, "with durable.replace_file(path) as file, pq.ParquetWriter(file, schema) as writer:\n    pass", False),
    (checks.direct_writes, "buffer = io.BytesIO()\nnp.save(buffer, array)", False),
    (checks.direct_writes, "save_file(tensors, path)", True),
    (checks.direct_writes, "zipfile.ZipFile(path, 'w')", True),
    (checks.direct_writes, "zipfile.ZipFile(path)", False),
    (checks.direct_writes, "shutil.copyfile(a, b)", True),
    (checks.direct_writes, "np.memmap(path, np.uint16, 'r')", False),
    (checks.direct_writes, "np.memmap(path, np.uint16, 'w+')", True),
    (checks.undescribed, "def public(x: int) -> int:\n    return x", True),
    (checks.undescribed, "def public(x) -> int:\n    'It does.'", True),
    (checks.undescribed, "def public(x: int):\n    'It does.'", True),
    (checks.undescribed, "def public(x: int) -> int:\n    'It does.'", False),
    (checks.undescribed, "def _private(x):\n    pass", False),
    (checks.undescribed, "class A:\n    'It is.'\n    def public(self) -> int:\n        return 1", True),
    (checks.undescribed, "class A:\n    pass", True),
]


@pytest.mark.parametrize(("rule", "code", "is_offence"), PLANTED)
def test_the_rules_see(rule: Rule, code: str, is_offence: bool) -> None:
    assert bool(list(rule(ast.parse(code)))) is is_offence


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("<script src='https://example.org/x.js'>", True),
        ('<link rel=stylesheet href="//example.org/x.css">', True),
        ("@import url(https://example.org)", True),
        ("background: url('https://example.org/a.png')", True),
        ("https://cdn.jsdelivr.net/npm/x", True),
        ('<a href="https://example.org">', False),
        ("<script src='x.js'>", False),
        ("url(data:image/png;base64,x)", False),
    ],
)
def test_the_rule_for_pages_sees(text: str, is_found: bool) -> None:
    assert bool(REMOTE_PART.search(text)) is is_found


@pytest.mark.parametrize(
    ("text", "is_found"),
    [("see /home/ann/x", True), ("'/tmp/x'", True), (r"C:\Users\ann", True), ("https://example.org/home/ann", False), ("text/home/x", False)],
)
def test_the_rule_for_machine_paths_sees(text: str, is_found: bool) -> None:
    assert bool(MACHINE_PATH.search(text)) is is_found
