"""
The checks of direct cryptographic calls of KMS (Service Authorization Reference, AWS KMS).

MiniStack takes the key of a ciphertext for one of the caller's account, and gives the call no
condition keys. A direct call has no kms:ViaService.
"""

from typing import Any, Final

from ministack.core import iam_actions
from ministack.services import kms

from localcloud.iam.checks import Check, Request

_OPERATIONS: Final = {
    "Decrypt",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
}


def kms_checks(request: Request) -> list[Check]:
    if request.operation not in _OPERATIONS:
        return []
    body = request.json()
    keys: dict[str, Any] = {"kms:CallerAccount": request.account}
    for name, value in (body.get("EncryptionContext") or {}).items():
        keys[f"kms:EncryptionContext:{name}"] = value
    return [Check(request.action, _key(request, body), keys)]


def _key(request: Request, body: dict[str, Any]) -> str:
    if key_id := str(body.get("KeyId") or ""):
        if record := kms._resolve_key(key_id):
            return str(record["Arn"])
        place = f"arn:aws:kms:{request.region}:{request.account}"
        return key_id if key_id.startswith("arn:") else f"{place}:key/{key_id}"
    of_ciphertext = iam_actions._kms_key_id_from_ciphertext(str(body.get("CiphertextBlob") or ""))
    records = list(kms._keys._data.values())
    return next((str(one["Arn"]) for one in records if one["KeyId"] == of_ciphertext), "*")
