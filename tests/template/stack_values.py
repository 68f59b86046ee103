"""The parameter values with which tests resolve client.yaml."""

from tests.support.functions import NAMESPACE, OWNER, REGION

CLIENT = "222222222222"
STACK = "the-owner-stack"
VALUES = {
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::AccountId": CLIENT,
    "Namespace": NAMESPACE,
    "OwnerAccountId": OWNER,
    "OwnerStackName": STACK,
    "OwnerBusArn": f"arn:aws:events:{REGION}:{OWNER}:event-bus/{NAMESPACE}",
    "ExternalId": "an-external-id",
    "ProbeSubnetIds": ["subnet-1", "subnet-2"],
    "ProbeSecurityGroupIds": ["sg-1"],
    "AlarmTopicArn": "<the topic>",
    "HasAlarmTopic": True,
}
