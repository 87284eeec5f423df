#!/usr/bin/env bash
# write-archive.sh LAYER.tar NAME:TAG ARCHITECTURE COMMENT OUT.tar: a docker-archive of one layer, byte for byte a function of its arguments.
set -euo pipefail
layer=$1 name=$2 architecture=$3 comment=$4 out=$5
epoch=${SOURCE_DATE_EPOCH:-1767225600}
work=$(mktemp -d "$(dirname "$out")/tmp.XXXXXX")
trap 'rm -rf "$work"' EXIT
ln "$layer" "$work/layer.tar" 2>/dev/null || cp "$layer" "$work/layer.tar"
diff=$(sha256sum "$layer" | cut -d' ' -f1)
created=$(date -u -d "@$epoch" +%FT%TZ)
printf '{"architecture":"%s","config":{"Cmd":["bash"],"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]},"created":"%s","history":[{"created":"%s","created_by":"%s"}],"os":"linux","rootfs":{"diff_ids":["sha256:%s"],"type":"layers"}}\n' \
  "$architecture" "$created" "$created" "$comment" "$diff" >"$work/config"
config=$(sha256sum "$work/config" | cut -d' ' -f1)
mv "$work/config" "$work/$config.json"
printf '[{"Config":"%s.json","RepoTags":["%s"],"Layers":["layer.tar"]}]\n' "$config" "$name" >"$work/manifest.json"
tar -C "$work" --owner=0 --group=0 --numeric-owner --mtime="@$epoch" --sort=name -cf "$out.part" manifest.json "$config.json" layer.tar
mv "$out.part" "$out"
echo "$name: sha256:$config"
