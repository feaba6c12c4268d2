"""The description as the page shows it: references followed, each field in a line."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Line:
    """A parameter or a field."""

    name: str
    kind: str
    needed: bool
    words: str


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    name: str
    tag: str
    summary: str
    words: str
    scope: str
    parameters: tuple[Line, ...]
    body: tuple[Line, ...]
    body_words: str
    example: str
    answer: tuple[Line, ...]
    problems: tuple[str, ...]


def operations_of(schema: dict[str, Any]) -> list[Operation]:
    """In the order of the description."""
    return [
        _operation(schema, method.upper(), path, operation)
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
    ]


def _operation(
    schema: dict[str, Any], method: str, path: str, operation: dict[str, Any]
) -> Operation:
    body = operation.get("requestBody", {})
    content: dict[str, Any] = next(iter(body.get("content", {}).values()), {})
    success = next(
        response for status, response in operation["responses"].items() if status[0] == "2"
    )
    answer = success.get("content", {}).get("application/json", {}).get("schema", {})
    return Operation(
        method=method,
        path=path,
        name=operation["operationId"],
        tag=operation["tags"][0],
        summary=operation["summary"],
        words=operation["description"],
        scope=next(iter(operation["security"][0]["key"]), ""),
        parameters=tuple(_parameter(schema, one) for one in operation.get("parameters", [])),
        body=_fields(schema, content.get("schema", {})),
        body_words=body.get("description", ""),
        example=content.get("example", ""),
        answer=_fields(schema, answer),
        problems=tuple(status for status in operation["responses"] if status[0] in "45"),
    )


def _parameter(schema: dict[str, Any], one: dict[str, Any]) -> Line:
    kind = _kind(schema, one["schema"])
    return Line(one["name"], kind, one.get("required", False), one.get("description", ""))


def _fields(schema: dict[str, Any], given: dict[str, Any]) -> tuple[Line, ...]:
    found = _followed(schema, given)
    needed = found.get("required", [])
    return tuple(
        Line(name, _kind(schema, field), name in needed, field.get("description", ""))
        for name, field in found.get("properties", {}).items()
    )


def _followed(schema: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    reference = given.get("$ref", "")
    name = reference.rpartition("/")[2]
    found: dict[str, Any] = schema["components"]["schemas"][name] if name else given
    return found


def _kind(schema: dict[str, Any], field: dict[str, Any]) -> str:
    """In a word or two: text, number, one of some words, a list of things, or nothing."""
    if "anyOf" in field:
        return " or ".join(_kind(schema, one) for one in field["anyOf"])
    if "$ref" in field:
        followed = _followed(schema, field)
        return _kind(schema, followed) if "enum" in followed else str(followed["title"])
    if "enum" in field:
        return " | ".join(str(one) for one in field["enum"])
    if field.get("type") == "array":
        return f"list of {_kind(schema, field['items'])}"
    return str(field.get("format") or field.get("type") or "anything")
