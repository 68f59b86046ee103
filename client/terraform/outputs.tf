output "role_arn" {
  description = "The role that MSKLink assumes."
  value       = aws_iam_role.client.arn
}

output "vpc_tag_key" {
  description = "To connect a VPC to a cluster, tag it with this key."
  value       = "${var.namespace}/<cluster name>"
}

output "vpc_tag_values" {
  description = "Values of that tag. With off, or without the tag, the connection is taken away."
  value       = "auto, or any of iam scram tls separated by spaces, or off"
}

output "status_command" {
  description = "Tells how far MSKLink is with the VPCs of this account, what it refused and why."
  value       = "aws ssm get-parameter --region ${local.region} --name /${var.namespace}/<cluster name>/status --query Parameter.Value --output text"
}

output "brokers_command" {
  description = "Reads the client configuration for a scheme, brokers included."
  value       = "aws ssm get-parameters-by-path --region ${local.region} --path /${var.namespace}/<cluster name>/<scheme>"
}

output "undelivered_events_url" {
  description = "Queue of tag events that did not reach the owner. The hourly sweep sees the tags."
  value       = aws_sqs_queue.undelivered_events.url
}
