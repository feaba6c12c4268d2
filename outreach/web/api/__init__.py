"""The JSON API under ``/api/v1``: an application of its own, with its own door and its own errors.

Its routes open the same transactions around the same services as the pages and the commands.
"""

from collections import defaultdict
from typing import Final

from fastapi import FastAPI
from fastapi.routing import APIRoute

from outreach.web.api import (
    campaigns,
    door,
    mailing,
    messages,
    organizations,
    reviews,
    self_view,
    steering,
)
from outreach.web.api.description import describe
from outreach.web.api.refusals import install_refusals
from outreach.web.api.surprise import Surprise
from outreach.web.site import Site

API_PATH: Final = "/api/v1"


def create_api(site: Site) -> FastAPI:
    """To be mounted at ``API_PATH``."""
    api = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    api.state.site = site
    api.state.methods = defaultdict(set)
    for part in (self_view, campaigns, steering, mailing, door, organizations, reviews, messages):
        api.router.routes.extend(part.router.routes)
        for route in part.router.routes:
            if isinstance(route, APIRoute):
                api.state.methods[route.path] |= route.methods
    describe(api, path=API_PATH)
    install_refusals(api)
    api.add_middleware(Surprise)
    return api
