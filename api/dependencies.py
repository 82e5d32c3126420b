"""What routes ask for."""

from typing import Annotated

from fastapi import Depends, Request

from api.bootstrap import Services
from retrieval.types import Access


def services_of(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def access_of(request: Request) -> Access:
    """One reader stands for the whole server, as the settings say."""
    access = services_of(request).settings.access
    return Access(access.tenant, access.groups)


ServicesOf = Annotated[Services, Depends(services_of)]
AccessOf = Annotated[Access, Depends(access_of)]
