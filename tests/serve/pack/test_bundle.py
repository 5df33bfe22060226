"""One classic script of many modules: in order, each with its own names, and nothing guessed."""

from __future__ import annotations

import pytest

from mbegu.serve.pack.bundle import bundle, module_body
from mbegu.serve.page.files import page_files

MODULES = {
    "a.js": b'import { two } from "./b.js";\nconst own = 1;\nglobalThis.sum = own + two();\n',
    "b.js": b'import { own as three } from "./c.js";\nconst own = 2;\nexport const two = () => own + three;\n',
    "c.js": b"export const own = 3;\n",
    "unused.js": b"export const never = 1;\n",
}


def test_needed_modules_stand_before_those_that_need_them() -> None:
    script = bundle(MODULES, "a.js").decode()
    assert script.index('modules["c.js"] =') < script.index('modules["b.js"] =') < script.index('modules["a.js"] =')
    assert "const { own: three } = modules" in script
    assert "return { two };" in script
    assert "unused" not in script


def test_the_page_itself_becomes_one_script_without_imports() -> None:
    script = bundle({name: data for name, data in page_files().items() if name.endswith(".js")}, "app.js").decode()
    assert [line for line in script.splitlines() if line.startswith(("import ", "export "))] == []
    assert "worker.js" not in [line.split('"')[1] for line in script.splitlines() if line.startswith('modules["')]


def test_a_list_of_exports_as_compressors_write_it() -> None:
    assert module_body("var a=1,b=2;export{a as Wllama,b};", "x").endswith("return { Wllama: a, b };\n")


@pytest.mark.parametrize("source", ['import x from "./c.js";\n', "export default 1;\n", 'export * from "./c.js";\n'])
def test_other_forms_are_refused(source: str) -> None:
    with pytest.raises(ValueError, match=r"a\.js: an import or export in a form that is not known"):
        bundle({**MODULES, "a.js": source.encode()}, "a.js")


def test_a_circle_and_a_missing_module_are_named() -> None:
    with pytest.raises(ValueError, match=r"c\.js needs a\.js, which needs it in turn"):
        bundle({**MODULES, "c.js": b'import { x } from "./a.js";\n'}, "a.js")
    with pytest.raises(ValueError, match=r"c\.js needs d\.js, which is not there"):
        bundle({**MODULES, "c.js": b'import { x } from "./d.js";\n'}, "a.js")
