// The line that each engine is started with, word by word: what is strict about it can be read here.
import {mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {chooseEngine} from '../../../pipeline/executors/choose-engine.ts';
import {dockerEngine, podmanEngine} from '../../../pipeline/executors/docker.ts';
import {mountsOf, type EngineRequest} from '../../../pipeline/executors/engine.ts';
import {guarded} from '../../../pipeline/executors/guard.ts';

const image = `sha256:${'a'.repeat(64)}`;
const request: EngineRequest = {
  argv: ['STAR', '--runThreadN', '1'], image, folder: '/runs/r/jobs/align/S1/attempt-1', writable: ['/runs/r/jobs/align/S1/attempt-1'],
  readable: ['/data/r1.fastq.gz', '/runs/r/jobs', '/runs/r/jobs/reference/cohort/attempt-1/outputs', '/odd, name'],
  environment: {PATH: '/home/me/bin', HOME: '/home/me', LC_ALL: 'C.UTF-8', TZ: 'UTC'}, limits: {cpus: 1, memory_gb: 2.5}, name: 'lymphline-x-1', run: 'x',
};

/** Every option on its line, with its value. */
const lines = (argv: readonly string[]): string => argv.join(' ').replace(/ (?=--)/g, '\n');

const strict = `--rm
--name lymphline-x-1
--label lymphline.run=x
--pull never
--init
--log-driver none
--network none
--read-only
--cap-drop ALL
--security-opt no-new-privileges
--tmpfs /tmp:rw,nosuid,nodev,size=2560m
--workdir /runs/r/jobs/align/S1/attempt-1
--mount type=bind,src=/data/r1.fastq.gz,dst=/data/r1.fastq.gz,readonly=true
--mount type=bind,"src=/odd, name","dst=/odd, name",readonly=true
--mount type=bind,src=/runs/r/jobs,dst=/runs/r/jobs,readonly=true
--mount type=bind,src=/runs/r/jobs/align/S1/attempt-1,dst=/runs/r/jobs/align/S1/attempt-1
--env HOME=/tmp
--env LC_ALL=C.UTF-8
--env MKL_NUM_THREADS=1
--env NUMBA_NUM_THREADS=1
--env OMP_NUM_THREADS=1
--env OPENBLAS_NUM_THREADS=1
--env TZ=UTC`;

const limits = '--memory 2560m\n--memory-swap 2560m\n--cpus 1\n--pids-limit 4096';

test.each([
  ['docker', 0, `docker run\n${strict}\n${limits}\n--ulimit core=0\n--user 1000:1000\n--entrypoint  ${image}`],
  ['docker', 1234, `docker run\n${strict}\n${limits}\n--ulimit core=0\n--user 1234:1234\n--entrypoint  ${image}`],
  ['podman', 0, `podman run\n${strict}\n${limits}\n--user 1000:1000\n--entrypoint  ${image}`],
  ['podman', 1234, `podman run\n${strict}\n${limits}\n--userns keep-id\n--entrypoint  ${image}`],
] as const)('%s, started by user %i', (name, uid, expected) => {
  const argv = (name === 'docker' ? dockerEngine({uid, gid: uid}) : podmanEngine({uid, gid: uid}, true)).wrap(request);
  expect(lines(argv.slice(0, -7))).toBe(expected);
  expect(argv.slice(-7)).toEqual(guarded(request.argv));
});

test('podman without root and without control groups of version 2 asks for no limits', () => {
  const engine = podmanEngine({uid: 1234, gid: 1234}, false);
  expect(lines(engine.wrap(request).slice(0, -7))).toBe(`podman run\n${strict}\n--userns keep-id\n--entrypoint  ${image}`);
  expect(engine.lacks?.memory).toBe('without root it sets no limits on a machine with control groups of version 1');
});

const apptainer = (limits: string): string => `apptainer
--quiet exec
--containall
--cleanenv
--no-home
--home /tmp
--no-eval
--no-privs
--net
--network none
${limits}--pwd /runs/r/jobs/align/S1/attempt-1
--mount type=bind,src=/data/r1.fastq.gz,dst=/data/r1.fastq.gz,ro
--mount type=bind,"src=/odd, name","dst=/odd, name",ro
--mount type=bind,src=/runs/r/jobs,dst=/runs/r/jobs,ro
--mount type=bind,src=/runs/r/jobs/align/S1/attempt-1,dst=/runs/r/jobs/align/S1/attempt-1
--env LC_ALL=C.UTF-8
--env MKL_NUM_THREADS=1
--env NUMBA_NUM_THREADS=1
--env OMP_NUM_THREADS=1
--env OPENBLAS_NUM_THREADS=1
--env TZ=UTC /images/star.sif STAR
--runThreadN 1`;

test.each([[0, '--memory 2560M\n--cpus 1\n--pids-limit 4096\n'], [1234, '']] as const)('apptainer, started by user %i', (uid, limits) => {
  expect(lines(chooseEngine('apptainer', {uid, gid: uid}).wrap({...request, image: '/images/star.sif'}))).toBe(apptainer(limits));
});

test('charliecloud: namespaces, a root of the image and the mounts, ch-run', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lymphline-image-'));
  try {
    for (const name of ['ch', 'etc', 'usr/bin', 'tmp', 'proc', 'home', 'runs/old']) mkdirSync(join(folder, name), {recursive: true});
    writeFileSync(join(folder, 'etc/passwd'), '');
    writeFileSync(join(folder, 'ch/environment'), 'IGDATA=/opt\n');
    writeFileSync(join(folder, 'runs/note'), '');
    symlinkSync('usr/bin', join(folder, 'bin'));
    const argv = chooseEngine('charliecloud', {uid: 0, gid: 0}).wrap({...request, image: folder, readable: ['/runs/r/jobs']});
    expect(argv.slice(0, -1)).toEqual(['unshare', '--user', '--map-root-user', '--mount', '--net', '--ipc', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c']);
    expect(argv.at(-1)?.replaceAll(folder, '<image>')).toBe(`refuse() { echo "lymphline-root: $*" >&2; exit 1; }
image=<image>
cd "$image" && mount -t tmpfs -o mode=0755,nosuid,nodev lymphline "$image" || refuse "no mounts in a user namespace"
mkdir -m 1777 "$image"/tmp
mkdir -p "$image"/ch "$image"/etc "$image"/home "$image"/proc "$image"/runs "$image"/runs/old "$image"/tmp "$image"/usr "$image"/runs/r/jobs
: >"$image"/runs/note
cp -P --parents ./bin "$image"
printf '%s\\n' './ch <image>/ch none rbind,ro,nosuid,nodev 0 0' './etc <image>/etc none rbind,ro,nosuid,nodev 0 0' './runs/note <image>/runs/note none rbind,ro,nosuid,nodev 0 0' './usr <image>/usr none rbind,ro,nosuid,nodev 0 0' '/runs/r/jobs <image>/runs/r/jobs none rbind,ro,nosuid,nodev 0 0' '/runs/r/jobs/align/S1/attempt-1 <image>/runs/r/jobs/align/S1/attempt-1 none rbind 0 0' >"$image"/.mounts
printf '%s\\n' 'lymphline /mnt tmpfs nosuid,nodev 0 0' '<image> /mnt/image none rbind,X-mount.mkdir 0 0' '/mnt/image/tmp /tmp none rbind 0 0' >"$image"/.root
mount -c -a -T "$image"/.mounts 2>/dev/null || while read -r from to type options rest; do
  case $options in *,ro,*) ;; *) continue ;; esac
  to=$(printf %b "$to")
  mount -c -o "remount,bind,$options" "$to" 2>/dev/null || mount -c -o "remount,bind,$options,noexec" "$to" || refuse "cannot mount $from"
done <"$image"/.mounts
mount -c -a -T "$image"/.root || refuse "cannot mount the root"
unset TMPDIR
ch-run '--unset-env=*' --set-env=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin --set-env=/mnt/image/ch/environment --set-env=HOME=/tmp --set-env=LC_ALL=C.UTF-8 --set-env=MKL_NUM_THREADS=1 --set-env=NUMBA_NUM_THREADS=1 --set-env=OMP_NUM_THREADS=1 --set-env=OPENBLAS_NUM_THREADS=1 --set-env=TZ=UTC --env-no-expand --uid=1000 --gid=1000 --cd /runs/r/jobs/align/S1/attempt-1 /mnt/image -- STAR --runThreadN 1 || exit $?`);
  } finally {
    rmSync(folder, {recursive: true});
  }
});

test('what lies in a mounted folder is not mounted again, but a writable folder in a read-only one is', () => {
  expect(mountsOf({readable: ['/a/b', '/a', '/c/file', '/w/in'], writable: ['/a/job', '/w']})).toEqual([
    {path: '/a', writable: false}, {path: '/a/job', writable: true}, {path: '/c/file', writable: false}, {path: '/w', writable: true},
  ]);
});
