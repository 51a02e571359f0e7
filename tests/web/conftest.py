"""A client of an application that answers from a small catalog."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service.app import app_of
from service.settings import Settings
from tests.screening.world import catalog


@pytest.fixture
def app() -> Flask:
    return app_of(catalog(), Settings(largest_request=2_000_000))  # type: ignore[arg-type]


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
