"""Values of JSON columns on read-only pages, as indented text.

unfold would colour them by `style` attributes if Pygments is installed, which the
Content-Security-Policy forbids; without Pygments it writes them in one line.
"""

from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold import fields

from chargepoints.templatetags import charging


def json_block(value: object) -> SafeString:
    text = charging.as_json(value)
    return format_html('<pre class="cp-frame">{}</pre>', text) if text else SafeString("-")


def _of_column(value: Any, encoder: Any) -> SafeString:
    return json_block(value)


fields.prettify_json = _of_column
