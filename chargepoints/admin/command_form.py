"""A form for a command's arguments, made from the JSON Schema of its type."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.core.validators import ProhibitNullCharactersValidator
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from chargepoints.admin.field_names import in_words
from chargepoints.database import strict_json
from chargepoints.key_codes import REDACTED
from chargepoints.services.commands.command_types import COMMAND_TYPES, JsonSchema, check_args

SCALARS = {"string", "integer", "number", "boolean"}
PREFIX = "args"
EXAMPLE_TIME = "2026-11-22T08:00:00Z"
YES_NO = [("", "-"), ("true", "yes"), ("false", "no")]


class JsonField(forms.CharField):
    """Django's accepts values that databases refuse, and shows nothing as `null`."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 5, "spellcheck": "false"})

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        try:
            return strict_json.loads(text.encode()) if text else None
        except ValueError as error:
            raise forms.ValidationError(f"It {error}.") from None


class LinesField(forms.CharField):
    """A list of texts, one per line."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 3, "spellcheck": "false"})

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        ProhibitNullCharactersValidator()(text)
        lines = [line.strip() for line in text.splitlines()]
        return [line for line in lines if line]


class YesNoField(forms.TypedChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            choices=YES_NO,
            coerce=lambda text: text == "true",
            empty_value=None,
            widget=UnfoldAdminSelectWidget,
            **kwargs,
        )


class CommandForm(forms.Form):
    """Fields have their path in the arguments as name, e.g. `id_token.value`.

    `suggestions`: values to pick from, by the field's name. After `is_valid()`, `args` contains the
    arguments.
    """

    def __init__(
        self,
        type: str,
        data: Mapping[str, Any] | None = None,
        *,
        initial: Mapping[str, Any] | None = None,
        suggestions: Mapping[str, list[str]] | None = None,
    ) -> None:
        super().__init__(data, prefix=PREFIX, initial=dict(initial or {}))
        self.type = type
        self.args: dict[str, Any] = {}
        self.suggestions = {name: values for name, values in (suggestions or {}).items() if values}
        self._kept_empty: set[str] = set()
        for name, schema, required in _leaves(COMMAND_TYPES[type].args):
            self.fields[name] = _field(name, schema, required=required)
            if required and _may_be_empty(schema):
                # An empty text is a value too, e.g. to clear a configuration key.
                self.fields[name].required = False
                self._kept_empty.add(name)
            if name in self.suggestions:
                self.fields[name].widget.attrs["list"] = f"suggested-{name}"

    def clean(self) -> dict[str, Any]:
        for name, value in self.cleaned_data.items():
            if value in (None, "", []) and name not in self._kept_empty:
                continue
            _put(self.args, name.split("."), value)
        if not self.errors:
            self.show(check_args(self.type, self.args))
        return self.cleaned_data

    def show(self, errors: list[dict[str, str]]) -> None:
        """Show errors next to the fields that their pointers name."""
        for error in errors:
            path = error["pointer"].removeprefix("/args").strip("/").replace("/", ".")
            named = [name for name in self.fields if f"{path}.".startswith(f"{name}.")]
            if named:
                rest = path[len(named[0]) :].strip(".")
                self.add_error(
                    named[0], f"{rest}: {error['message']}" if rest else error["message"]
                )
            else:
                self.add_error(None, f"{path}: {error['message']}" if path else error["message"])


def _leaves(schema: JsonSchema, path: str = "", required: bool = True) -> Iterator[Any]:
    """(name, schema, required) of each field; an object of scalars becomes several fields."""
    for name, part in schema["properties"].items():
        here = f"{path}.{name}" if path else name
        needed = required and name in schema.get("required", ())
        if _is_spread(part):
            yield from _leaves(part, here, needed)
        else:
            yield here, part, needed


def _is_spread(schema: JsonSchema) -> bool:
    properties = schema.get("properties", {})
    return bool(properties) and all(
        "enum" in part or _kind(part) in SCALARS for part in properties.values()
    )


def _kind(schema: JsonSchema) -> Any:
    """The schema's type other than null: an empty field is left out of the arguments."""
    kind = schema.get("type")
    return kind[0] if isinstance(kind, list) else kind


def _may_be_empty(schema: JsonSchema) -> bool:
    text = _kind(schema) == "string"
    return text and not schema.get("minLength") and "format" not in schema


def _field(name: str, schema: JsonSchema, *, required: bool) -> forms.Field:
    common: dict[str, Any] = {
        "required": required,
        "label": in_words(name),
        "help_text": schema.get("description", ""),
    }
    if "enum" in schema:
        return _choice(schema["enum"], **common)
    kind = _kind(schema)
    if kind in ("integer", "number"):
        number = forms.IntegerField if kind == "integer" else forms.FloatField
        return number(
            min_value=schema.get("minimum"),
            max_value=schema.get("maximum"),
            widget=UnfoldAdminIntegerFieldWidget,
            **common,
        )
    if kind == "boolean":
        return YesNoField(**common)
    if kind == "string":
        several_lines = "contentMediaType" in schema
        widget = UnfoldAdminTextareaWidget if several_lines else UnfoldAdminTextInputWidget
        return forms.CharField(
            max_length=schema.get("maxLength"),
            strip=False,
            widget=widget(attrs={"spellcheck": "false"} | _example(schema)),
            **common,
        )
    return _list_or_json(schema, **common)


def _example(schema: JsonSchema) -> dict[str, str]:
    return {"placeholder": EXAMPLE_TIME} if schema.get("format") == "date-time" else {}


def _choice(values: list[Any], **common: Any) -> forms.Field:
    by_text = {str(value): value for value in values}
    return forms.TypedChoiceField(
        choices=[("", "-"), *((text, text.replace("_", " ")) for text in by_text)],
        coerce=by_text.__getitem__,
        empty_value=None,
        widget=UnfoldAdminSelectWidget,
        **common,
    )


def _list_or_json(schema: JsonSchema, **common: Any) -> forms.Field:
    items = schema.get("items", {}) if schema.get("type") == "array" else {}
    if "enum" in items:
        choices = [(value, value) for value in items["enum"]]
        widget = UnfoldAdminSelectMultipleWidget
        return forms.MultipleChoiceField(choices=choices, widget=widget, **common)
    if items.get("type") == "string":
        common["help_text"] = common["help_text"] or "One per line."
        return LinesField(**common)
    common["help_text"] = common["help_text"] or "JSON"
    return JsonField(**common)


def _put(args: dict[str, Any], path: list[str], value: Any) -> None:
    *parents, last = path
    for part in parents:
        args = args.setdefault(part, {})
    args[last] = value


def initial_of(type: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """The initial values to send a command again, without secrets."""
    found = {}
    for name, schema, _ in _leaves(COMMAND_TYPES[type].args):
        value: Any = args
        for part in name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is not None and value != REDACTED:
            found[name] = _as_typed(schema, value)
    return found


def _as_typed(schema: JsonSchema, value: Any) -> Any:
    items = schema.get("items", {}) if _kind(schema) == "array" else {}
    if "enum" in items or not isinstance(value, dict | list):
        return str(value).lower() if isinstance(value, bool) else value
    return "\n".join(value) if items.get("type") == "string" else pretty(value)


def pretty(args: Any) -> str:
    return json.dumps(args, indent=2, ensure_ascii=False)
