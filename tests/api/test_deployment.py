"""The files of configs/ for operation: they cannot be brought up here, but read."""

import re
from pathlib import Path

import yaml

from api.settings import load_settings

CONFIGS = Path(__file__).resolve().parents[2] / "configs"


def test_the_settings_of_a_cluster_are_settings() -> None:
    settings = load_settings(CONFIGS / "cluster.yaml")
    assert (settings.store.engine, settings.store.replicas) == ("server", 2)


def test_every_container_says_when_it_is_up() -> None:
    services = yaml.safe_load((CONFIGS / "deploy" / "compose.yaml").read_text(encoding="utf-8"))["services"]
    assert {name: "healthcheck" in one for name, one in services.items()} == dict.fromkeys(services, True)
    ports = [port for one in services.values() for port in one["ports"]]
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_only_the_services_user_reads_the_data() -> None:
    unit = (CONFIGS / "deploy" / "citewell.service").read_text(encoding="utf-8")
    assert re.search(r"^StateDirectoryMode=0700$", unit, re.MULTILINE)
    assert re.search(r"^UMask=0077$", unit, re.MULTILINE)
