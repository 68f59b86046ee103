# The probe, which checks connections from inside a VPC; off by default.

data "archive_file" "probe" {
  count       = local.probes
  type        = "zip"
  source_file = "${path.module}/probe/index.py"
  output_path = "${path.module}/probe.zip"
}

resource "aws_iam_role" "probe" {
  count              = local.probes
  name_prefix        = "${var.namespace}-"
  assume_role_policy = jsonencode(local.probe_trust)
}

resource "aws_iam_role_policy" "probe" {
  count  = local.probes
  name   = "Probe"
  role   = aws_iam_role.probe[0].name
  policy = jsonencode(local.probe)
}

resource "aws_cloudwatch_log_group" "probe" {
  count             = local.probes
  name              = "/aws/lambda/${var.namespace}-probe"
  retention_in_days = 30
}

resource "aws_lambda_function" "probe" {
  count            = local.probes
  function_name    = "${var.namespace}-probe"
  description      = "Checks from inside the VPC what MSKLink has connected. Calls no AWS API."
  runtime          = "python3.13"
  architectures    = ["arm64"]
  handler          = "index.handler"
  memory_size      = 256
  timeout          = 20
  role             = aws_iam_role.probe[0].arn
  filename         = data.archive_file.probe[0].output_path
  source_code_hash = data.archive_file.probe[0].output_base64sha256

  vpc_config {
    subnet_ids         = var.probe_subnet_ids
    security_group_ids = var.probe_security_group_ids
  }

  depends_on = [aws_iam_role_policy.probe] # Lambda makes network interfaces with its rights
}

locals {
  probes    = length(var.probe_subnet_ids) > 0 ? 1 : 0
  probe_arn = "arn:${local.partition}:lambda:${local.region}:${local.account}:function:${var.namespace}-probe"

  probe_trust = {
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  }

  network_interfaces = [
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
  ]

  probe = {
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "LookAtVpc" # with the next two, as AWSLambdaVPCAccessExecutionRole
        Effect   = "Allow"
        Action   = ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"]
        Resource = "*"
      },
      {
        Sid      = "MakeNetworkInterface"
        Effect   = "Allow"
        Action   = "ec2:CreateNetworkInterface"
        Resource = ["${local.ec2}:network-interface/*", "${local.ec2}:security-group/*", "${local.ec2}:subnet/*"]
      },
      {
        Sid      = "KeepNetworkInterface"
        Effect   = "Allow"
        Action   = ["ec2:AssignPrivateIpAddresses", "ec2:DeleteNetworkInterface", "ec2:UnassignPrivateIpAddresses"]
        Resource = "${local.ec2}:network-interface/*"
      },
      {
        Sid       = "NotItsCode"
        Effect    = "Deny"
        Action    = local.network_interfaces
        Resource  = "*"
        Condition = { ArnEquals = { "lambda:SourceFunctionArn" = local.probe_arn } }
      },
      {
        Sid      = "Log"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:/aws/lambda/${var.namespace}-probe:*"
      },
      {
        Sid      = "LogInToBrokers"
        Effect   = "Allow"
        Action   = ["kafka-cluster:Connect", "kafka-cluster:DescribeCluster"]
        Resource = "arn:${local.partition}:kafka:${local.region}:${var.owner_account_id}:cluster/*"
      },
    ]
  }
}
