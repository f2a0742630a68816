#!/usr/bin/env bash
# The quickstart with a bucket that cannot be meant, or without what it takes to reach one, stops before it builds
# anything.
without_btrfs=1
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"
unset S3_ENDPOINT S3_CREDENTIALS AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY

given "no endpoint, and no credentials"
for program in quickstart.sh quickstart_story.sh; do
    when "$program" --remote file:///tmp/bucket
    then_exits 64
    then_one_error 's3://BUCKET'
    when "$program" --remote s3://bucket/prefix
    then_exits 64
    then_one_error 'needs S3_ENDPOINT'
    when env S3_ENDPOINT=https://192.0.2.1 AWS_ACCESS_KEY_ID=one "$program" --remote s3://bucket/prefix
    then_exits 64
    then_one_error 'AWS_SECRET_ACCESS_KEY'
    when env S3_ENDPOINT=https://192.0.2.1 S3_CREDENTIALS=nowhere "$program" --remote s3://bucket/prefix
    then_exits 64
    then_one_error 'nowhere'
done
