variable "namespace" {
  type        = string
  default     = "msklink"
  description = "Namespace of the owner stack."

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,19}$", var.namespace))
    error_message = "Lower case letters, digits and hyphens, 2 to 20 of them, a letter first."
  }

  validation {
    condition     = !can(regex("^(aws|ssm|sg-|(sg|default)$)", var.namespace))
    error_message = "Not with aws, ssm or sg- at the start, and neither sg nor default."
  }
}

variable "owner_stack_name" {
  type        = string
  default     = "msklink"
  description = "Name of the owner stack. MSKLink tags what it creates with this name."
}

variable "owner_account_id" {
  type        = string
  description = "OwnerAccountId in output ClientStack of the owner stack."

  validation {
    condition     = can(regex("^\\d{12}$", var.owner_account_id))
    error_message = "Twelve digits."
  }
}

variable "owner_bus_arn" {
  type        = string
  description = "OwnerBusArn in output ClientStack of the owner stack."

  validation {
    condition     = can(regex("^arn:[a-z-]+:events:[a-z0-9-]+:\\d{12}:event-bus/.+$", var.owner_bus_arn))
    error_message = "The ARN of an event bus."
  }
}

variable "external_id" {
  type        = string
  description = "ExternalId in output ClientStack of the owner stack."

  validation {
    condition     = can(regex("^[\\w+=,.@:/-]{8,128}$", var.external_id))
    error_message = "8 to 128 letters, digits and characters of _+=,.@:/-"
  }
}

variable "probe_subnet_ids" {
  type        = list(string)
  default     = []
  description = "Subnets of one connected VPC, for a probe that checks connections. Empty creates no probe."
}

variable "probe_security_group_ids" {
  type        = list(string)
  default     = []
  description = "Security groups of the probe, preferably those of an application. With ProbeSubnetIds."
}

variable "alarm_topic_arn" {
  type        = string
  default     = ""
  description = "SNS topic for the alarm that a tag event did not reach the owner. Empty for none."
}
