"""Examples in the OpenAPI document: requests and answers that tests have recorded.

`examples.json` has for each operation by its id, and for each webhook by its name, a request and
its answer: {"request": body or null, "status": number, "response": body or null}.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import orjson

Json = dict[str, Any]

RECORDED = Path(__file__).with_name("examples.json")


@cache
def recorded() -> dict[str, Json]:
    examples: dict[str, Json] = orjson.loads(RECORDED.read_bytes())
    return examples


def add_examples(result: Json, **context: Any) -> Json:
    """A postprocessing hook: adds each recorded body to its schema."""
    examples = recorded()
    for name, operation in operations(result):
        example = examples.get(name)
        if example is None:
            continue
        if example["request"] is not None:
            _media(operation["requestBody"])["example"] = example["request"]
        answer = _answer(operation["responses"], example["status"])
        if example["response"] is not None and "content" in answer:
            _media(answer)["example"] = example["response"]
    return result


def operations(document: Json) -> Iterator[tuple[str, Json]]:
    """The API's operations by their ids, and core's by the names of their webhooks."""
    for methods in document["paths"].values():
        for operation in methods.values():
            yield operation["operationId"], operation
    for name, methods in document.get("webhooks", {}).items():
        yield name, methods["post"]


def _answer(responses: Json, status: int) -> Json:
    """The documented response of this status, or of its class (`2XX`)."""
    found: Json = responses.get(str(status)) or responses[f"{status // 100}XX"]
    return found


def _media(body: Json) -> Json:
    media: Json = body["content"]["application/json"]
    return media
