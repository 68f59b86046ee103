# The same as client.yaml, where the reasons are; a test compares the two.

data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

# The role that MSKLink assumes.
resource "aws_iam_role" "client" {
  name                 = "${var.namespace}-client-${local.region}"
  description          = "Assumed by MSKLink to connect VPCs of this account to Amazon MSK clusters."
  max_session_duration = 3600
  assume_role_policy   = jsonencode(local.client_trust)
}

resource "aws_iam_role_policy" "client" {
  name   = "ConnectVpcs"
  role   = aws_iam_role.client.name
  policy = jsonencode(local.connect_vpcs)
}

# Shows that this module is there, to tell a wrong external id from a missing one. No rights.
resource "aws_iam_role" "presence" {
  name               = "${var.namespace}-presence-${local.region}"
  description        = "Shows MSKLink that its client stack is deployed. Has no permissions."
  assume_role_policy = jsonencode(local.presence_trust)
}

# Tag changes on VPCs, told to the owner.
resource "aws_cloudwatch_event_rule" "tagged_vpcs" {
  name_prefix   = "${var.namespace}-"
  description   = "Forwards tag changes on VPCs for a cluster to MSKLink in the owner account."
  event_pattern = jsonencode(local.tagged_vpcs)
}

resource "aws_cloudwatch_event_target" "owner_bus" {
  rule      = aws_cloudwatch_event_rule.tagged_vpcs.name
  target_id = "OwnerBus"
  arn       = var.owner_bus_arn
  role_arn  = aws_iam_role.forward.arn

  dead_letter_config {
    arn = aws_sqs_queue.undelivered_events.arn
  }
}

resource "aws_iam_role" "forward" {
  name_prefix        = "${var.namespace}-"
  assume_role_policy = jsonencode(local.forward_trust)
}

resource "aws_iam_role_policy" "forward" {
  name   = "PutEventsOnOwnerBus"
  role   = aws_iam_role.forward.name
  policy = jsonencode(local.put_events_on_owner_bus)
}

resource "aws_sqs_queue" "undelivered_events" {
  name_prefix               = "${var.namespace}-"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

resource "aws_sqs_queue_policy" "undelivered_events" {
  queue_url = aws_sqs_queue.undelivered_events.url
  policy    = jsonencode(local.undelivered_events)
}

resource "aws_cloudwatch_metric_alarm" "events_undelivered" {
  alarm_name          = "${var.namespace}-events-undelivered"
  alarm_description   = "A tag event did not reach MSKLink in the owner account. It is in the dead-letter queue."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.undelivered_events.name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topic_arn == "" ? [] : [var.alarm_topic_arn]
}
