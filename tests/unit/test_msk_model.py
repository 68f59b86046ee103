"""Whether boto3 knows the fields of MSK that MSKLink needs."""

import gzip
import json
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest

from msklink.aws.msk_model import NEEDED_FIELDS, unknown_fields
from tests.support.functions import REGION

FIELDS = [(shape, field) for shape, fields in NEEDED_FIELDS.items() for field in fields]


def client(*data: Path) -> Any:
    """Return a client for MSK with the model in *data*, if given."""
    session = botocore.session.Session()
    session.get_component("data_loader").search_paths[:0] = map(str, data)
    return boto3.Session(botocore_session=session, region_name=REGION).client("kafka")


def without(shape: str, field: str, folder: Path) -> Path:
    """Write the model of MSK without a field, like that of an older botocore."""
    loader = botocore.session.get_session().get_component("data_loader")
    model = loader.load_service_model("kafka", "service-2")
    model["shapes"][shape]["members"].pop(field)
    path = folder / "kafka" / "2018-11-14" / "service-2.json.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress(json.dumps(model).encode()))
    return folder


def test_the_pinned_boto3_knows_all() -> None:
    assert list(unknown_fields(client())) == []


@pytest.mark.parametrize(("shape", "field"), FIELDS)
def test_a_field_that_an_older_boto3_drops_is_named(shape: str, field: str, tmp_path: Path) -> None:
    old = client(without(shape, field, tmp_path))

    assert list(unknown_fields(old)) == [f"{shape}.{field}"]
