# The documents of client.yaml, statement by statement.

locals {
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.region
  account   = data.aws_caller_identity.current.account_id

  ec2        = "arn:${local.partition}:ec2:${local.region}:${local.account}"
  connection = "arn:${local.partition}:kafka:${local.region}:${local.account}:vpc-connection/${var.owner_account_id}/*"
  parameter  = "arn:${local.partition}:ssm:${local.region}:${local.account}:parameter/${var.namespace}"

  owner = "arn:${local.partition}:iam::${var.owner_account_id}"
  # Where the owner stack has the roles of the functions that assume those here, and no others.
  assuming = "${local.owner}:role/${var.namespace}/reaches-clients/${local.region}/*"

  client_trust = {
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "${local.owner}:root" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "sts:ExternalId" = var.external_id }
        ArnLike      = { "aws:PrincipalArn" = local.assuming }
      }
    }]
  }

  presence_trust = {
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "${local.owner}:root" }
      Action    = "sts:AssumeRole"
      Condition = { ArnLike = { "aws:PrincipalArn" = local.assuming } }
    }]
  }

  connect_vpcs = {
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "Look" # none of these has resource types
        Effect = "Allow"
        Action = [
          "ec2:DescribeVpcs",
          "ec2:DescribeSubnets",
          "ec2:DescribeSecurityGroups",
          "ec2:DescribeVpcEndpoints",
          "ec2:DescribeAvailabilityZones",
          "kafka:ListVpcConnections",
        ]
        Resource = "*"
      },
      {
        Sid      = "LookAtDnsOfVpc"
        Effect   = "Allow"
        Action   = "ec2:DescribeVpcAttribute"
        Resource = "${local.ec2}:vpc/*"
      },
      {
        Sid      = "MakeSecurityGroupInVpc"
        Effect   = "Allow"
        Action   = "ec2:CreateSecurityGroup"
        Resource = "${local.ec2}:vpc/*"
      },
      {
        Sid       = "MakeSecurityGroupOfOurs"
        Effect    = "Allow"
        Action    = "ec2:CreateSecurityGroup"
        Resource  = "${local.ec2}:security-group/*"
        Condition = { StringEquals = { "aws:RequestTag/msklink/managed-by" = var.owner_stack_name } }
      },
      {
        Sid    = "KeepSecurityGroupOfOurs"
        Effect = "Allow"
        Action = [
          "ec2:AuthorizeSecurityGroupIngress",
          "ec2:AuthorizeSecurityGroupEgress",
          "ec2:RevokeSecurityGroupIngress",
          "ec2:RevokeSecurityGroupEgress",
        ]
        Resource  = "${local.ec2}:security-group/*"
        Condition = { StringEquals = { "aws:ResourceTag/msklink/managed-by" = var.owner_stack_name } }
      },
      {
        Sid       = "DeleteSecurityGroupOfOurs"
        Effect    = "Allow"
        Action    = "ec2:DeleteSecurityGroup"
        Resource  = "${local.ec2}:security-group/*"
        Condition = { StringEquals = { "aws:ResourceTag/msklink/managed-by" = var.owner_stack_name } }
      },
      {
        Sid      = "TagSecurityGroupOfOurs"
        Effect   = "Allow"
        Action   = "ec2:CreateTags"
        Resource = "${local.ec2}:security-group/*"
        Condition = {
          StringEquals = {
            "ec2:CreateAction"                  = "CreateSecurityGroup"
            "aws:RequestTag/msklink/managed-by" = var.owner_stack_name
          }
          "ForAllValues:StringLike" = { "aws:TagKeys" = ["msklink/managed-by", "${var.namespace}/*", "Name"] }
        }
      },
      {
        Sid    = "Connect"
        Effect = "Allow"
        Action = "kafka:CreateVpcConnection"
        Resource = [
          "arn:${local.partition}:kafka:${local.region}:${var.owner_account_id}:cluster/*",
          local.connection,
        ]
      },
      {
        Sid      = "TagConnection" # MSK asks for it when CreateVpcConnection brings tags
        Effect   = "Allow"
        Action   = "kafka:TagResource"
        Resource = local.connection
        Condition = {
          StringEquals                = { "aws:RequestTag/msklink/managed-by" = var.owner_stack_name }
          "ForAllValues:StringEquals" = { "aws:TagKeys" = "msklink/managed-by" }
        }
      },
      {
        Sid      = "LookAtConnection"
        Effect   = "Allow"
        Action   = "kafka:DescribeVpcConnection"
        Resource = local.connection
      },
      {
        Sid       = "DeleteConnectionOfOurs"
        Effect    = "Allow"
        Action    = "kafka:DeleteVpcConnection"
        Resource  = local.connection
        Condition = { StringEquals = { "aws:ResourceTag/msklink/managed-by" = var.owner_stack_name } }
      },
      # MSK makes and deletes the interface endpoint with the rights of its caller. The conditions
      # are those of the managed policy AmazonMSKFullAccess.
      {
        Sid    = "MakeEndpointInVpc"
        Effect = "Allow"
        Action = "ec2:CreateVpcEndpoint"
        Resource = [
          "${local.ec2}:vpc/*",
          "${local.ec2}:subnet/*",
          "${local.ec2}:security-group/*",
        ]
      },
      {
        Sid      = "MakeEndpointOfMsk"
        Effect   = "Allow"
        Action   = "ec2:CreateVpcEndpoint"
        Resource = "${local.ec2}:vpc-endpoint/*"
        Condition = {
          StringEquals = { "aws:RequestTag/AWSMSKManaged" = "true" }
          StringLike   = { "aws:RequestTag/ClusterArn" = "*" }
        }
      },
      {
        Sid       = "TagEndpointOfMsk"
        Effect    = "Allow"
        Action    = "ec2:CreateTags"
        Resource  = "${local.ec2}:vpc-endpoint/*"
        Condition = { StringEquals = { "ec2:CreateAction" = "CreateVpcEndpoint" } }
      },
      {
        Sid      = "DeleteEndpointOfMsk"
        Effect   = "Allow"
        Action   = "ec2:DeleteVpcEndpoints"
        Resource = "${local.ec2}:vpc-endpoint/*"
        Condition = {
          StringEquals = { "aws:ResourceTag/AWSMSKManaged" = "true" }
          StringLike   = { "aws:ResourceTag/ClusterArn" = "*" }
        }
      },
      {
        Sid       = "LetMskMakeItsRole" # on the first connection of an account
        Effect    = "Allow"
        Action    = "iam:CreateServiceLinkedRole"
        Resource  = "arn:${local.partition}:iam::${local.account}:role/aws-service-role/kafka.amazonaws.com/AWSServiceRoleForKafka"
        Condition = { StringEquals = { "iam:AWSServiceName" = "kafka.amazonaws.com" } }
      },
      {
        Sid      = "LetMskSetUpItsRole" # dependent actions of CreateVpcConnection
        Effect   = "Allow"
        Action   = ["iam:AttachRolePolicy", "iam:PutRolePolicy"]
        Resource = "arn:${local.partition}:iam::${local.account}:role/aws-service-role/kafka.amazonaws.com/AWSServiceRoleForKafka"
      },
      {
        Sid      = "LookAtParameters"
        Effect   = "Allow"
        Action   = "ssm:GetParametersByPath"
        Resource = local.parameter
      },
      {
        Sid      = "Publish"
        Effect   = "Allow"
        Action   = ["ssm:GetParametersByPath", "ssm:PutParameter"]
        Resource = "${local.parameter}/*"
      },
      {
        Sid      = "TagParameterOfOurs" # asked for when PutParameter brings tags
        Effect   = "Allow"
        Action   = "ssm:AddTagsToResource"
        Resource = "${local.parameter}/*"
        Condition = {
          StringEquals                = { "aws:RequestTag/msklink/managed-by" = var.owner_stack_name }
          "ForAllValues:StringEquals" = { "aws:TagKeys" = "msklink/managed-by" }
        }
      },
      {
        Sid       = "WithdrawParametersOfOurs"
        Effect    = "Allow"
        Action    = "ssm:DeleteParameters"
        Resource  = "${local.parameter}/*"
        Condition = { StringEquals = { "aws:ResourceTag/msklink/managed-by" = var.owner_stack_name } }
      },
      {
        Sid      = "AskProbe" # whether there is one, in which VPC, and what it finds
        Effect   = "Allow"
        Action   = ["lambda:GetFunctionConfiguration", "lambda:InvokeFunction"]
        Resource = local.probe_arn
      },
    ]
  }

  tagged_vpcs = {
    source        = ["aws.tag"]
    "detail-type" = ["Tag Change on Resource"]
    detail = {
      service            = ["ec2"]
      "resource-type"    = ["vpc"]
      "changed-tag-keys" = [{ prefix = "${var.namespace}/" }]
    }
  }

  forward_trust = {
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  }

  put_events_on_owner_bus = {
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "events:PutEvents", Resource = var.owner_bus_arn }]
  }

  undelivered_events = {
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.undelivered_events.arn
      Condition = { ArnEquals = { "aws:SourceArn" = aws_cloudwatch_event_rule.tagged_vpcs.arn } }
    }]
  }
}
