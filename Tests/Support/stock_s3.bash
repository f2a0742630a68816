# shellcheck shell=bash
# A bucket of S3's interface with stock tools alone: rclone where it is there, else curl, which signs requests too. Sourced.
#
# S3_ENDPOINT, S3_REGION, S3_CA_FILE and the credentials are those that devjournal uses: S3_CREDENTIALS, a file, or else
# AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. The bucket stands in the path of a URL, which every such store takes.
# STOCK_S3_TOOL: rclone or curl. STOCK_S3_ENDPOINT: the same bucket's address for stock tools, where it is another.

# shellcheck disable=SC2034 # for the scripts that source this
s3_settings=(S3_ENDPOINT S3_CREDENTIALS S3_REGION S3_STYLE S3_CA_FILE S3_RATE_LIMIT S3_TIMEOUT S3_ATTEMPTS S3_PART_SIZE)

# cannot_use_remote URL: returns 1 and says why, where it is not a bucket or what it takes to reach it is not set.
cannot_use_remote() {
    if [[ ! $1 =~ ^s3://[a-z0-9][a-z0-9.-]{2,62}(/[A-Za-z0-9._/-]*)?$ ]]; then
        echo "--remote takes s3://BUCKET[/PREFIX], not '$1'"
    elif [[ -z ${S3_ENDPOINT:-} ]]; then
        echo "--remote needs S3_ENDPOINT in the environment, such as https://ACCOUNT.r2.cloudflarestorage.com"
    elif [[ -n ${S3_CREDENTIALS:-} && ! -r $S3_CREDENTIALS ]]; then
        echo "--remote: S3_CREDENTIALS names $S3_CREDENTIALS, which cannot be read"
    elif [[ -z ${S3_CREDENTIALS:-} && (-z ${AWS_ACCESS_KEY_ID:-} || -z ${AWS_SECRET_ACCESS_KEY:-}) ]]; then
        echo "--remote needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment, or S3_CREDENTIALS"
    else
        return 0
    fi
    return 1
}

# stock_s3 URL: s3://BUCKET[/PREFIX]
stock_s3() {
    local place=${1#s3://} name
    s3_bucket=${place%%/*} s3_prefix=''
    [[ $place != */* ]] || s3_prefix=${place#*/}/
    s3_endpoint=${STOCK_S3_ENDPOINT:-$S3_ENDPOINT}
    s3_tool=${STOCK_S3_TOOL:-curl}
    if [[ -z ${STOCK_S3_TOOL:-} ]] && command -v rclone >/dev/null; then s3_tool=rclone; fi
    [[ -n ${S3_CREDENTIALS:-} ]] || return 0
    for name in AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN; do
        printf -v "$name" %s "$(sed -n "s/^$name=//p" "$S3_CREDENTIALS")"
    done
}

# stock_s3_copy DIRECTORY: every object below the prefix.
stock_s3_copy() {
    local keys key
    mkdir -p "$1"
    if [[ $s3_tool == rclone ]]; then stock_rclone copy "bucket:$s3_bucket/$s3_prefix" "$1" && return; fi
    keys=$(stock_s3_keys) || return
    for key in $keys; do
        stock_curl "$s3_bucket/${key//@/%40}" --create-dirs -o "$1/${key#"$s3_prefix"}" || return
    done
}

# stock_s3_delete: every object below the prefix.
stock_s3_delete() {
    local keys key
    if [[ $s3_tool == rclone ]]; then stock_rclone delete "bucket:$s3_bucket/$s3_prefix" && return; fi
    keys=$(stock_s3_keys) || return
    for key in $keys; do stock_curl "$s3_bucket/${key//@/%40}" -X DELETE || return; done
}

# stock_s3_keys: of the first 1,000 objects below the prefix. No key of devjournal's holds a blank.
stock_s3_keys() {
    stock_curl "$s3_bucket?list-type=2&prefix=${s3_prefix//\//%2F}" | sed 's/<Key>/\n/g' | sed -n 's/<\/Key>.*//p'
}

# Secrets go where no other process sees them: into rclone's environment, and through a pipe to curl.
stock_rclone() (
    unset AWS_CA_BUNDLE # with it, rclone 1.60 does not start
    export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
    export RCLONE_CONFIG=/dev/null RCLONE_CONFIG_BUCKET_TYPE=s3 RCLONE_CONFIG_BUCKET_PROVIDER=Cloudflare
    export RCLONE_CONFIG_BUCKET_ENDPOINT=$s3_endpoint RCLONE_CONFIG_BUCKET_REGION=${S3_REGION:-auto}
    export RCLONE_CONFIG_BUCKET_ENV_AUTH=true RCLONE_CONFIG_BUCKET_NO_CHECK_BUCKET=true
    exec rclone --quiet ${S3_CA_FILE:+--ca-cert "$S3_CA_FILE"} "$@"
)
stock_curl() { # BUCKET[/KEY][?QUERY] OPTION…
    local empty=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
    {
        printf 'user = "%s:%s"\n' "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY"
        [[ -z ${AWS_SESSION_TOKEN:-} ]] || printf 'header = "x-amz-security-token: %s"\n' "$AWS_SESSION_TOKEN"
    } | curl -sS --fail --path-as-is -K - --aws-sigv4 "aws:amz:${S3_REGION:-auto}:s3" \
        -H "x-amz-content-sha256: $empty" ${S3_CA_FILE:+--cacert "$S3_CA_FILE"} "${@:2}" "$s3_endpoint/$1"
}
