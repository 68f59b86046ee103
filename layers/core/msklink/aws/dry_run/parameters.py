"""What a dry run would have changed in Parameter Store."""

from collections.abc import Iterable

from msklink.aws.dry_run.call import Answer, Call, is_last_page


class ParameterOverlay:
    """The parameters of all accounts, as a dry run would leave them."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str], str | None] = {}
        """Values by account and name; None where the parameter is deleted."""

    def answer(self, call: Call) -> Answer | None:
        asked = call.parameters
        match call.operation:
            case "PutParameter":
                self._values[call.account, asked["Name"]] = asked["Value"]
                return {"Version": 1}
            case "DeleteParameters":
                self._values |= {(call.account, name): None for name in asked["Names"]}
                return {"DeletedParameters": list(asked["Names"]), "InvalidParameters": []}
        return None

    def amend(self, call: Call, answer: Answer) -> None:
        of_account = {
            name: value
            for (account, name), value in self._values.items()
            if account == call.account
        }
        match call.operation:
            case "GetParametersByPath":
                below = f"{call.parameters['Path'].rstrip('/')}/"
                names: Iterable[str] = (name for name in of_account if name.startswith(below))
            case "GetParameters":
                names = (name for name in of_account if name in call.parameters["Names"])
            case _:
                return
        kept = [one for one in answer["Parameters"] if one["Name"] not in of_account]
        written = [
            {"Name": name, "Value": value, "Type": "String"}
            for name in names
            if (value := of_account[name]) is not None and is_last_page(answer)
        ]
        answer["Parameters"] = kept + written
