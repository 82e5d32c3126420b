"""Which Citewell this is."""

from importlib.metadata import PackageNotFoundError, version


def citewell_version() -> str:
    try:
        return version("citewell")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "0+checkout"
