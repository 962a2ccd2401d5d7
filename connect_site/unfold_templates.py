"""Adapts unfold's templates to a strict Content-Security-Policy, and to our own pages.

Alpine's CSP build (`static/unfold/js/alpine/alpine.js`, which replaces unfold's) evaluates
single expressions without `eval`. Longer code of unfold's templates is moved to
`static/connect_site/admin.js` and called by name; unfold's inline style gets the response's
nonce.
"""

import re
from typing import NamedTuple

from django.template import Origin
from django.template.loaders import app_directories


class Replacement(NamedTuple):
    """Replaces each match of `pattern` in a template by `by`; there must be at least one."""

    pattern: str
    by: str


REPLACEMENTS: dict[str, tuple[Replacement, ...]] = {
    "unfold/layouts/skeleton.html": (
        Replacement(
            r'x-data="\{[^"]*sidebarMobileOpen[^"]*"\s+x-init="[^"]*"',
            """x-data="page('{% if opts %}{% tabs_primary_active inline_admin_formsets %}"""
            """{% endif %}')\"""",
        ),
        Replacement(
            r'<style id="unfold-theme-colors"',
            r'\g<0> nonce="{{ request.csp_nonce }}"',
        ),
    ),
    "unfold/helpers/search.html": (
        Replacement(
            r'(?<=x-on:focus=")openSearchResults = true; currentIndex = 0', "openResults()"
        ),
        Replacement(r'(?<=prevent=")openSearchResults = false; if [^"]*', "closeResults()"),
    ),
    "unfold/helpers/welcomemsg.html": (
        Replacement(r'(?<=x-on:click=")sidebarDesktopOpen = [^"]*', "toggleSidebar()"),
        # The footer already shows the count, and whether it is complete.
        Replacement(
            r"\{% blocktranslate count counter=cl\.result_count.*?</a>\)",
            '<a href="?{% if cl.is_popup %}_popup=1{% endif %}">Show all</a>',
        ),
        # An additional page about no single row: its title is not that of the list.
        Replacement(
            r"\{% header_title %\}",
            "\\g<0>{% if opts and title and not original and not object and not cl %}"
            '<span class="material-symbols-outlined mx-2 text-base-400">chevron_right</span>'
            '<span class="truncate">{{ title }}</span>{% endif %}',
        ),
    ),
    # Names of chargers, such as "bus-42", are not capitalised.
    "unfold/helpers/header_title.html": (
        Replacement(
            r"\{\{ part\.title\|capfirst \}\}",
            "{% if part.title.pk %}{{ part.title }}{% else %}{{ part.title|capfirst }}{% endif %}",
        ),
    ),
    # A list is titled by its rows, and not "Select charge point to change".
    "admin/base_site.html": (
        Replacement(
            r"\{\{ title \}\}",
            "{% if cl %}{{ cl.opts.verbose_name_plural|capfirst }}{% else %}{{ title }}{% endif %}",
        ),
    ),
    "unfold/helpers/command.html": (
        Replacement(
            r"if \(!\$event\.metaKey && !\$event\.ctrlKey\) selectItem\(",
            "!$event.metaKey && !$event.ctrlKey && selectItem(",
        ),
    ),
    "admin/change_form.html": (
        Replacement(r'(?<=x-bind:action=")activeTab [^"]*', "formAction()"),
    ),
    "admin/actions.html": (
        Replacement(
            r"\"'width: ' \+ changeListWidth \+ 'px'\"", "\"{width: changeListWidth + 'px'}\""
        ),
    ),
}


class Loader(app_directories.Loader):
    """Loads the templates of applications, and applies the replacements to those of unfold."""

    def get_contents(self, origin: Origin) -> str:
        contents = super().get_contents(origin)
        if "/unfold/templates/" in str(origin.name):
            for pattern, by in REPLACEMENTS.get(str(origin.template_name), ()):
                contents = re.sub(pattern, by, contents)
        return contents
