"""What each part of the API hangs its operations on."""

from fastapi import APIRouter


def operations_on(tag: str) -> APIRouter:
    """Operations under this tag, known to generated clients by their functions' names."""
    return APIRouter(tags=[tag], generate_unique_id_function=lambda route: route.name)
