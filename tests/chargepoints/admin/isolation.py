"""Text that turns its neighbours round: where a page shows it beside words of its own."""

from html.parser import HTMLParser

# Each is a paragraph of its own for the direction of text, or keeps its content apart.
APART = {
    *("bdi", "pre", "code", "title", "option", "textarea", "time", "script", "style"),
    *("p", "div", "section", "article", "header", "nav", "form", "label", "button", "details"),
    *("summary", "dl", "dt", "dd", "ul", "ol", "li", "table", "tr", "td", "th", "h1", "h2", "h3"),
}
# As they came, a line a paragraph; or no place for an element.
LINES = {"pre", "textarea", "option", "title"}
VOID = {"br", "img", "input", "link", "meta", "hr", "path", "rect", "line", "circle", "wbr"}
TURNS = "\u202e"


class _Paragraphs(HTMLParser):
    """`mixed`: paragraphs in which such text stands beside other text, and not apart from it."""

    def __init__(self) -> None:
        super().__init__()
        self.mixed: list[str] = []
        # Each with whether it stands apart, and whether it is of a panel of ours.
        self._open: list[tuple[str, bool, bool]] = []
        self._texts: list[list[str]] = [[]]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            return
        css = dict(attrs).get("class") or ""
        apart = tag in APART or "cp-badge" in css
        ours = "cp-panel" in css or bool(self._open and self._open[-1][2])
        self._open.append((tag, apart, ours and tag not in LINES))
        if apart:
            self._texts.append([])

    def handle_endtag(self, tag: str) -> None:
        while any(each == tag for each, *_ in self._open):
            ended, apart, ours = self._open.pop()
            if apart:
                texts = self._texts.pop()
                if ours:
                    self._judge(texts)
            if ended == tag:
                return

    def handle_data(self, data: str) -> None:
        if data.strip():
            self._texts[-1].append(data.strip())

    def _judge(self, texts: list[str]) -> None:
        before = texts[:-1]
        # It turns what follows it in the same paragraph: as the last text, nothing.
        if any(TURNS in text for text in before):
            self.mixed.append(" | ".join(texts)[:200])


def mixed(page: str) -> list[str]:
    parser = _Paragraphs()
    parser.feed(page)
    return parser.mixed
