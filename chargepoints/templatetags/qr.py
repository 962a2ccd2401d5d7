"""QR codes, drawn in the page: for who holds a phone before a charger."""

import segno
from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.filter
def qr_code(text: str) -> SafeString:
    """An SVG, black on white in every theme: a camera reads no other."""
    code = segno.make(text, error="m", micro=False)
    svg = code.svg_inline(scale=4, border=2, dark="#000", light="#fff", omitsize=False)
    return mark_safe(svg)  # noqa: S308 - the library draws modules; no text gets into it
