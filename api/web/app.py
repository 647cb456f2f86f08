"""Makes the application out of its services; nothing is opened, read or started by importing this."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI

from api.web import errors
from api.web.middleware import Guarding
from api.web.routes import ROUTERS
from api.web.security import install as security
from api.web.security.access import guard
from api.web.services import Services
from api.web.uploads import sweeping


def create_app(services: Services) -> FastAPI:
    """Return the application.

    Args:
        services: What the routes share; the app closes it when it stops.
    """

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
        await services.runs.start()
        sweeper = asyncio.create_task(sweeping(services.settings.home, services.clock))
        try:
            yield
        finally:
            sweeper.cancel()
            await services.runs.close()
            # What a job works on stays open to it.
            if services.jobs.close():
                services.brands.close()
            services.accounts.close()

    app = FastAPI(
        title="Journey Insight",
        lifespan=lifespan,
        dependencies=[Depends(guard)],
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.state.services = services
    errors.install(app)
    security.install(app, services.settings)
    for router in ROUTERS:
        app.include_router(router)
    app.add_middleware(Guarding, services=services)
    return app
