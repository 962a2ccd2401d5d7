"""What the pages of the site are made of beside docs/: pages and files of the repository.

A link of a page leads to a place in the repository; here it becomes one to a page of the site, or
to a copy of the file. What is a directory becomes plain text.
"""

import os
import re
from pathlib import Path, PurePosixPath
from typing import Any

from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

REPOSITORY = Path(__file__).resolve().parent.parent
DOCS = PurePosixPath("docs")
# Pages that stand elsewhere, and where they are in the site.
PAGES = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "deploy/README.md": "deploy/index.md",
    "benchmarks/README.md": "benchmarks.md",
}
LINK = re.compile(r"(!?)\[([^\[\]]*)\]\(([^)\s]+)\)")
CODE = re.compile(r"(^```.*?^```|^(?: {4}|\t).*?$)", re.MULTILINE | re.DOTALL)


def on_files(files: Files, config: Any) -> Files:
    """Called by MkDocs when it has found the files of docs/."""
    for there, here in PAGES.items():
        files.append(File.generated(config, here, content=(REPOSITORY / there).read_text()))
    for there in sorted(_linked(files)):
        copied = File.generated(config, _file_in_site(there), abs_src_path=str(REPOSITORY / there))
        files.append(copied)
    return files


def on_page_markdown(markdown: str, page: Page, config: Any, files: Files) -> str:
    """Called by MkDocs for each page, before it is rendered."""
    here = page.file.src_uri
    source = _source_of(here)

    def renamed(match: re.Match[str]) -> str:
        image, text, target = match.groups()
        place = _place(source, target)
        if place is None:
            return match[0]
        path, anchor = place
        if (REPOSITORY / path).is_dir():
            return text
        relative = os.path.relpath(_in_site(path), PurePosixPath(here).parent)
        return f"{image}[{text}]({relative}{anchor})"

    return _outside_code(LINK, renamed, _nested(markdown))


def _nested(markdown: str) -> str:
    """What belongs to a numbered item stands three spaces in, where MkDocs wants four."""
    lines, in_item = [], False
    for line in markdown.split("\n"):
        if re.match(r"\d+\. ", line):
            in_item = True
        elif line and not line.startswith("   "):
            in_item = False
        lines.append(f" {line}" if in_item and line.startswith("   ") else line)
    return "\n".join(lines)


def _linked(files: Files) -> set[str]:
    """The files outside docs/ that a page links to."""
    found = set()
    for file in files.documentation_pages():
        source = _source_of(file.src_uri)
        for match in LINK.finditer(CODE.sub("", file.content_string)):
            place = _place(source, match[3])
            if place is not None and not _is_page(place[0]) and (REPOSITORY / place[0]).is_file():
                found.add(place[0])
    return found


def _source_of(here: str) -> str:
    """Where a page of the site stands in the repository."""
    by_site = {site: there for there, site in PAGES.items()}
    return by_site.get(here, str(DOCS / here))


def _place(source: str, target: str) -> tuple[str, str] | None:
    """The path in the repository that a link leads to, and its anchor; None if it leads away."""
    if re.match(r"[a-z]+:|#", target):
        return None
    path, hash_sign, anchor = target.partition("#")
    joined = os.path.normpath(PurePosixPath(source).parent / path)
    return joined, hash_sign + anchor


def _is_page(path: str) -> bool:
    return path in PAGES or PurePosixPath(path).is_relative_to(DOCS)


def _in_site(path: str) -> str:
    if path in PAGES:
        return PAGES[path]
    inside = PurePosixPath(path).is_relative_to(DOCS)
    return str(PurePosixPath(path).relative_to(DOCS)) if inside else _file_in_site(path)


def _file_in_site(path: str) -> str:
    """MkDocs leaves out what begins with a dot."""
    return f"files/{path.removeprefix('.')}"


def _outside_code(pattern: re.Pattern[str], replace: Any, markdown: str) -> str:
    parts = CODE.split(markdown)
    # Every other part is what was split at.
    parts[::2] = [pattern.sub(replace, each) for each in parts[::2]]
    return "".join(parts)
