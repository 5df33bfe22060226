"""Which parts of a web page are no text of its own: menus, heads, feet, lists of links.

Told by the elements that HTML has for them and by how much of a block is links. No word of any language and no name that a page's author
gave to its parts decides. A block of links is one with at least ``MIN_LINKS``, most of its letters in them and hardly any between: in
a sentence the words between the links are many, in a menu there are none.
"""

from __future__ import annotations

from typing import Any

MIN_LINKS = 3
MIN_LINK_SHARE = 0.6
MAX_LETTERS_BETWEEN = 10.0
BESIDE = frozenset(["nav", "footer", "aside", "menu"])
_ROLES = frozenset(["navigation", "banner", "contentinfo", "search", "complementary", "menu", "menubar", "toolbar", "dialog", "alertdialog"])
_MAIN = frozenset(["main", "article"])
_CONTAINERS = frozenset(
    ["p", "div", "ul", "ol", "dl", "li", "td", "tr", "table", "tbody", "section", "center", "form", "header", "h1", "h2", "h3", "h4", "h5", "h6"]
)


def beside_the_text(root: Any) -> set[Any]:
    """Return the elements that are no part of a page's own text; empty when nothing would be left, as for a list of links.

    Args:
        root: the page's root element.
    """
    letters: dict[Any, int] = {}
    in_links: dict[Any, int] = {}
    links: dict[Any, int] = {}
    for element in root.iter():
        letters[element] = in_links[element] = links[element] = 0
    for element in reversed(list(letters)):
        is_text = isinstance(element.tag, str) and element.tag not in ("script", "style")
        letters[element] += _count(element.text) if is_text else 0
        if element.tag == "a":
            links[element], in_links[element] = 1, letters[element]
        parent = element.getparent()
        if parent is not None and is_text:
            letters[parent] += letters[element] + _count(element.tail)
            in_links[parent] += in_links[element]
            links[parent] += links[element]
    found: set[Any] = set()
    for element, count in letters.items():
        if element.getparent() in found or _is_beside(element) or _is_menu(element, count, in_links[element], links[element]):
            found.add(element)
    tops = {element for element in found if element.getparent() not in found}
    return tops if sum(letters[element] for element in tops) < letters[root] else set()


def _is_beside(element: Any) -> bool:
    tag = element.tag if isinstance(element.tag, str) else ""
    if element.get("hidden") is not None or element.get("role") in _ROLES:
        return True
    is_head = tag == "header" and not any(above.tag in _MAIN for above in element.iterancestors())
    return tag in BESIDE or is_head


def _is_menu(element: Any, letters: int, in_links: int, links: int) -> bool:
    return (
        element.tag in _CONTAINERS
        and links >= MIN_LINKS
        and in_links >= MIN_LINK_SHARE * letters
        and (letters - in_links) / links < MAX_LETTERS_BETWEEN
    )


def _count(text: str | None) -> int:
    return sum(character.isalpha() for character in text) if text else 0
