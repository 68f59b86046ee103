"""The target of a dead-letter message, from the attributes of EventBridge and of Lambda."""

import json

from tools.redrive import Delivery, delivery_of

FUNCTION = "arn:aws:lambda:eu-west-1:111111111111:function:receive-event"
EVENT = {"id": "1", "source": "aws.tag"}


def test_eventbridge_names_the_target_in_an_attribute() -> None:
    delivery = delivery_of(
        {
            "Body": json.dumps(EVENT),
            "MessageAttributes": {
                "ERROR_CODE": {"DataType": "String", "StringValue": "NO_PERMISSIONS"},
                "TARGET_ARN": {"DataType": "String", "StringValue": FUNCTION},
            },
        }
    )

    assert delivery == Delivery(FUNCTION, json.dumps(EVENT))


def test_lambda_keeps_a_record_of_the_invocation() -> None:
    record = {
        "version": "1.0",
        "requestContext": {"functionArn": f"{FUNCTION}:$LATEST", "condition": "RetriesExhausted"},
        "requestPayload": EVENT,
        "responsePayload": {"errorType": "Bug"},
    }

    delivery = delivery_of({"Body": json.dumps(record)})

    assert delivery == Delivery(f"{FUNCTION}:$LATEST", json.dumps(EVENT))
