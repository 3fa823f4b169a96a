"""The fixtures that every kind of test may ask for."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.support.database"]

# A busy machine makes every example slow, and says nothing about the code.
settings.register_profile("moorage", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("moorage")
