"""The page where a device is paired, in the reader's language. It runs no script and needs no other file: nothing else is open to the device yet."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from mbegu.serve.page.files import FIRST_LANGUAGE, languages, page_files

_STYLE = """:root { color-scheme: light dark; --paper: #fffdf8; --ink: #1d1b16; --line: #6b6557; --green: #1e6b3a; --on: #fff; --warn: #fff1c9; }
@media (prefers-color-scheme: dark) { :root { --paper: #16170f; --ink: #f0ece0; --line: #a39d8d; --green: #7fce98; --on: #10210f; --warn: #3a3210; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 26rem; padding: 1.5rem 1rem; background: var(--paper); color: var(--ink);
  font: 1.0625rem/1.6 system-ui, sans-serif; }
h1 { margin: 0 0 .5rem; font-size: 1.5rem; }
label { display: block; margin: 1rem 0 0; font-weight: 600; }
input, button { display: block; width: 100%; font: inherit; color: inherit; background: transparent; min-height: 3rem; padding: .5rem .8rem;
  border: 1px solid var(--line); border-radius: .6rem; }
.code { font-size: 1.5rem; letter-spacing: .12em; text-align: center; font-family: ui-monospace, monospace; }
button { margin-top: 1.25rem; background: var(--green); color: var(--on); border-color: var(--green); font-weight: 600; cursor: pointer; }
:focus-visible { outline: 3px solid var(--green); outline-offset: 2px; }
.problem { background: var(--warn); padding: .6rem .8rem; border-radius: .6rem; }
nav { display: flex; flex-wrap: wrap; gap: 0 1.25rem; margin-top: 2rem; }
nav a { color: var(--green); display: flex; align-items: center; min-height: 2.75rem; min-width: 2.75rem; }
"""
_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode("utf-8")).digest()).decode("ascii")
PAIRING_POLICY = f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"


def preferred_language(chosen: str, accepted: str) -> str:
    """Return the code of the language that a reader is spoken to in.

    Args:
        chosen: the code that the reader chose, if any.
        accepted: the browser's Accept-Language header.
    """
    known = {each["tag"]: each["code"] for each in languages()}
    if chosen in known.values():
        return chosen
    wishes = []
    for position, part in enumerate(accepted[:500].split(",")):
        tag, _, weight = part.strip().partition(";q=")
        wishes.append((-_number(weight), position, tag.split("-")[0].lower()))
    return next((known[tag] for _, _, tag in sorted(wishes) if tag in known), FIRST_LANGUAGE)


def pairing_page(language: str, code: str = "", problem: Sequence[str] = (), values: Mapping[str, str] | None = None) -> str:
    """Return the page.

    Args:
        language: code of one of the page's languages.
        code: what stands in the field for the code.
        problem: names of words that say what was wrong; the first that there is is shown.
        values: what fills their gaps.
    """
    file = json.loads(page_files()[f"words/{language}.json"])
    words = {name: html.escape(text) for name, text in file["words"].items()}
    said = next((words[each] for each in problem if each in words), "")
    for name, value in (values or {}).items():
        said = said.replace(f"{{{name}}}", html.escape(value))
    others = [each for each in languages() if each["code"] != language]
    links = "\n".join(
        f'<a href="?{html.escape(urlencode({"lang": each["code"], "code": code}))}" lang="{each["tag"]}" dir="{each["direction"]}">{each["name"]}</a>'
        for each in others
    )
    shown = f'<p class="problem" role="alert">{said}</p>\n' if said else ""
    note = "" if file["signed_by"] else f'<p lang="{file["tag"]}">{words["translation"]}</p>\n'
    return f"""<!doctype html>
<html lang="{file["tag"]}" dir="{file["direction"]}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Mbegu</title><style>{_STYLE}</style></head>
<body><main><h1>Mbegu</h1>
{shown}<p>{words["pairing_offer"]}</p>
<form method="post" action="/pair?lang={language}">
<label for="code">{words["pairing_code"]}</label>
<input id="code" class="code" name="code" value="{html.escape(code, quote=True)}" required dir="ltr"
  autocomplete="off" autocapitalize="characters" spellcheck="false">
<label for="name">{words["device_name"]}</label>
<input id="name" name="name" maxlength="60" dir="auto" autocomplete="off">
<button>{words["pair"]}</button></form>
{note}</main><nav aria-label="{words["language"]}">
{links}
</nav></body></html>
"""


def _number(weight: str) -> float:
    try:
        return float(weight or 1)
    except ValueError:
        return 0.0
