"""What setup.cfg cannot say: the packages are found, and the content directories are shipped inside `service`."""

from setuptools import find_packages, setup

CONTENT = {"service.mappings": "mappings", "service.profiles": "profiles"}

setup(packages=[*find_packages(include=["service", "service.*"]), *CONTENT], package_dir=CONTENT)
