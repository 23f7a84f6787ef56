#!/bin/sh
# Makes vectors/tls: certificates for the tests of the online half's HTTP client, good until 2125, and one that has expired.
# One key serves all of them; it protects nothing.
set -eu
cd "$(dirname "$0")/../vectors/tls"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out server-key.pem
openssl ecparam -name prime256v1 -genkey -noout -out "$work/ca-key.pem"
mkdir "$work/ca"
: > "$work/ca/index.txt"
cat > "$work/ca.cnf" <<CNF
[ca]
default_ca = d
[d]
dir = $work/ca
new_certs_dir = $work/ca
database = $work/ca/index.txt
rand_serial = yes
default_md = sha256
policy = p
unique_subject = no
[p]
commonName = supplied
[req]
distinguished_name = n
prompt = no
[n]
commonName = unused
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[here]
basicConstraints = critical,CA:FALSE
subjectAltName = IP:127.0.0.1,DNS:localhost
[elsewhere]
basicConstraints = critical,CA:FALSE
subjectAltName = DNS:node.example
[default]
basicConstraints = critical,CA:TRUE
subjectAltName = IP:127.0.0.1,DNS:localhost
CNF

from=20250101000000Z
until=21250101000000Z
requested() { # KEY NAME
    openssl req -new -key "$1" -subj "/CN=$2" -config "$work/ca.cnf" -out "$work/$2.csr"
}
signed() { # NAME EXTENSIONS FROM UNTIL
    requested server-key.pem "$1"
    openssl ca -batch -notext -config "$work/ca.cnf" -cert authority.pem -keyfile "$work/ca-key.pem" -extensions "$2" \
        -startdate "$3" -enddate "$4" -in "$work/$1.csr" -out "$1.pem" 2>/dev/null
}
self_signed() { # KEY NAME EXTENSIONS
    requested "$1" "$2"
    openssl ca -selfsign -batch -notext -config "$work/ca.cnf" -keyfile "$1" -extensions "$3" \
        -startdate "$from" -enddate "$until" -in "$work/$2.csr" -out "$2.pem" 2>/dev/null
}

self_signed "$work/ca-key.pem" authority authority
signed here here "$from" "$until"
signed elsewhere elsewhere "$from" "$until"
signed expired here 20200101000000Z 20210101000000Z
# A leaf that signs itself, and one as `openssl req -x509` makes it unless told otherwise: an authority.
self_signed server-key.pem self-signed here
self_signed server-key.pem self-signed-authority default
