output "role_arn" {
  description = "The role that MSKLink assumes."
  value       = aws_iam_role.client.arn
}

output "vpc_tag_key" {
  description = "Key of the tag that connects a VPC to a cluster."
  value       = "${var.namespace}/<cluster name>"
}

output "vpc_tag_values" {
  description = "Values of that tag. With off, or without the tag, MSKLink removes the connection."
  value       = "auto, or any of iam scram tls separated by spaces, or off"
}

output "status_command" {
  description = "Command that reads the state of each connection, with refusals and their remedies."
  value       = "aws ssm get-parameter --region ${local.region} --name /${var.namespace}/<cluster name>/status --query Parameter.Value --output text"
}

output "brokers_command" {
  description = "Command that reads the client properties for a scheme, with the brokers."
  value       = "aws ssm get-parameters-by-path --region ${local.region} --path /${var.namespace}/<cluster name>/<scheme>"
}

output "undelivered_events_url" {
  description = "Queue of tag events that did not reach the owner. The sweep still finds their tags."
  value       = aws_sqs_queue.undelivered_events.url
}
