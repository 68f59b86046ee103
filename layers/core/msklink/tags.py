"""Read the tags on clusters and VPCs, in the characters that MSK documents for tags.

The grammar (letters, digits, space and `_ . / = + - @`; no colon, no comma; values of 255
characters) is that of the MSK developer guide, "Tagging an Amazon MSK cluster".
"""

from collections.abc import Mapping
from dataclasses import dataclass

from msklink.auth_scheme import ALL_SCHEMES, Scheme
from msklink.refusals import Code, Refusal, refuse

MANAGED_BY = "msklink/managed-by"
"""Tag key on all resources that MSKLink creates; the value is the stack name. It has no namespace,
because CloudFormation cannot build an IAM condition key from a parameter."""

PROTECT = "protect"
"""Last part of the tag key on a VPC whose connections must not be removed."""

ACCOUNT_ID_LENGTH = 12


@dataclass(frozen=True)
class RequestedSchemes:
    """The schemes that a tag or request asks for; with *auto*, those that can be offered."""

    schemes: frozenset[Scheme]
    auto: bool = False
    refusals: tuple[Refusal, ...] = ()


NO_SCHEMES = RequestedSchemes(frozenset())


def read_schemes(value: str | None, where: str) -> RequestedSchemes:
    """
    Return the schemes in *value*; None means that there is no tag.

    An empty value is refused. Each unknown word is refused; the other words count.
    """
    if value is None:
        return NO_SCHEMES
    words = value.lower().split()
    if not words:
        return RequestedSchemes(frozenset(), refusals=(refuse(Code.SCHEME_MISSING, where=where),))
    if words == ["off"]:
        return NO_SCHEMES
    if words == ["auto"]:
        return RequestedSchemes(ALL_SCHEMES, auto=True)
    known = frozenset(Scheme(word) for word in words if word in ALL_SCHEMES)
    unknown = sorted({word for word in words if word not in ALL_SCHEMES})
    return RequestedSchemes(
        known,
        refusals=tuple(refuse(Code.UNKNOWN_SCHEME, where=where, word=word) for word in unknown),
    )


@dataclass(frozen=True)
class AccountList:
    """The accounts that the owner admits to a cluster."""

    accounts: frozenset[str]
    refusals: tuple[Refusal, ...] = ()


def read_client_accounts(tags: Mapping[str, str], namespace: str) -> AccountList:
    """Return the accounts in `<namespace>/clients`, `<namespace>/clients/2` and so on."""
    return _read_accounts(tags, f"{namespace}/clients")


def read_vendor_accounts(tags: Mapping[str, str], namespace: str) -> AccountList:
    """
    Return the accounts in `<namespace>/vendors` and so on, which make their connections themselves.

    An account that is also listed as a client is served as a client, with a warning.
    """
    key, clients = f"{namespace}/vendors", read_client_accounts(tags, namespace).accounts
    found = _read_accounts(tags, key)
    both = (
        refuse(Code.VENDOR_IS_CLIENT, account=one, clients=f"{namespace}/clients", vendors=key)
        for one in sorted(found.accounts & clients)
    )
    return AccountList(found.accounts - clients, (*found.refusals, *both))


def _read_accounts(tags: Mapping[str, str], key: str) -> AccountList:
    accounts: set[str] = set()
    refusals: list[Refusal] = []
    for tag, value in sorted(tags.items()):
        if tag != key and not tag.startswith(f"{key}/"):
            continue
        for word in value.split():
            if is_account_id(word):
                accounts.add(word)
            else:
                refusals.append(refuse(Code.MALFORMED_ACCOUNT_LIST, key=tag, word=word))
    return AccountList(frozenset(accounts), tuple(refusals))


def is_account_id(text: str) -> bool:
    return len(text) == ACCOUNT_ID_LENGTH and text.isascii() and text.isdigit()


def client_key(namespace: str, cluster_name: str) -> str:
    """Return the tag key of *cluster_name* on a VPC, subnet or security group."""
    return f"{namespace}/{cluster_name}"
