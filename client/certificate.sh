#!/usr/bin/env bash
# Get a certificate for a Kafka client from the private CA of an MSK cluster, with the AWS CLI
# (AWS Private CA user guide, "Issue private end-entity certificates").
set -euo pipefail

usage() {
  cat >&2 <<'TEXT'
Usage: certificate.sh CA_ARN COMMON_NAME [FOLDER [DAYS]]

Writes to FOLDER (default: here) what Kafka clients read, valid for DAYS (default: 365, at most
3650, and not longer than the certificate of the CA):
  key.pem          the private key, made here and sent nowhere
  certificate.pem  the certificate, and those of the CAs that signed it
  keystore.pem     both in one file, for Java

Needs openssl, the AWS CLI, and acm-pca:DescribeCertificateAuthority, IssueCertificate and
GetCertificate on the CA, which its owner shares by AWS RAM (docs/credentials.md).
TEXT
  exit 2
}

fail() {
  echo "certificate.sh: $1" >&2
  exit 1
}

[[ $# -ge 2 && $# -le 4 ]] || usage
ca_arn=$1 name=$2 folder=${3:-.} days=${4:-365}

[[ $ca_arn =~ ^arn:aws[a-z-]*:acm-pca:([a-z0-9-]+):[0-9]{12}:certificate-authority/[^/]+$ ]] ||
  fail "$ca_arn is not the ARN of a private CA. Ask the owner of the cluster for it."
region=${BASH_REMATCH[1]}
[[ $name =~ ^[A-Za-z0-9._-]{1,64}$ ]] ||
  fail "A common name is 1 to 64 letters, digits and . _ - here, since ACLs of Kafka name it."
[[ $days =~ ^[1-9][0-9]{0,3}$ && $days -le 3650 ]] ||
  fail "$days is not a number of days from 1 to 3650. A certificate ends before that of its CA."
command -v openssl >/dev/null || fail "openssl is not installed. It makes the key."
command -v aws >/dev/null ||
  fail "The AWS CLI is not installed: https://docs.aws.amazon.com/cli/latest/userguide/"
for file in key certificate keystore; do
  [[ ! -e $folder/$file.pem ]] || fail "$folder/$file.pem exists. Move it, or name another folder."
done

work="" new="" place=$folder
while [[ ! -e $place ]]; do # up to a folder that exists
  new=$place place=$(dirname "$place")
done
clean_up() {
  rm -rf "$work"
  [[ -z $new ]] || find "$new" -depth -type d -empty -delete 2>/dev/null || true
}
trap clean_up EXIT
mkdir -p "$folder"
umask 077
work=$(mktemp -d "$folder/.certificate.XXXXXX")

pca() {
  local code=0
  aws acm-pca "$@" --region "$region" --output text 2>"$work/error" || code=$?
  [[ $code -eq 0 ]] && return
  cat "$work/error" >&2
  if grep -q AccessDenied "$work/error"; then
    cat >&2 <<TEXT

certificate.sh: Two policies must allow it (docs/credentials.md has both):
- The owner of the CA shares it with your account, by AWS RAM or aws acm-pca put-policy.
- A policy of your role allows acm-pca:DescribeCertificateAuthority, acm-pca:IssueCertificate and
  acm-pca:GetCertificate on $ca_arn.
TEXT
  fi
  exit "$code"
}

openssl req -new -newkey rsa:2048 -nodes -subj "/CN=$name" \
  -keyout "$work/key.pem" -out "$work/request.pem" 2>/dev/null

# The algorithm must be of the family of the CA's key (API reference, IssueCertificate).
family=$(pca describe-certificate-authority --certificate-authority-arn "$ca_arn" \
  --query CertificateAuthority.CertificateAuthorityConfiguration.KeyAlgorithm)
case $family in
RSA_*) algorithm=SHA256WITHRSA ;;
EC_*) algorithm=SHA256WITHECDSA ;;
*) fail "This script knows no signing algorithm for a CA with a key of type $family." ;;
esac

arn=$(pca issue-certificate --certificate-authority-arn "$ca_arn" \
  --csr "fileb://$work/request.pem" --signing-algorithm "$algorithm" \
  --validity "Value=$days,Type=DAYS" --query CertificateArn)
pca wait certificate-issued --certificate-authority-arn "$ca_arn" --certificate-arn "$arn"
for part in Certificate CertificateChain; do
  pca get-certificate --certificate-authority-arn "$ca_arn" --certificate-arn "$arn" \
    --query "$part"
done >"$work/certificate.pem"

cat "$work/key.pem" "$work/certificate.pem" >"$work/keystore.pem"
mv "$work/key.pem" "$work/certificate.pem" "$work/keystore.pem" "$folder"

echo "In $folder: key.pem, certificate.pem and, for Java, keystore.pem."
echo "ACLs of Kafka name this client User:CN=$name"
